//! Selects, the older way to read a message: `@from.uri.user`, `$sel(via[1].branch)`, `$sel(cfg_get.core.debug)`.

mod parts;

use kamjit_catalog::{HostError, InnerName};
use kamjit_sip::HeaderKind;

use crate::{
    cfg::CfgCell,
    ctx::Ctx,
    prepare::Prepare,
    pv::{Inner, PvDef, PvName, named},
    value::Val,
};
use parts::{AddrPart, UriPart, ViaPart};

pub(super) const PVS: &[PvDef] = &[named("sel", InnerName::Static, get, Some(parse))];

/// Where a select begins and what it takes of it.
enum Select {
    /// A property without parts.
    Plain(Plain),
    /// A configuration variable.
    /// A variable of the cfg framework: group, name, its value where no instance is selected.
    Cfg(Box<str>, Box<str>, CfgCell),
    /// A URI.
    Uri(UriSource, UriPart),
    /// An address header; Contact lists begin with the last of the first header (captured).
    Addr(HeaderKind, i64, AddrPart),
    /// A Via: 1 is the topmost, negative numbers count from the end.
    Via(i64, ViaPart),
    /// The n-th header of a name, from 1.
    Header(Box<[u8]>, i64),
    /// The n-th value of the headers of a name, which are split at commas (captured), or a part of it.
    Value(Box<[u8]>, i64, Option<AddrPart>),
    /// A parameter of credentials.
    Credentials(HeaderKind, Box<[u8]>),
}

#[derive(Clone, Copy)]
enum Plain {
    Message,
    Body,
    Method,
    Status,
    Reason,
    Version,
    CallId,
    CSeqNumber,
    CSeqMethod,
    SourceIp,
    SourcePort,
    LocalIp,
    LocalPort,
    Proto,
    Pid,
    Now,
}

#[derive(Clone, Copy)]
enum UriSource {
    Request,
    Destination,
    /// The destination or else the request URI.
    NextHop,
}

/// One word of a select with its index.
struct Word<'a> {
    name: &'a [u8],
    number: Option<i64>,
    text: Option<&'a [u8]>,
}

fn split(text: &[u8]) -> Option<Vec<Word<'_>>> {
    let mut words = Vec::new();
    let mut rest = text;
    loop {
        let end = rest.iter().position(|b| matches!(b, b'.' | b'[')).unwrap_or(rest.len());
        let mut word = Word { name: &rest[..end], number: None, text: None };
        rest = &rest[end..];
        if let [b'[', inner @ ..] = rest {
            let close = inner.iter().position(|&b| b == b']')?;
            let index = inner[..close].trim_ascii();
            match crate::value::parse_int(index) {
                Some(n) => word.number = Some(n),
                None => {
                    word.text = Some(
                        index
                            .trim_ascii_start()
                            .strip_prefix(b"\"")
                            .map_or(index, |t| t.strip_suffix(b"\"").unwrap_or(t)),
                    )
                }
            }
            rest = &inner[close + 1..];
        }
        if word.name.is_empty() {
            return None;
        }
        words.push(word);
        match rest {
            [] => return Some(words),
            [b'.', more @ ..] => rest = more,
            _ => return None,
        }
    }
}

fn parse(prepare: &mut Prepare<'_>, text: &[u8]) -> Result<Inner, HostError> {
    let unknown = || HostError::new(format!("there is no select @{}", text.escape_ascii()));
    let text = text.trim_ascii();
    let words = split(text.strip_prefix(b"@").unwrap_or(text)).ok_or_else(unknown)?;
    let select = select(prepare, &words).ok_or_else(unknown)?;
    Ok(Inner::Digested(Box::new(select)))
}

/// Header names in selects have underscores for dashes.
fn header_name(word: &[u8]) -> Vec<u8> {
    word.iter().map(|&b| if b == b'_' { b'-' } else { b }).collect()
}

