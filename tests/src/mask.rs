//! Masks for what may differ between two correct servers: ports, branches, tags, process numbers, times, versions.

use regex::{Captures, Regex};
use std::collections::HashMap;
use std::sync::LazyLock;

/// What the ports of a run stand for.
#[derive(Clone, Debug, Default)]
pub struct Names {
    ports: HashMap<String, String>,
}

impl Names {
    /// Gives a port a name.
    pub fn port(&mut self, port: u16, name: &str) {
        self.ports.insert(port.to_string(), name.to_owned());
    }

    fn ports(&self, text: &str) -> String {
        static NUMBER: LazyLock<Regex> = LazyLock::new(|| regex(r"\b\d{5}\b"));
        NUMBER
            .replace_all(text, |c: &Captures<'_>| match self.ports.get(&c[0]) {
                Some(name) => format!("<{name}>"),
                None => c[0].to_owned(),
            })
            .into_owned()
    }
}

/// Masks one stream of messages; equal values get equal names within the stream, so that a CANCEL with another branch
/// than its INVITE still shows.
#[derive(Debug)]
pub struct Mask {
    names: Names,
    seen: HashMap<String, String>,
    distinct: bool,
}

/// Branch parameters as the server writes them: `z9hG4bK` + hash + `.` + 32 hex digits + `.` + branch number.
static BRANCH: LazyLock<Regex> =
    LazyLock::new(|| regex(r"z9hG4bK([0-9a-f]{1,4})\.([0-9a-f]{32})\.([0-9a-f]+)"));
/// To tags: `.` comes from sl, `-` from tm.
static TAG: LazyLock<Regex> = LazyLock::new(|| regex(r"tag=([0-9a-f]{32})([.-])([0-9a-f]{4,8})"));
static LOG_TAG: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(from|to)_tag=([0-9a-f]{32})([.-])([0-9a-f]{4,8})"));
static SIGNATURE: LazyLock<Regex> = LazyLock::new(|| regex(r"(?:kamailio|kamjit) \([^\r\n]*?\)\)"));
static EXPIRES: LazyLock<Regex> = LazyLock::new(|| regex(r"(?i)(;expires=)(\d+)"));
/// The connection that a request came over, as the Via of the forwarded one names it.
static CONNECTION: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(branch=z9hG4bK<branch\d*>\.[0-9a-f]+;i=)[0-9a-f]+"));
/// Nonces and what follows from them.
static DIGEST: LazyLock<Regex> =
    LazyLock::new(|| regex(r#"(nextnonce|nonce|response|rspauth)="[0-9A-Za-z+/=]{32,}""#));
static STAMP: LazyLock<Regex> = LazyLock::new(|| regex(r"timestamp=\d+"));
static NOISE_PID: LazyLock<Regex> = LazyLock::new(|| regex(r"pid=\d+"));

impl Mask {
    /// A mask for one stream.
    pub fn new(names: Names) -> Self {
        Self { names, seen: HashMap::new(), distinct: true }
    }

    /// A mask that gives all branches one name and all tags one name.
    pub fn without_numbers(names: Names) -> Self {
        Self { distinct: false, ..Self::new(names) }
    }

    fn alias(&mut self, kind: &str, value: &str) -> String {
        if !self.distinct {
            return kind.into();
        }
        let next = self.seen.values().filter(|v| v.starts_with(kind)).count() + 1;
        self.seen.entry(format!("{kind} {value}")).or_insert_with(|| format!("{kind}{next}")).clone()
    }

    /// Masks the text of one message or log line.
    pub fn apply(&mut self, text: &str) -> String {
        let text = self.names.ports(text);
        let text = replace(&BRANCH, &text, |c| {
            format!("z9hG4bK<{}>.{}", self.alias("branch", &format!("{}.{}", &c[1], &c[2])), &c[3])
        });
        let text = replace(&TAG, &text, |c| {
            format!("tag=<{}{}{}>", self.alias("tag", &format!("{}{}", &c[1], &c[3])), &c[2], c[3].len())
        });
        let text = replace(&LOG_TAG, &text, |c| {
            format!("{}_tag=<{}>", &c[1], self.alias("tag", &format!("{}{}", &c[2], &c[4])))
        });
        let text = SIGNATURE.replace_all(&text, "<signature>");
        // A contact's remaining time may have lost a second or two when it is written.
        let text = replace(&EXPIRES, &text, |c| {
            let seconds: u64 = c[2].parse().unwrap_or(0);
            let shown = if seconds % 10 >= 8 { seconds.next_multiple_of(10) } else { seconds };
            format!("{}{shown}", &c[1])
        });
        let text = CONNECTION.replace_all(&text, "${1}<connection>");
        let text = DIGEST.replace_all(&text, "${1}=\"<${1}>\"");
        let text = STAMP.replace_all(&text, "timestamp=<time>");
        NOISE_PID.replace_all(&text, "pid=<pid>").into_owned()
    }
}

/// Shows bytes as text: CRLF ends a line, everything unprintable is written out, so that no difference hides.
pub fn visible(raw: &[u8]) -> String {
    let text = crate::message::latin1(raw);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\r' if rest.peek() == Some(&'\n') => {
                rest.next();
                out.push('\n');
            }
            '\n' => out.push_str("\\n\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.extend(c.escape_default()),
            c => out.push(c),
        }
    }
    out
}

fn replace(what: &Regex, text: &str, mut with: impl FnMut(&Captures<'_>) -> String) -> String {
    what.replace_all(text, |c: &Captures<'_>| with(c)).into_owned()
}

/// A regex that is part of this file, and so must be right.
pub(crate) fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("pattern of the tests")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_what_servers_choose_and_nothing_else() {
        let mut names = Names::default();
        names.port(20001, "srv");
        let mut mask = Mask::new(names);
        let hash = "0123456789abcdef0123456789abcdef";
        let line = format!("127.0.0.1:20001;branch=z9hG4bK1ab2.{hash}.0;rport=20002");
        assert_eq!(mask.apply(&line), "127.0.0.1:<srv>;branch=z9hG4bK<branch1>.0;rport=20002");
        assert_eq!(mask.apply(&format!("z9hG4bK1ab2.{hash}.1")), "z9hG4bK<branch1>.1");
        assert_eq!(mask.apply(&format!("z9hG4bK1ab3.{hash}.1")), "z9hG4bK<branch2>.1");
        assert_eq!(mask.apply("<sip:a@b>;expires=3599"), "<sip:a@b>;expires=3600");
        assert_eq!(mask.apply("<sip:a@b>;expires=60"), "<sip:a@b>;expires=60");
    }
}
