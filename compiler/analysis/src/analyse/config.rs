//! Globals, custom variables, flags, modules and their parameters, in the order of the file.

use kamjit_catalog::{ConfigValue, Generation, GlobalKind, facts};
use kamjit_syntax::ast::{
    CustomVar, Expr, ExprKind, FlagDecl, Global, HostKind, ItemKind, Listen, LoadModule, ModParam, Name,
    Proto, RouteBlock, SocketLit, StrLit, UnaryOp, WordLit,
};
use kamjit_syntax::pv::{FormatPart, PvInner, PvRef, parse_format};
use kamjit_syntax::{Diagnostic, Span};

use super::routes::Block;
use super::{Analysis, Flag};
use crate::suggest::nearest;

impl<'a> Analysis<'a> {
    pub(super) fn items(&mut self) {
        let unit = self.unit;
        for item in &unit.file.items {
            match &item.kind {
                ItemKind::Global(global) => self.global(global),
                ItemKind::Listen(listen) => self.listen(listen, item.span),
                ItemKind::CustomVar(var) => self.custom_var(var),
                ItemKind::Flags(flags) => flags.iter().for_each(|f| self.flag(f)),
                ItemKind::LoadModule(module) => self.load_module(module, item.span),
                ItemKind::LoadPath(path) => self.set_global("loadpath", path.span, &[text(path)]),
                ItemKind::CfgEngine(engine) => self.cfg_engine(engine),
                ItemKind::ModParam(param) => self.mod_param(param),
                ItemKind::Route(block) => self.collect_route(block, item.span),
                ItemKind::AvpFlags(flags) => flags.iter().for_each(|f| self.avp_flag(f)),
                ItemKind::Error => {}
            }
        }
    }

    fn collect_route(&mut self, block: &'a RouteBlock, span: Span) {
        self.blocks.push(Block::new(block, span));
    }

    fn global(&mut self, global: &Global) {
        let mut values = Vec::with_capacity(global.values.len());
        for value in &global.values {
            match self.config_value(value) {
                Some(value) => values.push(value),
                None => return,
            }
        }
        self.set_global(&global.name.text, global.name.span, &values);
    }

    fn set_global(&mut self, name: &str, span: Span, values: &[ConfigValue]) {
        match self.host.set_global(name, values) {
            Ok(GlobalKind::Known | GlobalKind::Ignored) => {}
            Ok(GlobalKind::Unknown) => self.unknown_global(name, span),
            Err(error) => self.host_error("KC012", span, error),
        }
    }

    fn unknown_global(&mut self, name: &str, span: Span) {
        let known: Vec<&str> = [Generation::V6, Generation::V5_6]
            .iter()
            .filter_map(|g| facts::core(*g)["global_params"].as_array())
            .flatten()
            .filter_map(|p| p["name"].as_str())
            .collect();
        let diagnostic = if known.contains(&name) {
            Diagnostic::error(
                "KJ002",
                span,
                format!("this build does not know the global parameter {name} yet"),
            )
            .help("remove the line")
        } else {
            let found = Diagnostic::error("KJ002", span, format!("there is no global parameter {name}"));
            match nearest(name, known) {
                Some(near) => found.help(format!("did you mean {near}?")),
                None => found,
            }
        };
        self.report(diagnostic);
    }

    fn listen(&mut self, listen: &Listen, span: Span) {
        for socket in &listen.sockets {
            let mut values = vec![ConfigValue::Word(socket_text(socket))];
            if let Some(advertise) = &listen.advertise {
                values.push(ConfigValue::Word("advertise".into()));
                values.push(ConfigValue::Word(socket_text(advertise)));
            }
            if let Some(name) = &listen.name {
                values.push(ConfigValue::Word("name".into()));
                values.push(text(name));
            }
            if listen.is_virtual {
                values.push(ConfigValue::Word("virtual".into()));
            }
            if let Some((workers, _)) = listen.workers {
                values.push(ConfigValue::Word("workers".into()));
                values.push(ConfigValue::Int(workers));
            }
            self.set_global("listen", span, &values);
        }
    }

