//! A small runtime for tests: pseudo-variables in a map, functions that return a fixed code.

use std::collections::HashMap;
use std::sync::Arc;

use kamjit_analysis::ir::{IpNet, Program};

use crate::abi::{Header, RawStr, RawVal, TAG_INT, TAG_STR, status};
use crate::builtins::Builtins;
use crate::semantics::{Value, equal, int_to_text};
use crate::{CompiledProgram, Options};

/// The context: the header and what the fake builtins need.
#[repr(C)]
pub(super) struct Fake {
    pub(super) header: Header,
    pub(super) program: *const CompiledProgram,
    pub(super) vars: Vec<RawVal>,
    pub(super) pvs: HashMap<usize, RawVal>,
    pub(super) log: Vec<String>,
}

fn fake<'a>(ctx: *mut Header) -> &'a mut Fake {
    // SAFETY: every test runs machine code with the header of a live `Fake`, from one thread.
    unsafe { &mut *ctx.cast::<Fake>() }
}

fn leak(bytes: Vec<u8>) -> RawStr {
    RawStr::new(Box::leak(bytes.into_boxed_slice()))
}

fn bytes<'a>(ptr: *const u8, len: usize) -> &'a [u8] {
    if len == 0 {
        return b"";
    }
    // SAFETY: machine code passes strings that live as long as the run.
    unsafe { std::slice::from_raw_parts(ptr, len) }
}

fn view<'a>(raw: *const RawVal) -> Value<'a> {
    // SAFETY: machine code passes pointers to initialised values.
    unsafe { Value::from_raw(&*raw) }
}

pub(super) fn show(value: Value<'_>) -> String {
    match value {
        Value::Null => "null".into(),
        Value::Int(value) => value.to_string(),
        Value::Str(text) => format!("{:?}", String::from_utf8_lossy(text)),
    }
}

/// Handles of functions: the low 16 bits are the code + 1000, bits above 16 the number of arguments to log.
unsafe extern "C-unwind" fn call(ctx: *mut Header, site: usize, args: *const RawVal) -> i64 {
    let fake = fake(ctx);
    let code = (site & 0xffff) as i32 - 1000;
    let count = site >> 16;
    // SAFETY: the site says how many arguments its calls have.
    let args: Vec<String> = (0..count).map(|k| show(view(unsafe { args.add(k) }))).collect();
    fake.log.push(format!("call {code} {}", args.join(" ")));
    let status = if code == 0 { status::EXIT } else { status::GO };
    (i64::from(status) << 32) | i64::from(code as u32)
}

unsafe extern "C-unwind" fn pv_get(ctx: *mut Header, pv: usize, out: *mut RawVal) -> i32 {
    let value = fake(ctx).pvs.get(&pv).copied().unwrap_or(RawVal::NULL);
    // SAFETY: machine code passes a place to write to.
    unsafe { *out = value };
    status::GO
}

unsafe extern "C-unwind" fn pv_set(ctx: *mut Header, pv: usize, value: *const RawVal) -> i32 {
    // SAFETY: machine code passes an initialised value.
    let value = unsafe { *value };
    fake(ctx).pvs.insert(pv, value);
    status::GO
}

unsafe extern "C-unwind" fn pv_copy(ctx: *mut Header, pv: usize, value: *const RawVal) -> i32 {
    // SAFETY: the caller's promises are the same.
    unsafe { pv_set(ctx, pv, value) }
}

unsafe extern "C-unwind" fn val_to_int(ctx: *mut Header, value: *const RawVal) -> i64 {
    view(value).to_int(generation(ctx))
}

fn generation(ctx: *mut Header) -> kamjit_catalog::Generation {
    // SAFETY: the program outlives the run.
    unsafe { (*fake(ctx).program).ir().generation }
}

unsafe extern "C-unwind" fn str_to_int(ctx: *mut Header, ptr: *const u8, len: usize) -> i64 {
    Value::Str(bytes(ptr, len)).to_int(generation(ctx))
}

unsafe extern "C-unwind" fn val_to_str(_: *mut Header, value: *const RawVal) -> RawStr {
    match view(value) {
        Value::Null => RawStr::new(b""),
        Value::Int(value) => leak(int_to_text(value, &mut [0; 20]).to_vec()),
        Value::Str(text) => RawStr::new(text),
    }
}

unsafe extern "C-unwind" fn int_to_str(_: *mut Header, value: i64) -> RawStr {
    leak(int_to_text(value, &mut [0; 20]).to_vec())
}

unsafe extern "C-unwind" fn concat2(
    _: *mut Header,
    a: *const u8,
    a_len: usize,
    b: *const u8,
    b_len: usize,
) -> RawStr {
    leak([bytes(a, a_len), bytes(b, b_len)].concat())
}

unsafe extern "C-unwind" fn concat_n(_: *mut Header, parts: *const RawStr, count: usize) -> RawStr {
    // SAFETY: machine code passes `count` strings.
    let parts = unsafe { std::slice::from_raw_parts(parts, count) };
    leak(parts.iter().flat_map(|p| bytes(p.ptr, p.len)).copied().collect())
}

unsafe extern "C-unwind" fn bytes_eq(a: *const u8, b: *const u8, len: usize) -> i32 {
    i32::from(bytes(a, len) == bytes(b, len))
}

unsafe extern "C-unwind" fn same_text(a: *const u8, b: *const u8, len: usize) -> i32 {
    i32::from(bytes(a, len).eq_ignore_ascii_case(bytes(b, len)))
}

