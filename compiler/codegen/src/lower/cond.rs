//! Conditions: branches without making a number where none is needed.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, InstBuilder, Value, types};
use kamjit_analysis::ir::{Expr, Ty};

use super::{Lower, Short, StrVal};
use crate::abi::TAG_NULL;
use crate::builtins::Builtin;

impl Lower<'_, '_> {
    /// Branches on a condition: true when not zero or, if `positive`, when greater than zero.
    pub(super) fn branch(&mut self, e: &Expr, then: Block, otherwise: Block, positive: bool) {
        match e {
            Expr::Not(inner) => self.branch(inner, otherwise, then, false),
            Expr::And(a, b) => {
                let next = self.b.create_block();
                self.branch(a, next, otherwise, false);
                self.begin(next);
                self.branch(b, then, otherwise, false);
            }
            Expr::Or(a, b) => {
                let next = self.b.create_block();
                self.branch(a, then, next, false);
                self.begin(next);
                self.branch(b, then, otherwise, false);
            }
            Expr::Truth(inner) => self.branch(inner, then, otherwise, true),
            _ if is_bool(e) => {
                let value = self.bool(e);
                self.brif(value, then, otherwise);
            }
            _ => {
                let mut value = self.int(e);
                if positive {
                    value = self.icmp_const(IntCC::SignedGreaterThan, value, 0);
                }
                self.brif(value, then, otherwise);
            }
        }
    }

    /// A condition as a machine boolean (8 bits, 0 or 1).
    pub(super) fn bool(&mut self, e: &Expr) -> Value {
        match e {
            Expr::Not(inner) => {
                if is_bool(inner) {
                    let value = self.bool(inner);
                    return self.icmp_const(IntCC::Equal, value, 0);
                }
                let value = self.int(inner);
                self.icmp_const(IntCC::Equal, value, 0)
            }
            Expr::Truth(inner) => {
                let value = self.int(inner);
                self.icmp_const(IntCC::SignedGreaterThan, value, 0)
            }
            Expr::Cmp(op, a, b) => {
                let x = self.int(a);
                let y = self.int(b);
                self.b.ins().icmp(Self::cc(*op), x, y)
            }
            Expr::StrEq(a, b, negate) => {
                let x = self.str(a);
                let y = self.str(b);
                let value = self.str_eq(x, y);
                self.negate(value, *negate)
            }
            Expr::DynEq(a, b, negate) => {
                let value = self.dyn_eq(a, b);
                self.negate(value, *negate)
            }
            Expr::IsEmpty(inner) => self.is_empty(inner),
            Expr::Defined(inner) => self.defined(inner),
            Expr::Match(inner, regex, _) => {
                let value = self.str(inner);
                let regex = self.iconst(regex.0 as i64);
                let value = self.call1(Builtin::regex_match, &[self.ctx, regex, value.ptr, value.len]);
                self.b.ins().ireduce(types::I8, value)
            }
            Expr::MatchDyn(inner, pattern) => {
                let value = self.str(inner);
                let pattern = self.str(pattern);
                let args = [self.ctx, value.ptr, value.len, pattern.ptr, pattern.len];
                let value = self.call1(Builtin::regex_dyn, &args);
                let bad = self.icmp_const(IntCC::SignedLessThan, value, 0);
                let fail = self.fail_block();
                let good = self.b.create_block();
                self.brif(bad, fail, good);
                self.begin(good);
                self.b.ins().ireduce(types::I8, value)
            }
            Expr::IsMyself(field) => {
                let value = self.is_myself(*field);
                self.b.ins().ireduce(types::I8, value)
            }
            Expr::InNet(field, net) => {
                let value = self.in_net(*field, net);
                self.b.ins().ireduce(types::I8, value)
            }
            Expr::IsHost(field, host) => {
                let value = self.is_host(*field, host);
                self.b.ins().ireduce(types::I8, value)
            }
            Expr::SameText(a, b) => {
                let x = self.str(a);
                let y = self.str(b);
                self.eq_by_call(Builtin::same_text, x, y)
            }
            _ => self.bool_by_branch(e),
        }
    }

    /// `&&`, `||` and numbers as a boolean.
    fn bool_by_branch(&mut self, e: &Expr) -> Value {
        let then = self.b.create_block();
        let otherwise = self.b.create_block();
        let done = self.b.create_block();
        let result = self.b.append_block_param(done, types::I8);
        self.branch(e, then, otherwise, false);
        for (block, value) in [(then, 1), (otherwise, 0)] {
            self.begin(block);
            let value = self.b.ins().iconst(types::I8, value);
            self.jump(done, &[value]);
        }
        self.begin(done);
        result
    }

