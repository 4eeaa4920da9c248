//! The module `siputils`: tests and small changes that belong to no other module.

mod tests_of_message;

use kamjit_engine::{
    Module, Run,
    catalog::{ArgKind, Form, Routes},
    module::FunctionDef,
};

const ANY: Routes = Routes::ANY;

/// The export table.
pub static MODULE: Module = Module {
    name: "siputils",
    functions: &[
        FunctionDef {
            name: "has_totag",
            forms: &[Form { args: &[], routes: ANY }],
            run: Run::plain(tests_of_message::has_totag),
        },
        FunctionDef {
            name: "is_first_hop",
            forms: &[Form { args: &[], routes: ANY }, Form { args: &[ArgKind::IntVar], routes: ANY }],
            run: Run::plain(tests_of_message::is_first_hop),
        },
        FunctionDef {
            name: "is_reply",
            forms: &[Form { args: &[], routes: ANY }],
            run: Run::plain(tests_of_message::is_reply),
        },
        FunctionDef {
            name: "is_request",
            forms: &[Form { args: &[], routes: ANY }],
            run: Run::plain(tests_of_message::is_request),
        },
    ],
    ..Module::EMPTY
};
