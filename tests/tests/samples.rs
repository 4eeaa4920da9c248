//! Every configuration in `cfg-samples/` is one that kamjit takes.

use std::{path::Path, process::Command};

use kamjit_tests::server::candidate;

#[test]
fn every_sample_is_accepted() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../cfg-samples");
    let mut seen = 0;
    for entry in std::fs::read_dir(&samples).expect("cfg-samples") {
        let path = entry.expect("entry").path();
        if path.extension().is_none_or(|ending| ending != "cfg") {
            continue;
        }
        let output = Command::new(candidate()).arg("-c").arg("-f").arg(&path).output().expect("kamjit runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{}:\n{said}", path.display());
        seen += 1;
    }
    assert!(seen >= 3, "only {seen} samples in {}", samples.display());
}
