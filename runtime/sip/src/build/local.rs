//! CANCEL and ACK for a request that was sent, made from its bytes.
//!
//! Captured: the headers that go along keep the order and the spelling that they have in the INVITE; there is no
//! User-Agent, and Content-Length only if the INVITE has one.

use crate::first_line::FirstLine;
use crate::header::{Header, HeaderKind};
use crate::message::Message;
use crate::sink::Sink;
use crate::text::eq_nocase;

fn put_header(out: &mut impl Sink, msg: &Message<'_>, h: &Header<'_>) {
    out.put(msg.buf().get(h.offset as usize..h.end()).unwrap_or(&[]));
}

/// What goes into a request that is made from `sent`.
struct Local<'a, 'm> {
    sent: &'a Message<'m>,
    method: &'a [u8],
    /// The message whose To is taken.
    to: &'a Message<'m>,
    /// Names of further headers that go along (`ac_extra_hdrs`): prefixes, any case.
    keep: &'a [&'a [u8]],
    /// More header lines for the end.
    extra: &'a [u8],
}

impl Local<'_, '_> {
    fn write(&self, out: &mut impl Sink) {
        out.room(self.sent.headers_end() + self.extra.len() + 64);
        out.put(self.method);
        out.put(b" ");
        if let FirstLine::Request(line) = self.sent.first_line() {
            out.put(line.uri);
        }
        out.put(b" SIP/2.0\r\n");
        for h in self.sent.headers() {
            self.put_one(out, h);
        }
        out.put(self.extra);
        out.put(b"\r\n");
    }

    fn put_one(&self, out: &mut impl Sink, h: &Header<'_>) {
        match h.kind {
            HeaderKind::Via => {
                let top = self.sent.header(HeaderKind::Via).is_some_and(|top| top.offset == h.offset);
                if let Some(via) = self.sent.via(0).filter(|_| top) {
                    out.put(b"Via: ");
                    out.put(via.raw);
                    out.put(b"\r\n");
                }
            }
            HeaderKind::CSeq => {
                out.put(b"CSeq: ");
                out.put(self.sent.cseq().number_raw);
                out.put(b" ");
                out.put(self.method);
                out.put(b"\r\n");
            }
            HeaderKind::To => {
                if let Some(to) = self.to.header(HeaderKind::To) {
                    put_header(out, self.to, to);
                }
            }
            HeaderKind::ContentLength => out.put(b"Content-Length: 0\r\n"),
            HeaderKind::From | HeaderKind::CallId | HeaderKind::Route | HeaderKind::MaxForwards => {
                put_header(out, self.sent, h);
            }
            _ if self.is_kept(h) => put_header(out, self.sent, h),
            _ => {}
        }
    }

    fn is_kept(&self, h: &Header<'_>) -> bool {
        self.keep
            .iter()
            .any(|prefix| h.name_raw.get(..prefix.len()).is_some_and(|name| eq_nocase(name, prefix)))
    }
}

/// The CANCEL for the request `sent` (as it went out). `keep`: prefixes of further headers that go along;
/// `extra`: more header lines (Reason) with their line ends.
pub fn local_cancel(sent: &Message<'_>, keep: &[&[u8]], extra: &[u8], out: &mut impl Sink) {
    Local { sent, method: b"CANCEL", to: sent, keep, extra }.write(out);
}

/// The ACK for a negative final reply to the INVITE `sent`: To comes from the reply.
pub fn local_ack<'m>(sent: &Message<'m>, reply: &Message<'m>, keep: &[&[u8]], out: &mut impl Sink) {
    Local { sent, method: b"ACK", to: reply, keep, extra: b"" }.write(out);
}
