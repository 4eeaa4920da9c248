//! One contact: everything that is known about it, in little memory.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use kamjit_net::{ConnId, SocketId};

/// The parts of a contact's text.
#[derive(Clone, Copy)]
enum Part {
    Uri,
    CallId,
    Received,
    Path,
    Instance,
    Ruid,
}

const PARTS: usize = 6;

/// A contact as it is given to the table, and as it is read from it. Absent texts are empty.
#[derive(Clone, Copy, Debug)]
pub struct ContactInfo<'a> {
    /// The contact URI.
    pub uri: &'a [u8],
    /// Call-ID of the registration.
    pub call_id: &'a [u8],
    /// Where the registration came from, a URI; empty if the contact is not behind a NAT.
    pub received: &'a [u8],
    /// Path vector.
    pub path: &'a [u8],
    /// `+sip.instance` without quotes.
    pub instance: &'a [u8],
    /// Our unique id.
    pub ruid: &'a [u8],
    /// User-Agent; `n/a` if there was none.
    pub user_agent: &'a [u8],
    /// When it expires, in seconds since 1970; 0: never.
    pub expires: i64,
    /// CSeq number of the registration.
    pub cseq: u32,
    /// q in thousandths; -1 if none was given.
    pub q: i32,
    /// Flags of the module (`ul.add`).
    pub flags: u32,
    /// Branch flags of the registration.
    pub cflags: u32,
    /// Methods that the phone takes, as bits; all bits if it did not say.
    pub methods: u32,
    /// `reg-id`; 0 if there was none.
    pub reg_id: u32,
    /// The socket that the registration came in on.
    pub socket: Option<SocketId>,
    /// The connection that it came over.
    pub conn: Option<ConnId>,
    /// Keepalives are wanted (UDP behind a NAT).
    pub keepalive: bool,
    /// When it was stored or refreshed last, in seconds since 1970.
    pub modified: i64,
}

/// A contact in the table: one block of text and a few numbers.
#[derive(Clone, Debug)]
pub struct Contact {
    text: Box<[u8]>,
    ends: [u16; PARTS],
    q: i16,
    user_agent: Arc<[u8]>,
    /// When it expires, in seconds since 1970; 0: never.
    pub expires: i64,
    /// When it was stored or refreshed last.
    pub modified: i64,
    conn: u64,
    cseq: u32,
    flags: u32,
    /// Branch flags of the registration.
    pub cflags: u32,
    methods: u32,
    reg_id: u32,
    socket: Option<SocketId>,
    keepalive: bool,
}

const NO_CONN: u64 = u64::MAX;

impl Contact {
    /// A copy of what `info` says; `None` if its texts are longer than 64 KiB together.
    pub fn new(info: &ContactInfo<'_>, agents: &Agents) -> Option<Contact> {
        let (text, ends) = pack(info)?;
        Some(Contact {
            text,
            ends,
            q: info.q.clamp(-1, 1000) as i16,
            user_agent: agents.intern(info.user_agent),
            expires: info.expires,
            modified: info.modified,
            conn: info.conn.map_or(NO_CONN, |c| c.0),
            cseq: info.cseq,
            flags: info.flags,
            cflags: info.cflags,
            methods: info.methods,
            reg_id: info.reg_id,
            socket: info.socket,
            keepalive: info.keepalive,
        })
    }

    /// Takes over what a refresh says; id and reg-id stay, and an instance that it does not name (captured). False
    /// if it is too long.
    pub fn refresh(&mut self, info: &ContactInfo<'_>, agents: &Agents) -> bool {
        let instance = if info.instance.is_empty() { self.instance() } else { info.instance };
        let same_text = self.uri() == info.uri
            && self.call_id() == info.call_id
            && self.received() == info.received
            && self.path() == info.path
            && self.instance() == instance;
        if !same_text {
            let Some((text, ends)) = pack(&ContactInfo { ruid: self.ruid(), instance, ..*info }) else {
                return false;
            };
            (self.text, self.ends) = (text, ends);
        }
        if *self.user_agent != *info.user_agent {
            self.user_agent = agents.intern(info.user_agent);
        }
        self.q = info.q.clamp(-1, 1000) as i16;
        self.expires = info.expires;
        self.modified = info.modified;
        self.conn = info.conn.map_or(NO_CONN, |c| c.0);
        self.cseq = info.cseq;
        self.flags = info.flags;
        self.cflags = info.cflags;
        self.methods = info.methods;
        self.socket = info.socket;
        self.keepalive = info.keepalive;
        true
    }

    fn part(&self, part: Part) -> &[u8] {
        let at = part as usize;
        let start = if at == 0 { 0 } else { usize::from(self.ends[at - 1]) };
        self.text.get(start..usize::from(self.ends[at])).unwrap_or_default()
    }

    /// The contact URI.
    pub fn uri(&self) -> &[u8] {
        self.part(Part::Uri)
    }

    /// Call-ID of the registration.
    pub fn call_id(&self) -> &[u8] {
        self.part(Part::CallId)
    }

    /// Where the registration came from; empty if not noted.
    pub fn received(&self) -> &[u8] {
        self.part(Part::Received)
    }

    /// Path vector; empty if there is none.
    pub fn path(&self) -> &[u8] {
        self.part(Part::Path)
    }

