//! What the compiler asks of the runtime while it turns a configuration into a program. The analysis calls these in
//! the order of the file: globals, `loadmodule` and `modparam` as they come; then [`Host::seal`]; then bodies.

use kamjit_syntax::{Span, pv::PvRef};

use crate::{ArgKind, Form, Generation, Routes};

/// Why the host refused something. The analysis adds the place and turns it into a diagnostic.
#[derive(Clone, Debug)]
pub struct HostError {
    /// Which argument is to blame (0-based), for calls.
    pub arg: Option<usize>,
    /// Which module parameter is to blame: its name, and which of the values given (0-based).
    pub param: Option<(String, usize)>,
    /// What is wrong, one sentence without a full stop.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl HostError {
    /// An error with a message only.
    pub fn new(message: impl Into<String>) -> Self {
        HostError { arg: None, param: None, message: message.into(), help: None }
    }

    /// Adds what to do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Blames one value of a module parameter, so that the error stands at its line.
    pub fn param(mut self, name: &str, nth: usize) -> Self {
        self.param = Some((name.to_owned(), nth));
        self
    }

    /// Blames one argument.
    pub fn at(mut self, arg: usize) -> Self {
        self.arg = Some(arg);
        self
    }
}

/// The value of a global or module parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigValue {
    /// A number; yes/no words are 1 and 0.
    Int(i64),
    /// A string.
    Str(Vec<u8>),
    /// A bare word or socket text that is neither (kept as written).
    Word(String),
}

/// A function found among the loaded modules.
#[derive(Clone, Copy, Debug)]
pub struct FunctionRef {
    /// The host's number for it.
    pub id: u32,
    /// The form that takes the given number of arguments.
    pub form: Form,
}

/// The outcome of a look-up by name and number of arguments.
#[derive(Clone, Debug)]
pub enum FunctionLookup {
    /// It exists with this number of arguments.
    Found(FunctionRef),
    /// It exists, but takes other numbers of arguments.
    WrongArity(Vec<usize>),
    /// No loaded module has it (the facts may know which module would).
    Unknown,
}

/// One argument of a call as the compiler hands it to [`Host::prepare_call`].
#[derive(Clone, Debug)]
pub enum CallArg {
    /// A number in the file.
    Int(i64),
    /// A string in the file (adjacent literals joined, constants folded).
    Str(Vec<u8>),
    /// A bare pseudo-variable.
    Pv(PvRef),
    /// An expression: its value is passed as the n-th dynamic argument of the call.
    Dynamic(u32),
}

/// Address of something that the program owns (a prepared call, variable, regex...), for machine code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handle(pub usize);

/// A prepared pseudo-variable.
#[derive(Clone, Copy, Debug)]
pub struct PvHandle {
    /// For the builtins that read and write it; 0 if `var_slot` is given.
    pub handle: Handle,
    /// `$var(x)` without transformations: its slot in the message's variable table.
    pub var_slot: Option<u32>,
    /// Can be read.
    pub readable: bool,
    /// Can be assigned.
    pub writable: bool,
}

/// The kind of a global parameter, for the check of its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GlobalKind {
    /// Known to this build.
    Known,
    /// Known to the real server; has no meaning here (see docs/differences.md).
    Ignored,
    /// Unknown.
    Unknown,
}

/// The runtime as the compiler sees it.
pub trait Host {
    /// Whose meaning applies.
    fn generation(&self) -> Generation;
    /// A global parameter `name = value`; sockets come as the words written.
    fn set_global(&mut self, name: &str, value: &[ConfigValue]) -> Result<GlobalKind, HostError>;
    /// A custom variable `group.name = value desc "text"`; the group is `group[id]` for the value of one instance.
    fn declare_cfg(
        &mut self,
        group: &str,
        name: &str,
        value: ConfigValue,
        desc: Option<&str>,
    ) -> Result<(), HostError>;
    /// A flag name: `flags a:1, b`.
    fn declare_flag(&mut self, name: &str, number: Option<i64>) -> Result<(), HostError>;
    /// A flag of AVPs: `avpflags NAME, ...`.
    fn declare_avp_flag(&mut self, _name: &str) -> Result<(), HostError> {
        Ok(())
    }
    /// `loadmodule` (name without folder and `.so`). Refused if this build lacks it.
    fn load_module(&mut self, name: &str) -> Result<(), HostError>;
    /// True if the module was loaded.
    fn is_loaded(&self, module: &str) -> bool;
    /// The loaded modules whose name the pattern of a `modparam` matches (`"a|b"` is a regular expression).
    fn modules_matching(&self, pattern: &str) -> Result<Vec<String>, HostError>;
    /// `modparam` for one module.
    fn set_param(&mut self, module: &str, name: &str, value: &ConfigValue) -> Result<(), HostError>;
    /// Names the route blocks, so that functions that take a route name can check it: (kind, name, index).
    fn declare_routes(&mut self, routes: &[RouteDecl]);
    /// All globals and parameters are known: modules digest them (no I/O). Problems come with the module's name.
    fn seal(&mut self) -> Result<(), Vec<(String, HostError)>>;
    /// Finds a function (core functions included).
    fn function(&self, name: &str, args: usize) -> FunctionLookup;
    /// All function names that can be called, for "did you mean".
    fn function_names(&self) -> Vec<&'static str>;
    /// Names of a loaded module's parameters.
    fn param_names(&self, module: &str) -> Vec<&'static str>;
    /// Prepares one call; `kind` is the block it stands in.
    fn prepare_call(&mut self, function: u32, args: &[CallArg], place: &Place) -> Result<Handle, HostError>;
    /// Prepares a pseudo-variable.
    fn prepare_pv(&mut self, pv: &PvRef) -> Result<PvHandle, HostError>;
    /// Prepares a select `@a.b[1].c`, given as its text without the `@`.
    fn prepare_select(&mut self, text: &str) -> Result<PvHandle, HostError>;
    /// Compiles a constant regular expression (POSIX extended, case ignored as `=~` does).
    fn prepare_regex(&mut self, pattern: &[u8]) -> Result<Handle, HostError>;
    /// Compiles the pattern of a `case /"..."`, which minds the case of letters.
    fn prepare_case_regex(&mut self, pattern: &[u8]) -> Result<Handle, HostError> {
        self.prepare_regex(pattern)
    }
    /// Keeps constant bytes alive as long as the program.
    fn intern_bytes(&mut self, bytes: &[u8]) -> Handle;
}

/// Where a call stands.
#[derive(Clone, Debug)]
pub struct Place {
    /// The file, as written on the command line or in the include.
    pub file: std::sync::Arc<str>,
    /// 1-based line.
    pub line: u32,
    /// The kind of block, and all kinds it can be reached from.
    pub routes: Routes,
    /// The span in the expanded text.
    pub span: Span,
    /// Name of the route block.
    pub route: std::sync::Arc<str>,
}

/// A route block of the file.
#[derive(Clone, Debug)]
pub struct RouteDecl {
    /// One bit of [`Routes`].
    pub kind: Routes,
    /// Its name; empty for the main blocks; `module:event` for event routes.
    pub name: String,
    /// Its number in the program.
    pub index: u32,
}

/// Tells which argument kinds accept a dynamic expression.
pub fn accepts_dynamic(kind: ArgKind) -> bool {
    matches!(kind, ArgKind::IntVar | ArgKind::StrVar)
}
