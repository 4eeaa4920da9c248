//! BINRPC, the binary protocol of the ctl module and `kamcmd`. Captured between Debian's kamcmd and kamailio 5.6.3.
//!
//! A packet is a header and records. Header: one byte `0xA1` (magic and version), one byte with the kind in the
//! high half (0 request, 1 reply, 3 fault) and in the low half the sizes, minus one, of the two numbers that follow:
//! bits 2-3 that of the body length, bits 0-1 that of the cookie, which the reply repeats.
//!
//! Record: a byte with the type in the low half and the size in the high half. With bit 7 set, the other three
//! bits say how many bytes of size follow. Types: 0 integer (big endian, as short as possible, 0 has no byte), 1 text
//! with a NUL, 2 fraction as an integer of thousandths, 3 structure, 4 array, 5 name of a member, 6 bytes. Structures
//! and arrays begin with size 0 and end with the same type, bit 7 and size 0.
//!
//! A reply holds the values that the command added, without a frame; a fault holds a number and a text. An array of
//! structures of one member each is written as one structure whose member repeats (`core.sockets_list`).

mod decode;
mod encode;

pub use decode::{Decoder, decode_outcome, decode_values};
pub use encode::{encode_fault, encode_outcome, encode_reply, encode_request};

/// First byte of every packet.
pub(crate) const MAGIC: u8 = 0xA1;
/// Longest body that is read, in bytes.
pub const MAX_BODY: usize = 16 << 20;
/// Structures and arrays within each other.
pub(crate) const MAX_DEPTH: usize = 32;
/// Longest header, in bytes.
pub const MAX_HEADER: usize = 10;

/// Kind of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A command and its parameters.
    Request,
    /// The values that it answered.
    Reply,
    /// Its refusal.
    Fault,
}

/// Header of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Kind.
    pub kind: Kind,
    /// What the reply repeats.
    pub cookie: u32,
    /// Bytes of body.
    pub body: usize,
    /// Bytes of header.
    pub len: usize,
}

/// Bytes that are no BINRPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinrpcError {
    /// Not the magic number, or an unknown version or kind.
    NotBinrpc,
    /// A record goes beyond the packet, or a structure does not end.
    Truncated,
    /// A record that cannot be.
    BadRecord,
    /// Longer than [`MAX_BODY`].
    TooLong,
    /// Too many structures within each other.
    TooDeep,
}

impl std::fmt::Display for BinrpcError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            BinrpcError::NotBinrpc => "not a BINRPC packet",
            BinrpcError::Truncated => "packet ends too early",
            BinrpcError::BadRecord => "bad record",
            BinrpcError::TooLong => "packet too long",
            BinrpcError::TooDeep => "structures nested too deep",
        })
    }
}

impl std::error::Error for BinrpcError {}

impl Header {
    /// Reads the header at the beginning of `bytes`; `None` while it is incomplete.
    ///
    /// # Errors
    /// [`BinrpcError::NotBinrpc`] and [`BinrpcError::TooLong`].
    pub fn parse(bytes: &[u8]) -> Result<Option<Header>, BinrpcError> {
        match bytes.first() {
            Some(&MAGIC) => {}
            Some(_) => return Err(BinrpcError::NotBinrpc),
            None => return Ok(None),
        }
        let Some(&flags) = bytes.get(1) else { return Ok(None) };
        let kind = match flags >> 4 {
            0 => Kind::Request,
            1 => Kind::Reply,
            3 => Kind::Fault,
            _ => return Err(BinrpcError::NotBinrpc),
        };
        let (len_size, cookie_size) = (usize::from(flags >> 2 & 3) + 1, usize::from(flags & 3) + 1);
        let Some(length) = bytes.get(2..2 + len_size) else { return Ok(None) };
        let Some(cookie) = bytes.get(2 + len_size..2 + len_size + cookie_size) else { return Ok(None) };
        let body = number(length) as usize;
        if body > MAX_BODY {
            return Err(BinrpcError::TooLong);
        }
        Ok(Some(Header { kind, cookie: number(cookie), body, len: 2 + len_size + cookie_size }))
    }
}

