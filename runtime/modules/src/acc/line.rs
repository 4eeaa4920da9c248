//! One line of the log, in the real server's form (captured).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use kamjit_engine::{
    Ctx,
    avp::{AvpName, AvpValue},
    log,
};
use kamjit_sip::Sink;

use super::{
    extra::{self, Extra, put_field},
    params::{State, TimeMode},
};

/// What is accounted.
pub(super) struct Entry<'e> {
    /// What happened: `transaction answered`.
    pub(super) what: &'static str,
    /// The method.
    pub(super) method: &'e [u8],
    /// The To tag of the reply.
    pub(super) to_tag: &'e [u8],
    /// The code as text; empty if there is none.
    pub(super) code: &'e [u8],
    /// The phrase.
    pub(super) reason: &'e [u8],
    /// What stands before the line: `log_prefix` of the message that is processed.
    pub(super) log_prefix: &'e [u8],
}

/// Writes the line for the request of a context.
pub(super) fn write<'m>(ctx: &mut Ctx<'m>, state: &'m State, entry: &Entry<'_>) {
    if !log::enabled(state.level) {
        return;
    }
    let from_tag = ctx.msg.from().ok().and_then(|from| from.tag).unwrap_or_default();
    let against = state.detect_direction && crate::rr::is_upstream(ctx);
    let (from_tag, to_tag) = if against { (entry.to_tag, from_tag) } else { (from_tag, entry.to_tag) };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut out = Vec::with_capacity(256);
    out.put(b"ACC: ");
    out.put(entry.what.as_bytes());
    out.put(b": timestamp=");
    out.put_num(now.as_secs());
    put_time(state, now, &mut out);
    put_field(&mut out, b"method", entry.method);
    put_field(&mut out, b"from_tag", from_tag);
    put_field(&mut out, b"to_tag", to_tag);
    put_field(&mut out, b"call_id", ctx.msg.call_id());
    put_field(&mut out, b"code", entry.code);
    put_field(&mut out, b"reason", entry.reason);
    extra::put(ctx, &state.extra, &mut out);
    put_legs(ctx, &state.legs, &mut out);
    let mut prefix = entry.log_prefix.to_vec();
    prefix.put(b"acc: ");
    log::write(state.level, state.facility, &prefix, "", &out);
}

fn put_time(state: &State, now: Duration, out: &mut Vec<u8>) {
    match state.time_mode {
        TimeMode::Seconds => {}
        TimeMode::Micros => {
            put_field(out, &state.time_exten, now.subsec_micros().to_string().as_bytes());
        }
        TimeMode::Millis => {
            let text = format!("{}.{:03}", now.as_secs(), now.subsec_millis());
            put_field(out, &state.time_attr, text.as_bytes());
        }
        TimeMode::Local | TimeMode::Utc => put_field(out, &state.time_attr, &calendar(state, now)),
    }
}

/// The time as `time_format` writes it.
fn calendar(state: &State, now: Duration) -> Vec<u8> {
    let seconds = now.as_secs() as libc::time_t;
    // SAFETY: tm is a plain structure of integers and a pointer, for which zero is valid.
    let mut fields: libc::tm = unsafe { std::mem::zeroed() };
    let mut text = vec![0u8; 256];
    // SAFETY: all pointers are valid for the calls, the buffer's length is given, and the format ends in NUL.
    let length = unsafe {
        if state.time_mode == TimeMode::Utc {
            libc::gmtime_r(&seconds, &mut fields);
        } else {
            libc::localtime_r(&seconds, &mut fields);
        }
        libc::strftime(text.as_mut_ptr().cast(), text.len(), state.time_format.as_ptr(), &fields)
    };
    text.truncate(length);
    text
}

/// Rounds of legs written; a script that adds values in a loop must not make endless lines.
const MAX_LEGS: usize = 64;

/// The values of the legs' variables, newest first, as long as one of them has a value; one empty round if none
/// has any.
fn put_legs<'m>(ctx: &mut Ctx<'m>, legs: &'m [Extra], out: &mut Vec<u8>) {
    if legs.is_empty() {
        return;
    }
    for round in 0..MAX_LEGS {
        let values: Vec<Option<Vec<u8>>> = legs.iter().map(|leg| value_at(ctx, leg, round)).collect();
        if round > 0 && values.iter().all(Option::is_none) {
            return;
        }
        for (leg, value) in legs.iter().zip(&values) {
            put_field(out, &leg.name, value.as_deref().unwrap_or_default());
        }
    }
}

/// The n-th newest value of a variable; of those that are no `$avp` there is only one.
fn value_at<'m>(ctx: &mut Ctx<'m>, leg: &'m Extra, round: usize) -> Option<Vec<u8>> {
    if leg.pv.def.name == "avp" {
        let name = match &leg.pv.name.inner {
            kamjit_engine::pv::Inner::Digested(any) => any.downcast_ref::<AvpName>().cloned(),
            kamjit_engine::pv::Inner::Text(text) => AvpName::from_spec(text),
            _ => None,
        }?;
        return ctx.avps.all(&name).nth(round).map(|value| match value {
            AvpValue::Int(n) => n.to_string().into_bytes(),
            AvpValue::Str(text) => text.to_vec(),
        });
    }
    if round > 0 {
        return None;
    }
    leg.pv.get(ctx).as_bytes(ctx.arena).map(<[u8]>::to_vec)
}
