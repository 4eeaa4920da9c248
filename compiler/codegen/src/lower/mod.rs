//! One route from IR to Cranelift's. [`stmt`] lowers statements, [`expr`] values, [`cond`] conditions; this file
//! has what they share: reaching the context, calling builtins, leaving the route.

mod cond;
mod dynamic;
mod expr;
mod stmt;

pub(crate) use stmt::route_signature;

use std::mem::offset_of;

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    self, BlockArg, FuncRef, InstBuilder, MemFlagsData, SigRef, StackSlot, StackSlotData, StackSlotKind,
    Type, Value, types,
};
use cranelift_frontend::{FunctionBuilder, Variable};
use cranelift_jit::JITModule;
use cranelift_module::{FuncId, Module};
use kamjit_analysis::ir::{Program, Route};
use kamjit_catalog::Generation;

use crate::abi::{Header, RawVal, status};
use crate::builtins::{Builtin, SIGNATURES};

/// What lowering needs beside the route.
pub(crate) struct Env<'a> {
    pub(crate) program: &'a Program,
    pub(crate) module: &'a mut JITModule,
    /// The builtins as declared in the module, by number.
    pub(crate) builtins: &'a [FuncId],
    pub(crate) probes: bool,
}

/// A string in machine code.
#[derive(Clone, Copy)]
struct StrVal {
    ptr: Value,
    len: Value,
    /// The bytes of a short constant.
    known: Option<Short>,
}

/// A constant short enough to be compared with immediates.
#[derive(Clone, Copy)]
struct Short {
    bytes: [u8; Short::MAX],
    len: usize,
}

impl Short {
    const MAX: usize = 32;

    fn new(bytes: &[u8]) -> Option<Short> {
        let mut short = Short { bytes: [0; Short::MAX], len: bytes.len() };
        short.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(short)
    }
}

/// Where a value lies in memory.
#[derive(Clone, Copy)]
struct Place {
    base: Value,
    offset: i32,
}

const VAL_SIZE: u32 = size_of::<RawVal>() as u32;
const TAG: i32 = offset_of!(RawVal, tag) as i32;
const INT: i32 = offset_of!(RawVal, int) as i32;
const PTR: i32 = offset_of!(RawVal, ptr) as i32;
const LEN: i32 = offset_of!(RawVal, len) as i32;

struct Lower<'a, 'b> {
    b: FunctionBuilder<'b>,
    env: Env<'a>,
    refs: Vec<Option<FuncRef>>,
    route_sig: Option<SigRef>,
    ctx: Value,
    vars: Value,
    /// What the route returns if it ends here: the code of the last statement.
    ret: Variable,
    /// Where to go when the current statement cannot be computed; made when first needed.
    fail: Option<ir::Block>,
    /// The exits of the enclosing loops and switches.
    breaks: Vec<ir::Block>,
    /// Enclosing `if`, `while` and `switch` blocks: each counts for `max_recursive_level` (captured).
    nesting: u32,
    /// Stack slots for values, free for reuse.
    free_slots: Vec<(u32, StackSlot)>,
    /// True while no code can be reached: after `exit`, `return`, ...
    dead: bool,
    stmt: u32,
}

/// Writes the body of `route` into the function of `builder`.
pub(crate) fn lower_route(mut builder: FunctionBuilder<'_>, env: Env<'_>, route: &Route) {
    let entry = builder.create_block();
    builder.append_block_params_for_function_params(entry);
    builder.switch_to_block(entry);
    builder.seal_block(entry);
    let ctx = builder.block_params(entry)[0];
    let flags = MemFlagsData::trusted();
    let vars = builder.ins().load(types::I64, flags, ctx, offset_of!(Header, vars) as i32);
    let ret = builder.declare_var(types::I64);
    let one = builder.ins().iconst(types::I64, 1);
    builder.def_var(ret, one);
    let mut lower = Lower {
        b: builder,
        refs: vec![None; env.builtins.len()],
        env,
        route_sig: None,
        ctx,
        vars,
        ret,
        fail: None,
        breaks: Vec::new(),
        nesting: 0,
        free_slots: Vec::new(),
        dead: false,
        stmt: 0,
    };
    lower.block(&route.body);
    if !lower.dead {
        let ret = lower.b.use_var(lower.ret);
        lower.store_rc(ret);
        lower.leave(status::GO);
    }
    let config = lower.env.module.isa().frontend_config();
    lower.b.finalize(config);
}

impl Lower<'_, '_> {
    fn iconst(&mut self, value: i64) -> Value {
        self.b.ins().iconst(types::I64, value)
    }

    fn load(&mut self, ty: Type, base: Value, offset: i32) -> Value {
        self.b.ins().load(ty, MemFlagsData::trusted(), base, offset)
    }

    fn store(&mut self, value: Value, base: Value, offset: i32) {
        self.b.ins().store(MemFlagsData::trusted(), value, base, offset);
    }

    fn load_header(&mut self, ty: Type, offset: usize) -> Value {
        self.load(ty, self.ctx, offset as i32)
    }

    fn store_rc(&mut self, value: Value) {
        self.store(value, self.ctx, offset_of!(Header, rc) as i32);
    }

    fn load_rc(&mut self) -> Value {
        self.load_header(types::I64, offset_of!(Header, rc))
    }

    /// Cuts the result of arithmetic to the width of the generation's integers.
    fn wrap(&mut self, value: Value) -> Value {
        if self.env.program.generation == Generation::V6 {
            return value;
        }
        let low = self.b.ins().ireduce(types::I32, value);
        self.b.ins().sextend(types::I64, low)
    }

