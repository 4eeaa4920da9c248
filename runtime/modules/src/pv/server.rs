//! The server itself and what only some routes have: `$version(...)`, `$ksr(...)`, `$pp`, `$err...`,
//! `$msgbuf(...)`.

use kamjit_catalog::{Generation, HostError, InnerName};
use kamjit_engine::{
    Ctx, Val,
    module::Prepare,
    pv::{Inner, PvDef, PvName, named, read_only},
};

pub(super) const PVS: &[PvDef] = &[
    read_only("pp", |_, _| Val::Int(i64::from(std::process::id()))),
    named("version", InnerName::Static, version, Some(parse_version)),
    named("ksr", InnerName::Static, version, Some(parse_ksr)),
    read_only("err.class", |_, _| Val::Null),
    read_only("err.level", |_, _| Val::Null),
    read_only("err.info", |_, _| Val::Null),
    read_only("err.rcode", |_, _| Val::Null),
    read_only("err.rreason", |_, _| Val::Null),
];

/// Which text of the version.
#[derive(Clone, Copy)]
enum Version {
    Number,
    Full,
    Hash,
}

fn parse_version(_: &mut Prepare<'_>, name: &[u8]) -> Result<Inner, HostError> {
    let which = match name {
        b"num" => Version::Number,
        b"full" => Version::Full,
        b"hash" => Version::Hash,
        _ => return Err(HostError::new(format!("there is no '{}' of the version", name.escape_ascii()))),
    };
    Ok(Inner::Digested(Box::new(which)))
}

fn parse_ksr(prepare: &mut Prepare<'_>, name: &[u8]) -> Result<Inner, HostError> {
    match name {
        b"ver" => parse_version(prepare, b"num"),
        _ => Err(HostError::new(format!("$ksr has no part '{}'", name.escape_ascii()))),
    }
}

/// Configurations compare the version of Kamailio, so it is the generation's.
fn version<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let number = match ctx.generation() {
        Generation::V5_6 => "5.6.3",
        Generation::V6 => "6.2.0",
    };
    match name.digested::<Version>() {
        Some(Version::Number) => Val::Str(number.as_bytes()),
        Some(Version::Full) => Val::Str(ctx.format(format_args!("kamailio {number} (x86_64/linux) "))),
        Some(Version::Hash) => Val::Str(b"unknown "),
        None => Val::Null,
    }
}
