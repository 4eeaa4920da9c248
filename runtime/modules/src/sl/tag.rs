//! To-tags of stateless replies: the same for every message of one attempt, so that a retransmission gets the same
//! answer and the ACK to it can be told apart from others without remembering anything.

use std::sync::atomic::{AtomicU64, Ordering};

use kamjit_sip::{Message, branch::md5_hex};
use rand::Rng;

/// How long an ACK to one of our replies may take, in ticks of 1/16 s (RFC 3261: 64*T1, the real server's 4 s
/// would let late ACKs through to the script).
const ACK_PATIENCE: u64 = 32 * 16;

/// Makes and recognises tags.
pub(crate) struct Tags {
    prefix: Vec<u8>,
    key: u32,
    last_reply: AtomicU64,
}

impl Tags {
    /// With a prefix of this process.
    pub(crate) fn new() -> Tags {
        let mut random = [0u8; 16];
        rand::rng().fill(&mut random);
        let mut prefix = md5_hex(&[b"sl", &random]).to_vec();
        prefix.push(b'.');
        Tags { prefix, key: rand::rng().random(), last_reply: AtomicU64::new(0) }
    }

    /// The tag for a message.
    pub(crate) fn make<'m>(&self, msg: &Message<'m>) -> &'m [u8] {
        let tag = msg.arena().alloc_slice_fill_copy(self.prefix.len() + 8, 0u8);
        let (head, tail) = tag.split_at_mut(self.prefix.len());
        head.copy_from_slice(&self.prefix);
        let mut rest = self.suffix(msg);
        for digit in tail.iter_mut().rev() {
            *digit = b"0123456789abcdef"[(rest & 15) as usize];
            rest >>= 4;
        }
        tag
    }

    /// Notes that a reply that an ACK will follow was sent now.
    pub(crate) fn sent(&self, ticks: u64) {
        self.last_reply.store(ticks + 1, Ordering::Relaxed);
    }

    /// Whether an ACK answers one of our replies.
    pub(crate) fn is_ours(&self, msg: &Message<'_>, ticks: u64) -> bool {
        let last = self.last_reply.load(Ordering::Relaxed);
        last != 0
            && ticks < last + ACK_PATIENCE
            && msg.to().tag.is_some_and(|tag| tag.starts_with(&self.prefix) && tag == self.make(msg))
    }

    fn suffix(&self, msg: &Message<'_>) -> u32 {
        // The ACK to a negative reply has the branch of its INVITE (RFC 3261 section 17.1.1.3).
        let branch = msg.via(0).and_then(|via| via.branch).unwrap_or_default();
        let bytes = msg.call_id().iter().chain(branch);
        bytes.fold(self.key, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193).rotate_left(5))
    }
}
