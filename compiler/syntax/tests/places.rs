//! Every span finds back to the file, line and column it was written at, through includes, defines and substitutions.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use kamjit_syntax::ast::*;
use kamjit_syntax::{FileLoader, Options, Span, Unit, read};

#[derive(Default)]
struct Files(HashMap<PathBuf, Vec<u8>>);

impl FileLoader for Files {
    fn load(&self, path: &Path) -> std::io::Result<Vec<u8>> {
        self.0.get(path).cloned().ok_or_else(|| std::io::ErrorKind::NotFound.into())
    }
}

fn unit(files: &[(&str, &[u8])]) -> Unit {
    let files = Files(files.iter().map(|(name, text)| (PathBuf::from(name), text.to_vec())).collect());
    read("/etc/k/main.cfg".as_ref(), &Options::default(), &files)
}

fn place(unit: &Unit, span: Span) -> String {
    let l = unit.map.resolve(span).unwrap();
    let via = l.via.map(|d| format!(" via {}", d.name)).unwrap_or_default();
    let text = unit.map.files()[l.file.0 as usize].text.get(l.range.0 as usize..l.range.1 as usize).unwrap();
    format!("{}:{}:{} `{}`{via}", l.path.display(), l.line, l.column, String::from_utf8_lossy(text))
}

fn routes(unit: &Unit) -> Vec<&RouteBlock> {
    let routes = unit.file.items.iter().filter_map(|i| match &i.kind {
        ItemKind::Route(r) => Some(r),
        _ => None,
    });
    routes.collect()
}

#[test]
fn through_comments_defines_and_includes() {
    let unit = unit(&[
        (
            "/etc/k/main.cfg",
            b"#!define FOO BAR(1)\n/* c */ include_file \"sub/r.cfg\"\nroute[A] { # x\n  FOO; f(\n\t\"\xC3\xA9\", g); }\n",
        ),
        ("/etc/k/sub/r.cfg", b"#!ifdef X\nskipped\n#!endif\nroute[IN] {\n  here(); }\n"),
    ]);
    assert_eq!(unit.diagnostics.len(), 1, "{:?}", unit.diagnostics);
    assert_eq!(place(&unit, unit.diagnostics[0].primary.span), "/etc/k/main.cfg:5:7 `g`");
    let all = routes(&unit);
    assert_eq!(place(&unit, all[0].keyword.span), "/etc/k/sub/r.cfg:4:1 `route`");
    assert_eq!(place(&unit, all[0].body.stmts[0].span), "/etc/k/sub/r.cfg:5:3 `here();`");
    assert_eq!(place(&unit, all[1].keyword.span), "/etc/k/main.cfg:3:1 `route`");
    let StmtKind::Call(call) = &all[1].body.stmts[0].kind else { panic!() };
    assert_eq!(&*call.name.text, "BAR");
    assert_eq!(place(&unit, call.name.span), "/etc/k/main.cfg:4:3 `FOO` via FOO");
    assert_eq!(unit.includes[0].path.as_deref(), Some(Path::new("/etc/k/sub/r.cfg")));
}

#[test]
fn stray_bytes_and_substitutions() {
    let unit = unit(&[(
        "/etc/k/main.cfg",
        b"#!subst \"/X/longer/g\"\n# latin \xE9\nroute { $var(a) = \"\xE9X\xE9\"; late(); }\n",
    )]);
    assert!(unit.diagnostics.is_empty(), "{:?}", unit.diagnostics);
    let all = routes(&unit);
    let StmtKind::Assign(a) = &all[0].body.stmts[0].kind else { panic!() };
    let ExprKind::Str(s) = &a.value.kind else { panic!() };
    assert_eq!(&*s.value, b"\xE9longer\xE9");
    assert_eq!(place(&unit, a.value.span), "/etc/k/main.cfg:3:19 `\"\u{FFFD}X\u{FFFD}\"` via #!subst");
    assert_eq!(place(&unit, all[0].body.stmts[1].span), "/etc/k/main.cfg:3:26 `late();`");
}

#[test]
fn carriage_returns_and_no_last_newline() {
    let unit =
        unit(&[("/etc/k/main.cfg", b"#!define A 1\r\nroute {\r\n  f(A);\r\n}\r\n#!ifdef B\r\nx\r\n#!endif")]);
    let [warning] = unit.diagnostics.as_slice() else { panic!("{:?}", unit.diagnostics) };
    assert_eq!((warning.code, warning.is_error()), ("KC025", false));
    assert_eq!(place(&unit, routes(&unit)[0].body.stmts[0].span), "/etc/k/main.cfg:3:3 `f(A);`");
}

#[test]
fn circles_of_includes_end() {
    let unit = unit(&[("/etc/k/main.cfg", b"include_file \"main.cfg\"\nroute { exit; }\n")]);
    assert_eq!(unit.diagnostics.len(), 1);
    assert!(unit.diagnostics[0].message.contains("too deep"));
    assert!(routes(&unit).is_empty());
}

#[test]
fn doubling_defines_end() {
    for first in ["a_longer_word_that_soon_fills_any_memory_when_it_is_doubled_often", ""] {
        let mut text = format!("#!define D0 {first}\n");
        for n in 1..60 {
            text.push_str(&format!("#!define D{n} D{0} D{0}\n", n - 1));
        }
        text.push_str("route { D59; }\n");
        let unit = unit(&[("/etc/k/main.cfg", text.as_bytes())]);
        let [error] = unit.diagnostics.as_slice() else { panic!("{:?}", unit.diagnostics) };
        assert!(error.message.contains("grow"), "{error:?}");
    }
}
