//! What stands in the braces of `$(var(x){...})`.
#![no_main]

use kamjit_syntax::pv::parse_pv;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let text = [b"$(var(x){".as_slice(), data, b"})"].concat();
    match parse_pv(&text, 0) {
        Ok((pv, used)) => {
            assert!(used <= text.len());
            for transform in &pv.transforms {
                assert!(transform.span.start <= transform.span.end && transform.span.end as usize <= text.len());
            }
        }
        Err(error) => assert!(!error.message.is_empty() && error.span.start as usize <= text.len()),
    }
});
