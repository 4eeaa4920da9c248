//! No input makes the parser panic, hang or overflow the stack: seeded random damage to sound files, and nesting.

use std::path::Path;

use kamjit_syntax::{FileLoader, Options, Unit, read};

struct One(Vec<u8>);

impl FileLoader for One {
    fn load(&self, path: &Path) -> std::io::Result<Vec<u8>> {
        match path.to_str() {
            Some("main.cfg") => Ok(self.0.clone()),
            _ => Err(std::io::ErrorKind::NotFound.into()),
        }
    }
}

/// SplitMix64: the same damage on every run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % limit.max(1) as u64) as usize
    }
}

fn parsed(text: Vec<u8>) -> Unit {
    let unit = read("main.cfg".as_ref(), &Options::default(), &One(text));
    for d in unit.diagnostics.iter().take(100) {
        for span in std::iter::once(d.primary.span).chain(d.secondary.iter().map(|l| l.span)) {
            unit.map.resolve(span);
        }
        assert!(!d.message.is_empty());
    }
    unit
}

fn damage(text: &mut Vec<u8>, random: &mut Random) {
    const PIECES: &[&str] = &[
        "(",
        ")",
        "{",
        "}",
        "[",
        "]",
        "\"",
        "'",
        ";",
        ",",
        "$",
        "$(",
        "$var(",
        "#!ifdef A\n",
        "#!endif\n",
        "#!else\n",
        "#!define A B\n",
        "/*",
        "*/",
        "//",
        "#",
        "\\",
        "\n",
        "\0",
        "\u{C}",
        "\u{10FF00}",
        "if",
        "else ",
        "case ",
        "route[",
        "= ",
        "==",
        "=~",
        "!",
        "-",
        "::1",
        "1.2.3",
        "@",
        "%",
        "import_file ",
        "#!subst \"/a/b/g\"\n",
        "{s.",
    ];
    let at = random.below(text.len());
    match random.below(5) {
        0 => {
            let len = random.below(12).min(text.len() - at);
            text.drain(at..at + len);
        }
        1 => {
            let piece = PIECES[random.below(PIECES.len())].bytes();
            text.splice(at..at, piece);
        }
        2 => {
            if let Some(byte) = text.get_mut(at) {
                *byte = random.below(256) as u8;
            }
        }
        3 => {
            let len = random.below(200).min(text.len() - at);
            let copy = text[at..at + len].to_vec();
            let to = random.below(text.len());
            text.splice(to..to, copy);
        }
        _ => text.truncate(at),
    }
}

#[test]
fn damaged_files() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tree");
    let mut sources: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    sources.retain(|f| f.extension().is_some_and(|e| e == "cfg"));
    sources.sort();
    let mut random = Random(2026);
    for source in sources {
        let text = std::fs::read(source).unwrap();
        for _ in 0..60 {
            let mut text = text.clone();
            for _ in 0..=random.below(4) {
                if !text.is_empty() {
                    damage(&mut text, &mut random);
                }
            }
            parsed(text);
        }
    }
}

#[test]
fn random_bytes() {
    let mut random = Random(7);
    for _ in 0..300 {
        let len = random.below(300);
        parsed((0..len).map(|_| random.below(256) as u8).collect());
    }
}

#[test]
fn deep_nesting_is_refused() {
    for piece in
        ["(", "{", "[", "!", "- ", "~", "not ", "if (1) ", "if (1) x(); else ", "$(avp(x)[", "$var(", "(int)"]
    {
        let mut text = b"route { $var(x) = ".to_vec();
        text.extend(piece.bytes().cycle().take(piece.len() * 20_000));
        let unit = parsed(text);
        assert!(unit.diagnostics.iter().any(|d| d.is_error()), "{piece}");
        assert!(unit.diagnostics.len() < 50, "{piece}: {}", unit.diagnostics.len());
    }
}

#[test]
fn deep_nesting_of_any_kind_ends() {
    const STATEMENTS: &[&str] = &[
        "if (1) {",
        "if (1) { x(); } else {",
        "while (1) {",
        "while (1) ",
        "switch (1) { case 1: ",
        "case 1: ",
        "f(",
        "f(g(",
        "(str)",
        "defined ",
        "strlen(",
        "selval(1, ",
        "1 + (",
        "(1) + ",
        "1 == ",
        "$(",
        "$(var(",
        "$($(",
        "$(avp(x){s.len}{",
        "$(avp(x){s.select,",
        "$var(x) = ",
        "($var(x) = ",
        "@x[",
        "@x.",
        "return ",
        "\"a\" ",
        "'",
        "/* ",
        "#!ifdef A\n",
        "#!ifndef A\n",
        "#!else\n",
        "#!endif\n",
        "#!endif x\n",
        "#!ifexp (",
        "#!define A ",
    ];
    const ITEMS: &[&str] = &[
        "route[A] {",
        "socket = {",
        "listen=(",
        "g.x = (",
        "modparam(",
        "alias=",
        "a=",
        "[",
        "((",
        "flags a:",
    ];
    for (before, pieces) in [("route { $var(x) = ", STATEMENTS), ("route { ", STATEMENTS), ("", ITEMS)] {
        for piece in pieces {
            let mut text = before.as_bytes().to_vec();
            text.extend(piece.bytes().cycle().take(piece.len() * 5_000));
            parsed(text);
        }
    }
}

#[test]
fn long_chains_are_bounded_but_long_files_are_not() {
    let chain = format!("route {{ $var(x) = 1{}; }}", " + 1".repeat(5_000));
    assert!(parsed(chain.into_bytes()).diagnostics.iter().any(|d| d.message.contains("operands")));
    let strings = format!("route {{ $var(x) = {}; }}", "\"a\" ".repeat(5_000));
    assert!(parsed(strings.into_bytes()).diagnostics.is_empty());
    let many = "route[R] { if (a() && $var(x) == 1) { exit; } else if (b()) drop; }\n".repeat(1_500);
    let unit = parsed(many.into_bytes());
    assert!(unit.diagnostics.is_empty(), "{:?}", unit.diagnostics.first());
    assert_eq!(unit.file.items.len(), 1_500);
}
