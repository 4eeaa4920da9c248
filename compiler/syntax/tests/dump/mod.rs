//! Writes a tree in a short form for snapshots: one line for each item and statement, expressions as (op a b).

use kamjit_syntax::ast::*;
use kamjit_syntax::pv::{PvIndex, PvInner, PvRef, TransArg};

/// The whole tree.
pub(crate) fn file(file: &File) -> String {
    let mut out = String::new();
    for item in &file.items {
        item_lines(item, &mut out);
    }
    out
}

fn item_lines(item: &Item, out: &mut String) {
    let line = match &item.kind {
        ItemKind::Global(g) => format!("global {} = {}", g.name.text, exprs(&g.values)),
        ItemKind::Listen(l) => listen(l),
        ItemKind::CustomVar(v) => {
            let instance = v.instance.map(|(n, _)| format!("[{n}]")).unwrap_or_default();
            let desc = v.desc.as_ref().map(|d| format!(" desc {}", string(d))).unwrap_or_default();
            format!("custom {}{instance}.{} = {}{desc}", v.group.text, v.name.text, expr(&v.value))
        }
        ItemKind::Flags(flags) => {
            let flags = flags.iter().map(|f| match f.number {
                Some((n, _)) => format!("{}:{n}", f.name.text),
                None => f.name.text.to_string(),
            });
            format!("flags {}", flags.collect::<Vec<_>>().join(", "))
        }
        ItemKind::AvpFlags(names) => {
            format!("avpflags {}", names.iter().map(|n| &*n.text).collect::<Vec<_>>().join(", "))
        }
        ItemKind::LoadModule(m) => {
            let options = m.options.as_ref().map(|o| format!(", {}", string(o))).unwrap_or_default();
            format!("loadmodule{} {}{options}", if m.extended { "x" } else { "" }, string(&m.path))
        }
        ItemKind::LoadPath(p) => format!("loadpath {}", string(p)),
        ItemKind::CfgEngine(p) => format!("cfgengine {}", string(p)),
        ItemKind::ModParam(p) => format!(
            "modparam{} {} {} = {}",
            if p.extended { "x" } else { "" },
            string(&p.module),
            string(&p.param),
            expr(&p.value)
        ),
        ItemKind::Route(r) => {
            let name = r.name.as_ref().map(|n| format!("[{}]", n.text)).unwrap_or_default();
            out.push_str(&format!("{:?}{name} ({})\n", r.kind, r.keyword.text));
            block(&r.body, 1, out);
            return;
        }
        ItemKind::Error => "ERROR".into(),
    };
    out.push_str(&line);
    out.push('\n');
}

fn listen(l: &Listen) -> String {
    let mut out = String::from(if l.block { "socket" } else { "listen" });
    for s in &l.sockets {
        out.push_str(&format!(" {}", socket(s)));
    }
    if let Some(s) = &l.advertise {
        out.push_str(&format!(" advertise {}", socket(s)));
    }
    for (word, value) in [("name", &l.name), ("agname", &l.agname), ("vrf", &l.vrf)] {
        if let Some(value) = value {
            out.push_str(&format!(" {word} {}", string(value)));
        }
    }
    if let Some((n, _)) = l.workers {
        out.push_str(&format!(" workers {n}"));
    }
    if l.is_virtual {
        out.push_str(" virtual");
    }
    out
}

fn block(b: &Block, depth: usize, out: &mut String) {
    stmts(&b.stmts, depth, out);
}

fn stmts(stmts: &[Stmt], depth: usize, out: &mut String) {
    for s in stmts {
        stmt(s, depth, out);
    }
}

fn stmt(s: &Stmt, depth: usize, out: &mut String) {
    let pad = "  ".repeat(depth);
    let value = |word: &str, e: &Option<Expr>| match e {
        Some(e) => format!("{word} {}", expr(e)),
        None => word.to_string(),
    };
    let line = match &s.kind {
        StmtKind::Empty => ";".into(),
        StmtKind::Call(c) => call(c),
        StmtKind::RouteCall(r) => route_call(r),
        StmtKind::Assign(a) => assign(a),
        StmtKind::If(i) => {
            out.push_str(&format!("{pad}if {}\n", expr(&i.cond)));
            block(&i.then, depth + 1, out);
            if let Some(otherwise) = &i.otherwise {
                out.push_str(&format!("{pad}else\n"));
                block(otherwise, depth + 1, out);
            }
            return;
        }
        StmtKind::While(w) => {
            out.push_str(&format!("{pad}while {}\n", expr(&w.cond)));
            block(&w.body, depth + 1, out);
            return;
        }
        StmtKind::Switch(w) => {
            out.push_str(&format!("{pad}switch {}\n", expr(&w.on)));
            for case in &w.cases {
                let label = match &case.label {
                    CaseLabel::Value(e) => format!("case {}", expr(e)),
                    CaseLabel::Regex(e) => format!("case / {}", expr(e)),
                    CaseLabel::Default => "default".into(),
                };
                out.push_str(&format!("{pad}{label}:\n"));
                stmts(&case.body, depth + 1, out);
            }
            return;
        }
        StmtKind::Break => "break".into(),
        StmtKind::Exit(e) => value("exit", e),
        StmtKind::Drop(e) => value("drop", e),
        StmtKind::Return(e) => value("return", e),
        StmtKind::Error => "ERROR".into(),
    };
    out.push_str(&format!("{pad}{line}\n"));
}