fn select(prepare: &Prepare<'_>, words: &[Word<'_>]) -> Option<Select> {
    let (first, rest) = words.split_first()?;
    let names: Vec<&[u8]> = rest.iter().map(|word| word.name).collect();
    let plain = |plain| rest.is_empty().then_some(Select::Plain(plain));
    match (first.name, names.as_slice()) {
        (b"msg" | b"message", []) => plain(Plain::Message),
        (b"msg" | b"message", [b"body" | b"body_sdp"]) => Some(Select::Plain(Plain::Body)),
        (b"msg" | b"message", [b"header"]) => {
            let name = rest.first()?.text?;
            Some(Select::Header(name.into(), rest.first()?.number.unwrap_or(1)))
        }
        (b"msg" | b"message", _) => select(prepare, rest),
        (b"method", []) => plain(Plain::Method),
        (b"status" | b"code", []) => plain(Plain::Status),
        (b"reason", []) if first.number.is_none() => plain(Plain::Reason),
        (b"version", []) => plain(Plain::Version),
        (b"call_id" | b"i", []) => plain(Plain::CallId),
        (b"cseq", [b"num"]) => Some(Select::Plain(Plain::CSeqNumber)),
        (b"cseq", [b"method"]) => Some(Select::Plain(Plain::CSeqMethod)),
        (b"src", [b"ip"]) => Some(Select::Plain(Plain::SourceIp)),
        (b"src", [b"port"]) => Some(Select::Plain(Plain::SourcePort)),
        (b"dst" | b"rcv" | b"received", [b"ip"]) => Some(Select::Plain(Plain::LocalIp)),
        (b"dst" | b"rcv" | b"received", [b"port"]) => Some(Select::Plain(Plain::LocalPort)),
        (b"received", [b"proto"]) => Some(Select::Plain(Plain::Proto)),
        (b"sys", [b"pid"]) => Some(Select::Plain(Plain::Pid)),
        (b"sys", [b"now"]) => Some(Select::Plain(Plain::Now)),
        (b"cfg_get", [group, name]) => {
            let (group, name) = (std::str::from_utf8(group).ok()?, std::str::from_utf8(name).ok()?);
            Some(Select::Cfg(group.into(), name.into(), prepare.cfg.find(group, name)?.cell))
        }
        (b"ruri" | b"request_uri", path) => Some(Select::Uri(UriSource::Request, parts::uri(path)?)),
        (b"dst_uri", path) => Some(Select::Uri(UriSource::Destination, parts::uri(path)?)),
        (b"next_hop", path) => Some(Select::Uri(UriSource::NextHop, parts::uri(path)?)),
        (b"via" | b"v", path) => Some(Select::Via(first.number.unwrap_or(1), parts::via(path)?)),
        (b"authorization", [name]) => Some(Select::Credentials(HeaderKind::Authorization, (*name).into())),
        (b"proxy_authorization", [name]) => {
            Some(Select::Credentials(HeaderKind::ProxyAuthorization, (*name).into()))
        }
        (b"hf_value", [_, path @ ..]) => {
            let word = rest.first()?;
            let addr = if path.is_empty() { None } else { Some(parts::addr(path)?) };
            Some(Select::Value(header_name(word.name).into(), word.number.unwrap_or(1), addr))
        }
        (name, path) => address_or_header(name, first.number.unwrap_or(1), path),
    }
}

fn address_or_header(name: &[u8], index: i64, path: &[&[u8]]) -> Option<Select> {
    let kind = match name {
        b"from" | b"f" => HeaderKind::From,
        b"to" | b"t" => HeaderKind::To,
        b"contact" | b"m" => HeaderKind::Contact,
        b"refer_to" => HeaderKind::ReferTo,
        b"remote_party_id" | b"rpid" => HeaderKind::RemotePartyId,
        b"record_route" | b"rr" => HeaderKind::RecordRoute,
        b"route" => HeaderKind::Route,
        _ if path.is_empty() => {
            const PLAIN: [&[u8]; 17] = [
                b"content_length",
                b"content_type",
                b"date",
                b"event",
                b"expires",
                b"identity",
                b"identity_info",
                b"max_forwards",
                b"min_se",
                b"organization",
                b"priority",
                b"session_expires",
                b"sip_if_match",
                b"subject",
                b"supported",
                b"user_agent",
                b"server",
            ];
            return PLAIN.contains(&name).then(|| Select::Header(header_name(name).into(), index));
        }
        _ => return None,
    };
    Some(Select::Addr(kind, index, parts::addr(path)?))
}

