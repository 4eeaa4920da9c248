//! Nonces: the time of their making and of their end, a number if their uses are counted, and a hash of these with a secret,
//! so that nobody else can make one. With `auth_checks_*` a second hash ties them to parts of the message.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use kamjit_engine::{Ctx, init::Init};
use kamjit_sip::Method;
use rand::RngCore;
use sha2::{Digest, Sha256};

use super::replay::{Ring, Use};

/// Bytes of each hash in a nonce.
const HASH: usize = 16;

/// Parts of a message that a nonce may be tied to (README.auth, `auth_checks_in_dlg`).
mod ties {
    pub(super) const URI: i64 = 1;
    pub(super) const CALL_ID: i64 = 2;
    pub(super) const FROM_TAG: i64 = 4;
    pub(super) const SOURCE: i64 = 8;
}

/// What a nonce that came back is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judgement {
    /// It is ours and may be used.
    Good,
    /// It is none of ours.
    Foreign,
    /// Its time is over, its count did not rise, or it belongs to another message.
    Stale,
    /// It may be used once only, and was.
    Reused,
    /// The count is no number.
    BadCount,
}

/// Makes and judges nonces.
pub(super) struct Nonces {
    secret: [u8; 32],
    lifetime: u32,
    drift: u32,
    counts: Option<Ring>,
    once: Option<Ring>,
    /// `auth_checks_register`, `auth_checks_no_dlg`, `auth_checks_in_dlg`.
    checks: [i64; 3],
}

impl Nonces {
    pub(super) fn new(init: &Init<'_>) -> Nonces {
        let mut secret = [0; 32];
        match init.str("secret") {
            Some(text) => secret.copy_from_slice(&Sha256::digest(text)),
            None => rand::rng().fill_bytes(&mut secret),
        }
        let small = |name: &str| u32::try_from(init.int(name)).unwrap_or(0);
        let ring = |on: &str, size: &str, order: &str| {
            let size = match (init.int(order), init.int(size)) {
                (order @ 1..=26, _) => 1 << order,
                (_, size) if size > 0 => size as u64,
                _ => 1 << 20,
            };
            (init.int(on) != 0).then(|| Ring::new(size))
        };
        Nonces {
            secret,
            lifetime: small("nonce_expire"),
            drift: small("nonce_auth_max_drift"),
            counts: ring("nonce_count", "nc_array_size", "nc_array_order"),
            once: ring("one_time_nonce", "otn_in_flight_no", "otn_in_flight_order"),
            checks: ["auth_checks_register", "auth_checks_no_dlg", "auth_checks_in_dlg"]
                .map(|name| init.int(name)),
        }
    }

    /// A new nonce for the message at hand.
    pub(super) fn make(&self, ctx: &Ctx<'_>) -> String {
        let now = now();
        let numbers = [self.counts.as_ref(), self.once.as_ref()].map(|ring| ring.map_or(0, Ring::enter));
        let mut raw = Vec::with_capacity(56);
        raw.extend_from_slice(&now.to_be_bytes());
        raw.extend_from_slice(&now.wrapping_add(self.lifetime).to_be_bytes());
        for (number, _) in numbers.iter().zip([&self.counts, &self.once]).filter(|(_, ring)| ring.is_some()) {
            raw.extend_from_slice(&number.to_be_bytes());
        }
        let own = self.hash(&[&raw]);
        let tied = self.tied(ctx, &own);
        raw.extend_from_slice(&own);
        if let Some(tied) = tied {
            raw.extend_from_slice(&tied);
        }
        STANDARD.encode(raw)
    }

    /// Judges a nonce and, where uses count, uses it. `nc` is the client's count, empty without `qop`.
    pub(super) fn judge(&self, ctx: &Ctx<'_>, nonce: &[u8], nc: &[u8]) -> Judgement {
        let Ok(raw) = STANDARD.decode(nonce) else { return Judgement::Foreign };
        let numbers = usize::from(self.counts.is_some()) + usize::from(self.once.is_some());
        let head_len = 8 + 4 * numbers;
        let (Some(head), Some(own)) = (raw.get(..head_len), raw.get(head_len..head_len + HASH)) else {
            return Judgement::Foreign;
        };
        let word =
            |at: usize| head.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0, u32::from_be_bytes);
        let (since, until, now) = (word(0), word(4), now());
        let rest = raw.get(head_len + HASH..).unwrap_or_default();
        let tied = self.tied(ctx, own.try_into().unwrap_or(&[0; HASH]));
        // Captured: a nonce that was made for another kind of request is stale, as is one whose time is over or in the
        // future, whoever made it.
        let other_kind = rest.len() != tied.map_or(0, |_| HASH) && matches!(rest.len(), 0 | HASH);
        if other_kind || now > until || since > now.saturating_add(self.drift) {
            return Judgement::Stale;
        }
        if !same(own, &self.hash(&[head])) {
            return Judgement::Foreign;
        }
        if let (Some(ring), false) = (&self.counts, nc.is_empty()) {
            let Some(count) = parse_count(nc) else { return Judgement::BadCount };
            return match ring.try_use(word(8), count) {
                Use::Fresh => Judgement::Good,
                Use::Again | Use::Forgotten => Judgement::Stale,
            };
        }
        if let Some(ring) = &self.once {
            let number = word(head_len - 4);
            match ring.try_use(number, 1) {
                Use::Fresh => {}
                Use::Again => return Judgement::Reused,
                Use::Forgotten => return Judgement::Stale,
            }
        }
        match tied {
            Some(tied) if !same(&tied, rest) => Judgement::Stale,
            _ => Judgement::Good,
        }
    }

    /// True if a nonce may be used only once, so that a client needs the next one.
    pub(super) fn once(&self) -> bool {
        self.once.is_some()
    }

    fn hash(&self, parts: &[&[u8]]) -> [u8; HASH] {
        let mut digest = Sha256::new();
        digest.update(self.secret);
        for part in parts {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        digest.update(self.secret);
        let mut out = [0; HASH];
        out.copy_from_slice(&digest.finalize()[..HASH]);
        out
    }

    /// The hash over the parts of the message that its kind asks for.
    fn tied(&self, ctx: &Ctx<'_>, own: &[u8; HASH]) -> Option<[u8; HASH]> {
        let [register, outside, inside] = self.checks;
        let checks = match ctx.msg.method() {
            Method::REGISTER => register,
            _ if ctx.msg.to().tag.is_some() => inside,
            _ => outside,
        };
        if checks == 0 {
            return None;
        }
        let mut parts: Vec<&[u8]> = vec![own];
        let source = ctx.rcv.src.ip().to_string();
        let tag = ctx.msg.from().ok().and_then(|from| from.tag).unwrap_or_default();
        for (tie, part) in [
            (ties::URI, ctx.msg.request_uri().unwrap_or_default()),
            (ties::CALL_ID, ctx.msg.call_id()),
            (ties::FROM_TAG, tag),
            (ties::SOURCE, source.as_bytes()),
        ] {
            if checks & tie != 0 {
                parts.push(part);
            }
        }
        Some(self.hash(&parts))
    }
}

/// Equal, in a time that does not depend on where they differ.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && std::iter::zip(a, b).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

/// `nc`: eight hex digits, no fewer (captured).
fn parse_count(nc: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(nc).ok().filter(|text| text.len() == 8)?;
    u32::from_str_radix(text, 16).ok()
}

fn now() -> u32 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |time| time.as_secs() as u32)
}
