//! Every `tests/fixtures/*/NAME.cfg` has beside it what the parser makes of it: the tree and the diagnostics.
//! After a wanted change: `INSTA_UPDATE=always cargo test -p kamjit-syntax --test fixtures`, then read the difference.

mod dump;

use std::path::Path;

use kamjit_syntax::{DiskLoader, Options, Unit, read};

fn rendered(unit: &Unit) -> String {
    let mut out = dump::file(&unit.file);
    for d in &unit.diagnostics {
        let at =
            |span| unit.map.resolve(span).map(|l| format!("{}:{}", l.line, l.column)).unwrap_or_default();
        let label = if d.primary.text.is_empty() { String::new() } else { format!(" [{}]", d.primary.text) };
        out.push_str(&format!(
            "-- {} {:?} {}: {}{label}\n",
            at(d.primary.span),
            d.severity,
            d.code,
            d.message
        ));
        for label in &d.secondary {
            out.push_str(&format!("     {} {}\n", at(label.span), label.text));
        }
        if let Some(help) = &d.help {
            out.push_str(&format!("     help: {help}\n"));
        }
        if let Some(fix) = &d.fix {
            let edits = fix.edits.iter().map(|e| format!("{} {:?}", at(e.span), e.text));
            out.push_str(&format!("     fix: {} ({})\n", fix.title, edits.collect::<Vec<_>>().join(", ")));
        }
    }
    out
}

fn snapshots(folder: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(folder);
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|f| f.extension().is_some_and(|e| e == "cfg"));
    files.sort();
    assert!(!files.is_empty());
    for file in files {
        let unit = read(&file, &Options::default(), &DiskLoader);
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        insta::with_settings!({snapshot_path => &folder, prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!(name, rendered(&unit));
        });
    }
}

#[test]
fn trees() {
    snapshots("tree");
}

#[test]
fn errors() {
    snapshots("errors");
}
