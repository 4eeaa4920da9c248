//! The module `ipops`: IP addresses as text, and questions to name servers. A question suspends the script only.

mod address;
mod hostname;
mod kinds;
mod query;
mod results;
mod subnet;
mod vars;

use kamjit_engine::{
    Module, Run,
    catalog::{
        ArgKind::{self, IntVar, StrVar, VarOut},
        Form, Routes,
    },
    module::{FunctionDef, RunFn},
};

const ONE: &[Form] = &[Form { args: &[StrVar], routes: Routes::ANY }];
const TWO: &[Form] = &[Form { args: &[StrVar, StrVar], routes: Routes::ANY }];
const TEXT_AND_TARGET: &[Form] = &[Form { args: &[StrVar, VarOut], routes: Routes::ANY }];
const NUMBER: &[ArgKind] = &[IntVar];

const fn plain(name: &'static str, forms: &'static [Form], run: RunFn) -> FunctionDef {
    FunctionDef { name, forms, run: Run::plain(run) }
}

/// The export table.
pub static MODULE: Module = Module {
    name: "ipops",
    functions: &[
        plain("compare_ips", TWO, address::compare),
        plain("compare_pure_ips", TWO, address::compare_pure),
        plain("detailed_ip_type", TEXT_AND_TARGET, kinds::any),
        plain("detailed_ipv4_type", TEXT_AND_TARGET, kinds::v4),
        plain("detailed_ipv6_type", TEXT_AND_TARGET, kinds::v6),
        plain("dns_int_match_ip", TWO, query::matches),
        plain("dns_query", TWO, query::addresses),
        plain("dns_set_local_ttl", &[Form { args: NUMBER, routes: Routes::ANY }], query::set_ttl),
        plain("dns_sys_match_ip", TWO, query::matches),
        plain("ip_type", ONE, address::kind),
        plain("is_in_subnet", TWO, subnet::is_in),
        plain("is_ip", ONE, address::is_ip),
        plain("is_ip_rfc1918", ONE, kinds::is_private),
        plain("is_ipv4", ONE, address::is_v4),
        plain("is_ipv6", ONE, address::is_v6),
        plain("is_ipv6_reference", ONE, address::is_reference),
        plain("is_pure_ip", ONE, address::is_pure),
        plain("naptr_query", TWO, query::naptr),
        plain("srv_query", TWO, query::srv),
    ],
    pvs: vars::PVS,
    ..Module::EMPTY
};
