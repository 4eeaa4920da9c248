//! What a client does with a challenge (RFC 2617, RFC 8760).

use crate::agent::Agent;
use crate::message::Message;
use kamjit_sip::digest::{Algorithm, Credentials, ha1};

/// Who answers, and how.
#[derive(Clone, Debug)]
pub struct Client {
    /// The user name, perhaps with a domain.
    pub user: String,
    /// The password.
    pub password: String,
    /// The realm, if not the challenge's.
    pub realm: Option<String>,
    /// `nc` where the challenge has a `qop`.
    pub count: u32,
}

impl Client {
    /// A client that answers as asked, for the first time.
    pub fn new(user: &str, password: &str) -> Self {
        Self { user: user.into(), password: password.into(), realm: None, count: 1 }
    }

    /// With another count.
    pub fn count(mut self, count: u32) -> Self {
        self.count = count;
        self
    }

    /// The request again, with credentials for a challenge.
    pub fn answer(&self, agent: &mut Agent, request: &Message, challenge: &Message) -> Message {
        let again = agent.again(request);
        self.sign(again, challenge)
    }

    /// Adds credentials for a challenge to a request.
    pub fn sign(&self, request: Message, challenge: &Message) -> Message {
        let (name, value) = match challenge.get("Proxy-Authenticate") {
            Some(value) => ("Proxy-Authorization", value),
            None => ("Authorization", challenge.header("WWW-Authenticate")),
        };
        let asked = Credentials::parse(value.as_bytes()).expect("a digest challenge");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let algorithm = if value.contains("SHA-256") { Algorithm::Sha256 } else { Algorithm::Md5 };
        let realm = self.realm.clone().unwrap_or_else(|| text(asked.realm));
        let (uri, nc) = (request.uri().to_owned(), format!("{:08x}", self.count));
        let own = Credentials {
            username: self.user.as_bytes(),
            realm: realm.as_bytes(),
            nonce: asked.nonce,
            uri: uri.as_bytes(),
            qop: asked.qop,
            nc: nc.as_bytes(),
            cnonce: b"0a4f113b",
            ..Credentials::default()
        };
        let secret = ha1(algorithm, own.username, own.realm, self.password.as_bytes());
        let body = request.body.clone();
        let hash = own.expected(algorithm, secret.as_bytes(), request.method().as_bytes(), &body);
        let mut line = format!(
            "Digest username=\"{}\", realm=\"{realm}\", nonce=\"{}\", uri=\"{uri}\", response=\"{}\", algorithm={}",
            self.user,
            text(asked.nonce),
            text(hash.as_bytes()),
            algorithm.name(),
        );
        if !asked.qop.is_empty() {
            line.push_str(&format!(", qop={}, nc={nc}, cnonce=\"0a4f113b\"", text(asked.qop)));
        }
        request.add(name, line)
    }
}
