//! Settings that the script gives in an `$xavp`, and records that it is given in one.

use kamjit_engine::{
    Ctx,
    xavp::{XavpList, XavpValue},
};

use super::State;
use crate::usrloc::Contact;

/// The newest value of `$xavp(xavp_cfg=>name)`.
pub(super) fn setting<'c>(ctx: &'c Ctx<'_>, state: &State, name: &[u8]) -> Option<&'c XavpValue> {
    let group = state.xavp_cfg.as_deref()?;
    let XavpValue::List(settings) = newest(&ctx.xavps.xavp, group)? else { return None };
    newest(settings, name)
}

/// A setting that is a number.
pub(super) fn number(ctx: &Ctx<'_>, state: &State, name: &[u8]) -> Option<i64> {
    match setting(ctx, state, name)? {
        XavpValue::Int(n) => Some(*n),
        XavpValue::Str(_) | XavpValue::List(_) => None,
    }
}

/// A setting that is a text.
pub(super) fn text<'m>(ctx: &Ctx<'m>, state: &State, name: &[u8]) -> Option<&'m [u8]> {
    match setting(ctx, state, name)? {
        XavpValue::Str(text) => Some(ctx.keep(text)),
        XavpValue::Int(_) | XavpValue::List(_) => None,
    }
}

fn newest<'c>(list: &'c XavpList, name: &[u8]) -> Option<&'c XavpValue> {
    list.items.iter().rev().find(|(n, _)| **n == *name).map(|(_, value)| value)
}

/// What `xavp_rcd` says of a contact.
pub(super) fn record(contact: &Contact, mask: i64) -> XavpList {
    let mut items: Vec<(Box<[u8]>, XavpValue)> = Vec::with_capacity(5);
    let mut text = |bit: i64, name: &[u8], value: &[u8]| {
        if mask & bit == 0 && !value.is_empty() {
            items.push((name.into(), XavpValue::Str(value.into())));
        }
    };
    text(16, b"path", contact.path());
    text(8, b"received", contact.received());
    text(2, b"contact", contact.uri());
    text(1, b"ruid", contact.ruid());
    if mask & 4 == 0 {
        items.push(((*b"expires").into(), XavpValue::Int(contact.expires - crate::usrloc::now())));
    }
    XavpList { items }
}

/// Adds records so that the first of them is `$xavp(name[0])`.
pub(super) fn publish(ctx: &mut Ctx<'_>, name: &[u8], records: Vec<XavpList>) {
    for record in records.into_iter().rev() {
        ctx.xavps.xavp.items.push((name.into(), XavpValue::List(record)));
    }
}
