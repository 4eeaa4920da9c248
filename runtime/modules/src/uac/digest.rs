//! Answers to digest challenges (RFC 2617, MD5 with qop auth or none).

use kamjit_sip::{Message, Params, branch::md5_hex, text::eq_nocase, text::trim};

/// A challenge.
pub(super) struct Challenge<'a> {
    pub(super) realm: &'a [u8],
    nonce: &'a [u8],
    opaque: Option<&'a [u8]>,
    /// `auth` is offered.
    qop: bool,
    session: bool,
    /// From a proxy.
    proxy: bool,
}

/// Who answers.
pub(super) struct Who<'a> {
    pub(super) user: &'a [u8],
    pub(super) password: &'a [u8],
    /// The password is the hash of user, realm and password.
    pub(super) hashed: bool,
}

impl<'a> Challenge<'a> {
    /// The first Digest challenge with MD5 of a reply 401 or 407.
    pub(super) fn of_reply(reply: &Message<'a>, code: u16) -> Option<Challenge<'a>> {
        let (name, proxy): (&[u8], bool) = match code {
            401 => (b"WWW-Authenticate", false),
            407 => (b"Proxy-Authenticate", true),
            _ => return None,
        };
        reply.headers_named(name).find_map(|header| Challenge::parse(header.value, proxy))
    }

    fn parse(value: &'a [u8], proxy: bool) -> Option<Challenge<'a>> {
        let value = trim(value);
        let (scheme, rest) = value.split_at_checked(7)?;
        if !eq_nocase(scheme, b"Digest ") {
            return None;
        }
        let params = Params::with_separator(rest, b',');
        let get = |name: &[u8]| params.get(name).map(|p| p.unquoted());
        let session = match get(b"algorithm") {
            None => false,
            Some(name) if eq_nocase(name, b"MD5") => false,
            Some(name) if eq_nocase(name, b"MD5-sess") => true,
            Some(_) => return None,
        };
        let qop = get(b"qop");
        let offered = |list: &[u8]| list.split(|b| *b == b',').any(|one| eq_nocase(trim(one), b"auth"));
        Some(Challenge {
            realm: get(b"realm")?,
            nonce: get(b"nonce").filter(|n| !n.is_empty())?,
            opaque: get(b"opaque"),
            qop: match qop {
                Some(list) if offered(list) => true,
                Some(_) => return None,
                None => false,
            },
            session,
            proxy,
        })
    }

    /// The header line that answers.
    pub(super) fn answer(&self, who: &Who<'_>, method: &[u8], uri: &[u8]) -> Vec<u8> {
        let cnonce = format!("{:08x}", rand::random::<u32>()).into_bytes();
        let response = self.response(who, method, uri, &cnonce);
        let name: &[u8] = if self.proxy { b"Proxy-Authorization" } else { b"Authorization" };
        let mut out = Vec::with_capacity(320);
        let parts: [&[u8]; 10] = [
            name,
            b": Digest username=\"",
            who.user,
            b"\", realm=\"",
            self.realm,
            b"\", nonce=\"",
            self.nonce,
            b"\", uri=\"",
            uri,
            b"\"",
        ];
        parts.iter().for_each(|part| out.extend_from_slice(part));
        if let Some(opaque) = self.opaque {
            [&b", opaque=\""[..], opaque, b"\""].iter().for_each(|part| out.extend_from_slice(part));
        }
        if self.qop {
            out.extend_from_slice(b", qop=auth, nc=00000001, cnonce=\"");
            out.extend_from_slice(&cnonce);
            out.extend_from_slice(b"\"");
        }
        out.extend_from_slice(b", response=\"");
        out.extend_from_slice(&response);
        out.extend_from_slice(b"\", algorithm=MD5\r\n");
        out
    }

    fn response(&self, who: &Who<'_>, method: &[u8], uri: &[u8], cnonce: &[u8]) -> [u8; 32] {
        let mut first: Vec<u8> = if who.hashed {
            who.password.to_vec()
        } else {
            md5_hex(&[who.user, b":", self.realm, b":", who.password]).to_vec()
        };
        if self.session {
            first = md5_hex(&[&first, b":", self.nonce, b":", cnonce]).to_vec();
        }
        let second = md5_hex(&[method, b":", uri]);
        if self.qop {
            md5_hex(&[&first, b":", self.nonce, b":00000001:", cnonce, b":auth:", &second])
        } else {
            md5_hex(&[&first, b":", self.nonce, b":", &second])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_rfc() {
        // RFC 2617 section 3.5.
        let challenge = Challenge::parse(
            b"Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", \
              nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"",
            false,
        )
        .unwrap();
        let who = Who { user: b"Mufasa", password: b"Circle Of Life", hashed: false };
        let response = challenge.response(&who, b"GET", b"/dir/index.html", b"0a4f113b");
        assert_eq!(&response, b"6629fae49393a05397450978507c4ef1");
    }

    #[test]
    fn what_cannot_be_answered() {
        for value in
            ["Basic realm=\"x\"", "Digest realm=\"x\"", "Digest realm=\"x\", nonce=\"n\", algorithm=SHA-256"]
        {
            assert!(Challenge::parse(value.as_bytes(), false).is_none(), "{value}");
        }
    }
}
