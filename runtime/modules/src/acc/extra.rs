//! `log_extra`, `multi_leg_info`: names with the variables whose values stand behind them.

use kamjit_engine::{Ctx, catalog::HostError, init::Init, pv::Pv};
use kamjit_sip::{Sink, text::trim};
use kamjit_syntax::pv::parse_pv;

/// One field.
pub(crate) struct Extra {
    /// Its name.
    pub(super) name: Box<[u8]>,
    /// Its value.
    pub(super) pv: Pv,
}

/// Reads `name=$pv;name=$pv`.
pub(super) fn parse(init: &mut Init<'_>, param: &str) -> Result<Vec<Extra>, HostError> {
    let text = init.str(param).unwrap_or_default().to_vec();
    let mut rest = trim(&text);
    let mut extras = Vec::new();
    while !rest.is_empty() {
        let bad = |why: &str| HostError::new(format!("acc.{param}: {why} in '{}'", text.escape_ascii()));
        let equals = memchr::memchr(b'=', rest).ok_or_else(|| bad("'name=$variable' expected"))?;
        let name = trim(&rest[..equals]);
        let value = kamjit_sip::text::trim_start(&rest[equals + 1..]);
        let (reference, used) = parse_pv(value, 0).map_err(|error| bad(&error.message))?;
        let pv = init.prepare().pv(&reference)?;
        extras.push(Extra { name: name.into(), pv });
        let after = trim(value.get(used..).unwrap_or_default());
        rest = match after.first() {
            Some(b';') => trim(&after[1..]),
            None => after,
            Some(_) => return Err(bad("';' expected between two fields")),
        };
    }
    Ok(extras)
}

/// Writes `;name=value` for each field; undefined values are empty.
pub(super) fn put<'m>(ctx: &mut Ctx<'m>, extras: &'m [Extra], out: &mut Vec<u8>) {
    for Extra { name, pv } in extras {
        let value = pv.get(ctx).to_bytes(ctx.arena);
        put_field(out, name, value);
    }
}

/// Writes `;name=value`.
pub(super) fn put_field(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    out.put(b";");
    out.put(name);
    out.put(b"=");
    out.put(value);
}
