//! What a configuration means: names, types, call graph, control flow. See docs/src/compiler.md.

mod analyse;
mod fold;
pub mod ir;
mod lines;
pub mod suggest;
pub mod value;

pub use analyse::{Analysed, analyse};

#[cfg(test)]
mod tests;
