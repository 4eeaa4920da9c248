//! `#!subst`: regular expressions over string and variable tokens.

use regex::bytes::{Captures, Regex, RegexBuilder};

/// One substitution.
#[derive(Debug)]
pub(super) struct Subst {
    regex: Regex,
    replacement: Vec<u8>,
    all: bool,
}

/// The pieces of `/re/replacement/flags`; any character may part them.
pub(super) struct Pieces<'a> {
    pub(super) pattern: &'a [u8],
    pub(super) replacement: &'a [u8],
    pub(super) flags: &'a [u8],
}

/// Splits an expression at its delimiter; a backslash protects the delimiter.
pub(super) fn split(text: &[u8]) -> Result<Pieces<'_>, &'static str> {
    let Some((delimiter, rest)) = text.split_first() else { return Err("the expression is empty") };
    let (pattern, rest) = cut(rest, *delimiter).ok_or("the delimiter after the pattern is missing")?;
    let (replacement, flags) =
        cut(rest, *delimiter).ok_or("the delimiter after the replacement is missing")?;
    if pattern.is_empty() {
        return Err("the pattern is empty");
    }
    Ok(Pieces { pattern, replacement, flags })
}

fn cut(text: &[u8], delimiter: u8) -> Option<(&[u8], &[u8])> {
    let mut escaped = false;
    for (i, b) in text.iter().enumerate() {
        if *b == delimiter && !escaped {
            return Some((text.get(..i)?, text.get(i + 1..)?));
        }
        escaped = *b == b'\\' && !escaped;
    }
    None
}

impl Subst {
    pub(super) fn new(pieces: &Pieces<'_>) -> Result<Subst, String> {
        let mut all = false;
        let mut ignore_case = false;
        for flag in pieces.flags {
            match flag {
                b'g' => all = true,
                b'i' => ignore_case = true,
                b's' => {}
                other => return Err(format!("unknown flag `{}`", char::from(*other))),
            }
        }
        let pattern = posix(&String::from_utf8_lossy(pieces.pattern));
        let regex = RegexBuilder::new(&pattern)
            .case_insensitive(ignore_case)
            .unicode(false)
            .size_limit(1 << 20)
            .build()
            .map_err(|e| format!("the pattern does not compile: {}", last_line(&e.to_string())))?;
        Ok(Subst { regex, replacement: pieces.replacement.to_vec(), all })
    }

    /// The text after substitution, `None` when nothing matched.
    pub(super) fn apply(&self, text: &[u8]) -> Option<Vec<u8>> {
        if !self.regex.is_match(text) {
            return None;
        }
        let limit = if self.all { 0 } else { 1 };
        let fill = |found: &Captures<'_>| self.fill(found);
        Some(self.regex.replacen(text, limit, fill).into_owned())
    }

    /// `\0` to `\9` are groups, `\n \r \t` what they are elsewhere.
    fn fill(&self, found: &Captures<'_>) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.replacement.len());
        let mut bytes = self.replacement.iter();
        while let Some(b) = bytes.next() {
            if *b != b'\\' {
                out.push(*b);
                continue;
            }
            match bytes.next() {
                Some(d @ b'0'..=b'9') => {
                    if let Some(group) = found.get(usize::from(d - b'0')) {
                        out.extend_from_slice(group.as_bytes());
                    }
                }
                Some(b'n') => out.push(b'\n'),
                Some(b'r') => out.push(b'\r'),
                Some(b't') => out.push(b'\t'),
                Some(other) => out.push(*other),
                None => out.push(b'\\'),
            }
        }
        out
    }
}

/// A backslash before a letter that POSIX gives no meaning is only the letter.
fn posix(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        match (c, chars.clone().next()) {
            ('\\', Some(next)) if next.is_ascii_alphabetic() && !"wWsSbBnrt".contains(next) => {}
            ('\\', Some(next)) => {
                out.push(c);
                out.push(next);
                chars.next();
            }
            _ => out.push(c),
        }
    }
    out
}

fn last_line(text: &str) -> &str {
    text.lines().last().unwrap_or(text).trim_start_matches("error: ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(expression: &str, text: &str) -> String {
        let subst = Subst::new(&split(expression.as_bytes()).ok().unwrap()).unwrap();
        let out = subst.apply(text.as_bytes()).unwrap_or_else(|| text.as_bytes().to_vec());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn replaces_once_or_everywhere() {
        assert_eq!(run("/a/b/", "aaa"), "baa");
        assert_eq!(run("!a!b!g", "aaa"), "bbb");
        assert_eq!(run("@A(.)@<\\1>@gi", "axAy"), "<x><y>");
    }

    #[test]
    fn broken_expressions_are_named() {
        assert!(split(b"/a/b").is_err());
        assert!(Subst::new(&split(b"/a/b/q").ok().unwrap()).unwrap_err().contains("flag `q`"));
        assert!(Subst::new(&split(b"/(/b/").ok().unwrap()).is_err());
    }
}
