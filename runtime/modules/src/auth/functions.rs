//! Functions whose password comes from the script: `pv_www_authenticate()` and its kin, and what is done with credentials.

use kamjit_engine::{Arg, Ctx, Ret};
use kamjit_sip::{HeaderKind, Method, digest};

use super::{
    STATE,
    check::{Accepted, Found, Verdict, credentials, header_of, user_matches, verify},
};

/// Flag of the functions: the password is HA1.
const IS_HA1: i64 = 1;

/// `consume_credentials()`.
pub(super) fn consume<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    let offset = ctx.ext.or_default::<Accepted>().offset;
    let header = ctx.msg.headers().iter().find(|header| Some(header.offset as usize) == offset);
    let Some(header) = header else { return Ret::FALSE };
    ctx.edits.remove_header(header);
    Ret::TRUE
}

/// `has_credentials(realm)`.
pub(super) fn has<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(realm) = args.first().map(|arg| arg.text(ctx)) else { return Ret::FALSE };
    let kinds = [HeaderKind::ProxyAuthorization, HeaderKind::Authorization];
    Ret::from(kinds.into_iter().any(|kind| credentials(ctx, kind, realm).is_some()))
}

/// `pv_www_authenticate(realm, passwd, flags [, method])`.
pub(super) fn www<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    authenticate(ctx, args, HeaderKind::Authorization).1.into()
}

/// `pv_proxy_authenticate(realm, passwd, flags)`.
pub(super) fn proxy<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    authenticate(ctx, args, HeaderKind::ProxyAuthorization).1.into()
}

/// `pv_auth_check(realm, passwd, flags, checks)`.
pub(super) fn check<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let [_, _, _, checks] = args else { return Verdict::Error.into() };
    let checks = checks.int(ctx);
    let kind = header_of(ctx);
    let (found, verdict) = authenticate(ctx, &args[..3], kind);
    match found {
        Some(found) if verdict == Verdict::Good && checks != 0 && !is_own(ctx, &found) => {
            Verdict::WrongUser.into()
        }
        _ => verdict.into(),
    }
}

/// The user calls as himself, or registers himself by himself (captured: From and To are both looked at).
fn is_own(ctx: &Ctx<'_>, found: &Found<'_>) -> bool {
    let domain = STATE.get(ctx).is_some_and(|state| state.use_domain);
    let from = ctx.msg.from().map(|from| from.uri).unwrap_or_default();
    let registers = matches!(ctx.msg.method(), Method::REGISTER | Method::PUBLISH);
    user_matches(ctx, &found.credentials, from, domain)
        && (!registers || user_matches(ctx, &found.credentials, ctx.msg.to().uri, domain))
}

fn authenticate<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], kind: HeaderKind) -> (Option<Found<'m>>, Verdict) {
    let [realm, password, flags, rest @ ..] = args else { return (None, Verdict::Error) };
    let (realm, password, flags) = (realm.text(ctx), password.text(ctx), flags.int(ctx));
    let method = rest.first().map(|arg| arg.text(ctx));
    if realm.is_empty() || password.is_empty() {
        return (None, Verdict::Error);
    }
    let found = match Found::find(ctx, kind, realm) {
        Ok(found) => found,
        Err(verdict) => return (None, verdict),
    };
    let method = method.unwrap_or_else(|| ctx.msg.method_raw());
    let verdict = if flags & IS_HA1 != 0 {
        verify(ctx, &found, password, method)
    } else {
        let Some(state) = STATE.get(ctx) else { return (None, Verdict::Error) };
        let own = digest::ha1(state.algorithm, found.credentials.username, realm, password);
        verify(ctx, &found, own.as_bytes(), method)
    };
    (Some(found), verdict)
}
