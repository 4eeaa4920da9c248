//! Calls of functions: look-up, number of arguments, where they may stand, and their arguments for the host.

use kamjit_catalog::{CallArg, Form, FunctionLookup, FunctionRef, Generation, Place, Routes, facts};
use kamjit_syntax::ast::{Call, Expr, ExprKind, WordLit};
use kamjit_syntax::{Diagnostic, Span};

use super::Analysis;
use super::config::{proto_text, socket_text};
use super::routes::Block;
use crate::ir;
use crate::suggest::nearest;

/// Functions of the server itself (catalogue, both generations), sorted. Unlike those of modules they leave `$rc` alone as
/// statements, and in an expression set it to 0 (captured).
const CORE: &[&str] = &[
    "add_local_rport",
    "add_rport",
    "add_tcp_alias",
    "cfg_reset",
    "cfg_select",
    "clear_branches",
    "error",
    "exec",
    "force_rport",
    "force_send_socket",
    "force_tcp_alias",
    "forward",
    "forward_sctp",
    "forward_tcp",
    "forward_tls",
    "forward_udp",
    "isavpflagset",
    "isflagset",
    "log",
    "prefix",
    "remove_branch",
    "resetavpflag",
    "resetflag",
    "revert_uri",
    "rewritehost",
    "rewritehostport",
    "rewritehostporttrans",
    "rewriteport",
    "rewriteuri",
    "rewriteuser",
    "rewriteuserpass",
    "set_advertised_address",
    "set_advertised_port",
    "set_forward_close",
    "set_forward_no_connect",
    "set_reply_close",
    "set_reply_no_connect",
    "setavpflag",
    "setflag",
    "seth",
    "sethost",
    "sethostport",
    "sethostporttrans",
    "sethp",
    "sethpt",
    "setp",
    "setport",
    "setu",
    "setup",
    "seturi",
    "setuser",
    "setuserpass",
    "strip",
    "strip_tail",
    "udp_mtu_try_proto",
    "userphone",
];

