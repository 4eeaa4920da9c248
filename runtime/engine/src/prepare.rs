//! What functions, variables and transformations get to digest their constant arguments, once, at start.

use std::{any::Any, sync::Arc};

use kamjit_catalog::{Generation, HostError, InnerName, Place, RouteDecl, Routes};
use kamjit_syntax::pv::{FormatPart, PvIndex, PvInner, PvRef, TransArg, parse_format, parse_pv};

use crate::{
    cfg::CfgStore,
    module::{Arg, Module},
    program::RouteIndex,
    pv::{Format, FormatPiece, Index, Inner, Pv, PvDef, PvName, TrArg, TrDef, Transform, number_behind},
    regex::Regex,
    state::{StateKey, States},
    subst::Subst,
};

/// Everything that preparing may ask for.
pub struct Prepare<'a> {
    pub(crate) generation: Generation,
    pub(crate) modules: &'a [&'static Module],
    pub(crate) vars: &'a mut VarSlots,
    pub(crate) routes: &'a [RouteDecl],
    pub(crate) states: &'a States,
    pub(crate) flags: &'a [(String, i64)],
    pub(crate) avp_flags: &'a [String],
    pub(crate) place: Option<&'a Place>,
    pub(crate) cfg: &'a CfgStore,
}

/// Names of `$var(..)`, each with its slot.
#[derive(Default)]
pub struct VarSlots {
    names: Vec<Box<str>>,
}

impl VarSlots {
    /// The slot of a name, new if it has none yet.
    pub fn slot(&mut self, name: &str) -> u32 {
        let at = self.names.iter().position(|n| &**n == name).unwrap_or_else(|| {
            self.names.push(name.into());
            self.names.len() - 1
        });
        at as u32
    }

    pub(crate) fn into_names(self) -> Vec<Box<str>> {
        self.names
    }
}

