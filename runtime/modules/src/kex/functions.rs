//! Script functions of kex: branch flags, script flags, destination, `pv_printf`, `is_myself`, debug level.

use kamjit_catalog::{
    ArgKind::{IntVar, StrVar, VarOut},
    Form, Routes,
};
use kamjit_engine::{
    Ctx, Val, log,
    module::{Arg, FunctionDef, Ret, Run, RunFn},
    pv::{PvDef, read_only},
};
use kamjit_sip::Uri;

use crate::pv::{script_flags, set_script_flags};

const NONE: &[Form] = &[Form { args: &[], routes: Routes::ANY }];
const FLAG: &[Form] = &[Form { args: &[IntVar], routes: Routes::ANY }];
const FLAG_BRANCH: &[Form] =
    &[Form { args: &[IntVar], routes: Routes::ANY }, Form { args: &[IntVar, IntVar], routes: Routes::ANY }];
const TEXT: &[Form] = &[Form { args: &[StrVar], routes: Routes::ANY }];
const PRINT: &[Form] = &[Form { args: &[VarOut, StrVar], routes: Routes::ANY }];

const fn plain(name: &'static str, forms: &'static [Form], run: RunFn) -> FunctionDef {
    FunctionDef { name, forms, run: Run::plain(run) }
}

pub(super) const FUNCTIONS: &[FunctionDef] = &[
    plain("setbflag", FLAG_BRANCH, |c, a| branch_flag(c, a, |flags, bit| (flags | bit, true))),
    plain("resetbflag", FLAG_BRANCH, |c, a| branch_flag(c, a, |flags, bit| (flags & !bit, true))),
    plain("isbflagset", FLAG_BRANCH, |c, a| branch_flag(c, a, |flags, bit| (flags, flags & bit != 0))),
    plain("setsflag", FLAG, |c, a| script_flag(c, a, |flags, bit| (flags | bit, true))),
    plain("resetsflag", FLAG, |c, a| script_flag(c, a, |flags, bit| (flags & !bit, true))),
    plain("issflagset", FLAG, |c, a| script_flag(c, a, |flags, bit| (flags, flags & bit != 0))),
    plain("setdsturi", TEXT, set_dst_uri),
    plain("resetdsturi", NONE, |ctx, _| {
        ctx.main.dst_uri = None;
        Ret::TRUE
    }),
    plain("isdsturiset", NONE, |ctx, _| Ret::from(ctx.main.dst_uri.is_some())),
    plain("pv_printf", PRINT, print),
    plain("avp_printf", PRINT, print),
    plain("is_myself", TEXT, is_myself),
    plain("is_myhost", TEXT, is_my_host),
    plain("setdebug", FLAG, set_debug),
    plain("resetdebug", NONE, reset_debug),
];

pub(super) const PVS: &[PvDef] = &[read_only("sruid", |ctx, _| unique_id(ctx))];

/// A text that no other call gives: `srid-TIME-PID-NUMBER`, in hex (captured form).
fn unique_id<'m>(ctx: &Ctx<'m>) -> Val<'m> {
    use std::sync::atomic::{AtomicU64, Ordering};
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let started = ctx.engine().started.duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let number = COUNTER.fetch_add(1, Ordering::Relaxed) + 1;
    Val::Str(ctx.format(format_args!("srid-{:x}-{:x}-{number:x}", started.as_secs(), std::process::id())))
}

/// The bit of the first argument, if it is a flag number.
fn bit<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Option<u32> {
    let number = args.first()?.int(ctx);
    u32::try_from(number).ok().filter(|n| *n < 32).map(|n| 1 << n)
}

/// What to do with a word of flags: the new word and the answer.
type Change = fn(u32, u32) -> (u32, bool);

/// Branch 0 is the request URI, n the n-th further branch (captured).
fn branch_flag<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], change: Change) -> Ret {
    let Some(bit) = bit(ctx, args) else { return Ret::FALSE };
    let index = args.get(1).map_or(0, |arg| arg.int(ctx));
    let branch = match usize::try_from(index) {
        Ok(0) => Some(&mut ctx.main),
        Ok(n) => ctx.branches.get_mut(n - 1),
        Err(_) => None,
    };
    let Some(branch) = branch else { return Ret::FALSE };
    let (flags, answer) = change(branch.flags, bit);
    branch.flags = flags;
    Ret::from(answer)
}

fn script_flag<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], change: Change) -> Ret {
    let Some(bit) = bit(ctx, args) else { return Ret::FALSE };
    let (flags, answer) = change(script_flags(ctx), bit);
    set_script_flags(ctx, flags);
    Ret::from(answer)
}

fn text<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], at: usize) -> &'m [u8] {
    args.get(at).map_or(b"", |arg| arg.text(ctx))
}

fn set_dst_uri<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let uri = text(ctx, args, 0);
    if uri.is_empty() {
        return Ret::FALSE;
    }
    ctx.main.dst_uri = Some(uri);
    Ret::TRUE
}

fn print<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let text = text(ctx, args, 1);
    match args.first().and_then(Arg::pv) {
        Some(pv) => Ret::from(pv.set(ctx, Val::Str(text))),
        None => Ret::FALSE,
    }
}

/// A URI with its port, or a bare host with any.
fn is_myself<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let text = text(ctx, args, 0);
    Ret::from(match Uri::parse(text) {
        Ok(uri) => ctx.is_myself(uri.host, uri.port_or_default(), None),
        Err(_) => ctx.is_myself(text, 0, None),
    })
}

fn is_my_host<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let host = text(ctx, args, 0);
    Ret::from(ctx.is_myself(host, 0, None))
}

/// The level counts for the whole server, not only for the worker that runs the script as in the real server.
fn set_debug<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let level = args.first().map_or(0, |arg| arg.int(ctx));
    log::set_level(level.clamp(-5, 4) as i32);
    Ret::TRUE
}

/// Back to the level of the configuration (`debug`, `cfg.seti core debug`).
fn reset_debug<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    if let Some(var) = ctx.engine().cfg.find("core", "debug")
        && let kamjit_engine::cfg::CfgCell::Int { cell, .. } = var.cell
    {
        log::set_level(cell.get().clamp(-5, 4) as i32);
    }
    Ret::TRUE
}
