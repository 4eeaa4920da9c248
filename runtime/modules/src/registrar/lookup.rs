//! `lookup()` and its kin: from the address in the request URI to the phones that registered it.

use bumpalo::{Bump, collections::Vec as ArenaVec};
use kamjit_engine::{
    Arg, Ctx, Ret,
    branch::Branch,
    log::{self, Level},
    xavp::XavpList,
};
use kamjit_sip::Uri;

use super::{STATE, State, aor, domain_of, fields::method_bit, path, xavp};
use crate::usrloc::{self, Contact, Domain, Record};

/// No contact.
const NOT_FOUND: Ret = Ret(-1);
/// Contacts, but none that takes the method.
const NO_METHOD: Ret = Ret(-2);
/// The URI names no user.
const BAD_URI: Ret = Ret(-3);

/// What the contacts of an address are asked for.
struct Filter {
    now: i64,
    /// Expired contacts count too.
    expired: bool,
    /// The bit of the method that a contact must take.
    method: Option<u32>,
    /// Branch flags of which a contact must have one.
    flags: Option<u32>,
    /// Contacts over lost connections do not count.
    lost_tcp: bool,
}

/// Whom a GRUU means among the contacts of an address.
enum Only<'m> {
    All,
    Instance(&'m [u8]),
    Ruid(&'m [u8]),
}

impl Only<'_> {
    fn admits(&self, contact: &Contact) -> bool {
        match self {
            Only::All => true,
            Only::Instance(urn) => {
                let instance = contact.instance();
                instance == *urn
                    || instance.strip_prefix(b"<").and_then(|i| i.strip_suffix(b">")) == Some(*urn)
            }
            Only::Ruid(ruid) => contact.ruid() == *ruid,
        }
    }
}

/// What was found.
struct Targets<'m> {
    branches: ArenaVec<'m, Branch<'m>>,
    records: Vec<XavpList>,
    /// A contact was passed over because of the method.
    wrong_method: bool,
}

/// `lookup(table[, uri])`: the best contact becomes the destination, the others further branches.
pub(super) fn lookup<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let uri = args.get(1).map(|arg| arg.text(ctx));
    match targets(ctx, args, uri) {
        Ok(targets) => {
            set_main(ctx, &targets.branches);
            Ret::TRUE
        }
        Err(ret) => ret,
    }
}

/// `lookup_to_dset(table[, uri])`: all contacts become further branches.
pub(super) fn lookup_to_dset<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let uri = args.get(1).map(|arg| arg.text(ctx));
    match targets(ctx, args, uri) {
        Ok(targets) => {
            append(ctx, &targets.branches);
            Ret::TRUE
        }
        Err(ret) => ret,
    }
}

/// `lookup_branches(table)`: looks the request URI up, and every further branch that is nothing but a URI.
pub(super) fn lookup_branches<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let before = std::mem::take(&mut ctx.branches);
    let ret = lookup(ctx, args);
    let found = std::mem::take(&mut ctx.branches);
    for branch in before {
        let bare = branch.dst_uri.is_none()
            && branch.path.is_none()
            && branch.send_socket.is_none()
            && branch.ruid.is_none()
            && branch.flags == 0;
        match branch.uri.filter(|_| bare).map(|uri| targets(ctx, args, Some(uri))) {
            Some(Ok(targets)) => append(ctx, &targets.branches),
            _ => append(ctx, &[branch]),
        }
    }
    append(ctx, &found);
    ret
}

fn set_main<'m>(ctx: &mut Ctx<'m>, branches: &[Branch<'m>]) {
    let Some((first, others)) = branches.split_first() else { return };
    ctx.main = *first;
    append(ctx, others);
}

fn append<'m>(ctx: &mut Ctx<'m>, branches: &[Branch<'m>]) {
    for branch in branches {
        if ctx.branches.len() >= ctx.max_further_branches() {
            return log::core(Level::Err, format_args!("max nr of branches exceeded"));
        }
        ctx.branches.push(*branch);
    }
}

fn targets<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], uri: Option<&'m [u8]>) -> Result<Targets<'m>, Ret> {
    let (Some(state), Some(domain)) = (STATE.get(ctx), domain_of(args)) else { return Err(BAD_URI) };
    let uri = uri.unwrap_or_else(|| ctx.ruri());
    let targets = find(ctx, state, domain, uri)?;
    if targets.branches.is_empty() {
        return Err(if targets.wrong_method { NO_METHOD } else { NOT_FOUND });
    }
    if let Some(name) = &state.xavp_rcd {
        let Targets { branches, records, wrong_method } = targets;
        xavp::publish(ctx, name, records);
        return Ok(Targets { branches, records: Vec::new(), wrong_method });
    }
    Ok(targets)
}

