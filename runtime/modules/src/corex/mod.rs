//! The module `corex`.

mod commands;
mod dns;
mod functions;
mod lsock;
mod transfer;
mod variables;

use std::sync::Arc;

use kamjit_catalog::{ConfigValue, HostError, Param, ParamDefault};
use kamjit_engine::{
    Module,
    core::sending::SocketSpec,
    init::Init,
    module::FunctionDef,
    program::Program,
    state::StateKey,
    table::{join, total},
};

const FUNCTIONS: &[&[FunctionDef]] = &[functions::FUNCTIONS, transfer::FUNCTIONS];
static ALL_FUNCTIONS: [FunctionDef; total(FUNCTIONS)] = join(FUNCTIONS);

/// The export table.
pub static MODULE: Module = Module {
    name: "corex",
    functions: &ALL_FUNCTIONS,
    params: &[
        Param { name: "alias_subdomains", default: ParamDefault::Many },
        Param { name: "dns_cache", default: ParamDefault::Many },
        Param { name: "dns_file", default: ParamDefault::NoStr },
        Param { name: "evcb_reply_out", default: ParamDefault::NoStr },
        Param { name: "nio_intercept", default: ParamDefault::Int(0) },
        Param { name: "nio_min_msg_len", default: ParamDefault::Int(0) },
        Param { name: "nio_msg_avp", default: ParamDefault::NoStr },
    ],
    pvs: variables::PVS,
    transformations: variables::TRANSFORMATIONS,
    rpc: commands::COMMANDS,
    init,
    start: Some(|engine| {
        if let Some(state) = STATE.find(&engine.program()) {
            state.records.iter().for_each(|record| record.add_to(&engine.dns));
        }
        Ok(())
    }),
    ..Module::EMPTY
};

/// What the parameters say.
struct State {
    /// `alias_subdomains`: domains that are ours with all below them.
    domains: Vec<SocketSpec>,
    records: Vec<dns::Record>,
}

static STATE: StateKey<State> = StateKey::new();

fn init(init: &mut Init<'_>) -> Result<(), HostError> {
    for name in ["nio_intercept", "evcb_reply_out", "dns_file"] {
        let given = if name == "nio_intercept" { init.int(name) != 0 } else { init.is_set(name) };
        if given {
            return Err(HostError::new(format!("corex: the parameter {name} is not supported yet")));
        }
    }
    let mut domains = Vec::new();
    for value in init.all("alias_subdomains") {
        let ConfigValue::Str(text) = value else { continue };
        let spec = SocketSpec::parse(text).ok_or_else(|| {
            HostError::new(format!("corex: '{}' is no [proto:]domain[:port]", text.escape_ascii()))
        })?;
        domains.push(spec);
    }
    if !domains.is_empty() {
        init.hooks.is_myself.push(is_subdomain);
    }
    let mut records = Vec::new();
    for value in init.all("dns_cache") {
        if let ConfigValue::Str(text) = value {
            records.push(dns::Record::parse(text)?);
        }
    }
    init.set_state(&STATE, Arc::new(State { domains, records }));
    Ok(())
}

/// Whether a host is one of the domains or lies below one.
fn is_subdomain(program: &Program, host: &[u8], port: u16) -> bool {
    STATE.find(program).is_some_and(|state| {
        state.domains.iter().any(|domain| {
            let same_port = port == 0 || domain.port.is_none_or(|p| p == port);
            same_port && lies_in(host, &domain.host)
        })
    })
}

fn lies_in(host: &[u8], domain: &[u8]) -> bool {
    match host.len().checked_sub(domain.len()) {
        Some(at) => host[at..].eq_ignore_ascii_case(domain) && (at == 0 || host.get(at - 1) == Some(&b'.')),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::lies_in;

    #[test]
    fn a_subdomain_ends_at_a_dot() {
        assert!(lies_in(b"Example.org", b"example.org"));
        assert!(lies_in(b"a.b.example.org", b"example.org"));
        assert!(!lies_in(b"badexample.org", b"example.org"));
        assert!(!lies_in(b"org", b"example.org"));
    }
}
