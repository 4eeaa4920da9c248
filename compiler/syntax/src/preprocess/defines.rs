//! The table of defines.

use std::collections::HashMap;
use std::rc::Rc;

use super::Generation;
use super::lexer::{Lexer, is_word};
use crate::diagnostic::Diagnostic;
use crate::span::Span;

/// A name and the text it stands for.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// The text; empty for a name that is only tested.
    pub(super) value: Rc<[u8]>,
    /// The directive; `None` for the command line and built-in names.
    pub(super) at: Option<Span>,
    /// Set by `loadmodule`.
    module: bool,
}

/// All names defined so far.
#[derive(Debug, Default)]
pub(super) struct Defines {
    table: HashMap<Vec<u8>, Entry>,
}

/// What to do when the name is already there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Policy {
    /// An error.
    New,
    /// Keep the first.
    Try,
    /// Take the new one.
    Replace,
}

impl Defines {
    /// The names a server of this generation has from the start.
    pub(super) fn new(generation: Generation) -> Defines {
        let mut defines = Defines::default();
        let version: &[&str] = match generation {
            Generation::V5_6 => &["KAMAILIO_5", "KAMAILIO_5_6", "KAMAILIO_5_6_3"],
            Generation::V6 => &["KAMAILIO_6", "KAMAILIO_6_2", "KAMAILIO_6_2_0"],
        };
        for name in version {
            defines.put(name.as_bytes(), b"", None);
        }
        if generation == Generation::V6 {
            defines.put(b"KAMAILIO_VERSION", b"6002000", None);
            defines.put(b"OS_NAME", std::env::consts::OS.as_bytes(), None);
        }
        defines
    }

    pub(super) fn get(&self, name: &[u8]) -> Option<&Entry> {
        self.table.get(name)
    }

    /// All names with their texts, sorted by name.
    pub(super) fn names(&self) -> Vec<(String, String)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut names: Vec<_> = self.table.iter().map(|(name, e)| (text(name), text(&e.value))).collect();
        names.sort();
        names
    }

    fn put(&mut self, name: &[u8], value: &[u8], at: Option<Span>) {
        self.table.insert(name.to_vec(), Entry { value: value.into(), at, module: false });
    }

    pub(super) fn remove(&mut self, name: &[u8]) -> bool {
        self.table.remove(name).is_some()
    }
}

impl Lexer<'_> {
    /// The names of `-A`. Captured: there any text is a name.
    pub(super) fn define_arguments(&mut self, arguments: &[(String, Option<String>)]) {
        for (name, value) in arguments {
            if name.is_empty() {
                self.error("KC001", Span::default(), "`-A` needs a name, as in `-A NAME` or `-A NAME=VALUE`");
            } else {
                self.define(name.as_bytes(), value.as_deref().unwrap_or("").as_bytes(), None, Policy::New);
            }
        }
    }

    /// Stores a define; reports a name that is taken.
    pub(super) fn define(&mut self, name: &[u8], value: &[u8], at: Option<Span>, policy: Policy) {
        if let Some(old) = self.defines.get(name) {
            match policy {
                Policy::Try => return,
                Policy::Replace => {}
                Policy::New => {
                    let old = old.at;
                    self.report_taken(name, at, old);
                    return;
                }
            }
        }
        self.defines.put(name, value, at);
    }

    fn report_taken(&mut self, name: &[u8], at: Option<Span>, old: Option<Span>) {
        let shown = String::from_utf8_lossy(name);
        let message = format!("`{shown}` is already defined");
        let error = Diagnostic::error("KC001", at.unwrap_or_default(), message);
        let help = match at {
            Some(_) => "use #!redefine to replace it, #!trydefine to keep the first",
            None => "it is given twice on the command line, or a name that the server sets itself",
        };
        let error = error.help(help);
        self.out.diagnostics.push(match old {
            Some(place) => error.also(place, "first defined here"),
            None => error,
        });
    }

    /// `MOD_name` after a `loadmodule`.
    pub(super) fn define_module(&mut self, path: &[u8], at: Span) {
        let name = path.rsplit(|b| *b == b'/').next().unwrap_or(path);
        let name = name.strip_suffix(b".so").unwrap_or(name);
        if name.is_empty() || !name.iter().all(|b| is_word(*b) || matches!(b, b'-' | b'.')) {
            return;
        }
        let name = [b"MOD_", name].concat();
        match self.defines.get(&name).map(|e| (e.module, e.at)) {
            Some((false, old)) => self.report_taken(&name, Some(at), old),
            // A module that is loaded twice is reported as that.
            Some((true, _)) => {}
            None => {
                self.defines.table.insert(name, Entry { value: Rc::from([]), at: None, module: true });
            }
        }
    }
}
