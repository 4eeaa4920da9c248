//! IR to machine code with Cranelift. Knows the host ABI ([`abi`], [`builtins`]), not the host.

pub mod abi;
pub mod builtins;
mod lower;
mod program;
pub mod semantics;

pub use program::{CompileError, CompiledProgram, Options};

#[cfg(test)]
mod tests;
