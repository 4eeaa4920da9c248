//! A small runtime for tests: a few modules, functions and variables of the real server.

use kamjit_catalog::{
    ArgKind, CallArg, ConfigValue, Form, FunctionLookup, FunctionRef, Generation, GlobalKind, Handle, Host,
    HostError, Place, PvHandle, RouteDecl, Routes,
};
use kamjit_syntax::pv::{PvInner, PvRef};

/// (module, name, numbers of arguments, where).
const FUNCTIONS: &[(&str, &str, &[usize], Routes)] = &[
    ("core", "setflag", &[1], Routes::ANY),
    ("core", "forward", &[0, 1], Routes::ANY),
    ("tm", "t_relay", &[0, 1, 2], Routes(1 | 2)),
    ("tm", "t_on_failure", &[1], Routes::ANY),
    ("sl", "sl_send_reply", &[2], Routes::REQUEST),
    ("textops", "is_method", &[1], Routes::ANY),
    ("xlog", "xlog", &[1, 2], Routes::ANY),
    ("rr", "record_route", &[0, 1], Routes::REQUEST),
];
const MODULES: &[&str] = &["tm", "sl", "textops", "xlog", "rr", "pv"];
const PARAMS: &[(&str, &str, bool)] =
    &[("tm", "fr_timer", true), ("tm", "fr_inv_timer", true), ("rr", "enable_full_lr", true)];

/// The host; it also notes what it was told.
pub(super) struct FakeHost {
    generation: Generation,
    loaded: Vec<String>,
    vars: Vec<String>,
    routes: Vec<RouteDecl>,
    pub(super) notes: Vec<String>,
}

impl FakeHost {
    pub(super) fn new(generation: Generation) -> FakeHost {
        FakeHost {
            generation,
            loaded: vec!["core".into()],
            vars: Vec::new(),
            routes: Vec::new(),
            notes: Vec::new(),
        }
    }
}

impl Host for FakeHost {
    fn generation(&self) -> Generation {
        self.generation
    }

    fn set_global(&mut self, name: &str, value: &[ConfigValue]) -> Result<GlobalKind, HostError> {
        self.notes.push(format!("global {name} {value:?}"));
        match name {
            "debug" if !matches!(value, [ConfigValue::Int(_)]) => Err(HostError::new("debug takes a number")),
            "debug" | "children" | "listen" | "log_prefix" | "alias" => Ok(GlobalKind::Known),
            "memlog" => Ok(GlobalKind::Ignored),
            _ => Ok(GlobalKind::Unknown),
        }
    }

    fn declare_cfg(
        &mut self,
        group: &str,
        name: &str,
        value: ConfigValue,
        desc: Option<&str>,
    ) -> Result<(), HostError> {
        self.notes.push(format!("cfg {group}.{name} {value:?} {desc:?}"));
        Ok(())
    }

    fn declare_flag(&mut self, name: &str, number: Option<i64>) -> Result<(), HostError> {
        self.notes.push(format!("flag {name} {number:?}"));
        Ok(())
    }

    fn load_module(&mut self, name: &str) -> Result<(), HostError> {
        if self.is_loaded(name) {
            return Err(HostError::new(format!("module {name} is loaded twice")));
        }
        if !MODULES.contains(&name) {
            return Err(HostError::new(format!("the module {name} does not exist in this build yet")));
        }
        self.loaded.push(name.into());
        Ok(())
    }

    fn is_loaded(&self, module: &str) -> bool {
        self.loaded.iter().any(|m| m == module)
    }

    fn modules_matching(&self, pattern: &str) -> Result<Vec<String>, HostError> {
        Ok(self.loaded.iter().filter(|m| pattern.split('|').any(|p| p == *m)).cloned().collect())
    }

    fn set_param(&mut self, module: &str, name: &str, value: &ConfigValue) -> Result<(), HostError> {
        match PARAMS.iter().find(|(m, n, _)| *m == module && *n == name) {
            None => Err(HostError::new(format!("module {module} has no parameter {name}"))),
            Some((.., true)) if !matches!(value, ConfigValue::Int(_)) => {
                Err(HostError::new(format!("{module}.{name} is a number; a string was given")))
            }
            Some(_) => Ok(()),
        }
    }