    fn negate(&mut self, value: Value, negate: bool) -> Value {
        if negate { self.icmp_const(IntCC::Equal, value, 0) } else { value }
    }

    /// Undefined or an empty string; never an integer.
    fn is_empty(&mut self, e: &Expr) -> Value {
        match e.ty() {
            Ty::Int => self.b.ins().iconst(types::I8, 0),
            Ty::Str => {
                let value = self.str(e);
                self.icmp_const(IntCC::Equal, value.len, 0)
            }
            Ty::Dyn => {
                let (slot, place) = self.place_of(e);
                let value = self.str_at(place);
                slot.into_iter().for_each(|s| self.free(s));
                self.icmp_const(IntCC::Equal, value.len, 0)
            }
        }
    }

    fn defined(&mut self, e: &Expr) -> Value {
        match e {
            Expr::Pv(pv) | Expr::Select(pv) => {
                let (slot, place) = self.temp();
                self.pv_get(pv, place);
                let tag = self.load_tag(place);
                self.free(slot);
                self.icmp_const(IntCC::NotEqual, tag, TAG_NULL as i64)
            }
            Expr::Null => self.b.ins().iconst(types::I8, 0),
            // Captured: the operand is not computed, even if it is a call.
            _ => self.b.ins().iconst(types::I8, 1),
        }
    }

    /// Compares two strings: the length first, then short constants by immediates, others by a call.
    pub(super) fn str_eq(&mut self, a: StrVal, b: StrVal) -> Value {
        if let Some(short) = b.known {
            return self.str_eq_short(a, short);
        }
        if let Some(short) = a.known {
            return self.str_eq_short(b, short);
        }
        self.eq_by_call(Builtin::bytes_eq, a, b)
    }

    /// Compares two strings by a builtin if their lengths are the same.
    fn eq_by_call(&mut self, builtin: Builtin, a: StrVal, b: StrVal) -> Value {
        let same = self.b.ins().icmp(IntCC::Equal, a.len, b.len);
        let compare = self.b.create_block();
        let done = self.b.create_block();
        let result = self.b.append_block_param(done, types::I8);
        self.brif_else_value(same, compare, done);
        self.begin(compare);
        let value = self.call1(builtin, &[a.ptr, b.ptr, a.len]);
        let value = self.b.ins().ireduce(types::I8, value);
        self.jump(done, &[value]);
        self.begin(done);
        result
    }

    /// Branches to `then`, or to `done` with the boolean 0.
    fn brif_else_value(&mut self, cond: Value, then: Block, done: Block) {
        let no = self.b.ins().iconst(types::I8, 0);
        self.b.ins().brif(cond, then, &[], done, &[no.into()]);
        self.dead = true;
    }

    fn str_eq_short(&mut self, value: StrVal, short: Short) -> Value {
        let same = self.icmp_const(IntCC::Equal, value.len, short.len as i64);
        if short.len == 0 {
            return same;
        }
        let compare = self.b.create_block();
        let done = self.b.create_block();
        let result = self.b.append_block_param(done, types::I8);
        self.brif_else_value(same, compare, done);
        self.begin(compare);
        let mut at = 0;
        let mut equal: Option<Value> = None;
        for (ty, width) in [(types::I64, 8), (types::I32, 4), (types::I16, 2), (types::I8, 1)] {
            while short.len - at >= width {
                let mut word = [0; 8];
                word[..width].copy_from_slice(&short.bytes[at..at + width]);
                let expected = i64::from_ne_bytes(word);
                let flags = cranelift_codegen::ir::MemFlagsData::new().with_notrap();
                let actual = self.b.ins().load(ty, flags, value.ptr, at as i32);
                let expected = self.b.ins().iconst(ty, expected);
                let eq = self.b.ins().icmp(IntCC::Equal, actual, expected);
                equal = Some(match equal {
                    Some(before) => self.b.ins().band(before, eq),
                    None => eq,
                });
                at += width;
            }
        }
        let equal = equal.unwrap_or(same);
        self.jump(done, &[equal]);
        self.begin(done);
        result
    }
}

/// True if the expression is 0 or 1 by its nature.
fn is_bool(e: &Expr) -> bool {
    matches!(
        e,
        Expr::Not(_)
            | Expr::And(..)
            | Expr::Or(..)
            | Expr::Cmp(..)
            | Expr::StrEq(..)
            | Expr::DynEq(..)
            | Expr::IsEmpty(_)
            | Expr::Defined(_)
            | Expr::Match(..)
            | Expr::MatchDyn(..)
            | Expr::Truth(_)
            | Expr::IsMyself(_)
            | Expr::IsHost(..)
            | Expr::SameText(..)
            | Expr::InNet(..)
    )
}
