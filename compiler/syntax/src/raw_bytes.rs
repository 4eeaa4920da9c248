//! Bytes that are not UTF-8 inside text that must be a `str`.
//!
//! Configurations may hold Latin-1 in strings, and strings must come out byte for byte. The preprocessor writes each
//! stray byte as one character of a private plane; decoding turns it back.

const FIRST: u32 = 0x10_FE00;

/// The character that stands for a byte that is not part of valid UTF-8.
pub(crate) fn encode(byte: u8) -> char {
    char::from_u32(FIRST + u32::from(byte)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// Appends `text` to `out`, stand-in characters as the bytes they stand for.
pub(crate) fn decode_into(text: &str, out: &mut Vec<u8>) {
    if !text.as_bytes().contains(&0xF4) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    let mut buffer = [0; 4];
    for c in text.chars() {
        match u32::from(c).checked_sub(FIRST) {
            Some(byte @ 0..=0xFF) => out.push(byte as u8),
            _ => out.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes()),
        }
    }
}

/// Text of a file as characters, stray bytes replaced by stand-ins.
pub(crate) fn push_lossless(bytes: &[u8], out: &mut String) {
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(chunk.invalid().iter().map(|b| encode(*b)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stray_bytes_come_back() {
        let mut text = String::new();
        push_lossless(b"a\xE9b \xC3\xA9", &mut text);
        let mut bytes = Vec::new();
        decode_into(&text, &mut bytes);
        assert_eq!(bytes, b"a\xE9b \xC3\xA9");
    }
}
