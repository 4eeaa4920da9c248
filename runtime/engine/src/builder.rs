//! Builds a program: the [`Host`] that the compiler talks to.

use std::sync::Arc;

use kamjit_catalog::{
    ArgKind, CallArg, ConfigValue, FunctionLookup, FunctionRef, Generation, GlobalKind, Handle, Host,
    HostError, ParamDefault, Place, PvHandle, RouteDecl,
};
use kamjit_syntax::pv::{PvInner, PvRef};

use crate::{
    cfg::{CfgCell, CfgInt, CfgStore, CfgStr, split_instance},
    globals::Globals,
    hooks::Hooks,
    init::Init,
    module::{Arg, FunctionDef, Module},
    prepare::{Prepare, VarSlots},
    program::{Code, Parts, Program, Site},
    regex::Regex,
    state::States,
    stats::Stats,
};

/// Flags that `avpflags` may declare (captured).
const MAX_AVP_FLAGS: usize = 18;

struct Loaded {
    module: &'static Module,
    given: Vec<(String, ConfigValue)>,
}

/// A program in the making.
pub struct Builder {
    available: &'static [&'static Module],
    generation: Generation,
    loaded: Vec<Loaded>,
    modules: Vec<&'static Module>,
    globals: Globals,
    hooks: Hooks,
    states: States,
    routes: Vec<RouteDecl>,
    vars: VarSlots,
    parts: Parts,
    flags: Vec<(String, i64)>,
    avp_flags: Vec<String>,
    /// Values of instances of groups, which may be declared before their group.
    instances: Vec<(String, u32, String, ConfigValue)>,
    place: Option<Place>,
    /// Statistics of the server to be.
    pub stats: Arc<Stats>,
    /// Variables of the server to be.
    pub cfg: Arc<CfgStore>,
}