impl Analysis<'_> {
    /// A prepared call; `None` after an error.
    pub(super) fn call(&mut self, call: &Call) -> Option<ir::Expr> {
        let function = self.find(call);
        let plain = function.is_none() || self.check_core_args(call);
        let mut args = Vec::with_capacity(call.args.len());
        let mut dynamic = Vec::new();
        let mut good = function.is_some() && plain;
        for arg in call.args.iter().filter(|_| plain) {
            if let Some(inner) = inner_call(arg) {
                let found =
                    Diagnostic::error("KC012", inner.span, "a function cannot be called inside an argument")
                        .help("assign its result to a variable before, and pass that");
                self.report(found);
                good = false;
                continue;
            }
            match self.argument(arg, &mut dynamic) {
                Some(arg) => args.push(arg),
                None => good = false,
            }
        }
        let function = function.filter(|_| good)?;
        self.check_armed_route(call);
        let block = &self.blocks[self.place.block];
        let routes = block.reached_as;
        let (file, line) = self.lines.place(call.span);
        let place = Place { file, line, routes, span: call.span, route: self.route_name() };
        match self.host.prepare_call(function.id, &args, &place) {
            Ok(site) => {
                let core = CORE.binary_search(&&*call.name.text).is_ok();
                let name = call.name.text.clone();
                Some(ir::Expr::Call(Box::new(ir::Call { site, name, args: dynamic, core })))
            }
            Err(error) => {
                let span = match error.arg.and_then(|n| call.args.get(n)) {
                    Some(arg) => self.blamed(&error.message, arg.span),
                    None => call.span,
                };
                self.host_error("KC012", span, error);
                None
            }
        }
    }

    /// The variable or transformation inside an argument that a message names, or the whole argument.
    fn blamed(&self, message: &str, arg: Span) -> Span {
        let text = self.text(arg);
        let named = message.find(['$', '{']).and_then(|at| {
            let word = &message[at..];
            let end = word[1..].find(|c: char| !c.is_alphanumeric() && !"_.".contains(c));
            let word = &word[..end.map_or(word.len(), |e| e + 1)];
            if word.len() < 2 {
                return None;
            }
            let plain = text.find(word).map(|at| (at, word.len()));
            plain.or_else(|| text.find(&word.replacen('$', "$(", 1)).map(|at| (at, word.len() + 1)))
        });
        match named {
            Some((at, len)) => Span::of(arg.start as usize + at, arg.start as usize + at + len),
            None => arg,
        }
    }

    /// `t_on_failure("X")` and its kin: the real server starts without the block X and then runs nothing.
    fn check_armed_route(&mut self, call: &Call) {
        let (kind, keyword) = match &*call.name.text {
            "t_on_failure" => (Routes::FAILURE, "failure_route"),
            "t_on_branch" => (Routes::BRANCH, "branch_route"),
            "t_on_reply" => (Routes::TM_ONREPLY, "onreply_route"),
            _ => return,
        };
        let [Expr { kind: ExprKind::Str(lit), span }] = &call.args[..] else { return };
        let name = lit.lossy();
        let known = |b: &&Block<'_>| *b.name == *name && b.kind == kind;
        if name.is_empty() || name == "0" || name.contains('$') || self.blocks.iter().any(|b| known(&b)) {
            return;
        }
        let warning = match self.blocks.iter().find(|b| *b.name == *name && b.kind != Routes::EVENT) {
            Some(other) => Diagnostic::warning("KC004", *span, format!("there is no {keyword}[{name}]"))
                .also(
                    other.ast.name.as_ref().map_or(other.ast.keyword.span, |n| n.span),
                    format!("this is a {}", other.ast.keyword.text),
                ),
            None => {
                let found = Diagnostic::warning("KC003", *span, format!("there is no {keyword}[{name}]"));
                let names = self.blocks.iter().filter(|b| b.kind == kind).map(|b| &*b.name);
                match nearest(&name, names) {
                    Some(near) => found.help(format!("did you mean {near}?")),
                    None => found,
                }
            }
        };
        self.report(warning);
    }

    fn find(&mut self, call: &Call) -> Option<FunctionRef> {
        match self.host.function(&call.name.text, call.args.len()) {
            FunctionLookup::Found(function) => {
                self.check_place(call, &function.form);
                Some(function)
            }
            FunctionLookup::WrongArity(mut arities) => {
                arities.sort_unstable();
                arities.dedup();
                let takes: Vec<String> = arities.iter().map(ToString::to_string).collect();
                let takes = match &takes[..] {
                    [] => "other numbers of".to_owned(),
                    [one] => one.clone(),
                    [head @ .., last] => format!("{} or {last}", head.join(", ")),
                };
                let plural = if takes == "1" { "argument" } else { "arguments" };
                let message =
                    format!("{}() takes {takes} {plural}, {} given", call.name.text, call.args.len());
                self.error("KC010", call.span, message);
                None
            }
            FunctionLookup::Unknown => {
                self.unknown_function(call);
                None
            }
        }
    }

    fn unknown_function(&mut self, call: &Call) {
        let name = &*call.name.text;
        let modules = facts::modules_with_function(name);
        if modules.iter().any(|m| self.missing.contains(*m)) {
            return;
        }
        let loaded: Vec<&&str> = modules.iter().filter(|m| self.host.is_loaded(m)).collect();
        let diagnostic = match (&modules[..], &loaded[..]) {
            ([], _) => {
                let core = [Generation::V6, Generation::V5_6].iter().any(|g| {
                    facts::core(*g)["core_functions"]
                        .as_array()
                        .is_some_and(|all| all.iter().any(|f| f["name"] == name))
                });
                if core {
                    Diagnostic::error(
                        "KC008",
                        call.name.span,
                        format!("this build does not have the core function {name}() yet"),
                    )
                } else {
                    let found =
                        Diagnostic::error("KC008", call.name.span, format!("there is no function {name}()"));
                    match nearest(name, self.host.function_names()) {
                        Some(near) => found.help(format!("did you mean {near}()?")),
                        None => found,
                    }
                }
            }
            (_, [module, ..]) => Diagnostic::error(
                "KC008",
                call.name.span,
                format!("the module {module} of this build does not have the function {name}() yet"),
            ),
            ([module], _) => Diagnostic::error(
                "KC009",
                call.name.span,
                format!("{name}() is a function of the module {module}, which is not loaded"),
            )
            .help(format!("add loadmodule \"{module}.so\"")),
            (several, _) => Diagnostic::error(
                "KC009",
                call.name.span,
                format!(
                    "{name}() is a function of the modules {}, none of which is loaded",
                    several.join(", ")
                ),
            )
            .help("load one of them"),
        };
        self.report(diagnostic);
    }

    /// The real server checks the block that a call stands in. That a route reached from elsewhere has such a call
    /// is worth a warning only where no condition stands before it.
    fn check_place(&mut self, call: &Call, form: &Form) {
        let block = &self.blocks[self.place.block];
        let keyword = block.ast.keyword.text.clone();
        if !form.routes.meets(block.allowed_as) {
            let message = format!("{}() cannot be used in a {keyword}", call.name.text);
            return self.error("KC011", call.span, message);
        }
        let outside = block.reached_as.0 & !form.routes.0 & !block.allowed_as.0;
        if outside != 0 && self.place.depth == 0 {
            let message =
                format!("{}() fails where this route is called from {}", call.name.text, kinds_text(outside));
            let warning = Diagnostic::warning("KC011", call.span, message)
                .help("test is_request() or is_reply() before it, or call it in the block itself");
            self.report(warning);
        }
    }

    /// One argument as the host takes it. Expressions become dynamic arguments.
    fn argument(&mut self, arg: &Expr, dynamic: &mut Vec<ir::Expr>) -> Option<CallArg> {
        match &arg.kind {
            ExprKind::Int(number) => Some(CallArg::Int(self.wrap(*number))),
            ExprKind::Word(WordLit::Bool(yes)) => Some(CallArg::Int((*yes).into())),
            ExprKind::Str(lit) => Some(CallArg::Str(lit.value.to_vec())),
            ExprKind::Pv(pv) => Some(CallArg::Pv((**pv).clone())),
            ExprKind::Bare(word) => Some(match self.flags.get(&**word) {
                Some(flag) => CallArg::Int(flag.number),
                None => CallArg::Str(word.as_bytes().to_vec()),
            }),
            ExprKind::Ip(ip) => Some(CallArg::Str(ip.to_string().into_bytes())),
            ExprKind::Proto(proto) => Some(CallArg::Str(proto_text(*proto).as_bytes().to_vec())),
            ExprKind::Socket(socket) => Some(CallArg::Str(socket_text(socket).into_bytes())),
            ExprKind::Error => None,
            _ => match self.expr(arg, true)? {
                ir::Expr::Int(number) => Some(CallArg::Int(number)),
                ir::Expr::Str(text) => Some(CallArg::Str(text.to_vec())),
                other => {
                    dynamic.push(other);
                    Some(CallArg::Dynamic(dynamic.len() as u32 - 1))
                }
            },
        }
    }
}

/// A call of a function inside an argument; `route()` may stand there.
fn inner_call(e: &Expr) -> Option<&Call> {
    match &e.kind {
        ExprKind::Call(call) => Some(call),
        ExprKind::Unary(_, inner) => inner_call(inner),
        ExprKind::Binary(binary) => inner_call(&binary.lhs).or_else(|| inner_call(&binary.rhs)),
        ExprKind::Builtin(_, args) => args.iter().find_map(inner_call),
        _ => None,
    }
}

/// The kinds of blocks in a mask, in words.
fn kinds_text(mask: u16) -> String {
    let names = [
        (1, "request_route"),
        (2, "failure_route"),
        (4, "onreply_route"),
        (8, "branch_route"),
        (16, "onsend_route"),
        (128, "reply_route"),
        (512, "event_route"),
    ];
    let found: Vec<&str> = names.iter().filter(|(bit, _)| mask & bit != 0).map(|(_, name)| *name).collect();
    found.join(", ")
}
