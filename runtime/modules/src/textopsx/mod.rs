//! The module `textopsx`: more of headers, body and first line.

mod apply;
mod body;
mod fnmatch;
mod iterator;
mod keep;
mod status;
mod values;

use kamjit_engine::{
    Module, Run,
    catalog::{
        ArgKind::{Custom, IntVar, Regex, Str, StrVar},
        Form, Routes,
    },
    module::{FunctionDef, PrepareFn, RunFn},
};

const ANY: Routes = Routes::ANY;
/// Request and reply routes.
const REQUEST_REPLY: Routes = Routes::REQUEST.or(Routes::ONREPLY);

/// The export table.
pub static MODULE: Module =
    Module { name: "textopsx", functions: FUNCTIONS, pvs: iterator::PVS, ..Module::EMPTY };

const fn plain(name: &'static str, forms: &'static [Form], run: RunFn) -> FunctionDef {
    FunctionDef { name, forms, run: Run::plain(run) }
}

/// Request, failure, branch and reply routes.
const ROUTES: Routes = REQUEST_REPLY.or(Routes::FAILURE).or(Routes::BRANCH);
const TEXT: &[Form] = &[Form { args: &[StrVar], routes: ANY }];
const TWO_TEXTS: &[Form] = &[Form { args: &[StrVar, StrVar], routes: ANY }];
const TARGET_TEXT: &[Form] = &[Form { args: &[Custom, StrVar], routes: ROUTES }];

const fn value(name: &'static str, forms: &'static [Form], run: RunFn) -> FunctionDef {
    const DIGEST: PrepareFn = values::target;
    FunctionDef { name, forms, run: Run::prepared(DIGEST, run) }
}

static FUNCTIONS: &[FunctionDef] = &[
    plain(
        "change_reply_status",
        &[Form { args: &[IntVar, StrVar], routes: Routes::ONREPLY }],
        status::change,
    ),
    plain(
        "change_reply_status_code",
        &[Form { args: &[IntVar], routes: Routes::ONREPLY }],
        status::change_code,
    ),
    plain(
        "fnmatch",
        &[Form { args: &[StrVar, StrVar], routes: ANY }, Form { args: &[StrVar, StrVar, Str], routes: ANY }],
        fnmatch::run,
    ),
    plain("keep_hf", &[Form { args: &[Regex], routes: ANY }], keep::run),
    plain("msg_apply_changes", &[Form { args: &[], routes: REQUEST_REPLY }], apply::apply_changes),
    plain("msg_set_buffer", &[Form { args: &[StrVar], routes: REQUEST_REPLY }], apply::set_buffer),
    plain("remove_body", &[Form { args: &[], routes: ANY }], body::remove),
    plain("bl_iterator_append", TWO_TEXTS, iterator::bl_append),
    plain("bl_iterator_end", TEXT, iterator::bl_end),
    plain("bl_iterator_insert", TWO_TEXTS, iterator::bl_insert),
    plain("bl_iterator_next", TEXT, iterator::bl_next),
    plain("bl_iterator_rm", TEXT, iterator::bl_rm),
    plain("bl_iterator_start", TEXT, iterator::bl_start),
    plain("hf_iterator_append", TWO_TEXTS, iterator::hf_append),
    plain("hf_iterator_end", TEXT, iterator::hf_end),
    plain("hf_iterator_insert", TWO_TEXTS, iterator::hf_insert),
    plain("hf_iterator_next", TEXT, iterator::hf_next),
    plain("hf_iterator_prev", TEXT, iterator::hf_prev),
    plain("hf_iterator_rm", TEXT, iterator::hf_rm),
    plain("hf_iterator_start", TEXT, iterator::hf_start),
    value("append_hf_value", TARGET_TEXT, values::append),
    value("assign_hf_value", TARGET_TEXT, values::assign),
    value("exclude_hf_value", TARGET_TEXT, values::exclude),
    value("hf_value_exists", TARGET_TEXT, values::exists),
    value("include_hf_value", TARGET_TEXT, values::include),
    value("insert_hf_value", TARGET_TEXT, values::insert),
    value("remove_hf_value", &[Form { args: &[Custom], routes: ROUTES }], values::remove),
];
