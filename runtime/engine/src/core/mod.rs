//! What every configuration has without any `loadmodule`: core functions and core pseudo-variables, in the form of
//! a module table named `core`.

use crate::module::Module;

/// The core's export table.
pub static MODULE: Module = Module { name: "core", ..Module::EMPTY };
