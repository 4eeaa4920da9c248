//! POSIX extended regular expressions with glibc's answers (leftmost-longest), as the real server uses them.
//!
//! Whether a pattern matches at all does not depend on leftmost-longest, so a pattern that reads the same way in
//! the `regex` crate is asked there, which is several times faster; positions always come from glibc.

use kamjit_syntax::posix::Posix;
pub use kamjit_syntax::posix::Range;

/// A compiled pattern.
pub struct Regex {
    posix: Posix,
    fast: Option<regex::bytes::Regex>,
    source: Box<[u8]>,
}

impl std::fmt::Debug for Regex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Regex({:?})", String::from_utf8_lossy(&self.source))
    }
}

impl Regex {
    /// Compiles a pattern; the error is glibc's own text.
    pub fn new(pattern: &[u8], ignore_case: bool) -> Result<Regex, String> {
        Regex::compile(pattern, ignore_case, false)
    }

    /// Compiles a pattern that looks at lines: `^` and `$` match at line ends, `.` and `[^x]` match none.
    pub fn by_lines(pattern: &[u8], ignore_case: bool) -> Result<Regex, String> {
        Regex::compile(pattern, ignore_case, true)
    }

    fn compile(pattern: &[u8], ignore_case: bool, by_lines: bool) -> Result<Regex, String> {
        let posix = Posix::new(pattern, ignore_case, by_lines)?;
        // The `regex` crate lets `[^x]` match a line end.
        let same = same_in_both(pattern) && !(by_lines && pattern.windows(2).any(|w| w == b"[^"));
        let fast = same.then(|| std::str::from_utf8(pattern).ok()).flatten().and_then(|text| {
            regex::bytes::RegexBuilder::new(text)
                .unicode(false)
                .case_insensitive(ignore_case)
                .dot_matches_new_line(!by_lines)
                .multi_line(by_lines)
                .size_limit(1 << 20)
                .build()
                .ok()
        });
        Ok(Regex { posix, fast, source: pattern.into() })
    }

    /// The pattern.
    pub fn source(&self) -> &[u8] {
        &self.source
    }

    /// Whether it matches anywhere.
    pub fn is_match(&self, text: &[u8]) -> bool {
        match &self.fast {
            Some(fast) => fast.is_match(text),
            None => self.posix.is_match(text),
        }
    }

    /// The first match with its groups (at most 9); `not_bol`: the text does not begin a line.
    pub fn find(&self, text: &[u8], not_bol: bool) -> Option<[Range; 10]> {
        self.posix.find(text, not_bol)
    }
}

/// True if the pattern consists only of constructs that mean the same in POSIX and in the `regex` crate.
fn same_in_both(pattern: &[u8]) -> bool {
    let mut at = 0;
    let mut previous_repeat = true;
    while let Some(&byte) = pattern.get(at) {
        match byte {
            b'a'..=b'z'
            | b'A'..=b'Z'
            | b'0'..=b'9'
            | b' '
            | b'_'
            | b'-'
            | b'/'
            | b'@'
            | b':'
            | b';'
            | b','
            | b'<'
            | b'>'
            | b'='
            | b'"'
            | b'\''
            | b'~'
            | b'!'
            | b'#'
            | b'%'
            | b'&'
            | b'.' => previous_repeat = false,
            b'^' | b'$' | b'|' | b'(' => previous_repeat = true,
            b')' => previous_repeat = false,
            b'*' | b'+' | b'?' if previous_repeat => return false,
            b'*' | b'+' | b'?' => previous_repeat = true,
            b'\\' => match pattern.get(at + 1) {
                Some(b'.' | b'*' | b'+' | b'?' | b'(' | b')' | b'[' | b']' | b'|' | b'^' | b'$' | b'\\') => {
                    at += 1;
                    previous_repeat = false;
                }
                _ => return false,
            },
            b'[' => match bracket_end(&pattern[at..]) {
                Some(length) => {
                    at += length;
                    previous_repeat = false;
                }
                None => return false,
            },
            _ => return false,
        }
        at += 1;
    }
    true
}

/// Offset of the `]` of a bracket expression made of plain characters and ranges only.
fn bracket_end(text: &[u8]) -> Option<usize> {
    let first = if text.get(1) == Some(&b'^') { 2 } else { 1 };
    let mut at = first;
    loop {
        match *text.get(at)? {
            b']' if at > first => return Some(at),
            b'a'..=b'z'
            | b'A'..=b'Z'
            | b'0'..=b'9'
            | b'.'
            | b'+'
            | b'*'
            | b'_'
            | b'/'
            | b':'
            | b' '
            | b'#'
            | b',' => {}
            b'-' if at > first => {}
            _ => return None,
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_ignore_case_and_newlines() {
        let re = Regex::new(b"friendly|SIPp.*x", true).unwrap();
        assert!(re.is_match(b"a Friendly-scanner"));
        assert!(re.is_match(b"sipP\nx"));
        assert!(!re.is_match(b"sip"));
    }

    #[test]
    fn finds_the_longest_alternative() {
        let re = Regex::new(b"(a|ab)(c|bcd)", false).unwrap();
        assert_eq!(re.find(b"xabcd", false).unwrap()[0], Some((1, 5)));
    }

    #[test]
    fn may_look_at_lines() {
        let re = Regex::by_lines(b"^Subject: a.c$", true).unwrap();
        assert!(re.is_match(b"X: y\nsubject: abc\nZ: z"));
        assert!(!re.is_match(b"X: y\nSubject: a\nc"));
        assert!(!Regex::by_lines(b"a[^b]c", true).unwrap().is_match(b"a\nc"));
    }

    #[test]
    fn refuses_a_broken_pattern() {
        assert!(Regex::new(b"(", true).unwrap_err().contains("nmatched"));
    }
}