fn number(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0, |n, byte| n << 8 | u32::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Fault, Value};

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len() / 2).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).expect("hex")).collect()
    }

    /// `kamcmd cfg.get core debug` and its answer.
    #[test]
    fn a_captured_request_and_reply() {
        let request = hex("a103177f00d7c191086366672e6765740051636f72650061646562756700");
        let header = Header::parse(&request).expect("header").expect("whole");
        assert_eq!((header.kind, header.cookie, header.body), (Kind::Request, 0x7f00_d7c1, 23));
        let values = decode_values(&request[header.len..]).expect("values");
        assert_eq!(values, [Value::from("cfg.get"), Value::from("core"), Value::from("debug")]);
        assert_eq!(encode_request("cfg.get", &values[1..], 0x7f00_d7c1), request);
        assert_eq!(encode_reply(&[Value::Int(2)], 0x7f00_d7c1), hex("a113027f00d7c11002"));
    }

    #[test]
    fn a_captured_structure() {
        let reply = hex(concat!(
            "a113522a11dae903456e6f770091194d6f6e204e6f762032332031393a34353a3135203230323600950975705f73696e6365",
            "0091194d6f6e204e6f762032332031393a34353a313420323032360075757074696d6500100183"
        ));
        let value = Value::record([
            ("now", "Mon Nov 23 19:45:15 2026".into()),
            ("up_since", "Mon Nov 23 19:45:14 2026".into()),
            ("uptime", Value::Int(1)),
        ]);
        assert_eq!(encode_reply(std::slice::from_ref(&value), 0x2a11_dae9), reply);
        assert_eq!(decode_values(&reply[7..]), Ok(vec![value]));
    }

    #[test]
    fn a_captured_fault() {
        let packet = hex("a1331e75b56da92001f49119636f6d6d616e64206e6f73756368206e6f7420666f756e6400");
        let fault = Fault::new(500, "command nosuch not found");
        assert_eq!(encode_fault(&fault, 0x75b5_6da9), packet);
        let header = Header::parse(&packet).expect("header").expect("whole");
        assert_eq!(decode_outcome(header.kind, &packet[header.len..]), Ok(Err(fault)));
    }

    /// `kamcmd core.echo 300 70000 2000000000 0 1e3`.
    #[test]
    fn captured_numbers() {
        let body = hex("20012c3001117040773594000000320f4240");
        let ints = [300, 70_000, 2_000_000_000, 0, 0].map(Value::Int);
        let values = [&ints[..], &[Value::Double(1000.0)]].concat();
        assert_eq!(decode_values(&body), Ok(values.clone()));
        assert_eq!(encode_reply(&values, 1)[7..], body);
    }

    #[test]
    fn values_survive_the_round_trip() {
        let long = Value::from("x".repeat(70_000));
        let values = vec![
            Value::Int(-1),
            Value::Int(i64::from(i32::MIN)),
            Value::Int(1 << 40),
            Value::Int(-(1 << 40)),
            Value::Double(-2.5),
            Value::from(""),
            long,
            Value::Struct(vec![]),
            Value::record([("a", Value::record([("b", Value::Int(5))])), ("", Value::from("c"))]),
            Value::Array(vec![Value::Int(1), Value::from("two")]),
        ];
        let packet = encode_reply(&values, 9);
        let header = Header::parse(&packet).expect("header").expect("whole");
        assert_eq!(header.len + header.body, packet.len());
        assert_eq!(decode_values(&packet[header.len..]), Ok(values));
    }

    #[test]
    fn an_array_of_named_structures_is_one_structure() {
        let item = |n| Value::record([("socket", Value::record([("port", Value::Int(n))]))]);
        let packet = encode_reply(&[Value::Array(vec![item(1), item(2)])], 1);
        let Value::Struct(members) = &decode_values(&packet[7..]).expect("values")[0] else {
            panic!("no struct")
        };
        assert_eq!(members.iter().map(|m| m.0.as_str()).collect::<Vec<_>>(), ["socket", "socket"]);
    }

    #[test]
    fn garbage_is_refused_and_never_panics() {
        let packet = encode_reply(&[Value::record([("a", Value::Array(vec![Value::from("text")]))])], 77);
        for cut in 0..packet.len() {
            let _ = Header::parse(&packet[..cut]);
            if cut > 7 {
                assert!(decode_values(&packet[7..cut]).is_err(), "cut at {cut}");
            }
        }
        for at in 0..packet.len() {
            for byte in 0..=255 {
                let mut bad = packet.clone();
                bad[at] = byte;
                let _ = Header::parse(&bad);
                let _ = decode_values(&bad[7..]);
            }
        }
        assert_eq!(decode_values(&[0x03; 100_000]), Err(BinrpcError::TooDeep));
        assert_eq!(Header::parse(b"GET /"), Err(BinrpcError::NotBinrpc));
        assert_eq!(
            Header::parse(&[0xa1, 0x0f, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]),
            Err(BinrpcError::TooLong)
        );
    }
}
