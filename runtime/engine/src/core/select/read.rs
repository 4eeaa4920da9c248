//! Reads selects.

use kamjit_sip::{FirstLine, HeaderKind};

use super::{BranchPart, Plain, Select, UriSource, parts, time};
use crate::{branch::Branch, cfg::CfgCell, ctx::Ctx, pv::PvName, value::Val};

pub(super) fn get<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let Some(select) = name.digested::<Select>() else { return Val::Null };
    match select {
        Select::Plain(plain) => read_plain(ctx, *plain),
        Select::Cfg(group, name, base, part) => {
            let var = ctx.instance_of(group).and_then(|id| ctx.engine().cfg.find_in(group, id, name));
            let value = match var.as_ref().map_or(base, |var| &var.cell) {
                CfgCell::Int { cell, .. } => Val::Int(cell.get()),
                CfgCell::Str(cell) => Val::Str(ctx.keep(&cell.get())),
            };
            match part {
                None => value,
                Some(part) => part.read(ctx, value.to_bytes(ctx.arena)),
            }
        }
        Select::Uri(source, part) => {
            let uri = match source {
                UriSource::Request => ctx.parsed_ruri().map(|uri| uri.raw),
                UriSource::Received => ctx.msg.request_uri(),
                UriSource::Destination => ctx.main.dst_uri,
                UriSource::NextHop => ctx.main.dst_uri.or_else(|| Some(ctx.ruri()).filter(|u| !u.is_empty())),
            };
            uri.map_or(Val::Null, |uri| part.read(ctx, uri))
        }
        Select::Addr(kind, part) => parts::header_addr(ctx, *kind, part),
        Select::Via(index, part) => parts::nth_via(ctx, *index).map_or(Val::Null, |via| part.read(ctx, via)),
        Select::Header(header, index, part) => parts::header(ctx, header, *index, part.as_ref()),
        Select::Values(header, index, part) => parts::values(ctx, header, *index, part),
        Select::ValueExists(header, value) => parts::value_exists(ctx, header, value),
        Select::Credentials(kind, realm, param) => parts::credentials(ctx, *kind, realm, param.as_deref()),
        Select::Branch(part, None) => {
            let texts: Vec<&'m [u8]> =
                ctx.branches.iter().map(|branch| branch_text(ctx, branch, *part)).collect();
            parts::joined(ctx, texts.into_iter())
        }
        Select::Branch(part, Some(index)) => {
            let branch = usize::try_from(*index).ok().and_then(|n| ctx.branches.get(n));
            let text = branch.map(|branch| branch_text(ctx, branch, *part));
            Val::opt(text.filter(|text| !text.is_empty()))
        }
        Select::BranchText(part, index, inner) => {
            let branch = usize::try_from(*index).ok().and_then(|n| ctx.branches.get(n));
            branch.map_or(Val::Null, |branch| inner.read(ctx, branch_text(ctx, branch, *part)))
        }
        Select::Time(zone, format) => time::now(ctx, *zone, format),
    }
}

/// What a branch shows of itself; empty if it has none.
fn branch_text<'m>(ctx: &Ctx<'m>, branch: &Branch<'m>, part: BranchPart) -> &'m [u8] {
    let uri = branch.uri.unwrap_or_default();
    let q = u16::try_from(branch.q).ok().map(kamjit_sip::Q::from_thousandths);
    match part {
        BranchPart::Uri => uri,
        BranchPart::Destination => branch.dst_uri.unwrap_or_default(),
        BranchPart::Q => q.map_or(b"", |q| ctx.format(format_args!("{q}"))),
        BranchPart::UriAndQ => match q {
            Some(q) => ctx.format(format_args!("<{}>;q={q}", uri.escape_ascii())),
            None => uri,
        },
    }
}

/// Seconds since 1970.
pub(super) fn unix_time() -> u64 {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    now.map_or(0, |now| now.as_secs())
}

fn local_ip<'m>(ctx: &Ctx<'m>) -> Option<&'m [u8]> {
    let socket = ctx.engine().identity.socket(ctx.rcv.socket)?;
    Some(&socket.address)
}

/// `address:port`.
fn pair<'m>(ctx: &Ctx<'m>, address: &[u8], port: u16) -> &'m [u8] {
    ctx.format(format_args!("{}:{port}", address.escape_ascii()))
}

