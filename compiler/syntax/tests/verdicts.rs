//! Accepts and refuses as kamailio 5.6.3 does: `tests/snippets/verdicts.txt` holds what the real parser said to each
//! snippet (`tests/snippets/capture.py` asks it again).

use std::path::Path;

use kamjit_syntax::{FileLoader, Generation, Options, read};

/// The snippet is the main file; there are no others.
struct One(String);

impl FileLoader for One {
    fn load(&self, path: &Path) -> std::io::Result<Vec<u8>> {
        match path.to_str() {
            Some("main.cfg") => Ok(self.0.clone().into_bytes()),
            _ => Err(std::io::ErrorKind::NotFound.into()),
        }
    }

    fn env(&self, _: &str) -> Option<std::ffi::OsString> {
        None
    }
}

const PRELUDE: &str = "loadmodule \"xlog.so\"\nloadmodule \"pv.so\"\n";

fn snippets() -> Vec<(String, String)> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snippets/verdicts.txt");
    let text = std::fs::read_to_string(path).unwrap();
    let chunks = text.trim_end().split("\n%% ").skip(1);
    chunks.map(|c| c.split_once('\n').map(|(v, t)| (v.to_string(), t.to_string())).unwrap()).collect()
}

fn whole(snippet: &str) -> String {
    match snippet.strip_prefix('@') {
        Some(file) => format!("{PRELUDE}{file}\n"),
        None => format!("{PRELUDE}request_route {{\n{snippet}\n}}\n"),
    }
}

#[test]
fn same_verdict_as_the_server() {
    let options = Options { generation: Generation::V5_6, ..Options::default() };
    let mut wrong = Vec::new();
    let all = snippets();
    assert!(all.len() > 500);
    for (verdict, snippet) in all {
        let unit = read("main.cfg".as_ref(), &options, &One(whole(&snippet)));
        let accepted = unit.diagnostics.iter().all(|d| !d.is_error());
        if accepted != matches!(verdict.as_str(), "accept" | "semantic") {
            wrong.push(format!("{verdict}: {snippet:?}: {:?}", unit.diagnostics));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
