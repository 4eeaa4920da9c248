//! Values: every expression can be asked for as an integer, a string, or a value in memory.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, StackSlot, Value, types};
use kamjit_analysis::ir::{Arith, Call, Cmp, Expr, Field, IpNet, Pv, RouteTarget, Target, Ty};
use kamjit_catalog::Generation;

use super::{Lower, Place, Short, StrVal};
use crate::abi::{TAG_INT, TAG_NULL, TAG_STR};
use crate::builtins::Builtin;

impl Lower<'_, '_> {
    /// The value as an integer.
    pub(super) fn int(&mut self, e: &Expr) -> Value {
        match e {
            Expr::Int(value) => self.iconst(*value),
            Expr::Null => self.iconst(0),
            Expr::Rc => self.load_rc(),
            Expr::Var(slot) => {
                let place = self.var_place(*slot);
                self.int_at(place)
            }
            Expr::Pv(pv) => {
                let (slot, place) = self.temp();
                self.pv_get(pv, place);
                let value = self.int_at(place);
                self.free(slot);
                value
            }
            Expr::Neg(e) => {
                let value = self.int(e);
                let value = self.b.ins().ineg(value);
                self.wrap(value)
            }
            Expr::BitNot(e) => {
                let value = self.int(e);
                self.b.ins().bnot(value)
            }
            Expr::Arith(op, a, b) => self.arith(*op, a, b),
            Expr::Plus(first, rest) => self.plus_int(first, rest),
            Expr::Len(e) => {
                let value = self.str(e);
                value.len
            }
            Expr::ToInt(e) => self.int(e),
            Expr::Call(call) => self.call(call, true),
            Expr::RouteCall(target) => {
                // Captured: a route that is called as a value begins with `$rc` 0.
                let zero = self.iconst(0);
                self.store_rc(zero);
                self.route_call(target)
            }
            Expr::Selval(cond, a, b) => self.selval_int(cond, a, b),
            Expr::Assign(target, value) => {
                self.assign(target, value);
                let zero = self.iconst(0);
                self.store_rc(zero);
                self.iconst(1)
            }
            Expr::FieldInt(field) => {
                let number = self.field(*field);
                self.call1(Builtin::field_int, &[self.ctx, number])
            }
            Expr::Str(_) | Expr::Select(_) | Expr::Concat(_) | Expr::ToStr(_) | Expr::FieldStr(_) => {
                let value = self.str(e);
                self.call1(Builtin::str_to_int, &[self.ctx, value.ptr, value.len])
            }
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
            | Expr::InNet(..) => {
                let value = self.bool(e);
                self.b.ins().uextend(types::I64, value)
            }
        }
    }

    /// The value as a string.
    pub(super) fn str(&mut self, e: &Expr) -> StrVal {
        match e {
            Expr::Str(bytes) => self.const_str(bytes),
            Expr::Null => self.const_str(b""),
            Expr::Var(slot) => {
                let place = self.var_place(*slot);
                self.str_at(place)
            }
            Expr::Pv(pv) | Expr::Select(pv) => {
                let (slot, place) = self.temp();
                self.pv_get(pv, place);
                let value = self.str_at(place);
                self.free(slot);
                value
            }
            Expr::Plus(first, rest) => self.plus_str(first, rest),
            Expr::Concat(parts) => self.concat(parts.iter().map(Part::Expr).collect()),
            Expr::ToStr(e) => self.str(e),
            Expr::Selval(cond, a, b) => self.selval_str(cond, a, b),
            Expr::FieldStr(field) => {
                let number = self.field(*field);
                self.call_str(Builtin::field_str, &[self.ctx, number])
            }
            _ => {
                let value = self.int(e);
                self.call_str(Builtin::int_to_str, &[self.ctx, value])
            }
        }
    }

