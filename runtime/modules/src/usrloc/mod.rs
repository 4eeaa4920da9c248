//! The module `usrloc`: where the users are. Tables in memory; other modules use them through [`Usrloc`].

pub mod contact;
pub mod domain;
mod expire;
pub mod hash;
mod params;
pub mod record;
mod rpc;
pub mod ruid;

pub use contact::{Contact, ContactInfo};
pub use domain::{Changes, Domain};
pub use record::{Event, Found, Record};
pub(crate) use rpc::socket_named;

use std::{
    sync::{
        Arc, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{SystemTime, UNIX_EPOCH},
};

use kamjit_engine::{
    Module,
    catalog::{HostError, Rpc},
    init::Init,
    rpc::RpcRun,
    state::StateKey,
    stats::Stats,
};

use domain::Keeping;

/// The module's state in a program.
pub static STATE: StateKey<Usrloc> = StateKey::new();

/// The export table.
pub static MODULE: Module = Module {
    name: "usrloc",
    params: params::PARAMS,
    rpc: &[
        Rpc {
            name: "ul.add",
            help: "Adds a contact: table, address, contact, expires, q, path, flags, branch flags, methods.",
            run: RpcRun::Now(rpc::add),
        },
        Rpc {
            name: "ul.db_contacts",
            help: "Counts contacts in the database.",
            run: RpcRun::Now(rpc::database_only),
        },
        Rpc {
            name: "ul.db_expired_contacts",
            help: "Counts expired contacts in the database.",
            run: RpcRun::Now(rpc::database_only),
        },
        Rpc {
            name: "ul.db_users",
            help: "Counts users in the database.",
            run: RpcRun::Now(rpc::database_only),
        },
        Rpc {
            name: "ul.dump",
            help: "Lists all tables ('brief': addresses only).",
            run: RpcRun::Now(rpc::dump),
        },
        Rpc { name: "ul.flush", help: "Writes the tables to the database.", run: RpcRun::Now(rpc::flush) },
        Rpc { name: "ul.lookup", help: "Shows an address of a table.", run: RpcRun::Now(rpc::lookup) },
        Rpc { name: "ul.rm", help: "Removes an address from a table.", run: RpcRun::Now(rpc::remove) },
        Rpc {
            name: "ul.rm_contact",
            help: "Removes one contact of an address.",
            run: RpcRun::Now(rpc::remove_contact),
        },
    ],
    event_routes: &["usrloc:contact-expired"],
    init,
    start: Some(expire::start),
    ..Module::EMPTY
};

/// Something that happened to a contact.
pub struct Change<'a> {
    /// What.
    pub event: Event,
    /// In which table.
    pub domain: &'a Domain,
    /// To which address.
    pub aor: &'a [u8],
    /// The contact after the change, or the removed one.
    pub contact: &'a Contact,
}

/// Somebody who wants to know; called without any lock, by whoever made the change.
pub type Hook = Box<dyn Fn(&Change<'_>) + Send + Sync>;

/// The tables and how they are kept.
pub struct Usrloc {
    /// Addresses are `user@domain`, not only `user`.
    pub use_domain: bool,
    /// The branch flag that marks contacts behind a NAT, as a mask; 0: none.
    pub nat_bflag: u32,
    /// Matching, order and shared names.
    pub keeping: Keeping,
    /// Seconds between two looks for expired contacts.
    timer_interval: u64,
    /// Contacts go with their connections.
    handle_lost_tcp: bool,
    /// Connections go with their contacts.
    close_expired_tcp: bool,
    /// Slots that a real server's table would have; only listings show it.
    slots: u32,
    domains: Arc<RwLock<Vec<Arc<Domain>>>>,
    stats: Arc<Stats>,
    hooks: RwLock<Vec<Hook>>,
    hooked: AtomicBool,
    rpc_ids: ruid::Ruids,
}

impl Usrloc {
    /// A table by name, made if it is new. Call it at start: it takes a lock.
    pub fn domain(&self, name: &str) -> Arc<Domain> {
        let mut domains = self.domains.write().unwrap_or_else(|broken| broken.into_inner());
        if let Some(known) = domains.iter().find(|d| d.name() == name) {
            return Arc::clone(known);
        }
        let fresh = Arc::new(Domain::new(name, &self.stats));
        domains.push(Arc::clone(&fresh));
        fresh
    }

    /// A table by name, if there is one.
    pub fn find_domain(&self, name: &[u8]) -> Option<Arc<Domain>> {
        self.domains().into_iter().find(|d| d.name().as_bytes() == name)
    }

    /// All tables.
    pub fn domains(&self) -> Vec<Arc<Domain>> {
        self.domains.read().unwrap_or_else(|broken| broken.into_inner()).clone()
    }

    /// From now on a hook is told what happens to contacts.
    pub fn on_change(&self, hook: Hook) {
        self.hooks.write().unwrap_or_else(|broken| broken.into_inner()).push(hook);
        self.hooked.store(true, Ordering::Release);
    }

    /// Whether anybody wants to know what happens to contacts.
    pub fn is_hooked(&self) -> bool {
        self.hooked.load(Ordering::Acquire)
    }

    /// Tells the hooks what an edit did. Hold no lock.
    pub fn announce(&self, domain: &Domain, aor: &[u8], changes: &Changes) {
        for (event, contact) in &changes.events {
            self.tell(&Change { event: *event, domain, aor, contact });
        }
    }

    fn tell(&self, change: &Change<'_>) {
        for hook in self.hooks.read().unwrap_or_else(|broken| broken.into_inner()).iter() {
            hook(change);
        }
    }
}

/// Seconds since 1970.
pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs() as i64)
}

fn init(init: &mut Init<'_>) -> Result<(), HostError> {
    let usrloc = Arc::new(params::digest(init)?);
    for value in init.all("preload") {
        if let kamjit_engine::catalog::ConfigValue::Str(name) = value {
            usrloc.domain(&String::from_utf8_lossy(name));
        }
    }
    let domains = Arc::clone(&usrloc.domains);
    init.stats.computed("usrloc", "registered_users", move || {
        domains.read().unwrap_or_else(|broken| broken.into_inner()).iter().map(|d| d.users.get()).sum()
    });
    init.set_state(&STATE, usrloc);
    Ok(())
}
