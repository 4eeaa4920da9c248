//! The statistics group `tmx` (README.tmx section 6).

use kamjit_engine::init::Init;

use crate::tm::{STATS, read_stat};

pub(super) fn register(init: &Init<'_>) {
    let class = |n: usize| move || STATS.classes.get(n).map_or(0, read_stat);
    let stats = init.stats;
    stats.computed("tmx", "UAS_transactions", || read_stat(&STATS.created) - read_stat(&STATS.created_local));
    stats.computed("tmx", "UAC_transactions", || read_stat(&STATS.created_local));
    stats.computed("tmx", "2xx_transactions", class(0));
    stats.computed("tmx", "3xx_transactions", class(1));
    stats.computed("tmx", "4xx_transactions", class(2));
    stats.computed("tmx", "5xx_transactions", class(3));
    stats.computed("tmx", "6xx_transactions", class(4));
    stats.computed("tmx", "inuse_transactions", || read_stat(&STATS.created) - read_stat(&STATS.freed));
    stats.computed("tmx", "active_transactions", || {
        read_stat(&STATS.created) - read_stat(&STATS.freed) - read_stat(&STATS.waiting)
    });
    stats.computed("tmx", "rpl_received", || read_stat(&STATS.replies_received));
    stats.computed("tmx", "rpl_absorbed", || {
        let relayed = read_stat(&STATS.replies_sent) - read_stat(&STATS.replies_generated);
        read_stat(&STATS.replies_received) - relayed
    });
    stats.computed("tmx", "rpl_generated", || read_stat(&STATS.replies_generated));
    stats.computed("tmx", "rpl_relayed", || {
        read_stat(&STATS.replies_sent) - read_stat(&STATS.replies_generated)
    });
    stats.computed("tmx", "rpl_sent", || read_stat(&STATS.replies_sent));
}