    fn declare_routes(&mut self, routes: &[RouteDecl]) {
        self.routes = routes.to_vec();
    }

    fn seal(&mut self) -> Result<(), Vec<(String, HostError)>> {
        Ok(())
    }

    fn function(&self, name: &str, args: usize) -> FunctionLookup {
        let found = FUNCTIONS.iter().position(|(module, n, ..)| *n == name && self.is_loaded(module));
        let Some(id) = found else { return FunctionLookup::Unknown };
        let (_, _, arities, routes) = FUNCTIONS[id];
        if !arities.contains(&args) {
            return FunctionLookup::WrongArity(arities.to_vec());
        }
        const KINDS: &[ArgKind] = &[ArgKind::StrVar, ArgKind::StrVar];
        FunctionLookup::Found(FunctionRef { id: id as u32, form: Form { args: &KINDS[..args], routes } })
    }

    fn function_names(&self) -> Vec<&'static str> {
        FUNCTIONS.iter().map(|(_, name, ..)| *name).collect()
    }

    fn param_names(&self, module: &str) -> Vec<&'static str> {
        PARAMS.iter().filter(|(m, ..)| *m == module).map(|(_, name, _)| *name).collect()
    }

    fn prepare_call(&mut self, function: u32, args: &[CallArg], place: &Place) -> Result<Handle, HostError> {
        let name = FUNCTIONS[function as usize].1;
        for (at, arg) in args.iter().enumerate() {
            if let CallArg::Str(text) = arg
                && text.windows(2).any(|w| w == b"$?")
            {
                return Err(HostError::new("there is no pseudo-variable $?").at(at));
            }
        }
        if let (2, "xlog", [CallArg::Dynamic(_), _]) = (args.len(), name, args) {
            return Err(HostError::new("the level must be a constant").at(0));
        }
        let shown: Vec<String> = args
            .iter()
            .map(|a| match a {
                CallArg::Int(n) => n.to_string(),
                CallArg::Str(s) => format!("{:?}", String::from_utf8_lossy(s)),
                CallArg::Pv(pv) => format!("${}", pv.name),
                CallArg::Dynamic(n) => format!("*{n}"),
            })
            .collect();
        self.notes.push(format!("{}:{} {name}({})", place.file, place.line, shown.join(", ")));
        Ok(Handle(1))
    }

    fn prepare_pv(&mut self, pv: &PvRef) -> Result<PvHandle, HostError> {
        let (readable, writable) = match &*pv.name {
            "var" | "avp" | "ru" | "rU" | "du" => (true, true),
            "fU" | "si" | "hdr" | "sp" => (true, false),
            name => return Err(HostError::new(format!("there is no pseudo-variable ${name}"))),
        };
        let var_slot = match &pv.inner {
            PvInner::Text(name) if &*pv.name == "var" && pv.transforms.is_empty() => {
                let name = String::from_utf8_lossy(name).into_owned();
                let at = self.vars.iter().position(|v| *v == name).unwrap_or_else(|| {
                    self.vars.push(name);
                    self.vars.len() - 1
                });
                Some(at as u32)
            }
            _ => None,
        };
        Ok(PvHandle { handle: Handle(2), var_slot, readable, writable })
    }

    fn prepare_select(&mut self, _: &str) -> Result<PvHandle, HostError> {
        Ok(PvHandle { handle: Handle(3), var_slot: None, readable: true, writable: false })
    }

    fn prepare_regex(&mut self, pattern: &[u8]) -> Result<Handle, HostError> {
        if pattern.starts_with(b"(") && !pattern.ends_with(b")") {
            return Err(HostError::new("the regular expression does not compile: a parenthesis is open"));
        }
        Ok(Handle(4))
    }

    fn intern_bytes(&mut self, bytes: &[u8]) -> Handle {
        Handle(bytes.as_ptr() as usize)
    }
}
