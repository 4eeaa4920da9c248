//! `{line.at,n}`, `{line.count}`, `{line.sw,prefix}`: lines of a text. The empty text has none: undefined; a line that
//! does not exist is empty (captured).

use kamjit_engine::{
    Ctx, Val,
    pv::{TrArg, TrDef},
};

use super::{int_arg, op, text_arg, with_args};

pub(super) const TRANSFORMATIONS: &[TrDef] = &[
    op("line", "count", "", with_args!(count)),
    op("line", "at", "n", with_args!(at)),
    op("line", "sw", "s", with_args!(starting_with)),
];

/// Captured: the number is text.
fn count<'m>(ctx: &mut Ctx<'m>, text: &'m [u8], _: &'m [TrArg]) -> Option<Val<'m>> {
    let count = lines(text)?.count();
    Some(Val::Str(Val::Int(count as i64).to_bytes(ctx.arena)))
}

fn at<'m>(ctx: &mut Ctx<'m>, text: &'m [u8], args: &'m [TrArg]) -> Option<Val<'m>> {
    let index = int_arg(ctx, args, 0)?;
    let found = match usize::try_from(index) {
        Ok(n) => lines(text)?.nth(n),
        Err(_) if text.is_empty() => return None,
        Err(_) => from_end(text, index.unsigned_abs()),
    };
    Some(Val::Str(found.unwrap_or_default()))
}

fn starting_with<'m>(ctx: &mut Ctx<'m>, text: &'m [u8], args: &'m [TrArg]) -> Option<Val<'m>> {
    let prefix = text_arg(ctx, args, 0)?;
    Some(Val::Str(lines(text)?.find(|line| line.starts_with(prefix)).unwrap_or_default()))
}

/// The lines without their ends; what follows the last line end is no line if it is empty.
fn lines(text: &[u8]) -> Option<impl Iterator<Item = &[u8]>> {
    if text.is_empty() {
        return None;
    }
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    Some(text.split(|&b| b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line)))
}

/// The n-th line from the end. Captured: the character where the search for a line begins is never taken as a line end,
/// so that an empty line goes together with the one before it.
fn from_end(text: &[u8], n: u64) -> Option<&[u8]> {
    let mut rest = text.strip_suffix(b"\n").unwrap_or(text);
    let mut n = n;
    loop {
        let (_, before) = rest.split_last()?;
        let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        n -= 1;
        if n == 0 {
            let line = &rest[start..];
            return Some(line.strip_suffix(b"\r").unwrap_or(line));
        }
        rest = &rest[..start.checked_sub(1)?];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Captured.
    #[test]
    fn lines_from_the_end() {
        for (text, back, line) in [
            ("a\nb", 1, Some("b")),
            ("a\nb", 2, Some("a")),
            ("a\nb", 3, None),
            ("a\n\nb", 2, Some("a\n")),
            ("a\n\n", 1, Some("a\n")),
            ("a\n\n\n", 1, Some("\n")),
            ("a\n\n\n", 2, Some("a")),
            ("\n", 1, None),
            ("a\r\n\r\n", 1, Some("")),
            ("a\r\n\r\n", 2, Some("a")),
        ] {
            assert_eq!(from_end(text.as_bytes(), back), line.map(str::as_bytes), "{text:?} {back}");
        }
    }
}
