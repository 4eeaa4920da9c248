//! Remote commands: what a command gets, and the register of all commands.

use std::{future::Future, pin::Pin, sync::Arc};

use kamjit_rpc::{Fault, Value};

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

/// One call of a command.
pub struct RpcCall {
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
    pub fn new(engine: &Arc<Engine>, params: Vec<Value>) -> RpcCall {
        RpcCall { engine: Arc::clone(engine), program: engine.program(), params, next: 0, reply: Vec::new() }
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
        self.opt_str().ok_or_else(|| Fault::new(400, "not enough parameters"))
    }

    /// The next parameter as a number; text is converted.
    pub fn opt_int(&mut self) -> Result<Option<i64>, Fault> {
        let Some(value) = self.params.get(self.next) else { return Ok(None) };
        self.next += 1;
        match value {
            Value::Int(n) => Ok(Some(*n)),
            Value::Double(f) => Ok(Some(*f as i64)),
            Value::Str(text) => crate::value::parse_int(text)
                .map(Some)
                .ok_or_else(|| Fault::new(400, format!("parameter {} is not a number", self.next))),
            Value::Struct(_) | Value::Array(_) => {
                Err(Fault::new(400, format!("parameter {} is not a number", self.next)))
            }
        }
    }

    /// The next parameter as a number, or a fault.
    pub fn int(&mut self) -> Result<i64, Fault> {
        self.opt_int()?.ok_or_else(|| Fault::new(400, "not enough parameters"))
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

/// Runs a command; an unknown one is a fault (code and text as captured from the real server).
pub async fn run(engine: &Arc<Engine>, name: &str, params: Vec<Value>) -> Result<Vec<Value>, Fault> {
    let program = engine.program();
    let Some(command) = commands(&program).find(|c| c.name == name) else {
        return Err(Fault::new(500, format!("command {name} not found")));
    };
    let mut call = RpcCall::new(engine, params);
    match command.run {
        RpcRun::Now(run) => run(&mut call).map(|()| call.into_reply()),
        RpcRun::Waits(start) => start(call).await,
    }
}
