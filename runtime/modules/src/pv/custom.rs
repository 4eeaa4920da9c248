//! `$ccp(group.name)`: a parameter that the configuration declares itself (`group.name = 5 desc "text"`) or one of the
//! core's (`core.debug`).

use kamjit_catalog::{HostError, InnerName};
use kamjit_engine::{
    Ctx, Val,
    cfg::{CfgCell, CfgVar},
    module::Prepare,
    pv::{Inner, PvDef, PvName, named_rw},
    value::format_int,
};

use crate::cfg_rpc::hidden::is_hidden;

pub(super) const PVS: &[PvDef] = &[named_rw("ccp", InnerName::Static, get, set, Some(parse))];

struct Name {
    group: Box<str>,
    name: Box<str>,
}

fn parse(_: &mut Prepare<'_>, text: &[u8]) -> Result<Inner, HostError> {
    let parts = std::str::from_utf8(text).ok().and_then(|text| text.split_once('.'));
    match parts {
        Some((group, name)) if !group.is_empty() && !name.is_empty() => {
            Ok(Inner::Digested(Box::new(Name { group: group.into(), name: name.into() })))
        }
        _ => Err(HostError::new("$ccp takes group.name")),
    }
}

fn find(ctx: &Ctx<'_>, name: &PvName) -> Option<CfgVar> {
    let Name { group, name } = name.digested::<Name>()?;
    ctx.engine().cfg.find(group, name)
}

fn get<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let hidden = name.digested::<Name>().is_some_and(|n| is_hidden(&n.group, &n.name));
    match find(ctx, name).filter(|_| !hidden).map(|var| var.cell) {
        Some(CfgCell::Int { cell, .. }) => Val::Int(cell.get()),
        Some(CfgCell::Str(cell)) => Val::Str(ctx.keep(&cell.get())),
        None => Val::Null,
    }
}

/// Undefined changes nothing; text becomes a number and a number text as the variable needs it (captured).
fn set<'m>(ctx: &mut Ctx<'m>, name: &'m PvName, value: Val<'m>) -> bool {
    let Some(var) = find(ctx, name).filter(|var| !var.read_only) else { return false };
    match (var.cell, value) {
        (_, Val::Null) => return false,
        (CfgCell::Int { cell, range }, value) => {
            let number = value.to_int();
            if range.is_some_and(|(least, greatest)| !(least..=greatest).contains(&number)) {
                return false;
            }
            cell.set(number);
        }
        (CfgCell::Str(cell), Val::Str(text)) => cell.set(text),
        (CfgCell::Str(cell), Val::Int(number)) => cell.set(format_int(ctx.arena, number)),
    }
    true
}
