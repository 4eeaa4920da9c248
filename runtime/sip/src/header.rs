//! Header fields: their kinds and the view of one header.

use crate::bytes::word;
use crate::text::eq_nocase;

/// One header field of a message.
#[derive(Clone, Copy, Debug)]
pub struct Header<'m> {
    /// The name as written, without blanks.
    pub name_raw: &'m [u8],
    /// The value as written from its first byte that is no blank; folds and trailing blanks stay in it (captured).
    pub value: &'m [u8],
    /// What it is.
    pub kind: HeaderKind,
    /// Where the name begins in the message.
    pub offset: u32,
    /// Bytes of the whole header with its line end.
    pub len: u32,
}

impl<'m> Header<'m> {
    /// Offset of the first byte behind the header.
    pub fn end(&self) -> usize {
        self.offset as usize + self.len as usize
    }

    /// Whether it is called `name`, in any case, where a compact form equals its long form.
    pub fn is_named(&self, name: &[u8]) -> bool {
        match HeaderKind::from_name(name) {
            HeaderKind::Other => self.kind == HeaderKind::Other && eq_nocase(self.name_raw, name),
            kind => self.kind == kind,
        }
    }
}

macro_rules! header_kinds {
    ($($variant:ident $name:literal $compact:literal;)*) => {
        /// The headers that are known by name.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum HeaderKind {
            /// Not known by name.
            Other = 0,
            $(
                #[doc = concat!("`", $name, "`")]
                $variant,
            )*
        }

        impl HeaderKind {
            /// How many kinds there are.
            pub const COUNT: usize = 1 $(+ { let _ = HeaderKind::$variant; 1 })*;

            /// The usual name; empty for [`HeaderKind::Other`].
            pub const fn name(self) -> &'static str {
                match self {
                    HeaderKind::Other => "",
                    $(HeaderKind::$variant => $name,)*
                }
            }

            /// The compact name, when there is one.
            pub const fn compact(self) -> Option<u8> {
                let byte = match self {
                    HeaderKind::Other => 0,
                    $(HeaderKind::$variant => $compact,)*
                };
                if byte == 0 { None } else { Some(byte) }
            }
        }

        const KINDS: [HeaderKind; HeaderKind::COUNT] = [HeaderKind::Other, $(HeaderKind::$variant),*];
    };
}

header_kinds! {
    Via "Via" b'v';
    To "To" b't';
    From "From" b'f';
    CSeq "CSeq" 0;
    CallId "Call-ID" b'i';
    Contact "Contact" b'm';
    MaxForwards "Max-Forwards" 0;
    Route "Route" 0;
    RecordRoute "Record-Route" 0;
    Path "Path" 0;
    ContentType "Content-Type" b'c';
    ContentLength "Content-Length" b'l';
    Authorization "Authorization" 0;
    Expires "Expires" 0;
    ProxyAuthorization "Proxy-Authorization" 0;
    Supported "Supported" b'k';
    Require "Require" 0;
    ProxyRequire "Proxy-Require" 0;
    Unsupported "Unsupported" 0;
    Allow "Allow" 0;
    Event "Event" b'o';
    Accept "Accept" 0;
    AcceptLanguage "Accept-Language" 0;
    Organization "Organization" 0;
    Priority "Priority" 0;
    Subject "Subject" b's';
    UserAgent "User-Agent" 0;
    Server "Server" 0;
    ContentDisposition "Content-Disposition" 0;
    Diversion "Diversion" 0;
    RemotePartyId "Remote-Party-ID" 0;
    ReferTo "Refer-To" b'r';
    SipIfMatch "SIP-If-Match" 0;
    SipEtag "SIP-ETag" 0;
    SessionExpires "Session-Expires" b'x';
    MinSe "Min-SE" 0;
    MinExpires "Min-Expires" 0;
    SubscriptionState "Subscription-State" 0;
    PAssertedIdentity "P-Asserted-Identity" 0;
    PPreferredIdentity "P-Preferred-Identity" 0;
    ReferredBy "Referred-By" b'b';
    Replaces "Replaces" 0;
    Join "Join" 0;
    RetryAfter "Retry-After" 0;
    Identity "Identity" b'y';
    IdentityInfo "Identity-Info" b'n';
    Date "Date" 0;
    Privacy "Privacy" 0;
    Reason "Reason" 0;
    AllowEvents "Allow-Events" b'u';
    ContentEncoding "Content-Encoding" b'e';
    WwwAuthenticate "WWW-Authenticate" 0;
    ProxyAuthenticate "Proxy-Authenticate" 0;
    CallInfo "Call-Info" 0;
    Warning "Warning" 0;
    RAck "RAck" 0;
    RSeq "RSeq" 0;
    AcceptContact "Accept-Contact" b'a';
    RejectContact "Reject-Contact" b'j';
    RequestDisposition "Request-Disposition" b'd';
}

