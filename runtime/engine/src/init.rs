//! What a module's `init` gets: its parameters, and the registers in which it enters what it offers.

use std::sync::Arc;

use kamjit_catalog::{ConfigValue, Generation, HostError, ParamDefault, Routes};

use crate::{
    cfg::{CfgInt, CfgStore, CfgStr},
    globals::Globals,
    hooks::Hooks,
    module::Module,
    prepare::Prepare,
    program::RouteIndex,
    pv::{Format, Pv},
    state::{StateKey, States},
    stats::{Counter, Stats},
};

/// Stores a state once the module's `init` has succeeded.
pub(crate) type SetState = Box<dyn FnOnce(&mut States)>;

/// One module's initialisation.
pub struct Init<'a> {
    pub(crate) module: &'static Module,
    pub(crate) given: &'a [(String, ConfigValue)],
    pub(crate) prepare: Prepare<'a>,
    pub(crate) new_states: &'a mut Vec<SetState>,
    /// Global parameters.
    pub globals: &'a Globals,
    /// Places on the way of a message.
    pub hooks: &'a mut Hooks,
    /// Statistics.
    pub stats: &'a Arc<Stats>,
    /// Variables that may change at run time.
    pub cfg: &'a Arc<CfgStore>,
}

impl<'a> Init<'a> {
    /// Whose meaning applies.
    pub fn generation(&self) -> Generation {
        self.prepare.generation
    }

    /// An integer parameter: the last value given, or the table's default.
    pub fn int(&self, name: &str) -> i64 {
        match (self.last(name), self.default(name)) {
            (Some(ConfigValue::Int(n)), _) => *n,
            (None, Some(ParamDefault::Int(n))) => n,
            _ => 0,
        }
    }

    /// A string parameter: the last value given, or the table's default.
    pub fn str(&self, name: &str) -> Option<&[u8]> {
        match (self.last(name), self.default(name)) {
            (Some(ConfigValue::Str(text)), _) => Some(text),
            (None, Some(ParamDefault::Str(text))) => Some(text.as_bytes()),
            _ => None,
        }
    }

    /// All values given for a parameter, in order.
    pub fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'a ConfigValue> + 's {
        let given = self.given;
        given.iter().filter(move |(n, _)| n == name).map(|(_, value)| value)
    }

    /// True if the configuration sets the parameter.
    pub fn is_set(&self, name: &str) -> bool {
        self.last(name).is_some()
    }

    /// A parameter that names a variable (`"$avp(x)"`); `None` if it is empty or not set.
    pub fn pv(&mut self, name: &str) -> Result<Option<Pv>, HostError> {
        let Some(text) = self.str(name).filter(|t| !t.is_empty()).map(<[u8]>::to_vec) else {
            return Ok(None);
        };
        self.prepare.pv_text(&text).map(Some)
    }

    /// A parameter that is a format string; `None` if it is empty or not set.
    pub fn format(&mut self, name: &str) -> Result<Option<Format>, HostError> {
        let Some(text) = self.str(name).filter(|t| !t.is_empty()).map(<[u8]>::to_vec) else {
            return Ok(None);
        };
        self.prepare.format(&text).map(Some)
    }

    /// To prepare variables, formats and patterns.
    pub fn prepare(&mut self) -> &mut Prepare<'a> {
        &mut self.prepare
    }

    /// Sets this module's state. Other modules see it when their own `init` runs.
    pub fn set_state<T: Send + Sync + 'static>(&mut self, key: &'static StateKey<T>, state: Arc<T>) {
        self.new_states.push(Box::new(move |states| states.set(key, state)));
    }

    /// The state of a module named in `needs` or `after`.
    pub fn state<T: Send + Sync + 'static>(&self, key: &StateKey<T>) -> Option<Arc<T>> {
        self.prepare.state(key)
    }

    /// True if a module is loaded.
    pub fn is_loaded(&self, module: &str) -> bool {
        self.prepare.is_loaded(module)
    }

    /// An event route of the file, if it has it.
    pub fn event_route(&self, name: &str) -> Option<RouteIndex> {
        self.prepare.route(Routes::EVENT, name)
    }

    /// A counter in the module's own group.
    pub fn counter(&self, name: &str) -> Counter {
        self.stats.counter(self.module.name, name)
    }

    /// An integer parameter that `cfg.seti` may change, with its allowed range.
    pub fn cfg_int(&self, name: &str, range: Option<(i64, i64)>, description: &str) -> CfgInt {
        self.cfg.int(self.module.name, name, self.int(name), range, description)
    }

    /// A string parameter that `cfg.sets` may change.
    pub fn cfg_str(&self, name: &str, description: &str) -> CfgStr {
        self.cfg.str(self.module.name, name, self.str(name).unwrap_or_default(), description)
    }

    fn last(&self, name: &str) -> Option<&'a ConfigValue> {
        debug_assert!(self.default(name).is_some(), "{}.{name} is not in the table", self.module.name);
        self.given.iter().rev().find(|(n, _)| n == name).map(|(_, value)| value)
    }

    fn default(&self, name: &str) -> Option<ParamDefault> {
        self.module.params.iter().find(|p| p.name == name).map(|p| p.default)
    }
}
