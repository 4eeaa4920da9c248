//! The module `uac`: other identities in From and To, requests made by the script, answers to challenges.
//!
//! Remote registrations (`uac_reg_*`) come from a database and are not there yet.

mod auth;
mod digest;
mod replace;
mod request;
mod restore;
mod store;

use std::sync::Arc;

use kamjit_engine::{
    Module, Run,
    avp::AvpName,
    catalog::{
        ArgKind::{self, IntVar, StrVar},
        ConfigValue, Form, HostError, Param,
        ParamDefault::{Int, Many, NoStr, Str},
        Routes,
    },
    init::Init,
    module::{FunctionDef, RunFn},
    program::RouteIndex,
    pv::Pv,
    state::StateKey,
};

use crate::{rr, tm};

const RB: Routes = Routes::REQUEST.or(Routes::BRANCH);
const RF: Routes = Routes::FAILURE;

const fn plain(name: &'static str, forms: &'static [Form], run: RunFn) -> FunctionDef {
    FunctionDef { name, forms, run: Run::plain(run) }
}

const fn form(args: &'static [ArgKind], routes: Routes) -> Form {
    Form { args, routes }
}

const REPLACE: &[Form] = &[form(&[StrVar], RB), form(&[StrVar, StrVar], RB)];
const RESTORE: &[Form] = &[form(&[], Routes::REQUEST)];

/// The export table.
pub static MODULE: Module = Module {
    name: "uac",
    needs: &["tm"],
    after: &["rr"],
    functions: &[
        plain("uac_auth", &[form(&[], RF), form(&[IntVar], RF)], auth::answer),
        plain("uac_auth_mode", &[form(&[IntVar], RF)], auth::answer),
        plain("uac_replace_from", REPLACE, replace::from),
        plain("uac_replace_to", REPLACE, replace::to),
        plain("uac_req_send", &[form(&[], Routes::ANY)], request::send),
        plain("uac_restore_from", RESTORE, restore::from),
        plain("uac_restore_to", RESTORE, restore::to),
    ],
    params: &[
        Param { name: "auth_password_avp", default: NoStr },
        Param { name: "auth_realm_avp", default: NoStr },
        Param { name: "auth_username_avp", default: NoStr },
        Param { name: "credential", default: Many },
        Param { name: "default_socket", default: NoStr },
        Param { name: "event_callback", default: NoStr },
        Param { name: "reg_active", default: Int(1) },
        Param { name: "reg_contact_addr", default: NoStr },
        Param { name: "reg_db_table", default: Str("uacreg") },
        Param { name: "reg_db_url", default: NoStr },
        Param { name: "reg_gc_interval", default: Int(150) },
        Param { name: "reg_hash_size", default: Int(4) },
        Param { name: "reg_keep_callid", default: Int(0) },
        Param { name: "reg_random_delay", default: Int(0) },
        Param { name: "reg_retry_interval", default: Int(0) },
        Param { name: "reg_timer_interval", default: Int(90) },
        Param { name: "reg_use_domain", default: Int(0) },
        Param { name: "restore_dlg", default: Int(0) },
        Param { name: "restore_from_avp", default: NoStr },
        Param { name: "restore_mode", default: Str("auto") },
        Param { name: "restore_passwd", default: Str("") },
        Param { name: "restore_to_avp", default: NoStr },
        Param { name: "rr_from_store_param", default: Str("vsf") },
        Param { name: "rr_to_store_param", default: Str("vst") },
    ],
    pvs: request::PVS,
    event_routes: &["uac:reply"],
    init,
    ..Module::EMPTY
};

/// What becomes of the first From and To.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RestoreMode {
    /// Nothing is kept.
    None,
    /// Replies get them back; requests in the dialog do if the script asks.
    Manual,
    /// Replies and requests get them back.
    Auto,
}

/// One of the two headers that can be replaced.
struct Side {
    /// Parameter of our Record-Route.
    param: Vec<u8>,
    /// Where the transaction keeps what replies get back; no name that a script can write.
    kept: AvpName,
    /// Where the script wants the URI to be kept, too.
    avp: Option<Pv>,
}

