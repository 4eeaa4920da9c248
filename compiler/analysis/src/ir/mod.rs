//! The typed program: what is left of a configuration when every name is resolved. Statements stay structured
//! (`if`, `while`, `switch`); expressions carry a type that is known ([`Ty::Int`], [`Ty::Str`]) or is found at run
//! time ([`Ty::Dyn`]). Conversions between them are implied by where a value is used, as in the language itself:
//! whoever needs an integer converts.

mod display;

use std::net::IpAddr;
use std::sync::Arc;

use kamjit_catalog::{Generation, Handle, Routes};
use kamjit_syntax::Span;

/// A configuration, ready for code generation. Holds the constant strings that machine code points to.
#[derive(Debug)]
pub struct Program {
    /// Whose meaning applies (width of integers).
    pub generation: Generation,
    /// The route blocks; a route's number is its index here.
    pub routes: Vec<Route>,
    /// All statements, for probes; a statement's `id` is its index here.
    pub stmts: Vec<StmtInfo>,
}

/// A route block.
#[derive(Debug)]
pub struct Route {
    /// Its kind, one bit.
    pub kind: Routes,
    /// Its name; empty for the main blocks.
    pub name: Arc<str>,
    /// The whole block.
    pub span: Span,
    /// What it does.
    pub body: Vec<Stmt>,
}

/// What a probe can say about a statement.
#[derive(Clone, Debug)]
pub struct StmtInfo {
    /// The route that it is part of.
    pub route: u32,
    /// Where it stands in the expanded text.
    pub span: Span,
    /// The file, as opened.
    pub file: Arc<str>,
    /// 1-based line.
    pub line: u32,
    /// Its kind, as cfgtrace names it: `if`, `assign`, `route`, a function's name.
    pub what: Box<str>,
}

/// A statement.
#[derive(Debug)]
pub struct Stmt {
    /// Its entry in [`Program::stmts`].
    pub id: u32,
    /// What it does.
    pub kind: StmtKind,
}

/// The kinds of statements.
#[derive(Debug)]
pub enum StmtKind {
    /// Evaluates a call (function, route or assignment) for its effect; its code becomes the route's result.
    Run(Expr),
    /// Assigns; nothing happens if the value cannot be computed (division by zero).
    Assign(Target, Expr),
    /// True when the value is **greater than zero**.
    If(Expr, Vec<Stmt>, Vec<Stmt>),
    /// True when the value is not zero; bounded by `max_while_loops`.
    While(Expr, Vec<Stmt>),
    /// A switch.
    Switch(Box<Switch>),
    /// Leaves the innermost loop or switch; outside of both, the route.
    Break,
    /// Leaves the script. An expression is run for its effect.
    Exit(Option<Expr>),
    /// Leaves the script and drops the message.
    Drop(Option<Expr>),
    /// Leaves the route with a value; 0 leaves the script.
    Return(Expr),
}

/// A switch: the labels are tried in order, bodies fall through.
#[derive(Debug)]
pub struct Switch {
    /// The value.
    pub on: Expr,
    /// True: compared as integers; false: as strings.
    pub by_int: bool,
    /// The cases in the order written.
    pub cases: Vec<Case>,
}

/// A case of a switch.
#[derive(Debug)]
pub struct Case {
    /// What it tests.
    pub label: Label,
    /// What it does.
    pub body: Vec<Stmt>,
}

/// What a case tests.
#[derive(Debug)]
pub enum Label {
    /// An integer.
    Int(i64),
    /// A string.
    Str(Box<[u8]>),
    /// A regular expression.
    Regex(Handle, Box<[u8]>),
    /// Nothing: used when no other label matches.
    Default,
}

/// The left side of an assignment.
#[derive(Clone, Debug)]
pub enum Target {
    /// `$var(x)`: the undefined value is stored as 0.
    Var(u32),
    /// Any other pseudo-variable.
    Pv(Pv),
}

/// A prepared pseudo-variable.
#[derive(Clone, Debug)]
pub struct Pv {
    /// The host's handle.
    pub handle: Handle,
    /// As written, for dumps.
    pub text: Box<str>,
}

/// What is known of an expression's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ty {
    /// An integer.
    Int,
    /// A string.
    Str,
    /// Integer, string or undefined, found at run time.
    Dyn,
}