    /// Returns from the route with a constant status.
    fn leave(&mut self, status: i32) {
        let value = self.b.ins().iconst(types::I32, i64::from(status));
        self.b.ins().return_(&[value]);
        self.dead = true;
    }

    /// Goes on at `block`, which is reached from nowhere else than what has been written.
    fn begin(&mut self, block: ir::Block) {
        self.b.seal_block(block);
        self.b.switch_to_block(block);
        self.dead = false;
    }

    fn jump(&mut self, block: ir::Block, args: &[Value]) {
        let args: Vec<BlockArg> = args.iter().map(|v| BlockArg::Value(*v)).collect();
        self.b.ins().jump(block, &args);
        self.dead = true;
    }

    fn brif(&mut self, cond: Value, then: ir::Block, otherwise: ir::Block) {
        self.b.ins().brif(cond, then, &[], otherwise, &[]);
        self.dead = true;
    }

    fn icmp_const(&mut self, cc: IntCC, value: Value, constant: i64) -> Value {
        self.b.ins().icmp_imm_s(cc, value, constant)
    }

    /// Returns `status` from the route unless it is 0.
    fn check_status(&mut self, status: Value) {
        let out = self.b.create_block();
        let go = self.b.create_block();
        self.b.set_cold_block(out);
        self.brif(status, out, go);
        self.begin(out);
        self.b.ins().return_(&[status]);
        self.begin(go);
    }

    /// The block to go to when the statement cannot be computed.
    fn fail_block(&mut self) -> ir::Block {
        if let Some(block) = self.fail {
            return block;
        }
        let block = self.b.create_block();
        self.b.set_cold_block(block);
        *self.fail.insert(block)
    }

    fn builtin(&mut self, builtin: Builtin, args: &[Value]) -> ir::Inst {
        let index = builtin as usize;
        let func = match self.refs[index] {
            Some(func) => func,
            None => {
                let func = self.env.module.declare_func_in_func(self.env.builtins[index], self.b.func);
                *self.refs[index].insert(func)
            }
        };
        debug_assert_eq!(SIGNATURES[index].params.len(), args.len());
        self.b.ins().call(func, args)
    }

    /// Calls a builtin that returns one value.
    fn call1(&mut self, builtin: Builtin, args: &[Value]) -> Value {
        let inst = self.builtin(builtin, args);
        self.b.inst_results(inst)[0]
    }

    /// Calls a builtin that returns a string.
    fn call_str(&mut self, builtin: Builtin, args: &[Value]) -> StrVal {
        let inst = self.builtin(builtin, args);
        let results = self.b.inst_results(inst);
        StrVal { ptr: results[0], len: results[1], known: None }
    }

    /// Stack space of so many bytes; give it back with [`Lower::free_bytes`].
    fn bytes(&mut self, size: u32) -> (StackSlot, Value) {
        let slot = match self.free_slots.iter().position(|(free, _)| *free == size) {
            Some(at) => self.free_slots.swap_remove(at).1,
            None => {
                let data = StackSlotData::new(StackSlotKind::ExplicitSlot, size, 3);
                self.b.create_sized_stack_slot(data)
            }
        };
        (slot, self.b.ins().stack_addr(types::I64, slot, 0))
    }

    fn free_bytes(&mut self, size: u32, slot: StackSlot) {
        self.free_slots.push((size, slot));
    }

    /// A new place for a value; give it back with [`Lower::free`].
    fn temp(&mut self) -> (StackSlot, Place) {
        let (slot, base) = self.bytes(VAL_SIZE);
        (slot, Place { base, offset: 0 })
    }

    fn free(&mut self, slot: StackSlot) {
        self.free_bytes(VAL_SIZE, slot);
    }

    fn var_place(&self, slot: u32) -> Place {
        Place { base: self.vars, offset: (slot * VAL_SIZE) as i32 }
    }

    fn addr(&mut self, place: Place) -> Value {
        if place.offset == 0 {
            return place.base;
        }
        let offset = self.iconst(i64::from(place.offset));
        self.b.ins().iadd(place.base, offset)
    }

    fn load_tag(&mut self, place: Place) -> Value {
        self.load(types::I64, place.base, place.offset + TAG)
    }

    fn store_int(&mut self, place: Place, value: Value) {
        let tag = self.iconst(crate::abi::TAG_INT as i64);
        self.store(tag, place.base, place.offset + TAG);
        self.store(value, place.base, place.offset + INT);
    }

    fn store_str(&mut self, place: Place, value: StrVal) {
        let tag = self.iconst(crate::abi::TAG_STR as i64);
        self.store(tag, place.base, place.offset + TAG);
        self.store(value.ptr, place.base, place.offset + PTR);
        self.store(value.len, place.base, place.offset + LEN);
    }

    fn store_null(&mut self, place: Place) {
        let tag = self.iconst(crate::abi::TAG_NULL as i64);
        self.store(tag, place.base, place.offset + TAG);
    }

    fn load_str(&mut self, place: Place) -> StrVal {
        let ptr = self.load(types::I64, place.base, place.offset + PTR);
        let len = self.load(types::I64, place.base, place.offset + LEN);
        StrVal { ptr, len, known: None }
    }

    fn copy(&mut self, from: Place, to: Place) {
        for offset in [TAG, INT, PTR, LEN] {
            let word = self.load(types::I64, from.base, from.offset + offset);
            self.store(word, to.base, to.offset + offset);
        }
    }
}