impl Builder {
    /// A builder that can load `available`; the module named `core` is always there.
    pub fn new(available: &'static [&'static Module], generation: Generation) -> Builder {
        let mut builder = Builder {
            available,
            generation,
            loaded: Vec::new(),
            modules: Vec::new(),
            globals: Globals::default(),
            hooks: Hooks::default(),
            states: States::default(),
            routes: Vec::new(),
            vars: VarSlots::default(),
            parts: Parts::default(),
            flags: Vec::new(),
            avp_flags: Vec::new(),
            instances: Vec::new(),
            place: None,
            stats: Arc::default(),
            cfg: Arc::default(),
        };
        builder.add_module(&crate::core::MODULE);
        builder
    }

    /// Global parameters so far.
    pub fn globals(&self) -> &Globals {
        &self.globals
    }

    /// Sets a global from the command line, over what the file says.
    pub fn globals_mut(&mut self) -> &mut Globals {
        &mut self.globals
    }

    /// Prepares machine code for what the analysis made of the file; routes are compiled when they first run.
    pub fn compile(self, ir: kamjit_analysis::ir::Program) -> Result<Program, kamjit_codegen::CompileError> {
        let code = kamjit_codegen::CompiledProgram::new(
            &crate::abi::BUILTINS,
            Arc::new(ir),
            kamjit_codegen::Options::default(),
        )?;
        Ok(self.finish(Box::new(code)))
    }

    /// The program, with its machine code.
    pub fn finish(self, code: Box<dyn Code>) -> Program {
        let main = |kind| {
            let found = self.routes.iter().find(|r| r.kind == kind && r.name.is_empty());
            found.map(|r| crate::program::RouteIndex(r.index))
        };
        let event = |name: &str| {
            let found =
                self.routes.iter().find(|r| r.kind == kamjit_catalog::Routes::EVENT && r.name == name);
            found.map(|r| crate::program::RouteIndex(r.index))
        };
        let header = |global: &str, name: &str| {
            let line = self.globals.text(global).unwrap_or_else(|| format!("{name}: {}", crate::SIGNATURE));
            (self.globals.int("server_signature") != 0 && !line.is_empty()).then(|| line.into_bytes().into())
        };
        Program {
            server_header: header("server_header", "Server"),
            user_agent_header: header("user_agent_header", "User-Agent"),
            request_route: main(kamjit_catalog::Routes::REQUEST),
            onsend_route: main(kamjit_catalog::Routes::ONSEND),
            pre_routing: event("core:pre-routing"),
            msg_received: event("core:msg-received").filter(|_| self.globals.int("received_route_mode") == 1),
            reply_route: main(kamjit_catalog::Routes::CORE_ONREPLY),
            generation: self.generation,
            globals: self.globals,
            hooks: self.hooks,
            modules: self.modules,
            states: self.states,
            routes: self.routes,
            var_names: self.vars.into_names(),
            parts: self.parts,
            code,
        }
    }

    fn add_module(&mut self, module: &'static Module) {
        self.loaded.push(Loaded { module, given: Vec::new() });
        self.modules.push(module);
    }

    fn prepare(&mut self) -> Prepare<'_> {
        Prepare {
            generation: self.generation,
            modules: &self.modules,
            vars: &mut self.vars,
            routes: &self.routes,
            states: &self.states,
            flags: &self.flags,
            avp_flags: &self.avp_flags,
            place: self.place.as_ref(),
            cfg: &self.cfg,
        }
    }

    fn function_by_id(&self, id: u32) -> Option<&'static FunctionDef> {
        self.modules.iter().flat_map(|m| m.functions).nth(id as usize)
    }

    /// Indices into `loaded`: a module comes after those that it needs.
    fn init_order(&self) -> Result<Vec<usize>, (String, HostError)> {
        let mut order = Vec::new();
        for at in 0..self.loaded.len() {
            self.visit(at, &mut order, 0)?;
        }
        Ok(order)
    }

    fn visit(&self, at: usize, order: &mut Vec<usize>, depth: usize) -> Result<(), (String, HostError)> {
        if order.contains(&at) || depth > self.loaded.len() {
            return Ok(());
        }
        let module = self.loaded[at].module;
        for (needed, must) in
            module.needs.iter().map(|n| (n, true)).chain(module.after.iter().map(|n| (n, false)))
        {
            match self.loaded.iter().position(|l| l.module.name == *needed) {
                Some(other) => self.visit(other, order, depth + 1)?,
                None if must => {
                    let error = HostError::new(format!("module {} needs module {needed}", module.name))
                        .help(format!("add loadmodule \"{needed}.so\""));
                    return Err((module.name.to_owned(), error));
                }
                None => {}
            }
        }
        order.push(at);
        Ok(())
    }

    fn init_module(&mut self, at: usize) -> Result<(), HostError> {
        let mut new_states = Vec::new();
        let Loaded { module, given } = &self.loaded[at];
        let mut init = Init {
            module,
            given,
            prepare: Prepare {
                generation: self.generation,
                modules: &self.modules,
                vars: &mut self.vars,
                routes: &self.routes,
                states: &self.states,
                flags: &self.flags,
                avp_flags: &self.avp_flags,
                place: None,
                cfg: &self.cfg,
            },
            new_states: &mut new_states,
            globals: &self.globals,
            hooks: &mut self.hooks,
            stats: &self.stats,
            cfg: &self.cfg,
        };
        (module.init)(&mut init)?;
        for set in new_states {
            set(&mut self.states);
        }
        Ok(())
    }

    fn set_instance(&self, group: &str, id: u32, name: &str, value: &ConfigValue) -> Result<(), HostError> {
        let unknown =
            || HostError::new(format!("there is no variable {group}.{name} for {group}[{id}].{name}"));
        let base = self.cfg.find(group, name).ok_or_else(unknown)?;
        let cell = match (&base.cell, value) {
            (CfgCell::Int { range, .. }, ConfigValue::Int(n)) => {
                CfgCell::Int { cell: CfgInt::new(*n), range: *range }
            }
            (CfgCell::Int { .. }, _) => {
                return Err(HostError::new(format!("{group}[{id}].{name} takes a number")));
            }
            (CfgCell::Str(_), ConfigValue::Int(n)) => CfgCell::Str(CfgStr::new(n.to_string().as_bytes())),
            (CfgCell::Str(_), ConfigValue::Str(text)) => CfgCell::Str(CfgStr::new(text)),
            (CfgCell::Str(_), ConfigValue::Word(word)) => CfgCell::Str(CfgStr::new(word.as_bytes())),
        };
        if self.cfg.instances().add(group, id) && self.cfg.instances().set(group, id, name, cell) {
            return Ok(());
        }
        Err(HostError::new("there are too many instances of groups"))
    }

    fn arg(&mut self, kind: ArgKind, arg: &CallArg) -> Result<Arg, HostError> {
        let mut prepare = self.prepare();
        match (kind, arg) {
            (ArgKind::IntVar | ArgKind::StrVar, CallArg::Dynamic(n)) => Ok(Arg::Dynamic(*n as usize)),
            (_, CallArg::Dynamic(_)) => Err(HostError::new("this argument must be a constant")),
            (ArgKind::Int, CallArg::Int(n)) | (ArgKind::IntVar, CallArg::Int(n)) => Ok(Arg::Int(*n)),
            (ArgKind::Int, CallArg::Str(text)) => number(text).map(Arg::Int),
            (ArgKind::Int, CallArg::Pv(_)) => {
                Err(HostError::new("this argument must be a number, not a variable"))
            }
            (ArgKind::IntVar, CallArg::Str(text)) if text.first() == Some(&b'$') => {
                prepare.pv_text(text).map(Arg::Pv)
            }
            (ArgKind::IntVar, CallArg::Str(text)) => number(text).map(Arg::Int),
            (ArgKind::IntVar | ArgKind::StrVar | ArgKind::Var | ArgKind::VarOut, CallArg::Pv(pv)) => {
                prepare.pv(pv).and_then(|pv| check_out(kind, pv)).map(Arg::Pv)
            }
            (ArgKind::StrVar, CallArg::Str(text)) => prepare.format(text).map(Arg::Format),
            (ArgKind::StrVar, CallArg::Int(n)) => Ok(Arg::Str(n.to_string().into_bytes().into())),
            (ArgKind::Var | ArgKind::VarOut, CallArg::Str(text)) => {
                prepare.pv_text(text).and_then(|pv| check_out(kind, pv)).map(Arg::Pv)
            }
            (ArgKind::Var | ArgKind::VarOut, CallArg::Int(_)) => {
                Err(HostError::new("this argument must name a variable"))
            }
            (ArgKind::Regex, CallArg::Str(text)) => prepare.regex_by_lines(text, true).map(Arg::Regex),
            (ArgKind::Subst, CallArg::Str(text)) => prepare.subst(text).map(Arg::Subst),
            (ArgKind::Str | ArgKind::Custom, CallArg::Str(text)) => Ok(Arg::Str(text.as_slice().into())),
            (ArgKind::Str | ArgKind::Custom, CallArg::Int(n)) => {
                Ok(Arg::Str(n.to_string().into_bytes().into()))
            }
            (ArgKind::Custom, CallArg::Pv(pv)) => prepare.pv(pv).map(Arg::Pv),
            (ArgKind::Regex | ArgKind::Subst, CallArg::Int(n)) => {
                let text = n.to_string().into_bytes();
                if kind == ArgKind::Regex {
                    prepare.regex_by_lines(&text, true).map(Arg::Regex)
                } else {
                    prepare.subst(&text).map(Arg::Subst)
                }
            }
            (ArgKind::Str | ArgKind::Regex | ArgKind::Subst, CallArg::Pv(_)) => {
                Err(HostError::new("this argument must be a constant string, not a variable"))
            }
        }
    }
}

