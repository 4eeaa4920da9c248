//! POSIX extended regular expressions with glibc's answers (leftmost-longest), as the real server uses them: in
//! substitutions of the preprocessor and, through the engine, in the script.

mod size;

use std::ffi::CString;

/// Start and end of a match or group.
pub type Range = Option<(usize, usize)>;

/// A compiled pattern.
pub struct Posix(Box<libc::regex_t>);

// SAFETY: glibc's regexec takes the pattern's own lock; regex_t may be used from several threads at once
// (regcomp(3), "MT-Safe locale").
unsafe impl Send for Posix {}
// SAFETY: as above.
unsafe impl Sync for Posix {}

impl std::fmt::Debug for Posix {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Posix")
    }
}

impl Posix {
    /// Compiles a pattern. `by_lines`: `^` and `$` match at line ends, `.` and `[^x]` match none.
    ///
    /// # Errors
    /// glibc's own text; a pattern that would take too much memory (a script may take it from a message) and one with a
    /// NUL byte are refused before.
    pub fn new(pattern: &[u8], ignore_case: bool, by_lines: bool) -> Result<Posix, String> {
        if !size::is_bounded(pattern) {
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
        let end = message.iter().position(|b| *b == 0).unwrap_or(message.len());
        Err(String::from_utf8_lossy(message.get(..end).unwrap_or(b"")).into_owned())
    }

    /// Whether it matches anywhere.
    pub fn is_match(&self, text: &[u8]) -> bool {
        self.exec(text, false, &mut [libc::regmatch_t { rm_so: -1, rm_eo: -1 }])
    }

    /// The first match with its groups (at most 9); `not_bol`: the text does not begin a line.
    pub fn find(&self, text: &[u8], not_bol: bool) -> Option<[Range; 10]> {
        let mut groups = [libc::regmatch_t { rm_so: -1, rm_eo: -1 }; 10];
        if !self.exec(text, not_bol, &mut groups) {
            return None;
        }
        Some(groups.map(|g| (g.rm_so >= 0).then_some((g.rm_so as usize, g.rm_eo as usize))))
    }

    /// Fills `groups`, of which there is at least one, with the match and its groups.
    fn exec<const N: usize>(&self, text: &[u8], not_bol: bool, groups: &mut [libc::regmatch_t; N]) -> bool {
        const REG_STARTEND: libc::c_int = 1 << 2;
        const { assert!(N > 0) };
        groups[0] = libc::regmatch_t { rm_so: 0, rm_eo: text.len() as libc::regoff_t };
        let flags = REG_STARTEND | if not_bol { libc::REG_NOTBOL } else { 0 };
        // SAFETY: with REG_STARTEND the text's extent is what groups[0] says, no NUL needed (glibc manual); the
        // number of groups is given.
        unsafe { libc::regexec(&*self.0, text.as_ptr().cast(), N, groups.as_mut_ptr(), flags) == 0 }
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
    fn finds_the_longest_alternative() {
        let re = Posix::new(b"a|ab", false, true).unwrap();
        assert_eq!(re.find(b"xab", false).unwrap()[0], Some((1, 3)));
        assert_eq!(re.find(b"ab", true).unwrap()[0], Some((0, 2)));
        assert!(re.find(b"", true).is_none() && !re.is_match(b"x"));
    }

    #[test]
    fn refuses_what_would_need_too_much() {
        assert!(Posix::new(b"(", false, true).is_err());
        assert!(Posix::new(&[&b"a"[..], &b"+".repeat(64)].concat(), false, true).is_err());
        assert!(Posix::new(b"(((a{255}){255}){255})", false, true).is_err());
        assert!(Posix::new(&b"(".repeat(100_000), false, true).is_err());
    }
}
