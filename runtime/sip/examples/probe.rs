//! Reads messages (length as 4 bytes, big endian, then the bytes) and prints what the parser makes of each on one
//! line, hex-coded: for comparison with what the real server logs for the same messages.

use std::io::{Read, Write};

use bumpalo::Bump;
use kamjit_sip::{Message, Uri};

fn hex(v: Option<&[u8]>) -> String {
    v.map_or(String::new(), |v| v.iter().map(|b| format!("{b:02x}")).collect())
}

fn some(v: &[u8]) -> Option<&[u8]> {
    Some(v)
}

fn non_empty(v: &[u8]) -> Option<&[u8]> {
    (!v.is_empty()).then_some(v)
}

/// The port as `$rp` shows it: as written, also when nothing is written behind the colon.
fn port(uri: Uri<'_>) -> String {
    let host_end = kamjit_sip::text::offset_in(uri.raw, uri.host).map_or(0, |at| at + uri.host.len());
    match (uri.port_raw, uri.raw.get(host_end)) {
        (b"", Some(b':')) => String::new(),
        (b"", _) => uri.port_or_default().to_string(),
        (port, _) => String::from_utf8_lossy(port).into(),
    }
}

/// What the parser makes of a message: `D` when it is dropped.
pub(crate) fn line(msg: &[u8]) -> String {
    let arena = Bump::new();
    let msg = arena.alloc_slice_copy(msg);
    let Ok(m) = Message::parse(&arena, msg) else { return "D".into() };
    let mut f: Vec<(&str, String)> = Vec::new();
    f.push(("rm", hex(some(m.method_raw()))));
    let uri = m.request_uri().map(Uri::parse);
    let uri = uri.and_then(Result::ok);
    f.push(("ru", hex(m.request_uri().filter(|_| uri.is_some()))));
    f.push(("rU", hex(uri.and_then(|u| non_empty(u.user)))));
    f.push(("rd", hex(uri.map(|u| u.host))));
    f.push(("rp", uri.map_or("<null>".into(), port)));
    let from = m.from().ok();
    let furi = from.and_then(|a| Uri::parse(a.uri).ok());
    f.push(("fu", hex(from.map(|a| a.uri))));
    f.push(("fU", hex(furi.and_then(|u| non_empty(u.user)))));
    f.push(("fd", hex(furi.map(|u| u.host))));
    f.push(("ft", hex(from.and_then(|a| a.tag).and_then(non_empty))));
    f.push(("fn", hex(from.map(|a| a.display).and_then(non_empty))));
    let to = m.to();
    let turi = Uri::parse(to.uri).ok();
    f.push(("tu", hex(some(to.uri))));
    f.push(("tU", hex(turi.and_then(|u| non_empty(u.user)))));
    f.push(("td", hex(turi.map(|u| u.host))));
    f.push(("tt", hex(to.tag.and_then(non_empty))));
    f.push(("tn", hex(non_empty(to.display))));
    f.push(("ci", hex(some(m.call_id()))));
    f.push(("cs", hex(some(m.cseq().number_raw))));
    f.push(("xa", hex(m.headers_named(b"X-A").next().map(|h| h.value).filter(|_| !m.is_broken()))));
    f.push(("b", hex(non_empty(m.body()))));
    let fields: Vec<String> = f.into_iter().map(|(k, v)| format!("{k}={v}")).collect();
    fields.join(" ")
}

fn main() {
    let mut input = Vec::new();
    std::io::stdin().read_to_end(&mut input).expect("stdin");
    let mut out = std::io::stdout().lock();
    let mut rest = input.as_slice();
    while let Some((len, tail)) = rest.split_first_chunk::<4>() {
        let len = u32::from_be_bytes(*len) as usize;
        let Some(msg) = tail.get(..len) else { break };
        writeln!(out, "{}", line(msg)).expect("stdout");
        rest = &tail[len..];
    }
}
