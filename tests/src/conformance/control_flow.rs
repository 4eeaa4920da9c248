//! Control flow: routes that call routes, return codes, loops, switches, and leaving the script in every kind of route.

use super::Case;
use super::generator::Gen;
use super::messages;

/// The kind of block that statements are for.
#[derive(Clone, Copy, PartialEq)]
enum Block {
    Request,
    Branch,
    Failure,
    Reply,
    Callee,
}

struct Flow<'g> {
    g: &'g mut Gen,
    /// Statements left; bounds the size of a case.
    budget: usize,
    /// Routes that may be called from here: those with a higher number.
    callees: std::ops::Range<usize>,
    block: Block,
    loops: usize,
}

impl Flow<'_> {
    fn route_name(&self, n: usize) -> String {
        format!("{}_{n}", self.g.id())
    }

    fn number(&mut self) -> String {
        self.g
            .pick(&[
                "0",
                "1",
                "2",
                "-1",
                "5",
                "-5",
                "100",
                "$var(a)",
                "$var(b)",
                "$rc",
                "$var(a) + 1",
                "$var(a) - $var(b)",
                "2 * 3",
                "$avp(nope)",
                "$var(s)",
                "$rU",
            ])
            .into()
    }

    fn call(&mut self) -> String {
        if !self.callees.is_empty() && self.g.percent(75) {
            let n = self.g.between(self.callees.start, self.callees.end - 1);
            let name = self.route_name(n);
            return match self.g.below(10) {
                0 => format!("route(\"{name}\")"),
                1 => format!("route(\"{}\" + \"_{n}\")", self.g.id()),
                2 => format!("route($(ci{{s.before,_}}) + \"_{n}\")"),
                _ => format!("route({name})"),
            };
        }
        self.g
            .pick(&[
                "is_method(\"MESSAGE\")",
                "is_method(\"BYE\")",
                "route(R5)",
                "route(RM9)",
                "route(RRET)",
                "route(REMPTY)",
                "route(RLAST)",
                "has_body()",
                "route(R1)",
                "route(\"NOWHERE\" + $var(e))",
                "isflagset(1)",
                "is_present_hf(\"X-Num\")",
            ])
            .into()
    }

    /// A call that never leaves the script.
    fn function(&mut self) -> &'static str {
        self.g.pick(&[
            "is_method(\"MESSAGE\")",
            "is_method(\"BYE\")",
            "route(R5)",
            "route(RM9)",
            "has_body()",
        ])
    }

    fn condition(&mut self) -> String {
        match self.g.below(9) {
            0 | 1 => self.call(),
            2 => format!("!{}", self.call()),
            // A route that leaves the script stands on the right only: see differences.md.
            3 => format!("{} && {}", self.function(), self.call()),
            4 => format!("{} || $var(a) > {}", self.call(), self.g.below(4)),
            5 => format!("$var(a) == {}", self.g.below(4)),
            6 => format!("$rc {} {}", self.g.pick(&["==", "<", ">", "!="]), self.number()),
            7 => {
                format!("({}) && ({})", self.condition(), self.g.pick(&["$var(a)", "$var(b)", "$rc", "$rU"]))
            }
            _ => self.number(),
        }
    }

    fn trace(&mut self) -> String {
        let n = self.g.label();
        format!("xlog(\"T{n} $var(a) $var(b) $rc\\n\");")
    }

    fn leave(&mut self) -> String {
        match self.g.below(10) {
            0 => "exit;".into(),
            1 => "drop;".into(),
            2 => "return;".into(),
            3 => "break;".into(),
            4 => format!("exit({});", self.number()),
            5 => format!("return({});", self.call()),
            6 => "drop();".into(),
            7 => format!("return ({});", self.condition()),
            _ => format!("return {};", self.number()),
        }
    }

    fn body(&mut self, depth: usize) -> String {
        let mut out = String::from("{\n");
        for _ in 0..self.g.between(1, 3) {
            out.push_str(&self.statement(depth));
            out.push('\n');
        }
        out.push('}');
        out
    }

    fn statement(&mut self, depth: usize) -> String {
        self.budget = self.budget.saturating_sub(1);
        if depth == 0 || self.budget == 0 {
            return self.trace();
        }
        match self.g.below(22) {
            0..=3 => self.trace(),
            4 => format!("$var({}) = {};", self.g.pick(&["a", "b"]), self.number()),
            5 => format!("$var({}) = {};", self.g.pick(&["a", "b"]), self.call()),
            6 | 7 => format!("{};", self.call()),
            8..=10 => {
                let (c, then) = (self.condition(), self.body(depth - 1));
                if self.g.percent(50) {
                    format!("if ({c}) {then}")
                } else {
                    format!("if ({c}) {then} else {}", self.body(depth - 1))
                }
            }
            11 => {
                let (c, then) = (self.condition(), self.trace());
                let chain = if self.g.percent(50) {
                    format!("else if ({}) {} else {}", self.condition(), self.trace(), self.trace())
                } else {
                    String::new()
                };
                format!("if ({c}) {then} {chain}")
            }
            12 | 13 => self.repeat(depth),
            14..=16 => self.switch(depth),
            17 => format!("if ({}) {}", self.condition(), self.leave()),
            18 if self.g.percent(50) => self.leave(),
            19 => format!("setflag({0}); if (isflagset({0})) {1}", self.g.below(3), self.trace()),
            20 if self.block == Block::Request && self.g.percent(30) => "t_newtran();".into(),
            _ => format!("if ({}) {}", self.call(), self.trace()),
        }
    }

    fn repeat(&mut self, depth: usize) -> String {
        self.loops += 1;
        let counter = format!("$var(w{})", self.loops);
        let limit = if self.g.percent(8) { "1000".into() } else { self.g.below(4).to_string() };
        let inner = if limit == "1000" {
            self.trace()
        } else {
            self.body(depth - 1).trim_matches(['{', '}']).to_owned()
        };
        let more = if self.g.percent(20) { format!(" && !({})", self.condition()) } else { String::new() };
        let trace = self.trace();
        format!(
            "{counter} = 0;\nwhile ({counter} < {limit}{more}) {{\n{counter} = {counter} + 1;\n{inner}\n}}\n{trace}"
        )
    }

    fn switch(&mut self, depth: usize) -> String {
        let texts = self.g.percent(35);
        let subject = if texts {
            self.g
                .pick(&["$rU", "$var(s)", "$hdr(X-Num)", "$avp(nope)", "$var(a)", "$rm", "$var(e)", "$fU"])
                .to_owned()
        } else {
            match self.g.below(4) {
                0 => self.call(),
                1 => "$rc".into(),
                _ => self
                    .g
                    .pick(&[
                        "$var(a)",
                        "$var(b)",
                        "$var(a) + 1",
                        "$hdr(X-Num)",
                        "$var(d)",
                        "$avp(i)",
                        "$avp(nope)",
                    ])
                    .to_owned(),
            }
        };
        let mut labels: Vec<&str> = if texts {
            vec![
                "case \"bob\":",
                "case \"abc\":",
                "case /\"^a\":",
                "case \"42\":",
                "case \"\":",
                "case /\"E$\":",
                "case \"ali\" \"ce\":",
            ]
        } else {
            vec!["case 0:", "case 1:", "case 2:", "case -1:", "case 5:", "case 42:", "case 3 + 4:"]
        };
        let count = self.g.between(1, 4);
        let first = usize::from(texts);
        let default = self.g.percent(70).then(|| self.g.between(first, count));
        let mut out = format!("switch ({subject}) {{\n");
        for n in 0..=count {
            if default == Some(n) {
                out.push_str("default:\n");
            } else {
                let at = self.g.below(labels.len());
                out.push_str(labels.remove(at));
                out.push('\n');
            }
            for _ in 0..self.g.below(3) {
                out.push_str(&self.statement(depth.min(2) - 1));
                out.push('\n');
            }
            if self.g.percent(60) {
                out.push_str("break;\n");
            }
        }
        out.push('}');
        out
    }
}

