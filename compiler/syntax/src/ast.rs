//! The tree of one configuration after preprocessing. Every node carries its [`Span`] in the expanded text.
//!
//! The tree says what was written, not what it means: whether `t_relay` exists, whether `$var(x)` may be assigned,
//! whether `FLT_ACC` is a flag is decided in `compiler/analysis`.

use std::net::IpAddr;

pub use crate::pv::PvRef;
pub use crate::span::Span;

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

/// A word with its place. For quoted words `text` is the content and `span` covers the quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// The word itself.
    pub text: Box<str>,
    /// Where it stands.
    pub span: Span,
    /// True when written as a string.
    pub quoted: bool,
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

/// `[proto:]host[:port[-port]]`.
#[derive(Clone, Debug, PartialEq)]
pub struct SocketLit {
    /// The protocol; `None` when not written.
    pub proto: Option<(Proto, Span)>,
    /// The hosts: one, or several when written `(a, b)`.
    pub hosts: Vec<Host>,
    /// The port; with `port_end` the first one of a range.
    pub port: Option<(u16, Span)>,
    /// The last port of a range (6.x).
    pub port_end: Option<(u16, Span)>,
    /// All of it.
    pub span: Span,
}

/// A host in a socket, alias or `forward()`.
#[derive(Clone, Debug, PartialEq)]
pub struct Host {
    /// The address or name.
    pub kind: HostKind,
    /// Where it stands.
    pub span: Span,
}

/// How a host is written.
#[derive(Clone, Debug, PartialEq)]
pub enum HostKind {
    /// A literal address.
    Ip(IpAddr),
    /// A host or interface name, bare or quoted.
    Name(Box<str>),
    /// `*`: any.
    Any,
}

/// Protocol words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum Proto {
    Udp,
    Tcp,
    Tls,
    Sctp,
    Ws,
    Wss,
    /// `*`.
    Any,
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

/// Statements: a braced block, or the one statement of an `if` or `while` without braces.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Block {
    /// The statements.
    pub stmts: Vec<Stmt>,
    /// With the braces.
    pub span: Span,
    /// False for a single statement without braces.
    pub braced: bool,
}

/// A statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Stmt {
    /// The whole statement with its semicolon.
    pub span: Span,
    /// What it is.
    pub kind: StmtKind,
}

/// The kinds of statements.
#[derive(Clone, Debug, PartialEq)]
pub enum StmtKind {
    /// A lone `;`.
    Empty,
    /// A function call: core or module function.
    Call(Call),
    /// `route(X);`
    RouteCall(RouteCall),
    /// `$var(x) = 1;`
    Assign(Assign),
    /// `if`.
    If(If),
    /// `while`.
    While(While),
    /// `switch`.
    Switch(Switch),
    /// `break;`
    Break,
    /// `exit;`, `exit 5;`, `exit();`
    Exit(Option<Expr>),
    /// `drop;`
    Drop(Option<Expr>),
    /// `return;`, `return -1;`
    Return(Option<Expr>),
    /// Text that could not be read; a diagnostic was given.
    Error,
}

/// A call `name(args)`.
#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    /// The function as written.
    pub name: Name,
    /// The arguments. Module functions take expressions; core functions also `Bare`, `Socket`, `Ip`, `Proto`.
    pub args: Vec<Expr>,
    /// False for `force_rport;` and the like.
    pub parens: bool,
    /// From the name to the closing parenthesis.
    pub span: Span,
}

/// A call `route(X)`.
#[derive(Clone, Debug, PartialEq)]
pub struct RouteCall {
    /// Which route.
    pub target: RouteTarget,
    /// From `route` to the closing parenthesis.
    pub span: Span,
}

/// The argument of `route()`.
#[derive(Clone, Debug, PartialEq)]
pub enum RouteTarget {
    /// An identifier, a number or a single string literal.
    Static(Name),
    /// Anything computed.
    Dynamic(Box<Expr>),
}

/// `target = value`.
#[derive(Clone, Debug, PartialEq)]
pub struct Assign {
    /// What is assigned.
    pub target: Target,
    /// The value.
    pub value: Box<Expr>,
    /// Without the semicolon.
    pub span: Span,
}

