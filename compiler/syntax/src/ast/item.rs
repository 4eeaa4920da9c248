//! The top level: parameters, module statements, route blocks.

use super::{Block, Expr, Name, SocketLit, Span, StrLit};

/// A whole configuration, all included files in place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct File {
    /// Globals, module statements and route blocks in the order written.
    pub items: Vec<Item>,
}

/// Something at the top level.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// The whole item.
    pub span: Span,
    /// What it is.
    pub kind: ItemKind,
}

/// The kinds of top-level items.
#[derive(Clone, Debug, PartialEq)]
pub enum ItemKind {
    /// `children=8`, `log_prefix="..."`, `alias=a b:5060`, `mcast="..."`, `kemi.onsend_route_callback="x"`.
    Global(Global),
    /// `listen=udp:1.2.3.4:5060 advertise 5.6.7.8 name "x"` and `socket = { bind = ...; }`.
    Listen(Listen),
    /// `pstn.gw_ip = "" desc "text"`.
    CustomVar(CustomVar),
    /// `flags a:1, b` (and its synonym `bool`).
    Flags(Vec<FlagDecl>),
    /// `avpflags a, b`.
    AvpFlags(Vec<Name>),
    /// `loadmodule "tm.so"`, `loadmodulex`, `loadmodule("tm.so", "g")`.
    LoadModule(LoadModule),
    /// `loadpath "..."`, `mpath="..."`.
    LoadPath(StrLit),
    /// `cfgengine "lua"`.
    CfgEngine(StrLit),
    /// `modparam("tm", "fr_timer", 3000)` and `modparamx`.
    ModParam(ModParam),
    /// `request_route { ... }`, `route[X] { ... }`, ...
    Route(RouteBlock),
    /// Text that could not be read; a diagnostic was given.
    Error,
}

/// A global parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Global {
    /// The name as written (a synonym is not resolved); `kemi.x` with the dot; `coreparam["x"]` as plain `x`.
    pub name: Name,
    /// The values: one, but for `alias`/`domain`/`mcast`. Kinds used: `Int` (also for yes/no/on/off words),
    /// `Str`, `Bare` (identifiers and numbers-with-letters), `Ip`, `Proto`, `Socket`.
    pub values: Vec<Expr>,
}

/// A `listen=` line or a `socket = {}` block.
#[derive(Clone, Debug, PartialEq)]
pub struct Listen {
    /// What to bind; several on one line share the attributes.
    pub sockets: Vec<SocketLit>,
    /// `advertise host[:port]`.
    pub advertise: Option<SocketLit>,
    /// `name "x"`.
    pub name: Option<StrLit>,
    /// `virtual`.
    pub is_virtual: bool,
    /// `workers = n` (6.x block form).
    pub workers: Option<(i64, Span)>,
    /// `agname = "x"` (6.x block form).
    pub agname: Option<StrLit>,
    /// `vrf = "x"` (6.x block form).
    pub vrf: Option<StrLit>,
    /// True for the block form.
    pub block: bool,
}

/// `group.name = value desc "text"`.
#[derive(Clone, Debug, PartialEq)]
pub struct CustomVar {
    /// The group.
    pub group: Name,
    /// `group[3].name = ...`: the group instance.
    pub instance: Option<(i64, Span)>,
    /// The name inside the group.
    pub name: Name,
    /// `Int` or `Str`.
    pub value: Expr,
    /// The description.
    pub desc: Option<StrLit>,
}

/// One name of a `flags` line.
#[derive(Clone, Debug, PartialEq)]
pub struct FlagDecl {
    /// The flag.
    pub name: Name,
    /// Its number, when written.
    pub number: Option<(i64, Span)>,
}

/// `loadmodule`.
#[derive(Clone, Debug, PartialEq)]
pub struct LoadModule {
    /// File or module name as written.
    pub path: StrLit,
    /// The second argument of the 6.x form with parentheses.
    pub options: Option<StrLit>,
    /// True for `loadmodulex`, whose strings may hold pseudo-variables.
    pub extended: bool,
}

/// `modparam`.
#[derive(Clone, Debug, PartialEq)]
pub struct ModParam {
    /// Module name or regular expression of names, as written.
    pub module: StrLit,
    /// The parameter.
    pub param: StrLit,
    /// `Int`, `Str`, or (modparamx) `Pv`.
    pub value: Expr,
    /// True for `modparamx`.
    pub extended: bool,
}

/// A route block.
#[derive(Clone, Debug, PartialEq)]
pub struct RouteBlock {
    /// Which kind.
    pub kind: RouteKind,
    /// The keyword as written.
    pub keyword: Name,
    /// The name in brackets. `None` for `request_route`, `route {}`, `reply_route` and other unnamed blocks. `route[0]` keeps "0".
    pub name: Option<Name>,
    /// The statements.
    pub body: Block,
}

impl RouteBlock {
    /// True for the block that the server itself calls: unnamed or named 0.
    pub fn is_main(&self) -> bool {
        self.kind != RouteKind::Event && self.name.as_ref().is_none_or(|n| &*n.text == "0")
    }
}

/// Kinds of route blocks; synonyms of the keyword are folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RouteKind {
    /// `request_route`, `route`, `route[X]`.
    Request,
    /// `reply_route`, `onreply_route`, `onreply_route[X]`.
    Reply,
    /// `failure_route[X]`.
    Failure,
    /// `branch_route[X]`.
    Branch,
    /// `onsend_route`.
    Onsend,
    /// `event_route[module:event]`.
    Event,
}
