//! Pseudo-variables, prepared once: their class's code, inner name, index and transformations.

mod format;
mod transform;

pub use format::{Format, FormatPiece};
pub use transform::{TrArg, TrCode, TrDef, TrPrepare, TrRun, Transform};

use std::any::Any;

use kamjit_catalog::{HostError, InnerName, PseudoVar};

use crate::{ctx::Ctx, module::Prepare, value::Val};

/// Reads a variable.
pub type PvGet = for<'m> fn(&mut Ctx<'m>, &'m PvName) -> Val<'m>;
/// Assigns a variable; false if it could not.
pub type PvSet = for<'m> fn(&mut Ctx<'m>, &'m PvName, Val<'m>) -> bool;
/// Digests a constant inner name.
pub type PvParse = fn(&mut Prepare<'_>, &[u8]) -> Result<Inner, HostError>;

/// The code of a class of pseudo-variables.
#[derive(Clone, Copy)]
pub struct PvCode {
    /// Reads.
    pub get: PvGet,
    /// Assigns, if it can be.
    pub set: Option<PvSet>,
    /// Digests the inner name, if it is more than text.
    pub parse: Option<PvParse>,
}

/// An entry of a module's table of pseudo-variables.
pub type PvDef = PseudoVar<PvCode>;

/// An entry `$name` that can be read.
pub const fn read_only(name: &'static str, get: PvGet) -> PvDef {
    let code = PvCode { get, set: None, parse: None };
    PvDef { name, inner: InnerName::None, index: false, readable: true, writable: false, code }
}

/// An entry `$name` that can be read and assigned.
pub const fn read_write(name: &'static str, get: PvGet, set: PvSet) -> PvDef {
    let code = PvCode { get, set: Some(set), parse: None };
    PvDef { name, inner: InnerName::None, index: false, readable: true, writable: true, code }
}

/// An entry `$name(inner)` that can be read.
pub const fn named(name: &'static str, inner: InnerName, get: PvGet, parse: Option<PvParse>) -> PvDef {
    let code = PvCode { get, set: None, parse };
    PvDef { name, inner, index: false, readable: true, writable: false, code }
}

/// An entry `$name(inner)` that can be read and assigned.
pub const fn named_rw(
    name: &'static str,
    inner: InnerName,
    get: PvGet,
    set: PvSet,
    parse: Option<PvParse>,
) -> PvDef {
    let code = PvCode { get, set: Some(set), parse };
    PvDef { name, inner, index: false, readable: true, writable: true, code }
}

/// The entry, with an index allowed: `$(name[1])`.
pub const fn indexed(def: PvDef) -> PvDef {
    PvDef { index: true, ..def }
}

/// A digested inner name.
pub enum Inner {
    /// No parentheses.
    None,
    /// Text.
    Text(Box<[u8]>),
    /// A number (for instance a slot).
    Number(i64),
    /// The name is the value of another variable.
    Var(Box<Pv>),
    /// Whatever the class made of it.
    Digested(Box<dyn Any + Send + Sync>),
}

/// An index.
pub enum Index {
    /// No brackets.
    None,
    /// A number; negative ones count from the end.
    At(i32),
    /// `[*]`.
    All,
    /// Computed.
    Var(Box<Pv>),
}

/// Inner name and index of one variable.
pub struct PvName {
    /// `$x(inner)`.
    pub inner: Inner,
    /// `$(x[index])`.
    pub index: Index,
}

impl PvName {
    /// The inner name as text, computed if it is a variable. Empty if there is none.
    pub fn text<'m>(&'m self, ctx: &mut Ctx<'m>) -> &'m [u8] {
        match &self.inner {
            Inner::Text(text) => text,
            Inner::Var(pv) => pv.get(ctx).to_bytes(ctx.arena),
            Inner::None | Inner::Number(_) | Inner::Digested(_) => b"",
        }
    }

    /// What the class's parser made of the inner name.
    pub fn digested<T: 'static>(&self) -> Option<&T> {
        match &self.inner {
            Inner::Digested(any) => any.downcast_ref(),
            _ => None,
        }
    }

    /// The index as a number; `None` without index, and for `[*]`.
    pub fn index<'m>(&'m self, ctx: &mut Ctx<'m>) -> Option<i64> {
        match &self.index {
            Index::None | Index::All => None,
            Index::At(n) => Some(i64::from(*n)),
            Index::Var(pv) => Some(pv.get(ctx).to_int()),
        }
    }
}

/// A prepared pseudo-variable with its transformations.
pub struct Pv {
    /// The class.
    pub def: &'static PvDef,
    /// Inner name and index.
    pub name: PvName,
    /// What is done with the value, in order.
    pub transforms: Box<[Transform]>,
    /// What its text counts where a number is asked for, if that is not what the text says.
    pub number: Option<PvNumber>,
}

/// The number behind a variable's text.
pub type PvNumber = for<'m> fn(&Ctx<'m>) -> i64;

/// The variables that are text and number at once (captured: `if ($rm)` and `if ($proto)` are true).
pub(crate) fn number_behind(name: &str) -> Option<PvNumber> {
    match name {
        "rm" => Some(|ctx| i64::from(ctx.msg.method().bit())),
        "pr" | "proto" => Some(|ctx| ctx.rcv.proto as i64),
        _ => None,
    }
}

impl Pv {
    /// The value, transformed.
    pub fn get<'m>(&'m self, ctx: &mut Ctx<'m>) -> Val<'m> {
        let mut value = (self.def.code.get)(ctx, &self.name);
        if let Some((last, before)) = self.transforms.split_last() {
            for transform in before {
                value = transform.apply_text(ctx, value);
            }
            value = last.apply(ctx, value);
        }
        value
    }

    /// The value where text is wanted: that of some numbers is not the usual one.
    pub fn get_text<'m>(&'m self, ctx: &mut Ctx<'m>) -> Val<'m> {
        let mut value = (self.def.code.get)(ctx, &self.name);
        for transform in &self.transforms {
            value = transform.apply_text(ctx, value);
        }
        value
    }

    /// Assigns a value (`Val::Null` unsets). False if the class refuses it.
    pub fn set<'m>(&'m self, ctx: &mut Ctx<'m>, value: Val<'m>) -> bool {
        match self.def.code.set {
            Some(set) if self.transforms.is_empty() => set(ctx, &self.name, value),
            _ => false,
        }
    }

    /// Can be assigned.
    pub fn writable(&self) -> bool {
        self.def.writable && self.transforms.is_empty()
    }
}
