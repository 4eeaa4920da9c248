//! Debian's own configurations, through both parsers. Needs the packages that `tests/run` installs.

use std::path::{Path, PathBuf};
use std::process::Command;

use kamjit_syntax::{DiskLoader, Generation, Options, read};

const STOCK: &str = "/etc/kamailio/kamailio.cfg";
const EXAMPLES: &str = "/usr/share/doc/kamailio/examples";

/// Fails with a reason on a machine without Debian's package.
fn need(path: &str) -> &Path {
    let path = Path::new(path);
    assert!(path.exists(), "{} is missing: `tests/run` installs the package kamailio", path.display());
    path
}

fn ours(file: &Path, define: Option<&str>) -> Vec<String> {
    let defines = define.map(|d| (d.to_string(), None)).into_iter().collect();
    let options = Options { generation: Generation::V5_6, defines, ..Options::default() };
    let unit = read(file, &options, &DiskLoader);
    let errors = unit.diagnostics.iter().filter(|d| d.is_error());
    errors
        .map(|d| format!("line {}: {}", unit.map.resolve(d.primary.span).map_or(0, |l| l.line), d.message))
        .collect()
}

/// What the real parser says about syntax, directives and includes (and not about modules it cannot load).
fn theirs(file: &Path, define: Option<&str>) -> Vec<String> {
    let mut command = Command::new("kamailio");
    command.args(["-c", "-E", "-f"]).arg(file);
    if let Some(define) = define {
        command.args(["-A", define]);
    }
    let output = command.output().expect("kamailio runs: `tests/run` installs it");
    let log = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    let about_syntax = |l: &&str| {
        let texts =
            ["syntax error", "preprocessor directives", "cannot open included", "unknown config variable"];
        (l.contains("ERROR") || l.contains("CRITICAL")) && texts.iter().any(|t| l.contains(t))
    };
    log.lines().filter(about_syntax).map(str::to_string).collect()
}

/// Unknown global parameters are a syntax error for the server; here the analysis finds them.
fn only_unknown_parameters(theirs: &[String]) -> bool {
    let unknown = theirs.iter().filter(|l| l.contains("unknown config variable")).count();
    theirs.len() == 2 * unknown
}

fn compare(file: &Path, define: Option<&str>) {
    let (ours, theirs) = (ours(file, define), theirs(file, define));
    let same = if ours.is_empty() { only_unknown_parameters(&theirs) } else { !theirs.is_empty() };
    assert!(same, "{} {define:?}\nours: {ours:?}\ntheirs: {theirs:?}", file.display());
}

#[test]
fn stock_file_with_every_define() {
    let file = need(STOCK);
    let text = std::fs::read_to_string(file).expect("the stock file can be read");
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    let mut defines: Vec<&str> = words.filter(|w| w.starts_with("WITH_") && w.len() > 5).collect();
    defines.sort_unstable();
    defines.dedup();
    assert!(defines.len() > 15);
    assert_eq!(ours(file, None), Vec::<String>::new());
    for define in defines {
        compare(file, Some(define));
    }
}

fn configurations(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the folder can be read") {
        let path = entry.unwrap().path();
        if path.is_dir() {
            configurations(&path, out);
        } else if path.to_string_lossy().ends_with(".cfg") || path.to_string_lossy().ends_with(".cfg.sample")
        {
            out.push(path);
        }
    }
}

#[test]
fn examples_of_the_package() {
    let mut files = Vec::new();
    configurations(need(EXAMPLES), &mut files);
    files.sort();
    assert!(files.len() > 50);
    for file in files {
        compare(&file, None);
    }
}