/// Core functions are stricter than those of modules: their arguments are part of the grammar (captured).
fn core_arg(function: &str, kind: ArgKind, arg: &CallArg) -> Result<(), HostError> {
    match (kind, arg) {
        (ArgKind::Str, CallArg::Int(_)) => Err(HostError::new("a string in quotes is expected")),
        (ArgKind::Int, CallArg::Int(n)) if *n < 0 && function != "remove_branch" => {
            Err(HostError::new("the number cannot be negative"))
        }
        _ => Ok(()),
    }
}

fn check_out(kind: ArgKind, pv: crate::pv::Pv) -> Result<crate::pv::Pv, HostError> {
    if kind == ArgKind::VarOut && !pv.writable() {
        return Err(HostError::new(format!("${} can't be assigned", pv.def.name)));
    }
    Ok(pv)
}

fn number(text: &[u8]) -> Result<i64, HostError> {
    crate::value::parse_int(text)
        .ok_or_else(|| HostError::new(format!("'{}' is not a number", text.escape_ascii())))
}

impl Builder {
    /// Compiles a pattern and keeps it as long as the program.
    fn keep_regex(&mut self, pattern: &[u8], ignore_case: bool) -> Result<Handle, HostError> {
        let regex = Box::new(self.prepare().regex(pattern, ignore_case)?);
        let handle = Handle(std::ptr::from_ref(&*regex) as usize);
        self.parts.regexes.push(regex);
        Ok(handle)
    }
}

impl Host for Builder {
    fn generation(&self) -> Generation {
        self.generation
    }

    fn set_global(&mut self, name: &str, value: &[ConfigValue]) -> Result<GlobalKind, HostError> {
        self.globals.set(name, value)
    }

