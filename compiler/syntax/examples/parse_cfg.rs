//! `cargo run -p kamjit-syntax --example parse_cfg -- FILE [-A NAME[=VALUE]] [-t] [-x]`: prints what the parser says.
//! `-t` prints the tree, `-x` the expanded text, `-b` how long it took.

use kamjit_syntax::{DiskLoader, Generation, Options, read};

fn main() {
    let mut options = Options { generation: Generation::V5_6, ..Options::default() };
    let mut files = Vec::new();
    let (mut tree, mut text, mut bench) = (false, false, false);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "-A" => {
                let define = args.next().unwrap_or_default();
                options.defines.push(match define.split_once('=') {
                    Some((name, value)) => (name.into(), Some(value.into())),
                    None => (define, None),
                });
            }
            "-6" => options.generation = Generation::V6,
            "-t" => tree = true,
            "-x" => text = true,
            "-b" => bench = true,
            _ => files.push(arg),
        }
    }
    let mut failed = false;
    for file in files {
        let begun = std::time::Instant::now();
        let unit = read(file.as_ref(), &options, &DiskLoader);
        if bench {
            println!("{file}: {} bytes, {:?}", unit.text.len(), begun.elapsed());
        }
        if text {
            println!("{}", unit.text);
        }
        if tree {
            println!("{:#?}", unit.file);
        }
        for d in &unit.diagnostics {
            let at = unit.map.resolve(d.primary.span);
            let place =
                at.map(|l| format!("{}:{}:{}", l.path.display(), l.line, l.column)).unwrap_or_default();
            println!("{place}: {:?} {}: {}", d.severity, d.code, d.message);
            for label in &d.secondary {
                let at = unit.map.resolve(label.span).map(|l| l.line);
                println!("    line {}: {}", at.unwrap_or(0), label.text);
            }
            if let Some(help) = &d.help {
                println!("    help: {help}");
            }
            failed |= d.is_error();
        }
    }
    std::process::exit(i32::from(failed));
}
