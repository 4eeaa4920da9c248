//! A compiled configuration: machine code of its routes, made when a route is first called.

use std::fmt;
use std::sync::atomic::{AtomicPtr, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use cranelift_codegen::ir::{AbiParam, Function, Signature, UserFuncName};
use cranelift_codegen::settings::{self, Configurable};
use cranelift_codegen::{CodegenError, Context};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{FuncId, Linkage, Module, ModuleError};
use kamjit_analysis::ir::Program;

use crate::abi::RouteFn;
use crate::builtins::{Builtins, SIGNATURES};
use crate::lower::{Env, lower_route, route_signature};

/// How to compile.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Emit a probe before every statement (it costs two instructions while [`crate::abi::Header::probes`] is 0).
    pub probes: bool,
    /// Run Cranelift's verifier: always on in debug builds.
    pub verify: bool,
}

/// Why machine code could not be made: always a defect of ours or a machine that Cranelift does not know.
#[derive(Debug)]
pub struct CompileError(String);

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for CompileError {}

impl From<ModuleError> for CompileError {
    fn from(error: ModuleError) -> CompileError {
        CompileError(match error {
            // The plain text of a verifier error says nothing without its details.
            ModuleError::Compilation(CodegenError::Verifier(errors)) => format!("verifier: {errors:?}"),
            other => other.to_string(),
        })
    }
}

/// One generation of a configuration as machine code. Dropping it frees the code: nobody may be running it, which
/// its owner makes sure of by holding an `Arc` for as long as a script runs.
pub struct CompiledProgram {
    ir: Arc<Program>,
    table: Box<[AtomicPtr<u8>]>,
    options: Options,
    state: Mutex<State>,
}

struct State {
    /// `None` only while the program is dropped.
    module: Option<JITModule>,
    builtins: Vec<FuncId>,
    context: Context,
    builder: FunctionBuilderContext,
}

impl CompiledProgram {
    /// Prepares a program; no route is compiled yet.
    pub fn new(
        builtins: &Builtins,
        ir: Arc<Program>,
        options: Options,
    ) -> Result<CompiledProgram, CompileError> {
        let mut flags = settings::builder();
        let verify = options.verify || cfg!(debug_assertions);
        for (name, value) in [
            ("opt_level", "speed"),
            ("enable_verifier", if verify { "true" } else { "false" }),
            ("use_colocated_libcalls", "false"),
            ("is_pic", "false"),
            ("unwind_info", "false"),
            ("enable_probestack", "true"),
            ("probestack_strategy", "inline"),
        ] {
            flags.set(name, value).map_err(|e| CompileError(format!("{name}: {e}")))?;
        }
        let isa = cranelift_native::builder()
            .map_err(|e| CompileError(e.to_string()))?
            .finish(settings::Flags::new(flags))
            .map_err(|e| CompileError(e.to_string()))?;
        let mut jit = JITBuilder::with_isa(isa, cranelift_module::default_libcall_names());
        for (signature, address) in SIGNATURES.iter().zip(builtins.addresses()) {
            jit.symbol(signature.name, address);
        }
        let mut module = JITModule::new(jit);
        let call_conv = module.isa().default_call_conv();
        let mut ids = Vec::with_capacity(SIGNATURES.len());
        for builtin in SIGNATURES {
            let mut signature = Signature::new(call_conv);
            signature.params.extend(builtin.params.iter().flat_map(|p| p.iter()).map(|t| AbiParam::new(*t)));
            signature.returns.extend(builtin.returns.iter().map(|t| AbiParam::new(*t)));
            ids.push(module.declare_function(builtin.name, Linkage::Import, &signature)?);
        }
        let table = ir.routes.iter().map(|_| AtomicPtr::new(std::ptr::null_mut())).collect();
        let context = module.make_context();
        let state =
            State { module: Some(module), builtins: ids, context, builder: FunctionBuilderContext::new() };
        Ok(CompiledProgram { ir, table, options, state: Mutex::new(state) })
    }

    /// The program that this was made from.
    pub fn ir(&self) -> &Arc<Program> {
        &self.ir
    }