    fn declare_cfg(
        &mut self,
        group: &str,
        name: &str,
        value: ConfigValue,
        desc: Option<&str>,
    ) -> Result<(), HostError> {
        if let Some((group, id)) = split_instance(group) {
            self.instances.push((group.to_owned(), id, name.to_owned(), value));
            return Ok(());
        }
        let description = desc.unwrap_or_default();
        self.cfg.instances().mark_own(group);
        match value {
            ConfigValue::Int(n) => drop(self.cfg.int(group, name, n, None, description)),
            ConfigValue::Str(text) => drop(self.cfg.str(group, name, &text, description)),
            ConfigValue::Word(word) => drop(self.cfg.str(group, name, word.as_bytes(), description)),
        }
        Ok(())
    }

    fn declare_flag(&mut self, name: &str, number: Option<i64>) -> Result<(), HostError> {
        let number = match number {
            Some(n @ 0..=31) => n,
            Some(n) => return Err(HostError::new(format!("flag number {n} is out of range (0 to 31)"))),
            None => (0..=31)
                .find(|n| self.flags.iter().all(|(_, used)| used != n))
                .ok_or_else(|| HostError::new("all 32 flags are taken"))?,
        };
        self.flags.push((name.to_owned(), number));
        Ok(())
    }

    fn declare_avp_flag(&mut self, name: &str) -> Result<(), HostError> {
        if self.avp_flags.iter().any(|known| known == name) {
            return Ok(());
        }
        if self.avp_flags.len() >= MAX_AVP_FLAGS {
            return Err(HostError::new(format!("there can be {MAX_AVP_FLAGS} AVP flags at most")));
        }
        self.avp_flags.push(name.to_owned());
        Ok(())
    }

    fn load_module(&mut self, name: &str) -> Result<(), HostError> {
        if self.is_loaded(name) {
            return Err(HostError::new(format!("module {name} is loaded twice")));
        }
        let Some(module) = self.available.iter().find(|m| m.name == name) else {
            return Err(if kamjit_catalog::facts::module_exists(name) {
                HostError::new(format!("kamjit does not have the module {name} yet"))
                    .help("remove what needs it, or run this configuration on Kamailio; README.md lists the modules of this build")
            } else {
                HostError::new(format!("there is no module {name}, neither here nor in Kamailio"))
            });
        };
        self.add_module(module);
        Ok(())
    }

    fn is_loaded(&self, module: &str) -> bool {
        self.modules.iter().any(|m| m.name == module)
    }

    fn modules_matching(&self, pattern: &str) -> Result<Vec<String>, HostError> {
        if self.is_loaded(pattern) {
            return Ok(vec![pattern.to_owned()]);
        }
        let anchored = format!("^({pattern})$");
        let regex = Regex::new(anchored.as_bytes(), true)
            .map_err(|why| HostError::new(format!("'{pattern}' is no module name and no pattern: {why}")))?;
        Ok(self
            .modules
            .iter()
            .filter(|m| regex.is_match(m.name.as_bytes()))
            .map(|m| m.name.to_owned())
            .collect())
    }

    fn set_param(&mut self, module: &str, name: &str, value: &ConfigValue) -> Result<(), HostError> {
        let Some(loaded) = self.loaded.iter_mut().find(|l| l.module.name == module) else {
            return Err(HostError::new(format!("module {module} is not loaded")));
        };
        let Some(param) = loaded.module.params.iter().find(|p| p.name == name) else {
            return Err(HostError::new(format!("module {module} has no parameter {name}")));
        };
        match (param.default, value) {
            (ParamDefault::Int(_), ConfigValue::Int(_)) | (ParamDefault::Any, _) => {}
            (ParamDefault::Str(_) | ParamDefault::NoStr | ParamDefault::Many, ConfigValue::Str(_)) => {}
            (ParamDefault::Int(_), _) => {
                return Err(HostError::new(format!("{module}.{name} is a number; a string was given"))
                    .help("write the number without quotes"));
            }
            (_, ConfigValue::Int(n)) => {
                return Err(HostError::new(format!("{module}.{name} is a string; a number was given"))
                    .help(format!("write \"{n}\" in quotes")));
            }
            (_, ConfigValue::Word(_)) => {
                return Err(HostError::new(format!("{module}.{name} is a string")).help("put it in quotes"));
            }
        }
        loaded.given.push((name.to_owned(), value.clone()));
        Ok(())
    }

    fn declare_routes(&mut self, routes: &[RouteDecl]) {
        self.routes = routes.to_vec();
    }

