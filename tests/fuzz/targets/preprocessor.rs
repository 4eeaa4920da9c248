//! Directives, defines, substitutions, includes.
#![no_main]

use kamjit_fuzz::{Files, check, options};
use kamjit_syntax::preprocess;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let out = preprocess("main.cfg".as_ref(), &options(data), &Files::new(data));
    check(&out.diagnostics, &out.map);
});