    /// `+sip.instance` without quotes; empty if there is none.
    pub fn instance(&self) -> &[u8] {
        self.part(Part::Instance)
    }

    /// Our unique id.
    pub fn ruid(&self) -> &[u8] {
        self.part(Part::Ruid)
    }

    /// User-Agent.
    pub fn user_agent(&self) -> &[u8] {
        &self.user_agent
    }

    /// CSeq number of the registration.
    pub fn cseq(&self) -> u32 {
        self.cseq
    }

    /// q in thousandths; -1 if none was given.
    pub fn q(&self) -> i32 {
        i32::from(self.q)
    }

    /// Methods as bits.
    pub fn methods(&self) -> u32 {
        self.methods
    }

    /// `reg-id`; 0 if there was none.
    pub fn reg_id(&self) -> u32 {
        self.reg_id
    }

    /// The socket that the registration came in on.
    pub fn socket(&self) -> Option<SocketId> {
        self.socket
    }

    /// The connection that it came over.
    pub fn conn(&self) -> Option<ConnId> {
        (self.conn != NO_CONN).then_some(ConnId(self.conn))
    }

    /// Whether it is still valid at a time.
    pub fn is_valid(&self, now: i64) -> bool {
        self.expires == 0 || self.expires > now
    }

    /// Everything, as slices.
    pub fn info(&self) -> ContactInfo<'_> {
        ContactInfo {
            uri: self.uri(),
            call_id: self.call_id(),
            received: self.received(),
            path: self.path(),
            instance: self.instance(),
            ruid: self.ruid(),
            user_agent: &self.user_agent,
            expires: self.expires,
            cseq: self.cseq,
            q: self.q(),
            flags: self.flags,
            cflags: self.cflags,
            methods: self.methods,
            reg_id: self.reg_id,
            socket: self.socket,
            conn: self.conn(),
            keepalive: self.keepalive,
            modified: self.modified,
        }
    }
}

fn pack(info: &ContactInfo<'_>) -> Option<(Box<[u8]>, [u16; PARTS])> {
    let parts = [info.uri, info.call_id, info.received, info.path, info.instance, info.ruid];
    let mut text = Vec::with_capacity(parts.iter().map(|p| p.len()).sum());
    let mut ends = [0; PARTS];
    for (end, part) in ends.iter_mut().zip(parts) {
        text.extend_from_slice(part);
        *end = u16::try_from(text.len()).ok()?;
    }
    Some((text.into_boxed_slice(), ends))
}

/// Names of user agents, each stored once: thousands of phones share a few.
#[derive(Debug, Default)]
pub struct Agents(Mutex<HashSet<Arc<[u8]>>>);

/// Names kept; when there are more, those that no contact uses are dropped.
const AGENTS: usize = 4096;

impl Agents {
    fn intern(&self, name: &[u8]) -> Arc<[u8]> {
        let mut names = self.0.lock().unwrap_or_else(|broken| broken.into_inner());
        if let Some(known) = names.get(name) {
            return Arc::clone(known);
        }
        let name: Arc<[u8]> = name.into();
        if names.len() >= AGENTS {
            names.retain(|n| Arc::strong_count(n) > 1);
        }
        // A flood of different names is not worth remembering.
        if names.len() < AGENTS {
            names.insert(Arc::clone(&name));
        }
        name
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn sample() -> ContactInfo<'static> {
        ContactInfo {
            uri: b"sip:bob@10.0.0.1:5060",
            call_id: b"call-1",
            received: b"",
            path: b"",
            instance: b"",
            ruid: b"uloc-1-1-1",
            user_agent: b"phone",
            expires: 1000,
            cseq: 1,
            q: -1,
            flags: 0,
            cflags: 0,
            methods: u32::MAX,
            reg_id: 0,
            socket: None,
            conn: None,
            keepalive: false,
            modified: 0,
        }
    }

    #[test]
    fn texts_come_back_as_they_went_in() {
        let agents = Agents::default();
        let mut contact = Contact::new(&sample(), &agents).unwrap();
        assert_eq!((contact.uri(), contact.ruid()), (&b"sip:bob@10.0.0.1:5060"[..], &b"uloc-1-1-1"[..]));
        let newer =
            ContactInfo { path: b"<sip:p;lr>", received: b"sip:1.1.1.1:5", ruid: b"other", ..sample() };
        assert!(contact.refresh(&newer, &agents));
        assert_eq!((contact.path(), contact.received()), (&b"<sip:p;lr>"[..], &b"sip:1.1.1.1:5"[..]));
        assert_eq!(contact.ruid(), b"uloc-1-1-1");
    }

    #[test]
    fn a_text_that_is_too_long_is_refused() {
        let path = vec![b'x'; 70_000];
        assert!(Contact::new(&ContactInfo { path: &path, ..sample() }, &Agents::default()).is_none());
    }

    #[test]
    fn names_of_user_agents_are_shared() {
        let agents = Agents::default();
        let (a, b) = (agents.intern(b"x"), agents.intern(b"x"));
        assert!(Arc::ptr_eq(&a, &b));
    }

    #[test]
    fn a_contact_is_small() {
        assert!(size_of::<Contact>() <= 104, "{}", size_of::<Contact>());
    }
}
