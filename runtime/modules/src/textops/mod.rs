//! The module `textops`: headers, body and text of a message.

mod body;
mod compare;
mod date;
mod header;
pub mod header_name;
mod hold;
mod list;
mod method;
mod multipart;
mod privacy;
mod remove;
mod search;
mod subst;
mod transform;

use kamjit_engine::{
    Module, Run,
    catalog::{
        ArgKind::{Custom, IntVar, Regex, Str, StrVar, Subst, VarOut},
        Form, Routes,
    },
    module::{FunctionDef, PrepareFn, RunFn},
};

/// Request, failure and branch routes.
const RFB: Routes = Routes::REQUEST.or(Routes::FAILURE).or(Routes::BRANCH);
/// And reply routes.
const RFOB: Routes = RFB.or(Routes::ONREPLY);

/// The export table.
pub static MODULE: Module = Module {
    name: "textops",
    functions: FUNCTIONS,
    transformations: transform::TRANSFORMATIONS,
    ..Module::EMPTY
};

const NONE: &[Form] = &[Form { args: &[], routes: Routes::ANY }];
const REGEX: &[Form] = &[Form { args: &[Regex], routes: Routes::ANY }];
const REGEX_TEXT: &[Form] = &[Form { args: &[Regex, Str], routes: Routes::ANY }];
const TEXT: &[Form] = &[Form { args: &[StrVar], routes: Routes::ANY }];
const TWO_TEXTS: &[Form] = &[Form { args: &[StrVar, StrVar], routes: Routes::ANY }];
const THREE_TEXTS: &[Form] = &[Form { args: &[StrVar, StrVar, StrVar], routes: Routes::ANY }];
const NAME: &[Form] = &[Form { args: &[Custom], routes: Routes::ANY }];
const TEXT_NAME: &[Form] = &[TEXT[0], Form { args: &[StrVar, Custom], routes: Routes::ANY }];
const NONE_OR_NAME: &[Form] = &[NONE[0], NAME[0]];
const LIST: &[Form] = &[Form { args: &[StrVar, StrVar, Custom], routes: Routes::ANY }];
const SUBST: &[Form] = &[Form { args: &[Subst], routes: Routes::ANY }];
const SUBST_URI: &[Form] = &[Form { args: &[Subst], routes: RFOB }];

const fn plain(name: &'static str, forms: &'static [Form], run: RunFn) -> FunctionDef {
    FunctionDef { name, forms, run: Run::plain(run) }
}

const fn prepared(name: &'static str, forms: &'static [Form], prepare: PrepareFn, run: RunFn) -> FunctionDef {
    FunctionDef { name, forms, run: Run::prepared(prepare, run) }
}

const READ_PART: &[Form] = &[Form { args: &[StrVar, VarOut], routes: RFOB }];
const ADD_PART: &[Form] =
    &[Form { args: &[StrVar, StrVar], routes: RFB }, Form { args: &[StrVar, StrVar, StrVar], routes: RFB }];
const SET_PARTS: &[Form] =
    &[Form { args: &[], routes: RFB }, Form { args: &[StrVar], routes: RFB }, ADD_PART[0], ADD_PART[1]];

