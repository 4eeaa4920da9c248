//! Statements. Each leaves in `ret` what the route would return if it ended after it, as the real server does:
//! an assignment 1, a call its code, `break` 0, an `if`, `while` or `switch` that ran nothing 1.

use std::mem::offset_of;

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{AbiParam, InstBuilder, Signature, Value, types};
use cranelift_codegen::isa::CallConv;
use cranelift_frontend::Switch as IntSwitch;
use cranelift_module::Module;
use kamjit_analysis::ir::{Expr, Label, Stmt, StmtKind, Switch};

use super::Lower;
use crate::abi::{Header, status};
use crate::builtins::Builtin;

impl Lower<'_, '_> {
    pub(super) fn block(&mut self, stmts: &[Stmt]) {
        for stmt in stmts {
            if self.dead {
                return;
            }
            self.stmt(stmt);
        }
    }

    /// The statements inside an `if`, `while` or `switch`.
    fn inner(&mut self, stmts: &[Stmt]) {
        self.nesting += 1;
        self.block(stmts);
        self.nesting -= 1;
    }

    fn stmt(&mut self, stmt: &Stmt) {
        self.stmt = stmt.id;
        if self.env.probes {
            self.probe(stmt.id);
        }
        let outer = self.fail.take();
        match &stmt.kind {
            StmtKind::Run(e) => {
                let value = match e {
                    Expr::Call(call) => self.call(call, false),
                    Expr::RouteCall(target) => self.route_call(target),
                    _ => self.int(e),
                };
                self.b.def_var(self.ret, value);
                self.end_fail(stmt.id);
            }
            StmtKind::Assign(target, value) => {
                self.assign(target, value);
                self.set_ret(1);
                self.end_fail(stmt.id);
            }
            StmtKind::If(cond, then, otherwise) => self.if_stmt(stmt.id, cond, then, otherwise),
            StmtKind::While(cond, body) => self.while_stmt(stmt.id, cond, body),
            StmtKind::Switch(switch) => self.switch(stmt.id, switch),
            StmtKind::Break => {
                self.set_ret(0);
                match self.breaks.last() {
                    Some(block) => {
                        let block = *block;
                        self.jump(block, &[]);
                    }
                    None => {
                        let zero = self.iconst(0);
                        self.store_rc(zero);
                        self.leave(status::GO);
                    }
                }
            }
            StmtKind::Exit(e) => self.leave_after(stmt.id, e.as_ref(), status::EXIT),
            StmtKind::Drop(e) => self.leave_after(stmt.id, e.as_ref(), status::DROP),
            StmtKind::Return(e) => self.return_stmt(stmt.id, e),
        }
        self.fail = outer;
    }

    fn set_ret(&mut self, value: i64) {
        let value = self.iconst(value);
        self.b.def_var(self.ret, value);
    }

    /// Joins the way of a statement that could not be computed with the normal one.
    fn end_fail(&mut self, stmt: u32) {
        let Some(fail) = self.fail.take() else { return };
        let done = self.b.create_block();
        if !self.dead {
            self.jump(done, &[]);
        }
        self.begin(fail);
        self.log_failure(stmt);
        self.jump(done, &[]);
        self.begin(done);
    }

    fn log_failure(&mut self, stmt: u32) {
        let stmt = self.b.ins().iconst(types::I32, i64::from(stmt));
        self.builtin(Builtin::stmt_failed, &[self.ctx, stmt]);
        self.set_ret(-1);
    }

    fn probe(&mut self, stmt: u32) {
        let on = self.load_header(types::I32, offset_of!(Header, probes));
        let call = self.b.create_block();
        let done = self.b.create_block();
        self.b.set_cold_block(call);
        self.brif(on, call, done);
        self.begin(call);
        let stmt = self.b.ins().iconst(types::I32, i64::from(stmt));
        let status = self.call1(Builtin::probe, &[self.ctx, stmt]);
        self.check_status(status);
        self.jump(done, &[]);
        self.begin(done);
    }

    fn if_stmt(&mut self, id: u32, cond: &Expr, then: &[Stmt], otherwise: &[Stmt]) {
        let then_block = self.b.create_block();
        let else_block = self.b.create_block();
        let done = self.b.create_block();
        self.branch(cond, then_block, else_block, true);
        if let Some(fail) = self.fail.take() {
            self.begin(fail);
            self.log_failure(id);
            self.jump(else_block, &[]);
        }
        let mut reached = false;
        for (block, stmts) in [(then_block, then), (else_block, otherwise)] {
            self.begin(block);
            self.set_ret(1);
            self.inner(stmts);
            if !self.dead {
                reached = true;
                self.jump(done, &[]);
            }
        }
        self.begin(done);
        if !reached {
            self.unreachable();
        }
    }

