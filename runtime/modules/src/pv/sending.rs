//! What `onsend_route` is about: `$snd(...)`, `$sndto(...)` (the target) and `$sndfrom(...)` (our socket). Undefined in
//! other routes (captured).

use std::net::SocketAddr;

use kamjit_catalog::{HostError, InnerName};
use kamjit_engine::{
    Ctx, Val,
    module::Prepare,
    onsend::Sending,
    pv::{Inner, PvDef, PvName, named},
};

pub(super) const PVS: &[PvDef] = &[
    named("snd", InnerName::Static, |ctx, name| read(ctx, name, |s| s.dest.addr), Some(parse)),
    named("sndto", InnerName::Static, |ctx, name| read(ctx, name, |s| s.dest.addr), Some(parse)),
    named("sndfrom", InnerName::Static, |ctx, name| read(ctx, name, |s| s.from), Some(parse)),
];

/// Which part of it.
#[derive(Clone, Copy)]
enum Part {
    Ip,
    Port,
    Proto,
    ProtoName,
    Family,
    Bytes,
    Length,
}

fn parse(_: &mut Prepare<'_>, name: &[u8]) -> Result<Inner, HostError> {
    let part = match name {
        b"ip" => Part::Ip,
        b"port" => Part::Port,
        b"proto" => Part::Proto,
        b"sproto" => Part::ProtoName,
        b"af" => Part::Family,
        b"buf" => Part::Bytes,
        b"len" => Part::Length,
        _ => {
            let name = name.escape_ascii();
            return Err(HostError::new(format!(
                "'{name}' is no part of it: it is one of ip, port, proto, sproto, af, buf, len"
            )));
        }
    };
    Ok(Inner::Digested(Box::new(part)))
}

fn read<'m>(ctx: &mut Ctx<'m>, name: &'m PvName, address: fn(&Sending<'m>) -> SocketAddr) -> Val<'m> {
    let Some(sending) = ctx.sending().copied() else { return Val::Null };
    let address = address(&sending);
    match name.digested::<Part>() {
        Some(Part::Ip) => Val::Str(ctx.format(format_args!("{}", address.ip()))),
        Some(Part::Port) => Val::Int(i64::from(address.port())),
        Some(Part::Proto) => Val::Int(sending.dest.proto as i64),
        Some(Part::ProtoName) => Val::Str(sending.dest.proto.name().as_bytes()),
        Some(Part::Family) if address.is_ipv4() => Val::Int(i64::from(libc::AF_INET)),
        Some(Part::Family) => Val::Int(i64::from(libc::AF_INET6)),
        Some(Part::Bytes) => Val::Str(sending.bytes),
        Some(Part::Length) => Val::Int(sending.bytes.len() as i64),
        None => Val::Null,
    }
}