fn call(c: &Call) -> String {
    if c.parens { format!("{}({})", c.name.text, exprs(&c.args)) } else { c.name.text.to_string() }
}

fn route_call(r: &RouteCall) -> String {
    match &r.target {
        RouteTarget::Static(name) => format!("route({})", name.text),
        RouteTarget::Dynamic(e) => format!("route(dynamic {})", expr(e)),
    }
}

fn assign(a: &Assign) -> String {
    let target = match &a.target {
        Target::Pv(p) => pv(p),
        Target::Attr(a) => attr(a),
    };
    format!("{target} := {}", expr(&a.value))
}

fn exprs(list: &[Expr]) -> String {
    list.iter().map(expr).collect::<Vec<_>>().join(", ")
}

fn expr(e: &Expr) -> String {
    match &e.kind {
        ExprKind::Int(n) => n.to_string(),
        ExprKind::Word(w) => format!("{w:?}"),
        ExprKind::Str(s) => string(s),
        ExprKind::Pv(p) => pv(p),
        ExprKind::Select(s) => {
            let parts = s.parts.iter().map(|p| match &p.index {
                None => p.name.text.to_string(),
                Some(SelectIndex::Num(n)) => format!("{}[{n}]", p.name.text),
                Some(SelectIndex::Str(s)) => format!("{}[{}]", p.name.text, string(s)),
                Some(SelectIndex::Any) => format!("{}[%]", p.name.text),
            });
            format!("@{}", parts.collect::<Vec<_>>().join("."))
        }
        ExprKind::Attr(a) => attr(a),
        ExprKind::Core(c) => format!("{c:?}"),
        ExprKind::Myself => "myself".into(),
        ExprKind::Ip(ip) => ip.to_string(),
        ExprKind::Net(n) => match n.mask {
            NetMask::Bits(bits) => format!("{}/{bits}", n.addr),
            NetMask::Addr(mask) => format!("{}/{mask}", n.addr),
        },
        ExprKind::Proto(p) => format!("{p:?}"),
        ExprKind::Socket(s) => format!("<{}>", socket(s)),
        ExprKind::Bare(b) => format!("`{b}`"),
        ExprKind::Unary(op, e) => format!("({op:?} {})", expr(e)),
        ExprKind::Binary(b) => format!("({:?} {} {})", b.op, expr(&b.lhs), expr(&b.rhs)),
        ExprKind::Call(c) => call(c),
        ExprKind::RouteCall(r) => route_call(r),
        ExprKind::Builtin(f, args) => format!("({f:?} {})", exprs(args)),
        ExprKind::Assign(a) => format!("({})", assign(a)),
        ExprKind::Block(b) => {
            let mut out = String::new();
            block(b, 0, &mut out);
            format!("{{{}}}", out.trim_end().replace('\n', "; "))
        }
        ExprKind::Error => "ERROR".into(),
    }
}

fn string(s: &StrLit) -> String {
    format!("{:?}", s.lossy())
}

fn attr(a: &Attr) -> String {
    match &a.class {
        Some(class) => format!("%{}.{}", class.text, a.name.text),
        None => format!("%{}", a.name.text),
    }
}

fn pv(p: &PvRef) -> String {
    let inner = match &p.inner {
        PvInner::None => String::new(),
        PvInner::Text(t) => format!("({})", String::from_utf8_lossy(t)),
        PvInner::Pv(p) => format!("(<{}>)", pv(p)),
    };
    let index = match &p.index {
        PvIndex::None => String::new(),
        PvIndex::Num(n) => format!("[{n}]"),
        PvIndex::All => "[*]".into(),
        PvIndex::Pv(p) => format!("[<{}>]", pv(p)),
    };
    let transforms = p.transforms.iter().map(|t| {
        let args = t.args.iter().map(|a| match a {
            TransArg::Text(t) => format!(" {:?}", String::from_utf8_lossy(t)),
            TransArg::Num(n) => format!(" {n}"),
            TransArg::Pv(p) => format!(" <{}>", pv(p)),
        });
        format!("{{{}.{}{}}}", t.class, t.op, args.collect::<String>())
    });
    format!("${}{inner}{index}{}", p.name, transforms.collect::<String>())
}

fn socket(s: &SocketLit) -> String {
    let proto = s.proto.map(|(p, _)| format!("{p:?}:")).unwrap_or_default();
    let hosts: Vec<String> = s
        .hosts
        .iter()
        .map(|h| match &h.kind {
            HostKind::Ip(ip) => format!("ip {ip}"),
            HostKind::Name(n) => n.to_string(),
            HostKind::Any => "*".into(),
        })
        .collect();
    let port = s.port.map(|(p, _)| format!(":{p}")).unwrap_or_default();
    let end = s.port_end.map(|(p, _)| format!("-{p}")).unwrap_or_default();
    format!("{proto}{}{port}{end}", hosts.join(", "))
}
