//! What the fuzz targets share: files in memory, and what must hold for every result.
#![warn(missing_docs)]

use std::ffi::OsString;
use std::io;
use std::path::Path;

use kamjit_syntax::{Diagnostic, FileLoader, Generation, Options, SourceMap};

/// Files cut out of one input: the main file, then `%file NAME` lines that each begin another.
pub struct Files<'d>(Vec<(&'d [u8], &'d [u8])>);

impl<'d> Files<'d> {
    /// Cuts an input into files.
    pub fn new(data: &'d [u8]) -> Files<'d> {
        const MARK: &[u8] = b"\n%file ";
        let mut files = Vec::new();
        let mut name: &[u8] = b"main.cfg";
        let mut rest = data;
        while let Some(at) = rest.windows(MARK.len()).position(|w| w == MARK) {
            let (text, behind) = rest.split_at(at + 1);
            let behind = &behind[MARK.len() - 1..];
            let line = behind.iter().position(|b| *b == b'\n').unwrap_or(behind.len());
            files.push((name, text));
            name = &behind[..line];
            rest = behind.get(line + 1..).unwrap_or(b"");
        }
        files.push((name, rest));
        Files(files)
    }
}

impl FileLoader for Files<'_> {
    fn load(&self, path: &Path) -> io::Result<Vec<u8>> {
        let name = path.as_os_str().as_encoded_bytes();
        let found = self.0.iter().find(|(known, _)| *known == name);
        found.map(|(_, text)| text.to_vec()).ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn env(&self, name: &str) -> Option<OsString> {
        (name.len() < 8).then(|| name.into())
    }
}

/// Options that an input's length chooses.
pub fn options(data: &[u8]) -> Options {
    let generation = if data.len() % 2 == 0 { Generation::V5_6 } else { Generation::V6 };
    Options { generation, ..Options::default() }
}

/// Every finding says something about a place that exists.
pub fn check(diagnostics: &[Diagnostic], map: &SourceMap) {
    for d in diagnostics {
        assert!(!d.message.is_empty());
        for span in std::iter::once(d.primary.span).chain(d.secondary.iter().map(|l| l.span)) {
            let Some(location) = map.resolve(span) else { continue };
            let file = map.files().iter().find(|f| f.path == location.path).expect("a file that was read");
            assert!(location.line >= 1 && location.column >= 1);
            assert!(location.range.0 <= location.range.1 && location.range.0 as usize <= file.text.len());
        }
    }
}
