//! CSeq.

use crate::bytes::{class, run_until};
use crate::method::Method;
use crate::text::{is_blank, parse_u32, trim_end};

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
        let end = run_until(value, class::SPACE);
        let (number_raw, rest) = value.split_at(end);
        let method = trim_end(rest.get(run_of_blanks(rest)..)?);
        if method.is_empty() || run_until(method, class::SPACE) != method.len() {
            return None;
        }
        let method_raw = method;
        let number = parse_u32(number_raw).unwrap_or(0);
        Some(CSeq { number, number_raw, method: Method::from_name(method_raw), method_raw })
    }
}

/// Blanks only: a fold between number and method is refused (captured).
fn run_of_blanks(s: &[u8]) -> usize {
    s.iter().position(|b| !is_blank(*b)).unwrap_or(s.len())
}
