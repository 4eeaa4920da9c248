//! The module `sanity`: refuses requests that are broken, with the reply that says why.

mod checks;

use std::sync::Arc;

use kamjit_engine::{
    Arg, Ctx, Module, Ret, Run,
    catalog::{ArgKind, Form, HostError, Param, ParamDefault, Routes},
    init::Init,
    module::FunctionDef,
    state::StateKey,
};
use kamjit_sip::edit::ReplyPart;

/// What the module was told.
struct State {
    default_checks: i64,
    uri_checks: i64,
    proxy_require: Vec<Vec<u8>>,
    autodrop: bool,
    noreply: bool,
}

static STATE: StateKey<State> = StateKey::new();

const ROUTES: Routes = Routes::REQUEST.or(Routes::ONREPLY);

/// The export table.
pub static MODULE: Module = Module {
    name: "sanity",
    needs: &["sl"],
    functions: &[
        FunctionDef {
            name: "sanity_check",
            forms: &[
                Form { args: &[], routes: ROUTES },
                Form { args: &[ArgKind::IntVar], routes: ROUTES },
                Form { args: &[ArgKind::IntVar, ArgKind::IntVar], routes: ROUTES },
            ],
            run: Run::plain(check),
        },
        FunctionDef {
            name: "sanity_reply",
            forms: &[Form { args: &[], routes: ROUTES }],
            run: Run::plain(reply),
        },
    ],
    params: &[
        Param { name: "default_checks", default: ParamDefault::Int(3047) },
        Param { name: "uri_checks", default: ParamDefault::Int(7) },
        Param { name: "proxy_require", default: ParamDefault::Str("") },
        Param { name: "autodrop", default: ParamDefault::Int(1) },
        Param { name: "noreply", default: ParamDefault::Int(0) },
    ],
    init,
    ..Module::EMPTY
};

fn init(init: &mut Init<'_>) -> Result<(), HostError> {
    let state = State {
        default_checks: init.int("default_checks"),
        uri_checks: init.int("uri_checks"),
        proxy_require: checks::tokens(init.str("proxy_require").unwrap_or_default())
            .map(<[u8]>::to_vec)
            .collect(),
        autodrop: init.int("autodrop") != 0,
        noreply: init.int("noreply") != 0,
    };
    init.set_state(&STATE, Arc::new(state));
    Ok(())
}

/// What `sanity_reply()` sends, if `noreply` kept the check from sending it.
struct Found {
    code: i64,
    reason: &'static str,
}

fn check<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(state) = STATE.get(ctx) else { return Ret::FALSE };
    let which = args.first().map_or(state.default_checks, |arg| arg.int(ctx));
    let uris = args.get(1).map_or(state.uri_checks, |arg| arg.int(ctx));
    // Captured: bits that do not exist, or none at all, make the call fail.
    if !(1..1 << 15).contains(&which) {
        return Ret::FALSE;
    }
    let Err(broken) = checks::run(ctx.msg, which, uris, &state.proxy_require) else { return Ret::TRUE };
    if let Some(extension) = broken.unsupported {
        let mut line = bumpalo::collections::Vec::new_in(ctx.arena);
        line.extend_from_slice(b"Unsupported: ");
        line.extend_from_slice(extension);
        line.extend_from_slice(b"\r\n");
        ctx.edits.add_to_replies(ReplyPart::Header, &line);
    }
    if state.noreply {
        ctx.ext.set(Found { code: broken.code, reason: broken.reason });
    } else if !broken.silent {
        crate::sl::stateful_or_stateless(ctx, broken.code, broken.reason.as_bytes());
    }
    if state.autodrop { Ret::EXIT } else { Ret::FALSE }
}

fn reply<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    match ctx.ext.take::<Found>() {
        Some(found) => crate::sl::stateful_or_stateless(ctx, found.code, found.reason.as_bytes()).into(),
        None => Ret::FALSE,
    }
}
