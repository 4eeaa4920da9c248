//! Lines of many places: each file is searched for line ends once.

use std::sync::Arc;

use kamjit_syntax::{SourceMap, Span};

/// Finds files and lines of spans in a few steps each.
pub(crate) struct Lines<'a> {
    map: &'a SourceMap,
    files: Vec<(Arc<str>, Vec<u32>)>,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(map: &'a SourceMap) -> Lines<'a> {
        let files = map
            .files()
            .iter()
            .map(|file| {
                let ends = memchr::memchr_iter(b'\n', &file.text).map(|at| at as u32).collect();
                (file.path.to_string_lossy().into(), ends)
            })
            .collect();
        Lines { map, files }
    }

    /// The file and the 1-based line where the span begins.
    pub(crate) fn place(&self, span: Span) -> (Arc<str>, u32) {
        let found = self.map.source_range(span).and_then(|(file, start, ..)| {
            let (path, ends) = self.files.get(file.0 as usize)?;
            Some((path.clone(), ends.partition_point(|end| *end < start) as u32 + 1))
        });
        found.unwrap_or_else(|| ("".into(), 0))
    }
}