/// Operators on integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Arith {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    And,
    Or,
    Xor,
    Shl,
    Shr,
}

/// Comparisons of integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Cmp {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

/// An expression.
#[derive(Clone, Debug)]
pub enum Expr {
    /// A number, already cut to the generation's width.
    Int(i64),
    /// A constant string.
    Str(Arc<[u8]>),
    /// `$null`.
    Null,
    /// `$var(x)` by slot.
    Var(u32),
    /// A pseudo-variable.
    Pv(Pv),
    /// A select: a string, empty when undefined.
    Select(Pv),
    /// `$rc`.
    Rc,
    /// `-x`.
    Neg(Box<Expr>),
    /// `~x`.
    BitNot(Box<Expr>),
    /// `!x`: 1 if the integer is 0.
    Not(Box<Expr>),
    /// Integer arithmetic. Division by zero has no value: the statement is given up.
    Arith(Arith, Box<Expr>, Box<Expr>),
    /// `a + b + c` where `a`'s type is found at run time: addition of all if it is an integer, else concatenation.
    Plus(Box<Expr>, Vec<Expr>),
    /// Concatenation of two or more strings.
    Concat(Vec<Expr>),
    /// `a && b`: 1 if both integers are not 0.
    And(Box<Expr>, Box<Expr>),
    /// `a || b`.
    Or(Box<Expr>, Box<Expr>),
    /// Comparison as integers.
    Cmp(Cmp, Box<Expr>, Box<Expr>),
    /// Comparison as strings, `true` for "not equal".
    StrEq(Box<Expr>, Box<Expr>, bool),
    /// Comparison ruled by the type that the left side has at run time, `true` for "not equal".
    DynEq(Box<Expr>, Box<Expr>, bool),
    /// True if the value is undefined or an empty string.
    IsEmpty(Box<Expr>),
    /// True if the value is not undefined.
    Defined(Box<Expr>),
    /// Length of the string.
    Len(Box<Expr>),
    /// `(int)x`.
    ToInt(Box<Expr>),
    /// `(str)x`.
    ToStr(Box<Expr>),
    /// `x =~ constant`.
    Match(Box<Expr>, Handle, Box<[u8]>),
    /// `x =~ y`.
    MatchDyn(Box<Expr>, Box<Expr>),
    /// A function's code.
    Call(Box<Call>),
    /// A route's return value.
    RouteCall(Box<RouteTarget>),
    /// 1 if the value is greater than zero, else 0: what a call is worth inside a larger expression.
    Truth(Box<Expr>),
    /// `selval(c, a, b)`: `a` if c is greater than zero.
    Selval(Box<Expr>, Box<Expr>, Box<Expr>),
    /// An assignment used as a value: 1.
    Assign(Box<Target>, Box<Expr>),
    /// A property of the message that is a number.
    FieldInt(Field),
    /// A property of the message as a string; empty when it has none.
    FieldStr(Field),
    /// `uri == myself` and the like.
    IsMyself(Field),
    /// `src_ip == 10.0.0.0/8`.
    InNet(Field, Box<IpNet>),
    /// `src_ip == "some.host"`: the address is that of the host, found at run time.
    IsHost(Field, Box<Expr>),
    /// Equality of strings without regard to the case of ASCII letters.
    SameText(Box<Expr>, Box<Expr>),
}

/// A prepared call of a function.
#[derive(Clone, Debug)]
pub struct Call {
    /// The host's handle.
    pub site: Handle,
    /// The function's name, for dumps and probes.
    pub name: Box<str>,
    /// Values of the dynamic arguments in their order.
    pub args: Vec<Expr>,
    /// A function of the server itself: its code does not go to `$rc`; in an expression `$rc` becomes 0 (captured).
    pub core: bool,
}

/// The target of `route()`.
#[derive(Clone, Debug)]
pub enum RouteTarget {
    /// A route by number.
    Static(u32),
    /// A name found at run time.
    Dynamic(Expr),
}

/// Properties of the message that conditions test by a bare word. The numbers are part of the machine-code ABI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u32)]
#[allow(missing_docs)]
pub enum Field {
    Uri = 0,
    FromUri = 1,
    ToUri = 2,
    Status = 3,
    Method = 4,
    SrcIp = 5,
    DstIp = 6,
    SndIp = 7,
    ToIp = 8,
    SrcPort = 9,
    DstPort = 10,
    SndPort = 11,
    ToPort = 12,
    Proto = 13,
    SndProto = 14,
    Af = 15,
    SndAf = 16,
    MsgLen = 17,
    MaxLen = 18,
}

