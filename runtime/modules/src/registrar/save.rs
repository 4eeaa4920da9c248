//! `save()`.

use kamjit_engine::{Arg, Ctx, Ret, catalog::Routes};
use kamjit_sip::{HeaderKind, Uri};

use super::{
    STATE, State,
    aor::{self, BadAor},
    domain_of,
    fields::has_option,
    register::{self, Asked, flags},
    reply::{self, Gruu, Refusal},
    store::{self, Done},
    xavp,
};
use crate::usrloc::{self, Domain};

/// `save(table[, flags[, uri]])`.
pub(super) fn save<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let (Some(state), Some(domain)) = (STATE.get(ctx), domain_of(args)) else { return Ret::FALSE };
    let save_flags = match args.get(1) {
        Some(Arg::Int(n)) => *n,
        _ => 0,
    };
    let uri = match args.get(2) {
        Some(arg) => arg.text(ctx),
        None => ctx.msg.to().uri,
    };
    let mut contacts = store::list(ctx.arena);
    let done = register(ctx, state, domain, uri, save_flags, &mut contacts);
    let silent = save_flags & flags::NO_REPLY != 0;
    if !ctx.routes.meets(Routes::ONREPLY) {
        let mut prepared = reply::prepare(ctx, state, done.err(), &contacts);
        if silent {
            if done.is_ok() && save_flags & flags::PREPARE != 0 {
                reply::add_headers(ctx, &mut prepared);
            }
            reply::keep(ctx, prepared);
        } else {
            reply::send(ctx, prepared);
        }
    }
    match done {
        Ok(done) => Ret(done as i32),
        Err(refusal) => refusal.ret(),
    }
}

/// Does what the request asks and writes the contacts that are registered then.
fn register<'m>(
    ctx: &mut Ctx<'m>,
    state: &'m State,
    domain: &Domain,
    uri: &'m [u8],
    save_flags: i64,
    contacts: &mut bumpalo::collections::Vec<'m, u8>,
) -> Result<Done, Refusal> {
    let refuse = |refusal: Refusal, aor: &[u8]| {
        refusal.log(aor);
        refusal
    };
    let asked = register::asked(ctx, state).map_err(|r| refuse(r, uri))?;
    register::check_outbound(ctx, state).map_err(|r| refuse(r, uri))?;
    let parsed = Uri::parse(uri).map_err(|_| refuse(Refusal::Quiet, uri))?;
    let aor = aor::of_parsed(state, ctx.arena, &parsed).map_err(|bad| {
        refuse(if bad == BadAor::TooLong { Refusal::AorTooLong } else { Refusal::AorEscape }, uri)
    })?;
    let now = usrloc::now();
    let gruu = (state.gruu && has_option(ctx.msg, HeaderKind::Supported, b"gruu"))
        .then_some(Gruu { user: parsed.user, host: parsed.host });
    let max_contacts = xavp::number(ctx, state, b"max_contacts").unwrap_or(state.max_contacts.get());
    let wanted = match &asked {
        Asked::Some(list) => Some(register::digest(ctx, state, list, save_flags, now)),
        Asked::Nothing | Asked::Star => None,
    };
    let hooked = state.usrloc.is_hooked();
    let (done, changes) = domain.edit(aor, hooked, |record, changes| {
        let done = match (asked, wanted) {
            (Asked::Nothing, _) => Ok(Done::Listed),
            (Asked::Star, _) => {
                store::clear(record, changes);
                Ok(Done::Deleted)
            }
            (Asked::Some(_), Some(Ok(wanted))) => {
                store::apply(state, record, changes, &wanted, max_contacts, save_flags, now)
            }
            (Asked::Some(_), Some(Err(refusal))) => Err(refusal),
            (Asked::Some(_), None) => Err(Refusal::CannotStore),
        };
        reply::put_contacts(contacts, state, record, now, gruu.as_ref());
        done
    });
    if hooked {
        state.usrloc.announce(domain, aor, &changes);
    }
    done.map_err(|r| refuse(r, aor))
}
