//! SIP messages as the test agents build and read them.
//!
//! The tests must be able to send what no library would let them send, so this is a plain list of headers with a
//! parser that never refuses: what cannot be read stays in `start` or is left out of `headers`.

/// One SIP message, built or received.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// Request or status line, without its line end.
    pub start: String,
    /// Headers in order; names as written.
    pub headers: Vec<(String, String)>,
    /// Whatever follows the empty line.
    pub body: Vec<u8>,
}

impl Message {
    /// Starts a request without any header.
    pub fn request(method: &str, uri: &str) -> Self {
        Self { start: format!("{method} {uri} SIP/2.0"), ..Self::default() }
    }

    /// Starts a reply without any header.
    pub fn status(code: u16, reason: &str) -> Self {
        Self { start: format!("SIP/2.0 {code} {reason}"), ..Self::default() }
    }

    /// Reads a received message. Bytes that are no UTF-8 are kept one to one as Latin-1 characters.
    pub fn parse(raw: &[u8]) -> Self {
        let (head, body) = match find(raw, b"\r\n\r\n") {
            Some(at) => (raw.get(..at).unwrap_or(raw), raw.get(at + 4..).unwrap_or_default()),
            None => (raw, &[] as &[u8]),
        };
        let head = latin1(head);
        let mut lines = head.split("\r\n");
        let start = lines.next().unwrap_or_default().to_owned();
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in lines {
            match (line.split_once(':'), headers.last_mut()) {
                (_, Some(last)) if line.starts_with([' ', '\t']) => {
                    last.1.push_str("\r\n");
                    last.1.push_str(line);
                }
                (Some((name, value)), _) => headers.push((name.trim_end().into(), value.trim_start().into())),
                (None, _) => {}
            }
        }
        Self { start, headers, body: body.to_vec() }
    }

    /// The bytes to send. `Content-Length` is written as it stands in `headers`.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = self.start.clone().into_bytes();
        out.extend_from_slice(b"\r\n");
        for (name, value) in &self.headers {
            out.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(&self.body);
        out
    }

    /// The status code of a reply, or `None` for a request.
    pub fn code(&self) -> Option<u16> {
        self.start.strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok()
    }

    /// The method of a request; of a reply, the one in `CSeq`.
    pub fn method(&self) -> &str {
        if self.start.starts_with("SIP/2.0 ") {
            return self.get("CSeq").and_then(|v| v.split_whitespace().nth(1)).unwrap_or_default();
        }
        self.start.split(' ').next().unwrap_or_default()
    }

    /// The request URI.
    pub fn uri(&self) -> &str {
        self.start.split(' ').nth(1).unwrap_or_default()
    }

    /// First header of that name (case does not matter).
    pub fn get(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// Like [`get`](Self::get); an absent header fails the test.
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        self.get(name).unwrap_or_else(|| panic!("no {name} in {}", self.start))
    }

    /// All values of the headers of that name, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers.iter().filter(move |(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    /// Appends a header.
    pub fn add(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Inserts a header at the top.
    pub fn add_first(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.insert(0, (name.into(), value.into()));
        self
    }

    /// Replaces the first header of that name, or appends it before `Content-Length`.
    pub fn set(mut self, name: &str, value: impl Into<String>) -> Self {
        let value = value.into();
        match self.headers.iter_mut().find(|(n, _)| n.eq_ignore_ascii_case(name)) {
            Some(header) => header.1 = value,
            None => {
                let end = self.headers.iter().position(|(n, _)| n.eq_ignore_ascii_case("Content-Length"));
                self.headers.insert(end.unwrap_or(self.headers.len()), (name.into(), value));
            }
        }
        self
    }

    /// Removes every header of that name.
    pub fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
        self
    }

    /// A challenge without its `qop`, for a client that knows none.
    pub fn without_qop(&self) -> Self {
        let mut message = self.clone();
        for (_, value) in &mut message.headers {
            *value = value.replace(", qop=\"auth\"", "");
        }
        message
    }

    /// Puts a body with its type and length.
    pub fn body(self, kind: &str, body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        let mut message = self.set("Content-Type", kind).set("Content-Length", body.len().to_string());
        message.body = body;
        message
    }

    /// The `tag` parameter of a From or To header.
    pub fn tag(&self, name: &str) -> Option<&str> {
        let after = self.get(name)?.split_once(";tag=")?.1;
        after.split([';', '>', ' ']).next()
    }

    /// The URI inside the first Contact.
    #[track_caller]
    pub fn contact_uri(&self) -> &str {
        bare_uri(self.header("Contact"))
    }

    /// The URIs of all values of a header such as Route or Record-Route, in order.
    pub fn uris(&self, name: &str) -> Vec<String> {
        self.all(name).flat_map(|v| v.split(',')).map(|v| v.trim().to_owned()).collect()
    }
}

/// The URI between angle brackets, or the whole value.
pub fn bare_uri(value: &str) -> &str {
    match value.split_once('<') {
        Some((_, rest)) => rest.split('>').next().unwrap_or(rest),
        None => value.split(';').next().unwrap_or(value),
    }
}

/// A session description of fixed content; `port` and `mode` (such as `sendrecv`) vary.
pub fn sdp(port: u16, mode: &str) -> String {
    format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 0\r\n\
         a=rtpmap:0 PCMU/8000\r\na={mode}\r\n"
    )
}

/// Bytes as characters, one to one.
pub fn latin1(raw: &[u8]) -> String {
    match std::str::from_utf8(raw) {
        Ok(text) => text.to_owned(),
        Err(_) => raw.iter().map(|b| char::from(*b)).collect(),
    }
}

/// Position of `needle` in `hay`.
pub fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    hay.windows(needle.len()).position(|w| w == needle)
}
