//! The tree of one configuration after preprocessing. Every node carries its [`Span`] in the expanded text.
//!
//! The tree says what was written, not what it means: whether `t_relay` exists, whether `$var(x)` may be assigned,
//! whether `FLT_ACC` is a flag is decided in `compiler/analysis`.

mod expr;
mod item;
mod literal;
mod stmt;

pub use crate::pv::PvRef;
pub use crate::span::Span;
pub use expr::*;
pub use item::*;
pub use literal::*;
pub use stmt::*;
