//! Expressions are built through these functions, which compute what is constant. The few rewrites that change what
//! an expression gives are the real server's own (captured: `$x && 1` is `$x` as an integer, `$x && 5` is 0 or 1;
//! `0 / $x` is 0 even where `$x` is 0).

use kamjit_catalog::Generation;

use crate::ir::{Arith, Cmp, Expr, Ty};
use crate::value::{parse_int, wrap};

/// `value` as an integer that is known.
fn known_int(e: &Expr, generation: Generation) -> Option<i64> {
    match e {
        Expr::Int(value) => Some(*value),
        Expr::Str(text) => Some(parse_int(text, generation).unwrap_or(0)),
        _ => None,
    }
}

/// `value` as a string that is known.
fn known_str(e: &Expr) -> Option<Vec<u8>> {
    match e {
        Expr::Int(value) => Some(value.to_string().into_bytes()),
        Expr::Str(text) => Some(text.to_vec()),
        _ => None,
    }
}

pub(crate) fn to_int(e: Expr, generation: Generation) -> Expr {
    match known_int(&e, generation) {
        Some(value) => Expr::Int(value),
        None if e.ty() == Ty::Int => e,
        None => Expr::ToInt(Box::new(e)),
    }
}

pub(crate) fn to_str(e: Expr) -> Expr {
    match known_str(&e) {
        Some(text) => Expr::Str(text.into()),
        None if e.ty() == Ty::Str => e,
        None => Expr::ToStr(Box::new(e)),
    }
}

pub(crate) fn neg(e: Expr, generation: Generation) -> Expr {
    match known_int(&e, generation) {
        Some(value) => Expr::Int(wrap(value.wrapping_neg(), generation)),
        None => Expr::Neg(Box::new(e)),
    }
}

pub(crate) fn bit_not(e: Expr, generation: Generation) -> Expr {
    match known_int(&e, generation) {
        Some(value) => Expr::Int(!value),
        None => Expr::BitNot(Box::new(e)),
    }
}

pub(crate) fn not(e: Expr, generation: Generation) -> Expr {
    match known_int(&e, generation) {
        Some(value) => Expr::Int((value == 0).into()),
        None => Expr::Not(Box::new(e)),
    }
}

pub(crate) fn arith(op: Arith, a: Expr, b: Expr, generation: Generation) -> Expr {
    if let (Some(x), Some(y)) = (known_int(&a, generation), known_int(&b, generation))
        && let Some(value) = compute(op, x, y, generation)
    {
        return Expr::Int(value);
    }
    match (op, &a, &b) {
        (Arith::Sub | Arith::Or | Arith::Add, _, Expr::Int(0))
        | (Arith::Mul | Arith::Div, _, Expr::Int(1)) => to_int(a, generation),
        // Captured: the left side is not computed.
        (Arith::Mul | Arith::And, _, Expr::Int(0)) => Expr::Int(0),
        (Arith::Add, Expr::Int(0), _) | (Arith::Mul, Expr::Int(1), _) => to_int(b, generation),
        (Arith::Div | Arith::Mod, Expr::Int(0), _) if known_int(&b, generation).is_none() => Expr::Int(0),
        _ => Expr::Arith(op, Box::new(a), Box::new(b)),
    }
}

/// `None` for division by zero, which fails when it runs.
fn compute(op: Arith, x: i64, y: i64, generation: Generation) -> Option<i64> {
    let count = match generation {
        Generation::V5_6 => y & 31,
        Generation::V6 => y & 63,
    } as u32;
    let value = match op {
        Arith::Add => x.wrapping_add(y),
        Arith::Sub => x.wrapping_sub(y),
        Arith::Mul => x.wrapping_mul(y),
        Arith::Div if y == 0 => return None,
        Arith::Mod if y == 0 => return None,
        Arith::Div => x.wrapping_div(y),
        Arith::Mod => x.wrapping_rem(y),
        Arith::And => x & y,
        Arith::Or => x | y,
        Arith::Xor => x ^ y,
        Arith::Shl => x.wrapping_shl(count),
        Arith::Shr => x >> count,
    };
    Some(wrap(value, generation))
}

/// `a + b`: the type of the first operand of a chain decides.
pub(crate) fn add(a: Expr, b: Expr, generation: Generation) -> Expr {
    match a.ty() {
        Ty::Int => arith(Arith::Add, a, b, generation),
        Ty::Str => concat(a, b),
        Ty::Dyn => match a {
            Expr::Plus(first, mut rest) => {
                rest.push(b);
                Expr::Plus(first, rest)
            }
            first => Expr::Plus(Box::new(first), vec![b]),
        },
    }
}

pub(crate) fn concat(a: Expr, b: Expr) -> Expr {
    let mut parts = match a {
        Expr::Concat(parts) => parts,
        other => vec![to_str(other)],
    };
    let more = match b {
        Expr::Concat(more) => more,
        other => vec![to_str(other)],
    };
    for part in more {
        match (parts.last_mut(), part) {
            (Some(Expr::Str(last)), Expr::Str(text)) => *last = [&last[..], &text[..]].concat().into(),
            (_, Expr::Str(text)) if text.is_empty() => {}
            (_, part) => parts.push(part),
        }
    }
    if parts.len() == 1 {
        return to_str(parts.remove(0));
    }
    Expr::Concat(parts)
}

