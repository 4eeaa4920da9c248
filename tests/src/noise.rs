//! Repeatable noise: the same seed gives the same bytes on every machine.

/// A small generator (xorshift64*); quality does not matter here, repeatability does.
#[derive(Clone, Debug)]
pub struct Noise(u64);

impl Noise {
    /// A generator for that seed.
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A number below `limit` (0 for 0).
    pub fn below(&mut self, limit: usize) -> usize {
        if limit == 0 { 0 } else { (self.next_u64() >> 16) as usize % limit }
    }

    /// Bytes of any value.
    pub fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.next_u64() as u8).collect()
    }

    /// Changes one to three places of a message, but never one of `keep` (ports, which differ between two runs).
    pub fn mutate(&mut self, message: &[u8], keep: &[&str]) -> Vec<u8> {
        const TOKENS: [&[u8]; 18] = [
            b"\r\n", b"\n", b"\0", b"\t", b" ", b";", b",", b"<", b">", b"\"", b":", b"=", b"@", b"%",
            b"\xff", b"[", b"9", b"a",
        ];
        let mut out = message.to_vec();
        for _ in 0..=self.below(3) {
            let fixed = fixed_places(&out, keep);
            let at = self.below(out.len());
            // Line ends stay whole: what a lone CR means is not worth imitating.
            let line_end = out.get(at).is_some_and(|byte| matches!(byte, b'\r' | b'\n'));
            if line_end || fixed.iter().any(|range| range.contains(&at)) {
                continue;
            }
            let token = TOKENS.get(self.below(TOKENS.len())).copied().unwrap_or_default();
            match self.below(4) {
                0 => drop(out.splice(at..at + 1, token.iter().copied())),
                1 => drop(out.splice(at..at, token.iter().copied())),
                2 => drop(out.remove(at)),
                _ => {
                    let byte = out.get(at).copied().unwrap_or_default();
                    out.insert(at, byte);
                }
            }
        }
        out
    }
}

fn fixed_places(message: &[u8], keep: &[&str]) -> Vec<std::ops::Range<usize>> {
    let mut places = Vec::new();
    for text in keep {
        let needle = text.as_bytes();
        let hits = message.windows(needle.len()).enumerate().filter(|(_, w)| *w == needle);
        // One byte more at either end: a digit put beside a port makes another number of it.
        places.extend(hits.map(|(at, _)| at.saturating_sub(1)..at + needle.len() + 1));
    }
    places
}