impl Prepare<'_> {
    /// Whose meaning applies.
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// The slot of `$var(name)`.
    pub fn var_slot(&mut self, name: &str) -> u32 {
        self.vars.slot(name)
    }

    /// A route block by kind and name.
    pub fn route(&self, kind: Routes, name: &str) -> Option<RouteIndex> {
        self.routes.iter().find(|r| r.kind == kind && r.name == name).map(|r| RouteIndex(r.index))
    }

    /// Where the call stands that is being prepared; `None` outside of calls.
    pub fn place(&self) -> Option<&Place> {
        self.place
    }

    /// The number of a declared flag of AVPs (`avpflags NAME;`).
    pub fn avp_flag(&self, name: &str) -> Option<i64> {
        self.avp_flags.iter().position(|known| known == name).map(|at| at as i64)
    }

    /// The number of a declared flag (`flags NAME:4;`).
    pub fn flag(&self, name: &str) -> Option<i64> {
        self.flags.iter().find(|(known, _)| known == name).map(|(_, number)| *number)
    }

    /// All route blocks, for "did you mean".
    pub fn routes(&self) -> &[RouteDecl] {
        self.routes
    }

    /// True if a module is loaded.
    pub fn is_loaded(&self, module: &str) -> bool {
        self.modules.iter().any(|m| m.name == module)
    }

    /// Another module's state (initialised already: calls are prepared after all modules).
    pub fn state<T: Send + Sync + 'static>(&self, key: &StateKey<T>) -> Option<Arc<T>> {
        self.states.shared(key)
    }

    /// A variable from its text, which must be nothing but one.
    pub fn pv_text(&mut self, text: &[u8]) -> Result<Pv, HostError> {
        match parse_pv(text, 0) {
            Ok((pv, used)) if used == text.len() => self.pv(&pv),
            Ok(_) => Err(HostError::new(format!("'{}' is more than one variable", text.escape_ascii()))),
            Err(error) => Err(HostError::new(error.message)),
        }
    }

    /// A format string from its text.
    pub fn format(&mut self, text: &[u8]) -> Result<Format, HostError> {
        let parts = parse_format(text).map_err(|e| HostError::new(e.message))?;
        let mut pieces = Vec::with_capacity(parts.len());
        for part in parts {
            pieces.push(match part {
                FormatPart::Text(text) => FormatPiece::Text(text),
                FormatPart::Pv(pv) => FormatPiece::Var(self.pv(&pv)?),
            });
        }
        Ok(Format::new(pieces))
    }

    /// A constant pattern, case ignored or not.
    pub fn regex(&self, pattern: &[u8], ignore_case: bool) -> Result<Regex, HostError> {
        Regex::new(pattern, ignore_case).map_err(|why| broken_regex(pattern, &why))
    }

    /// A constant pattern that looks at lines, as functions take it; see [`Regex::by_lines`].
    pub fn regex_by_lines(&self, pattern: &[u8], ignore_case: bool) -> Result<Regex, HostError> {
        Regex::by_lines(pattern, ignore_case).map_err(|why| broken_regex(pattern, &why))
    }

    /// A substitution `/re/replacement/flags`.
    pub fn subst(&mut self, text: &[u8]) -> Result<Subst, HostError> {
        Subst::parse(text, self)
    }

    /// A variable.
    pub fn pv(&mut self, pv: &PvRef) -> Result<Pv, HostError> {
        let def = self.pv_def(&pv.name).ok_or_else(|| self.unknown_pv(&pv.name))?;
        let name = PvName { inner: self.inner(def, &pv.inner)?, index: self.index(def, &pv.index)? };
        let mut transforms = Vec::with_capacity(pv.transforms.len());
        for transform in &pv.transforms {
            let tr = self.tr_def(&transform.class, &transform.op).ok_or_else(|| {
                HostError::new(format!("there is no transformation {{{}.{}}}", transform.class, transform.op))
            })?;
            transforms.push(self.transform(tr, transform)?);
        }
        let number = if transforms.is_empty() { number_behind(def.name) } else { None };
        Ok(Pv { def, name, transforms: transforms.into_boxed_slice(), number })
    }

    fn transform(
        &mut self,
        def: &'static TrDef,
        tr: &kamjit_syntax::pv::Transform,
    ) -> Result<Transform, HostError> {
        let mut args = Vec::with_capacity(tr.args.len());
        if def.code.prepare.is_none() {
            check_count(def, tr.args.len())?;
        }
        for (n, arg) in tr.args.iter().enumerate() {
            args.push(match arg {
                TransArg::Pv(pv) => TrArg::Pv(self.pv(pv)?),
                TransArg::Text(text) => TrArg::Text(text.clone()),
                TransArg::Num(n) => TrArg::Num(*n),
            });
            if def.code.prepare.is_none()
                && let (Some(kind), Some(arg)) = (def.args.as_bytes().get(n), args.pop())
            {
                args.push(arg.fit(*kind).map_err(|why| {
                    HostError::new(format!("argument {} of {{{}.{}}} {why}", n + 1, def.class, def.op))
                })?);
            }
        }
        if let Some(prepare) = def.code.prepare {
            args = prepare(self, &tr.raw, args)?;
        }
        Ok(Transform { def, args: args.into_boxed_slice() })
    }

    fn inner(&mut self, def: &'static PvDef, inner: &PvInner) -> Result<Inner, HostError> {
        let refuse = |what: &str| Err(HostError::new(format!("${} {what}", def.name)));
        match (inner, def.inner) {
            (PvInner::None, InnerName::None | InnerName::Optional) => Ok(Inner::None),
            (PvInner::None, _) => refuse("needs a name in parentheses"),
            (_, InnerName::None) => refuse("takes no name in parentheses"),
            // Captured: where the name is constant, one that looks like a variable is taken as it is written.
            (PvInner::Pv(pv), InnerName::Static) => self.constant_inner(def, &pv.source()),
            (PvInner::Pv(pv), _) => Ok(Inner::Var(Box::new(self.pv(pv)?))),
            (PvInner::Text(text), _) => self.constant_inner(def, text),
        }
    }

    fn constant_inner(&mut self, def: &'static PvDef, text: &[u8]) -> Result<Inner, HostError> {
        match def.code.parse {
            Some(parse) => parse(self, text),
            None => Ok(Inner::Text(text.into())),
        }
    }

    fn index(&mut self, def: &'static PvDef, index: &PvIndex) -> Result<Index, HostError> {
        match index {
            PvIndex::None => Ok(Index::None),
            _ if !def.index => Err(HostError::new(format!("${} takes no index", def.name))),
            PvIndex::Num(n) => Ok(Index::At(*n)),
            PvIndex::All => Ok(Index::All),
            PvIndex::Pv(pv) => Ok(Index::Var(Box::new(self.pv(pv)?))),
        }
    }

    fn pv_def(&self, name: &str) -> Option<&'static PvDef> {
        self.modules.iter().flat_map(|m| m.pvs).find(|def| def.name == name)
    }

    fn tr_def(&self, class: &str, op: &str) -> Option<&'static TrDef> {
        self.modules.iter().flat_map(|m| m.transformations).find(|def| def.class == class && def.op == op)
    }

    fn unknown_pv(&self, name: &str) -> HostError {
        let near = self
            .modules
            .iter()
            .flat_map(|m| m.pvs)
            .map(|def| def.name)
            .find(|known| known.eq_ignore_ascii_case(name));
        let error = HostError::new(format!("there is no pseudo-variable ${name} in the loaded modules"));
        match near {
            Some(near) => error.help(format!("did you mean ${near}?")),
            None => error.help("most pseudo-variables come with the module pv: loadmodule \"pv.so\""),
        }
    }

    /// Wraps a digested argument.
    pub fn digested<T: Any + Send + Sync>(value: T) -> Arg {
        Arg::Digested(Box::new(value))
    }
}

fn broken_regex(pattern: &[u8], why: &str) -> HostError {
    HostError::new(format!("the regular expression '{}' does not compile: {why}", pattern.escape_ascii()))
}

fn check_count(def: &TrDef, count: usize) -> Result<(), HostError> {
    let least = def.args.chars().filter(|c| c.is_ascii_lowercase()).count();
    if (least..=def.args.len()).contains(&count) {
        return Ok(());
    }
    Err(HostError::new(format!(
        "{{{}.{}}} takes {} argument(s), {count} given",
        def.class,
        def.op,
        if least == def.args.len() { least.to_string() } else { format!("{least} to {}", def.args.len()) }
    )))
}
