//! Global parameters of a configuration (`children=8`, `listen=...`).

mod live;
mod shape;
mod table;

use kamjit_catalog::{ConfigValue, GlobalKind, HostError};

pub use self::live::Live;
use self::table::{SYNONYMS, TABLE, Use};
use crate::ctx::send_flags;

/// How IPv6 addresses are written (`ipv6_hex_style`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ipv6Style {
    /// `::1`.
    #[default]
    Short,
    /// `fd00:0:0:0:0:0:0:1`.
    Lower,
    /// `FD00:0:0:0:0:0:0:1`.
    Upper,
}

impl Ipv6Style {
    /// An address in this style, without brackets.
    pub fn text(self, ip: std::net::Ipv6Addr) -> String {
        let parts = || ip.segments().into_iter();
        match self {
            Ipv6Style::Short => ip.to_string(),
            Ipv6Style::Lower => parts().map(|part| format!("{part:x}")).collect::<Vec<_>>().join(":"),
            Ipv6Style::Upper => parts().map(|part| format!("{part:X}")).collect::<Vec<_>>().join(":"),
        }
    }
}

/// The values given.
#[derive(Clone, Debug)]
pub struct Globals {
    given: Vec<(&'static str, Vec<ConfigValue>)>,
    /// `max_recursive_level`.
    pub max_recursive_level: u32,
    /// Those that `cfg.set` changes and that are read for every message.
    pub live: Live,
    /// `local_rport`; see [`Globals::first_send_flags`].
    send_flags: u32,
    /// `advertised_address`: what Vias show instead of the socket's own address.
    pub advertised_host: Option<Box<[u8]>>,
    /// `advertised_port`.
    pub advertised_port: Option<u16>,
    /// `reply_to_via`: local replies go to the address in the top Via.
    pub reply_to_via: bool,
    /// `sip_warning`: local replies say where the request came from.
    pub sip_warning: bool,
    /// `ipv6_hex_style`: how addresses are written.
    pub ipv6_style: Ipv6Style,
    /// `mhomed`: the system's routing table chooses the socket to send from.
    pub mhomed: bool,
    /// `onsend_route_reply`: `onsend_route` runs for replies as well.
    pub onsend_route_reply: bool,
    /// `check_via`: replies whose top Via is not ours are dropped.
    pub check_via: bool,
}

impl Default for Globals {
    fn default() -> Self {
        Globals {
            given: Vec::new(),
            max_recursive_level: 256,
            live: Live::default(),
            send_flags: 0,
            advertised_host: None,
            advertised_port: None,
            reply_to_via: false,
            sip_warning: false,
            ipv6_style: Ipv6Style::default(),
            mhomed: false,
            onsend_route_reply: false,
            check_via: false,
        }
    }
}

impl Globals {
    /// Takes a parameter. The last value counts, but for sockets and aliases.
    pub fn set(&mut self, name: &str, value: &[ConfigValue]) -> Result<GlobalKind, HostError> {
        let name = SYNONYMS.iter().find(|(other, _)| *other == name).map_or(name, |(_, name)| name);
        let Some(&(name, shape, used)) = TABLE.iter().find(|(known, ..)| *known == name) else {
            return Ok(GlobalKind::Unknown);
        };
        let value = shape.check(name, value)?;
        self.keep(name, &value);
        self.given.push((name, value));
        Ok(if used == Use::Ignored { GlobalKind::Ignored } else { GlobalKind::Known })
    }

