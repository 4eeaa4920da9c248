//! `avp_op()`: computes with numbers.

use kamjit_engine::{
    Arg, Ctx, Ret,
    avp::AvpValue,
    catalog::{Generation, HostError, Place},
    log::{self, Level},
    module::Prepare,
};

use super::{
    check::Operand,
    names::{Flags, Source, leading, only_avp, text},
};

struct Op {
    from: Source,
    /// Where results go; to the same name if there is none.
    to: Option<Source>,
    operator: fn(i64, i64) -> Option<i64>,
    operand: Operand,
    flags: Flags,
}

/// Computes; `None` for a division by 0.
fn operator(name: &[u8]) -> Option<fn(i64, i64) -> Option<i64>> {
    Some(match name {
        b"add" => |a, b| Some(a.wrapping_add(b)),
        b"sub" => |a, b| Some(a.wrapping_sub(b)),
        b"mul" => |a, b| Some(a.wrapping_mul(b)),
        b"div" => |a, b| if b == 0 { None } else { Some(a.wrapping_div(b)) },
        b"mod" => |a, b| if b == 0 { None } else { Some(a.wrapping_rem(b)) },
        b"and" => |a, b| Some(a & b),
        b"or" => |a, b| Some(a | b),
        b"xor" => |a, b| Some(a ^ b),
        // Captured: the complement is that of the second number.
        b"not" => |_, b| Some(!b),
        _ => return None,
    })
}

/// Digests `from[/to]`, `operator/value[/flags]`.
pub(super) fn prepare(prepare: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    let mut args = args.into_iter();
    let (Some(names), Some(what)) = (args.next(), args.next()) else {
        return Err(HostError::new("an argument is missing"));
    };
    let (names, what) = (text(names).map_err(|e| e.at(0))?, text(what).map_err(|e| e.at(1))?);
    let (from, rest) = leading(prepare, &names).map_err(|e| e.at(0))?;
    let to = match rest {
        [] => None,
        [b'/', rest @ ..] => match leading(prepare, rest).map_err(|e| e.at(0))? {
            (to, []) => Some(only_avp(to).map_err(|e| e.at(0))?),
            _ => return Err(HostError::new("expected $avp(from)/$avp(to)").at(0)),
        },
        _ => return Err(HostError::new("expected $avp(from)/$avp(to)").at(0)),
    };
    let bad = || HostError::new("expected operator/value[/flags], such as add/i:5/g").at(1);
    let slash = what.iter().position(|b| *b == b'/').ok_or_else(bad)?;
    let operator = operator(&what[..slash].to_ascii_lowercase())
        .ok_or_else(|| bad().help("operators are add, sub, mul, div, mod, and, or, xor, not"))?;
    let (operand, rest) = Operand::parse(prepare, &what[slash + 1..]).map_err(|e| e.at(1))?;
    if let Operand::Text(_) | Operand::Pattern(_) = operand {
        return Err(HostError::new("the value must be a number (i:5) or a variable").at(1));
    }
    let flags = Flags::behind(rest, b"gd").map_err(|e| e.at(1))?;
    let from = only_avp(from).map_err(|e| e.at(0))?;
    Ok(vec![Prepare::digested(Op { from, to, operator, operand, flags })])
}

/// `avp_op("from[/to]", "operator/value[/flags]")`: computes with every number (captured: also without `g`) and adds
/// the results; `d` deletes the numbers.
pub(super) fn run<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(op) = args.first().and_then(|arg| arg.digested::<Op>()) else { return Ret::FALSE };
    let operand = match &op.operand {
        Operand::Number(n) => *n,
        Operand::Var(source) => match source.values(ctx, false).first() {
            Some(value) => value.to_int(),
            None => return Ret::FALSE,
        },
        Operand::Text(_) | Operand::Pattern(_) => return Ret::FALSE,
    };
    let Some((from, values)) = op.from.stored(ctx) else { return Ret::FALSE };
    let to = match &op.to {
        Some(to) => match to.avp(ctx) {
            Some(to) => to,
            None => return Ret::FALSE,
        },
        None => from.clone(),
    };
    let narrow = ctx.generation() == Generation::V5_6;
    let numbers: Vec<i64> = values
        .iter()
        .filter_map(|value| match value {
            AvpValue::Int(n) => Some(*n),
            AvpValue::Str(_) => None,
        })
        .collect();
    if op.flags.has(b'd') && !numbers.is_empty() {
        // What is no number stays.
        ctx.avps.remove_all(&from);
        for value in values.into_iter().rev().filter(|value| matches!(value, AvpValue::Str(_))) {
            ctx.avps.add(from.clone(), value);
        }
    }
    for number in &numbers {
        let result = (op.operator)(*number, operand).unwrap_or_else(|| {
            log::module(Level::Err, "avpops", format_args!("division by 0"));
            0
        });
        let result = if narrow { i64::from(result as i32) } else { result };
        if !ctx.avps.add(to.clone(), AvpValue::Int(result)) {
            return Ret::FALSE;
        }
    }
    (!numbers.is_empty()).into()
}