/// A block's text: what it writes at its begin, random statements, what it writes at its end.
fn block(
    g: &mut Gen,
    kind: Block,
    head: &str,
    callees: std::ops::Range<usize>,
    tail: &[&str],
) -> Vec<String> {
    let budget = if kind == Block::Request { 14 } else { 7 };
    let mut flow = Flow { g, budget, callees, block: kind, loops: 0 };
    let mut out = vec![format!("{head} {{")];
    if kind != Block::Callee {
        out.push("$var(a) = 1; $var(b) = 0; $var(s) = \"abc\"; $var(d) = \"12\"; $var(e) = \"\";".into());
    }
    out.push(flow.trace());
    for _ in 0..flow.g.between(1, 5) {
        out.extend(flow.statement(3).lines().map(str::to_owned));
    }
    out.push(flow.trace());
    out.extend(tail.iter().map(|t| (*t).to_owned()));
    out.push("}".into());
    out
}

/// One case.
pub fn generate(g: &mut Gen) -> Case {
    let id = g.id();
    let callees = g.between(1, 4);
    let mut lines = Vec::new();
    let relayed = g.percent(45);
    let answer = *g.choose(&[200u16, 200, 404, 486, 503, 600, 302]);
    let mut head = Vec::new();
    let mut tail = Vec::new();
    if relayed {
        tail.push("$ru = \"sip:far@127.0.0.1:@SINK@\"; t_relay();".to_owned());
        for (kind, text, hook, word) in [
            (Block::Branch, "branch_route", "t_on_branch", "b"),
            (Block::Failure, "failure_route", "t_on_failure", "f"),
            (Block::Reply, "onreply_route", "t_on_reply", "o"),
        ] {
            if g.percent(60) {
                head.push(format!("{hook}(\"{id}_{word}\");"));
                let after: &[&str] = match kind {
                    Block::Failure if g.percent(40) => &["t_reply(\"499\", \"Failed\");"],
                    Block::Failure if g.percent(30) => &["$ru = \"sip:second@127.0.0.1:@SINK@\"; t_relay();"],
                    _ => &[],
                };
                lines.extend(block(g, kind, &format!("{text}[{id}_{word}]"), 0..callees, after));
            }
        }
    } else if g.percent(30) {
        tail.push("sl_send_reply(\"200\", \"Fine\");".to_owned());
    }
    let texts: Vec<&str> = tail.iter().map(String::as_str).collect();
    let mut main = block(g, Block::Request, &format!("route[{id}]"), 0..callees, &texts);
    for hook in head {
        main.insert(1, hook);
    }
    lines.extend(main);
    if relayed && g.percent(30) {
        lines.extend(block(g, Block::Reply, &format!("route[reply_{id}]"), 0..callees, &[]));
    }
    for n in 0..callees {
        lines.extend(block(g, Block::Callee, &format!("route[{id}_{n}]"), n + 1..callees, &[]));
    }
    let mut case = g.case(lines);
    case.message = messages::common(&id).to_bytes();
    if relayed {
        case.answers = vec![answer, 404];
    }
    case
}