    /// Copies what is read for every message to where it is read without a search.
    fn keep(&mut self, name: &str, value: &[ConfigValue]) {
        let on = |n: i64| n != 0;
        match (name, value) {
            ("max_recursive_level", [ConfigValue::Int(n)]) => {
                self.max_recursive_level = (*n).clamp(1, 10_000) as u32;
            }
            ("check_via", [ConfigValue::Int(n)]) => self.check_via = on(*n),
            ("onsend_route_reply", [ConfigValue::Int(n)]) => self.onsend_route_reply = on(*n),
            ("reply_to_via", [ConfigValue::Int(n)]) => self.reply_to_via = on(*n),
            ("sip_warning", [ConfigValue::Int(n)]) => self.sip_warning = on(*n),
            ("ipv6_hex_style", [ConfigValue::Str(text)]) => {
                self.ipv6_style = match text.first() {
                    Some(b'a') => Ipv6Style::Lower,
                    Some(b'A') => Ipv6Style::Upper,
                    _ => Ipv6Style::Short,
                };
            }
            ("mhomed", [ConfigValue::Int(n)]) => self.mhomed = on(*n),
            ("local_rport", [ConfigValue::Int(n)]) => self.send_flag(send_flags::ADD_LOCAL_RPORT, on(*n)),
            ("advertised_port", [ConfigValue::Int(n)]) => {
                self.advertised_port = u16::try_from(*n).ok().filter(|port| *port != 0);
            }
            ("advertised_address", [ConfigValue::Str(host)]) => {
                self.advertised_host = (!host.is_empty()).then(|| host.as_slice().into());
            }
            ("advertised_address", [ConfigValue::Word(host)]) => {
                self.advertised_host = Some(host.as_bytes().into());
            }
            ("udp_mtu_try_proto", [ConfigValue::Word(word)]) => {
                self.live.udp_mtu_try_proto.set(shape::proto_number(word));
            }
            (name, [ConfigValue::Int(n)]) => self.live.set(name, *n),
            _ => {}
        }
    }

    /// What every message begins with.
    pub fn first_send_flags(&self) -> u32 {
        let force = self.live.force_rport.get() != 0;
        self.send_flags | if force { send_flags::FORCE_RPORT } else { 0 }
    }

    fn send_flag(&mut self, flag: u32, on: bool) {
        self.send_flags = if on { self.send_flags | flag } else { self.send_flags & !flag };
    }

    /// A number: the last one given, or the default.
    pub fn int(&self, name: &str) -> i64 {
        match self.last(name) {
            Some([ConfigValue::Int(n)]) => *n,
            _ => TABLE
                .iter()
                .find_map(|(known, _, used)| match used {
                    Use::Int(n) if *known == name => Some(*n),
                    _ => None,
                })
                .unwrap_or(0),
        }
    }

    /// A number, if it was given.
    pub fn given_int(&self, name: &str) -> Option<i64> {
        match self.last(name)? {
            [ConfigValue::Int(n)] => Some(*n),
            _ => None,
        }
    }

    /// True if it was set at all.
    pub fn is_set(&self, name: &str) -> bool {
        self.last(name).is_some()
    }

    /// A string: the last one given.
    pub fn text(&self, name: &str) -> Option<String> {
        match self.last(name)? {
            [ConfigValue::Str(text)] => Some(String::from_utf8_lossy(text).into_owned()),
            [ConfigValue::Word(word)] => Some(word.clone()),
            [ConfigValue::Int(n)] => Some(n.to_string()),
            _ => None,
        }
    }

    /// All values given for a parameter, in order.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [ConfigValue]> {
        self.given.iter().filter(move |(n, _)| *n == name).map(|(_, value)| value.as_slice())
    }

    /// All parameters under their newer names, each with whether it has an effect in this server.
    pub fn catalog() -> impl Iterator<Item = (&'static str, bool)> {
        TABLE.iter().map(|(name, _, used)| (*name, *used != Use::Ignored))
    }

    /// Names of all parameters, for "did you mean".
    pub fn names() -> impl Iterator<Item = &'static str> {
        TABLE.iter().map(|(name, ..)| *name).chain(SYNONYMS.iter().map(|(name, _)| *name))
    }

    fn last(&self, name: &str) -> Option<&[ConfigValue]> {
        self.given.iter().rev().find(|(n, _)| *n == name).map(|(_, value)| value.as_slice())
    }
}
