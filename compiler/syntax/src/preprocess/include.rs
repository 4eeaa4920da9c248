//! `include_file` and `import_file`.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::Include;
use super::lexer::{Lexer, State};
use super::lines::{Token, TokenUse};
use crate::diagnostic::Diagnostic;
use crate::span::Span;

/// Files in files in files, the main file not counted (captured).
const MAX_INCLUDE_DEPTH: usize = 10;

impl Lexer<'_> {
    /// The word was read; its name follows. Returns where reading goes on.
    pub(super) fn begin_include(&mut self, optional: bool, at: Span, end: usize) -> usize {
        let purpose = TokenUse::Include { optional };
        self.state = State::Token(Token { word: Vec::new(), purpose, at });
        end
    }

    /// Reads the file that `word`, quotes included, names.
    pub(super) fn include(&mut self, word: &[u8], optional: bool, at: Span) {
        self.emit_marker();
        let Some(name) = word.strip_prefix(b"\"").and_then(|w| w.strip_suffix(b"\"")) else {
            let quoted = word.len() > 1 && word.first() == Some(&b'"');
            let help = match quoted {
                true => "no blank may stand in the name, and one must stand behind it",
                false => "write include_file \"name\"",
            };
            let error = Diagnostic::error("KC026", at, "the name of the file must follow in double quotes");
            self.out.diagnostics.push(error.help(help));
            return;
        };
        if name.is_empty() {
            self.error("KC026", at, "the name of the file is empty");
            return;
        }
        let mut name = name.to_vec();
        self.substitute(&mut name, at);
        let name = String::from_utf8_lossy(&name).into_owned();
        let index = self.out.includes.len();
        self.out.includes.push(Include { name: name.clone(), path: None, span: at });
        if self.open_files.len() > MAX_INCLUDE_DEPTH {
            let error = Diagnostic::error("KC026", at, "files include each other too deep");
            let circle = self.find(&name).is_ok_and(|(path, _)| self.open_files.contains(&path));
            let help = match circle {
                true => "this file is being read already: break the circle".to_owned(),
                false => format!("at most {MAX_INCLUDE_DEPTH} levels"),
            };
            self.out.diagnostics.push(error.help(help));
            // What a circle read again and again would only give follow-up errors.
            self.overflowed |= circle;
            return;
        }
        match self.find(&name) {
            Ok((path, bytes)) => {
                if let Some(include) = self.out.includes.get_mut(index) {
                    include.path = Some(path.clone());
                }
                self.file(&path, bytes);
            }
            Err(why) if optional && why.kind() == ErrorKind::NotFound => {}
            Err(why) if optional && why.kind() != ErrorKind::IsADirectory => {
                let message = format!("`{name}` exists, but is passed over: {why}");
                self.out.diagnostics.push(Diagnostic::warning("KC026", at, message));
            }
            Err(why) => {
                let error =
                    Diagnostic::error("KC026", at, format!("cannot read the included file `{name}`: {why}"));
                self.out.diagnostics.push(error.help("use import_file if the file may be missing"));
            }
        }
    }

    /// A relative name counts from the working directory, then from that of the including file (captured).
    fn find(&self, name: &str) -> std::io::Result<(PathBuf, Vec<u8>)> {
        let given = PathBuf::from(name);
        let beside = self.open_files.last().and_then(|f| f.parent()).map(|dir| dir.join(&given));
        match self.loader.load(&given) {
            Err(why) if why.kind() != ErrorKind::IsADirectory && given.is_relative() => {
                match beside.filter(|place| place.as_path() != Path::new(name)) {
                    Some(place) => Ok((place.clone(), self.loader.load(&place)?)),
                    None => Err(why),
                }
            }
            found => Ok((given, found?)),
        }
    }
}
