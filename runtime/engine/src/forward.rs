//! Stateless forwarding: replies along their Vias, and requests for `forward()`.

use std::net::{IpAddr, SocketAddr};

use bumpalo::collections::Vec as ArenaVec;
use kamjit_net::ConnId;
use kamjit_sip::{
    Via,
    branch::{characteristic, message_hash, put_branch},
    build::{self, RequestOut, Source, ViaOut},
    edit::{Hop, SocketText},
};

use crate::{
    ctx::{Ctx, send_flags},
    dest::{Asked, Destination, pick_socket},
    identity::SocketName,
    onsend,
};

impl<'m> Ctx<'m> {
    /// An address as text; IPv6 without brackets.
    pub(crate) fn address_text(&self, ip: IpAddr) -> &'m [u8] {
        match ip {
            IpAddr::V4(ip) => dotted(self.arena, ip.octets()),
            IpAddr::V6(ip) => self.keep(self.program.globals.ipv6_style.text(ip).as_bytes()),
        }
    }

    /// The source of the message as `received=` and `rport=` note it.
    pub fn source(&self) -> Source<'m> {
        let force_rport = self.flags.send & send_flags::FORCE_RPORT != 0;
        Source { ip: self.source_ip(), port: self.rcv.src.port(), force_rport }
    }

    /// Parameters of the Via that is put on top: `i`, the connection that the request came on, in hex, so that replies
    /// find back to it, and `rport` if `add_local_rport()` asks for it (order: captured).
    pub fn via_params(&self) -> &'m [u8] {
        let rport = if self.flags.send & send_flags::ADD_LOCAL_RPORT != 0 { ";rport" } else { "" };
        match self.rcv.conn {
            Some(conn) => self.format(format_args!(";i={:x}{rport}", conn.0)),
            None => rport.as_bytes(),
        }
    }

    /// The connection that our Via on top of a reply names, if it still leads to the host that is to get the reply.
    fn conn_of_reply(&self, dest: &Destination) -> Option<ConnId> {
        let id = std::str::from_utf8(self.msg.via(0)?.i?).ok()?;
        let id = ConnId(u64::from_str_radix(id, 16).ok()?);
        let conn = self.engine().tcp.get(id)?;
        (conn.proto == dest.proto && conn.peer.ip() == dest.addr.ip()).then_some(id)
    }

    /// The sockets that a message came in on and goes out from, for edits that name them.
    pub fn hop(&self, sent_from: kamjit_net::SocketId) -> Option<Hop<'m>> {
        let identity = &self.engine().identity;
        let text = |name: &'m SocketName| SocketText {
            host: &name.host,
            port: name.port,
            proto: name.proto,
            name: &name.name,
        };
        Some(Hop {
            received_on: text(identity.socket(self.rcv.socket)?),
            sent_from: text(identity.socket(sent_from)?),
        })
    }
}

impl<'m> Ctx<'m> {
    /// Adds the `Warning` header of `sip_warning` to a reply that was just written; it comes last (captured).
    pub fn put_warning(&self, reply: &mut ArenaVec<'m, u8>) {
        if !self.program.globals.sip_warning {
            return;
        }
        let Some(at) = reply.windows(4).position(|four| four == b"\r\n\r\n") else { return };
        let Some(name) = self.engine().identity.socket(self.rcv.socket) else { return };
        let line = self.format(format_args!(
            "Warning: 392 {}:{} \"Noisy feedback tells:  pid={} req_src_ip={} req_src_port={} in_uri={} out_uri={} \
             via_cnt=={}\"\r\n",
            String::from_utf8_lossy(&name.address),
            name.bound_port,
            std::process::id(),
            String::from_utf8_lossy(self.source_ip()),
            self.rcv.src.port(),
            String::from_utf8_lossy(self.msg.request_uri().unwrap_or_default()),
            String::from_utf8_lossy(self.ruri()),
            (0..).take_while(|&n| self.msg.via(n).is_some()).count(),
        ));
        let rest = reply.split_off(at + 2);
        reply.extend_from_slice_copy(line);
        reply.extend_from_slice_copy(&rest);
    }
}

/// An IPv4 address in dotted form; read so often that it does not go through the formatter.
fn dotted(arena: &bumpalo::Bump, octets: [u8; 4]) -> &[u8] {
    let mut text = [0u8; 15];
    let mut at = 0;
    for (n, octet) in octets.into_iter().enumerate() {
        if n > 0 {
            text[at] = b'.';
            at += 1;
        }
        for (least, digit) in [(100, octet / 100), (10, octet / 10 % 10), (0, octet % 10)] {
            if octet >= least {
                text[at] = b'0' + digit;
                at += 1;
            }
        }
    }
    arena.alloc_slice_copy(&text[..at])
}

/// The port in an `rport` parameter; none while it is still empty.
fn parse_port(value: &[u8]) -> Option<u16> {
    std::str::from_utf8(value).ok()?.parse().ok()
}