pub(crate) fn and(a: Expr, b: Expr, generation: Generation) -> Expr {
    match (known_int(&a, generation), known_int(&b, generation)) {
        (Some(x), Some(y)) => Expr::Int((x != 0 && y != 0).into()),
        // Captured: the server does not even compute what stands beside a constant that decides.
        (Some(0), None) | (None, Some(0)) => Expr::Int(0),
        (Some(1), None) => to_int(b, generation),
        (None, Some(1)) => to_int(a, generation),
        _ => Expr::And(Box::new(a), Box::new(b)),
    }
}

pub(crate) fn or(a: Expr, b: Expr, generation: Generation) -> Expr {
    match (known_int(&a, generation), known_int(&b, generation)) {
        (Some(x), Some(y)) => Expr::Int((x != 0 || y != 0).into()),
        (Some(0), None) => to_int(b, generation),
        (None, Some(0)) => to_int(a, generation),
        (Some(_), None) | (None, Some(1)) => Expr::Int(1),
        _ => Expr::Or(Box::new(a), Box::new(b)),
    }
}

pub(crate) fn cmp(op: Cmp, a: Expr, b: Expr, generation: Generation) -> Expr {
    if let (Some(x), Some(y)) = (known_int(&a, generation), known_int(&b, generation)) {
        let value = match op {
            Cmp::Eq => x == y,
            Cmp::Ne => x != y,
            Cmp::Lt => x < y,
            Cmp::Le => x <= y,
            Cmp::Gt => x > y,
            Cmp::Ge => x >= y,
        };
        return Expr::Int(value.into());
    }
    Expr::Cmp(op, Box::new(a), Box::new(b))
}

pub(crate) fn str_eq(a: Expr, b: Expr, negate: bool) -> Expr {
    if let (Some(x), Some(y)) = (known_str(&a), known_str(&b)) {
        return Expr::Int(((x == y) != negate).into());
    }
    Expr::StrEq(Box::new(a), Box::new(b), negate)
}

/// `a == b` or `a != b`. The literals `$null` and `""` on the right make it a test of their own.
pub(crate) fn equal(a: Expr, b: Expr, negate: bool, generation: Generation) -> Expr {
    match (&a, &b) {
        (_, Expr::Null) => {
            let defined = defined(a);
            if negate { defined } else { not(defined, generation) }
        }
        (_, Expr::Str(text)) if text.is_empty() && !negate && a.ty() == Ty::Dyn => Expr::IsEmpty(Box::new(a)),
        _ => match a.ty() {
            Ty::Int => cmp(if negate { Cmp::Ne } else { Cmp::Eq }, a, b, generation),
            Ty::Str => str_eq(a, b, negate),
            Ty::Dyn => Expr::DynEq(Box::new(a), Box::new(b), negate),
        },
    }
}

pub(crate) fn defined(e: Expr) -> Expr {
    match e {
        Expr::Null => Expr::Int(0),
        Expr::Int(_) | Expr::Str(_) | Expr::Var(_) => Expr::Int(1),
        other => Expr::Defined(Box::new(other)),
    }
}

pub(crate) fn is_empty(e: Expr) -> Expr {
    match e {
        Expr::Null => Expr::Int(1),
        Expr::Int(_) => Expr::Int(0),
        Expr::Str(text) => Expr::Int(text.is_empty().into()),
        other => Expr::IsEmpty(Box::new(other)),
    }
}

pub(crate) fn len(e: Expr) -> Expr {
    match known_str(&e) {
        Some(text) => Expr::Int(text.len() as i64),
        None => Expr::Len(Box::new(e)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const G: Generation = Generation::V5_6;

    fn int(value: i64) -> Expr {
        Expr::Int(value)
    }

    #[test]
    fn constants_are_computed() {
        assert_eq!(arith(Arith::Add, int(2_147_483_647), int(1), G).to_string(), "-2147483648");
        assert_eq!(arith(Arith::Shl, int(1), int(33), G).to_string(), "2");
        assert_eq!(arith(Arith::Div, int(1), int(0), G).to_string(), "(1 / 0)");
        assert_eq!(not(int(-1), G).to_string(), "0");
        assert_eq!(concat(Expr::Str(b"a"[..].into()), int(5)).to_string(), "\"a5\"");
    }

    #[test]
    fn chains_of_plus_keep_one_decision() {
        let x = add(add(Expr::Var(0), int(1), G), Expr::Str(b"2"[..].into()), G);
        assert_eq!(x.to_string(), "plus(var0, 1, \"2\")");
        let y = add(add(Expr::Str(b"sip:"[..].into()), Expr::Var(1), G), Expr::Str(b"@"[..].into()), G);
        assert_eq!(y.to_string(), "concat(\"sip:\", str(var1), \"@\")");
    }

    #[test]
    fn the_servers_own_rewrites() {
        assert_eq!(and(Expr::Var(0), int(1), G).to_string(), "int(var0)");
        assert_eq!(and(Expr::Var(0), int(5), G).to_string(), "(var0 && 5)");
        assert_eq!(arith(Arith::Div, int(0), Expr::Var(0), G).to_string(), "0");
        assert_eq!(arith(Arith::Mul, Expr::Var(0), int(1), G).to_string(), "int(var0)");
        assert_eq!(or(int(0), Expr::Var(0), G).to_string(), "int(var0)");
        assert_eq!(equal(Expr::Var(0), Expr::Null, false, G).to_string(), "0");
        assert_eq!(
            equal(Expr::Plus(Box::new(Expr::Var(0)), vec![]), Expr::Str(b""[..].into()), false, G)
                .to_string(),
            "empty(plus(var0, ))"
        );
    }
}
