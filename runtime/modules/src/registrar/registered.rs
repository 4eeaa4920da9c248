//! `registered()`, `unregister()`, `add_sock_hdr()`.

use kamjit_engine::{
    Arg, Ctx, Ret,
    log::{self, Level},
};

use super::{STATE, State, aor, domain_of, xavp};
use crate::usrloc::{self, Contact, Event};

/// Bits of `match_option`.
const MATCH_CALL_ID: i64 = 1;
const MATCH_RECEIVED: i64 = 2;
const MATCH_CONTACT: i64 = 4;
/// Bit of `match_action`: `xavp_rcd` is left alone.
const NO_RECORD: i64 = 2;

/// `registered(table[, uri[, match_option[, match_action]]])`: whether the address has a contact; the request URI
/// of a request, the To of a reply if no URI is given.
pub(super) fn registered<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let (Some(state), Some(domain)) = (STATE.get(ctx), domain_of(args)) else { return Ret::FALSE };
    let uri = match args.get(1) {
        Some(arg) => arg.text(ctx),
        None if ctx.msg.is_request() => ctx.ruri(),
        None => ctx.msg.to().uri,
    };
    let options = args.get(2).map_or(0, |arg| arg.int(ctx));
    let actions = args.get(3).map_or(0, |arg| arg.int(ctx));
    let Ok(aor) = aor::of_uri(state, ctx.arena, uri) else {
        log::core(Level::Err, format_args!("registered: '{}' names no user", uri.escape_ascii()));
        return Ret::FALSE;
    };
    let wanted = |bit: i64, name: &[u8]| {
        if options & bit == 0 { None } else { xavp::text(ctx, state, name) }
    };
    let (call_id, received, uri) = (
        wanted(MATCH_CALL_ID, b"match_callid"),
        wanted(MATCH_RECEIVED, b"match_received"),
        wanted(MATCH_CONTACT, b"match_contact"),
    );
    let matches = |c: &Contact| {
        call_id.is_none_or(|id| c.call_id() == id)
            && received.is_none_or(|r| c.received() == r)
            && uri.is_none_or(|u| c.uri() == u)
    };
    let now = usrloc::now();
    let record = domain.read(aor, |record| {
        let contact = record?.valid(now).find(|c| matches(c))?;
        let shown = state.xavp_rcd.is_some() && actions & NO_RECORD == 0;
        Some(shown.then(|| xavp::record(contact, state.xavp_rcd_mask)))
    });
    match record {
        None => Ret::FALSE,
        Some(shown) => {
            if let (Some(name), Some(shown)) = (&state.xavp_rcd, shown) {
                xavp::publish(ctx, name, vec![shown]);
            }
            Ret::TRUE
        }
    }
}

/// `unregister(table, uri[, ruid])`: removes an address, or one of its contacts.
pub(super) fn unregister<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let (Some(state), Some(domain)) = (STATE.get(ctx), domain_of(args)) else { return Ret::FALSE };
    let uri = args.get(1).map(|arg| arg.text(ctx)).unwrap_or_default();
    let ruid = args.get(2).map(|arg| arg.text(ctx)).filter(|text| !text.is_empty());
    let Some(aor) = address(ctx, state, uri) else { return Ret::FALSE };
    let hooked = state.usrloc.is_hooked();
    let Some(ruid) = ruid else {
        let (_, changes) = domain.remove(aor, hooked);
        state.usrloc.announce(domain, aor, &changes);
        return Ret::TRUE;
    };
    let (found, changes) = domain.edit(aor, hooked, |record, changes| {
        let at = record.contacts.iter().position(|c| c.ruid() == ruid)?;
        let contact = record.contacts.remove(at);
        changes.note(Event::Deleted, Some(&contact));
        Some(())
    });
    state.usrloc.announce(domain, aor, &changes);
    if found.is_none() {
        log::core(Level::Warn, format_args!("unregister: AOR/Contact not found"));
        return Ret(-3);
    }
    Ret::TRUE
}

fn address<'m>(ctx: &Ctx<'m>, state: &State, uri: &'m [u8]) -> Option<&'m [u8]> {
    let aor = aor::of_uri(state, ctx.arena, uri).ok();
    if aor.is_none() {
        log::core(Level::Err, format_args!("unregister: '{}' names no user", uri.escape_ascii()));
    }
    aor
}

/// `add_sock_hdr(name)`: a header that tells another server which of our sockets got the request.
pub(super) fn add_sock_hdr<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(name) = args.first().map(|arg| arg.text(ctx)).filter(|name| !name.is_empty()) else {
        return Ret::FALSE;
    };
    let Some(socket) = ctx.engine().identity.socket(ctx.rcv.socket) else { return Ret::FALSE };
    let mut line = bumpalo::collections::Vec::with_capacity_in(64, ctx.arena);
    line.extend_from_slice(name);
    line.extend_from_slice(b": ");
    line.extend_from_slice(socket.proto.name().as_bytes());
    line.push(b':');
    line.extend_from_slice(&socket.address);
    line.push(b':');
    line.extend_from_slice(socket.bound_port.to_string().as_bytes());
    line.extend_from_slice(b"\r\n");
    ctx.edits.append_header(ctx.msg, &line);
    Ret::TRUE
}
