//! What a configuration means: names, types, call graph, control flow. See docs/src/compiler.md.

pub mod ir;
pub mod value;
