//! CSeq.

use crate::method::Method;
use crate::text::{is_blank, parse_u32, trim};

/// `4711 INVITE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CSeq<'m> {
    /// The number.
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
        let number = parse_u32(number_raw)?;
        if method_raw.is_empty() || !method_raw.iter().all(|b| b.is_ascii_graphic()) {
            return None;
        }
        Some(CSeq { number, number_raw, method: Method::from_name(method_raw), method_raw })
    }
}
