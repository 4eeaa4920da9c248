//! Expressions: every operator over values of every type, with and without parentheses.

use super::Case;
use super::generator::Gen;

/// What the server knows of a type when it parses.
#[derive(Clone, Copy, PartialEq)]
enum Ty {
    Int,
    Str,
    Dyn,
}

const INTS: &[&str] = &[
    "0",
    "1",
    "2",
    "5",
    "7",
    "12",
    "31",
    "32",
    "33",
    "100",
    "255",
    "65536",
    "2147483647",
    "2147483648",
    "4294967295",
    "4294967296",
    "99999999999",
    "010",
    "0x10",
    "0x7fffffff",
    "0xffffffff",
    "-1",
    "-7",
    "(0 - 2147483647 - 1)",
    "is_method(\"MESSAGE\")",
    "is_method(\"BYE\")",
    "route(R5)",
    "route(RM9)",
    "route(R1)",
    "route(RM1)",
    "has_body()",
    "strlen($var(s))",
    "strlen($rU)",
    "strempty($var(e))",
    "strempty($avp(nope))",
    "defined $avp(nope)",
    "defined $var(s)",
    "isflagset(3)",
    "($var(t) = 3)",
    "(int)$var(d)",
    "(int)$var(hex)",
    "(method == \"MESSAGE\")",
    "(src_ip == 127.0.0.1)",
    "(uri == myself)",
    "(proto == UDP)",
    "(src_port > 1)",
    "(af == INET)",
    "(dst_port != 0)",
    "(msg:len > 10)",
    "(from_uri =~ \"alice\")",
    "(to_uri == \"sip:bob@example.com\")",
];

const STRINGS: &[&str] = &[
    "\"\"",
    "\"abc\"",
    "\"12\"",
    "\"0\"",
    "\"-5\"",
    "\"1\"",
    "\" 9 \"",
    "\"0x1f\"",
    "\"010\"",
    "\"12abc\"",
    "\"4294967296\"",
    "\"a\\tb\"",
    "\"q\\\"q\"",
    "'single'",
    "'a$rU'",
    "\"ABC\"",
    "\"a\" \"b\"",
    "(str)5",
    "(str)$var(neg)",
    "(str)$avp(nope)",
    "\"^a.*c$\"",
    "\"[0-9]+\"",
    "\"a|b\"",
];

const DYNAMIC: &[&str] = &[
    "$var(five)",
    "$var(zero)",
    "$var(neg)",
    "$var(big)",
    "$var(s)",
    "$var(d)",
    "$var(e)",
    "$var(sp)",
    "$var(mix)",
    "$var(hex)",
    "$avp(i)",
    "$avp(s)",
    "$avp(nope)",
    "$avp(many)",
    "$(avp(many)[1])",
    "$(avp(many)[*])",
    "$xavp(x=>a)",
    "$xavp(x=>b)",
    "$xavp(x=>none)",
    "$null",
    "$rU",
    "$ru",
    "$rm",
    "$fU",
    "$fn",
    "$tU",
    "$cs",
    "$ml",
    "$si",
    "$hdr(None)",
    "$hdr(X-Num)",
    "$hdr(X-List)",
    "$(hdr(X-List)[1])",
    "$(hdr(X-List)[-1])",
    "$hdrc(X-List)",
    "$(var(s){s.len})",
    "$(var(d){s.int})",
    "$(var(s){s.toupper})",
    "$(var(s){s.substr,9,1})",
    "$cl",
    "$mt",
    "$rd",
    "$rp",
    "$(rU{s.len})",
    "$tt",
    "$ft",
    "$ua",
    "$vn(unset)",
    "$vn(n)",
    "$(hdr(X-Num){s.int})",
    "$rs",
    "$rr",
    "$true",
    "$du",
    "$ct",
    "$ci",
    "$_s(a$rU)",
    "$(ru{uri.param,p})",
    "$shv(none)",
];

const PATTERNS: &[&str] = &[
    "\"^a\"",
    "\"B\"",
    "\"[0-9]+$\"",
    "\"\"",
    "\"^$\"",
    "\"a|b\"",
    "\"(a)(b)\\\\1\"",
    "\"^.{3}$\"",
    "\"[[:alpha:]]+\"",
    "\".\"",
    "\"^12\"",
    "\"\\\\.\"",
    "\"x*\"",
    "'^[^0-9]*$'",
];

const ARITHMETIC: &[&str] =
    &["-", "*", "/", "mod", "|", "&", "^", "<<", ">>", "<", "<=", ">", ">=", "&&", "||", "and", "or"];
const EQUALITY: &[&str] = &["==", "!=", "==", "!=", "=~"];

fn atom(g: &mut Gen) -> (String, Ty) {
    match g.below(10) {
        0..=2 => (g.pick(INTS).into(), Ty::Int),
        3..=4 => (g.pick(STRINGS).into(), Ty::Str),
        _ => (g.pick(DYNAMIC).into(), Ty::Dyn),
    }
}

/// An expression whose known type is not `unwanted`, seldom any.
fn expression(g: &mut Gen, depth: usize, unwanted: Option<Ty>) -> (String, Ty) {
    let careless = g.percent(1);
    for _ in 0..50 {
        let made = any(g, depth);
        if careless || Some(made.1) != unwanted {
            return made;
        }
    }
    ("5".into(), Ty::Int)
}

