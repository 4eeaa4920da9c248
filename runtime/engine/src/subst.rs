//! Substitutions `/pattern/replacement/flags`, as `subst()`, `{re.subst,..}` and others take.

use bumpalo::{Bump, collections::Vec as ArenaVec};
use kamjit_catalog::HostError;

use crate::{
    ctx::Ctx,
    prepare::Prepare,
    pv::Pv,
    regex::{Range, Regex},
};

/// A prepared substitution.
#[derive(Debug)]
pub struct Subst {
    regex: Regex,
    replacement: Vec<Piece>,
    global: bool,
}

enum Piece {
    Text(Box<[u8]>),
    Group(usize),
    Var(Box<Pv>),
}

impl Piece {
    /// Writes text and groups.
    fn write(&self, out: &mut ArenaVec<'_, u8>, text: &[u8], groups: &[Range; 10]) {
        match self {
            Piece::Text(literal) => out.extend_from_slice(literal),
            Piece::Group(n) => {
                if let Some((start, end)) = groups.get(*n).copied().flatten() {
                    out.extend_from_slice(&text[start..end]);
                }
            }
            Piece::Var(_) => {}
        }
    }
}

impl std::fmt::Debug for Piece {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Piece::Text(text) => write!(f, "{}", text.escape_ascii()),
            Piece::Group(n) => write!(f, "\\{n}"),
            Piece::Var(_) => write!(f, "$.."),
        }
    }
}

/// A pattern matched no characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmptyMatch;

/// More replacements than this in one text are not made: an upper bound against hostile input.
const MAX_REPLACEMENTS: usize = 10_000;

impl Subst {
    /// Reads `/pattern/replacement/flags` with any delimiter; flags `i` (ignore case), `g` (all matches) and `s`
    /// (the pattern does not look at lines).
    pub fn parse(text: &[u8], prepare: &mut Prepare<'_>) -> Result<Subst, HostError> {
        Subst::read(text, Some(prepare))
    }

    /// The same for a text that is known only at run time: a `$` in the replacement is a `$`.
    pub fn parse_constant(text: &[u8]) -> Result<Subst, HostError> {
        Subst::read(text, None)
    }

    fn read(text: &[u8], prepare: Option<&mut Prepare<'_>>) -> Result<Subst, HostError> {
        let bad = |why: &str| HostError::new(format!("'{}' is no substitution: {why}", text.escape_ascii()));
        let (&delimiter, rest) = text.split_first().ok_or_else(|| bad("it is empty"))?;
        let (pattern, rest) = until(rest, delimiter).ok_or_else(|| bad("the pattern does not end"))?;
        let (replacement, flags) =
            until(rest, delimiter).ok_or_else(|| bad("the replacement does not end"))?;
        let (mut ignore_case, mut global, mut by_lines) = (false, false, true);
        for flag in flags {
            match flag {
                b'i' => ignore_case = true,
                b'g' => global = true,
                b's' => by_lines = false,
                other => return Err(bad(&format!("unknown flag '{}'", char::from(*other)))),
            }
        }
        let pattern = unescape(pattern, delimiter);
        let regex =
            if by_lines { Regex::by_lines(&pattern, ignore_case) } else { Regex::new(&pattern, ignore_case) };
        let regex = regex.map_err(|why| bad(&format!("its pattern does not compile: {why}")))?;
        Ok(Subst { regex, replacement: pieces(replacement, delimiter, prepare)?, global })
    }

