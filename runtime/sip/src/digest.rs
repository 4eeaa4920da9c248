//! Digest authentication (RFC 2617, RFC 8760): credentials and their hashes. Pure; who the user is and whether a nonce
//! is ours is decided elsewhere.

use md5::{Digest, Md5};
use sha2::Sha256;

use crate::{Params, text::eq_nocase};

/// The hash of a realm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Algorithm {
    /// `MD5`.
    #[default]
    Md5,
    /// `SHA-256`.
    Sha256,
}

impl Algorithm {
    /// Length of a hash in hex.
    pub fn hex_len(self) -> usize {
        match self {
            Algorithm::Md5 => 32,
            Algorithm::Sha256 => 64,
        }
    }

    /// The name in a challenge.
    pub fn name(self) -> &'static str {
        match self {
            Algorithm::Md5 => "MD5",
            Algorithm::Sha256 => "SHA-256",
        }
    }
}

/// A hash in lower-case hex.
#[derive(Clone, Copy)]
pub struct Hash {
    hex: [u8; 64],
    len: usize,
}

impl Hash {
    /// Of parts joined with colons.
    pub fn of(algorithm: Algorithm, parts: &[&[u8]]) -> Hash {
        match algorithm {
            Algorithm::Md5 => hash::<Md5>(parts),
            Algorithm::Sha256 => hash::<Sha256>(parts),
        }
    }

    /// The hex digits.
    pub fn as_bytes(&self) -> &[u8] {
        self.hex.get(..self.len).unwrap_or_default()
    }

    /// Whether a text is this hash, in any case. Takes the same time whatever the text is.
    pub fn is(&self, text: &[u8]) -> bool {
        text.len() == self.len
            && std::iter::zip(self.as_bytes(), text)
                .fold(0, |differs, (own, other)| differs | (own ^ other.to_ascii_lowercase()))
                == 0
    }
}

fn hash<D: Digest>(parts: &[&[u8]]) -> Hash {
    let mut digest = D::new();
    for (n, part) in parts.iter().enumerate() {
        if n > 0 {
            digest.update(b":");
        }
        digest.update(part);
    }
    let digits = b"0123456789abcdef";
    let mut out = Hash { hex: [0; 64], len: 0 };
    for byte in digest.finalize() {
        for digit in [byte >> 4, byte & 15] {
            if let (Some(place), Some(digit)) = (out.hex.get_mut(out.len), digits.get(usize::from(digit))) {
                *place = *digit;
                out.len += 1;
            }
        }
    }
    out
}

/// What `HA1` is made of: user, realm and password.
pub fn ha1(algorithm: Algorithm, user: &[u8], realm: &[u8], password: &[u8]) -> Hash {
    Hash::of(algorithm, &[user, realm, password])
}

/// The credentials of an `Authorization` or `Proxy-Authorization` header. Absent parts are empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Credentials<'a> {
    /// The user name as written, perhaps with a domain.
    pub username: &'a [u8],
    /// The realm.
    pub realm: &'a [u8],
    /// The nonce.
    pub nonce: &'a [u8],
    /// The URI that the hash covers.
    pub uri: &'a [u8],
    /// The hash.
    pub response: &'a [u8],
    /// `auth`, `auth-int` or empty.
    pub qop: &'a [u8],
    /// How often the nonce was used, in hex.
    pub nc: &'a [u8],
    /// The client's nonce.
    pub cnonce: &'a [u8],
}

impl<'a> Credentials<'a> {
    /// Reads a header's value; `None` if the scheme is not Digest.
    pub fn parse(value: &'a [u8]) -> Option<Credentials<'a>> {
        let (scheme, rest) = value.split_at_checked(7)?;
        if !eq_nocase(scheme, b"Digest ") {
            return None;
        }
        let mut all = Credentials::default();
        for param in Params::with_separator(rest, b',') {
            let names: [(&[u8], &mut &'a [u8]); 8] = [
                (b"username", &mut all.username),
                (b"realm", &mut all.realm),
                (b"nonce", &mut all.nonce),
                (b"uri", &mut all.uri),
                (b"response", &mut all.response),
                (b"qop", &mut all.qop),
                (b"nc", &mut all.nc),
                (b"cnonce", &mut all.cnonce),
            ];
            for (name, place) in names {
                if eq_nocase(param.name, name) {
                    *place = param.unquoted();
                }
            }
        }
        Some(all)
    }

    /// The user name without a domain, and the domain.
    pub fn user(&self) -> (&'a [u8], Option<&'a [u8]>) {
        match memchr::memchr(b'@', self.username) {
            Some(at) => (&self.username[..at], Some(&self.username[at + 1..])),
            None => (self.username, None),
        }
    }

    /// True if all is there that a hash needs.
    pub fn is_complete(&self) -> bool {
        [self.username, self.realm, self.nonce, self.uri, self.response].iter().all(|part| !part.is_empty())
    }

    /// The hash that a client who knows `ha1` sends (RFC 2617 section 3.2.2.1). `method` is empty for the server's own
    /// proof in `Authentication-Info`.
    pub fn expected(&self, algorithm: Algorithm, ha1: &[u8], method: &[u8], body: &[u8]) -> Hash {
        let ha2 = if eq_nocase(self.qop, b"auth-int") {
            let body = Hash::of(algorithm, &[body]);
            Hash::of(algorithm, &[method, self.uri, body.as_bytes()])
        } else {
            Hash::of(algorithm, &[method, self.uri])
        };
        if self.qop.is_empty() {
            Hash::of(algorithm, &[ha1, self.nonce, ha2.as_bytes()])
        } else {
            Hash::of(algorithm, &[ha1, self.nonce, self.nc, self.cnonce, self.qop, ha2.as_bytes()])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 2617 section 3.5.
    #[test]
    fn the_rfcs_example() {
        let value = br#"Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093",
            uri="/dir/index.html", qop=auth, nc=00000001, cnonce="0a4f113b",
            response="6629fae49393a05397450978507c4ef1", opaque="5ccc069c403ebaf9f0171e9517f40e41""#;
        let credentials = Credentials::parse(value).unwrap();
        assert!(credentials.is_complete());
        let ha1 = ha1(Algorithm::Md5, credentials.username, credentials.realm, b"Circle Of Life");
        let expected = credentials.expected(Algorithm::Md5, ha1.as_bytes(), b"GET", b"");
        assert!(expected.is(credentials.response));
        assert!(!expected.is(b"6629fae49393a05397450978507c4ef2") && !expected.is(b""));
    }

    /// The example of RFC 7616 section 3.9.1.
    #[test]
    fn the_example_with_sha_256() {
        let value = br#"Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm=SHA-256,
            nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
            qop=auth, response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1""#;
        let credentials = Credentials::parse(value).unwrap();
        let ha1 = ha1(Algorithm::Sha256, b"Mufasa", b"http-auth@example.org", b"Circle of Life");
        assert!(
            credentials.expected(Algorithm::Sha256, ha1.as_bytes(), b"GET", b"").is(credentials.response)
        );
    }

    #[test]
    fn odd_credentials_are_no_trouble() {
        assert_eq!(Credentials::parse(b"Basic Zm9v"), None);
        assert_eq!(Credentials::parse(b""), None);
        let some = Credentials::parse(b"Digest username=\"a@b@c\", ,=,nonce").unwrap();
        assert_eq!((some.user(), some.is_complete()), ((&b"a"[..], Some(&b"b@c"[..])), false));
    }
}
