//! Digest credentials: `$au $aU $ar $ad $an...`, from Proxy-Authorization or Authorization.

use kamjit_engine::{
    Ctx, Val,
    pv::{PvDef, read_only},
};
use kamjit_sip::{HeaderKind, Params, text::eq_nocase};

pub(super) const PVS: &[PvDef] = &[
    read_only("au", |ctx, _| user(ctx)),
    read_only("aU", |ctx, _| optional(ctx, b"username")),
    read_only("ar", |ctx, _| required(ctx, b"realm")),
    read_only("ad", |ctx, _| domain(ctx)),
    read_only("adu", |ctx, _| required(ctx, b"uri")),
    read_only("aa", |ctx, _| optional(ctx, b"algorithm")),
    read_only("adn", |ctx, _| optional(ctx, b"nonce")),
    read_only("adc", |ctx, _| optional(ctx, b"cnonce")),
    read_only("ado", |ctx, _| optional(ctx, b"opaque")),
    read_only("adr", |ctx, _| optional(ctx, b"response")),
];

/// The parameters of the credentials, if the scheme is Digest. ACK and CANCEL carry none that count.
fn digest<'m>(ctx: &Ctx<'m>) -> Option<Params<'m>> {
    use kamjit_sip::Method;
    if !ctx.msg.is_request() || matches!(ctx.msg.method(), Method::ACK | Method::CANCEL) {
        return None;
    }
    let value =
        ctx.msg.value(HeaderKind::ProxyAuthorization).or_else(|| ctx.msg.value(HeaderKind::Authorization))?;
    let (scheme, rest) = value.split_at_checked(7)?;
    eq_nocase(scheme, b"Digest ").then(|| Params::with_separator(rest, b','))
}

fn find<'m>(ctx: &Ctx<'m>, name: &[u8]) -> Option<&'m [u8]> {
    digest(ctx)?.get(name).map(|param| param.unquoted())
}

fn required<'m>(ctx: &Ctx<'m>, name: &[u8]) -> Val<'m> {
    Val::opt(find(ctx, name))
}

/// Empty where the credentials lack it, undefined without credentials (captured).
fn optional<'m>(ctx: &Ctx<'m>, name: &[u8]) -> Val<'m> {
    match digest(ctx) {
        Some(all) => Val::Str(all.get(name).map(|param| param.unquoted()).unwrap_or_default()),
        None => Val::Null,
    }
}

/// The user name; empty where the credentials lack it (captured).
fn name<'m>(ctx: &Ctx<'m>) -> Option<&'m [u8]> {
    digest(ctx).map(|all| all.get(b"username").map(|param| param.unquoted()).unwrap_or_default())
}

/// The user name without its domain.
fn user<'m>(ctx: &Ctx<'m>) -> Val<'m> {
    Val::opt(name(ctx).map(|name| memchr::memchr(b'@', name).map_or(name, |at| &name[..at])))
}

/// The domain of the user name; empty if it has none.
fn domain<'m>(ctx: &Ctx<'m>) -> Val<'m> {
    Val::opt(name(ctx).map(|name| memchr::memchr(b'@', name).map_or(&b""[..], |at| &name[at + 1..])))
}
