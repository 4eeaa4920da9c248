//! `avp_check()`: compares values.

use std::{cmp::Ordering, ffi::CString};

use kamjit_engine::{
    Arg, Ctx, Ret, Val,
    catalog::{HostError, Place},
    log::{self, Level},
    module::Prepare,
    regex::Regex,
    value::parse_int,
};

use super::names::{Flags, Source, leading, text, with_flags};

/// An operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Equal,
    Differs,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Regex,
    Shell,
    And,
    Or,
    Xor,
}

impl Operator {
    fn from_name(name: &[u8]) -> Option<Operator> {
        Some(match name {
            b"eq" => Operator::Equal,
            b"ne" => Operator::Differs,
            b"lt" => Operator::Less,
            b"le" => Operator::LessOrEqual,
            b"gt" => Operator::Greater,
            b"ge" => Operator::GreaterOrEqual,
            b"re" => Operator::Regex,
            b"fm" => Operator::Shell,
            b"and" => Operator::And,
            b"or" => Operator::Or,
            b"xor" => Operator::Xor,
            _ => return None,
        })
    }

    fn holds(self, order: Ordering) -> bool {
        match self {
            Operator::Equal => order.is_eq(),
            Operator::Differs => order.is_ne(),
            Operator::Less => order.is_lt(),
            Operator::LessOrEqual => order.is_le(),
            Operator::Greater => order.is_gt(),
            Operator::GreaterOrEqual => order.is_ge(),
            _ => false,
        }
    }
}

/// What is compared with.
pub(super) enum Operand {
    /// A number.
    Number(i64),
    /// A text.
    Text(Box<[u8]>),
    /// A pattern, compiled.
    Pattern(Regex),
    /// A variable.
    Var(Source),
}

impl Operand {
    /// Reads `i:number`, `s:text`, text or a variable up to a slash; gives what stands behind it.
    pub fn parse<'t>(prepare: &mut Prepare<'_>, text: &'t [u8]) -> Result<(Operand, &'t [u8]), HostError> {
        if text.first() == Some(&b'$') {
            let (source, rest) = leading(prepare, text)?;
            return Ok((Operand::Var(source), rest));
        }
        let end = text.iter().position(|b| *b == b'/').unwrap_or(text.len());
        let (value, rest) = text.split_at(end);
        if value.is_empty() {
            return Err(HostError::new("there is no value behind the operator"));
        }
        let operand = match value {
            [b'i' | b'I', b':', number @ ..] => Operand::Number(
                parse_int(number)
                    .ok_or_else(|| HostError::new(format!("'{}' is not a number", number.escape_ascii())))?,
            ),
            [b's' | b'S', b':', text @ ..] => Operand::Text(text.into()),
            text => Operand::Text(text.into()),
        };
        Ok((operand, rest))
    }
}

struct Check {
    source: Source,
    operator: Operator,
    operand: Operand,
    flags: Flags,
}

/// Digests `variable`, `operator/value[/flags]`.
pub(super) fn prepare(prepare: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    let mut args = args.into_iter();
    let (Some(source), Some(condition)) = (args.next(), args.next()) else {
        return Err(HostError::new("an argument is missing"));
    };
    let (source, _) = with_flags(prepare, source, b"g").map_err(|e| e.at(0))?;
    if source.is_null() {
        return Err(HostError::new("$null cannot be compared").at(0));
    }
    let condition = text(condition).map_err(|e| e.at(1))?;
    let bad = || HostError::new("expected operator/value[/flags], such as eq/i:5/g").at(1);
    let slash = condition.iter().position(|b| *b == b'/').ok_or_else(bad)?;
    let operator = Operator::from_name(&condition[..slash].to_ascii_lowercase())
        .ok_or_else(|| bad().help("operators are eq, ne, lt, le, gt, ge, re, fm, and, or, xor"))?;
    let (operand, rest) = Operand::parse(prepare, &condition[slash + 1..]).map_err(|e| e.at(1))?;
    let flags = Flags::behind(rest, b"gi").map_err(|e| e.at(1))?;
    let operand = match (operator, operand) {
        // Captured: patterns ignore case with or without the flag.
        (Operator::Regex, Operand::Text(text)) => {
            Operand::Pattern(prepare.regex(&text, true).map_err(|e| e.at(1))?)
        }
        (_, operand) => operand,
    };
    Ok(vec![Prepare::digested(Check { source, operator, operand, flags })])
}

/// `avp_check(variable, "operator/value[/flags]")`: `g` any of the values, `i` case does not count.
pub(super) fn run<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(check) = args.first().and_then(|arg| arg.digested::<Check>()) else { return Ret::FALSE };
    let all = check.flags.has(b'g');
    let values = check.source.values(ctx, all);
    let others = match &check.operand {
        Operand::Number(n) => vec![Val::Int(*n)],
        Operand::Text(text) => vec![Val::Str(text)],
        Operand::Pattern(regex) => vec![Val::Str(regex.source())],
        Operand::Var(source) => source.values(ctx, all),
    };
    let mut pairs = values.iter().flat_map(|value| others.iter().map(move |other| (*value, *other)));
    pairs.any(|(value, other)| check.holds(value, other)).into()
}

impl Check {
    fn holds(&self, value: Val<'_>, other: Val<'_>) -> bool {
        match (value, other) {
            (Val::Int(a), Val::Int(b)) => match self.operator {
                Operator::And => a & b != 0,
                Operator::Or => a | b != 0,
                Operator::Xor => a ^ b != 0,
                operator => operator.holds(a.cmp(&b)),
            },
            (Val::Str(a), Val::Str(b)) => self.texts(a, b),
            _ => {
                log::module(Level::Err, "avpops", format_args!("value types don't match"));
                false
            }
        }
    }

    fn texts(&self, value: &[u8], other: &[u8]) -> bool {
        match (self.operator, &self.operand) {
            (Operator::Regex, Operand::Pattern(regex)) => regex.is_match(value),
            (Operator::Regex, _) => Regex::new(other, true).is_ok_and(|regex| regex.is_match(value)),
            (Operator::Shell, _) => {
                let (Ok(pattern), Ok(value)) = (CString::new(other), CString::new(value)) else {
                    return false;
                };
                // SAFETY: both are strings that end in NUL.
                unsafe { libc::fnmatch(pattern.as_ptr(), value.as_ptr(), 0) == 0 }
            }
            (operator, _) if self.flags.has(b'i') => {
                let (value, other) = (value.to_ascii_lowercase(), other.to_ascii_lowercase());
                operator.holds(value.cmp(&other))
            }
            (operator, _) => operator.holds(value.cmp(other)),
        }
    }
}
