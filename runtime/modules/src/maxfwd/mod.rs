//! The module `maxfwd`: the hop limit of requests.

use std::sync::Arc;

use kamjit_engine::{
    Arg, Ctx, Module, Ret, Run,
    catalog::{ArgKind, Form, HostError, Param, ParamDefault, Routes},
    cfg::CfgInt,
    init::Init,
    module::FunctionDef,
    state::StateKey,
};
use kamjit_sip::{
    HeaderKind,
    edit::AnchorId,
    text::{parse_u16, trim_end},
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
        test("maxfwd_at_least", is_less),
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

/// Why there is no number.
enum No {
    /// No header.
    Header,
    /// It is no number of 16 bits.
    Number,
}

/// The value that `process` wrote, and where.
struct Changed {
    value: u16,
    anchor: AnchorId,
}

/// The hops that are left.
fn current(ctx: &Ctx<'_>) -> Result<u16, No> {
    if let Some(changed) = ctx.ext.get::<Changed>() {
        return Ok(changed.value);
    }
    // In a message with a broken header one cannot say that there is none.
    let none = || if ctx.msg.is_broken() { No::Number } else { No::Header };
    match trim_end(ctx.msg.value(HeaderKind::MaxForwards).ok_or_else(none)?) {
        b"" => Ok(0),
        value => parse_u16(value).ok_or(No::Number),
    }
}

/// Lowers the header by one, adds it if it is missing (captured: 1 lowered, 2 added, -1 was 0, -2 no number). The new
/// number takes as many places as the old one.
fn process<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let limit = args.first().map_or(70, |arg| arg.int(ctx)).clamp(0, 255);
    let greatest = STATE.get(ctx).map_or(70, |state| state.max_limit.get());
    let left = match current(ctx) {
        Ok(0) => return Ret::FALSE,
        Ok(left) => left,
        Err(No::Number) => return Ret(-2),
        Err(No::Header) => return add(ctx, limit),
    };
    let lowered = u16::try_from(greatest.clamp(0, 255)).unwrap_or(255).min(left - 1);
    let Some(value) = ctx.msg.value(HeaderKind::MaxForwards).map(trim_end) else { return Ret::FALSE };
    let Some(offset) = ctx.msg.offset_of(value) else { return Ret::FALSE };
    let text = ctx.format(format_args!("{lowered:width$}", width = value.len()));
    let anchor = match ctx.ext.get::<Changed>() {
        Some(changed) => changed.anchor,
        None => ctx.edits.delete(offset, value.len()),
    };
    ctx.edits.amend(anchor, text);
    ctx.ext.set(Changed { value: lowered, anchor });
    Ret::TRUE
}

/// Adds the header on top; a second call adds it again (captured).
fn add(ctx: &Ctx<'_>, limit: i64) -> Ret {
    ctx.edits.prepend_header(ctx.msg, ctx.format(format_args!("Max-Forwards: {limit}\r\n")));
    Ret(2)
}

/// The header is there and below the limit: -1 it is not below, -2 there is none, -3 it is no number. Captured: the
/// three functions that ask are one and the same.
fn is_less<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let limit = args.first().map_or(0, |arg| arg.int(ctx));
    match current(ctx) {
        Ok(left) => (i64::from(left) < limit).into(),
        Err(No::Header) => Ret(-2),
        Err(No::Number) => Ret(-3),
    }
}
