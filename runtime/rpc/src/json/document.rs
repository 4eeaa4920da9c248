//! Finding JSON documents in a stream of bytes (the fifo).

/// What a buffer begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scan {
    /// A whole document: these bytes of the buffer. What stands before it is to be dropped.
    Document {
        /// First byte.
        start: usize,
        /// One after its last byte.
        end: usize,
    },
    /// The document goes on.
    Incomplete,
    /// No document begins here: drop these bytes.
    Garbage(usize),
}

/// Looks for a document, an object or array with balanced brackets, at the beginning of `bytes`. Anything before the
/// first bracket is garbage.
pub fn find_document(bytes: &[u8]) -> Scan {
    let Some(start) = bytes.iter().position(|b| matches!(b, b'{' | b'[')) else {
        return if bytes.is_empty() { Scan::Incomplete } else { Scan::Garbage(bytes.len()) };
    };
    let (mut depth, mut in_string, mut escaped) = (0usize, false, false);
    for (at, byte) in bytes.iter().enumerate().skip(start) {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Scan::Document { start, end: at + 1 };
                }
            }
            _ => {}
        }
    }
    Scan::Incomplete
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_found_one_after_the_other() {
        let bytes = b"\n{\"a\": \"}\\\"\", \"b\": [1]}\n{\"c\"";
        assert_eq!(find_document(bytes), Scan::Document { start: 1, end: 23 });
        assert_eq!(find_document(&bytes[23..]), Scan::Incomplete);
        assert_eq!(find_document(b"garbage\n"), Scan::Garbage(8));
        assert_eq!(find_document(b""), Scan::Incomplete);
    }
}
