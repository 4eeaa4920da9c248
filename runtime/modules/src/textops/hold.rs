//! `is_audio_on_hold()`.

use kamjit_engine::{Arg, Ctx, Ret};
use kamjit_sip::text::eq_nocase;

use super::body::mime_of;

/// Held by the address 0.0.0.0 (RFC 2543).
const BY_ADDRESS: Ret = Ret(1);
/// Held by an attribute (RFC 3264).
const BY_ATTRIBUTE: Ret = Ret(2);

/// Whether an audio stream of the SDP is on hold. SDP within a multipart body counts too.
pub(super) fn run<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    let Some(content_type) = ctx.msg.content_type() else { return Ret::FALSE };
    let mime = mime_of(content_type);
    let is_sdp = eq_nocase(mime, b"application/sdp");
    if !is_sdp && !mime.get(..10).is_some_and(|head| eq_nocase(head, b"multipart/")) {
        return Ret::FALSE;
    }
    let mut session = Media { audio: false, null_address: false, held: false };
    let mut media: Option<Media> = None;
    for line in ctx.msg.body().split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if let Some(kind) = line.strip_prefix(b"m=") {
            if let Some(ret) = media.and_then(|media| media.hold()) {
                return ret;
            }
            media = Some(Media { audio: kind.starts_with(b"audio"), ..session });
        } else {
            media.as_mut().unwrap_or(&mut session).take(line);
        }
    }
    media.and_then(|media| media.hold()).unwrap_or(Ret::FALSE)
}

#[derive(Clone, Copy)]
struct Media {
    audio: bool,
    null_address: bool,
    held: bool,
}

impl Media {
    fn take(&mut self, line: &[u8]) {
        match line {
            b"a=sendonly" | b"a=inactive" => self.held = true,
            b"a=sendrecv" | b"a=recvonly" => self.held = false,
            line if line.starts_with(b"c=") => self.null_address = line.ends_with(b" 0.0.0.0"),
            _ => {}
        }
    }

    fn hold(self) -> Option<Ret> {
        match (self.audio, self.null_address, self.held) {
            (true, true, _) => Some(BY_ADDRESS),
            (true, false, true) => Some(BY_ATTRIBUTE),
            _ => None,
        }
    }
}