    /// The text after the substitution and the number of replacements; `None` if the pattern does not match, or
    /// matches nothing at all (see [`Subst::try_apply`]).
    pub fn apply<'m>(&'m self, ctx: &mut Ctx<'m>, text: &[u8]) -> Option<(&'m [u8], usize)> {
        self.try_apply(ctx, text).ok().flatten()
    }

    /// As [`Subst::apply`], with an error for a match of no characters, which fails the whole substitution (captured).
    pub fn try_apply<'m>(
        &'m self,
        ctx: &mut Ctx<'m>,
        text: &[u8],
    ) -> Result<Option<(&'m [u8], usize)>, EmptyMatch> {
        self.each(ctx.arena, text, |out, rest, groups| self.write(ctx, out, rest, groups))
    }

    /// The text after a substitution made by [`Subst::parse_constant`]; `None` if the pattern does not match.
    pub fn apply_constant<'m>(&self, arena: &'m Bump, text: &[u8]) -> Option<&'m [u8]> {
        let write = |out: &mut ArenaVec<'m, u8>, rest: &[u8], groups: &[Range; 10]| {
            self.replacement.iter().for_each(|piece| piece.write(out, rest, groups));
        };
        self.each(arena, text, write).ok().flatten().map(|(text, _)| text)
    }

    fn each<'m>(
        &self,
        arena: &'m Bump,
        text: &[u8],
        mut write: impl FnMut(&mut ArenaVec<'m, u8>, &[u8], &[Range; 10]),
    ) -> Result<Option<(&'m [u8], usize)>, EmptyMatch> {
        let mut out = ArenaVec::new_in(arena);
        let (mut at, mut count) = (0, 0);
        while count < MAX_REPLACEMENTS && at < text.len() {
            let Some(groups) = self.regex.find(&text[at..], at > 0) else { break };
            let Some((start, end)) = groups[0] else { break };
            if start == end {
                return Err(EmptyMatch);
            }
            out.extend_from_slice(&text[at..at + start]);
            write(&mut out, &text[at..], &groups);
            count += 1;
            at += end;
            if !self.global {
                break;
            }
        }
        if count == 0 {
            return Ok(None);
        }
        out.extend_from_slice(text.get(at..).unwrap_or_default());
        Ok(Some((out.into_bump_slice(), count)))
    }

    /// The pattern, for functions that replace by hand.
    pub fn regex(&self) -> &Regex {
        &self.regex
    }

    /// True with the flag `g`.
    pub fn global(&self) -> bool {
        self.global
    }

    /// The replacement for one match in `text`.
    pub fn replacement<'m>(&'m self, ctx: &mut Ctx<'m>, text: &[u8], groups: &[Range; 10]) -> &'m [u8] {
        let mut out = ArenaVec::new_in(ctx.arena);
        self.write(ctx, &mut out, text, groups);
        out.into_bump_slice()
    }

    fn write<'m>(&'m self, ctx: &mut Ctx<'m>, out: &mut ArenaVec<'m, u8>, text: &[u8], groups: &[Range; 10]) {
        for piece in &self.replacement {
            match piece {
                Piece::Var(pv) => {
                    let value = pv.get(ctx);
                    out.extend_from_slice(value.to_bytes(ctx.arena));
                }
                constant => constant.write(out, text, groups),
            }
        }
    }
}

/// Splits at the first delimiter that no backslash precedes.
fn until(text: &[u8], delimiter: u8) -> Option<(&[u8], &[u8])> {
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        match byte {
            b'\\' => at += 2,
            _ if byte == delimiter => return Some((&text[..at], &text[at + 1..])),
            _ => at += 1,
        }
    }
    None
}

/// Takes the backslash from escaped delimiters.
fn unescape(pattern: &[u8], delimiter: u8) -> Vec<u8> {
    let mut out = Vec::with_capacity(pattern.len());
    let mut at = 0;
    while at < pattern.len() {
        if pattern[at] == b'\\' && pattern.get(at + 1) == Some(&delimiter) {
            at += 1;
        } else if pattern[at] == b'\\' {
            out.push(pattern[at]);
            at += 1;
        }
        out.extend(pattern.get(at));
        at += 1;
    }
    out
}

fn pieces(
    text: &[u8],
    delimiter: u8,
    mut prepare: Option<&mut Prepare<'_>>,
) -> Result<Vec<Piece>, HostError> {
    let mut pieces = Vec::new();
    let mut literal = Vec::new();
    let flush = |literal: &mut Vec<u8>, pieces: &mut Vec<Piece>| {
        if !literal.is_empty() {
            pieces.push(Piece::Text(std::mem::take(literal).into()));
        }
    };
    let mut at = 0;
    while at < text.len() {
        match (text[at], text.get(at + 1)) {
            (b'\\', Some(digit @ b'0'..=b'9')) => {
                flush(&mut literal, &mut pieces);
                pieces.push(Piece::Group(usize::from(digit - b'0')));
                at += 2;
            }
            (b'\\', Some(&next)) => {
                literal.push(match next {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    other if other == delimiter => other,
                    other => other,
                });
                at += 2;
            }
            (b'$', Some(b'$')) if prepare.is_some() => {
                literal.push(b'$');
                at += 2;
            }
            (byte, _) => match (&mut prepare, byte) {
                (Some(prepare), b'$') => {
                    let (pv, used) =
                        kamjit_syntax::pv::parse_pv(&text[at..], 0).map_err(|e| HostError::new(e.message))?;
                    flush(&mut literal, &mut pieces);
                    pieces.push(Piece::Var(Box::new(prepare.pv(&pv)?)));
                    at += used.max(1);
                }
                _ => {
                    literal.push(byte);
                    at += 1;
                }
            },
        }
    }
    flush(&mut literal, &mut pieces);
    Ok(pieces)
}
