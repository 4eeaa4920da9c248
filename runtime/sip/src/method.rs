//! Request methods as bits, so that a list of methods is tested with one AND.

use crate::text::eq_nocase;

/// One method; unknown names are [`Method::OTHER`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Method(u32);

/// A set of methods.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct MethodSet(u32);

macro_rules! methods {
    ($($name:ident = $bit:literal;)*) => {
        impl Method {
            $(
                #[doc = concat!("The method ", stringify!($name), ".")]
                pub const $name: Method = Method(1 << $bit);
            )*

            /// Upper-case name; `OTHER` for unknown methods.
            pub fn name(self) -> &'static str {
                match self {
                    $(Method::$name => stringify!($name),)*
                    _ => "OTHER",
                }
            }
        }

        const ALL: &[Method] = &[$(Method::$name),*];
    };
}

methods! {
    INVITE = 0;
    CANCEL = 1;
    ACK = 2;
    BYE = 3;
    INFO = 4;
    REGISTER = 5;
    SUBSCRIBE = 6;
    NOTIFY = 7;
    MESSAGE = 8;
    OPTIONS = 9;
    PRACK = 10;
    UPDATE = 11;
    REFER = 12;
    PUBLISH = 13;
    KDMQ = 14;
    GET = 15;
    POST = 16;
    PUT = 17;
    DELETE = 18;
    OTHER = 31;
}

impl std::fmt::Debug for Method {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl Method {
    /// The method of that name, in any case; [`Method::OTHER`] when it is not known.
    pub fn from_name(name: &[u8]) -> Method {
        match name {
            b"INVITE" => Method::INVITE,
            b"ACK" => Method::ACK,
            b"BYE" => Method::BYE,
            b"CANCEL" => Method::CANCEL,
            b"REGISTER" => Method::REGISTER,
            b"OPTIONS" => Method::OPTIONS,
            _ => ALL
                .iter()
                .copied()
                .find(|m| *m != Method::OTHER && eq_nocase(m.name().as_bytes(), name))
                .unwrap_or(Method::OTHER),
        }
    }

    /// The bit of this method (the value of Kamailio's method ids).
    pub const fn bit(self) -> u32 {
        self.0
    }

    /// Whether it is one of `set`.
    #[inline]
    pub const fn is_in(self, set: MethodSet) -> bool {
        self.0 & set.0 != 0
    }
}

impl MethodSet {
    /// No method.
    pub const EMPTY: MethodSet = MethodSet(0);

    /// From bits as [`Method::bit`] gives them.
    pub const fn from_bits(bits: u32) -> MethodSet {
        MethodSet(bits)
    }

    /// All bits.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// With `m` added.
    #[must_use]
    pub const fn with(self, m: Method) -> MethodSet {
        MethodSet(self.0 | m.0)
    }

    /// Whether `m` is in it.
    #[inline]
    pub const fn contains(self, m: Method) -> bool {
        self.0 & m.0 != 0
    }

    /// Parses `INVITE|ACK`, or a header value such as `INVITE, ACK`; unknown names set [`Method::OTHER`].
    pub fn parse(list: &[u8]) -> MethodSet {
        list.split(|b| *b == b'|' || *b == b',')
            .map(crate::text::trim)
            .filter(|name| !name.is_empty())
            .fold(MethodSet::EMPTY, |set, name| set.with(Method::from_name(name)))
    }
}

impl std::ops::BitOr for Method {
    type Output = MethodSet;
    fn bitor(self, other: Method) -> MethodSet {
        MethodSet(self.0 | other.0)
    }
}

impl From<Method> for MethodSet {
    fn from(m: Method) -> MethodSet {
        MethodSet(m.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_sets() {
        assert_eq!(Method::from_name(b"INVITE"), Method::INVITE);
        assert_eq!(Method::from_name(b"UPDATE"), Method::UPDATE);
        assert_eq!(Method::from_name(b"FOO"), Method::OTHER);
        assert_eq!(Method::from_name(b"OTHER"), Method::OTHER);
        assert_eq!(Method::from_name(b""), Method::OTHER);
        let set = MethodSet::parse(b"INVITE|ACK");
        assert!(set.contains(Method::ACK) && !set.contains(Method::BYE));
        assert_eq!(set, Method::INVITE | Method::ACK);
    }
}