fn read_plain<'m>(ctx: &mut Ctx<'m>, plain: Plain) -> Val<'m> {
    let msg = ctx.msg;
    let all = msg.buf().get(msg.start_offset()..).unwrap_or_default();
    let (source, local) = (ctx.rcv.src.port(), ctx.rcv.dst.port());
    match (plain, msg.first_line()) {
        (Plain::Message, _)
        | (Plain::Request, FirstLine::Request(_))
        | (Plain::Reply, FirstLine::Reply(_)) => Val::Str(all),
        (Plain::FirstLine, _) => {
            let line = all.split(|&b| b == b'\n').next().unwrap_or_default();
            Val::Str(line.trim_ascii_end())
        }
        (Plain::Headers, _) => Val::opt(msg.buf().get(msg.headers_offset()..msg.body_offset())),
        (Plain::Body, _) => Val::Str(msg.body()),
        (Plain::SessionBody, _) => {
            let sdp = msg.content_type().is_some_and(|kind| {
                kind.split(|&b| b == b';')
                    .next()
                    .unwrap_or_default()
                    .trim_ascii()
                    .eq_ignore_ascii_case(b"application/sdp")
            });
            if sdp && !msg.body().is_empty() { Val::Str(msg.body()) } else { Val::Null }
        }
        (Plain::Length, _) => Val::Int(all.len() as i64),
        (Plain::Kind, FirstLine::Request(_)) => Val::Int(1),
        (Plain::Kind, FirstLine::Reply(_)) => Val::Int(2),
        (Plain::Flags, _) => Val::Int(i64::from(ctx.flags.message)),
        (Plain::Id, _) => Val::Int(ctx.message_id as i64),
        (Plain::IdHex, _) => Val::Str(ctx.format(format_args!("{:08x}", ctx.message_id as u32))),
        (Plain::Method, FirstLine::Request(line)) => Val::Str(line.method_raw),
        (Plain::Status, FirstLine::Reply(line)) => Val::Str(line.status_raw),
        (Plain::Reason, FirstLine::Reply(line)) => Val::Str(line.reason),
        (Plain::Version | Plain::ReplyVersion, FirstLine::Reply(line)) => Val::Str(line.version),
        (Plain::Version | Plain::RequestVersion, FirstLine::Request(line)) => Val::Str(line.version),
        (
            Plain::Method
            | Plain::Status
            | Plain::Reason
            | Plain::Request
            | Plain::Reply
            | Plain::RequestVersion
            | Plain::ReplyVersion,
            _,
        ) => Val::Null,
        (Plain::CallId, _) => Val::Str(msg.call_id()),
        (Plain::CSeq, _) => Val::opt(msg.value(HeaderKind::CSeq)),
        (Plain::CSeqNumber, _) => Val::Str(msg.cseq().number_raw),
        (Plain::CSeqMethod, _) => Val::Str(msg.cseq().method_raw),
        (Plain::Event, _) => {
            let value = msg.value(HeaderKind::Event);
            Val::opt(value.and_then(|value| value.split(|&b| b == b';').next()).map(<[u8]>::trim_ascii))
        }
        (Plain::SourceIp, _) => Val::Str(ctx.source_ip()),
        (Plain::SourcePort, _) => Val::Int(i64::from(source)),
        (Plain::SourcePair, _) => Val::Str(pair(ctx, ctx.source_ip(), source)),
        (Plain::LocalIp, _) => Val::opt(local_ip(ctx)),
        (Plain::LocalPort, _) => Val::Int(i64::from(local)),
        (Plain::LocalPair, _) => Val::opt(local_ip(ctx).map(|ip| pair(ctx, ip, local))),
        (Plain::LocalTriple, _) => Val::opt(local_ip(ctx).map(|ip| {
            let proto = ctx.rcv.proto.name();
            ctx.format(format_args!("{proto}:{}:{local}", ip.escape_ascii()))
        })),
        (Plain::Proto, _) => Val::Str(ctx.rcv.proto.name().as_bytes()),
        (Plain::Pid, _) => Val::Int(i64::from(std::process::id())),
        (Plain::Now, _) => Val::Int(unix_time() as i64),
        (Plain::ServerId, _) => Val::Int(ctx.program.globals.int("server_id")),
        (Plain::Unique, _) => {
            let pid = std::process::id();
            Val::Str(ctx.format(format_args!("{pid:x}-{:x}-{:x}", unix_time(), ctx.message_id)))
        }
        (Plain::BranchCount, _) => Val::Int(ctx.branches.len() as i64),
    }
}