/// Size of the hash table of names: a power of two well above their number.
const SLOTS: usize = 512;

/// A hash of a name that ignores case: its length and three of its letters.
#[inline]
const fn slot(name: &[u8]) -> usize {
    let n = name.len();
    let first = (name[0] | 0x20) as usize;
    let last = (name[n - 1] | 0x20) as usize;
    let middle = (name[n / 2] | 0x20) as usize;
    (n.wrapping_mul(37) ^ first.wrapping_mul(5) ^ last.wrapping_mul(73) ^ middle.wrapping_mul(11)) % SLOTS
}

/// A name as three words: what the bytes are in lower case, and which of their bits matter (not the case of
/// letters, nothing behind the end).
#[derive(Clone, Copy)]
struct Known {
    kind: HeaderKind,
    len: u8,
    lower: [u64; 3],
    care: [u64; 3],
}

impl Known {
    const NONE: Known = Known { kind: HeaderKind::Other, len: 0, lower: [0; 3], care: [0; 3] };

    const fn new(kind: HeaderKind) -> Known {
        let name = kind.name().as_bytes();
        let mut known = Known { kind, len: name.len() as u8, ..Known::NONE };
        let mut n = 0;
        while n < name.len() {
            let care = if name[n].is_ascii_alphabetic() { 0xdf } else { 0xff };
            known.lower[n / 8] |= (name[n].to_ascii_lowercase() as u64) << (n % 8 * 8);
            known.care[n / 8] |= care << (n % 8 * 8);
            n += 1;
        }
        known
    }

    /// Whether the first `len` bytes of `text` are this name, in any case.
    #[inline]
    fn matches(&self, text: &[u8], len: usize) -> bool {
        let differs = |n: usize| (word(text, n * 8) ^ self.lower[n]) & self.care[n];
        usize::from(self.len) == len && differs(0) | differs(1) | differs(2) == 0
    }
}

/// Kinds by [`slot`]; collisions go to the next free place.
static TABLE: [Known; SLOTS] = {
    let mut table = [Known::NONE; SLOTS];
    let mut k = 1;
    while k < KINDS.len() {
        let mut at = slot(KINDS[k].name().as_bytes());
        while table[at].len != 0 {
            at = (at + 1) % SLOTS;
        }
        table[at] = Known::new(KINDS[k]);
        k += 1;
    }
    table
};

/// Kinds by compact letter.
static COMPACT: [HeaderKind; 256] = {
    let mut table = [HeaderKind::Other; 256];
    let mut k = 1;
    while k < KINDS.len() {
        if let Some(letter) = KINDS[k].compact() {
            table[letter as usize] = KINDS[k];
            table[letter.to_ascii_uppercase() as usize] = KINDS[k];
        }
        k += 1;
    }
    table
};

impl HeaderKind {
    /// The kind of a name, long or compact, in any case.
    pub fn from_name(name: &[u8]) -> HeaderKind {
        HeaderKind::from_text(name, name.len())
    }

    /// The kind of the name that the first `len` bytes of `text` are. What follows is only loaded, not looked at:
    /// words are compared, and with bytes behind the name that needs no copy.
    #[inline]
    pub(crate) fn from_text(text: &[u8], len: usize) -> HeaderKind {
        let Some(name) = text.get(..len) else { return HeaderKind::Other };
        match name {
            [] => HeaderKind::Other,
            [letter] => COMPACT[usize::from(*letter)],
            _ => {
                let mut at = slot(name);
                loop {
                    let known = &TABLE[at];
                    if known.len == 0 || known.matches(text, len) {
                        return known.kind;
                    }
                    at = (at + 1) % SLOTS;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found() {
        for kind in &KINDS[1..] {
            assert_eq!(HeaderKind::from_name(kind.name().as_bytes()), *kind);
            assert_eq!(HeaderKind::from_name(kind.name().to_ascii_uppercase().as_bytes()), *kind);
            if let Some(letter) = kind.compact() {
                assert_eq!(HeaderKind::from_name(&[letter]), *kind);
            }
        }
        assert_eq!(HeaderKind::from_name(b"X-Foo"), HeaderKind::Other);
        assert_eq!(HeaderKind::from_name(b"V"), HeaderKind::Via);
        assert_eq!(HeaderKind::from_name(b"z"), HeaderKind::Other);
    }
}
