//! The module `siputils`: tests and small changes that belong to no other module. What each function returns was
//! captured.

mod charging;
mod contact;
mod options;
mod rpid;
mod tel;
mod tests_of_message;
mod tests_of_text;
mod uri_param;

use std::sync::Arc;

use kamjit_engine::{
    Module, Run,
    catalog::{
        ArgKind::{self, Custom, IntVar, Str, StrVar, Var, VarOut},
        Form, HostError, InnerName, Param, ParamDefault, Routes,
    },
    cfg::CfgInt,
    init::Init,
    module::{FunctionDef, RunFn},
    pv::{Pv, named},
    state::StateKey,
};

/// What the module was told.
pub(super) struct State {
    /// Header lines of the answer to OPTIONS.
    options_headers: Vec<u8>,
    separator: u8,
    rpid: Option<Pv>,
    rpid_prefix: Vec<u8>,
    rpid_suffix: Vec<u8>,
    /// Longest number of E.164, with its plus.
    e164_max_len: usize,
    /// For the cfg framework; no function reads it.
    _ring_timeout: CfgInt,
}

pub(super) static STATE: StateKey<State> = StateKey::new();

const ANY: Routes = Routes::ANY;
const REQUEST: Routes = Routes::REQUEST;
const RFB: Routes = Routes::REQUEST.or(Routes::FAILURE).or(Routes::BRANCH);
const RO: Routes = Routes::REQUEST.or(Routes::ONREPLY);
const RL: Routes = Routes::REQUEST.or(Routes::LOCAL);

const fn plain(name: &'static str, forms: &'static [Form], run: RunFn) -> FunctionDef {
    FunctionDef { name, forms, run: Run::plain(run) }
}

const fn form(args: &'static [ArgKind], routes: Routes) -> Form {
    Form { args, routes }
}