fn find<'m>(ctx: &mut Ctx<'m>, state: &'m State, domain: &Domain, uri: &'m [u8]) -> Result<Targets<'m>, Ret> {
    let bad = |_| {
        log::core(Level::Err, format_args!("lookup: '{}' names no user", uri.escape_ascii()));
        BAD_URI
    };
    let parsed = Uri::parse(uri).map_err(|_| bad(()))?;
    let filter = filter(ctx, state);
    let (only, hash) = match parsed.gr() {
        Some(b"") => match temporary_gruu(parsed.user) {
            Some((ruid, hash)) => (Only::Ruid(ruid), Some(hash)),
            None => return Err(bad(())),
        },
        Some(urn) => (Only::Instance(urn), None),
        None => (Only::All, None),
    };
    let arena = ctx.arena;
    let mut targets = Targets { branches: ArenaVec::new_in(arena), records: Vec::new(), wrong_method: false };
    let aor = match hash {
        Some(hash) => {
            let Only::Ruid(ruid) = only else { return Err(NOT_FOUND) };
            domain.find_ruid(hash, ruid, |aor, _| ctx.keep(aor)).ok_or(NOT_FOUND)?
        }
        None => aor::of_parsed(state, arena, &parsed).map_err(|_| bad(()))?,
    };
    let one_is_enough = state.append_branches.get() == 0;
    let lost = |contact: &Contact| {
        filter.lost_tcp && contact.conn().is_some_and(|id| ctx.engine().tcp.get(id).is_none())
    };
    domain.read(aor, |record: Option<&Record>| {
        let contacts = record.map_or(&[][..], |record| &record.contacts);
        for contact in contacts.iter().filter(|c| filter.expired || c.is_valid(filter.now)) {
            if !only.admits(contact) || lost(contact) {
                continue;
            }
            if filter.method.is_some_and(|bit| contact.methods() & bit == 0) {
                targets.wrong_method = true;
                continue;
            }
            if filter.flags.is_some_and(|flags| contact.cflags & flags == 0) {
                continue;
            }
            targets.branches.push(branch(arena, contact));
            // Only the first contact is shown (captured).
            if state.xavp_rcd.is_some() && targets.records.is_empty() {
                targets.records.push(xavp::record(contact, state.xavp_rcd_mask));
            }
            if one_is_enough {
                break;
            }
        }
    });
    if state.path_check_local {
        targets.branches.iter_mut().for_each(|branch| skip_own_hop(ctx, branch));
    }
    Ok(targets)
}

fn filter(ctx: &Ctx<'_>, state: &State) -> Filter {
    // Only requests that begin a dialog or stand alone are filtered by method.
    let initial = ctx.msg.is_request() && ctx.msg.to().tag.is_none();
    let flags = state.filter_flags.then(|| xavp::number(ctx, state, b"rlf_bflags")).flatten();
    Filter {
        now: usrloc::now(),
        expired: state.use_expired_contacts.get() != 0,
        method: (state.method_filtering && initial).then(|| method_bit(ctx.msg.method())),
        flags: flags.map(|n| n as u32),
        lost_tcp: state.filter_lost_tcp,
    }
}

/// Takes the user of a temporary GRUU apart: our id, a dash, the hash of the address with its least hexadecimal
/// digit first.
fn temporary_gruu(user: &[u8]) -> Option<(&[u8], u32)> {
    let dash = memchr::memrchr(b'-', user)?;
    let digits = &user[dash + 1..];
    if digits.is_empty() || digits.len() > 8 {
        return None;
    }
    let hash = digits
        .iter()
        .rev()
        .try_fold(0u32, |hash, digit| char::from(*digit).to_digit(16).map(|value| hash << 4 | value))?;
    Some((&user[..dash], hash))
}

/// A copy of what a contact says, for this run.
fn branch<'m>(arena: &'m Bump, contact: &Contact) -> Branch<'m> {
    let keep = |bytes: &[u8]| -> &'m [u8] { arena.alloc_slice_copy(bytes) };
    let some = |bytes: &[u8]| (!bytes.is_empty()).then(|| keep(bytes));
    let path = some(contact.path());
    let dst_uri = match path {
        Some(vector) => path::first_route(vector).map(|(uri, _)| uri),
        None => some(contact.received()),
    };
    Branch {
        uri: Some(keep(contact.uri())),
        dst_uri,
        path,
        q: contact.q(),
        flags: contact.cflags,
        send_socket: contact.socket(),
        instance: some(contact.instance()),
        ruid: some(contact.ruid()),
        user_agent: some(contact.user_agent()),
        reg_id: contact.reg_id(),
        connection: contact.conn().map(|c| c.0),
    }
}

/// `path_check_local`: when the first hop of a path is this server, the message need not be sent to itself.
fn skip_own_hop<'m>(ctx: &Ctx<'m>, branch: &mut Branch<'m>) {
    let Some(vector) = branch.path else { return };
    let Some((uri, rest)) = path::first_route(vector) else { return };
    let ours = Uri::parse(uri)
        .is_ok_and(|uri| ctx.engine().identity.is_myself(uri.host, Some(uri.port_or_default()), None));
    if ours {
        branch.path = (!rest.is_empty()).then_some(rest);
        branch.dst_uri = path::first_route(rest).map(|(uri, _)| uri);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_temporary_gruu_names_its_contact() {
        let (ruid, hash) = temporary_gruu(b"uloc-6b049dd1-3f62-1-3c33e6").unwrap();
        assert_eq!((ruid, hash), (&b"uloc-6b049dd1-3f62-1"[..], 7_222_211));
        assert!(temporary_gruu(b"bob").is_none());
        assert!(temporary_gruu(b"a-xyz").is_none());
        assert!(temporary_gruu(b"a-123456789").is_none());
    }
}
