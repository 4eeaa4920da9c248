//! From the header to a verdict. auth_db looks the user's HA1 up between [`Found::find`] and [`verify`].

use kamjit_engine::{Ctx, Ret};
use kamjit_sip::{
    HeaderKind, Method,
    digest::{Credentials, Hash},
    edit::ReplyPart,
    text::eq_nocase,
};

use super::{STATE, nonce::Judgement};

/// The verdict on a request, with the codes that scripts test (README.auth section 4.6, README.auth_db section 4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Authenticated, or a request that cannot be challenged.
    Good,
    /// Malformed, or something failed.
    Error,
    /// The hash is wrong.
    WrongPassword,
    /// There is no such user.
    UnknownUser,
    /// The nonce is too old.
    Stale,
    /// There are no credentials for the realm.
    NoCredentials,
    /// The nonce was used already.
    Reused,
    /// The user may not use this identity.
    WrongUser,
}

impl From<Verdict> for Ret {
    fn from(verdict: Verdict) -> Ret {
        Ret(match verdict {
            Verdict::Good => 1,
            Verdict::Error => -1,
            Verdict::WrongPassword => -2,
            Verdict::UnknownUser => -3,
            Verdict::Stale => -4,
            Verdict::NoCredentials => -5,
            Verdict::Reused => -6,
            Verdict::WrongUser => -8,
        })
    }
}

/// Credentials for a realm, with a nonce that may be used.
#[derive(Clone, Copy)]
pub struct Found<'m> {
    /// The credentials.
    pub credentials: Credentials<'m>,
    /// Where their header begins, for `consume_credentials()`.
    offset: usize,
}

/// The header whose credentials were accepted.
#[derive(Default)]
pub(super) struct Accepted {
    pub(super) offset: Option<usize>,
}

/// The header that a request authenticates with: REGISTER with `Authorization`, others with `Proxy-Authorization`.
pub fn header_of(ctx: &Ctx<'_>) -> HeaderKind {
    if ctx.msg.method() == Method::REGISTER {
        HeaderKind::Authorization
    } else {
        HeaderKind::ProxyAuthorization
    }
}

/// The header of some kind with credentials for a realm; the realm of the header counts without `realm_prefix`.
pub(super) fn credentials<'m>(
    ctx: &Ctx<'m>,
    kind: HeaderKind,
    realm: &[u8],
) -> Option<(Credentials<'m>, usize)> {
    let state = STATE.get(ctx)?;
    ctx.msg.headers_of(kind).find_map(|header| {
        let credentials = Credentials::parse(header.value)?;
        let fits = eq_nocase(state.strip(credentials.realm), state.strip(realm));
        fits.then_some((credentials, header.offset as usize))
    })
}

impl<'m> Found<'m> {
    /// Looks for credentials and judges their nonce.
    ///
    /// # Errors
    /// The verdict, if it is clear without the password. `Good` for ACK and CANCEL, which cannot be challenged.
    pub fn find(ctx: &mut Ctx<'m>, kind: HeaderKind, realm: &[u8]) -> Result<Found<'m>, Verdict> {
        if matches!(ctx.msg.method(), Method::ACK | Method::CANCEL) {
            return Err(Verdict::Good);
        }
        let (credentials, offset) = credentials(ctx, kind, realm).ok_or(Verdict::NoCredentials)?;
        let state = STATE.get(ctx).ok_or(Verdict::Error)?;
        if !credentials.is_complete() || credentials.response.len() != state.algorithm.hex_len() {
            return Err(Verdict::Error);
        }
        match state.nonces.judge(ctx, credentials.nonce, credentials.nc) {
            Judgement::Good => Ok(Found { credentials, offset }),
            Judgement::Foreign | Judgement::BadCount => Err(Verdict::Error),
            Judgement::Stale => Err(Verdict::Stale),
            Judgement::Reused => Err(Verdict::Reused),
        }
    }
}

/// Whether the client knows the password that HA1 (in hex) was made of. Then the credentials are accepted:
/// `consume_credentials()` takes them out, and `add_authinfo_hdr` adds the server's own proof to the reply.
pub fn verify(ctx: &mut Ctx<'_>, found: &Found<'_>, ha1: &[u8], method: &[u8]) -> Verdict {
    let Some(state) = STATE.get(ctx) else { return Verdict::Error };
    let credentials = &found.credentials;
    let expected = credentials.expected(state.algorithm, ha1, method, ctx.msg.body());
    if !expected.is(credentials.response) {
        return Verdict::WrongPassword;
    }
    ctx.ext.or_default::<Accepted>().offset = Some(found.offset);
    if state.adds_info {
        let proof = credentials.expected(state.algorithm, ha1, b"", ctx.msg.body());
        add_info(ctx, credentials, &proof);
    }
    Verdict::Good
}

/// `Authentication-Info` for the reply (RFC 2617 section 3.2.3; order: captured).
fn add_info(ctx: &mut Ctx<'_>, credentials: &Credentials<'_>, proof: &Hash) {
    let Some(state) = STATE.get(ctx) else { return };
    let next = if state.nonces.once() {
        state.nonces.make(ctx)
    } else {
        String::from_utf8_lossy(credentials.nonce).into_owned()
    };
    let line = [
        b"Authentication-Info: nextnonce=\"",
        next.as_bytes(),
        b"\", qop=",
        credentials.qop,
        b", rspauth=\"",
        proof.as_bytes(),
        b"\", cnonce=\"",
        credentials.cnonce,
        b"\", nc=",
        credentials.nc,
        b"\r\n",
    ]
    .concat();
    ctx.edits.add_to_replies(ReplyPart::Header, &line);
}

/// Whether the user of the credentials is the user of a URI; with `domain` its domain must be the realm, too.
pub fn user_matches(ctx: &Ctx<'_>, credentials: &Credentials<'_>, uri: &[u8], domain: bool) -> bool {
    let Ok(uri) = kamjit_sip::Uri::parse(uri) else { return false };
    let (user, of_user) = credentials.user();
    if uri.user != user {
        return false;
    }
    let Some(state) = STATE.get(ctx) else { return false };
    let host = state.strip(uri.host);
    !domain || eq_nocase(host, of_user.unwrap_or_else(|| state.strip(credentials.realm)))
}
