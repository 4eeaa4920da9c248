//! Whether a value can be one of a parameter.

use kamjit_catalog::{ConfigValue, HostError};

use super::table::{POLL_METHODS, SYNONYMS, Shape, TABLE, TLS_METHODS};

/// Branches that `max_branches` may ask for.
const BRANCHES: std::ops::RangeInclusive<i64> = 1..=31;

impl Shape {
    /// The value in the form in which it is kept.
    pub(super) fn check(self, name: &str, value: &[ConfigValue]) -> Result<Vec<ConfigValue>, HostError> {
        use ConfigValue::{Int, Str, Word};
        let fits = match (self, value) {
            (Shape::Sockets, [Int(n)]) => *n >= 0,
            (Shape::Any | Shape::Sockets, _) => true,
            (Shape::Number, [Int(n)]) => *n >= 0,
            (Shape::Signed, [Int(_)]) | (Shape::Text | Shape::Account, [Str(_)]) => true,
            (Shape::Word, [Str(_)]) => true,
            (Shape::Word | Shape::Account, [Word(word)]) => is_free_word(word),
            (Shape::Host, [Str(_)]) => true,
            (Shape::Host, [Word(word)]) => !is_keyword(word),
            (Shape::Host, [Int(n)]) => *n >= 0,
            (Shape::Address, [Word(word)]) => is_address(name, word),
            (Shape::Proto, [Word(word)]) => proto_number(word) != 0,
            (Shape::Tos, [Int(n)]) => *n >= 0,
            (Shape::Tos, [Word(word)]) => match type_of_service(word) {
                Some(tos) => return Ok(vec![Int(tos)]),
                None => false,
            },
            _ => false,
        };
        if !fits {
            return Err(HostError::new(format!("{name} takes {}", self.in_words())));
        }
        check_value(name, value)?;
        Ok(match (self, value) {
            (Shape::Host, [Int(n)]) => vec![Word(n.to_string())],
            _ => value.to_vec(),
        })
    }

    fn in_words(self) -> &'static str {
        match self {
            Shape::Number => "a number from 0 on (or yes/no)",
            Shape::Signed => "a number (or yes/no)",
            Shape::Text => "a string in quotes",
            Shape::Word => "a string or a word",
            Shape::Host => "a host name or an address",
            Shape::Account => "a name, in quotes if it is a number",
            Shape::Address => "an IP address of its family",
            Shape::Proto => "a transport: udp, tcp, tls or sctp",
            Shape::Tos => "a number or IPTOS_LOWDELAY, IPTOS_THROUGHPUT, IPTOS_RELIABILITY, IPTOS_MINCOST",
            Shape::Sockets | Shape::Any => "another value",
        }
    }
}

/// Values that have the right form and are refused all the same.
fn check_value(name: &str, value: &[ConfigValue]) -> Result<(), HostError> {
    let one_of = |word: &str, words: &[&str]| {
        if words.iter().any(|w| w.eq_ignore_ascii_case(word)) {
            Ok(())
        } else {
            Err(HostError::new(format!("{name} cannot be {word}"))
                .help(format!("one of {}", words.join(", "))))
        }
    };
    match (name, value) {
        ("max_branches", [ConfigValue::Int(n)]) if !BRANCHES.contains(n) => {
            Err(HostError::new("max_branches goes from 1 to 31"))
        }
        ("tcp_accept_haproxy", [ConfigValue::Int(1..)]) => {
            Err(HostError::new("this build does not understand the PROXY protocol yet"))
        }
        ("hdr_name_extra_chars" | "uri_host_extra_chars", [ConfigValue::Str(text)]) if !text.is_empty() => {
            Err(HostError::new(format!("this build does not know {name} yet")).help("remove the line"))
        }
        ("return_mode", [ConfigValue::Int(n)]) if *n != 0 => {
            Err(HostError::new("this build does not know another return_mode than 0 yet"))
        }
        // 2 is "if there is a module for it" (captured).
        ("enable_sctp", [ConfigValue::Int(n)]) if !matches!(n, 0 | 2) => {
            Err(HostError::new("there is no SCTP here"))
        }
        ("disable_sctp", [ConfigValue::Int(n)]) if *n != 1 => Err(HostError::new("there is no SCTP here")),
        ("log_facility", [ConfigValue::Word(word)]) => {
            if crate::log::is_facility(word) {
                Ok(())
            } else {
                Err(HostError::new(format!("there is no log facility {word}"))
                    .help("one of LOG_DAEMON, LOG_USER, LOG_AUTH, LOG_LOCAL0 to LOG_LOCAL7, ..."))
            }
        }
        ("log_facility", [ConfigValue::Str(_)]) => {
            Err(HostError::new("log_facility is a word").help("write it without quotes"))
        }
        ("tcp_poll_method", [ConfigValue::Word(word)]) => one_of(word, POLL_METHODS),
        ("tcp_poll_method", [ConfigValue::Str(text)]) => one_of(&String::from_utf8_lossy(text), POLL_METHODS),
        ("tls_method", [ConfigValue::Word(word)]) => one_of(word, TLS_METHODS),
        ("tls_method", _) => Err(HostError::new("tls_method is a word").help("one of SSLv23, TLSv1")),
        ("ipv6_hex_style", [ConfigValue::Str(text)]) if !matches!(text.first(), Some(b'a' | b'A' | b'c')) => {
            Err(HostError::new("ipv6_hex_style is \"a\", \"A\" or \"c\""))
        }
        _ => Ok(()),
    }
}

/// A word of the author's own: no number, no address, no keyword.
fn is_free_word(word: &str) -> bool {
    let ident = word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    ident && !word.starts_with(|c: char| c.is_ascii_digit()) && !is_keyword(word)
}

/// Names of parameters and transports are keywords of the language.
fn is_keyword(word: &str) -> bool {
    proto_number(word) != 0
        || TABLE.iter().any(|(known, ..)| *known == word)
        || SYNONYMS.iter().any(|(other, _)| *other == word)
}

fn is_address(name: &str, word: &str) -> bool {
    let ip = word.strip_prefix('[').and_then(|w| w.strip_suffix(']')).unwrap_or(word);
    match ip.parse() {
        Ok(std::net::IpAddr::V4(_)) => name.ends_with('4'),
        Ok(std::net::IpAddr::V6(_)) => name.ends_with('6'),
        Err(_) => false,
    }
}

/// Number of a transport as `udp_mtu_try_proto` counts them; 0 for another word.
pub(super) fn proto_number(word: &str) -> i64 {
    match word {
        "udp" | "UDP" => 1,
        "tcp" | "TCP" => 2,
        "tls" | "TLS" => 3,
        "sctp" | "SCTP" => 4,
        _ => 0,
    }
}

/// Words that `tos` takes (netinet/ip.h).
fn type_of_service(word: &str) -> Option<i64> {
    let known = [("LOWDELAY", 0x10), ("THROUGHPUT", 0x08), ("RELIABILITY", 0x04), ("MINCOST", 0x02)];
    let name = word.strip_prefix("IPTOS_")?;
    known.into_iter().find(|(n, _)| *n == name).map(|(_, value)| value)
}
