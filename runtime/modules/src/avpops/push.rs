//! `avp_pushto()`: values into the request's destination.

use kamjit_engine::{
    Arg, Ctx, Ret, Val,
    branch::Q_UNSPECIFIED,
    catalog::{HostError, Place},
    core::uri::Change,
    log::{self, Level},
    module::Prepare,
};

use super::names::{Flags, Source, text, with_flags};

/// Where a value goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Uri,
    User,
    Host,
    NextHop,
    Branch,
}

struct Push {
    target: Target,
    source: Source,
    flags: Flags,
}

/// Digests `$ru[/username|/domain]`, `$du` or `$br`, and a variable with flags.
pub(super) fn prepare(prepare: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    let mut args = args.into_iter();
    let (Some(target), Some(source)) = (args.next(), args.next()) else {
        return Err(HostError::new("an argument is missing"));
    };
    let text = text(target).map_err(|e| e.at(0))?;
    let target = match &*text {
        b"$ru" => Target::Uri,
        b"$ru/username" => Target::User,
        b"$ru/domain" => Target::Host,
        b"$du" => Target::NextHop,
        b"$br" => Target::Branch,
        other => {
            let error = HostError::new(format!("'{}' takes no value here", other.escape_ascii()));
            return Err(error.help("destinations are $ru, $ru/username, $ru/domain, $du, $br").at(0));
        }
    };
    let (source, flags) = with_flags(prepare, source, b"g").map_err(|e| e.at(1))?;
    Ok(vec![Prepare::digested(Push { target, source, flags })])
}

/// `avp_pushto(destination, variable[/g])`: with `g` all values of an AVP, so that the URI becomes a branch before
/// each further one.
pub(super) fn run<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(push) = args.first().and_then(|arg| arg.digested::<Push>()) else { return Ret::FALSE };
    let values = push.source.values(ctx, push.flags.has(b'g'));
    let forks = matches!(push.target, Target::Uri | Target::User | Target::Host);
    for (at, value) in values.iter().enumerate() {
        if at > 0 && forks {
            let uri = ctx.ruri();
            if !ctx.append_branch(Some(uri), Q_UNSPECIFIED) {
                return Ret::FALSE;
            }
        }
        if !one(ctx, push.target, *value) {
            return Ret::FALSE;
        }
    }
    (!values.is_empty()).into()
}

fn one<'m>(ctx: &mut Ctx<'m>, target: Target, value: Val<'m>) -> bool {
    // Captured: a number is no URI of a next hop or branch.
    if matches!(target, Target::NextHop | Target::Branch) && matches!(value, Val::Int(_)) {
        log::module(Level::Err, "avpops", format_args!("a number cannot be pushed there"));
        return false;
    }
    let text = value.to_bytes(ctx.arena);
    match target {
        Target::Uri => {
            ctx.set_ruri(text);
            true
        }
        Target::User => ctx.change_ruri(Change::User(text)),
        Target::Host => ctx.change_ruri(Change::Host(text)),
        Target::NextHop => {
            ctx.main.dst_uri = Some(text);
            true
        }
        Target::Branch => ctx.append_branch(Some(text), Q_UNSPECIFIED),
    }
}
