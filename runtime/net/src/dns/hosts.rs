//! `/etc/hosts`, read again when it changes.

use std::collections::HashMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// How often the file is looked at.
const CHECK_EVERY: Duration = Duration::from_secs(5);
/// Largest file that is read, in bytes.
const MAX_FILE: u64 = 16 << 20;

/// Names of the hosts file.
#[derive(Debug, Default)]
pub(super) struct Hosts {
    path: Option<PathBuf>,
    names: HashMap<Box<str>, Vec<IpAddr>>,
    modified: Option<SystemTime>,
    checked: Option<Instant>,
}

impl Hosts {
    pub(super) fn new(path: Option<PathBuf>) -> Self {
        Hosts { path, ..Hosts::default() }
    }

    /// Addresses of a lower-case name, in the order of the file.
    pub(super) fn get(&mut self, name: &str) -> Option<&[IpAddr]> {
        self.refresh();
        self.names.get(name).map(Vec::as_slice)
    }

    fn refresh(&mut self) {
        let Some(path) = &self.path else { return };
        if self.checked.is_some_and(|at| at.elapsed() < CHECK_EVERY) {
            return;
        }
        self.checked = Some(Instant::now());
        let Ok(meta) = std::fs::metadata(path) else {
            (self.names, self.modified) = (HashMap::new(), None);
            return;
        };
        let modified = meta.modified().ok();
        if meta.len() > MAX_FILE || (modified.is_some() && modified == self.modified) {
            return;
        }
        if let Ok(bytes) = std::fs::read(path) {
            (self.names, self.modified) = (parse(&String::from_utf8_lossy(&bytes)), modified);
        }
    }
}

fn parse(text: &str) -> HashMap<Box<str>, Vec<IpAddr>> {
    let mut names: HashMap<Box<str>, Vec<IpAddr>> = HashMap::new();
    for line in text.lines() {
        let mut words = line.split('#').next().unwrap_or_default().split_ascii_whitespace();
        let Some(Ok(addr)) = words.next().map(str::parse::<IpAddr>) else { continue };
        for name in words {
            let addrs = names.entry(name.to_ascii_lowercase().into()).or_default();
            if !addrs.contains(&addr) {
                addrs.push(addr);
            }
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_aliases_are_found() {
        let names = parse("# c\n10.0.0.1 PBX.example pbx # x\n::1 pbx\nbad line\n10.0.0.1 pbx\n");
        let pbx: Vec<String> = names["pbx"].iter().map(ToString::to_string).collect();
        assert_eq!(pbx, ["10.0.0.1", "::1"]);
        assert_eq!(names["pbx.example"].len(), 1);
        assert!(!names.contains_key("line"));
    }
}
