//! Core pseudo-variables: `$null`, `$rc`, `$def(NAME)`, `$env(NAME)`.

use kamjit_catalog::{HostError, InnerName};

use crate::{
    ctx::Ctx,
    prepare::Prepare,
    pv::{Inner, PvDef, PvName, named, read_only},
    value::Val,
};

pub(super) const PVS: &[PvDef] = &[
    read_only("null", |_, _| Val::Null),
    read_only("rc", return_code),
    read_only("retcode", return_code),
    read_only("?", return_code),
    named("def", InnerName::Static, define, None),
    named("defn", InnerName::Static, define_or_zero, None),
    named("defs", InnerName::Static, define, None),
    named("defv", InnerName::Static, define, None),
    named("env", InnerName::Static, environment, Some(read_environment)),
    named("envn", InnerName::Static, environment_number, Some(read_environment)),
];

fn return_code<'m>(ctx: &mut Ctx<'m>, _: &'m PvName) -> Val<'m> {
    Val::Int(ctx.rc())
}

fn find_define<'m>(ctx: &Ctx<'m>, name: &'m PvName) -> Option<&'m str> {
    let Inner::Text(name) = &name.inner else { return None };
    let defines = &ctx.engine().start.defines;
    let (_, value) = defines.iter().find(|(known, _)| known.as_bytes() == &**name)?;
    Some(value.as_deref().unwrap_or_default())
}

fn define<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    Val::opt(find_define(ctx, name).map(str::as_bytes))
}

/// Captured: 0 for a name that is not defined.
fn define_or_zero<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    match find_define(ctx, name) {
        Some(value) => number_or_text(value.as_bytes()),
        None => Val::Int(0),
    }
}

/// Captured: text stays text.
fn number_or_text(text: &[u8]) -> Val<'_> {
    crate::value::parse_int(text).map_or(Val::Str(text), Val::Int)
}

/// The environment does not change while the server runs: read once.
fn read_environment(_: &mut Prepare<'_>, name: &[u8]) -> Result<Inner, HostError> {
    use std::os::unix::ffi::{OsStrExt, OsStringExt};
    let value = std::env::var_os(std::ffi::OsStr::from_bytes(name));
    Ok(match value {
        Some(value) => Inner::Text(value.into_vec().into()),
        None => Inner::None,
    })
}

fn environment<'m>(_: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    match &name.inner {
        Inner::Text(value) => Val::Str(value),
        _ => Val::Null,
    }
}

fn environment_number<'m>(_: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    match &name.inner {
        Inner::Text(value) => number_or_text(value),
        _ => Val::Null,
    }
}
