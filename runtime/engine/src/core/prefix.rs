//! `log_prefix`: text in front of every line that a script logs.

use std::sync::Arc;

use kamjit_catalog::HostError;

use crate::{ctx::Ctx, init::Init, pv::Format, state::StateKey};

/// The prepared prefix.
struct LogPrefix {
    format: Format,
    /// `log_prefix_mode=1`: evaluated for every line; else once a message.
    each_line: bool,
}

static PREFIX: StateKey<LogPrefix> = StateKey::new();

/// Prepares the prefix of the configuration.
pub(super) fn init(init: &mut Init<'_>) -> Result<(), HostError> {
    if let Some(text) = init.globals.text("log_prefix").filter(|text| !text.is_empty()) {
        let format = init.prepare().format(text.as_bytes())?;
        let each_line = init.globals.int("log_prefix_mode") == 1;
        init.set_state(&PREFIX, Arc::new(LogPrefix { format, each_line }));
    }
    Ok(())
}

impl<'m> Ctx<'m> {
    /// The rendered `log_prefix`; empty without one. Made when the first line is logged, so that a message that
    /// logs nothing pays nothing.
    pub fn log_prefix(&mut self) -> &'m [u8] {
        if let Some(known) = self.log_prefix {
            return known;
        }
        let Some(prefix) = PREFIX.get(self) else { return b"" };
        let text = prefix.format.render(self);
        if !prefix.each_line {
            self.log_prefix = Some(text);
        }
        text
    }
}
