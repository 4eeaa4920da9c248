//! Transformations `{class.op,arguments}`. What cannot be computed is undefined, which format strings show as
//! nothing (captured).

mod address;
mod base58;
mod base64;
mod digest;
mod encode;
mod escape;
mod line;
mod param;
mod septets;
mod string;
mod uri;
mod value;

use kamjit_engine::{
    pv::{TrCode, TrDef, TrRun},
    table::{join, total},
};

const PARTS: &[&[TrDef]] = &[
    string::TRANSFORMATIONS,
    encode::TRANSFORMATIONS,
    escape::TRANSFORMATIONS,
    uri::TRANSFORMATIONS,
    param::TRANSFORMATIONS,
    address::TRANSFORMATIONS,
    line::TRANSFORMATIONS,
    value::TRANSFORMATIONS,
];

/// All of them.
pub(super) static ALL: [TrDef; total(PARTS)] = join(PARTS);

const fn op(class: &'static str, op: &'static str, args: &'static str, run: TrRun) -> TrDef {
    TrDef { class, op, args, code: TrCode { run, prepare: None, text: None } }
}

/// An operation on the value's text: undefined stays undefined.
macro_rules! on_text {
    (|$ctx:ident, $text:ident, $args:ident| $body:expr) => {
        |$ctx, value, $args| match value.as_bytes($ctx.arena) {
            None => kamjit_engine::Val::Null,
            Some($text) => $body,
        }
    };
}
use on_text;

/// An operation of a function over the value's text and the arguments, whose `None` is undefined.
macro_rules! with_args {
    ($function:expr) => {
        |ctx, value, args| {
            let text = value.as_bytes(ctx.arena);
            text.and_then(|text| $function(ctx, text, args)).unwrap_or(kamjit_engine::Val::Null)
        }
    };
}
use with_args;

/// The n-th argument as text; empty without one, `None` if it has no value.
fn text_arg<'m>(
    ctx: &mut kamjit_engine::Ctx<'m>,
    args: &'m [kamjit_engine::pv::TrArg],
    n: usize,
) -> Option<&'m [u8]> {
    args.get(n).map_or(Some(b""), |arg| arg.text(ctx))
}

/// The n-th argument as a number; 0 without one, `None` if it is no number.
fn int_arg<'m>(
    ctx: &mut kamjit_engine::Ctx<'m>,
    args: &'m [kamjit_engine::pv::TrArg],
    n: usize,
) -> Option<i64> {
    args.get(n).map_or(Some(0), |arg| arg.number(ctx))
}
