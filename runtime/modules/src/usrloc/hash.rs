//! Kamailio's hash of an address of record, which its listings and temporary GRUUs show (captured: `bob` is 7222211).

/// The hash: words of four bytes, big endian, the rest as a shorter word, each mixed with its own upper bits.
pub fn aor_hash(aor: &[u8]) -> u32 {
    let mix = |word: u32| word ^ (word >> 3);
    let mut hash = 0u32;
    let mut words = aor.chunks_exact(4);
    for word in &mut words {
        hash = hash.wrapping_add(mix(word.iter().fold(0, |w, b| w << 8 | u32::from(*b))));
    }
    let rest = words.remainder().iter().fold(0, |w, b| w << 8 | u32::from(*b));
    hash = hash.wrapping_add(mix(rest));
    hash.wrapping_add(hash >> 11).wrapping_add(hash >> 13).wrapping_add(hash >> 23)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_the_real_server() {
        assert_eq!(aor_hash(b"bob"), 7_222_211);
    }
}
