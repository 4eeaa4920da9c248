//! `#!subst`: regular expressions over string and variable tokens.

use crate::posix::Posix;
use crate::pv::{PvIndex, PvInner, parse_pv};

/// Longest text that a substitution may make of one token: substitutions that double each other must end somewhere.
const MAX_TEXT: usize = 1 << 20;

/// A part of the replacement.
#[derive(Debug, PartialEq)]
enum Piece {
    Text(Vec<u8>),
    /// `\0` to `\9`.
    Group(usize),
}

/// One substitution.
#[derive(Debug)]
pub(super) struct Subst {
    regex: Posix,
    replacement: Vec<Piece>,
    all: bool,
}

/// A substitution as written: `/pattern/replacement/flags`; any character but a backslash may part them.
pub(super) struct Written {
    pub(super) subst: Subst,
    pub(super) pattern: Vec<u8>,
    /// What `#!substdef` makes of the replacement: a backslash only protects the delimiter, and stays.
    pub(super) value: Option<Vec<u8>>,
}

/// Values of variables in a replacement: what they are while the file is read.
pub(super) type Lookup<'a> = &'a dyn Fn(&str, &str) -> Option<Vec<u8>>;

/// Reads an expression; `defines`: its replacement is to be the value of a define, too.
pub(super) fn read(text: &[u8], defines: bool, lookup: Lookup<'_>) -> Result<Written, String> {
    let Some((delimiter, rest)) = text.split_first() else { return Err("the expression is empty".into()) };
    if *delimiter == b'\\' {
        return Err("a backslash cannot be the delimiter".into());
    }
    let (pattern, rest) = cut(rest, *delimiter).ok_or("the delimiter after the pattern is missing")?;
    let (replacement, flags) = read_replacement(rest, *delimiter, lookup)?;
    let (mut all, mut ignore_case, mut by_lines) = (false, false, true);
    for flag in flags {
        match flag {
            b'g' => all = true,
            b'i' => ignore_case = true,
            b's' => by_lines = false,
            other => return Err(format!("unknown flag `{}`", char::from(*other))),
        }
    }
    let regex = Posix::new(pattern, ignore_case, by_lines)
        .map_err(|why| format!("the pattern does not compile: {why}"))?;
    let value = cut(rest, *delimiter).filter(|(value, _)| defines && !value.is_empty());
    let value = value.map(|(value, _)| expand_variables(value, lookup)).transpose()?;
    Ok(Written { subst: Subst { regex, replacement, all }, pattern: pattern.to_vec(), value })
}

/// Cuts at the first delimiter without a backslash before it (captured: even if that is itself protected).
fn cut(text: &[u8], delimiter: u8) -> Option<(&[u8], &[u8])> {
    let mut before = 0;
    let at = text.iter().position(|b| {
        let found = *b == delimiter && before != b'\\';
        before = *b;
        found
    })?;
    Some((text.get(..at)?, text.get(at + 1..)?))
}

fn read_replacement<'t>(
    text: &'t [u8],
    delimiter: u8,
    lookup: Lookup<'_>,
) -> Result<(Vec<Piece>, &'t [u8]), String> {
    let mut pieces = Vec::new();
    let mut literal = Vec::new();
    let mut at = 0;
    loop {
        let Some(byte) = text.get(at) else {
            return Err("the delimiter after the replacement is missing".into());
        };
        at += 1;
        match byte {
            b'\\' => {
                match text.get(at) {
                    Some(d @ b'0'..=b'9') => {
                        pieces.push(Piece::Text(std::mem::take(&mut literal)));
                        pieces.push(Piece::Group(usize::from(d - b'0')));
                    }
                    Some(b'n') => literal.push(b'\n'),
                    Some(b'r') => literal.push(b'\r'),
                    Some(b't') => literal.push(b'\t'),
                    Some(other) => literal.push(*other),
                    None => continue,
                }
                at += 1;
            }
            b'$' => {
                let (value, used) = variable(text.get(at - 1..).unwrap_or(b""), lookup)?;
                literal.extend_from_slice(&value.unwrap_or_default());
                at = at - 1 + used;
            }
            other if *other == delimiter => break,
            other => literal.push(*other),
        }
    }
    pieces.push(Piece::Text(literal));
    Ok((pieces, text.get(at..).unwrap_or(b"")))
}

/// The value of the variable at the beginning of `text` and how long it is written.
fn variable(text: &[u8], lookup: Lookup<'_>) -> Result<(Option<Vec<u8>>, usize), String> {
    if text.get(1) == Some(&b'$') {
        return Ok((Some(b"$".to_vec()), 2));
    }
    let (pv, used) = parse_pv(text, 0)
        .map_err(|e| format!("the `$` in the replacement begins a variable, and {}", e.message))?;
    let plain = matches!(pv.index, PvIndex::None) && pv.transforms.is_empty();
    let inner = match &pv.inner {
        PvInner::Text(text) => String::from_utf8_lossy(text).into_owned(),
        _ => String::new(),
    };
    match pv.name.as_ref() {
        "null" | "avp" | "xavp" | "xavu" | "xavi" => Ok((None, used)),
        "var" if plain => Ok((Some(b"0".to_vec()), used)),
        "env" | "def" if plain && !inner.is_empty() => Ok((lookup(&pv.name, &inner), used)),
        name => Err(format!(
            "`${name}` in the replacement is a variable; only plain $env(name) and $def(name) have a value while \
             the file is read"
        )),
    }
}