    /// Writes the value to a place in memory.
    pub(super) fn val(&mut self, e: &Expr, to: Place) {
        match (e, e.ty()) {
            (Expr::Null, _) => self.store_null(to),
            (Expr::Var(slot), _) => self.copy(self.var_place(*slot), to),
            (Expr::Pv(pv), _) => self.pv_get(pv, to),
            (Expr::Plus(first, rest), _) => self.plus_val(first, rest, to),
            (Expr::Selval(cond, a, b), _) => self.selval_val(cond, a, b, to),
            (_, Ty::Str) => {
                let value = self.str(e);
                self.store_str(to, value);
            }
            _ => {
                let value = self.int(e);
                self.store_int(to, value);
            }
        }
    }

    /// A dynamic value's place: the variable itself, or a temporary (`Some` slot to free).
    pub(super) fn place_of(&mut self, e: &Expr) -> (Option<StackSlot>, Place) {
        if let Expr::Var(slot) = e {
            return (None, self.var_place(*slot));
        }
        let (slot, place) = self.temp();
        self.val(e, place);
        (Some(slot), place)
    }

    /// The integer in memory: the number itself, or what the runtime makes of it.
    pub(super) fn int_at(&mut self, place: Place) -> Value {
        let tag = self.load_tag(place);
        let is_int = self.icmp_const(IntCC::Equal, tag, TAG_INT as i64);
        let fast = self.b.create_block();
        let slow = self.b.create_block();
        let done = self.b.create_block();
        let result = self.b.append_block_param(done, types::I64);
        self.b.set_cold_block(slow);
        self.brif(is_int, fast, slow);
        self.begin(fast);
        let value = self.load(types::I64, place.base, place.offset + super::INT);
        self.jump(done, &[value]);
        self.begin(slow);
        let addr = self.addr(place);
        let value = self.call1(Builtin::val_to_int, &[self.ctx, addr]);
        self.jump(done, &[value]);
        self.begin(done);
        result
    }

    /// The string in memory: the bytes themselves, or what the runtime makes of it.
    pub(super) fn str_at(&mut self, place: Place) -> StrVal {
        let tag = self.load_tag(place);
        let is_str = self.icmp_const(IntCC::Equal, tag, TAG_STR as i64);
        let fast = self.b.create_block();
        let slow = self.b.create_block();
        let done = self.b.create_block();
        let ptr = self.b.append_block_param(done, types::I64);
        let len = self.b.append_block_param(done, types::I64);
        self.b.set_cold_block(slow);
        self.brif(is_str, fast, slow);
        self.begin(fast);
        let value = self.load_str(place);
        self.jump(done, &[value.ptr, value.len]);
        self.begin(slow);
        let addr = self.addr(place);
        let value = self.call_str(Builtin::val_to_str, &[self.ctx, addr]);
        self.jump(done, &[value.ptr, value.len]);
        self.begin(done);
        StrVal { ptr, len, known: None }
    }

    pub(super) fn const_str(&mut self, bytes: &[u8]) -> StrVal {
        let ptr = self.iconst(bytes.as_ptr() as i64);
        let len = self.iconst(bytes.len() as i64);
        StrVal { ptr, len, known: Short::new(bytes) }
    }

    pub(super) fn pv_get(&mut self, pv: &Pv, to: Place) {
        let handle = self.iconst(pv.handle.0 as i64);
        let out = self.addr(to);
        let status = self.call1(Builtin::pv_get, &[self.ctx, handle, out]);
        self.check_status(status);
    }

    /// Assigns and leaves the route if the runtime says so.
    pub(super) fn assign(&mut self, target: &Target, value: &Expr) {
        match target {
            Target::Var(slot) => {
                let place = self.var_place(*slot);
                self.val(value, place);
                self.null_to_zero(value, place);
            }
            Target::Pv(pv) => {
                let (slot, place) = self.temp();
                self.val(value, place);
                let addr = self.addr(place);
                let handle = self.iconst(pv.handle.0 as i64);
                let variable = matches!(value, Expr::Var(_) | Expr::Pv(_) | Expr::Rc);
                let set = if variable { Builtin::pv_copy } else { Builtin::pv_set };
                let status = self.call1(set, &[self.ctx, handle, addr]);
                self.check_status(status);
                self.free(slot);
            }
        }
    }