impl Field {
    /// All fields, by number.
    pub const ALL: [Field; 19] = [
        Field::Uri,
        Field::FromUri,
        Field::ToUri,
        Field::Status,
        Field::Method,
        Field::SrcIp,
        Field::DstIp,
        Field::SndIp,
        Field::ToIp,
        Field::SrcPort,
        Field::DstPort,
        Field::SndPort,
        Field::ToPort,
        Field::Proto,
        Field::SndProto,
        Field::Af,
        Field::SndAf,
        Field::MsgLen,
        Field::MaxLen,
    ];

    /// The field with this number.
    pub fn from_number(number: u32) -> Option<Field> {
        Self::ALL.get(number as usize).copied()
    }
}

/// A network, or an address when the mask is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IpNet {
    /// The address with the bits outside the mask cleared.
    pub addr: IpAddr,
    /// The mask, of the same family.
    pub mask: IpAddr,
}

impl IpNet {
    /// A network of `bits` leading bits; `None` if the family has fewer.
    pub fn new(addr: IpAddr, bits: u32) -> Option<IpNet> {
        match addr {
            IpAddr::V4(_) if bits <= 32 => {
                let mask = u32::MAX.checked_shl(32 - bits).unwrap_or(0);
                IpNet::with_mask(addr, IpAddr::V4(mask.into()))
            }
            IpAddr::V6(_) if bits <= 128 => {
                let mask = u128::MAX.checked_shl(128 - bits).unwrap_or(0);
                IpNet::with_mask(addr, IpAddr::V6(mask.into()))
            }
            _ => None,
        }
    }

    /// An address (IPv6 also in brackets) or a network `address/bits`, `address/mask` in text.
    pub fn parse(text: &[u8]) -> Option<IpNet> {
        let text = std::str::from_utf8(text).ok()?;
        let Some((addr, mask)) = text.split_once('/') else {
            let bare = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
            return bare.parse().ok().map(IpNet::host);
        };
        let addr: IpAddr = addr.parse().ok()?;
        match mask.parse::<u32>() {
            Ok(bits) => IpNet::new(addr, bits),
            Err(_) => IpNet::with_mask(addr, mask.parse().ok()?),
        }
    }

    /// A single address.
    pub fn host(addr: IpAddr) -> IpNet {
        match addr {
            IpAddr::V4(_) => IpNet { addr, mask: IpAddr::V4(u32::MAX.into()) },
            IpAddr::V6(_) => IpNet { addr, mask: IpAddr::V6(u128::MAX.into()) },
        }
    }

    /// A network with a written mask; `None` if the families differ.
    pub fn with_mask(addr: IpAddr, mask: IpAddr) -> Option<IpNet> {
        match (addr, mask) {
            (IpAddr::V4(a), IpAddr::V4(m)) => {
                Some(IpNet { addr: IpAddr::V4((a.to_bits() & m.to_bits()).into()), mask })
            }
            (IpAddr::V6(a), IpAddr::V6(m)) => {
                Some(IpNet { addr: IpAddr::V6((a.to_bits() & m.to_bits()).into()), mask })
            }
            _ => None,
        }
    }

    /// True if the address lies in the network. A mapped IPv4 address counts as IPv4.
    pub fn contains(&self, ip: IpAddr) -> bool {
        match (self.addr, self.mask, ip.to_canonical()) {
            (IpAddr::V4(a), IpAddr::V4(m), IpAddr::V4(i)) => i.to_bits() & m.to_bits() == a.to_bits(),
            (IpAddr::V6(a), IpAddr::V6(m), IpAddr::V6(i)) => i.to_bits() & m.to_bits() == a.to_bits(),
            _ => false,
        }
    }
}

impl Expr {
    /// What is known of the type.
    pub fn ty(&self) -> Ty {
        match self {
            Expr::Null | Expr::Var(_) | Expr::Pv(_) | Expr::Plus(..) | Expr::Selval(..) => Ty::Dyn,
            Expr::Str(_) | Expr::Select(_) | Expr::Concat(_) | Expr::ToStr(_) | Expr::FieldStr(_) => Ty::Str,
            _ => Ty::Int,
        }
    }
}
