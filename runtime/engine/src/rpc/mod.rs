//! Remote commands: what a command gets, and the register of all commands.

pub mod core;
pub mod files;
mod lists;
mod settings;

pub use lists::answers_list;
pub use settings::apply_setting;

use std::{future::Future, pin::Pin, sync::Arc};

use kamjit_rpc::{Fault, Outcome, Value};

use crate::{engine::Engine, module::RpcDef, program::Program};

/// A command that answers at once.
pub type RpcFn = fn(&mut RpcCall) -> Result<(), Fault>;
/// A command that waits (for the end of a transaction, a query).
pub type RpcFuture = Pin<Box<dyn Future<Output = Result<Vec<Value>, Fault>> + Send>>;
/// Starts such a command.
pub type RpcAsyncFn = fn(RpcCall) -> RpcFuture;

/// How a command runs.
#[derive(Clone, Copy)]
pub enum RpcRun {
    /// At once, on the thread of the transport.
    Now(RpcFn),
    /// Waiting.
    Waits(RpcAsyncFn),
}

/// The transport of a call. Texts of some refusals differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// The ctl module.
    Binrpc,
    /// The jsonrpcs module, also from a script.
    Json,
}

/// One call of a command.
pub struct RpcCall {
    /// How it came.
    pub via: Via,
    /// The server.
    pub engine: Arc<Engine>,
    /// The program that answers.
    pub program: Arc<Program>,
    params: Vec<Value>,
    next: usize,
    reply: Vec<Value>,
}

impl RpcCall {
    /// A call with its parameters.
    pub fn new(engine: &Arc<Engine>, via: Via, params: Vec<Value>) -> RpcCall {
        let program = engine.program();
        RpcCall { via, engine: Arc::clone(engine), program, params, next: 0, reply: Vec::new() }
    }

    /// The parameters left.
    pub fn rest(&self) -> &[Value] {
        self.params.get(self.next..).unwrap_or_default()
    }

    /// The next parameter as text (numbers too); `None` at the end.
    pub fn opt_str(&mut self) -> Option<Vec<u8>> {
        let value = self.params.get(self.next)?;
        self.next += 1;
        Some(match value {
            Value::Str(text) => text.clone(),
            Value::Int(n) => n.to_string().into_bytes(),
            Value::Double(f) => f.to_string().into_bytes(),
            Value::Struct(_) | Value::Array(_) => Vec::new(),
        })
    }

    /// The next parameter as text, or a fault.
    pub fn str(&mut self) -> Result<Vec<u8>, Fault> {
        self.opt_str().ok_or_else(|| self.missing("string"))
    }

    /// The next parameter as a number; text that is one is converted.
    pub fn opt_int(&mut self) -> Result<Option<i64>, Fault> {
        let Some(value) = self.params.get(self.next) else { return Ok(None) };
        let number = match value {
            Value::Int(n) => Some(*n),
            Value::Double(f) => Some(*f as i64),
            Value::Str(text) => crate::value::parse_int(text),
            Value::Struct(_) | Value::Array(_) => None,
        };
        // The text is that of the real server over BINRPC (captured).
        let number = number.ok_or_else(|| {
            let at = self.next;
            let why = format!("error at parameter {at}: expected integer type but record doesn't match type");
            Fault::new(400, why)
        })?;
        self.next += 1;
        Ok(Some(number))
    }

    fn missing(&self, what: &str) -> Fault {
        let at = self.next;
        Fault::new(
            400,
            format!("error at parameter {at}: expected {what} type but end of packet encountered"),
        )
    }

    /// The next parameter as a number, or a fault.
    pub fn int(&mut self) -> Result<i64, Fault> {
        self.opt_int()?.ok_or_else(|| self.missing("integer"))
    }

    /// Adds a value to the reply.
    pub fn add(&mut self, value: impl Into<Value>) {
        self.reply.push(value.into());
    }

    /// Adds a structure to the reply.
    pub fn add_struct(&mut self, members: Vec<(&str, Value)>) {
        self.reply.push(Value::Struct(members.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()));
    }

    /// The reply's values.
    pub fn into_reply(self) -> Vec<Value> {
        self.reply
    }
}

/// All commands of the program by name.
pub fn commands(program: &Program) -> impl Iterator<Item = &'static RpcDef> {
    program.modules.iter().flat_map(|module| module.rpc)
}

/// A command by name; an unknown one is a fault (code and text of each transport as captured from the real server).
pub fn find(program: &Program, via: Via, name: &str) -> Result<&'static RpcDef, Fault> {
    commands(program).find(|c| c.name == name).ok_or_else(|| match via {
        Via::Binrpc => Fault::new(500, format!("command {name} not found")),
        Via::Json => Fault::new(500, "Method Not Found"),
    })
}

/// Runs a command. A panic in it costs its caller the answer, nobody else anything.
pub async fn run(engine: &Arc<Engine>, via: Via, name: &str, params: Vec<Value>) -> Outcome {
    let mut call = RpcCall::new(engine, via, params);
    match find(&call.program, via, name)?.run {
        RpcRun::Now(run) => now(run, &mut call).map(|()| call.into_reply()),
        RpcRun::Waits(start) => start(call).await,
    }
}

fn now(run: RpcFn, call: &mut RpcCall) -> Result<(), Fault> {
    std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(call)))
        .unwrap_or_else(|_| Err(Fault::new(500, "Internal Error")))
}