/// The replacement as a format string; an undefined variable is `<null>` there.
fn expand_variables(text: &[u8], lookup: Lookup<'_>) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(byte) = text.get(at) {
        if *byte == b'$' {
            let (value, used) = variable(text.get(at..).unwrap_or(b""), lookup)?;
            out.extend_from_slice(value.as_deref().unwrap_or(b"<null>"));
            at += used;
        } else {
            out.push(*byte);
            at += 1;
        }
    }
    Ok(out)
}

/// Why a substitution was given up.
#[derive(Debug, PartialEq)]
pub(super) enum TooMuch {
    /// It made a token longer than [`MAX_TEXT`].
    Long,
    /// All substitutions together have searched more than [`MAX_SEARCHED`].
    Work,
}

/// Most bytes that all searches of a configuration may read: each match of a pattern costs a look at all that is left of
/// its token.
pub(super) const MAX_SEARCHED: usize = 1 << 28;

impl Subst {
    /// The text after substitution, `None` when nothing changes. Captured: an empty match undoes the whole.
    ///
    /// `searched` counts the bytes that were read.
    pub(super) fn apply(&self, text: &[u8], searched: &mut usize) -> Result<Option<Vec<u8>>, TooMuch> {
        let mut out = Vec::new();
        let mut at = 0;
        let mut changed = false;
        loop {
            *searched += text.len() - at;
            if *searched > MAX_SEARCHED {
                return Err(TooMuch::Work);
            }
            let rest = text.get(at..).unwrap_or(b"");
            let Some(found) = self.regex.find(rest, at > 0) else { break };
            let Some((start, end)) = found[0].filter(|(start, end)| start < end) else { return Ok(None) };
            out.extend_from_slice(rest.get(..start).unwrap_or(b""));
            for piece in &self.replacement {
                match piece {
                    Piece::Text(text) => out.extend_from_slice(text),
                    Piece::Group(n) => {
                        let range = found.get(*n).copied().flatten();
                        out.extend_from_slice(range.and_then(|(s, e)| rest.get(s..e)).unwrap_or(b""));
                    }
                }
            }
            if out.len() > MAX_TEXT {
                return Err(TooMuch::Long);
            }
            changed = true;
            at += end;
            if !self.all {
                break;
            }
        }
        if !changed {
            return Ok(None);
        }
        out.extend_from_slice(text.get(at..).unwrap_or(b""));
        Ok(Some(out))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn none(_: &str, name: &str) -> Option<Vec<u8>> {
        (name == "A").then(|| b"a/b".to_vec())
    }

    fn run(expression: &str, text: &str) -> String {
        let subst = read(expression.as_bytes(), false, &none).ok().unwrap().subst;
        let out = subst.apply(text.as_bytes(), &mut 0).unwrap().unwrap_or_else(|| text.as_bytes().to_vec());
        String::from_utf8(out).unwrap()
    }

    fn refused(expression: &str) -> String {
        read(expression.as_bytes(), false, &none).err().unwrap()
    }

    #[test]
    fn replaces_once_or_everywhere() {
        assert_eq!(run("/a/b/", "aaa"), "baa");
        assert_eq!(run("!a!b!g", "aaa"), "bbb");
        assert_eq!(run("@A(.)@<\\1>@gi", "axAy"), "<x><y>");
        assert_eq!(run("/q|qw/x/", "qwe"), "xe");
        assert_eq!(run("/z*/x/g", "zab"), "zab");
        assert_eq!(run("/^q/x/g", "qq"), "xq");
    }

    #[test]
    fn variables_have_the_values_of_start() {
        assert_eq!(run("/q/$env(A)$$$var(x)$null/", "q"), "a/b$0");
        assert!(refused("/q/$ru/").contains("$ru"));
        assert!(refused("/q/a$/").contains('$'));
    }

    #[test]
    fn the_value_of_a_define_keeps_its_backslashes() {
        let written = read(b"!Q!a\\!b$null!", true, &none).ok().unwrap();
        assert_eq!(written.value.unwrap(), b"a\\!b<null>");
    }

    #[test]
    fn broken_expressions_are_named() {
        assert!(refused("/a/b").contains("replacement"));
        assert!(refused("/a/b/q").contains("flag `q`"));
        assert!(refused("/(/b/").contains("compile"));
        assert!(refused("\\a\\b\\").contains("backslash"));
        assert!(refused("").contains("empty"));
    }

    #[test]
    fn growth_is_bounded() {
        let subst = read(b"/a/aa/g", false, &none).ok().unwrap().subst;
        let mut text = b"a".to_vec();
        let end = std::iter::from_fn(|| {
            text = subst.apply(&text, &mut 0).ok()??;
            Some(())
        });
        assert!(end.count() < 30);
    }
}
