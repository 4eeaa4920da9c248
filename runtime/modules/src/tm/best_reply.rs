//! Which of several negative replies goes upstream.
//!
//! Captured with all pairs of 51 codes: 6xx before 3xx before 4xx before 5xx; within 4xx first 401, 407, 415, 420 and
//! 484; otherwise the lower code; of equal codes the first branch.

use super::transaction::{Inner, Uac};

/// A rank: lower is better.
fn rank(uac: &Uac, faked_priority: i64) -> i64 {
    let code = i64::from(uac.status);
    let rank = match code {
        600.. => code - 600,
        300..400 => 1000 + code - 300,
        401 | 407 | 415 | 420 | 484 => 2000 + code - 400,
        400..500 => 3000 + code - 400,
        500..600 => 4000 + code - 500,
        _ => 30_000 + code,
    };
    if uac.faked { rank + faked_priority } else { rank }
}

/// The branch whose reply is best among those that take part.
pub(super) fn choose(inner: &Inner, faked_priority: i64) -> Option<usize> {
    let mut best: Option<(i64, usize)> = None;
    for (n, uac) in inner.uacs.iter().enumerate().skip(inner.first) {
        if !(300..1000).contains(&uac.status) {
            continue;
        }
        let rank = rank(uac, faked_priority);
        if best.is_none_or(|(r, _)| rank < r) {
            best = Some((rank, n));
        }
    }
    best.map(|(_, n)| n)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(codes: &[u16]) -> u16 {
        let uacs = codes.iter().map(|&status| Uac { status, ..Uac::default() }).collect();
        let inner = Inner { uacs, ..Inner::default() };
        choose(&inner, 0).map_or(0, |n| inner.uacs[n].status)
    }

    #[test]
    fn classes_and_special_codes() {
        assert_eq!(best(&[486, 404]), 404);
        assert_eq!(best(&[503, 486]), 486);
        assert_eq!(best(&[404, 603, 302]), 603);
        assert_eq!(best(&[486, 302]), 302);
        assert_eq!(best(&[400, 407]), 407);
        assert_eq!(best(&[480, 408]), 408);
        assert_eq!(best(&[501, 503]), 501);
        assert_eq!(best(&[180, 200]), 0);
    }
}
