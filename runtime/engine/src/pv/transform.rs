//! Transformations `{class.op,args}` of a value.

use std::any::Any;

use kamjit_catalog::{HostError, Transformation};

use super::Pv;
use crate::{ctx::Ctx, module::Prepare, value::Val};

/// Computes a transformation.
pub type TrRun = for<'m> fn(&mut Ctx<'m>, Val<'m>, &'m [TrArg]) -> Val<'m>;
/// Digests or refuses constant arguments; the raw text between the braces comes with them.
pub type TrPrepare = fn(&mut Prepare<'_>, &[u8], Vec<TrArg>) -> Result<Vec<TrArg>, HostError>;

/// The code of a transformation.
#[derive(Clone, Copy)]
pub struct TrCode {
    /// Computes it.
    pub run: TrRun,
    /// Digests arguments, where text and numbers do not do.
    pub prepare: Option<TrPrepare>,
    /// What it gives where text is wanted, if `run` gives a number whose text is not its usual one (captured: `007` stays
    /// `007` in the log after `{s.int}`).
    pub text: Option<TrRun>,
}

/// An entry of a module's table of transformations.
pub type TrDef = Transformation<TrCode>;

/// An argument of a transformation.
pub enum TrArg {
    /// Text as written.
    Text(Box<[u8]>),
    /// A number.
    Num(i64),
    /// A variable.
    Pv(Pv),
    /// What `prepare` made of it.
    Digested(Box<dyn Any + Send + Sync>),
}

impl TrArg {
    /// The argument as text. Captured: a variable that is undefined or empty leaves the whole transformation undefined.
    pub fn text<'m>(&'m self, ctx: &mut Ctx<'m>) -> Option<&'m [u8]> {
        match self {
            TrArg::Text(text) => Some(text),
            TrArg::Num(n) => Some(crate::value::format_int(ctx.arena, *n)),
            TrArg::Pv(pv) => Some(pv.get(ctx).as_bytes(ctx.arena)?).filter(|text| !text.is_empty()),
            TrArg::Digested(_) => None,
        }
    }

    /// The argument as a number. Captured: text in a variable is none, even if it consists of digits.
    pub fn number<'m>(&'m self, ctx: &mut Ctx<'m>) -> Option<i64> {
        match self {
            TrArg::Num(n) => Some(*n),
            TrArg::Pv(Pv { number: Some(number), .. }) => Some(number(ctx)),
            TrArg::Pv(pv) => match pv.get(ctx) {
                Val::Int(n) => Some(n),
                _ => None,
            },
            TrArg::Text(_) | TrArg::Digested(_) => None,
        }
    }

    /// Checks an argument against the letter of its kind and brings it into the form that `text` and `number` want.
    pub(crate) fn fit(self, kind: u8) -> Result<TrArg, &'static str> {
        let kind = kind.to_ascii_lowercase();
        let text = match (self, kind) {
            (TrArg::Pv(_), b'c' | b'p') => return Err("must be one character, not a variable"),
            (TrArg::Pv(pv), _) => return Ok(TrArg::Pv(pv)),
            (TrArg::Num(n), b'n') => return Ok(TrArg::Num(i64::from(n as i32))),
            (TrArg::Num(n), _) => n.to_string().into_bytes(),
            (TrArg::Text(text), _) => text.into_vec(),
            (digested, _) => return Ok(digested),
        };
        if text.trim_ascii() == b"$$" && !matches!(kind, b'c' | b'p') {
            return Ok(TrArg::Text(b"$".as_slice().into()));
        }
        match kind {
            b'n' | b'u' => {
                let number = literal(&text).ok_or("must be a number")?;
                if number < 0 && kind == b'u' {
                    return Err("must not be negative");
                }
                Ok(TrArg::Num(i64::from(number)))
            }
            b'c' | b'p' | b'v' => {
                // Captured: these escapes mean one character, others are refused.
                let text = match (kind, text.as_slice()) {
                    (b'c', [b'\\', b't', rest @ ..]) => [b"\t", rest].concat(),
                    (b'c', [b'\\', b'n', rest @ ..]) => [b"\n", rest].concat(),
                    (b'c', [b'\\', b'r', rest @ ..]) => [b"\r", rest].concat(),
                    _ => text,
                };
                let (one, rest) = text.split_at_checked(1).ok_or("must be one character")?;
                let blanks = kind == b'c' && rest.iter().all(u8::is_ascii_whitespace);
                match (rest.is_empty() || blanks) && !(kind == b'p' && one == b",") {
                    true => Ok(TrArg::Text(one.into())),
                    false => Err("must be one character"),
                }
            }
            _ => match text.trim_ascii_start() {
                b"," if kind == b's' => Err("must not be a comma"),
                text => Ok(TrArg::Text(text.into())),
            },
        }
    }

    /// What `prepare` made of it.
    pub fn digested<T: 'static>(&self) -> Option<&T> {
        match self {
            TrArg::Digested(any) => any.downcast_ref(),
            _ => None,
        }
    }
}

/// One prepared transformation.
pub struct Transform {
    /// Which.
    pub def: &'static TrDef,
    /// Its arguments.
    pub args: Box<[TrArg]>,
}

impl Transform {
    /// Applies it.
    pub fn apply<'m>(&'m self, ctx: &mut Ctx<'m>, value: Val<'m>) -> Val<'m> {
        (self.def.code.run)(ctx, value, &self.args)
    }

    /// Applies it where text is wanted.
    pub fn apply_text<'m>(&'m self, ctx: &mut Ctx<'m>, value: Val<'m>) -> Val<'m> {
        (self.def.code.text.unwrap_or(self.def.code.run))(ctx, value, &self.args)
    }
}

/// A number as it is written in a transformation (captured): blanks around and behind one sign, digits or none at all;
/// it wraps in 32 bits.
fn literal(text: &[u8]) -> Option<i32> {
    let blank = |b: &&u8| matches!(b, b' ' | b'\t');
    let mut bytes = text.iter().skip_while(blank).peekable();
    let sign = bytes.next_if(|b| matches!(b, b'-' | b'+'));
    let mut bytes = bytes.skip_while(blank).peekable();
    let signed = sign.is_some();
    let mut number = 0i32;
    let mut digits = false;
    while let Some(digit) = bytes.next_if(|b| b.is_ascii_digit()) {
        number = number.wrapping_mul(10).wrapping_add(i32::from(digit - b'0'));
        digits = true;
    }
    let ends = bytes.all(|b| b.is_ascii_whitespace());
    let number = if sign == Some(&b'-') { number.wrapping_neg() } else { number };
    (ends && (digits || signed)).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Captured.
    #[test]
    fn numbers_in_transformations() {
        for (text, number) in [
            (&b"2"[..], Some(2)),
            (b" 2 ", Some(2)),
            (b"- 2", Some(-2)),
            (b" + 1", Some(1)),
            (b"-", Some(0)),
            (b"007", Some(7)),
            (b"4294967297", Some(1)),
            (b"", None),
            (b"a", None),
            (b"1 2", None),
            (b"--2", None),
            (b"0x1", None),
        ] {
            assert_eq!(literal(text), number, "{}", text.escape_ascii());
        }
    }
}