    fn custom_var(&mut self, var: &CustomVar) {
        let name = (var.group.text.clone(), var.name.text.clone());
        let first = self.custom_vars.get(&name).filter(|_| var.instance.is_none());
        if let Some(first) = first {
            let found = Diagnostic::error(
                "KC012",
                var.group.span.to(var.name.span),
                "this variable is declared twice",
            )
            .also(*first, "first declared here");
            return self.report(found);
        }
        if var.instance.is_none() {
            self.custom_vars.insert(name, var.group.span.to(var.name.span));
        }
        let Some(value) = self.config_value(&var.value) else { return };
        let desc = var.desc.as_ref().map(StrLit::lossy);
        let group = match var.instance {
            Some((id, _)) => format!("{}[{id}]", var.group.text),
            None => var.group.text.to_string(),
        };
        let declared = self.host.declare_cfg(&group, &var.name.text, value, desc.as_deref());
        if let Err(error) = declared {
            self.host_error("KC012", var.group.span.to(var.name.span), error);
        }
    }

    fn flag(&mut self, flag: &FlagDecl) {
        let name = &*flag.name.text;
        if let Some(first) = self.flags.get(name) {
            let found = Diagnostic::error("KC048", flag.name.span, format!("flag {name} is declared twice"))
                .also(first.at, "first declared here");
            return self.report(found);
        }
        let number = flag.number.map(|(number, _)| number);
        let same = self.flags.iter().find(|(_, other)| Some(other.number) == number);
        if let Some((other, at)) = same.map(|(other, flag)| (other.clone(), flag.at)) {
            let message = format!("flag {name} has the number of flag {other}");
            self.report(Diagnostic::warning("KC048", flag.name.span, message).also(at, "declared here"));
        }
        if let Err(error) = self.host.declare_flag(name, number) {
            return self.host_error("KC048", flag.name.span, error);
        }
        let number = number.or_else(|| (0..32).find(|n| !self.flags.values().any(|used| used.number == *n)));
        if let Some(number) = number {
            self.flags.insert(name.to_owned(), Flag { number, at: flag.name.span });
        }
    }

    fn avp_flag(&mut self, flag: &Name) {
        if let Err(error) = self.host.declare_avp_flag(&flag.text) {
            self.host_error("KC048", flag.span, error);
        }
    }

    fn load_module(&mut self, module: &LoadModule, item: Span) {
        let Some(path) = self.expanded(&module.path, module.extended) else { return };
        let path = String::from_utf8_lossy(&path);
        let file = path.rsplit('/').next().unwrap_or(&path);
        let name = file.strip_suffix(".so").unwrap_or(file);
        match self.host.load_module(name) {
            Ok(()) => {
                self.loaded_at.insert(name.to_owned(), item);
            }
            Err(error) => {
                let span = module.path.span;
                let mut diagnostic = Diagnostic::error("KJ001", span, error.message);
                diagnostic.help = error.help;
                if self.host.is_loaded(name) {
                    if let Some(first) = self.loaded_at.get(name) {
                        diagnostic = diagnostic.also(*first, "loaded here");
                    }
                } else {
                    self.missing.insert(name.to_owned());
                    let all: Vec<&str> = [Generation::V6, Generation::V5_6]
                        .iter()
                        .flat_map(|g| facts::modules(*g).keys())
                        .map(String::as_str)
                        .collect();
                    if !all.contains(&name)
                        && let Some(near) = nearest(name, all)
                    {
                        diagnostic = diagnostic.help(format!("did you mean {near}.so?"));
                    }
                }
                self.report(diagnostic);
            }
        }
    }

