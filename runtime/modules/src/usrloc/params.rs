//! The parameters: what memory-only tables need is honoured, what needs a database is refused with a reason.

use std::sync::Arc;

use kamjit_engine::{
    catalog::{
        HostError, Param,
        ParamDefault::{Int, Many, NoStr, Str},
    },
    init::Init,
};

use super::{
    Usrloc,
    contact::Agents,
    domain::Keeping,
    record::{Matching, Rules},
    ruid::Ruids,
};

pub(super) static PARAMS: &[Param] = &[
    Param { name: "callid_column", default: Str("callid") },
    Param { name: "cflags_column", default: Str("cflags") },
    Param { name: "close_expired_tcp", default: Int(0) },
    Param { name: "connection_id_column", default: Str("connection_id") },
    Param { name: "contact_column", default: Str("contact") },
    Param { name: "cseq_column", default: Str("cseq") },
    Param { name: "cseq_delay", default: Int(20) },
    Param { name: "db_check_update", default: Int(0) },
    Param { name: "db_clean_tcp", default: Int(0) },
    Param { name: "db_insert_null", default: Int(0) },
    Param { name: "db_insert_update", default: Int(0) },
    Param { name: "db_load", default: Int(1) },
    Param { name: "db_mode", default: Int(0) },
    Param { name: "db_ops_ruid", default: Int(1) },
    Param { name: "db_raw_fetch_type", default: Int(0) },
    Param { name: "db_timer_clean", default: Int(0) },
    Param { name: "db_update_as_insert", default: Int(0) },
    Param { name: "db_url", default: Str("mysql://kamailio:kamailiorw@localhost/kamailio") },
    Param { name: "desc_time_order", default: Int(0) },
    Param { name: "domain_column", default: Str("domain") },
    Param { name: "expires_column", default: Str("expires") },
    Param { name: "expires_type", default: Int(0) },
    Param { name: "fetch_rows", default: Int(2000) },
    Param { name: "flags_column", default: Str("flags") },
    Param { name: "handle_lost_tcp", default: Int(0) },
    Param { name: "hash_size", default: Int(10) },
    Param { name: "instance_column", default: Str("instance") },
    Param { name: "ka_domain", default: Str("kamailio.org") },
    Param { name: "ka_filter", default: Int(0) },
    Param { name: "ka_from", default: Str("sip:server@kamailio.org") },
    Param { name: "ka_interval", default: Int(40) },
    Param { name: "ka_loglevel", default: Int(255) },
    Param { name: "ka_logmsg", default: Str(" to-uri: [$tu] remote-addr: [$sas]") },
    Param { name: "ka_method", default: Str("OPTIONS") },
    Param { name: "ka_mode", default: Int(0) },
    Param { name: "ka_randomize", default: Int(20) },
    Param { name: "ka_reply_codes", default: Str("0") },
    Param { name: "ka_timeout", default: Int(0) },
    Param { name: "keepalive_column", default: Str("keepalive") },
    Param { name: "load_rank", default: Int(1) },
    Param { name: "matching_mode", default: Int(0) },
    Param { name: "methods_column", default: Str("methods") },
    Param { name: "nat_bflag", default: Int(-1) },
    Param { name: "partition_column", default: Str("partition") },
    Param { name: "path_column", default: Str("path") },
    Param { name: "preload", default: Many },
    Param { name: "q_column", default: Str("q") },
    Param { name: "received_column", default: Str("received") },
    Param { name: "reg_id_column", default: Str("reg_id") },
    Param { name: "rm_expired_delay", default: Int(0) },
    Param { name: "ruid_column", default: Str("ruid") },
    Param { name: "server_id_column", default: Str("server_id") },
    Param { name: "server_id_filter", default: Int(0) },
    Param { name: "skip_remote_socket", default: Int(0) },
    Param { name: "socket_column", default: Str("socket") },
    Param { name: "timer_interval", default: Int(60) },
    Param { name: "timer_procs", default: Int(0) },
    Param { name: "use_domain", default: Int(0) },
    Param { name: "user_agent_column", default: Str("user_agent") },
    Param { name: "user_column", default: Str("username") },
    Param { name: "version_table", default: Int(1) },
    Param { name: "xavp_contact", default: NoStr },
];

/// The state that the parameters ask for.
pub(super) fn digest(init: &mut Init<'_>) -> Result<Usrloc, HostError> {
    let db_mode = init.int("db_mode");
    if db_mode != 0 {
        return Err(HostError::new(format!(
            "usrloc.db_mode is {db_mode}: contacts are to be kept in a database, which kamjit does not have yet"
        ))
        .help("set db_mode to 0: contacts are kept in memory"));
    }
    for (name, what) in
        [("ka_mode", "keepalives sent by usrloc"), ("xavp_contact", "attributes stored with a contact")]
    {
        if init.is_set(name) && (init.int(name) != 0 || init.str(name).is_some_and(|s| !s.is_empty())) {
            return Err(HostError::new(format!("usrloc.{name}: kamjit does not have {what} yet"))
                .help("remove the parameter"));
        }
    }
    let matching = match init.int("matching_mode") {
        0 => Matching::Contact,
        1 => Matching::ContactAndCallId,
        2 => Matching::ContactAndPath,
        3 => Matching::CallId,
        n => return Err(HostError::new(format!("usrloc.matching_mode is {n}, allowed are 0 to 3"))),
    };
    let nat_bflag = match init.int("nat_bflag") {
        -1 => 0,
        n @ 0..=31 => 1 << n,
        n => return Err(HostError::new(format!("usrloc.nat_bflag is {n}; flags go from 0 to 31"))),
    };
    let hash_size = init.int("hash_size");
    Ok(Usrloc {
        use_domain: init.int("use_domain") != 0,
        nat_bflag,
        keeping: Keeping {
            rules: Rules {
                matching,
                cseq_delay: init.int("cseq_delay"),
                newest_first: init.int("desc_time_order") != 0,
            },
            agents: Agents::default(),
        },
        timer_interval: init.int("timer_interval").clamp(1, 1 << 30) as u64,
        handle_lost_tcp: init.int("handle_lost_tcp") != 0,
        close_expired_tcp: init.int("close_expired_tcp") != 0,
        slots: if hash_size <= 1 { 512 } else { 1 << hash_size.min(30) },
        domains: Arc::default(),
        stats: Arc::clone(init.stats),
        hooks: Default::default(),
        hooked: Default::default(),
        rpc_ids: Ruids::new("ulcx"),
    })
}
