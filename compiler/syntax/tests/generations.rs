//! What 6.x adds to the preprocessor, and what 5.6 makes of it.

use std::path::Path;

use kamjit_syntax::{Diagnostic, FileLoader, Generation, Options, read};

struct One(&'static str);

impl FileLoader for One {
    fn load(&self, path: &Path) -> std::io::Result<Vec<u8>> {
        match path.to_str() {
            Some("main.cfg") => Ok(self.0.into()),
            _ => Err(std::io::ErrorKind::NotFound.into()),
        }
    }
}

fn findings(generation: Generation, text: &'static str) -> Vec<Diagnostic> {
    let options = Options { generation, ..Options::default() };
    read("main.cfg".as_ref(), &options, &One(text)).diagnostics
}

/// Accepted without a word by 6.x; what 5.6 says: errors, warnings.
#[track_caller]
fn compare(text: &'static str, errors: usize, warnings: usize) {
    assert!(findings(Generation::V6, text).is_empty(), "{:?}", findings(Generation::V6, text));
    let old = findings(Generation::V5_6, text);
    let count = old.iter().filter(|d| d.is_error()).count();
    assert_eq!((count, old.len() - count), (errors, warnings), "{old:?}");
}

#[test]
fn names_can_be_forgotten() {
    compare("#!define A 1\n#!undef A\n#!ifdef A\nbad\n#!endif\nroute { exit; }\n#!undef A\n", 1, 2);
    compare("#!define A 1\n#!undefine A\n#!define A 2\nroute { f(A); }\n", 1, 1);
    compare("#!tryundef A\nroute { exit; }\n", 0, 1);
}

#[test]
fn expressions_choose_branches() {
    compare("#!ifexp KAMAILIO_VERSION >= 6000000\nroute { exit; }\n#!else\nbad\n#!endif\n", 2, 0);
    compare("#!ifexp OS_NAME == \"linux\"\nroute { exit; }\n#!endif\n", 1, 0);
    compare("#!ifdef NOPE\n#!ifexp bad bad\n#!else\n#!endif\nbad\n#!endif\nroute { exit; }\n", 2, 0);
}

#[test]
fn expressions_make_values() {
    compare("#!defexp A 1 + 2 * 3\nroute { f(A); }\n", 1, 1);
    compare("#!defexps A \"a\" + 1\nroute { xlog(A \"x\"); }\n", 1, 1);
}