    fn cfg_engine(&mut self, engine: &StrLit) {
        let name = engine.lossy();
        if !["default", "native"].contains(&&*name) {
            self.error(
                "KJ001",
                engine.span,
                format!("the script engine {name} does not exist in this build yet"),
            );
        }
    }

    fn mod_param(&mut self, param: &ModParam) {
        let Some(pattern) = self.expanded(&param.module, param.extended) else { return };
        let pattern = String::from_utf8_lossy(&pattern);
        let modules = match self.host.modules_matching(&pattern) {
            Ok(modules) => modules,
            Err(error) => return self.host_error("KC014", param.module.span, error),
        };
        if modules.is_empty() {
            return self.no_module(&pattern, param.module.span);
        }
        let value = match &param.value.kind {
            ExprKind::Str(lit) => self.expanded(lit, param.extended).map(ConfigValue::Str),
            ExprKind::Pv(pv) => self.constant_pv(pv),
            _ => self.config_value(&param.value),
        };
        let Some(value) = value else { return };
        let Some(name) = self.expanded(&param.param, param.extended) else { return };
        let name = String::from_utf8_lossy(&name);
        for module in modules {
            let Err(error) = self.host.set_param(&module, &name, &value) else {
                self.params_at.entry((module, name.to_string())).or_default().push(param.value.span);
                continue;
            };
            let known = self.host.param_names(&module);
            if known.contains(&&*name) {
                self.host_error("KC016", param.value.span, error);
            } else {
                let mut diagnostic = Diagnostic::error("KC015", param.param.span, error.message);
                diagnostic.help = error.help;
                if facts::param_exists(&module, &name) {
                    diagnostic.message =
                        format!("the module {module} of this build does not have the parameter {name} yet");
                } else if let Some(near) = nearest(&name, known) {
                    diagnostic = diagnostic.help(format!("did you mean {near}?"));
                }
                self.report(diagnostic);
            }
        }
    }

    /// A string of `loadmodulex` and `modparamx`, in which variables stand that are known when the file is read.
    fn expanded(&mut self, lit: &StrLit, extended: bool) -> Option<Vec<u8>> {
        if !extended {
            return Some(lit.value.to_vec());
        }
        let parts = match parse_format(&lit.value) {
            Ok(parts) => parts,
            Err(error) => {
                self.error("KC043", lit.span, error.message);
                return None;
            }
        };
        let mut out = Vec::with_capacity(lit.value.len());
        for part in parts {
            match part {
                FormatPart::Text(text) => out.extend_from_slice(&text),
                FormatPart::Pv(mut pv) => {
                    pv.span = lit.span;
                    match self.constant_pv(&pv)? {
                        ConfigValue::Str(text) => out.extend_from_slice(&text),
                        ConfigValue::Int(number) => out.extend_from_slice(number.to_string().as_bytes()),
                        ConfigValue::Word(word) => out.extend_from_slice(word.as_bytes()),
                    }
                }
            }
        }
        Some(out)
    }

    /// The value of a variable that is known when the file is read: `$def(NAME)`, `$defn(NAME)`, `$env(NAME)`.
    fn constant_pv(&mut self, pv: &PvRef) -> Option<ConfigValue> {
        let name = match &pv.inner {
            PvInner::Text(text) if pv.transforms.is_empty() => String::from_utf8_lossy(text).into_owned(),
            _ => String::new(),
        };
        let names = self.unit.map.names();
        let define = || names.iter().find(|(known, _)| *known == name).map(|(_, text)| text.clone());
        let number = |text: String| text.trim().parse::<i64>().unwrap_or(0);
        match &*pv.name {
            "def" | "defv" | "defs" => Some(ConfigValue::Str(define().unwrap_or_default().into_bytes())),
            "defn" => Some(ConfigValue::Int(define().map_or(0, number))),
            "env" => Some(ConfigValue::Str(std::env::var(&name).unwrap_or_default().into_bytes())),
            other => {
                let found = Diagnostic::error(
                    "KC043",
                    pv.span,
                    format!("${other} has no value while the file is read"),
                );
                self.report(found.help("$def(NAME), $defn(NAME) and $env(NAME) have one"));
                None
            }
        }
    }