/// The export table.
pub static MODULE: Module = Module {
    name: "siputils",
    needs: &["sl"],
    functions: &[
        plain("has_totag", &[form(&[], ANY)], tests_of_message::has_totag),
        plain("is_first_hop", &[form(&[], ANY), form(&[IntVar], ANY)], tests_of_message::is_first_hop),
        plain("is_reply", &[form(&[], ANY)], tests_of_message::is_reply),
        plain("is_request", &[form(&[], ANY)], tests_of_message::is_request),
        plain("is_sip", &[form(&[], ANY)], tests_of_message::is_sip),
        plain("is_http", &[form(&[], ANY)], tests_of_message::is_http),
        plain("hdr_date_check", &[form(&[IntVar], ANY)], tests_of_message::date_check),
        FunctionDef {
            name: "is_supported",
            forms: &[form(&[Custom], ANY)],
            run: Run::prepared(tests_of_message::prepare_option, tests_of_message::is_supported),
        },
        plain("is_numeric", &[form(&[StrVar], ANY)], tests_of_text::is_numeric),
        plain("is_alphanum", &[form(&[StrVar], ANY)], tests_of_text::is_alphanum),
        plain("is_alphanumex", &[form(&[StrVar, StrVar], ANY)], tests_of_text::is_alphanum),
        plain("is_tel_number", &[form(&[StrVar], ANY)], tests_of_text::is_tel_number),
        plain("is_uri", &[form(&[StrVar], ANY)], tests_of_text::is_uri),
        plain(
            "is_e164",
            &[form(&[Var], Routes::REQUEST.or(Routes::FAILURE).or(Routes::LOCAL))],
            tests_of_text::is_e164,
        ),
        plain("is_uri_user_e164", &[form(&[Var], ANY)], tests_of_text::is_uri_user_e164),
        plain("cmp_uri", &[form(&[StrVar, StrVar], ANY)], tests_of_text::cmp_uri),
        plain("cmp_aor", &[form(&[StrVar, StrVar], ANY)], tests_of_text::cmp_aor),
        plain("cmp_hdr_name", &[form(&[StrVar, StrVar], ANY)], tests_of_text::cmp_hdr_name),
        plain("is_gruu", &[form(&[], ANY), form(&[StrVar], ANY)], uri_param::is_gruu),
        plain("uri_param", &[form(&[StrVar], RFB), form(&[StrVar, StrVar], RFB)], uri_param::uri_param),
        plain("uri_param_any", &[form(&[StrVar], RFB)], uri_param::uri_param_any),
        plain("uri_param_rm", &[form(&[StrVar], RFB)], uri_param::uri_param_rm),
        plain("add_uri_param", &[form(&[Str], REQUEST)], uri_param::add_uri_param),
        plain("get_uri_param", &[form(&[Str, VarOut], RL)], uri_param::get_uri_param),
        plain("set_uri_user", &[form(&[VarOut, Var], ANY)], uri_param::set_uri_user),
        plain("set_uri_host", &[form(&[VarOut, Var], ANY)], uri_param::set_uri_host),
        plain("tel2sip", &[form(&[StrVar, StrVar, VarOut], RFB.or(Routes::ONREPLY))], tel::tel2sip),
        plain("encode_contact", &[form(&[Str, Str], RO)], contact::encode),
        plain("decode_contact", &[form(&[], REQUEST)], contact::decode_ruri),
        plain("decode_contact_header", &[form(&[], RO.or(Routes::FAILURE))], contact::decode),
        plain("contact_param_encode", &[form(&[StrVar, StrVar], RO)], contact::param_encode),
        plain("contact_param_decode", &[form(&[StrVar], RO)], contact::param_decode),
        plain("contact_param_decode_ruri", &[form(&[StrVar], REQUEST)], contact::param_decode_ruri),
        plain("contact_param_rm", &[form(&[StrVar], RO)], contact::param_remove),
        plain("contact_param_check", &[form(&[StrVar], ANY)], contact::param_check),
        plain("options_reply", &[form(&[], REQUEST)], options::options_reply),
        plain("append_rpid_hf", &[form(&[], RFB), form(&[Str, Str], RFB)], rpid::append),
        plain("is_rpid_user_e164", &[form(&[], REQUEST)], rpid::is_e164),
        plain("sip_p_charging_vector", &[form(&[StrVar], ANY)], charging::charging_vector),
    ],
    params: &[
        Param { name: "options_accept", default: ParamDefault::Str("*/*") },
        Param { name: "options_accept_encoding", default: ParamDefault::Str("") },
        Param { name: "options_accept_language", default: ParamDefault::Str("en") },
        Param { name: "options_support", default: ParamDefault::Str("") },
        Param { name: "contact_flds_separator", default: ParamDefault::Str("*") },
        Param { name: "rpid_avp", default: ParamDefault::Str("$avp(s:rpid)") },
        Param { name: "rpid_prefix", default: ParamDefault::Str("") },
        Param {
            name: "rpid_suffix",
            default: ParamDefault::Str(";party=calling;id-type=subscriber;screen=yes"),
        },
        Param { name: "e164_max_len", default: ParamDefault::Int(16) },
    ],
    pvs: &[named("pcv", InnerName::Static, charging::variable, Some(charging::parse))],
    init,
    ..Module::EMPTY
};

fn init(init: &mut Init<'_>) -> Result<(), HostError> {
    let mut options_headers = Vec::new();
    for (name, param) in [
        ("Accept", "options_accept"),
        ("Accept-Encoding", "options_accept_encoding"),
        ("Accept-Language", "options_accept_language"),
        ("Supported", "options_support"),
    ] {
        options_headers.extend_from_slice(name.as_bytes());
        options_headers.extend_from_slice(b": ");
        options_headers.extend_from_slice(init.str(param).unwrap_or_default());
        options_headers.extend_from_slice(b"\r\n");
    }
    let state = State {
        options_headers,
        separator: init.str("contact_flds_separator").and_then(|s| s.first().copied()).unwrap_or(b'*'),
        rpid: init.pv("rpid_avp")?,
        rpid_prefix: init.str("rpid_prefix").unwrap_or_default().to_vec(),
        rpid_suffix: init.str("rpid_suffix").unwrap_or_default().to_vec(),
        e164_max_len: usize::try_from(init.int("e164_max_len")).unwrap_or(16),
        _ring_timeout: init.cfg.int(
            "siputils",
            "ring_timeout",
            0,
            None,
            "Value for the script; nothing here uses it.",
        ),
    };
    init.set_state(&STATE, Arc::new(state));
    Ok(())
}
