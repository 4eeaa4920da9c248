//! From offsets in the expanded text back to files, lines and defines.

use std::path::{Path, PathBuf};

use crate::span::{SOURCE_BASE, Span};

/// A file of the configuration, in the order read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId(pub u32);

/// A source file.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// As it was opened.
    pub path: PathBuf,
    /// Its bytes.
    pub text: Vec<u8>,
    base: u32,
}

/// A define or substitution that put text where something else was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Define {
    /// Its name.
    pub name: Box<str>,
    /// Its value as text.
    pub value: Box<str>,
    /// The directive ([`SOURCE_BASE`] span); `None` for `-A` and built-in ones.
    pub at: Option<Span>,
}

/// A stretch of the expanded text.
#[derive(Clone, Copy, Debug)]
struct Segment {
    out: u32,
    file: u32,
    src: u32,
    /// Length of the source text for a replaced stretch.
    src_len: u32,
    /// 1 + index into `defines` for replaced text, 0 for text that was copied.
    define: u32,
}

/// A resolved place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Location<'a> {
    /// The file's path as opened.
    pub path: &'a Path,
    /// Which file.
    pub file: FileId,
    /// Byte range in that file.
    pub range: (u32, u32),
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
    /// The define that put the text there.
    pub via: Option<&'a Define>,
}

/// Maps spans to places. Lines are counted only when asked for.
#[derive(Clone, Debug, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
    segments: Vec<Segment>,
    defines: Vec<Define>,
    names: Vec<(String, String)>,
}

impl SourceMap {
    /// The names that are defined at the end of the configuration, with their texts, sorted by name.
    pub fn names(&self) -> &[(String, String)] {
        &self.names
    }

    pub(crate) fn set_names(&mut self, names: Vec<(String, String)>) {
        self.names = names;
    }

    /// All files read.
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// The defines that were used at least once.
    pub fn defines(&self) -> &[Define] {
        &self.defines
    }

    /// Adds a file.
    pub(crate) fn add_file(&mut self, path: PathBuf, text: Vec<u8>) -> FileId {
        let base = self.files.last().map_or(SOURCE_BASE, |f| f.base + f.text.len() as u32 + 1);
        self.files.push(SourceFile { path, text, base });
        FileId(self.files.len() as u32 - 1)
    }

    /// A span that points straight into a file.
    pub fn source_span(&self, file: FileId, start: u32, end: u32) -> Span {
        let base = self.files.get(file.0 as usize).map_or(SOURCE_BASE, |f| f.base);
        Span::new(base + start, base + end)
    }

    /// Says that from `out` on the expanded text is a copy of `file` from `src` on.
    pub(crate) fn copied(&mut self, out: u32, file: FileId, src: u32) {
        self.push(Segment { out, file: file.0, src, src_len: 0, define: 0 });
    }

    /// Says that from `out` on the expanded text came from `define`, written at `src..src+src_len`.
    pub(crate) fn replaced(&mut self, out: u32, file: FileId, src: u32, src_len: u32, define: Define) {
        self.defines.push(define);
        let define = self.defines.len() as u32;
        self.push(Segment { out, file: file.0, src, src_len, define });
    }

    fn push(&mut self, segment: Segment) {
        // Text that was written again takes the place of what stood there.
        while self.segments.last().is_some_and(|last| last.out >= segment.out) {
            self.segments.pop();
        }
        self.segments.push(segment);
    }

    /// Where a span stands.
    pub fn resolve(&self, span: Span) -> Option<Location<'_>> {
        let (file, start, end, via) = self.source_range(span)?;
        let source = self.files.get(file.0 as usize)?;
        let (line, column) = line_column(&source.text, start);
        Some(Location { path: &source.path, file, range: (start, end), line, column, via })
    }

    /// The byte range in a source file that a span stands for.
    pub fn source_range(&self, span: Span) -> Option<(FileId, u32, u32, Option<&Define>)> {
        if span.start >= SOURCE_BASE {
            let index = self.files.partition_point(|f| f.base <= span.start).checked_sub(1)?;
            let base = self.files.get(index)?.base;
            return Some((FileId(index as u32), span.start - base, span.end.saturating_sub(base), None));
        }
        let (file, start, start_end, via) = self.place(span.start)?;
        let mut end = start_end;
        if !span.is_empty() {
            if let Some((last_file, last_start, last_end, last_via)) = self.place(span.end - 1)
                && last_file == file
                && last_start >= start
            {
                end = if last_via.is_some() { last_end } else { last_start + 1 };
            }
        } else if via.is_none() {
            end = start;
        }
        Some((file, start, end.max(start), via))
    }

    fn place(&self, offset: u32) -> Option<(FileId, u32, u32, Option<&Define>)> {
        let index = self.segments.partition_point(|s| s.out <= offset).checked_sub(1)?;
        let segment = self.segments.get(index)?;
        if segment.define == 0 {
            // A mark at the end of a file was not copied from anywhere.
            let end = self.files.get(segment.file as usize).map_or(0, |f| f.text.len() as u32);
            let src = (segment.src + (offset - segment.out)).min(end);
            return Some((FileId(segment.file), src, src, None));
        }
        let define = self.defines.get(segment.define as usize - 1);
        Some((FileId(segment.file), segment.src, segment.src + segment.src_len, define))
    }
}

fn line_column(text: &[u8], offset: u32) -> (u32, u32) {
    let before = text.get(..offset as usize).unwrap_or(text);
    let line = memchr::memchr_iter(b'\n', before).count() as u32 + 1;
    let start = memchr::memrchr(b'\n', before).map_or(0, |i| i + 1);
    let column =
        before.get(start..).map_or(0, |l| l.iter().filter(|b| **b & 0xC0 != 0x80).count()) as u32 + 1;
    (line, column)
}
