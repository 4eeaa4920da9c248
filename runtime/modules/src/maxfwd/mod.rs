//! The module `maxfwd`: the hop limit of requests.

use std::sync::Arc;

use kamjit_engine::{
    Arg, Ctx, Module, Ret, Run,
    catalog::{ArgKind, Form, HostError, Param, ParamDefault, Routes},
    cfg::CfgInt,
    init::Init,
    module::FunctionDef,
    state::StateKey,
    value::format_int,
};
use kamjit_sip::{
    HeaderKind,
    text::{parse_u32, trim_end},
};

struct State {
    max_limit: CfgInt,
}

static STATE: StateKey<State> = StateKey::new();

const LIMIT: &[ArgKind] = &[ArgKind::IntVar];
const TEST_ROUTES: Routes = Routes::REQUEST.or(Routes::FAILURE).or(Routes::BRANCH);

const fn change(name: &'static str) -> FunctionDef {
    FunctionDef { name, forms: &[Form { args: LIMIT, routes: Routes::REQUEST }], run: Run::plain(process) }
}

const fn test(name: &'static str, run: kamjit_engine::module::RunFn) -> FunctionDef {
    FunctionDef { name, forms: &[Form { args: LIMIT, routes: TEST_ROUTES }], run: Run::plain(run) }
}

/// The export table.
pub static MODULE: Module = Module {
    name: "maxfwd",
    functions: &[
        change("mf_process_maxfwd_header"),
        change("process_maxfwd"),
        change("maxfwd_process"),
        test("is_maxfwd_lt", is_less),
        test("mf_lowlimit", is_less),
        test("maxfwd_at_least", at_least),
    ],
    params: &[Param { name: "max_limit", default: ParamDefault::Int(70) }],
    init,
    ..Module::EMPTY
};

fn init(init: &mut Init<'_>) -> Result<(), HostError> {
    let max_limit = init.cfg_int("max_limit", Some((0, 255)), "Greatest Max-Forwards that is passed on.");
    init.set_state(&STATE, Arc::new(State { max_limit }));
    Ok(())
}

/// What the message says: nothing, something that is no number, or a number.
fn current(ctx: &Ctx<'_>) -> Option<Option<u32>> {
    Some(parse_u32(trim_end(changed(ctx).unwrap_or(ctx.msg.value(HeaderKind::MaxForwards)?))))
}

/// The value that an earlier call wrote, for a second call on the same message.
fn changed<'m>(ctx: &Ctx<'m>) -> Option<&'m [u8]> {
    ctx.ext.get::<Changed>().map(|c| format_int(ctx.arena, i64::from(c.0)))
}

/// The value after `process` changed it.
struct Changed(u32);

/// Lowers the header by one, adds it if it is missing (captured: 1 lowered, 2 added, -1 was 0, -2 no number).
fn process<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let limit = args.first().map_or(70, |arg| arg.int(ctx)).clamp(0, 255);
    let greatest = STATE.get(ctx).map_or(70, |state| state.max_limit.get());
    match current(ctx) {
        None => {
            let mut line = bumpalo::collections::Vec::new_in(ctx.arena);
            line.extend_from_slice(b"Max-Forwards: ");
            line.extend_from_slice(format_int(ctx.arena, limit));
            line.extend_from_slice(b"\r\n");
            ctx.edits.prepend_header(ctx.msg, &line);
            Ret(2)
        }
        Some(None) => Ret(-2),
        Some(Some(0)) => Ret::FALSE,
        Some(Some(n)) => {
            let lowered = (i64::from(n) - 1).min(greatest);
            if let Some(value) = ctx.msg.value(HeaderKind::MaxForwards)
                && let Some(offset) = ctx.msg.offset_of(value)
            {
                let digits = format_int(ctx.arena, lowered);
                // The number stands where the old one stood, blanks take the place of lost digits (captured).
                let width = trim_end(value).len();
                let text = ctx.arena.alloc_slice_fill_copy(width.max(digits.len()), b' ');
                let from = text.len() - digits.len();
                text[from..].copy_from_slice(digits);
                ctx.edits.replace(offset, width, text);
                ctx.ext.set(Changed(lowered as u32));
            }
            Ret::TRUE
        }
    }
}

/// True if the header is there and below the limit; -2 if it is no number.
fn is_less<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let limit = args.first().map_or(0, |arg| arg.int(ctx));
    match current(ctx) {
        None => Ret::FALSE,
        Some(None) => Ret(-2),
        Some(Some(n)) => (i64::from(n) < limit).into(),
    }
}

fn at_least<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let limit = args.first().map_or(0, |arg| arg.int(ctx));
    match current(ctx) {
        None => Ret::FALSE,
        Some(None) => Ret(-2),
        Some(Some(n)) => (i64::from(n) >= limit).into(),
    }
}
