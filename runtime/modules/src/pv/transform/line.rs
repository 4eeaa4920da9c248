//! `{line.at,n}`, `{line.count}`, `{line.sw,prefix}`: lines of a text.

use kamjit_engine::{Val, pv::TrDef};

use super::{int_arg, on_text, op, text_arg};

pub(super) const TRANSFORMATIONS: &[TrDef] = &[
    op("line", "count", "", on_text!(|ctx, text, _args| Val::Int(lines(text).count() as i64))),
    op(
        "line",
        "at",
        "n",
        on_text!(|ctx, text, args| {
            let index = int_arg(ctx, args, 0);
            Val::opt(match usize::try_from(index) {
                Ok(n) => lines(text).nth(n),
                Err(_) => {
                    let back = usize::try_from(index.unsigned_abs()).unwrap_or(usize::MAX);
                    lines(text).count().checked_sub(back).and_then(|n| lines(text).nth(n))
                }
            })
        }),
    ),
    op(
        "line",
        "sw",
        "s",
        on_text!(|ctx, text, args| {
            let prefix = text_arg(ctx, args, 0);
            Val::opt(lines(text).find(|line| line.starts_with(prefix)))
        }),
    ),
];

/// The lines without their ends; what follows the last line end is no line if it is empty.
fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.split(|&b| b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}