    /// A `modparam` for a module that is not loaded.
    fn no_module(&mut self, pattern: &str, span: Span) {
        if pattern.split('|').any(|name| self.missing.contains(name)) {
            return;
        }
        let found = Diagnostic::error("KC014", span, format!("module {pattern} is not loaded here"));
        let later = self.unit.file.items.iter().any(|item| match &item.kind {
            ItemKind::LoadModule(module) => module.path.lossy().contains(pattern),
            _ => false,
        });
        let found = if later {
            found.help("its loadmodule line must stand before its parameters")
        } else if facts::module_exists(pattern) {
            found.help(format!("add loadmodule \"{pattern}.so\" above"))
        } else {
            found
        };
        self.report(found);
    }

    /// A value of a global or parameter; reports what cannot be one.
    fn config_value(&mut self, value: &Expr) -> Option<ConfigValue> {
        match &value.kind {
            ExprKind::Int(number) => Some(ConfigValue::Int(*number)),
            ExprKind::Unary(UnaryOp::Neg, inner) => match inner.kind {
                ExprKind::Int(number) => Some(ConfigValue::Int(number.wrapping_neg())),
                _ => self.no_value(value.span),
            },
            ExprKind::Word(WordLit::Bool(yes)) => Some(ConfigValue::Int((*yes).into())),
            ExprKind::Word(WordLit::Inet) => Some(ConfigValue::Int(4)),
            ExprKind::Word(WordLit::Inet6) => Some(ConfigValue::Int(6)),
            ExprKind::Str(lit) => Some(text(lit)),
            ExprKind::Bare(word) => Some(ConfigValue::Word(word.to_string())),
            ExprKind::Ip(ip) => Some(ConfigValue::Word(ip.to_string())),
            ExprKind::Proto(proto) => Some(ConfigValue::Word(proto_text(*proto).into())),
            ExprKind::Socket(socket) => Some(ConfigValue::Word(socket_text(socket))),
            ExprKind::Error => None,
            _ => self.no_value(value.span),
        }
    }

    fn no_value(&mut self, span: Span) -> Option<ConfigValue> {
        self.error("KC012", span, "this cannot be the value of a parameter: a number or a string is needed");
        None
    }
}

fn text(lit: &StrLit) -> ConfigValue {
    ConfigValue::Str(lit.value.to_vec())
}

/// The word of a protocol as sockets are written.
pub(super) fn proto_text(proto: Proto) -> &'static str {
    match proto {
        Proto::Udp => "udp",
        Proto::Tcp => "tcp",
        Proto::Tls => "tls",
        Proto::Sctp => "sctp",
        Proto::Ws => "ws",
        Proto::Wss => "wss",
        Proto::Any => "*",
    }
}

/// A socket in one form: `[proto:]host[:port]`, IPv6 addresses in brackets.
pub(super) fn socket_text(socket: &SocketLit) -> String {
    let mut out = String::new();
    if let Some((proto, _)) = socket.proto {
        out.push_str(proto_text(proto));
        out.push(':');
    }
    let hosts: Vec<String> = socket
        .hosts
        .iter()
        .map(|host| match &host.kind {
            HostKind::Ip(std::net::IpAddr::V6(ip)) => format!("[{ip}]"),
            HostKind::Ip(ip) => ip.to_string(),
            HostKind::Name(name) => name.to_string(),
            HostKind::Any => "*".into(),
        })
        .collect();
    match &hosts[..] {
        [one] => out.push_str(one),
        several => {
            out.push('(');
            out.push_str(&several.join(","));
            out.push(')');
        }
    }
    if let Some((port, _)) = socket.port {
        out.push_str(&format!(":{port}"));
    }
    out
}
