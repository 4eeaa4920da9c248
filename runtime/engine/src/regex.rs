//! POSIX extended regular expressions with glibc's answers (leftmost-longest), as the real server uses them.
//!
//! Whether a pattern matches at all does not depend on leftmost-longest, so a pattern that reads the same way in
//! the `regex` crate is asked there, which is several times faster; positions always come from glibc.

use std::ffi::CString;

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

/// Start and end of a match or group.
pub type Range = Option<(usize, usize)>;

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
            None => self.posix.exec(text, false, &mut []),
        }
    }

    /// The first match with its groups (at most 9); `not_bol`: the text does not begin a line.
    pub fn find(&self, text: &[u8], not_bol: bool) -> Option<[Range; 10]> {
        let mut groups = [libc::regmatch_t { rm_so: -1, rm_eo: -1 }; 10];
        if !self.posix.exec(text, not_bol, &mut groups) {
            return None;
        }
        Some(groups.map(|g| (g.rm_so >= 0).then_some((g.rm_so as usize, g.rm_eo as usize))))
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

struct Posix(Box<libc::regex_t>);

// SAFETY: glibc's regexec takes the pattern's own lock; regex_t may be used from several threads at once
// (regcomp(3), "MT-Safe locale").
unsafe impl Send for Posix {}
// SAFETY: as above.
unsafe impl Sync for Posix {}

impl Posix {
    fn new(pattern: &[u8], ignore_case: bool, by_lines: bool) -> Result<Posix, String> {
        // A script may take its pattern from a message.
        if !kamjit_syntax::pattern::is_bounded(pattern) {
            return Err("the pattern is too large".to_owned());
        }
        let text = CString::new(pattern).map_err(|_| "the pattern contains a NUL byte".to_owned())?;
        let flags = libc::REG_EXTENDED
            | if ignore_case { libc::REG_ICASE } else { 0 }
            | if by_lines { libc::REG_NEWLINE } else { 0 };
        // SAFETY: an all-zero regex_t is what regcomp expects to fill in.
        let mut compiled: Box<libc::regex_t> = Box::new(unsafe { std::mem::zeroed() });
        // SAFETY: both pointers are valid; the pattern ends in NUL.
        let code = unsafe { libc::regcomp(&mut *compiled, text.as_ptr(), flags) };
        if code == 0 {
            return Ok(Posix(compiled));
        }
        let mut message = [0u8; 128];
        // SAFETY: the buffer's length is given.
        unsafe { libc::regerror(code, &*compiled, message.as_mut_ptr().cast(), message.len()) };
        let end = message.iter().position(|&b| b == 0).unwrap_or(message.len());
        Err(String::from_utf8_lossy(&message[..end]).into_owned())
    }

    fn exec(&self, text: &[u8], not_bol: bool, groups: &mut [libc::regmatch_t]) -> bool {
        const REG_STARTEND: libc::c_int = 1 << 2;
        let mut whole = [libc::regmatch_t { rm_so: -1, rm_eo: -1 }; 1];
        let count = groups.len();
        let slots: &mut [libc::regmatch_t] = if count == 0 { &mut whole } else { groups };
        slots[0] = libc::regmatch_t { rm_so: 0, rm_eo: text.len() as libc::regoff_t };
        let flags = REG_STARTEND | if not_bol { libc::REG_NOTBOL } else { 0 };
        // SAFETY: with REG_STARTEND the text's extent is what slots[0] says, no NUL needed (glibc manual); the
        // number of slots is given.
        unsafe { libc::regexec(&*self.0, text.as_ptr().cast(), count.max(1), slots.as_mut_ptr(), flags) == 0 }
    }
}

impl Drop for Posix {
    fn drop(&mut self) {
        // SAFETY: compiled by regcomp, freed once.
        unsafe { libc::regfree(&mut *self.0) };
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
