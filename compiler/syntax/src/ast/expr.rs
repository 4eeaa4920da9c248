//! Expressions.

use std::net::IpAddr;

use super::{
    Assign, Attr, Block, Call, NetLit, Proto, PvRef, RouteCall, Select, SocketLit, Span, StrLit, WordLit,
};

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