    /// Closes a block that no way leads to; the verifier wants it filled.
    fn unreachable(&mut self) {
        self.leave(status::GO);
    }

    fn while_stmt(&mut self, id: u32, cond: &Expr, body: &[Stmt]) {
        let rounds = self.b.declare_var(types::I64);
        let zero = self.iconst(0);
        self.b.def_var(rounds, zero);
        self.set_ret(1);
        let head = self.b.create_block();
        let body_block = self.b.create_block();
        let exit = self.b.create_block();
        self.jump(head, &[]);
        self.b.switch_to_block(head);
        self.dead = false;
        self.branch(cond, body_block, exit, false);
        if let Some(fail) = self.fail.take() {
            self.begin(fail);
            self.log_failure(id);
            self.jump(exit, &[]);
        }
        self.begin(body_block);
        let count = self.b.use_var(rounds);
        let limit = self.load_header(types::I32, offset_of!(Header, max_while));
        let limit = self.b.ins().uextend(types::I64, limit);
        let runaway = self.b.create_block();
        let go = self.b.create_block();
        self.b.set_cold_block(runaway);
        let over = self.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, count, limit);
        self.brif(over, runaway, go);
        self.begin(runaway);
        let stmt = self.b.ins().iconst(types::I32, i64::from(id));
        self.builtin(Builtin::while_limit, &[self.ctx, stmt]);
        self.set_ret(-1);
        self.jump(exit, &[]);
        self.begin(go);
        let one = self.iconst(1);
        let count = self.b.ins().iadd(count, one);
        self.b.def_var(rounds, count);
        self.breaks.push(exit);
        self.inner(body);
        self.breaks.pop();
        if !self.dead {
            self.jump(head, &[]);
        }
        self.b.seal_block(head);
        self.begin(exit);
    }

    fn switch(&mut self, id: u32, switch: &Switch) {
        let exit = self.b.create_block();
        let bodies: Vec<_> = switch.cases.iter().map(|_| self.b.create_block()).collect();
        let default = switch.cases.iter().position(|c| matches!(c.label, Label::Default));
        let fallback = self.b.create_block();
        if switch.by_int {
            let value = self.int(&switch.on);
            self.set_ret(1);
            let mut table = IntSwitch::new();
            for (case, body) in switch.cases.iter().zip(&bodies) {
                if let Label::Int(label) = case.label {
                    table.set_entry(u128::from(label as u64), *body);
                }
            }
            table.emit(&mut self.b, value, fallback);
            self.dead = true;
        } else {
            let value = self.str(&switch.on);
            self.set_ret(1);
            for (case, body) in switch.cases.iter().zip(&bodies) {
                let hit = match &case.label {
                    Label::Str(label) => {
                        let label = self.const_str(label);
                        self.str_eq(value, label)
                    }
                    Label::Regex(regex, _) => {
                        let regex = self.iconst(regex.0 as i64);
                        self.call1(Builtin::regex_match, &[self.ctx, regex, value.ptr, value.len])
                    }
                    Label::Int(_) | Label::Default => continue,
                };
                let next = self.b.create_block();
                self.brif(hit, *body, next);
                self.begin(next);
            }
            self.jump(fallback, &[]);
        }
        if let Some(fail) = self.fail.take() {
            self.begin(fail);
            self.log_failure(id);
            self.set_ret(1);
            self.jump(fallback, &[]);
        }
        self.begin(fallback);
        self.jump(default.map_or(exit, |k| bodies[k]), &[]);
        self.breaks.push(exit);
        for (k, case) in switch.cases.iter().enumerate() {
            self.b.switch_to_block(bodies[k]);
            self.dead = false;
            self.inner(&case.body);
            if !self.dead {
                let next = bodies.get(k + 1).copied().unwrap_or(exit);
                self.jump(next, &[]);
            }
        }
        for body in bodies {
            self.b.seal_block(body);
        }
        self.breaks.pop();
        self.begin(exit);
    }

    fn leave_after(&mut self, id: u32, e: Option<&Expr>, ended: i32) {
        let code = match e {
            Some(e) => self.int(e),
            None => self.iconst(i64::from(ended == status::EXIT)),
        };
        self.store_rc(code);
        if let Some(fail) = self.fail.take() {
            let done = self.b.create_block();
            self.jump(done, &[]);
            self.begin(fail);
            self.log_failure(id);
            self.jump(done, &[]);
            self.begin(done);
        }
        self.leave(ended);
    }

    /// `return` with a value; 0 leaves the script.
    fn return_stmt(&mut self, id: u32, e: &Expr) {
        if let Expr::Int(value) = e {
            let rc = self.iconst(*value);
            self.store_rc(rc);
            return self.leave(if *value == 0 { status::EXIT } else { status::GO });
        }
        let value = self.int(e);
        self.store_rc(value);
        let zero = self.icmp_const(IntCC::Equal, value, 0);
        let status = self.b.ins().uextend(types::I32, zero);
        self.b.ins().return_(&[status]);
        self.dead = true;
        if let Some(fail) = self.fail.take() {
            self.begin(fail);
            self.log_failure(id);
            // Captured: the code that the real server gives a `return` that fails.
            let rc = self.iconst(-5);
            self.store_rc(rc);
            self.leave(status::GO);
        }
    }

    /// Calls a route by its number (32 bits); leaves this one too unless the script goes on.
    pub(super) fn call_route(&mut self, index: Value) -> Value {
        let depth_at = offset_of!(Header, depth);
        let depth = self.load_header(types::I32, depth_at);
        let max = self.load_header(types::I32, offset_of!(Header, max_depth));
        let levels = self.b.ins().iconst(types::I32, i64::from(self.nesting + 1));
        let deeper = self.b.ins().iadd(depth, levels);
        let too_deep = self.b.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, deeper, max);
        let limit = self.load_header(types::I64, offset_of!(Header, stack_limit));
        let sp = self.b.ins().get_stack_pointer(types::I64);
        let no_stack = self.b.ins().icmp(IntCC::UnsignedLessThan, sp, limit);
        let too_deep = self.b.ins().bor(too_deep, no_stack);
        let deep = self.b.create_block();
        let go = self.b.create_block();
        let compile = self.b.create_block();
        let run = self.b.create_block();
        let code = self.b.append_block_param(run, types::I64);
        let done = self.b.create_block();
        let result = self.b.append_block_param(done, types::I64);
        self.b.set_cold_block(deep);
        self.b.set_cold_block(compile);
        self.brif(too_deep, deep, go);

        self.begin(deep);
        self.builtin(Builtin::recursion_limit, &[self.ctx, index]);
        let minus_one = self.iconst(-1);
        self.jump(done, &[minus_one]);

        self.begin(go);
        let table = self.load_header(types::I64, offset_of!(Header, code));
        let eight = self.iconst(8);
        let wide = self.b.ins().uextend(types::I64, index);
        let offset = self.b.ins().imul(wide, eight);
        let entry = self.b.ins().iadd(table, offset);
        let known = self.load(types::I64, entry, 0);
        self.b.ins().brif(known, run, &[known.into()], compile, &[]);

        self.begin(compile);
        let fresh = self.call1(Builtin::compile_route, &[self.ctx, index]);
        let failed = self.iconst(-1);
        self.b.ins().brif(fresh, run, &[fresh.into()], done, &[failed.into()]);

        self.begin(run);
        self.store(deeper, self.ctx, depth_at as i32);
        let sig = self.route_sig();
        let inst = self.b.ins().call_indirect(sig, code, &[self.ctx]);
        let status = self.b.inst_results(inst)[0];
        self.store(depth, self.ctx, depth_at as i32);
        self.check_status(status);
        let rc = self.load_rc();
        self.jump(done, &[rc]);
        self.begin(done);
        result
    }

    fn route_sig(&mut self) -> cranelift_codegen::ir::SigRef {
        if let Some(sig) = self.route_sig {
            return sig;
        }
        let sig = self.b.import_signature(route_signature(self.env.module.isa().default_call_conv()));
        *self.route_sig.insert(sig)
    }
}

/// The signature of [`crate::abi::RouteFn`].
pub(crate) fn route_signature(call_conv: CallConv) -> Signature {
    let mut sig = Signature::new(call_conv);
    sig.params.push(AbiParam::new(types::I64));
    sig.returns.push(AbiParam::new(types::I32));
    sig
}
