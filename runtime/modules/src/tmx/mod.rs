//! The module `tmx`: more functions, variables and statistics of transactions.

mod functions;
mod precheck;
mod statistics;
mod vars;

use kamjit_engine::{
    Module, Ret, Run,
    catalog::{ArgKind, Form, HostError, Param, ParamDefault, Routes},
    init::Init,
    module::{FunctionDef, RunFn},
};

const fn def(name: &'static str, forms: &'static [Form], run: RunFn) -> FunctionDef {
    FunctionDef { name, forms, run: Run::plain(run) }
}

const fn any(args: &'static [ArgKind]) -> Form {
    Form { args, routes: Routes::ANY }
}

const TEXT: ArgKind = ArgKind::StrVar;
const INT: ArgKind = ArgKind::IntVar;

/// The export table.
pub static MODULE: Module = Module {
    name: "tmx",
    needs: &["tm"],
    functions: &[
        def("t_precheck_trans", &[Form { args: &[], routes: Routes::REQUEST }], precheck::check),
        def("t_is_request_route", &[any(&[])], |ctx, _| Ret::from(ctx.routes.meets(Routes::REQUEST))),
        def("t_is_failure_route", &[any(&[])], |ctx, _| Ret::from(ctx.routes.meets(Routes::FAILURE))),
        def("t_is_branch_route", &[any(&[])], |ctx, _| Ret::from(ctx.routes.meets(Routes::BRANCH))),
        def("t_is_reply_route", &[any(&[])], |ctx, _| Ret::from(ctx.routes.meets(Routes::ONREPLY))),
        FunctionDef {
            name: "t_cancel_branches",
            forms: &[Form { args: &[ArgKind::Custom], routes: Routes::ONREPLY }],
            run: Run::prepared(functions::digest_which, functions::cancel_branches),
        },
        def(
            "t_cancel_callid",
            &[any(&[TEXT, TEXT, INT]), any(&[TEXT, TEXT, INT, INT])],
            functions::cancel_callid,
        ),
        def("t_reply_callid", &[any(&[TEXT, TEXT, INT, TEXT])], functions::reply_callid),
        def("t_suspend", &[any(&[])], functions::suspend),
        def("t_continue", &[any(&[INT, INT, TEXT])], functions::resume),
        def(
            "t_reuse_branch",
            &[Form { args: &[], routes: Routes::REQUEST.or(Routes::EVENT).or(Routes::BRANCH_FAILURE) }],
            functions::reuse_branch,
        ),
        def("t_flush_flags", &[any(&[])], functions::flush_flags),
        def("t_flush_xflags", &[any(&[])], functions::flush_flags),
        def("t_drop", &[any(&[]), any(&[INT])], functions::drop_transaction),
    ],
    params: &[Param { name: "precheck_trans", default: ParamDefault::Int(1) }],
    pvs: vars::PVS,
    init,
    ..Module::EMPTY
};

fn init(init: &mut Init<'_>) -> Result<(), HostError> {
    if init.int("precheck_trans") != 0 {
        init.hooks.after_request.push(precheck::done);
    }
    statistics::register(init);
    Ok(())
}
