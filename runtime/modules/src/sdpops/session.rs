//! `$sdp(body)` and `$sdp(sess_version)`.

use kamjit_engine::{
    Ctx, Val,
    catalog::{HostError, InnerName},
    module::Prepare,
    pv::{Inner, PvDef, PvName, named_rw},
    value::parse_int,
};
use kamjit_sip::sdp;

use super::read::{sdp, text};

pub(super) const PVS: &[PvDef] =
    &[named_rw("sdp", InnerName::Static, get, set, Some(parse)), super::iterator::PV];

fn parse(_: &mut Prepare<'_>, name: &[u8]) -> Result<Inner, HostError> {
    match name {
        b"body" | b"sess_version" => Ok(Inner::Text(name.into())),
        _ => Err(HostError::new("$sdp takes body or sess_version")),
    }
}

/// The version in the `o=` line: its third field.
fn version<'m>(ctx: &Ctx<'m>) -> Option<&'m [u8]> {
    let line = sdp::lines(sdp(ctx)?.session).find(|line| line.starts_with(b"o="))?;
    line.split(|b| matches!(b, b' ' | b'\r' | b'\n')).filter(|field| !field.is_empty()).nth(2)
}

fn get<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    match name.text(ctx) {
        b"body" => Val::opt(sdp(ctx).map(|sdp| text(ctx, &sdp))),
        _ => Val::opt(version(ctx)),
    }
}

/// -1 counts the version up. (In the real server it must have been read before, captured.)
fn set<'m>(ctx: &mut Ctx<'m>, name: &'m PvName, value: Val<'m>) -> bool {
    if name.text(ctx) != b"sess_version" {
        return false;
    }
    let Val::Int(wanted) = value else { return false };
    let Some(old) = version(ctx) else { return false };
    let new = if wanted == -1 { parse_int(old).map(|n| n.wrapping_add(1)) } else { Some(wanted) };
    let (Some(new), Some(at)) = (new.filter(|n| *n >= 0), ctx.msg.offset_of(old)) else { return false };
    if ctx.edits.deletes(at, old.len()) {
        return false;
    }
    let text = ctx.format(format_args!("{new}"));
    ctx.edits.replace(at, old.len(), text);
    true
}
