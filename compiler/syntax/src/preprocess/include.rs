//! `include_file` and `import_file`.

use std::path::{Path, PathBuf};

use super::Include;
use super::lexer::{Lexer, rest};
use crate::diagnostic::Diagnostic;
use crate::source_map::FileId;

/// Files in files in files.
const MAX_INCLUDE_DEPTH: usize = 32;

impl Lexer<'_> {
    /// Handles the word at `start..word_end` and what follows; returns where reading goes on.
    pub(super) fn include(&mut self, text: &[u8], start: usize, word_end: usize, file: FileId) -> usize {
        let optional = text.get(start..word_end) == Some(b"import_file");
        let blanks = rest(text, word_end).iter().take_while(|b| b.is_ascii_whitespace()).count();
        let open = word_end + blanks;
        let whole = |end: usize| (start as u32, end as u32);
        let close = match text.get(open) {
            Some(b'"') => memchr::memchr2(b'"', b'\n', rest(text, open + 1)).map(|n| open + 1 + n),
            _ => None,
        };
        let Some(close) = close.filter(|c| text.get(*c) == Some(&b'"')) else {
            let (from, to) = whole(word_end);
            let at = self.out.map.source_span(file, from, to);
            let error = Diagnostic::error("KC026", at, "the name of the file must follow in double quotes");
            self.out.diagnostics.push(error);
            return word_end;
        };
        let raw = text.get(open + 1..close).unwrap_or(b"");
        let mut name = raw.to_vec();
        for subst in &self.substs {
            if let Some(new) = subst.apply(&name) {
                name = new;
            }
        }
        let name = String::from_utf8_lossy(&name).into_owned();
        let (from, to) = whole(close + 1);
        let at = self.out.map.source_span(file, from, to);
        self.emit_marker();
        let index = self.out.includes.len();
        self.out.includes.push(Include { name: name.clone(), path: None, span: at });
        if self.open_files.len() >= MAX_INCLUDE_DEPTH {
            let error = Diagnostic::error("KC026", at, "files include each other too deep");
            self.out
                .diagnostics
                .push(error.help(format!("at most {MAX_INCLUDE_DEPTH} levels; is there a circle?")));
            return close + 1;
        }
        match self.find(&name) {
            Ok((path, bytes)) => {
                if let Some(include) = self.out.includes.get_mut(index) {
                    include.path = Some(path.clone());
                }
                if self.open_files.contains(&path) {
                    self.error("KC026", at, format!("`{name}` includes itself"));
                } else {
                    self.file(&path, bytes);
                }
            }
            Err(_) if optional => {}
            Err(why) => {
                let error =
                    Diagnostic::error("KC026", at, format!("cannot read the included file `{name}`: {why}"));
                self.out.diagnostics.push(error.help("use import_file if the file may be missing"));
            }
        }
        close + 1
    }

    /// A relative name counts from the working directory, then from the main file's, then from the including file's.
    fn find(&self, name: &str) -> std::io::Result<(PathBuf, Vec<u8>)> {
        let given = Path::new(name);
        let mut places = vec![given.to_path_buf()];
        if given.is_relative() {
            places.push(self.main_dir.join(given));
            if let Some(dir) = self.open_files.last().and_then(|f| f.parent()) {
                places.push(dir.join(given));
            }
        }
        let mut first = None;
        for place in places {
            match self.loader.load(&place) {
                Ok(bytes) => return Ok((place, bytes)),
                Err(error) => first = first.or(Some(error)),
            }
        }
        Err(first.unwrap_or_else(|| std::io::ErrorKind::NotFound.into()))
    }
}