    /// `$var` cannot be undefined: assigning nothing makes it 0.
    fn null_to_zero(&mut self, value: &Expr, place: Place) {
        if value.ty() != Ty::Dyn || matches!(value, Expr::Var(_) | Expr::Plus(..)) {
            return;
        }
        let tag = self.load_tag(place);
        let is_null = self.icmp_const(IntCC::Equal, tag, TAG_NULL as i64);
        let null = self.b.create_block();
        let done = self.b.create_block();
        self.brif(is_null, null, done);
        self.begin(null);
        let zero = self.iconst(0);
        self.store_int(place, zero);
        self.jump(done, &[]);
        self.begin(done);
    }

    fn arith(&mut self, op: Arith, a: &Expr, b: &Expr) -> Value {
        let x = self.int(a);
        let y = self.int(b);
        let value = match op {
            Arith::Add => self.b.ins().iadd(x, y),
            Arith::Sub => self.b.ins().isub(x, y),
            Arith::Mul => self.b.ins().imul(x, y),
            Arith::And => return self.b.ins().band(x, y),
            Arith::Or => return self.b.ins().bor(x, y),
            Arith::Xor => return self.b.ins().bxor(x, y),
            Arith::Shl | Arith::Shr => {
                let width = if self.env.program.generation == Generation::V6 { 63 } else { 31 };
                let mask = self.iconst(width);
                let count = self.b.ins().band(y, mask);
                if op == Arith::Shr {
                    return self.b.ins().sshr(x, count);
                }
                self.b.ins().ishl(x, count)
            }
            Arith::Div | Arith::Mod => self.divide(op, x, y, b),
        };
        self.wrap(value)
    }

    /// Division: by zero the statement fails; by -1 it is a negation (the machine would trap on the smallest number).
    fn divide(&mut self, op: Arith, x: Value, y: Value, divisor: &Expr) -> Value {
        if let Expr::Int(constant) = divisor
            && *constant != 0
            && *constant != -1
        {
            return match op {
                Arith::Div => self.b.ins().sdiv(x, y),
                _ => self.b.ins().srem(x, y),
            };
        }
        let fail = self.fail_block();
        let nonzero = self.b.create_block();
        self.brif(y, nonzero, fail);
        self.begin(nonzero);
        let normal = self.b.create_block();
        let negate = self.b.create_block();
        let done = self.b.create_block();
        let result = self.b.append_block_param(done, types::I64);
        let minus_one = self.icmp_const(IntCC::Equal, y, -1);
        self.b.set_cold_block(negate);
        self.brif(minus_one, negate, normal);
        self.begin(normal);
        let value = match op {
            Arith::Div => self.b.ins().sdiv(x, y),
            _ => self.b.ins().srem(x, y),
        };
        self.jump(done, &[value]);
        self.begin(negate);
        let value = match op {
            Arith::Div => self.b.ins().ineg(x),
            _ => self.iconst(0),
        };
        self.jump(done, &[value]);
        self.begin(done);
        result
    }

    pub(super) fn concat(&mut self, parts: Vec<Part<'_>>) -> StrVal {
        let values: Vec<StrVal> = parts
            .into_iter()
            .map(|part| match part {
                Part::Expr(e) => self.str(e),
                Part::Value(value) => value,
            })
            .collect();
        if let [a, b] = values[..] {
            return self.call_str(Builtin::concat2, &[self.ctx, a.ptr, a.len, b.ptr, b.len]);
        }
        let size = 16 * values.len() as u32;
        let (slot, base) = self.bytes(size);
        for (k, value) in values.iter().enumerate() {
            let at = 16 * k as i32;
            self.store(value.ptr, base, at);
            self.store(value.len, base, at + 8);
        }
        let count = self.iconst(values.len() as i64);
        let joined = self.call_str(Builtin::concat_n, &[self.ctx, base, count]);
        self.free_bytes(size, slot);
        joined
    }

