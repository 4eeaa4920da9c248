//! The listing for people.

use std::fmt::Write;

use super::listing::{KINDS, Listing};

/// All modules, one after another.
pub(super) fn draw(all: &[Listing]) -> String {
    let mut out = String::new();
    for module in all.iter().filter(|module| module.entries.iter().any(|list| !list.is_empty())) {
        // Writing to a string does not fail.
        let _ = writeln!(out, "{}", module.name);
        for ((_, heading), list) in KINDS.iter().zip(&module.entries).filter(|(_, list)| !list.is_empty()) {
            let _ = writeln!(out, "  {heading}");
            let width = list.iter().map(|entry| entry.name.len()).max().unwrap_or(0).min(40);
            for entry in list {
                let line = format!("    {:width$}  {}", entry.name, entry.note);
                let _ = writeln!(out, "{}", line.trim_end());
            }
        }
        out.push('\n');
    }
    out
}