/// A user with its password for a realm.
struct Credential {
    user: Vec<u8>,
    realm: Vec<u8>,
    password: Vec<u8>,
}

/// What the module was told.
struct State {
    mode: RestoreMode,
    password: Vec<u8>,
    from: Side,
    to: Side,
    credentials: Vec<Credential>,
    auth_realm: Option<Pv>,
    auth_user: Option<Pv>,
    auth_password: Option<Pv>,
    default_socket: Option<Vec<u8>>,
    on_reply: Option<RouteIndex>,
}

static STATE: StateKey<State> = StateKey::new();

fn side(init: &mut Init<'_>, param: &str, avp: &str, kept: &[u8]) -> Result<Side, HostError> {
    let param = init.str(param).unwrap_or_default().to_vec();
    if param.is_empty() {
        return Err(HostError::new("uac: the names of the Record-Route parameters must not be empty"));
    }
    Ok(Side { param, kept: AvpName::text(kept), avp: init.pv(avp)? })
}

/// `user:realm:password`.
fn credential(text: &[u8]) -> Result<Credential, HostError> {
    let mut parts = text.splitn(3, |b| *b == b':').map(<[u8]>::to_vec);
    match (parts.next(), parts.next(), parts.next()) {
        (Some(user), Some(realm), Some(password)) => Ok(Credential { user, realm, password }),
        _ => Err(HostError::new(format!(
            "uac.credential '{}' is not user:realm:password",
            text.escape_ascii()
        ))),
    }
}

fn init(init: &mut Init<'_>) -> Result<(), HostError> {
    if init.is_set("event_callback") {
        return Err(HostError::new("event_callback names a function of a script engine, which kamjit lacks"));
    }
    if init.str("reg_db_url").is_some_and(|url| !url.is_empty()) {
        return Err(HostError::new("uac: remote registrations (reg_db_url) are not supported yet"));
    }
    if init.int("restore_dlg") != 0 {
        return Err(HostError::new("uac.restore_dlg needs the module dialog"));
    }
    let mode = match init.str("restore_mode").unwrap_or_default() {
        b"none" => RestoreMode::None,
        b"manual" => RestoreMode::Manual,
        b"auto" => RestoreMode::Auto,
        _ => return Err(HostError::new("uac.restore_mode is none, manual or auto")),
    };
    let mut credentials = Vec::new();
    for value in init.all("credential") {
        if let ConfigValue::Str(text) = value {
            credentials.push(credential(text)?);
        }
    }
    let (auth_realm, auth_user) = (init.pv("auth_realm_avp")?, init.pv("auth_username_avp")?);
    let auth_password = init.pv("auth_password_avp")?;
    let given = [&auth_realm, &auth_user, &auth_password].iter().filter(|pv| pv.is_some()).count();
    if given != 0 && given != 3 {
        return Err(HostError::new(
            "uac: auth_realm_avp, auth_username_avp and auth_password_avp belong together",
        ));
    }
    let state = State {
        mode,
        password: init.str("restore_passwd").unwrap_or_default().to_vec(),
        from: side(init, "rr_from_store_param", "restore_from_avp", b"\0uac:from")?,
        to: side(init, "rr_to_store_param", "restore_to_avp", b"\0uac:to")?,
        credentials,
        auth_realm,
        auth_user,
        auth_password,
        default_socket: init.str("default_socket").filter(|s| !s.is_empty()).map(<[u8]>::to_vec),
        on_reply: init.event_route("uac:reply"),
    };
    if mode != RestoreMode::None {
        let tm = init.state(&tm::STATE).ok_or_else(|| HostError::new("uac needs tm"))?;
        tm.edit_replies(restore::reply);
    }
    if mode == RestoreMode::Auto {
        let rr = init.state(&rr::STATE).ok_or_else(|| {
            HostError::new("uac.restore_mode auto needs the module rr")
                .help("load rr.so, or set modparam(\"uac\", \"restore_mode\", \"none\")")
        })?;
        rr.watch(restore::request);
    }
    init.set_state(&STATE, Arc::new(state));
    Ok(())
}