static FUNCTIONS: &[FunctionDef] = &[
    plain("append_body_part", ADD_PART, multipart::append),
    plain("append_body_part_hex", ADD_PART, multipart::append_hex),
    prepared("filter_body", NAME, multipart::prepare_type, multipart::filter),
    plain("get_body_part", READ_PART, multipart::get),
    plain("get_body_part_raw", READ_PART, multipart::get_raw),
    plain("remove_body_part", &[Form { args: &[StrVar], routes: RFB }], multipart::remove),
    plain("set_body_multipart", SET_PARTS, multipart::set),
    prepared("append_hf", TEXT_NAME, header_name::second, header::append),
    plain("append_time", &[Form { args: &[], routes: RFB }], date::to_reply),
    plain("append_time_to_request", NONE, date::to_message),
    plain("append_to_reply", &[Form { args: &[StrVar], routes: RFB }], header::append_to_reply),
    plain("append_urihf", &[Form { args: &[Str, Str], routes: RFB }], header::append_urihf),
    plain("cmp_istr", TWO_TEXTS, compare::cmp_istr),
    plain("cmp_str", TWO_TEXTS, compare::cmp_str),
    plain("ends_with", TWO_TEXTS, compare::ends_with),
    prepared("has_body", NONE_OR_NAME, body::prepare_has_body, body::has_body),
    prepared("in_list", LIST, list::prepare, list::in_list),
    prepared("in_list_prefix", LIST, list::prepare, list::in_list_prefix),
    prepared("insert_hf", TEXT_NAME, header_name::second, header::insert),
    plain("is_audio_on_hold", NONE, hold::run),
    prepared("is_method", NAME, method::prepare, method::run),
    prepared("is_present_hf", NAME, header_name::first, header::is_present),
    plain("is_present_hf_pv", TEXT, header::is_present_pv),
    plain("is_present_hf_re", REGEX, remove::is_present),
    prepared("is_present_hf_re_pv", TEXT, search::first_pattern, remove::is_present),
    prepared("is_privacy", NAME, privacy::prepare, privacy::run),
    prepared(
        "regex_substring",
        &[Form { args: &[StrVar, StrVar, IntVar, IntVar, VarOut], routes: RFOB }],
        search::second_pattern,
        list::regex_substring,
    ),
    prepared("remove_hf", NAME, header_name::first, header::remove),
    plain("remove_hf_exp", &[Form { args: &[Regex, Regex], routes: Routes::ANY }], remove::by_patterns),
    prepared("remove_hf_exp_pv", TWO_TEXTS, search::both_patterns, remove::by_patterns),
    plain("remove_hf_idx", &[Form { args: &[StrVar, IntVar], routes: Routes::ANY }], remove::by_index),
    plain("remove_hf_match", THREE_TEXTS, remove::by_value),
    plain("remove_hf_pv", TEXT, header::remove_pv),
    plain("remove_hf_re", REGEX, remove::by_pattern),
    prepared("remove_hf_re_pv", TEXT, search::first_pattern, remove::by_pattern),
    plain("replace", REGEX_TEXT, search::replace),
    plain("replace_all", REGEX_TEXT, search::replace_all),
    plain("replace_body", REGEX_TEXT, search::replace_body),
    plain("replace_body_all", REGEX_TEXT, search::replace_body_all),
    prepared(
        "replace_body_atonce",
        &[Form { args: &[Custom, Str], routes: Routes::ANY }],
        search::whole_pattern,
        search::replace_body_all,
    ),
    plain("replace_body_str", THREE_TEXTS, search::replace_body_str),
    plain("replace_hdrs", REGEX_TEXT, search::replace_hdrs),
    plain("replace_hdrs_str", THREE_TEXTS, search::replace_hdrs_str),
    plain("replace_str", THREE_TEXTS, search::replace_str),
    plain("search", REGEX, search::search),
    plain("search_append", REGEX_TEXT, search::search_append),
    plain("search_append_body", REGEX_TEXT, search::search_append_body),
    plain("search_body", REGEX, search::search_body),
    prepared(
        "search_hf",
        &[Form { args: &[Custom, Regex, Custom], routes: Routes::ANY }],
        search::header_and_flags,
        search::search_hf,
    ),
    prepared("search_str", TWO_TEXTS, search::second_pattern, search::search_str),
    plain("set_body", &[Form { args: &[StrVar, StrVar], routes: RFOB }], body::set_body),
    plain("set_reply_body", &[Form { args: &[StrVar, StrVar], routes: RFB }], body::set_reply_body),
    plain("starts_with", TWO_TEXTS, compare::starts_with),
    plain("str_all_in", TWO_TEXTS, compare::str_all_in),
    plain("str_any_in", TWO_TEXTS, compare::str_any_in),
    plain("str_find", TWO_TEXTS, compare::str_find),
    plain("str_ifind", TWO_TEXTS, compare::str_ifind),
    plain("subst", SUBST, subst::subst),
    plain("subst_body", SUBST, subst::subst_body),
    prepared(
        "subst_hf",
        &[Form { args: &[Custom, Subst, Custom], routes: Routes::ANY }],
        search::header_and_flags,
        subst::subst_hf,
    ),
    plain("subst_uri", SUBST_URI, subst::subst_uri),
    plain("subst_user", SUBST_URI, subst::subst_user),
];
