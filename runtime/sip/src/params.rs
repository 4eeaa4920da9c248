//! `;name=value` lists.

use crate::text::{eq_nocase, trim, trim_start};

/// One parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Param<'a> {
    /// Name, trimmed.
    pub name: &'a [u8],
    /// Value as written, with its quotes; `None` when there is no `=`.
    pub value: Option<&'a [u8]>,
    /// The whole parameter as written, without the separator, trimmed.
    pub raw: &'a [u8],
}

impl<'a> Param<'a> {
    /// The value without surrounding quotes (escapes inside stay), empty when there is none.
    pub fn unquoted(&self) -> &'a [u8] {
        let v = self.value.unwrap_or(b"");
        match v {
            [b'"', inner @ .., b'"'] => inner,
            _ => v,
        }
    }
}

/// Iterator over a parameter list; quoted values may contain the separator. Never fails: junk comes out as names.
#[derive(Clone, Copy, Debug)]
pub struct Params<'a> {
    rest: &'a [u8],
    raw: &'a [u8],
    separator: u8,
}

impl<'a> Params<'a> {
    /// Over `;a=1;b`, with or without the first semicolon.
    pub fn new(raw: &'a [u8]) -> Params<'a> {
        Params::with_separator(raw, b';')
    }

    /// Over a list with another separator (`&` in URI headers, `,` in digest credentials).
    pub fn with_separator(raw: &'a [u8], separator: u8) -> Params<'a> {
        let rest = trim_start(raw);
        let rest = if rest.first() == Some(&separator) { &rest[1..] } else { rest };
        Params { rest, raw, separator }
    }

    /// The list as written.
    pub fn raw(&self) -> &'a [u8] {
        self.raw
    }

    /// The first parameter of that name, in any case.
    pub fn get(&self, name: &[u8]) -> Option<Param<'a>> {
        let mut all = Params::with_separator(self.raw, self.separator);
        all.find(|p| eq_nocase(p.name, name))
    }

    /// The value of the first parameter of that name; `Some("")` when it has none.
    pub fn value(&self, name: &[u8]) -> Option<&'a [u8]> {
        self.get(name).map(|p| p.value.unwrap_or(b""))
    }
}

impl<'a> Iterator for Params<'a> {
    type Item = Param<'a>;

    fn next(&mut self) -> Option<Param<'a>> {
        loop {
            if self.rest.is_empty() {
                return None;
            }
            let end = find_outside_quotes(self.rest, self.separator).unwrap_or(self.rest.len());
            let raw = trim(&self.rest[..end]);
            self.rest = self.rest.get(end + 1..).unwrap_or(&[]);
            if raw.is_empty() {
                continue;
            }
            let (name, value) = match memchr::memchr(b'=', raw) {
                Some(eq) => (trim(&raw[..eq]), Some(trim(&raw[eq + 1..]))),
                None => (raw, None),
            };
            return Some(Param { name, value, raw });
        }
    }
}

/// Where `wanted` stands first outside double quotes.
pub(crate) fn find_outside_quotes(s: &[u8], wanted: u8) -> Option<usize> {
    let mut quoted = false;
    let mut at = 0;
    while let Some(&b) = s.get(at) {
        if quoted {
            match b {
                b'\\' => at += 1,
                b'"' => quoted = false,
                _ => {}
            }
        } else if b == wanted {
            return Some(at);
        } else if b == b'"' {
            quoted = true;
        }
        at += 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_values_keep_separators() {
        let p = Params::new(b"; a=1;b ;c=\"x;\\\"y\" ; ;d = 2");
        let all: Vec<_> = p.map(|p| (p.name, p.value)).collect();
        assert_eq!(
            all,
            [(&b"a"[..], Some(&b"1"[..])), (b"b", None), (b"c", Some(b"\"x;\\\"y\"")), (b"d", Some(b"2"))]
        );
        assert_eq!(p.get(b"C").map(|p| p.unquoted()), Some(&b"x;\\\"y"[..]));
        assert_eq!(p.value(b"b"), Some(&b""[..]));
        assert_eq!(p.value(b"z"), None);
    }
}