/// Where a reply goes, by the Via that is on top once ours is gone (RFC 3261 section 18.2.2, RFC 3581).
pub fn reply_destination(ctx: &mut Ctx<'_>, via: &Via<'_>) -> Option<Destination> {
    let proto = via.proto?;
    let host = via.received.filter(|r| !r.is_empty()).unwrap_or(via.host);
    let port = via.rport.and_then(|p| parse_port(p.value?)).or(via.port).unwrap_or(proto.default_port());
    let host = host.strip_prefix(b"[").and_then(|h| h.strip_suffix(b"]")).unwrap_or(host);
    let asked = Asked { host, port: Some(port), proto: Some(proto), sips: false };
    let addr = match asked.literal() {
        Some(ip) => SocketAddr::new(ip, port),
        None => ctx.lookup(&asked).ok()?.first()?.1,
    };
    let socket = pick_socket(ctx.engine(), None, Some(&ctx.rcv), proto, addr.is_ipv4())?;
    let connect = ctx.flags.send & send_flags::REPLY_NO_CONNECT == 0;
    let close = ctx.flags.send & send_flags::REPLY_CLOSE != 0;
    Some(Destination { proto, addr, socket, conn: None, connect, close })
}

/// Forwards the reply of a context upstream. True if it was sent.
pub fn reply(ctx: &mut Ctx<'_>) -> bool {
    let msg = ctx.msg;
    let Some(via) = msg.via(1) else { return false };
    let Some(mut dest) = reply_destination(ctx, via) else { return false };
    if dest.proto.is_stream() {
        dest.conn = ctx.conn_of_reply(&dest);
    }
    let mut out = ArenaVec::with_capacity_in(msg.buf().len() + 128, ctx.arena);
    build::reply_forward(msg, &ctx.edits, ctx.hop(dest.socket).as_ref(), &mut out);
    let sent = onsend::passes_reply(ctx, &dest, &out) && ctx.worker.send(&dest, &out);
    let core = &ctx.engine().stats.core;
    if sent { &core.fwd_replies } else { &core.err_replies }.inc();
    sent
}

impl<'m> Ctx<'m> {
    /// Writes the request as it goes out. `dest` changes if it is too long for UDP (`udp_mtu`). False if there is no
    /// socket to send from.
    pub fn write_request(&self, dest: &mut Destination, branch: &[u8], out: &mut ArenaVec<'m, u8>) -> bool {
        let hop = self.hop(dest.socket);
        if !self.write_request_to(dest, hop, branch, out) {
            return false;
        }
        match self.beyond_mtu(dest, out.len()) {
            // Record-Route keeps what it says of the hop over UDP (captured).
            Some(other) => {
                *dest = other;
                out.clear();
                self.write_request_to(dest, hop, branch, out)
            }
            None => true,
        }
    }

    fn write_request_to(
        &self,
        dest: &Destination,
        hop: Option<Hop<'m>>,
        branch: &[u8],
        out: &mut ArenaVec<'m, u8>,
    ) -> bool {
        let Some(name) = self.engine().identity.socket(dest.socket) else { return false };
        let host = self.advertised.host.unwrap_or(&name.host);
        let port = self.advertised.port.unwrap_or(name.port);
        let how = RequestOut {
            uri: self.main.uri,
            via: ViaOut { proto: dest.proto, host, port, branch, params: self.via_params() },
            source: Some(self.source()),
            path: self.main.path.unwrap_or_default(),
            hop,
        };
        build::request(self.msg, &self.edits, &how, out);
        true
    }
}

/// Forwards the request of a context without a transaction. True if it was sent.
pub fn request(ctx: &mut Ctx<'_>, dest: &Destination) -> bool {
    let msg = ctx.msg;
    let mut branch = ArenaVec::with_capacity_in(64, ctx.arena);
    put_branch(&mut branch, message_hash(msg), &characteristic(msg), 0);
    let mut out = ArenaVec::with_capacity_in(msg.buf().len() + 512, ctx.arena);
    let mut dest = *dest;
    if !ctx.write_request(&mut dest, &branch, &mut out) {
        return false;
    }
    let sent = onsend::passes_request(ctx, &dest, &out) && ctx.worker.send(&dest, &out);
    let core = &ctx.engine().stats.core;
    if sent { &core.fwd_requests } else { &core.err_requests }.inc();
    sent
}

/// Where a reply to the request of a context goes (RFC 3261 section 18.2.2, RFC 3581): the connection that it came
/// on, its source port with `rport` or `force_rport()`, else the port of its Via.
pub fn request_source(ctx: &mut Ctx<'_>) -> Option<Destination> {
    let rcv = ctx.rcv;
    let connect = ctx.flags.send & send_flags::REPLY_NO_CONNECT == 0;
    let via = ctx.msg.via(0)?;
    let symmetric =
        rcv.proto.is_stream() || via.rport.is_some() || ctx.flags.send & send_flags::FORCE_RPORT != 0;
    let port = if symmetric { rcv.src.port() } else { via.port_or_default() };
    if ctx.program.globals.reply_to_via
        && ctx.flags.send & send_flags::FORCE_RPORT == 0
        && !rcv.proto.is_stream()
    {
        return reply_destination(ctx, via);
    }
    let ip = match via.maddr.and_then(|m| std::str::from_utf8(m).ok()).and_then(|m| m.parse().ok()) {
        Some(ip) => ip,
        None => rcv.src.ip(),
    };
    Some(Destination {
        proto: rcv.proto,
        addr: SocketAddr::new(ip, port),
        socket: rcv.socket,
        conn: rcv.conn,
        connect,
        close: ctx.flags.send & send_flags::REPLY_CLOSE != 0,
    })
}