fn any(g: &mut Gen, depth: usize) -> (String, Ty) {
    if depth == 0 || g.percent(10) {
        return atom(g);
    }
    let wrap = |g: &mut Gen, text: String| if g.percent(75) { format!("({text})") } else { text };
    match g.below(13) {
        0..=2 => {
            let (a, ty) = expression(g, depth - 1, None);
            let (b, _) = expression(g, depth - 1, (ty == Ty::Int).then_some(Ty::Str));
            (wrap(g, format!("{a} + {b}")), ty)
        }
        3..=5 => {
            let op = g.pick(ARITHMETIC);
            let (a, _) = expression(g, depth - 1, Some(Ty::Str));
            let (b, _) = if matches!(op, "/" | "mod") && g.percent(80) {
                (g.pick(&["2", "3", "-3", "$var(five)", "$var(neg)", "7"]).to_owned(), Ty::Int)
            } else {
                expression(g, depth - 1, Some(Ty::Str))
            };
            (wrap(g, format!("{a} {op} {b}")), Ty::Int)
        }
        6..=7 => {
            let op = g.pick(EQUALITY);
            if op == "=~" {
                let (a, _) = expression(g, depth - 1, Some(Ty::Int));
                return (format!("({a} =~ {})", g.pick(PATTERNS)), Ty::Int);
            }
            let (a, ty) = expression(g, depth - 1, None);
            let (b, _) = expression(g, depth - 1, (ty == Ty::Int).then_some(Ty::Str));
            (wrap(g, format!("{a} {op} {b}")), Ty::Int)
        }
        8 => {
            let op = g.pick(&["!", "-", "~", "not "]);
            let (a, _) = expression(g, depth - 1, Some(Ty::Str));
            (format!("{op}({a})"), Ty::Int)
        }
        9 => {
            let (a, _) = expression(g, depth - 1, None);
            if g.percent(50) { (format!("(int)({a})"), Ty::Int) } else { (format!("(str)({a})"), Ty::Str) }
        }
        10 => {
            let function = g.pick(&["strlen", "strempty", "defined "]);
            let (a, _) = expression(g, depth - 1, Some(Ty::Int));
            (format!("{function}({a})"), Ty::Int)
        }
        11 => flat(g),
        _ => atom(g),
    }
}

/// A chain without parentheses: what binds tighter shows.
fn flat(g: &mut Gen) -> (String, Ty) {
    let operand = |g: &mut Gen| -> String {
        let unary = if g.percent(15) { g.pick(&["!", "-", "~", "not "]) } else { "" };
        let value = if g.percent(50) {
            g.pick(&["0", "1", "2", "3", "5", "7", "12", "100"])
        } else {
            g.pick(DYNAMIC)
        };
        format!("{unary}{value}")
    };
    let mut out = operand(g);
    for _ in 0..g.between(1, 4) {
        let op = if g.percent(25) { g.pick(&["+", "==", "!="]) } else { g.pick(ARITHMETIC) };
        let next = operand(g);
        out = format!("{out} {op} {next}");
    }
    (out, Ty::Int)
}

/// The expression is assigned, tested, and given to what takes expressions.
pub fn generate(g: &mut Gen) -> Case {
    let depth = g.between(1, 3);
    let (e, ty) = expression(g, depth, None);
    let mut out = vec!["$vn(n) = 3; setflag(3); $avp(r) = $null;".to_owned()];
    out.push(format!("$avp(r) = {e}; xlog(\"avp|$avp(r)|$rc\\n\");"));
    out.push(format!("$var(r) = {e}; xlog(\"var|$var(r)|$rc\\n\");"));
    out.push(format!("if ({e}) {{ xlog(\"true\\n\"); }} else {{ xlog(\"false\\n\"); }}"));
    match g.below(9) {
        0 => out.push(format!("if (!({e})) xlog(\"not\\n\"); else xlog(\"yes\\n\");")),
        1 => out.push(format!("$var(n) = 0; while ($var(n) < 2 && ({e})) {{ $var(n) = $var(n) + 1; }} xlog(\"loop|$var(n)\\n\");")),
        2 if ty == Ty::Int => out.push(format!(
            "switch ({e}) {{ case 0: xlog(\"zero\\n\"); break; case 1: xlog(\"one\\n\"); case 5: xlog(\"five\\n\"); break; default: xlog(\"default\\n\"); }}"
        )),
        3 => out.push(format!(
            "switch ({e}) {{ case \"abc\": xlog(\"abc\\n\"); break; case /\"^1\": xlog(\"one\\n\"); case \"5\": xlog(\"five\\n\"); break; default: xlog(\"default\\n\"); }}"
        )),
        4 => out.push(format!("$rU = {e}; xlog(\"rU|$rU|$ru\\n\");")),
        5 => out.push(format!("$xavp(y=>k) = {e}; xlog(\"xavp|$xavp(y=>k)\\n\");")),
        6 => out.push(format!("$vn(r) = {e}; xlog(\"vn|$vn(r)\\n\");")),
        7 => out.push(format!("return {e};")),
        _ => {}
    }
    g.route(out)
}