    /// Calls a function; leaves the route unless the script goes on. The value is its code.
    pub(super) fn call(&mut self, call: &Call, in_expression: bool) -> Value {
        let site = self.iconst(call.site.0 as i64);
        let packed = if call.args.is_empty() {
            let none = self.iconst(0);
            self.call1(Builtin::call, &[self.ctx, site, none])
        } else {
            let size = super::VAL_SIZE * call.args.len() as u32;
            let (slot, base) = self.bytes(size);
            for (k, arg) in call.args.iter().enumerate() {
                self.val(arg, Place { base, offset: (k as u32 * super::VAL_SIZE) as i32 });
            }
            let packed = self.call1(Builtin::call, &[self.ctx, site, base]);
            self.free_bytes(size, slot);
            packed
        };
        let high = self.iconst(32);
        let status = self.b.ins().ushr(packed, high);
        let status = self.b.ins().ireduce(types::I32, status);
        let code = self.b.ins().ireduce(types::I32, packed);
        let code = self.b.ins().sextend(types::I64, code);
        if !call.core {
            // Before the script may end: the code of a reply route's last statement decides about the reply.
            self.store_rc(code);
        }
        self.check_status(status);
        match (call.core, in_expression) {
            (false, _) => {}
            (true, true) => {
                let zero = self.iconst(0);
                self.store_rc(zero);
            }
            (true, false) => {}
        }
        code
    }

    pub(super) fn route_call(&mut self, target: &RouteTarget) -> Value {
        match target {
            RouteTarget::Static(index) => {
                let index = self.b.ins().iconst(types::I32, i64::from(*index));
                self.call_route(index)
            }
            RouteTarget::Dynamic(name) => {
                let name = self.str(name);
                let index = self.call1(Builtin::route_find, &[self.ctx, name.ptr, name.len]);
                let missing = self.icmp_const(IntCC::SignedLessThan, index, 0);
                let found = self.b.create_block();
                let not_found = self.b.create_block();
                let done = self.b.create_block();
                let result = self.b.append_block_param(done, types::I64);
                self.b.set_cold_block(not_found);
                self.brif(missing, not_found, found);
                self.begin(not_found);
                // Captured: the code of a call of an unknown route.
                let code = self.iconst(-10);
                self.jump(done, &[code]);
                self.begin(found);
                let index = self.b.ins().ireduce(types::I32, index);
                let code = self.call_route(index);
                self.jump(done, &[code]);
                self.begin(done);
                result
            }
        }
    }

    fn field(&mut self, field: Field) -> Value {
        self.b.ins().iconst(types::I32, i64::from(field as u32))
    }

    /// The conditions that the runtime answers, as a boolean.
    pub(super) fn is_myself(&mut self, field: Field) -> Value {
        let field = self.field(field);
        self.call1(Builtin::field_is_myself, &[self.ctx, field])
    }

    pub(super) fn in_net(&mut self, field: Field, net: &IpNet) -> Value {
        let field = self.field(field);
        let net = self.iconst(net as *const IpNet as i64);
        self.call1(Builtin::field_in_net, &[self.ctx, field, net])
    }

    pub(super) fn is_host(&mut self, field: Field, host: &Expr) -> Value {
        let host = self.str(host);
        let field = self.field(field);
        self.call1(Builtin::field_is_host, &[self.ctx, field, host.ptr, host.len])
    }

    /// The machine condition of a comparison.
    pub(super) fn cc(op: Cmp) -> IntCC {
        match op {
            Cmp::Eq => IntCC::Equal,
            Cmp::Ne => IntCC::NotEqual,
            Cmp::Lt => IntCC::SignedLessThan,
            Cmp::Le => IntCC::SignedLessThanOrEqual,
            Cmp::Gt => IntCC::SignedGreaterThan,
            Cmp::Ge => IntCC::SignedGreaterThanOrEqual,
        }
    }
}

/// A part of a concatenation: an expression, or a value that is already there.
pub(super) enum Part<'e> {
    Expr(&'e Expr),
    Value(StrVal),
}
