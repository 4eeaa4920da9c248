//! `{param.value,name}`, `{param.in,name}`, `{param.valueat,n}`, `{param.name,n}`, `{param.count}`: lists like
//! `a=1;b="x;y"`, with another separator as last argument.

use kamjit_engine::{
    Ctx, Val,
    pv::{TrArg, TrDef},
};
use kamjit_sip::text::eq_nocase;

use super::{int_arg, on_text, op, text_arg};

pub(super) const TRANSFORMATIONS: &[TrDef] = &[
    op(
        "param",
        "value",
        "sC",
        on_text!(|ctx, text, args| {
            let name = text_arg(ctx, args, 0);
            let found = list(ctx, text, args, 1).and_then(|mut all| all.find(|p| eq_nocase(p.name, name)));
            found.map_or(Val::Null, |p| Val::Str(p.value))
        }),
    ),
    op(
        "param",
        "in",
        "sC",
        on_text!(|ctx, text, args| {
            let name = text_arg(ctx, args, 0);
            match list(ctx, text, args, 1) {
                Some(mut all) => Val::Int(i64::from(all.any(|p| eq_nocase(p.name, name)))),
                None => Val::Null,
            }
        }),
    ),
    op(
        "param",
        "valueat",
        "nC",
        on_text!(|ctx, text, args| { nth(ctx, text, args).map_or(Val::Null, |p| Val::Str(p.value)) }),
    ),
    op(
        "param",
        "name",
        "nC",
        on_text!(|ctx, text, args| { nth(ctx, text, args).map_or(Val::Null, |p| Val::Str(p.name)) }),
    ),
    op(
        "param",
        "count",
        "C",
        on_text!(|ctx, text, args| {
            list(ctx, text, args, 0).map_or(Val::Null, |all| Val::Int(all.count() as i64))
        }),
    ),
];

/// One parameter.
#[derive(Clone, Copy)]
struct Param<'a> {
    name: &'a [u8],
    value: &'a [u8],
}

/// The parameters of a list that was checked. A comma ends it, unless it is the separator (captured).
#[derive(Clone, Copy)]
struct List<'a> {
    rest: Option<&'a [u8]>,
    separator: u8,
}

impl<'a> List<'a> {
    /// Takes one parameter off; `Err` if the text is no list.
    fn advance(&mut self) -> Result<Option<Param<'a>>, ()> {
        let Some(text) = self.rest else { return Ok(None) };
        let text = text.trim_ascii_start();
        let separator = self.separator;
        let ends = |b: &u8| *b == separator || *b == b',' || b.is_ascii_whitespace();
        let end = text.iter().position(|b| *b == b'=' || ends(b)).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        let mut rest = rest.trim_ascii_start();
        let mut value = &b""[..];
        if let [b'=', after @ ..] = rest {
            (value, rest) = take_value(after.trim_ascii_start(), ends).ok_or(())?;
            rest = rest.trim_ascii_start();
        }
        self.rest = match rest {
            [] => None,
            [byte, more @ ..] if *byte == separator => Some(more).filter(|m| !m.trim_ascii().is_empty()),
            [b',', ..] => None,
            _ => return Err(()),
        };
        Ok(Some(Param { name, value }))
    }
}

/// A value, in quotes of either kind or without, and what follows it.
fn take_value(text: &[u8], ends: impl Fn(&u8) -> bool) -> Option<(&[u8], &[u8])> {
    let Some(&quote @ (b'"' | b'\'')) = text.first() else {
        return Some(text.split_at(text.iter().position(ends).unwrap_or(text.len())));
    };
    let mut at = 1;
    loop {
        match *text.get(at)? {
            b'\\' => at += 2,
            byte if byte == quote => return Some((&text[1..at], &text[at + 1..])),
            _ => at += 1,
        }
    }
}

impl<'a> Iterator for List<'a> {
    type Item = Param<'a>;

    fn next(&mut self) -> Option<Param<'a>> {
        self.advance().ok().flatten()
    }
}

/// The parameters; `None` if the text is no list.
fn list<'m>(ctx: &mut Ctx<'m>, text: &'m [u8], args: &'m [TrArg], at: usize) -> Option<List<'m>> {
    let separator = text_arg(ctx, args, at).first().copied().unwrap_or(b';');
    if text.trim_ascii().is_empty() {
        return None;
    }
    let all = List { rest: Some(text), separator };
    let mut check = all;
    loop {
        match check.advance() {
            Ok(Some(_)) => {}
            Ok(None) => return Some(all),
            Err(()) => return None,
        }
    }
}

/// The n-th parameter; negative numbers count from the end.
fn nth<'m>(ctx: &mut Ctx<'m>, text: &'m [u8], args: &'m [TrArg]) -> Option<Param<'m>> {
    let index = int_arg(ctx, args, 0);
    let mut all = list(ctx, text, args, 1)?;
    match usize::try_from(index) {
        Ok(n) => all.nth(n),
        Err(_) => {
            let back = usize::try_from(index.unsigned_abs()).ok()?;
            all.nth(all.count().checked_sub(back)?)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &[u8], separator: u8) -> Vec<(&[u8], &[u8])> {
        List { rest: Some(text), separator }.map(|p| (p.name, p.value)).collect()
    }

    /// Captured.
    #[test]
    fn lists_as_the_real_server_reads_them() {
        assert_eq!(names(b"a=1;b=2;c", b';'), [(&b"a"[..], &b"1"[..]), (b"b", b"2"), (b"c", b"")]);
        assert_eq!(names(b"b=\"q;uoted\";d='x;y'", b';'), [(&b"b"[..], &b"q;uoted"[..]), (b"d", b"x;y")]);
        assert_eq!(names(b"a=1,b=2", b';'), [(&b"a"[..], &b"1"[..])]);
        assert_eq!(names(b"a=1,b=2", b','), [(&b"a"[..], &b"1"[..]), (b"b", b"2")]);
        assert_eq!(names(b";a=1", b';'), [(&b""[..], &b""[..]), (b"a", b"1")]);
        assert!(List { rest: Some(b"Hello World"), separator: b';' }.advance().is_err());
    }
}