/// The left side of an assignment.
#[derive(Clone, Debug, PartialEq)]
pub enum Target {
    /// A pseudo-variable.
    Pv(PvRef),
    /// An old style attribute, `%f.name`.
    Attr(Attr),
}

/// `if (cond) then else otherwise`.
#[derive(Clone, Debug, PartialEq)]
pub struct If {
    /// The condition.
    pub cond: Expr,
    /// Run when true.
    pub then: Block,
    /// Run when false; `else if` is an unbraced block with one `If`.
    pub otherwise: Option<Block>,
}

/// `while (cond) body`.
#[derive(Clone, Debug, PartialEq)]
pub struct While {
    /// The condition.
    pub cond: Expr,
    /// The body.
    pub body: Block,
}

/// `switch (on) { ... }`.
#[derive(Clone, Debug, PartialEq)]
pub struct Switch {
    /// The value.
    pub on: Expr,
    /// The cases in the order written; each falls into the next one unless it leaves.
    pub cases: Vec<Case>,
}

/// One label of a switch and what follows it up to the next.
#[derive(Clone, Debug, PartialEq)]
pub struct Case {
    /// The label.
    pub label: CaseLabel,
    /// The statements, often none (`case 1: case 2: ...`).
    pub body: Vec<Stmt>,
    /// From `case` to the last statement.
    pub span: Span,
}

/// What a case tests.
#[derive(Clone, Debug, PartialEq)]
pub enum CaseLabel {
    /// `case 1:`, `case "x":`.
    Value(Expr),
    /// `case /"regex":`.
    Regex(Expr),
    /// `default:`.
    Default,
}

/// An expression. Parentheses leave no node.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// The whole expression (without parentheses around it).
    pub span: Span,
    /// What it is.
    pub kind: ExprKind,
}

/// The kinds of expressions.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A number. Digits beyond 64 bits wrap; the 32 bit cut of 5.6 is done by the analysis.
    Int(i64),
    /// `yes`, `no`, `on`, `off`, `true`, `false`, `enable`, `disable` and `INET`, `INET6` and their synonyms (numbers for the server).
    Word(WordLit),
    /// A string; adjacent double-quoted ones are joined.
    Str(StrLit),
    /// A pseudo-variable.
    Pv(Box<PvRef>),
    /// `@ruri.host`.
    Select(Select),
    /// An old style attribute, `%f.name`.
    Attr(Attr),
    /// `uri`, `method`, `src_ip`, ...
    Core(CoreVar),
    /// `myself`.
    Myself,
    /// An address.
    Ip(IpAddr),
    /// `10.0.0.0/8`, `10.0.0.0/255.0.0.0`.
    Net(NetLit),
    /// `UDP`, `tcp`, `*` where a protocol may stand.
    Proto(Proto),
    /// `udp:1.2.3.4:5060` as an argument or global value.
    Socket(Box<SocketLit>),
    /// An identifier: a method in `method==INVITE`, a host in `src_ip==my.host`, a flag name, `uri:host`.
    Bare(Box<str>),
    /// `-x`, `!x`, `~x`.
    Unary(UnaryOp, Box<Expr>),
    /// `a + b`, ...
    Binary(Box<Binary>),
    /// A function call.
    Call(Box<Call>),
    /// `route(X)` used as a value.
    RouteCall(Box<RouteCall>),
    /// `defined x`, `strlen(x)`, `(int)x`, ...
    Builtin(Builtin, Vec<Expr>),
    /// `($var(x) = 1)`: an assignment used as a value.
    Assign(Box<Assign>),
    /// `{ ... }` used as a value.
    Block(Block),
    /// Text that could not be read; a diagnostic was given.
    Error,
}

/// A word that stands for a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WordLit {
    /// `yes`, `on`, `true`, `enable` and `no`, `off`, `false`, `disable`.
    Bool(bool),
    /// `INET`, `ipv4`, ...
    Inet,
    /// `INET6`, `ipv6`, ...
    Inet6,
}

