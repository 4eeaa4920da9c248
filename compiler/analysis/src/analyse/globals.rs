//! How the value of a global parameter may be written. Captured from 5.6.3 for every parameter and some forty ways to write
//! a value; parameters that only 6.x has follow the catalogue.

use kamjit_catalog::{Generation, facts};
use kamjit_syntax::Diagnostic;
use kamjit_syntax::ast::{Expr, ExprKind, Global, UnaryOp};

use super::Analysis;

/// What a parameter takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// A number or one of the words that stand for one, not negative.
    Int,
    /// The same, negative as well.
    Signed,
    /// A number or an identifier.
    IntOrWord,
    /// A number or a string.
    IntOrStr,
    /// A string in quotes.
    Str,
    /// A string or an identifier.
    StrOrWord,
    /// An identifier.
    Word,
    /// A protocol.
    Proto,
    /// An IPv4 address.
    Ipv4,
    /// An IPv6 address.
    Ipv6,
    /// Read by rules of its own.
    Other,
}

impl Form {
    fn of(name: &str) -> Form {
        match name {
            "corelog"
            | "core_log"
            | "debug"
            | "dns_sctp_pref"
            | "dns_sctp_preference"
            | "dns_tcp_pref"
            | "dns_tcp_preference"
            | "dns_tls_pref"
            | "dns_tls_preference"
            | "dns_udp_pref"
            | "dns_udp_preference"
            | "ip_free_bind"
            | "ipfreebind"
            | "ip_nonlocal_bind"
            | "latency_cfg_log"
            | "latency_log"
            | "mem_add_size"
            | "mem_join"
            | "mem_safety"
            | "mem_status_mode"
            | "mem_summary"
            | "memdbg"
            | "mem_dbg"
            | "memlog"
            | "mem_log"
            | "received_route_mode"
            | "sip_parser_log"
            | "sip_parser_log_oneline"
            | "sip_parser_mode"
            | "tcp_connect_timeout"
            | "tcp_connection_lifetime"
            | "tcp_script_mode"
            | "tcp_send_timeout"
            | "tcp_wait_data"
            | "udp4_raw" => Form::Signed,
            "async_tkv_evcb"
            | "async_tkv_gname"
            | "async_workers_group"
            | "event_route_callback"
            | "hdr_name_extra_chars"
            | "ipv6_hex_style"
            | "log_engine_data"
            | "log_engine_type"
            | "log_name"
            | "log_prefix"
            | "server_header"
            | "stats_name_separator"
            | "tls_ca_list"
            | "tls_certificate"
            | "tls_private_key"
            | "uri_host_extra_chars"
            | "user_agent_header"
            | "version_table"
            | "xavp_via_fields"
            | "xavp_via_params"
            | "xavp_via_reply_params" => Form::Str,
            "chroot" | "group" | "gid" | "mcast" | "run_dir" | "rundir" | "tcp_poll_method" | "uid"
            | "user" | "wdir" | "workdir" => Form::StrOrWord,
            "log_facility" => Form::Word,
            "tos" => Form::IntOrWord,
            "tcp_accept_protocols" | "tcp_accept_protos" => Form::IntOrStr,
            "udp_mtu_try_proto" => Form::Proto,
            "tcp_source_ipv4" => Form::Ipv4,
            "tcp_source_ipv6" => Form::Ipv6,
            "advertised_address" | "alias" | "domain" | "listen" | "loadpath" | "mpath" | "cfgengine"
            | "socket" | "tls_method" => Form::Other,
            _ if name.starts_with("kemi.") => Form::Str,
            _ => Form::Int,
        }
    }

    fn takes(self, kind: &ExprKind) -> bool {
        let negative =
            matches!(kind, ExprKind::Int(n) if *n < 0) || matches!(kind, ExprKind::Unary(UnaryOp::Neg, _));
        let int = !negative && matches!(kind, ExprKind::Int(_) | ExprKind::Word(_));
        let word = matches!(kind, ExprKind::Bare(word) if word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
        let text = matches!(kind, ExprKind::Str(_));
        match self {
            Form::Int => int,
            Form::Signed => int || negative,
            Form::IntOrWord => int || word,
            Form::IntOrStr => int || text,
            Form::Str => text,
            Form::StrOrWord => text || word,
            Form::Word => word,
            Form::Proto => matches!(kind, ExprKind::Proto(_)),
            Form::Ipv4 => matches!(kind, ExprKind::Ip(ip) if ip.is_ipv4()),
            Form::Ipv6 => matches!(kind, ExprKind::Ip(ip) if ip.is_ipv6()),
            Form::Other => true,
        }
    }

    fn text(self) -> &'static str {
        match self {
            Form::Int => "a number that is not negative",
            Form::Signed => "a number",
            Form::IntOrWord => "a number or a word",
            Form::IntOrStr => "a number or a string",
            Form::Str => "a string in quotes",
            Form::StrOrWord => "a string",
            Form::Word => "a word without quotes",
            Form::Proto => "a protocol such as UDP",
            Form::Ipv4 => "an IPv4 address without quotes",
            Form::Ipv6 => "an IPv6 address without quotes",
            Form::Other => "another value",
        }
    }
}

impl Analysis<'_> {
    /// Reports a value that the parameter does not take; true if it takes it, or if there is no such parameter.
    pub(super) fn check_global(&mut self, global: &Global) -> bool {
        let name = &*global.name.text;
        let form = Form::of(name);
        let Some(value) = global.values.first().filter(|v| !matches!(v.kind, ExprKind::Error)) else {
            return true;
        };
        if form.takes(&value.kind) || !is_global(name) {
            return true;
        }
        let mut found = Diagnostic::error("KC016", value.span, format!("{name} takes {}", form.text()));
        found.help = hint(form, value);
        self.report(found);
        false
    }
}

/// What to write instead.
fn hint(form: Form, value: &Expr) -> Option<String> {
    match (&value.kind, form) {
        (
            ExprKind::Str(lit),
            Form::Int | Form::Signed | Form::Word | Form::Proto | Form::Ipv4 | Form::Ipv6,
        ) => Some(format!("write {} without quotes", lit.lossy())),
        (ExprKind::Bare(word), Form::Str) => Some(format!("write \"{word}\"")),
        (ExprKind::Int(number), Form::Str | Form::StrOrWord) => Some(format!("write \"{number}\"")),
        _ => None,
    }
}

fn is_global(name: &str) -> bool {
    [Generation::V6, Generation::V5_6].iter().any(|generation| {
        facts::core(*generation)["global_params"].as_array().is_some_and(|all| {
            all.iter().any(|p| {
                p["name"] == name
                    || p["synonyms"]
                        .as_array()
                        .is_some_and(|others| others.iter().any(|other| *other == name))
            })
        })
    })
}
