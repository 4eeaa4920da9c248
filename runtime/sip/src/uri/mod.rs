//! URIs: `sip:`, `sips:`, `tel:`, `urn:`.

mod cmp;
mod parse;

pub use cmp::{aor_eq, uri_eq};

use crate::params::Params;
use crate::proto::Proto;
use crate::text::eq_nocase;

/// URI scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `sip:`
    Sip,
    /// `sips:`
    Sips,
    /// `tel:`
    Tel,
    /// `tels:`, which the real server refuses; never parsed.
    Tels,
    /// `urn:service:` or `urn:nena:service`
    Urn,
}

impl Scheme {
    /// Lower-case name without the colon.
    pub fn name(self) -> &'static str {
        match self {
            Scheme::Sip => "sip",
            Scheme::Sips => "sips",
            Scheme::Tel => "tel",
            Scheme::Tels => "tels",
            Scheme::Urn => "urn",
        }
    }
}

/// Why a URI is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UriError {
    /// Too short or no known scheme.
    Scheme,
    /// The host is missing or has a bad byte.
    Host,
    /// The port is not a number up to 65535.
    Port,
    /// Anything else.
    Syntax,
}

impl std::fmt::Display for UriError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            UriError::Scheme => "bad uri: unknown scheme",
            UriError::Host => "bad uri: invalid host",
            UriError::Port => "bad uri: invalid port",
            UriError::Syntax => "bad uri",
        })
    }
}

impl std::error::Error for UriError {}

/// A parsed URI; every part is a slice of the text. Absent parts are empty.
#[derive(Clone, Copy, Debug)]
pub struct Uri<'a> {
    /// The whole text.
    pub raw: &'a [u8],
    /// The scheme.
    pub scheme: Scheme,
    /// User; for `tel:` the number.
    pub user: &'a [u8],
    /// Password.
    pub password: &'a [u8],
    /// Host; IPv6 with its brackets. Empty for `tel:`.
    pub host: &'a [u8],
    /// Port as written.
    pub port_raw: &'a [u8],
    /// Port, when one is written.
    pub port: Option<u16>,
    /// Parameters, from behind the first semicolon.
    pub params_raw: &'a [u8],
    /// Headers, from behind the question mark.
    pub headers_raw: &'a [u8],
    /// Whether an `@` is written (so an empty user differs from none).
    pub has_user: bool,
}

impl<'a> Uri<'a> {
    /// Parses a whole URI.
    pub fn parse(raw: &'a [u8]) -> Result<Uri<'a>, UriError> {
        parse::parse(raw)
    }

    /// The parameters.
    pub fn params(&self) -> Params<'a> {
        Params::new(self.params_raw)
    }

    /// A parameter's value; `Some("")` when it has none.
    pub fn param(&self, name: &[u8]) -> Option<&'a [u8]> {
        if self.params_raw.is_empty() { None } else { self.params().value(name) }
    }

    /// Whether the parameter is there.
    pub fn has_param(&self, name: &[u8]) -> bool {
        self.param(name).is_some()
    }

    /// The value of `transport`.
    pub fn transport(&self) -> Option<&'a [u8]> {
        self.param(b"transport")
    }

    /// The transport to use: `transport`, or what the scheme asks for; `None` for an unknown name.
    pub fn proto(&self) -> Option<Proto> {
        match self.transport() {
            Some(name) if !name.is_empty() => Proto::from_name(name),
            _ if self.is_secure() => Some(Proto::Tls),
            _ => Some(Proto::Udp),
        }
    }

    /// Whether the scheme is `sips`.
    pub fn is_secure(&self) -> bool {
        self.scheme == Scheme::Sips
    }

    /// Whether the scheme is `tel`.
    pub fn is_tel(&self) -> bool {
        self.scheme == Scheme::Tel
    }

    /// The value of `maddr`.
    pub fn maddr(&self) -> Option<&'a [u8]> {
        self.param(b"maddr").filter(|v| !v.is_empty())
    }

    /// Whether `lr` is there (loose routing).
    pub fn lr(&self) -> bool {
        self.has_param(b"lr")
    }

    /// Whether `r2` is there (a double Record-Route of ours).
    pub fn r2(&self) -> bool {
        self.has_param(b"r2")
    }

    /// Whether `user=phone` is there.
    pub fn is_user_phone(&self) -> bool {
        self.param(b"user").is_some_and(|v| eq_nocase(v, b"phone"))
    }

    /// The value of `gr` (GRUU, RFC 5627).
    pub fn gr(&self) -> Option<&'a [u8]> {
        self.param(b"gr")
    }

    /// Whether `ob` is there (RFC 5626).
    pub fn ob(&self) -> bool {
        self.has_param(b"ob")
    }

    /// The port written or else 5061 with `transport=tls`, else 5060: what `$rp` shows, also for `sips:` (captured).
    pub fn port_or_default(&self) -> u16 {
        let tls = || self.transport().is_some_and(|t| eq_nocase(t, b"tls"));
        self.port.unwrap_or_else(|| if tls() { 5061 } else { 5060 })
    }

    /// The host without the brackets of an IPv6 address.
    pub fn host_bare(&self) -> &'a [u8] {
        match self.host {
            [b'[', inner @ .., b']'] => inner,
            host => host,
        }
    }

    /// `user@host`, the address of record without scheme, as written; pieces to be joined by the caller.
    pub fn aor_parts(&self) -> (&'a [u8], &'a [u8]) {
        (self.user, self.host)
    }
}
