//! Via: `$via0(host)` the topmost, `$via1(...)` the second, `$viaZ(...)` the last; `$rpl(duri)`.

use kamjit_catalog::{HostError, InnerName};
use kamjit_engine::{
    Ctx, Val,
    module::Prepare,
    pv::{Inner, PvDef, PvName, named},
};
use kamjit_sip::Via;

pub(super) const PVS: &[PvDef] = &[
    named("via0", InnerName::Static, |ctx, name| read(ctx.msg.via(0), name), Some(parse)),
    named("via1", InnerName::Static, |ctx, name| read(ctx.msg.via(1), name), Some(parse)),
    named("viaZ", InnerName::Static, |ctx, name| read(ctx.msg.vias().last(), name), Some(parse)),
    named("rpl", InnerName::Static, reply, Some(parse_reply)),
];

type Read = for<'m> fn(&'m Via<'m>) -> Val<'m>;

fn parse(_: &mut Prepare<'_>, name: &[u8]) -> Result<Inner, HostError> {
    let read: Read = match name {
        b"host" => |via| Val::Str(via.host),
        b"port" => |via| Val::Int(i64::from(via.port_or_default())),
        b"proto" => |via| Val::Str(via.proto_raw),
        b"protoid" => |via| Val::Int(via.proto.map_or(0, |proto| proto as i64)),
        b"branch" => |via| Val::opt(via.branch),
        b"rport" => |via| Val::opt(via.rport.and_then(|p| p.value)),
        b"received" => |via| Val::opt(via.received),
        b"i" => |via| Val::opt(via.i),
        b"oc" | b"alias" => |via| Val::opt(via.alias.and_then(|p| p.value)),
        _ => return Err(HostError::new(format!("a Via has no '{}'", name.escape_ascii()))),
    };
    Ok(Inner::Digested(Box::new(read)))
}

fn read<'m>(via: Option<&'m Via<'m>>, name: &'m PvName) -> Val<'m> {
    match (via, name.digested::<Read>()) {
        (Some(via), Some(read)) => read(via),
        _ => Val::Null,
    }
}

fn parse_reply(_: &mut Prepare<'_>, name: &[u8]) -> Result<Inner, HostError> {
    match name {
        b"duri" => Ok(Inner::None),
        _ => Err(HostError::new(format!("$rpl has no part '{}'", name.escape_ascii()))),
    }
}

fn reply<'m>(ctx: &mut Ctx<'m>, _: &'m PvName) -> Val<'m> {
    if ctx.msg.is_request() { Val::Null } else { Val::opt(super::uri::reply_uri(ctx)) }
}
