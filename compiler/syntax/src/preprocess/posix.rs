//! POSIX extended regular expressions with glibc's answers, as the server's substitutions use them.

use std::ffi::CString;

/// Start and end of a match or group.
pub(super) type Range = Option<(usize, usize)>;

/// A compiled pattern.
pub(super) struct Regex(Box<libc::regex_t>);

impl std::fmt::Debug for Regex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Regex")
    }
}

impl Regex {
    /// Compiles a pattern; the error is glibc's own text. `by_lines`: `.` and `[^x]` match no line end.
    pub(super) fn new(pattern: &[u8], ignore_case: bool, by_lines: bool) -> Result<Regex, String> {
        if !crate::pattern::is_bounded(pattern) {
            return Err("the pattern is too large".into());
        }
        let text = CString::new(pattern).map_err(|_| "it contains a NUL byte".to_owned())?;
        let flags = libc::REG_EXTENDED
            | if ignore_case { libc::REG_ICASE } else { 0 }
            | if by_lines { libc::REG_NEWLINE } else { 0 };
        // SAFETY: an all-zero regex_t is what regcomp expects to fill in.
        let mut compiled: Box<libc::regex_t> = Box::new(unsafe { std::mem::zeroed() });
        // SAFETY: both pointers are valid; the pattern ends in NUL.
        let code = unsafe { libc::regcomp(&mut *compiled, text.as_ptr(), flags) };
        if code == 0 {
            return Ok(Regex(compiled));
        }
        let mut message = [0u8; 128];
        // SAFETY: the buffer's length is given.
        unsafe { libc::regerror(code, &*compiled, message.as_mut_ptr().cast(), message.len()) };
        let end = message.iter().position(|b| *b == 0).unwrap_or(message.len());
        Err(String::from_utf8_lossy(message.get(..end).unwrap_or(b"")).into_owned())
    }

    /// The first match from `from` on with its groups (at most 9); `not_bol`: `from` does not begin a line.
    pub(super) fn find(&self, text: &[u8], from: usize, not_bol: bool) -> Option<[Range; 10]> {
        const REG_STARTEND: libc::c_int = 1 << 2;
        let text = text.get(from..)?;
        let mut groups = [libc::regmatch_t { rm_so: -1, rm_eo: -1 }; 10];
        groups[0] = libc::regmatch_t { rm_so: 0, rm_eo: text.len() as libc::regoff_t };
        let flags = REG_STARTEND | if not_bol { libc::REG_NOTBOL } else { 0 };
        // SAFETY: with REG_STARTEND the text's extent is what groups[0] says, no NUL needed (glibc manual); the
        // number of groups is given.
        let code = unsafe {
            libc::regexec(&*self.0, text.as_ptr().cast(), groups.len(), groups.as_mut_ptr(), flags)
        };
        if code != 0 {
            return None;
        }
        Some(groups.map(|g| (g.rm_so >= 0).then(|| (from + g.rm_so as usize, from + g.rm_eo as usize))))
    }
}

impl Drop for Regex {
    fn drop(&mut self) {
        // SAFETY: compiled by regcomp, freed once.
        unsafe { libc::regfree(&mut *self.0) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_longest_alternative() {
        let re = Regex::new(b"a|ab", false, true).unwrap();
        assert_eq!(re.find(b"xab", 0, false).unwrap()[0], Some((1, 3)));
        assert_eq!(re.find(b"xabab", 3, true).unwrap()[0], Some((3, 5)));
        assert!(re.find(b"x", 5, true).is_none());
    }

    #[test]
    fn refuses_what_would_need_too_much() {
        assert!(Regex::new(b"(", false, true).is_err());
        assert!(Regex::new(&[&b"a"[..], &b"+".repeat(64)].concat(), false, true).is_err());
        assert!(Regex::new(b"(((a{255}){255}){255})", false, true).is_err());
        assert!(Regex::new(&b"(".repeat(100_000), false, true).is_err());
    }
}
