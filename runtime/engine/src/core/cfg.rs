//! `cfg_select("group", id)` and `cfg_reset("group")`: which instance of a group of variables this message sees.

use kamjit_catalog::{ArgKind, Form, HostError, Place, Routes};

use super::{ONE_TEXT, prepared};
use crate::{
    ctx::Ctx,
    log::{self, Level},
    module::{Arg, FunctionDef, Ret},
    prepare::Prepare,
};

const GROUP_ID: Form = Form { args: &[ArgKind::Str, ArgKind::IntVar], routes: Routes::ANY };

pub(super) const FUNCTIONS: &[FunctionDef] =
    &[prepared("cfg_select", &[GROUP_ID], digest, select), prepared("cfg_reset", &[ONE_TEXT], digest, reset)];

/// The group must exist. Modules read their own variables without a message, so that only groups that the
/// configuration declares itself can be selected.
fn digest(prepare: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    let Some(Arg::Str(group)) = args.first() else {
        return Err(HostError::new("the name of a group of variables is expected").at(0));
    };
    let group = String::from_utf8_lossy(group);
    if prepare.cfg.group(&group).is_empty() {
        return Err(HostError::new(format!("there is no group of variables named {group}")).at(0));
    }
    if !prepare.cfg.instances().is_own(&group) {
        return Err(HostError::new(format!(
            "the group {group} belongs to a module and has no instances here"
        ))
        .help("only groups that the configuration declares can be selected")
        .at(0));
    }
    Ok(args)
}

fn select<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let (Some(Arg::Str(group)), Some(id)) = (args.first(), args.get(1)) else { return Ret::FALSE };
    let Some(group) = std::str::from_utf8(group).ok() else { return Ret::FALSE };
    match u32::try_from(id.int(ctx)).ok() {
        Some(id) if ctx.engine().cfg.instances().exists(group, id) => {
            ctx.select_instance(group, Some(id));
            Ret::TRUE
        }
        _ => {
            log::core(Level::Err, format_args!("there is no such instance of the group {group}"));
            Ret::FALSE
        }
    }
}

fn reset<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(Arg::Str(group)) = args.first() else { return Ret::FALSE };
    if let Ok(group) = std::str::from_utf8(group) {
        ctx.select_instance(group, None);
    }
    Ret::TRUE
}
