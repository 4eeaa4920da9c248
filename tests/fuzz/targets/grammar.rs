//! Whole files, through preprocessor and parser, with recovery where they are broken.
#![no_main]

use kamjit_fuzz::{Files, check, options};
use kamjit_syntax::read;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let unit = read("main.cfg".as_ref(), &options(data), &Files::new(data));
    check(&unit.diagnostics, &unit.map);
});
