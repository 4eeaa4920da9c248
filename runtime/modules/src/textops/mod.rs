//! The module `textops`: headers, body and text of a message.

mod body;
mod compare;
mod header;
pub mod header_name;
mod method;
mod transform;

use kamjit_engine::{
    Module, Run,
    catalog::{
        ArgKind::{Custom, StrVar},
        Form, Routes,
    },
    module::FunctionDef,
};

const ANY: Routes = Routes::ANY;
/// Request, failure and branch routes.
const RFB: Routes = Routes::REQUEST.or(Routes::FAILURE).or(Routes::BRANCH);

/// The export table.
pub static MODULE: Module = Module {
    name: "textops",
    functions: FUNCTIONS,
    transformations: transform::TRANSFORMATIONS,
    ..Module::EMPTY
};

const fn function(name: &'static str, forms: &'static [Form], run: Run) -> FunctionDef {
    FunctionDef { name, forms, run }
}

static FUNCTIONS: &[FunctionDef] = &[
    function(
        "append_hf",
        &[Form { args: &[StrVar], routes: ANY }, Form { args: &[StrVar, Custom], routes: ANY }],
        Run::prepared(header_name::second, header::append),
    ),
    function(
        "append_to_reply",
        &[Form { args: &[StrVar], routes: RFB }],
        Run::plain(header::append_to_reply),
    ),
    function("cmp_istr", &[Form { args: &[StrVar, StrVar], routes: ANY }], Run::plain(compare::cmp_istr)),
    function("cmp_str", &[Form { args: &[StrVar, StrVar], routes: ANY }], Run::plain(compare::cmp_str)),
    function("ends_with", &[Form { args: &[StrVar, StrVar], routes: ANY }], Run::plain(compare::ends_with)),
    function(
        "has_body",
        &[Form { args: &[], routes: ANY }, Form { args: &[Custom], routes: ANY }],
        Run::prepared(body::prepare_has_body, body::has_body),
    ),
    function(
        "insert_hf",
        &[Form { args: &[StrVar], routes: ANY }, Form { args: &[StrVar, Custom], routes: ANY }],
        Run::prepared(header_name::second, header::insert),
    ),
    function(
        "is_method",
        &[Form { args: &[Custom], routes: ANY }],
        Run::prepared(method::prepare, method::run),
    ),
    function(
        "is_present_hf",
        &[Form { args: &[Custom], routes: ANY }],
        Run::prepared(header_name::first, header::is_present),
    ),
    function("is_present_hf_pv", &[Form { args: &[StrVar], routes: ANY }], Run::plain(header::is_present_pv)),
    function(
        "remove_hf",
        &[Form { args: &[Custom], routes: ANY }],
        Run::prepared(header_name::first, header::remove),
    ),
    function("remove_hf_pv", &[Form { args: &[StrVar], routes: ANY }], Run::plain(header::remove_pv)),
    function(
        "starts_with",
        &[Form { args: &[StrVar, StrVar], routes: ANY }],
        Run::plain(compare::starts_with),
    ),
    function("str_find", &[Form { args: &[StrVar, StrVar], routes: ANY }], Run::plain(compare::str_find)),
    function("str_ifind", &[Form { args: &[StrVar, StrVar], routes: ANY }], Run::plain(compare::str_ifind)),
];
