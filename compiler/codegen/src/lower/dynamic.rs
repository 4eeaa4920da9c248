//! Values whose type is found at run time: `+` that adds or concatenates, `==` ruled by the left side, `selval`.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Block, InstBuilder, StackSlot, Value, types};
use kamjit_analysis::ir::{Expr, Ty};

use super::expr::Part;
use super::{Lower, Place, StrVal};
use crate::abi::{TAG_INT, TAG_STR};
use crate::builtins::Builtin;

/// The two ways on of a `Plus`, still to be begun: the block of the integer and that of the string.
struct Split {
    int: Block,
    int_value: Value,
    str: Block,
    str_value: StrVal,
}

/// An operand of `Plus` that was computed before the branch, because it must run once and in order.
enum Operand<'e> {
    Later(&'e Expr),
    Int(Value),
    Str(StrVal),
    At(StackSlot, Place),
}

impl Lower<'_, '_> {
    /// Where an integer is asked for, `+` always adds, whatever its first operand is (captured).
    pub(super) fn plus_int(&mut self, first: &Expr, rest: &[Expr]) -> Value {
        let mut sum = self.int(first);
        for operand in rest {
            let value = self.int(operand);
            sum = self.b.ins().iadd(sum, value);
            sum = self.wrap(sum);
        }
        sum
    }

    pub(super) fn plus_str(&mut self, first: &Expr, rest: &[Expr]) -> StrVal {
        let split = self.plus(first, rest);
        let done = self.b.create_block();
        let ptr = self.b.append_block_param(done, types::I64);
        let len = self.b.append_block_param(done, types::I64);
        self.begin(split.int);
        let value = self.call_str(Builtin::int_to_str, &[self.ctx, split.int_value]);
        self.jump(done, &[value.ptr, value.len]);
        self.begin(split.str);
        self.jump(done, &[split.str_value.ptr, split.str_value.len]);
        self.begin(done);
        StrVal { ptr, len, known: None }
    }

    pub(super) fn plus_val(&mut self, first: &Expr, rest: &[Expr], to: Place) {
        let split = self.plus(first, rest);
        let done = self.b.create_block();
        self.begin(split.int);
        self.store_int(to, split.int_value);
        self.jump(done, &[]);
        self.begin(split.str);
        self.store_str(to, split.str_value);
        self.jump(done, &[]);
        self.begin(done);
    }

    /// Computes a chain of `+`: the type of its first operand decides for all of it. Leaves two blocks to begin.
    fn plus(&mut self, first: &Expr, rest: &[Expr]) -> Split {
        let early = rest.iter().any(has_effects);
        let (slot, place) = match first {
            Expr::Var(var) if early => {
                let (slot, place) = self.temp();
                self.copy(self.var_place(*var), place);
                (Some(slot), place)
            }
            _ => self.place_of(first),
        };
        let operands: Vec<Operand<'_>> =
            rest.iter().map(|e| if early { self.operand(e) } else { Operand::Later(e) }).collect();
        let tag = self.load_tag(place);
        let is_int = self.icmp_const(IntCC::Equal, tag, TAG_INT as i64);
        let int_block = self.b.create_block();
        let str_block = self.b.create_block();
        self.brif(is_int, int_block, str_block);

        self.begin(int_block);
        let mut sum = self.load(types::I64, place.base, place.offset + super::INT);
        for operand in &operands {
            let value = match operand {
                Operand::Later(e) => self.int(e),
                Operand::Int(value) => *value,
                Operand::Str(value) => self.call1(Builtin::str_to_int, &[self.ctx, value.ptr, value.len]),
                Operand::At(_, place) => self.int_at(*place),
            };
            sum = self.b.ins().iadd(sum, value);
            sum = self.wrap(sum);
        }
        let int = self.b.create_block();
        let int_value = self.b.append_block_param(int, types::I64);
        self.jump(int, &[sum]);

        self.begin(str_block);
        let head = self.str_at(place);
        let mut parts = vec![Part::Value(head)];
        for operand in &operands {
            parts.push(match operand {
                Operand::Later(e) => Part::Expr(e),
                Operand::Int(value) => Part::Value(self.call_str(Builtin::int_to_str, &[self.ctx, *value])),
                Operand::Str(value) => Part::Value(*value),
                Operand::At(_, place) => Part::Value(self.str_at(*place)),
            });
        }
        let joined = self.concat(parts);
        let str = self.b.create_block();
        let ptr = self.b.append_block_param(str, types::I64);
        let len = self.b.append_block_param(str, types::I64);
        self.jump(str, &[joined.ptr, joined.len]);
        for operand in operands {
            if let Operand::At(slot, _) = operand {
                self.free(slot);
            }
        }
        slot.into_iter().for_each(|s| self.free(s));
        Split { int, int_value, str, str_value: StrVal { ptr, len, known: None } }
    }

