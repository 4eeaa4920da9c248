//! Which commands answer a list.
//!
//! JSON-RPC writes the result of such a command as an array, also when it holds one value or none; the result of any
//! other stands alone. BINRPC makes no difference.

/// True for a command whose result is a list (facts of Kamailio 5.6 and 6.x: the catalogue).
pub fn answers_list(command: &str) -> bool {
    LISTS.binary_search(&command).is_ok()
}

/// Sorted.
const LISTS: &[&str] = &[
    "autheph.dump_secrets",
    "cfg.list",
    "cnt.grps_list",
    "cnt.list_groups",
    "cnt.list_vars",
    "cnt.var_list",
    "core.arg",
    "core.echo",
    "core.echo_delta",
    "core.modules",
    "core.ppdefines",
    "core.ppdefines_full",
    "core.printi",
    "core.prints",
    "core.ps",
    "core.psa",
    "core.psx",
    "core.pwd",
    "core.tcp_list",
    "corex.list_aliases",
    "corex.list_sockets",
    "dbcl.list_clusters",
    "dbcl.list_connections",
    "dispatcher.oclist",
    "dlg.briefing",
    "dlg.list",
    "dlg.list_ctx",
    "dlg.list_match",
    "dlg.list_match_ctx",
    "dlg.profile_list",
    "dlgs.briefing",
    "dlgs.get",
    "dlgs.getall",
    "dlgs.list",
    "dmq.list_nodes",
    "dns.view",
    "htable.dump",
    "htable.listTables",
    "htable.stats",
    "imc.list_rooms",
    "jsonrpc.echo",
    "mod.mem_stats",
    "mod.mem_statsx",
    "mod.stats",
    "modparam.list",
    "mqueue.get_sizes",
    "mtree.list",
    "mtree.summary",
    "permissions.addressDump",
    "permissions.subnetDump",
    "pkg.stats",
    "pl.get_pipes",
    "pl.list",
    "pl.stats",
    "presence.presentity_list",
    "presence.presentity_show",
    "presence.watcher_list",
    "rtpengine.show",
    "rtpproxy.list",
    "sipp.list",
    "sipp.running",
    "stats.get_statistics",
    "system.listMethods",
    "tls.list",
    "tm.list",
    "tm.t_uac_attrs",
    "tm.t_uac_wait",
    "tm.t_uac_wait_hex",
    "tm.t_uac_wait_noack",
    "tm.t_uac_wait_noack_hex",
    "uac.reg_dump",
    "udp.proxy.dump",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_are_sorted() {
        assert!(LISTS.is_sorted());
        assert!(answers_list("core.psx") && !answers_list("core.version"));
    }
}
