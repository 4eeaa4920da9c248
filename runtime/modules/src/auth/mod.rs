//! The module `auth`: digest challenges and the checks that need no user database (README.auth).
//!
//! | file | what |
//! |---|---|
//! | `nonce` | making nonces and judging those that come back |
//! | `replay` | which nonces were used, and how often (`nonce_count`, `one_time_nonce`) |
//! | `check` | from the header to a verdict; what auth_db and others call |
//! | `challenge` | 401, 407 and their headers |
//! | `functions` | the functions with a password in the script |

mod challenge;
mod check;
mod functions;
mod nonce;
mod replay;

use std::sync::Arc;

use kamjit_engine::{
    Module, Run,
    catalog::{
        ArgKind::{IntVar, StrVar, VarOut},
        Form, HostError, Param, ParamDefault, Routes,
    },
    init::Init,
    module::FunctionDef,
    state::StateKey,
};
use kamjit_sip::digest::Algorithm;

pub use check::{Found, Verdict, header_of, user_matches, verify};

/// What the module knows.
pub struct State {
    nonces: nonce::Nonces,
    /// The hash of all realms.
    pub algorithm: Algorithm,
    /// `algorithm` is written in challenges only if it is set.
    shows_algorithm: bool,
    realm_prefix: Vec<u8>,
    use_domain: bool,
    stateless: bool,
    adds_info: bool,
    www_header: Vec<u8>,
    proxy_header: Vec<u8>,
}

/// The module's state in a program.
pub static STATE: StateKey<State> = StateKey::new();

const CHALLENGE: Routes = Routes::REQUEST.or(Routes::FAILURE).or(Routes::ONREPLY);

const fn form(args: &'static [kamjit_engine::catalog::ArgKind], routes: Routes) -> Form {
    Form { args, routes }
}

const REALM_FLAGS: &[Form] = &[form(&[StrVar, IntVar], CHALLENGE)];
const WITH_PASSWORD: Form = form(&[StrVar, StrVar, IntVar], Routes::REQUEST);
const WITH_METHOD: Form = form(&[StrVar, StrVar, IntVar, StrVar], Routes::REQUEST);

const fn int(name: &'static str, default: i64) -> Param {
    Param { name, default: ParamDefault::Int(default) }
}

const fn text(name: &'static str, default: &'static str) -> Param {
    Param { name, default: ParamDefault::Str(default) }
}

/// The export table.
pub static MODULE: Module = Module {
    name: "auth",
    needs: &["sl"],
    functions: &[
        FunctionDef {
            name: "consume_credentials",
            forms: &[form(&[], Routes::REQUEST)],
            run: Run::plain(functions::consume),
        },
        FunctionDef {
            name: "has_credentials",
            forms: &[form(&[StrVar], Routes::REQUEST)],
            run: Run::plain(functions::has),
        },
        FunctionDef { name: "www_challenge", forms: REALM_FLAGS, run: challenge::run(challenge::www) },
        FunctionDef { name: "proxy_challenge", forms: REALM_FLAGS, run: challenge::run(challenge::proxy) },
        FunctionDef { name: "auth_challenge", forms: REALM_FLAGS, run: challenge::run(challenge::either) },
        FunctionDef {
            name: "auth_get_www_authenticate",
            forms: &[form(&[StrVar, IntVar, VarOut], Routes::REQUEST)],
            run: Run::plain(challenge::get_www),
        },
        FunctionDef {
            name: "pv_www_authenticate",
            forms: &[WITH_PASSWORD, WITH_METHOD],
            run: Run::plain(functions::www),
        },
        FunctionDef { name: "pv_www_authorize", forms: &[WITH_PASSWORD], run: Run::plain(functions::www) },
        FunctionDef {
            name: "pv_proxy_authenticate",
            forms: &[WITH_PASSWORD],
            run: Run::plain(functions::proxy),
        },
        FunctionDef {
            name: "pv_proxy_authorize",
            forms: &[WITH_PASSWORD],
            run: Run::plain(functions::proxy),
        },
        FunctionDef {
            name: "pv_auth_check",
            forms: &[form(&[StrVar, StrVar, IntVar, IntVar], Routes::REQUEST)],
            run: Run::plain(functions::check),
        },
    ],
    params: &[
        int("add_authinfo_hdr", 0),
        text("algorithm", ""),
        int("auth_checks_in_dlg", 0),
        int("auth_checks_no_dlg", 0),
        int("auth_checks_register", 0),
        int("force_stateless_reply", 0),
        int("nc_array_order", 0),
        int("nc_array_size", 0),
        int("nid_pool_no", 0),
        int("nonce_auth_max_drift", 3),
        int("nonce_count", 0),
        int("nonce_expire", 300),
        int("one_time_nonce", 0),
        int("otn_in_flight_no", 0),
        int("otn_in_flight_order", 0),
        text("proxy_challenge_header", "Proxy-Authenticate"),
        text("qop", ""),
        text("realm_prefix", ""),
        Param { name: "secret", default: ParamDefault::NoStr },
        int("use_domain", 0),
        text("www_challenge_header", "WWW-Authenticate"),
    ],
    init,
    ..Module::EMPTY
};

fn init(init: &mut Init<'_>) -> Result<(), HostError> {
    let given = init.str("algorithm").unwrap_or_default();
    let algorithm = match given {
        b"" | b"MD5" => Algorithm::Md5,
        b"SHA-256" => Algorithm::Sha256,
        other => {
            return Err(HostError::new(format!("there is no algorithm '{}'", other.escape_ascii()))
                .help("it is MD5 or SHA-256"));
        }
    };
    let qop = init.str("qop").unwrap_or_default();
    if !matches!(qop, b"" | b"auth" | b"auth-int") {
        return Err(HostError::new(format!("there is no qop '{}'", qop.escape_ascii()))
            .help("it is auth or auth-int"));
    }
    let name = |param: &str| init.str(param).unwrap_or_default().to_vec();
    let state = State {
        nonces: nonce::Nonces::new(init),
        algorithm,
        shows_algorithm: !given.is_empty(),
        realm_prefix: name("realm_prefix"),
        use_domain: init.int("use_domain") != 0,
        stateless: init.int("force_stateless_reply") != 0,
        adds_info: init.int("add_authinfo_hdr") != 0,
        www_header: name("www_challenge_header"),
        proxy_header: name("proxy_challenge_header"),
    };
    init.set_state(&STATE, Arc::new(state));
    Ok(())
}

impl State {
    /// A realm without `realm_prefix`.
    pub fn strip<'a>(&self, realm: &'a [u8]) -> &'a [u8] {
        realm.strip_prefix(&*self.realm_prefix).filter(|rest| !rest.is_empty()).unwrap_or(realm)
    }
}