    /// The table for [`crate::abi::Header::code`]: one entry a route, null until compiled.
    pub fn code_table(&self) -> &[AtomicPtr<u8>] {
        &self.table
    }

    /// The machine code of a route, compiled now if need be.
    pub fn route(&self, index: u32) -> Result<RouteFn, CompileError> {
        let entry = self
            .table
            .get(index as usize)
            .ok_or_else(|| CompileError(format!("there is no route {index}")))?;
        let mut code = entry.load(Ordering::Acquire);
        if code.is_null() {
            on_large_stack(|| self.compile(index, entry))??;
            code = entry.load(Ordering::Acquire);
        }
        // SAFETY: the entry holds a function that `compile` made with the signature of RouteFn.
        Ok(unsafe { std::mem::transmute::<*mut u8, RouteFn>(code) })
    }

    /// Compiles every route that has no machine code yet.
    pub fn compile_all(&self) -> Result<(), CompileError> {
        on_large_stack(|| {
            self.table.iter().enumerate().try_for_each(|(index, entry)| self.compile(index as u32, entry))
        })?
    }

    /// Fills a route's entry of the table.
    fn compile(&self, index: u32, entry: &AtomicPtr<u8>) -> Result<(), CompileError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !entry.load(Ordering::Acquire).is_null() {
            return Ok(());
        }
        let route = &self.ir.routes[index as usize];
        let State { module, builtins, context, builder } = &mut *state;
        let Some(module) = module.as_mut() else {
            return Err(CompileError("the program was dropped".into()));
        };
        let signature = route_signature(module.isa().default_call_conv());
        let id = module.declare_anonymous_function(&signature)?;
        context.clear();
        context.func = Function::with_name_signature(UserFuncName::user(0, id.as_u32()), signature);
        let env = Env { program: &self.ir, module, builtins, probes: self.options.probes };
        lower_route(FunctionBuilder::new(&mut context.func, builder), env, route);
        module.define_function(id, context)?;
        module.finalize_definitions()?;
        let code = module.get_finalized_function(id).cast_mut();
        entry.store(code, Ordering::Release);
        Ok(())
    }

    /// The machine code of a route as text, to look at.
    pub fn disassemble(&self, index: u32) -> Result<String, CompileError> {
        let route = self
            .ir
            .routes
            .get(index as usize)
            .ok_or_else(|| CompileError(format!("there is no route {index}")))?;
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let State { module, builtins, context, builder } = &mut *state;
        let Some(module) = module.as_mut() else {
            return Err(CompileError("the program was dropped".into()));
        };
        let signature = route_signature(module.isa().default_call_conv());
        context.clear();
        context.func = Function::with_name_signature(UserFuncName::user(1, index), signature);
        let env = Env { program: &self.ir, module, builtins, probes: self.options.probes };
        lower_route(FunctionBuilder::new(&mut context.func, builder), env, route);
        context.set_disasm(true);
        let compiled = context
            .compile(module.isa(), &mut Default::default())
            .map_err(|error| CompileError(format!("{:?}", error.inner)))?;
        let text = compiled.vcode.clone().unwrap_or_default();
        context.set_disasm(false);
        Ok(text)
    }
}

/// Runs a compilation on a thread of its own: the caller may be a fibre, whose stack is too small for deeply nested
/// expressions.
fn on_large_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Result<T, CompileError> {
    const STACK_BYTES: usize = 16 << 20;
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("compile".into()).stack_size(STACK_BYTES);
        let running = thread
            .spawn_scoped(scope, work)
            .map_err(|error| CompileError(format!("no thread to compile on: {error}")))?;
        running.join().map_err(|_| CompileError("the compiler panicked".into()))
    })
}

impl Drop for CompiledProgram {
    fn drop(&mut self) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(module) = state.module.take() {
            // SAFETY: the table's addresses die with this object, and whoever runs a route holds it alive.
            unsafe { module.free_memory() };
        }
    }
}

impl fmt::Debug for CompiledProgram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let compiled = self.table.iter().filter(|c| !c.load(Ordering::Relaxed).is_null()).count();
        write!(f, "CompiledProgram({compiled} of {} routes)", self.table.len())
    }
}
