//! Format strings, as `xlog()` takes them.
#![no_main]

use kamjit_syntax::pv::{FormatPart, parse_format, parse_pv};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    match parse_format(data) {
        Ok(parts) => {
            for part in parts {
                if let FormatPart::Pv(pv) = part {
                    assert!(pv.span.start <= pv.span.end && pv.span.end as usize <= data.len());
                }
            }
        }
        Err(error) => assert!(!error.message.is_empty() && error.span.start as usize <= data.len()),
    }
    if let Ok((_, used)) = parse_pv(data, 0) {
        assert!(used <= data.len());
    }
});
