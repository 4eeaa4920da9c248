//! Removing contacts whose time is over.

use std::{sync::Arc, time::Duration};

use kamjit_engine::{Engine, catalog::HostError};

use super::{Change, Contact, Event, STATE, Usrloc, now};

/// Starts the thread that looks for expired contacts; so no worker is held up by a large table.
pub(super) fn start(engine: &Arc<Engine>) -> Result<(), HostError> {
    let Some(usrloc) = engine.program().shared_state(&STATE) else { return Ok(()) };
    let engine = Arc::clone(engine);
    std::thread::Builder::new()
        .name("usrloc-timer".to_owned())
        .spawn(move || {
            loop {
                std::thread::sleep(Duration::from_secs(usrloc.timer_interval));
                sweep(&usrloc, &engine);
            }
        })
        .map(drop)
        .map_err(|e| HostError::new(format!("usrloc cannot start its timer: {e}")))
}

fn sweep(usrloc: &Usrloc, engine: &Engine) {
    let now = now();
    let lost = |contact: &Contact| {
        usrloc.handle_lost_tcp && contact.conn().is_some_and(|conn| engine.tcp.get(conn).is_none())
    };
    let wanted = usrloc.is_hooked() || usrloc.close_expired_tcp;
    for domain in usrloc.domains() {
        for (aor, contact) in domain.sweep(wanted, |c| !c.is_valid(now) || lost(c)) {
            if usrloc.close_expired_tcp
                && let Some(conn) = contact.conn().and_then(|id| engine.tcp.get(id))
            {
                conn.close();
            }
            usrloc.tell(&Change { event: Event::Expired, domain: &domain, aor: &aor, contact: &contact });
        }
    }
}
