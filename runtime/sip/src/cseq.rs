//! CSeq.

use crate::method::Method;
use crate::text::{is_blank, is_space, parse_u32, trim};

/// `4711 INVITE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CSeq<'m> {
    /// The number; 0 when it is not a number of 32 bits (which the real server lets pass).
    pub number: u32,
    /// The number as written.
    pub number_raw: &'m [u8],
    /// The method.
    pub method: Method,
    /// Its name as written.
    pub method_raw: &'m [u8],
}

impl<'m> CSeq<'m> {
    /// Parses a trimmed value.
    pub fn parse(value: &'m [u8]) -> Option<CSeq<'m>> {
        let end = value.iter().position(|b| is_blank(*b))?;
        let (number_raw, method_raw) = (&value[..end], trim(&value[end..]));
        if method_raw.is_empty() || number_raw.iter().chain(method_raw).any(|b| is_space(*b)) {
            return None;
        }
        let number = parse_u32(number_raw).unwrap_or(0);
        Some(CSeq { number, number_raw, method: Method::from_name(method_raw), method_raw })
    }
}