unsafe extern "C-unwind" fn field_is_host(_: *mut Header, _field: u32, ptr: *const u8, len: usize) -> i32 {
    i32::from(bytes(ptr, len) == b"localhost")
}

unsafe extern "C-unwind" fn val_eq(ctx: *mut Header, left: *const RawVal, right: *const RawVal) -> i32 {
    i32::from(equal(view(left), view(right), generation(ctx)))
}

unsafe extern "C-unwind" fn regex_match(_: *mut Header, regex: usize, ptr: *const u8, len: usize) -> i32 {
    i32::from(bytes(ptr, len).len() == regex)
}

unsafe extern "C-unwind" fn regex_dyn(
    _: *mut Header,
    ptr: *const u8,
    len: usize,
    re: *const u8,
    re_len: usize,
) -> i32 {
    match bytes(re, re_len) {
        b"(" => -1,
        re => i32::from(bytes(ptr, len).starts_with(re)),
    }
}

unsafe extern "C-unwind" fn field_int(_: *mut Header, field: u32) -> i64 {
    i64::from(field)
}

unsafe extern "C-unwind" fn field_str(_: *mut Header, _field: u32) -> RawStr {
    RawStr::new(b"OPTIONS")
}

unsafe extern "C-unwind" fn field_is_myself(_: *mut Header, field: u32) -> i32 {
    i32::from(field == 0)
}

unsafe extern "C-unwind" fn field_in_net(_: *mut Header, _field: u32, net: *const IpNet) -> i32 {
    // SAFETY: machine code passes a network of the program.
    i32::from(unsafe { &*net }.contains([127, 0, 0, 1].into()))
}

unsafe extern "C-unwind" fn route_find(ctx: *mut Header, name: *const u8, len: usize) -> i64 {
    // SAFETY: the program outlives the run.
    let program = unsafe { &*fake(ctx).program };
    let name = bytes(name, len);
    program.ir().routes.iter().position(|r| r.name.as_bytes() == name).map_or(-1, |k| k as i64)
}

unsafe extern "C-unwind" fn compile_route(ctx: *mut Header, route: u32) -> *const u8 {
    let fake = fake(ctx);
    fake.log.push(format!("compile {route}"));
    // SAFETY: the program outlives the run.
    let program = unsafe { &*fake.program };
    program.route(route).map_or(std::ptr::null(), |f| f as *const u8)
}

unsafe extern "C-unwind" fn recursion_limit(ctx: *mut Header, route: u32) -> i32 {
    fake(ctx).log.push(format!("too deep {route}"));
    0
}

unsafe extern "C-unwind" fn while_limit(ctx: *mut Header, _stmt: u32) -> i32 {
    fake(ctx).log.push("too often".into());
    0
}

unsafe extern "C-unwind" fn stmt_failed(ctx: *mut Header, _stmt: u32) -> i32 {
    fake(ctx).log.push("failed".into());
    0
}

unsafe extern "C-unwind" fn probe(ctx: *mut Header, stmt: u32) -> i32 {
    fake(ctx).log.push(format!("probe {stmt}"));
    0
}

macro_rules! table {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $ty:ty),*) -> $ret:ty;)*) => {
        pub(super) const BUILTINS: Builtins = Builtins { $($name,)* };
    };
}

crate::for_each_builtin!(table);

/// The outcome of a run.
pub(super) struct Outcome {
    pub(super) status: i32,
    pub(super) fake: Box<Fake>,
    /// Keeps constants and code alive for the values in `fake`.
    _program: CompiledProgram,
}

impl Outcome {
    pub(super) fn rc(&self) -> i64 {
        self.fake.header.rc
    }

    pub(super) fn var(&self, slot: usize) -> String {
        // SAFETY: the variables' strings live in the program or were leaked.
        show(unsafe { Value::from_raw(&self.fake.vars[slot]) })
    }

    pub(super) fn log(&self) -> String {
        self.fake.log.join("; ")
    }
}

/// Compiles the program and runs its route 0 with the pseudo-variables given.
pub(super) fn run_with(program: Program, pvs: &[(usize, RawVal)], probes: bool) -> Outcome {
    let options = Options { probes, verify: true };
    let program = CompiledProgram::new(&BUILTINS, Arc::new(program), options).unwrap();
    let mut fake = Box::new(Fake {
        header: Header {
            vars: std::ptr::null_mut(),
            rc: 1,
            depth: 0,
            max_depth: 10,
            max_while: 100,
            probes: u32::from(probes),
            code: program.code_table().as_ptr(),
            stack_limit: 0,
        },
        program: &program,
        vars: vec![RawVal::int(0); 8],
        pvs: pvs.iter().copied().collect(),
        log: Vec::new(),
    });
    fake.header.vars = fake.vars.as_mut_ptr();
    let code = program.route(0).unwrap();
    let ctx: *mut Fake = &mut *fake;
    // SAFETY: the context is as the contract asks, and the program lives.
    let status = unsafe { code(ctx.cast()) };
    Outcome { status, fake, _program: program }
}

/// A string value of static bytes.
pub(super) fn text(bytes: &'static str) -> RawVal {
    RawVal { tag: TAG_STR, int: 0, ptr: bytes.as_ptr(), len: bytes.len() }
}

/// An integer value.
pub(super) fn number(value: i64) -> RawVal {
    RawVal { tag: TAG_INT, ..RawVal::int(value) }
}
