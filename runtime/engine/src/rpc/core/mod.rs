//! The commands that need no module: `core.*`, `system.*`, `dns.*`. Replies have the structure of the real server's
//! (captured from kamailio 5.6.3).

mod blocklist;
mod control;
mod dns;
mod echo;
mod info;
mod memory;
mod processes;
mod sockets;
mod system;
mod tcp;
mod time;

pub use memory::{Memory, shared_memory};
pub use processes::rows;
pub use time::ctime;

use super::{RpcFn, RpcRun};
use crate::module::RpcDef;

const fn now(name: &'static str, help: &'static str, run: RpcFn) -> RpcDef {
    RpcDef { name, help, run: RpcRun::Now(run) }
}

/// All of them.
pub static COMMANDS: &[RpcDef] = &[
    now("core.aliases_list", "Lists the names that count as this server.", sockets::aliases),
    now("core.arg", "Returns the command line.", info::arg),
    now("core.echo", "Returns its parameters.", echo::echo),
    now("core.flags", "Returns the features of this build.", info::flags),
    now("core.info", "Returns version and build of the server.", info::info),
    now("core.kill", "Sends a signal to the server, SIGTERM if none is given.", control::kill),
    now("core.modules", "Lists the loaded modules.", info::modules),
    now("core.ppdefines", "Lists the preprocessor's names.", info::defines),
    now("core.ppdefines_full", "Lists the preprocessor's names with their values.", info::defines_full),
    now("core.printi", "Returns its parameters, which must be numbers.", echo::print_ints),
    now("core.prints", "Returns its parameters, which must be strings.", echo::print_strings),
    now("core.ps", "Lists the threads: number and description.", processes::ps),
    now("core.psa", "Lists the threads with all that is known of them.", processes::psa),
    now("core.psx", "Lists the threads: index, number and description.", processes::psx),
    now("core.pwd", "Returns the working directory.", info::pwd),
    now("core.runinfo", "Returns version and times of the running server.", info::runinfo),
    now(
        "core.shmmem",
        "Returns how much memory is used; an optional letter b, k, m, g is the unit.",
        memory::shmmem,
    ),
    now("core.sockets_list", "Lists the sockets that the server listens on.", sockets::list),
    now("core.tcp_info", "Returns numbers about stream connections.", tcp::info),
    now("core.tcp_list", "Lists the stream connections.", tcp::list),
    now("core.tcp_options", "Returns the options of TCP.", tcp::options),
    now("core.udp4_raw_info", "Returns the options of raw UDP sockets.", sockets::udp4_raw_info),
    now("core.uptime", "Returns for how long the server runs.", info::uptime),
    now("core.version", "Returns the version of the server.", info::version),
    now("dns.add_a", "Adds an IPv4 address to the DNS cache: name, ttl, address, flags.", dns::add_a),
    now("dns.add_aaaa", "Adds an IPv6 address to the DNS cache: name, ttl, address, flags.", dns::add_aaaa),
    now("dns.add_srv", "Adds a service: name, ttl, priority, weight, port, target, flags.", dns::add_srv),
    now("dns.debug", "Lists the DNS cache without names of fields.", dns::debug),
    now("dns.debug_all", "Lists the DNS cache without names of fields, record by record.", dns::debug_all),
    now("dns.delete_a", "Removes the IPv4 addresses of a name from the DNS cache.", dns::delete_a),
    now("dns.delete_aaaa", "Removes the IPv6 addresses of a name from the DNS cache.", dns::delete_aaaa),
    now("dns.delete_all", "Empties the DNS cache.", dns::delete_all),
    now("dns.delete_all_force", "Empties the DNS cache.", dns::delete_all),
    now("dns.delete_cname", "Finds nothing: CNAME records are not kept.", dns::delete_none),
    now("dns.delete_ebl", "Finds nothing: EBL records are not kept.", dns::delete_none),
    now("dns.delete_naptr", "Removes the NAPTR records of a name from the DNS cache.", dns::delete_naptr),
    now("dns.delete_ptr", "Finds nothing: PTR records are not kept.", dns::delete_none),
    now("dns.delete_srv", "Removes the SRV records of a name from the DNS cache.", dns::delete_srv),
    now("dns.delete_txt", "Finds nothing: TXT records are not kept.", dns::delete_none),
    RpcDef {
        name: "dns.lookup",
        help: "Looks a name up: type (A, AAAA, SRV, NAPTR) and name.",
        run: RpcRun::Waits(dns::lookup),
    },
    now("dns.mem_info", "Returns used and allowed memory of the DNS cache in bytes.", dns::mem_info),
    now("dns.view", "Lists the DNS cache.", dns::view),
    now("dst_blocklist.add", "Is refused: there is no list of blocked destinations.", blocklist::disabled),
    now("dst_blocklist.debug", "Is refused: there is no list of blocked destinations.", blocklist::disabled),
    now(
        "dst_blocklist.delete_all",
        "Is refused: there is no list of blocked destinations.",
        blocklist::disabled,
    ),
    now(
        "dst_blocklist.mem_info",
        "Is refused: there is no list of blocked destinations.",
        blocklist::disabled,
    ),
    now("dst_blocklist.view", "Is refused: there is no list of blocked destinations.", blocklist::disabled),
    now("system.listMethods", "Lists all commands.", system::list_methods),
    now("system.methodHelp", "Returns what a command does.", system::method_help),
    now("system.methodSignature", "Is not implemented, as in Kamailio.", system::method_signature),
];
