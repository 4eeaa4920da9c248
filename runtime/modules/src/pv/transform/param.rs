//! `{param.value,name}`, `{param.in,name}`, `{param.valueat,n}`, `{param.name,n}`, `{param.count}`: lists like
//! `a=1;b="x;y"`, with another separator as last argument.

use kamjit_engine::{
    Ctx, Val,
    pv::{TrArg, TrDef},
};
use kamjit_sip::text::eq_nocase;

use super::{int_arg, op, text_arg, with_args};

pub(super) const TRANSFORMATIONS: &[TrDef] = &[
    op("param", "value", "sP", with_args!(value)),
    op("param", "in", "sP", with_args!(contains)),
    op("param", "valueat", "nP", with_args!(value_at)),
    op("param", "name", "nP", with_args!(name)),
    op("param", "count", "V", with_args!(count)),
];

fn value<'m>(ctx: &mut Ctx<'m>, text: &'m [u8], args: &'m [TrArg]) -> Option<Val<'m>> {
    let name = text_arg(ctx, args, 0)?;
    Some(Val::Str(list(ctx, text, args, 1)?.value(name)))
}

fn contains<'m>(ctx: &mut Ctx<'m>, text: &'m [u8], args: &'m [TrArg]) -> Option<Val<'m>> {
    let name = text_arg(ctx, args, 0)?;
    let found = list(ctx, text, args, 1)?.any(|param| eq_nocase(param.name, name));
    Some(Val::Int(i64::from(found)))
}

fn value_at<'m>(ctx: &mut Ctx<'m>, text: &'m [u8], args: &'m [TrArg]) -> Option<Val<'m>> {
    Some(Val::Str(nth(ctx, text, args)?.map_or(b"", |param| param.value)))
}

fn name<'m>(ctx: &mut Ctx<'m>, text: &'m [u8], args: &'m [TrArg]) -> Option<Val<'m>> {
    Some(Val::Str(nth(ctx, text, args)?.map_or(b"", |param| param.name)))
}

fn count<'m>(ctx: &mut Ctx<'m>, text: &'m [u8], args: &'m [TrArg]) -> Option<Val<'m>> {
    Some(Val::Int(list(ctx, text, args, 0)?.count() as i64))
}

/// One parameter.
#[derive(Clone, Copy)]
pub(super) struct Param<'a> {
    pub(super) name: &'a [u8],
    pub(super) value: &'a [u8],
}

/// The parameters of a list that was checked. A comma ends it, and `>` after a blank or a quote (captured).
#[derive(Clone, Copy)]
pub(super) struct List<'a> {
    rest: Option<&'a [u8]>,
    separator: u8,
}

impl<'a> List<'a> {
    /// Reads a list. Captured: blanks in front are a parameter without a name, two separators at the end are no list, one
    /// separator or blanks at the end are fine.
    pub(super) fn read(text: &'a [u8], separator: u8) -> Option<List<'a>> {
        let text = text.strip_suffix(&[separator]).unwrap_or(text);
        if text.is_empty() {
            return None;
        }
        let all = List { rest: Some(text), separator };
        let mut check = all;
        while check.advance().ok()?.is_some() {}
        Some(all)
    }

    /// The value of the last parameter of that name (captured); empty without one.
    pub(super) fn value(self, name: &[u8]) -> &'a [u8] {
        self.filter(|param| eq_nocase(param.name, name)).last().map_or(b"", |param| param.value)
    }

    /// Takes one parameter off; `Err` if the text is no list.
    fn advance(&mut self) -> Result<Option<Param<'a>>, ()> {
        let Some(text) = self.rest else { return Ok(None) };
        let separator = self.separator;
        let ends = |b: &u8| *b == separator || *b == b',' || b.is_ascii_whitespace();
        let end = text.iter().position(|b| *b == b'=' || ends(b)).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        let mut rest = rest.trim_ascii_start();
        let mut value = &b""[..];
        if let [b'=', after @ ..] = rest {
            let after = after.trim_ascii_start();
            // Captured: a value may be missing at the end only.
            if after.first().is_some_and(&ends) {
                return Err(());
            }
            (value, rest) = take_value(after, ends).ok_or(())?;
            rest = rest.trim_ascii_start();
        }
        self.rest = match rest {
            [] | [b',' | b'>', ..] => None,
            [byte, more @ ..] if *byte == separator && !more.trim_ascii().is_empty() => {
                Some(more.trim_ascii_start())
            }
            _ => return Err(()),
        };
        Ok(Some(Param { name, value }))
    }
}

/// A value, in quotes of either kind or without, and what follows it. Captured: quotes have no escapes.
fn take_value(text: &[u8], ends: impl Fn(&u8) -> bool) -> Option<(&[u8], &[u8])> {
    match text.split_first() {
        Some((quote @ (b'"' | b'\''), inner)) => {
            let end = memchr::memchr(*quote, inner)?;
            Some((&inner[..end], &inner[end + 1..]))
        }
        _ => Some(text.split_at(text.iter().position(ends).unwrap_or(text.len()))),
    }
}

impl<'a> Iterator for List<'a> {
    type Item = Param<'a>;

    fn next(&mut self) -> Option<Param<'a>> {
        self.advance().ok().flatten()
    }
}

/// The parameters; `None` if the text is no list. Captured: a comma as the separator never separates.
fn list<'m>(ctx: &mut Ctx<'m>, text: &'m [u8], args: &'m [TrArg], at: usize) -> Option<List<'m>> {
    let separator = match text_arg(ctx, args, at)?.first() {
        None => b';',
        Some(b',') => 0,
        Some(byte) if byte.is_ascii_whitespace() => return None,
        Some(&byte) => byte,
    };
    List::read(text, separator)
}

/// The n-th parameter; negative numbers count from the end.
fn nth<'m>(ctx: &mut Ctx<'m>, text: &'m [u8], args: &'m [TrArg]) -> Option<Option<Param<'m>>> {
    let index = int_arg(ctx, args, 0)?;
    let mut all = list(ctx, text, args, 1)?;
    Some(match usize::try_from(index) {
        Ok(n) => all.nth(n),
        Err(_) => {
            let back = usize::try_from(index.unsigned_abs()).ok();
            back.and_then(|back| all.count().checked_sub(back)).and_then(|n| all.nth(n))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str, separator: u8) -> Option<Vec<(&str, &str)>> {
        let utf8 = |text| std::str::from_utf8(text).unwrap_or("?");
        Some(List::read(text.as_bytes(), separator)?.map(|p| (utf8(p.name), utf8(p.value))).collect())
    }

    /// Captured.
    #[test]
    fn lists_as_the_real_server_reads_them() {
        assert_eq!(names("a=1;b=2;c", b';'), Some(vec![("a", "1"), ("b", "2"), ("c", "")]));
        assert_eq!(names("b=\"q;uoted\";d='x;y'", b';'), Some(vec![("b", "q;uoted"), ("d", "x;y")]));
        assert_eq!(names("a=1,b=2", b';'), Some(vec![("a", "1")]));
        assert_eq!(names(";a=1", b';'), Some(vec![("", ""), ("a", "1")]));
        assert_eq!(names("a;;b;", b';'), Some(vec![("a", ""), ("", ""), ("b", "")]));
        assert_eq!(names("  ", b';'), Some(vec![("", "")]));
        for text in ["", ";", ";;", " a", "a=1; ", "a=;b", "a=\"x", "Hello World", "a=\"x\\\"y\";b"] {
            assert_eq!(names(text, b';'), None, "{text}");
        }
    }
}