fn get<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let Some(select) = name.digested::<Select>() else { return Val::Null };
    match select {
        Select::Plain(plain) => read_plain(ctx, *plain),
        Select::Cfg(group, name, base) => {
            let var = ctx.instance_of(group).and_then(|id| ctx.engine().cfg.find_in(group, id, name));
            match var.as_ref().map_or(base, |var| &var.cell) {
                CfgCell::Int { cell, .. } => Val::Int(cell.get()),
                CfgCell::Str(cell) => Val::Str(ctx.keep(&cell.get())),
            }
        }
        Select::Uri(source, part) => {
            let uri = match source {
                UriSource::Request => ctx.parsed_ruri().map(|uri| uri.raw),
                UriSource::Destination => ctx.main.dst_uri,
                UriSource::NextHop => ctx.main.dst_uri.or_else(|| Some(ctx.ruri()).filter(|u| !u.is_empty())),
            };
            uri.map_or(Val::Null, |uri| part.read(uri))
        }
        Select::Addr(kind, index, part) => parts::header_addr(ctx, *kind, *index, part),
        Select::Via(index, part) => parts::nth_via(ctx, *index).map_or(Val::Null, |via| part.read(via)),
        Select::Header(header, index) => parts::header(ctx, header, *index),
        Select::Value(header, index, part) => parts::value(ctx, header, *index, part.as_ref()),
        Select::Credentials(kind, param) => parts::credentials(ctx, *kind, param),
    }
}

fn read_plain<'m>(ctx: &mut Ctx<'m>, plain: Plain) -> Val<'m> {
    use kamjit_sip::FirstLine;
    let msg = ctx.msg;
    match (plain, msg.first_line()) {
        (Plain::Message, _) => Val::Str(msg.buf().get(msg.start_offset()..).unwrap_or_default()),
        (Plain::Body, _) => Val::Str(msg.body()),
        (Plain::Method, FirstLine::Request(line)) => Val::Str(line.method_raw),
        (Plain::Status, FirstLine::Reply(line)) => Val::Str(line.status_raw),
        (Plain::Reason, FirstLine::Reply(line)) => Val::Str(line.reason),
        (Plain::Version, FirstLine::Reply(line)) => Val::Str(line.version),
        (Plain::Version, FirstLine::Request(line)) => Val::Str(line.version),
        (Plain::Method | Plain::Status | Plain::Reason, _) => Val::Null,
        (Plain::CallId, _) => Val::Str(msg.call_id()),
        (Plain::CSeqNumber, _) => Val::Str(msg.cseq().number_raw),
        (Plain::CSeqMethod, _) => Val::Str(msg.cseq().method_raw),
        (Plain::SourceIp, _) => Val::Str(ctx.source_ip()),
        (Plain::SourcePort, _) => Val::Int(i64::from(ctx.rcv.src.port())),
        (Plain::LocalIp, _) => {
            let socket = ctx.engine().identity.socket(ctx.rcv.socket);
            Val::opt(socket.map(|socket| &*socket.address))
        }
        (Plain::LocalPort, _) => Val::Int(i64::from(ctx.rcv.dst.port())),
        (Plain::Proto, _) => Val::Str(ctx.rcv.proto.name().as_bytes()),
        (Plain::Pid, _) => Val::Int(i64::from(std::process::id())),
        (Plain::Now, _) => {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
            Val::Int(now.map_or(0, |now| now.as_secs() as i64))
        }
    }
}
