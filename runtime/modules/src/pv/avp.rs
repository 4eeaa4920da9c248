//! `$avp(name)`: the newest value, `$(avp(name)[n])`: an older one, `$(avp(name)[*])`: all.
//!
//! Assigning adds a value whatever the index (captured), but with `[*]` it replaces all; undefined takes the newest
//! value away, with `[*]` all of them.

use std::sync::Arc;

use bumpalo::collections::Vec as ArenaVec;
use kamjit_catalog::{ConfigValue, HostError, InnerName};
use kamjit_engine::{
    Ctx, Val,
    avp::{AvpName, AvpValue},
    init::Init,
    module::Prepare,
    pv::{Index, Inner, PvDef, PvName, indexed, named_rw},
    state::StateKey,
};

pub(super) const PVS: &[PvDef] = &[indexed(named_rw("avp", InnerName::Dynamic, get, set, Some(parse)))];

/// `avp_aliases`: other names.
struct Aliases(Vec<(Vec<u8>, AvpName)>);

static ALIASES: StateKey<Aliases> = StateKey::new();

/// Digests `avp_aliases`: `"one=i:1;two=s:2"`.
pub(super) fn init(init: &mut Init<'_>) -> Result<(), HostError> {
    let mut aliases = Vec::new();
    for value in init.all("avp_aliases") {
        let ConfigValue::Str(text) = value else { continue };
        for one in text.split(|&b| b == b';').filter(|one| !one.trim_ascii().is_empty()) {
            let bad = || HostError::new("avp_aliases: expected alias=name;alias=name");
            let at = one.iter().position(|&b| b == b'=').ok_or_else(bad)?;
            let name = AvpName::from_spec(one[at + 1..].trim_ascii()).ok_or_else(bad)?;
            aliases.push((one[..at].trim_ascii().to_vec(), name));
        }
    }
    init.set_state(&ALIASES, Arc::new(Aliases(aliases)));
    Ok(())
}

fn parse(prepare: &mut Prepare<'_>, text: &[u8]) -> Result<Inner, HostError> {
    let aliases = prepare.state(&ALIASES);
    let alias = aliases.as_ref().and_then(|a| a.0.iter().find(|(alias, _)| *alias == text));
    let name = match alias {
        Some((_, name)) => Some(name.clone()),
        None => AvpName::from_spec(text),
    };
    match name {
        Some(name) => Ok(Inner::Digested(Box::new(name))),
        None => Err(HostError::new(format!("'{}' is no name of an AVP", text.escape_ascii()))),
    }
}

/// Runs `f` with the name, which may have to be computed.
fn with_name<'m, R>(
    ctx: &mut Ctx<'m>,
    name: &'m PvName,
    f: impl FnOnce(&mut Ctx<'m>, &AvpName) -> Option<R>,
) -> Option<R> {
    match name.digested::<AvpName>() {
        Some(known) => f(ctx, known),
        None => {
            let Inner::Var(pv) = &name.inner else { return None };
            let value = pv.get(ctx);
            if value.is_null() {
                ctx.unreadable();
            }
            let computed = AvpName::from_val(value)?;
            f(ctx, &computed)
        }
    }
}

fn get<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    if matches!(name.index, Index::All) {
        return with_name(ctx, name, |ctx, avp| all(ctx, avp)).map_or(Val::Null, Val::Str);
    }
    let index = name.index(ctx).unwrap_or(0);
    with_name(ctx, name, |ctx, avp| ctx.avps.get(avp, index).map(|value| value.to_val(ctx.arena)))
        .unwrap_or_default()
}

/// All values, newest first, with `, ` between them (captured).
fn all<'m>(ctx: &mut Ctx<'m>, name: &AvpName) -> Option<&'m [u8]> {
    let mut values = ctx.avps.all(name);
    let mut out = ArenaVec::with_capacity_in(128, ctx.arena);
    out.extend_from_slice(values.next()?.to_val(ctx.arena).to_bytes(ctx.arena));
    for value in values {
        // Captured: nothing stands before the first value that is not empty.
        if !out.is_empty() {
            out.extend_from_slice(b", ");
        }
        out.extend_from_slice(value.to_val(ctx.arena).to_bytes(ctx.arena));
    }
    Some(out.into_bump_slice())
}

fn set<'m>(ctx: &mut Ctx<'m>, name: &'m PvName, value: Val<'m>) -> bool {
    let replace = matches!(name.index, Index::All);
    with_name(ctx, name, |ctx, avp| {
        match AvpValue::from_val(value) {
            None if replace => drop(ctx.avps.remove_all(avp)),
            None => drop(ctx.avps.remove_newest(avp)),
            Some(value) => {
                if replace {
                    ctx.avps.remove_all(avp);
                }
                return ctx.avps.add(avp.clone(), value).then_some(());
            }
        }
        Some(())
    })
    .is_some()
}

/// How many values there are.
pub(super) fn count<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> usize {
    with_name(ctx, name, |ctx, avp| Some(ctx.avps.all(avp).count())).unwrap_or(0)
}
