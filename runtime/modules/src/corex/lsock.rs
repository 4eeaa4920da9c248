//! `$lsock(expr)`: what is known of a listen socket. The expression is `match/value/field`: `n` matches the name, `l`
//! the address that is listened on, `a` the advertised one; fields are `listen`, `name`, `advertise`.

use kamjit_catalog::HostError;
use kamjit_engine::{
    Ctx, Val,
    core::sending::SocketSpec,
    identity::SocketName,
    module::Prepare,
    pv::{Format, Inner, PvName},
};

/// The expression, in which variables may stand.
pub(super) fn parse(prepare: &mut Prepare<'_>, text: &[u8]) -> Result<Inner, HostError> {
    Ok(Inner::Digested(Box::new(prepare.format(text)?)))
}

/// Captured: an expression that is not understood cannot be read, a socket that is not there is undefined.
pub(super) fn get<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let Some(format) = name.digested::<Format>() else { return Val::Null };
    let expression = format.render(ctx);
    let mut parts = expression.splitn(3, |&b| b == b'/');
    let (Some(by), Some(value), Some(field)) = (parts.next(), parts.next(), parts.next()) else {
        return ctx.unreadable();
    };
    if !matches!(by, b"n" | b"l" | b"a") || !matches!(field, b"listen" | b"name" | b"advertise") {
        return ctx.unreadable();
    }
    let Some(socket) = find(ctx, by, value) else { return Val::Null };
    match field {
        b"listen" => Val::Str(address(ctx, socket, &socket.address, socket.bound_port)),
        b"name" if !socket.name.is_empty() => Val::Str(&socket.name),
        b"advertise" if *socket.host != *socket.address || socket.port != socket.bound_port => {
            Val::Str(address(ctx, socket, &socket.host, socket.port))
        }
        _ => ctx.unreadable(),
    }
}

fn find<'m>(ctx: &Ctx<'m>, by: &[u8], value: &[u8]) -> Option<&'m SocketName> {
    let mut all = ctx.engine().sockets.infos().iter().filter_map(|s| ctx.engine().identity.socket(s.id));
    if by == b"n" {
        return all.find(|socket| *socket.name == *value && !value.is_empty());
    }
    let wanted = SocketSpec::parse(value)?;
    all.find(|socket| {
        let (host, port) =
            if by == b"l" { (&socket.address, socket.bound_port) } else { (&socket.host, socket.port) };
        **host == *wanted.host
            && wanted.port.is_none_or(|p| p == port)
            && wanted.proto.is_none_or(|p| p == socket.proto)
    })
}

fn address<'m>(ctx: &Ctx<'m>, socket: &SocketName, host: &[u8], port: u16) -> &'m [u8] {
    ctx.format(format_args!("{}:{}:{port}", socket.proto, host.escape_ascii()))
}
