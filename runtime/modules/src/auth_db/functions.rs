//! `auth_check()`, `www_authenticate()`, `proxy_authenticate()`, `is_subscriber()`.

use kamjit_engine::{Arg, Ctx, Ret};
use kamjit_sip::{HeaderKind, Method};

use super::{
    STATE, State,
    lookup::{self, Row},
};
use crate::auth::{self, Found, Verdict, header_of, user_matches, verify};

/// Flags of `auth_check()` (README.auth_db section 4.5).
mod flags {
    /// The user must be the one of From (and To, and the request URI).
    pub(super) const OWN_IDENTITY: i64 = 1;
    /// Except in requests that come with anonymous callers.
    pub(super) const MAY_BE_ANONYMOUS: i64 = 2;
}

/// Flags of `is_subscriber()` (README.auth_db section 4.6).
mod subscriber {
    pub(super) const USE_DOMAIN: i64 = 1;
    pub(super) const LOAD_NOTHING: i64 = 2;
}

/// `www_authenticate(realm, table [, method])`.
pub(super) fn www<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    by_table(ctx, args, HeaderKind::Authorization)
}

/// `proxy_authenticate(realm, table)`.
pub(super) fn proxy<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    by_table(ctx, args, HeaderKind::ProxyAuthorization)
}

fn by_table<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], kind: HeaderKind) -> Ret {
    let [realm, table, rest @ ..] = args else { return Verdict::Error.into() };
    let (realm, table) = (realm.text(ctx), table.text(ctx));
    let method = rest.first().map(|arg| arg.text(ctx));
    authenticate(ctx, kind, realm, table, method).1.into()
}

/// `auth_check(realm, table, flags)`.
pub(super) fn check<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let [realm, table, flags] = args else { return Verdict::Error.into() };
    let (realm, table, flags) = (realm.text(ctx), table.text(ctx), flags.int(ctx));
    let kind = header_of(ctx);
    let (found, verdict) = authenticate(ctx, kind, realm, table, None);
    match found {
        Some(found)
            if verdict == Verdict::Good
                && flags & flags::OWN_IDENTITY != 0
                && !is_own_identity(ctx, &found, flags) =>
        {
            Verdict::WrongUser.into()
        }
        _ => verdict.into(),
    }
}

fn is_own_identity(ctx: &Ctx<'_>, found: &Found<'_>, flags: i64) -> bool {
    let use_domain = STATE.get(ctx).is_some_and(|state| state.use_domain);
    let own = |uri: &[u8]| user_matches(ctx, &found.credentials, uri, use_domain);
    let method = ctx.msg.method();
    let anonymous = [Method::INVITE, Method::BYE, Method::PRACK, Method::UPDATE, Method::MESSAGE];
    if flags & flags::MAY_BE_ANONYMOUS != 0 && anonymous.contains(&method) {
        return true;
    }
    let from = ctx.msg.from().map(|from| from.uri).unwrap_or_default();
    match method {
        Method::REGISTER => own(from) && own(ctx.msg.to().uri),
        Method::PUBLISH => own(from) && own(ctx.msg.to().uri) && own(ctx.ruri()),
        _ => own(from),
    }
}

fn authenticate<'m>(
    ctx: &mut Ctx<'m>,
    kind: HeaderKind,
    realm: &'m [u8],
    table: &'m [u8],
    method: Option<&'m [u8]>,
) -> (Option<Found<'m>>, Verdict) {
    let Some(state) = STATE.get(ctx) else { return (None, Verdict::Error) };
    let Ok(table) = std::str::from_utf8(table) else { return (None, Verdict::Error) };
    if realm.is_empty() || table.is_empty() {
        return (None, Verdict::Error);
    }
    let found = match Found::find(ctx, kind, realm) {
        Ok(found) => found,
        Err(verdict) => return (None, verdict),
    };
    (Some(found), against_table(ctx, state, &found, realm, table, method))
}

fn against_table<'m>(
    ctx: &mut Ctx<'m>,
    state: &'m State,
    found: &Found<'m>,
    realm: &'m [u8],
    table: &str,
    method: Option<&'m [u8]>,
) -> Verdict {
    let (user, of_user) = found.credentials.user();
    // HA1 covers the user name as the client wrote it, so a name with a domain needs the other column.
    let password = match of_user {
        Some(_) if !state.plain => &state.password_column_2,
        _ => &state.password_column,
    };
    let stripped = auth::STATE.get(ctx).map_or(realm, |auth| auth.strip(realm));
    let domain = state.use_domain.then(|| of_user.unwrap_or(stripped));
    let row = match lookup::user(ctx, state, table, user, domain, Some(password)) {
        Row::User(row) => row,
        Row::Unknown => return Verdict::UnknownUser,
        Row::Failed => return Verdict::Error,
    };
    let Some((stored, values)) = row.split_first() else { return Verdict::Error };
    let Some(ha1) = lookup::ha1(ctx, state, &found.credentials, realm, stored) else {
        return Verdict::Error;
    };
    let method = method.unwrap_or_else(|| ctx.msg.method_raw());
    let verdict = verify(ctx, found, &ha1, method);
    if verdict == Verdict::Good || state.load_always {
        lookup::load(ctx, state, values);
    }
    verdict
}

/// `is_subscriber(uri, table, flags)`.
pub(super) fn is_subscriber<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let [uri, table, flags] = args else { return Ret::FALSE };
    let (uri, table, flags) = (uri.text(ctx), table.text(ctx), flags.int(ctx));
    let Some(state) = STATE.get(ctx) else { return Ret::FALSE };
    let (Some(uri), Ok(table)) = (ctx.uri(uri), std::str::from_utf8(table)) else { return Ret::FALSE };
    if uri.user.is_empty() || table.is_empty() {
        return Ret::FALSE;
    }
    let domain = (flags & subscriber::USE_DOMAIN != 0).then_some(uri.host);
    match lookup::user(ctx, state, table, uri.user, domain, None) {
        Row::User(values) => {
            if flags & subscriber::LOAD_NOTHING == 0 && !state.load.is_empty() {
                lookup::load(ctx, state, &values);
            }
            Ret::TRUE
        }
        // Captured.
        Row::Unknown => Ret(-2),
        Row::Failed => Ret::FALSE,
    }
}