    fn seal(&mut self) -> Result<(), Vec<(String, HostError)>> {
        let mut errors = Vec::new();
        match self.init_order() {
            Ok(order) => {
                for at in order {
                    if let Err(error) = self.init_module(at) {
                        errors.push((self.loaded[at].module.name.to_owned(), error));
                    }
                }
            }
            Err(error) => errors.push(error),
        }
        for (group, id, name, value) in std::mem::take(&mut self.instances) {
            if let Err(error) = self.set_instance(&group, id, &name, &value) {
                errors.push(("core".to_owned(), error));
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }

    fn function(&self, name: &str, args: usize) -> FunctionLookup {
        let mut arities = Vec::new();
        let mut id = 0;
        for module in &self.modules {
            for function in module.functions {
                if function.name == name {
                    if let Some(form) = function.forms.iter().find(|f| f.args.len() == args) {
                        return FunctionLookup::Found(FunctionRef { id, form: *form });
                    }
                    arities.extend(function.forms.iter().map(|f| f.args.len()));
                }
                id += 1;
            }
        }
        if arities.is_empty() { FunctionLookup::Unknown } else { FunctionLookup::WrongArity(arities) }
    }

    fn function_names(&self) -> Vec<&'static str> {
        self.modules.iter().flat_map(|m| m.functions).map(|f| f.name).collect()
    }

    fn param_names(&self, module: &str) -> Vec<&'static str> {
        self.modules.iter().filter(|m| m.name == module).flat_map(|m| m.params).map(|p| p.name).collect()
    }

    fn prepare_call(&mut self, function: u32, args: &[CallArg], place: &Place) -> Result<Handle, HostError> {
        let Some(def) = self.function_by_id(function) else {
            return Err(HostError::new("this function is not known"));
        };
        let Some(form) = def.forms.iter().find(|f| f.args.len() == args.len()) else {
            return Err(HostError::new(format!("{} does not take {} argument(s)", def.name, args.len())));
        };
        self.place = Some(place.clone());
        let mut prepared = Vec::with_capacity(args.len());
        for (at, (kind, arg)) in form.args.iter().zip(args).enumerate() {
            if (function as usize) < crate::core::MODULE.functions.len() {
                core_arg(def.name, *kind, arg).map_err(|error| error.at(at))?;
            }
            prepared.push(self.arg(*kind, arg).map_err(|error| error.at(at))?);
        }
        if let Some(digest) = def.run.prepare {
            prepared = digest(&mut self.prepare(), prepared, place)?;
        }
        let dynamic = args.iter().filter(|a| matches!(a, CallArg::Dynamic(_))).count();
        let site = Box::new(Site {
            dynamic,
            name: def.name,
            run: def.run.run,
            args: prepared.into_boxed_slice(),
            file: Arc::clone(&place.file),
            line: place.line,
        });
        let handle = Handle(std::ptr::from_ref(&*site) as usize);
        self.parts.sites.push(site);
        Ok(handle)
    }

    fn prepare_pv(&mut self, pv: &PvRef) -> Result<PvHandle, HostError> {
        let prepared = self.prepare().pv(pv)?;
        let var_slot = match &pv.inner {
            PvInner::Text(name) if &*pv.name == "var" && pv.transforms.is_empty() => {
                std::str::from_utf8(name).ok().map(|name| self.vars.slot(name))
            }
            _ => None,
        };
        let (readable, writable) = (prepared.def.readable, prepared.writable());
        let boxed = Box::new(prepared);
        let handle = Handle(std::ptr::from_ref(&*boxed) as usize);
        self.parts.pvs.push(boxed);
        Ok(PvHandle { handle, var_slot, readable, writable })
    }

    fn prepare_select(&mut self, text: &str) -> Result<PvHandle, HostError> {
        let inner = PvInner::Text(text.as_bytes().into());
        let pv = PvRef {
            name: "sel".into(),
            inner,
            index: kamjit_syntax::pv::PvIndex::None,
            transforms: Vec::new(),
            span: kamjit_syntax::Span::default(),
        };
        self.prepare_pv(&pv)
    }

    fn prepare_regex(&mut self, pattern: &[u8]) -> Result<Handle, HostError> {
        self.keep_regex(pattern, true)
    }

    fn prepare_case_regex(&mut self, pattern: &[u8]) -> Result<Handle, HostError> {
        self.keep_regex(pattern, false)
    }

    fn intern_bytes(&mut self, bytes: &[u8]) -> Handle {
        let boxed: Box<[u8]> = bytes.into();
        let handle = Handle(boxed.as_ptr() as usize);
        self.parts.bytes.push(boxed);
        handle
    }
}