    fn operand<'e>(&mut self, e: &'e Expr) -> Operand<'e> {
        match (e, e.ty()) {
            (Expr::Int(_) | Expr::Str(_), _) => Operand::Later(e),
            (_, Ty::Int) => Operand::Int(self.int(e)),
            (_, Ty::Str) => Operand::Str(self.str(e)),
            (_, Ty::Dyn) => {
                let (slot, place) = self.temp();
                self.val(e, place);
                Operand::At(slot, place)
            }
        }
    }

    /// `==` where the left side's type is found at run time.
    pub(super) fn dyn_eq(&mut self, a: &Expr, b: &Expr) -> Value {
        let copy_left = has_effects(b);
        let (left_slot, left) = match a {
            Expr::Var(var) if copy_left => {
                let (slot, place) = self.temp();
                self.copy(self.var_place(*var), place);
                (Some(slot), place)
            }
            _ => self.place_of(a),
        };
        let result = match b.ty() {
            Ty::Int => {
                let right = self.int(b);
                self.eq_fast(
                    left,
                    TAG_INT,
                    |this| {
                        let value = this.load(types::I64, left.base, left.offset + super::INT);
                        this.b.ins().icmp(IntCC::Equal, value, right)
                    },
                    |this, place| this.store_int(place, right),
                )
            }
            Ty::Str => {
                let right = self.str(b);
                self.eq_fast(
                    left,
                    TAG_STR,
                    |this| {
                        let value = this.load_str(left);
                        this.str_eq(value, right)
                    },
                    |this, place| this.store_str(place, right),
                )
            }
            Ty::Dyn => {
                let (right_slot, right) = self.place_of(b);
                let value = self.eq_places(left, right);
                right_slot.into_iter().for_each(|s| self.free(s));
                value
            }
        };
        left_slot.into_iter().for_each(|s| self.free(s));
        result
    }

    /// Two values in memory: two integers are compared here, anything else by the runtime.
    fn eq_places(&mut self, left: Place, right: Place) -> Value {
        let left_tag = self.load_tag(left);
        let right_tag = self.load_tag(right);
        let left_int = self.icmp_const(IntCC::Equal, left_tag, TAG_INT as i64);
        let right_int = self.icmp_const(IntCC::Equal, right_tag, TAG_INT as i64);
        let both = self.b.ins().band(left_int, right_int);
        let fast = self.b.create_block();
        let slow = self.b.create_block();
        let done = self.b.create_block();
        let result = self.b.append_block_param(done, types::I8);
        self.brif(both, fast, slow);
        self.begin(fast);
        let x = self.load(types::I64, left.base, left.offset + super::INT);
        let y = self.load(types::I64, right.base, right.offset + super::INT);
        let value = self.b.ins().icmp(IntCC::Equal, x, y);
        self.jump(done, &[value]);
        self.begin(slow);
        let left = self.addr(left);
        let right = self.addr(right);
        let value = self.call1(Builtin::val_eq, &[self.ctx, left, right]);
        let value = self.b.ins().ireduce(types::I8, value);
        self.jump(done, &[value]);
        self.begin(done);
        result
    }

    /// Compares inline when the left value has the tag of the right one, else asks the runtime.
    fn eq_fast(
        &mut self,
        left: Place,
        tag: u64,
        same: impl FnOnce(&mut Self) -> Value,
        spill: impl FnOnce(&mut Self, Place),
    ) -> Value {
        let actual = self.load_tag(left);
        let is_same = self.icmp_const(IntCC::Equal, actual, tag as i64);
        let fast = self.b.create_block();
        let slow = self.b.create_block();
        let done = self.b.create_block();
        let result = self.b.append_block_param(done, types::I8);
        self.b.set_cold_block(slow);
        self.brif(is_same, fast, slow);
        self.begin(fast);
        let value = same(self);
        self.jump(done, &[value]);
        self.begin(slow);
        let (slot, place) = self.temp();
        spill(self, place);
        let left = self.addr(left);
        let right = self.addr(place);
        let value = self.call1(Builtin::val_eq, &[self.ctx, left, right]);
        let value = self.b.ins().ireduce(types::I8, value);
        self.free(slot);
        self.jump(done, &[value]);
        self.begin(done);
        result
    }

    pub(super) fn selval_int(&mut self, cond: &Expr, a: &Expr, b: &Expr) -> Value {
        let (then, otherwise, done) = self.selval_blocks(cond);
        let result = self.b.append_block_param(done, types::I64);
        for (block, e) in [(then, a), (otherwise, b)] {
            self.begin(block);
            let value = self.int(e);
            self.jump(done, &[value]);
        }
        self.begin(done);
        result
    }

    pub(super) fn selval_str(&mut self, cond: &Expr, a: &Expr, b: &Expr) -> StrVal {
        let (then, otherwise, done) = self.selval_blocks(cond);
        let ptr = self.b.append_block_param(done, types::I64);
        let len = self.b.append_block_param(done, types::I64);
        for (block, e) in [(then, a), (otherwise, b)] {
            self.begin(block);
            let value = self.str(e);
            self.jump(done, &[value.ptr, value.len]);
        }
        self.begin(done);
        StrVal { ptr, len, known: None }
    }

    pub(super) fn selval_val(&mut self, cond: &Expr, a: &Expr, b: &Expr, to: Place) {
        let (then, otherwise, done) = self.selval_blocks(cond);
        for (block, e) in [(then, a), (otherwise, b)] {
            self.begin(block);
            self.val(e, to);
            self.jump(done, &[]);
        }
        self.begin(done);
    }

    fn selval_blocks(&mut self, cond: &Expr) -> (Block, Block, Block) {
        let then = self.b.create_block();
        let otherwise = self.b.create_block();
        self.branch(cond, then, otherwise, true);
        (then, otherwise, self.b.create_block())
    }
}

/// True if evaluating the expression can change what others evaluate to.
pub(super) fn has_effects(e: &Expr) -> bool {
    match e {
        Expr::Call(_) | Expr::RouteCall(_) | Expr::Assign(..) => true,
        Expr::Neg(a)
        | Expr::BitNot(a)
        | Expr::Not(a)
        | Expr::IsEmpty(a)
        | Expr::Defined(a)
        | Expr::Len(a)
        | Expr::ToInt(a)
        | Expr::ToStr(a)
        | Expr::Match(a, ..)
        | Expr::IsHost(_, a)
        | Expr::Truth(a) => has_effects(a),
        Expr::Arith(_, a, b)
        | Expr::And(a, b)
        | Expr::Or(a, b)
        | Expr::Cmp(_, a, b)
        | Expr::StrEq(a, b, _)
        | Expr::SameText(a, b)
        | Expr::DynEq(a, b, _)
        | Expr::MatchDyn(a, b) => has_effects(a) || has_effects(b),
        Expr::Plus(a, rest) => has_effects(a) || rest.iter().any(has_effects),
        Expr::Concat(parts) => parts.iter().any(has_effects),
        Expr::Selval(a, b, c) => has_effects(a) || has_effects(b) || has_effects(c),
        _ => false,
    }
}
