//! Transformations `{class.op,args}` of a value.

use std::any::Any;

use kamjit_catalog::{HostError, Transformation};

use super::Pv;
use crate::{ctx::Ctx, module::Prepare, value::Val};

/// Computes a transformation.
pub type TrRun = for<'m> fn(&mut Ctx<'m>, Val<'m>, &'m [TrArg]) -> Val<'m>;
/// Digests or refuses constant arguments; the raw text between the braces comes with them.
pub type TrPrepare = fn(&mut Prepare<'_>, &[u8], Vec<TrArg>) -> Result<Vec<TrArg>, HostError>;

/// The code of a transformation.
#[derive(Clone, Copy)]
pub struct TrCode {
    /// Computes it.
    pub run: TrRun,
    /// Digests arguments, where text and numbers do not do.
    pub prepare: Option<TrPrepare>,
}

/// An entry of a module's table of transformations.
pub type TrDef = Transformation<TrCode>;

/// An argument of a transformation.
pub enum TrArg {
    /// Text as written.
    Text(Box<[u8]>),
    /// A number.
    Num(i64),
    /// A variable.
    Pv(Pv),
    /// What `prepare` made of it.
    Digested(Box<dyn Any + Send + Sync>),
}

impl TrArg {
    /// The argument as text.
    pub fn text<'m>(&'m self, ctx: &mut Ctx<'m>) -> &'m [u8] {
        match self {
            TrArg::Text(text) => text,
            TrArg::Num(n) => crate::value::format_int(ctx.arena, *n),
            TrArg::Pv(pv) => pv.get(ctx).to_bytes(ctx.arena),
            TrArg::Digested(_) => b"",
        }
    }

    /// The argument as a number.
    pub fn number<'m>(&'m self, ctx: &mut Ctx<'m>) -> i64 {
        match self {
            TrArg::Text(text) => Val::Str(text).to_int(),
            TrArg::Num(n) => *n,
            TrArg::Pv(pv) => pv.get(ctx).to_int(),
            TrArg::Digested(_) => 0,
        }
    }

    /// What `prepare` made of it.
    pub fn digested<T: 'static>(&self) -> Option<&T> {
        match self {
            TrArg::Digested(any) => any.downcast_ref(),
            _ => None,
        }
    }
}

/// One prepared transformation.
pub struct Transform {
    /// Which.
    pub def: &'static TrDef,
    /// Its arguments.
    pub args: Box<[TrArg]>,
}

impl Transform {
    /// Applies it.
    pub fn apply<'m>(&'m self, ctx: &mut Ctx<'m>, value: Val<'m>) -> Val<'m> {
        (self.def.code.run)(ctx, value, &self.args)
    }
}
