//! The hash of a key, which listings and the order of iterators show.

/// The hash without regard to case: words of four bytes, big endian, the rest as a shorter word, each mixed with its
/// own upper bits (captured from listings: `abc` is 7167810; `alice` and `Alice` share a slot).
pub(super) fn key_hash(key: &[u8]) -> u32 {
    let sum = key.chunks(4).fold(0u32, |sum, group| {
        let word = group.iter().fold(0u32, |word, byte| word << 8 | u32::from(byte.to_ascii_lowercase()));
        sum.wrapping_add(word ^ (word >> 3))
    });
    sum.wrapping_add(sum >> 11).wrapping_add(sum >> 13).wrapping_add(sum >> 23)
}

#[cfg(test)]
mod tests {
    use super::key_hash;

    #[test]
    fn hashes_are_those_of_the_real_server() {
        assert_eq!(key_hash(b"abc"), 7_167_810);
        assert_eq!(key_hash(b"123"), 3_611_919);
        for (key, slot) in [("sip:alice@example.com", 187), ("Alice", 221), ("<null>", 148), ("k1", 102)] {
            assert_eq!(key_hash(key.as_bytes()) & 255, slot, "{key}");
        }
    }
}
