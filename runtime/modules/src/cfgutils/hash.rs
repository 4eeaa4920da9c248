//! `core_hash()`.

use kamjit_engine::{Arg, Ctx, Ret};

/// The hash of one or two texts: words of four bytes, big endian, the rest as a shorter word, each mixed with its own
/// upper bits (captured: `abc` is 7167810).
pub(super) fn core_hash(first: &[u8], second: &[u8]) -> u32 {
    let sum = first.chunks(4).chain(second.chunks(4)).fold(0u32, |sum, group| {
        let word = group.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte));
        sum.wrapping_add(word ^ (word >> 3))
    });
    sum.wrapping_add(sum >> 11).wrapping_add(sum >> 13).wrapping_add(sum >> 23)
}

/// The function's value: one more than the hash in `size` bits, so that it is never 0 (captured).
fn value(first: &[u8], second: &[u8], size: i64) -> i32 {
    let bits = size.clamp(0, 31) as u32;
    let mask = (1u64 << bits) - 1;
    (u64::from(core_hash(first, second)) & mask).wrapping_add(1) as i32
}

/// `core_hash(text, text, bits)`.
pub(super) fn run<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let first = args.first().map(|arg| arg.text(ctx)).unwrap_or_default();
    let second = args.get(1).map(|arg| arg.text(ctx)).unwrap_or_default();
    let size = args.get(2).map_or(0, |arg| arg.int(ctx));
    Ret(value(first, second, size))
}

#[cfg(test)]
mod tests {
    use super::value;

    /// Captured.
    #[test]
    fn values_are_those_of_the_real_server() {
        for (first, second, size, wanted) in [
            ("abc", "", 4, 3),
            ("abc", "def", 4, 2),
            ("ABC", "", 8, 132),
            ("abc", "", 0, 1),
            ("abc", "", -1, 1),
            ("", "", 4, 1),
            ("abc", "", 16, 24_387),
            ("abcdefghijk", "xyz", 31, 1_477_859_311),
        ] {
            assert_eq!(value(first.as_bytes(), second.as_bytes(), size), wanted, "{first} {second} {size}");
        }
    }
}
