//! Times the phases: `phases FILE`.
use kamjit_syntax::{DiskLoader, Options, parse, preprocess};

fn main() {
    let file = std::env::args().nth(1).unwrap_or_default();
    for _ in 0..3 {
        let t = std::time::Instant::now();
        let pp = preprocess(file.as_ref(), &Options::default(), &DiskLoader);
        let a = t.elapsed();
        let parsed = parse(&pp.text);
        let b = t.elapsed() - a;
        println!("preprocess {a:?}, parse {b:?}, items {}", parsed.file.items.len());
        let t = std::time::Instant::now();
        drop(parsed);
        println!("drop {:?}", t.elapsed());
    }
}
