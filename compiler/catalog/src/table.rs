//! The types of a module's export table. A table is plain data; what the functions do is a parameter (`F`, `P`, ...)
//! that the runtime fills in, so that the compiler, the linter and the documentation can read any table.

pub use kamjit_syntax::Generation;

/// A set of kinds of route blocks, one bit each (the real server's own bit values).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Routes(pub u16);

impl Routes {
    /// `request_route` and the `route[X]` blocks called from it.
    pub const REQUEST: Routes = Routes(1);
    /// `failure_route`.
    pub const FAILURE: Routes = Routes(2);
    /// `onreply_route[X]`, run by tm for a transaction's replies.
    pub const TM_ONREPLY: Routes = Routes(4);
    /// `branch_route`.
    pub const BRANCH: Routes = Routes(8);
    /// `onsend_route`.
    pub const ONSEND: Routes = Routes(16);
    /// The error route of old (no block of its own in the language).
    pub const ERROR: Routes = Routes(32);
    /// `event_route[tm:local-request]`.
    pub const LOCAL: Routes = Routes(64);
    /// `reply_route` / unnamed `onreply_route`, run for every reply.
    pub const CORE_ONREPLY: Routes = Routes(128);
    /// `event_route[tm:branch-failure:X]`.
    pub const BRANCH_FAILURE: Routes = Routes(256);
    /// Any other `event_route`.
    pub const EVENT: Routes = Routes(512);
    /// Both reply routes.
    pub const ONREPLY: Routes = Routes(4 | 128);
    /// Everywhere.
    pub const ANY: Routes = Routes(1023);

    /// The union, usable in tables.
    pub const fn or(self, other: Routes) -> Routes {
        Routes(self.0 | other.0)
    }

    /// True if the two sets share a kind.
    pub const fn meets(self, other: Routes) -> bool {
        self.0 & other.0 != 0
    }
}

/// What a function expects of one argument, and so what the engine makes of it once, before the first message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgKind {
    /// The text as written; nothing in it is expanded.
    Str,
    /// A number, written as such or as a string of digits.
    Int,
    /// A number or a variable that holds one.
    IntVar,
    /// A string in which pseudo-variables are expanded; a bare variable or expression is taken as its string value.
    StrVar,
    /// A constant POSIX extended regular expression, compiled once.
    Regex,
    /// A constant substitution `/re/replacement/flags`.
    Subst,
    /// The name of a pseudo-variable that is read.
    Var,
    /// The name of a pseudo-variable that the function assigns.
    VarOut,
    /// Handed over as text ([`ArgKind::Str`]); the function's own `prepare` digests it.
    Custom,
}

/// One way to call a function: its argument kinds and where it may stand.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// One entry an argument.
    pub args: &'static [ArgKind],
    /// The route blocks in which this form is allowed.
    pub routes: Routes,
}

/// A script function. `F` is the runtime's way to run it.
#[derive(Clone, Copy, Debug)]
pub struct Function<F: 'static> {
    /// The name in the configuration.
    pub name: &'static str,
    /// One form for each number of arguments.
    pub forms: &'static [Form],
    /// What runs.
    pub run: F,
}

/// Type and default of a module parameter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ParamDefault {
    /// An integer parameter with its default.
    Int(i64),
    /// A string parameter with its default.
    Str(&'static str),
    /// A string parameter without default.
    NoStr,
    /// A string parameter that may be given several times; each value counts.
    Many,
    /// Accepts integers and strings (rare).
    Any,
}

/// A module parameter.
#[derive(Clone, Copy, Debug)]
pub struct Param {
    /// The name in `modparam`.
    pub name: &'static str,
    /// Type and default.
    pub default: ParamDefault,
}

/// How a pseudo-variable's inner name `$x(inner)` is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InnerName {
    /// `$x` only.
    None,
    /// `$x(name)`, constant text.
    Static,
    /// `$x(name)`, text or another variable.
    Dynamic,
    /// `$x` and `$x(name)` both.
    Optional,
}

/// A class of pseudo-variables. `P` is the runtime's getter, setter and name parser.
#[derive(Clone, Copy, Debug)]
pub struct PseudoVar<P: 'static> {
    /// The name after the `$`.
    pub name: &'static str,
    /// Whether it takes a name in parentheses.
    pub inner: InnerName,
    /// Whether it takes an index `$(x[i])`.
    pub index: bool,
    /// Whether it can be read.
    pub readable: bool,
    /// Whether it can be assigned.
    pub writable: bool,
    /// What reads and writes it.
    pub code: P,
}

/// One transformation `{class.op,args}`; `T` is the runtime's code.
#[derive(Clone, Copy, Debug)]
pub struct Transformation<T: 'static> {
    /// The class: `s`, `uri`, ...
    pub class: &'static str,
    /// The operation, possibly with dots of its own (`escape.common`).
    pub op: &'static str,
    /// Its arguments, one letter each: `s` text, `t` text that may be a comma, `n` number, `u` number that is not
    /// negative, `c` one character and perhaps blanks, `p` one character but no comma, `v` one character or a variable; capital letters
    /// are optional.
    pub args: &'static str,
    /// What computes it.
    pub code: T,
}

/// A remote command. `R` is the runtime's code.
#[derive(Clone, Copy, Debug)]
pub struct Rpc<R: 'static> {
    /// `module.command`.
    pub name: &'static str,
    /// One line of help, in our own words.
    pub help: &'static str,
    /// What runs.
    pub run: R,
}