/// A string literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StrLit {
    /// The bytes after joining and decoding of escapes.
    pub value: Box<[u8]>,
    /// From the first to the last quote.
    pub span: Span,
    /// The quote character of the first part: `"` or `'`.
    pub quote: u8,
}

impl StrLit {
    /// The value as text, other bytes replaced: for names and messages, never for data.
    pub fn lossy(&self) -> std::borrow::Cow<'_, str> {
        String::from_utf8_lossy(&self.value)
    }
}

/// `@a.b[1].c`.
#[derive(Clone, Debug, PartialEq)]
pub struct Select {
    /// The parts in order.
    pub parts: Vec<SelectPart>,
    /// From `@` on.
    pub span: Span,
}

/// One part of a select.
#[derive(Clone, Debug, PartialEq)]
pub struct SelectPart {
    /// The word.
    pub name: Name,
    /// `[3]`, `["x"]`, `[%]`.
    pub index: Option<SelectIndex>,
}

/// The bracket after a select part.
#[derive(Clone, Debug, PartialEq)]
pub enum SelectIndex {
    /// A number.
    Num(i64),
    /// A string.
    Str(StrLit),
    /// `%`: all.
    Any,
}

/// `%f.name`, `%name[1]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Attr {
    /// The class before the dot: `f t fr tr fu tu fd td g`, when written.
    pub class: Option<Name>,
    /// The attribute.
    pub name: Name,
    /// `[3]`.
    pub index: Option<(i64, Span)>,
    /// All of it.
    pub span: Span,
}

/// `address/bits` or `address/mask`.
#[derive(Clone, Debug, PartialEq)]
pub struct NetLit {
    /// The address as written.
    pub addr: IpAddr,
    /// The mask.
    pub mask: NetMask,
}

/// The mask of a [`NetLit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NetMask {
    /// A prefix length, as written (not checked against the family).
    Bits(i64),
    /// A mask written as an address.
    Addr(IpAddr),
}

/// The words that conditions test.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum CoreVar {
    Uri,
    FromUri,
    ToUri,
    Status,
    Method,
    SrcIp,
    DstIp,
    SrcPort,
    DstPort,
    Proto,
    Af,
    MsgLen,
    SndIp,
    SndPort,
    SndProto,
    SndAf,
    ToIp,
    ToPort,
    /// `max_len` as in `msg:len > max_len`.
    MaxLen,
}

/// Operators with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)]
pub enum UnaryOp {
    Neg,
    Not,
    BitNot,
}

/// `lhs op rhs`.
#[derive(Clone, Debug, PartialEq)]
pub struct Binary {
    /// The operator.
    pub op: BinaryOp,
    /// Where the operator stands.
    pub op_span: Span,
    /// Left operand.
    pub lhs: Expr,
    /// Right operand.
    pub rhs: Expr,
}

/// Operators with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `||`, `or`.
    Or,
    /// `&&`, `and`.
    And,
    /// `|`.
    BitOr,
    /// `&`.
    BitAnd,
    /// `^`.
    BitXor,
    /// `<<`.
    Shl,
    /// `>>`.
    Shr,
    /// `==` (and `=` where the server takes it for the same).
    Eq,
    /// `!=`.
    Ne,
    /// `=~`.
    Match,
    /// `ieq`: equal as numbers.
    IntEq,
    /// `ine`: not equal as numbers.
    IntNe,
    /// `eq`: equal as strings.
    StrEq,
    /// `ne`: not equal as strings.
    StrNe,
    /// `<`.
    Lt,
    /// `<=`.
    Le,
    /// `>`.
    Gt,
    /// `>=`.
    Ge,
    /// `+`.
    Add,
    /// `-`.
    Sub,
    /// `*`.
    Mul,
    /// `/`.
    Div,
    /// `mod`.
    Mod,
}

/// Functions that are part of the expression language.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Builtin {
    /// `strlen(x)`.
    Strlen,
    /// `strempty(x)`.
    Strempty,
    /// `defined x`.
    Defined,
    /// `selval(cond, a, b)`.
    Selval,
    /// `(int)x`.
    CastInt,
    /// `(str)x`.
    CastStr,
}
