//! The module `textopsx`: more of headers, body and first line.

mod apply;
mod body;
mod fnmatch;
mod keep;
mod status;

use kamjit_engine::{
    Module, Run,
    catalog::{
        ArgKind::{IntVar, Regex, Str, StrVar},
        Form, Routes,
    },
    module::{FunctionDef, RunFn},
};

const ANY: Routes = Routes::ANY;
/// Request and reply routes.
const REQUEST_REPLY: Routes = Routes::REQUEST.or(Routes::ONREPLY);

/// The export table.
pub static MODULE: Module = Module {
    name: "textopsx",
    functions: &[
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
            &[
                Form { args: &[StrVar, StrVar], routes: ANY },
                Form { args: &[StrVar, StrVar, Str], routes: ANY },
            ],
            fnmatch::run,
        ),
        plain("keep_hf", &[Form { args: &[], routes: ANY }, Form { args: &[Regex], routes: ANY }], keep::run),
        plain("msg_apply_changes", &[Form { args: &[], routes: REQUEST_REPLY }], apply::apply_changes),
        plain("msg_set_buffer", &[Form { args: &[StrVar], routes: REQUEST_REPLY }], apply::set_buffer),
        plain("remove_body", &[Form { args: &[], routes: ANY }], body::remove),
    ],
    ..Module::EMPTY
};

const fn plain(name: &'static str, forms: &'static [Form], run: RunFn) -> FunctionDef {
    FunctionDef { name, forms, run: Run::plain(run) }
}
