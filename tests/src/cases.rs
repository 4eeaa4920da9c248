//! Tables of requests for scripts that act by headers: `X-T` says what to do, `X-A`, `X-B` with what, and `X-Next`
//! names the agent `bob`, to whom the script sends what it changed.

use crate::world::World;

/// One request; empty parts are left out.
#[derive(Clone, Debug)]
pub struct Case {
    /// What the script shall do.
    pub todo: String,
    /// First argument.
    pub a: String,
    /// Second argument.
    pub b: String,
    /// Method.
    pub method: String,
    /// Request URI.
    pub uri: String,
    /// The value of Via without branch; `@ALICE@` is the sender's port.
    pub via: String,
    /// The value of Contact; more headers may follow it.
    pub contact: String,
    /// Further header lines, each with its end.
    pub more: String,
    /// Type of the body.
    pub content_type: String,
    /// The body.
    pub body: String,
}

impl Case {
    /// A plain request with something to do.
    pub fn new(todo: &str) -> Case {
        Case {
            todo: todo.into(),
            a: String::new(),
            b: String::new(),
            method: "MESSAGE".into(),
            uri: "sip:u@example.com".into(),
            via: "SIP/2.0/UDP 127.0.0.1:@ALICE@".into(),
            contact: String::new(),
            more: String::new(),
            content_type: String::new(),
            body: String::new(),
        }
    }

    /// With a first argument.
    pub fn a(self, a: &str) -> Case {
        Case { a: a.into(), ..self }
    }

    /// With a second argument.
    pub fn b(self, b: &str) -> Case {
        Case { b: b.into(), ..self }
    }

    /// With a Contact.
    pub fn contact(self, contact: &str) -> Case {
        Case { contact: contact.into(), ..self }
    }

    /// With another request URI.
    pub fn uri(self, uri: &str) -> Case {
        Case { uri: uri.into(), ..self }
    }

    /// With another Via.
    pub fn via(self, via: &str) -> Case {
        Case { via: via.into(), ..self }
    }

    /// With further header lines.
    pub fn more(self, more: &str) -> Case {
        Case { more: more.into(), ..self }
    }

    /// With a session description.
    pub fn sdp(self, body: &str) -> Case {
        self.body("application/sdp", body)
    }

    /// With a body.
    pub fn body(self, content_type: &str, body: &str) -> Case {
        Case { content_type: content_type.into(), body: body.into(), ..self }
    }

    fn text(&self, number: usize) -> String {
        let optional = |name: &str, value: &str| {
            if value.is_empty() { String::new() } else { format!("{name}: {value}\r\n") }
        };
        format!(
            "{method} {uri} SIP/2.0\r\nVia: {via};branch=z9hG4bKc{number}\r\nFrom: <sip:a@b>;tag=f\r\n\
             To: <sip:b@c>\r\nCall-ID: c{number}\r\nCSeq: 1 {method}\r\n{contact}{todo}{a}{b}X-Next: @BOB@\r\n{more}\
             {content_type}Content-Length: {length}\r\n\r\n{body}",
            method = self.method,
            uri = self.uri,
            via = self.via,
            contact = optional("Contact", &self.contact),
            todo = optional("X-T", &self.todo),
            a = optional("X-A", &self.a),
            b = optional("X-B", &self.b),
            more = self.more,
            content_type = optional("Content-Type", &self.content_type),
            length = self.body.len(),
            body = self.body,
        )
    }
}

/// Sends the requests one after the other; each has been dealt with before the next one goes.
pub fn send_all(world: &mut World, cases: &[Case]) {
    let mut alice = world.udp("alice");
    let bob = world.udp("bob");
    let (own, next) = (alice.local.port().to_string(), format!("sip:127.0.0.1:{}", bob.local.port()));
    let server = world.server.port.number.to_string();
    for (number, case) in cases.iter().enumerate() {
        let text = case.text(number);
        let text = text.replace("@ALICE@", &own).replace("@BOB@", &next).replace("@PORT@", &server);
        alice.send_raw(text.as_bytes());
        world.fence();
    }
}
