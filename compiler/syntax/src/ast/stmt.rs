//! Statements.

use super::{Attr, Expr, Name, PvRef, Span};

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
