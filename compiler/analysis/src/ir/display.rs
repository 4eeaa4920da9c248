//! The text form of a program, for snapshots and `--dump-ir`. Handles are left out: they differ from run to run.

use std::fmt::{self, Display, Formatter, Write};

use super::*;

impl Display for Program {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (index, route) in self.routes.iter().enumerate() {
            writeln!(f, "route {index} kind={} name={:?} {{", route.kind.0, route.name)?;
            block(f, &route.body, 1)?;
            writeln!(f, "}}")?;
        }
        Ok(())
    }
}

fn indent(f: &mut Formatter<'_>, depth: usize) -> fmt::Result {
    (0..depth).try_for_each(|_| f.write_str("  "))
}

fn block(f: &mut Formatter<'_>, stmts: &[Stmt], depth: usize) -> fmt::Result {
    stmts.iter().try_for_each(|s| stmt(f, s, depth))
}

fn stmt(f: &mut Formatter<'_>, stmt: &Stmt, depth: usize) -> fmt::Result {
    indent(f, depth)?;
    match &stmt.kind {
        StmtKind::Run(e) => writeln!(f, "{e}"),
        StmtKind::Assign(target, value) => writeln!(f, "{target} = {value}"),
        StmtKind::If(cond, then, otherwise) => {
            writeln!(f, "if {cond} {{")?;
            block(f, then, depth + 1)?;
            if !otherwise.is_empty() {
                indent(f, depth)?;
                writeln!(f, "}} else {{")?;
                block(f, otherwise, depth + 1)?;
            }
            indent(f, depth)?;
            writeln!(f, "}}")
        }
        StmtKind::While(cond, body) => {
            writeln!(f, "while {cond} {{")?;
            block(f, body, depth + 1)?;
            indent(f, depth)?;
            writeln!(f, "}}")
        }
        StmtKind::Switch(switch) => {
            writeln!(f, "switch {} {} {{", if switch.by_int { "int" } else { "str" }, switch.on)?;
            for case in &switch.cases {
                indent(f, depth)?;
                match &case.label {
                    Label::Int(value) => writeln!(f, "case {value}:")?,
                    Label::Str(value) => writeln!(f, "case {}:", Bytes(value))?,
                    Label::Regex(_, value) => writeln!(f, "case /{}:", Bytes(value))?,
                    Label::Default => writeln!(f, "default:")?,
                }
                block(f, &case.body, depth + 1)?;
            }
            indent(f, depth)?;
            writeln!(f, "}}")
        }
        StmtKind::Break => writeln!(f, "break"),
        StmtKind::Exit(e) => word(f, "exit", e.as_ref()),
        StmtKind::Drop(e) => word(f, "drop", e.as_ref()),
        StmtKind::Return(e) => writeln!(f, "return {e}"),
    }
}

fn word(f: &mut Formatter<'_>, word: &str, e: Option<&Expr>) -> fmt::Result {
    match e {
        Some(e) => writeln!(f, "{word} {e}"),
        None => writeln!(f, "{word}"),
    }
}

/// Bytes as a quoted text.
struct Bytes<'a>(&'a [u8]);

impl Display for Bytes<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0.escape_ascii())
    }
}

impl Display for Target {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Target::Var(slot) => write!(f, "var{slot}"),
            Target::Pv(pv) => f.write_str(&pv.text),
        }
    }
}

fn list(f: &mut Formatter<'_>, items: &[Expr]) -> fmt::Result {
    for (k, item) in items.iter().enumerate() {
        if k > 0 {
            f.write_str(", ")?;
        }
        write!(f, "{item}")?;
    }
    f.write_char(')')
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let ne = |ne: &bool| if *ne { "!=" } else { "==" };
        match self {
            Expr::Int(value) => write!(f, "{value}"),
            Expr::Str(value) => write!(f, "{}", Bytes(value)),
            Expr::Null => f.write_str("null"),
            Expr::Var(slot) => write!(f, "var{slot}"),
            Expr::Pv(pv) => f.write_str(&pv.text),
            Expr::Select(pv) => write!(f, "@{}", pv.text),
            Expr::Rc => f.write_str("rc"),
            Expr::Neg(e) => write!(f, "-({e})"),
            Expr::BitNot(e) => write!(f, "~({e})"),
            Expr::Not(e) => write!(f, "!({e})"),
            Expr::Arith(op, a, b) => write!(f, "({a} {} {b})", arith(*op)),
            Expr::Plus(first, rest) => {
                write!(f, "plus({first}, ")?;
                list(f, rest)
            }
            Expr::Concat(parts) => {
                f.write_str("concat(")?;
                list(f, parts)
            }
            Expr::And(a, b) => write!(f, "({a} && {b})"),
            Expr::Or(a, b) => write!(f, "({a} || {b})"),
            Expr::Cmp(op, a, b) => write!(f, "({a} {} {b})", cmp(*op)),
            Expr::StrEq(a, b, n) => write!(f, "({a} s{} {b})", ne(n)),
            Expr::DynEq(a, b, n) => write!(f, "({a} {} {b})", ne(n)),
            Expr::IsEmpty(e) => write!(f, "empty({e})"),
            Expr::Defined(e) => write!(f, "defined({e})"),
            Expr::Len(e) => write!(f, "len({e})"),
            Expr::ToInt(e) => write!(f, "int({e})"),
            Expr::ToStr(e) => write!(f, "str({e})"),
            Expr::Match(e, _, text) => write!(f, "({e} =~ {})", Bytes(text)),
            Expr::MatchDyn(a, b) => write!(f, "({a} =~ {b})"),
            Expr::Call(call) => {
                write!(f, "{}(", call.name)?;
                list(f, &call.args)
            }
            Expr::RouteCall(target) => match &**target {
                RouteTarget::Static(index) => write!(f, "route({index})"),
                RouteTarget::Dynamic(name) => write!(f, "route(*{name})"),
            },
            Expr::Truth(e) => write!(f, "true({e})"),
            Expr::Selval(c, a, b) => write!(f, "selval({c}, {a}, {b})"),
            Expr::Assign(target, value) => write!(f, "({target} = {value})"),
            Expr::FieldInt(field) | Expr::FieldStr(field) => write!(f, "{field:?}"),
            Expr::IsMyself(field) => write!(f, "({field:?} == myself)"),
            Expr::IsHost(field, host) => write!(f, "({field:?} is {host})"),
            Expr::SameText(a, b) => write!(f, "({a} i== {b})"),
            Expr::InNet(field, net) => write!(f, "({field:?} in {}/{})", net.addr, net.mask),
        }
    }
}

fn arith(op: Arith) -> &'static str {
    match op {
        Arith::Add => "+",
        Arith::Sub => "-",
        Arith::Mul => "*",
        Arith::Div => "/",
        Arith::Mod => "mod",
        Arith::And => "&",
        Arith::Or => "|",
        Arith::Xor => "^",
        Arith::Shl => "<<",
        Arith::Shr => ">>",
    }
}

fn cmp(op: Cmp) -> &'static str {
    match op {
        Cmp::Eq => "==",
        Cmp::Ne => "!=",
        Cmp::Lt => "<",
        Cmp::Le => "<=",
        Cmp::Gt => ">",
        Cmp::Ge => ">=",
    }
}
