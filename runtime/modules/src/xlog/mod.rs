//! The module `xlog`: log lines from the script.

mod colors;
mod functions;

use std::sync::Arc;

use kamjit_catalog::{HostError, Param, ParamDefault};
use kamjit_engine::{Module, cfg::CfgInt, init::Init, pv::Format, state::StateKey};

/// What the parameters say.
struct State {
    /// Text behind the level: `<script>: `.
    prefix: Format,
    /// The same as written, which lines with a number show (captured).
    plain_prefix: Box<[u8]>,
    facility: Option<i32>,
    /// Method bits that `xlogm()` ignores.
    methods_filter: CfgInt,
    /// `xlogl()` shows the file name, too.
    long_format: bool,
    auto_newline: bool,
}

static STATE: StateKey<State> = StateKey::new();

/// The export table.
pub static MODULE: Module = Module {
    name: "xlog",
    functions: functions::FUNCTIONS,
    params: &[
        // The buffer grows as needed, so its size has no meaning; see docs/differences.md.
        Param { name: "buf_size", default: ParamDefault::Int(4096) },
        Param { name: "force_color", default: ParamDefault::Int(0) },
        Param { name: "log_colors", default: ParamDefault::Many },
        Param { name: "log_facility", default: ParamDefault::NoStr },
        Param { name: "long_format", default: ParamDefault::Int(0) },
        Param { name: "methods_filter", default: ParamDefault::Int(-1) },
        Param { name: "prefix", default: ParamDefault::Str("<script>: ") },
        Param { name: "prefix_mode", default: ParamDefault::Int(0) },
        Param { name: "auto_newline", default: ParamDefault::Int(0) },
    ],
    pvs: colors::PVS,
    init,
    ..Module::EMPTY
};

fn init(init: &mut Init<'_>) -> Result<(), HostError> {
    let prefix = init.str("prefix").unwrap_or_default().to_vec();
    let plain_prefix = prefix.as_slice().into();
    let prefix = match init.int("prefix_mode") {
        1 => init.prepare().format(&prefix)?,
        _ => Format::constant(&prefix),
    };
    let facility =
        match init.str("log_facility") {
            Some(name) => Some(functions::facility(name).ok_or_else(|| {
                HostError::new(format!("xlog: '{}' is no log facility", name.escape_ascii()))
            })?),
            None => None,
        };
    let state = State {
        prefix,
        plain_prefix,
        facility,
        methods_filter: init.cfg_int("methods_filter", None, "methods that xlogm() ignores"),
        long_format: init.int("long_format") == 1,
        auto_newline: init.int("auto_newline") != 0,
    };
    init.set_state(&STATE, Arc::new(state));
    Ok(())
}
