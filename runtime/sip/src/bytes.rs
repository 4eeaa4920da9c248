//! The inner loops of the parser: looking for a byte, classes of bytes, comparison without case.
//!
//! Everything here is on the hot path of every message; `examples/parse_bench.rs` counts what it costs.

/// Classes of bytes, as bits of [`CLASS`].
pub(crate) mod class {
    /// Blank, tab, CR, LF.
    pub(crate) const SPACE: u8 = 1;
    /// What may stand in a header name.
    pub(crate) const NAME: u8 = 2;
    /// What ends the name of a Via parameter.
    pub(crate) const VIA_NAME_END: u8 = 4;
    /// What ends the value of a Via parameter.
    pub(crate) const VIA_VALUE_END: u8 = 8;
    /// What ends the sent-by of a Via or is refused in it: `;`, `,`, blanks, ...
    pub(crate) const VIA_HOST_END: u8 = 16;
    /// What is refused in a URI between angle brackets, and `>` itself.
    pub(crate) const URI_END: u8 = 32;
    /// What ends or spoils a token in the parameters of From and To.
    pub(crate) const TOKEN_END: u8 = 64;
}

static CLASS: [u8; 256] = {
    let mut table = [0u8; 256];
    let mut at = 0;
    while at < 256 {
        let b = at as u8;
        let space = matches!(b, b' ' | b'\t' | b'\r' | b'\n');
        let mut bits = 0;
        if space {
            bits |= class::SPACE;
        }
        if b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~' | b'+') {
            bits |= class::NAME;
        }
        if space || matches!(b, b'=' | b';' | b',') {
            bits |= class::VIA_NAME_END;
        }
        if space || matches!(b, b'=' | b';' | b',' | b'"' | 0) {
            bits |= class::VIA_VALUE_END;
        }
        if space || matches!(b, 0 | b'(' | b')' | b',' | b':' | b';' | b'[' | b']') {
            bits |= class::VIA_HOST_END;
        }
        if space || matches!(b, 0 | b'"' | b'<' | b'>' | b'\\') {
            bits |= class::URI_END;
        }
        if space || matches!(b, 0 | b';' | b'=' | b'"' | b'\\') {
            bits |= class::TOKEN_END;
        }
        table[at] = bits;
        at += 1;
    }
    table
};

/// Whether `b` belongs to one of the classes.
#[inline]
pub(crate) fn is(b: u8, classes: u8) -> bool {
    CLASS[usize::from(b)] & classes != 0
}

/// How many bytes stand before the first that belongs to one of the classes.
#[inline]
pub(crate) fn run_until(s: &[u8], classes: u8) -> usize {
    s.iter().position(|b| is(*b, classes)).unwrap_or(s.len())
}

/// How many bytes in front belong to the class.
#[inline]
pub(crate) fn run_of(s: &[u8], classes: u8) -> usize {
    s.iter().position(|b| !is(*b, classes)).unwrap_or(s.len())
}

/// Where `wanted` stands first. On x86-64 without the run-time dispatch of `memchr::memchr`, which costs more than
/// the search in pieces as short as headers.
#[inline]
pub(crate) fn find(wanted: u8, s: &[u8]) -> Option<usize> {
    #[cfg(target_arch = "x86_64")]
    if let Some(finder) = memchr::arch::x86_64::sse2::memchr::One::new(wanted) {
        return finder.find(s);
    }
    memchr::memchr(wanted, s)
}

/// `name` equals `lower` (lower-case letters), in any case. As written it is nearly always lower case.
#[inline]
pub(crate) fn is_named(name: &[u8], lower: &[u8]) -> bool {
    name == lower || (name.len() == lower.len() && name.eq_ignore_ascii_case(lower))
}

/// A word of eight bytes, zero-filled behind the end.
#[inline]
pub(crate) fn word(s: &[u8], at: usize) -> u64 {
    match s.get(at..).and_then(|s| s.first_chunk::<8>()) {
        Some(bytes) => u64::from_le_bytes(*bytes),
        None => {
            let mut bytes = [0; 8];
            let rest = s.get(at..).unwrap_or(&[]);
            bytes.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
            u64::from_le_bytes(bytes)
        }
    }
}
