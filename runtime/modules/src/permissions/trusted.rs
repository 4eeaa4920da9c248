//! Trusted peers: `allow_trusted()`.

use kamjit_db::{Database, Op, Select, Value};
use kamjit_engine::{
    Arg, Ctx, Ret,
    log::{self, Level},
    regex::Regex,
};
use kamjit_sip::Proto;

use super::{STATE, set_tag};

/// The table of peers; columns: address, transport, From pattern, request URI pattern, tag, priority.
pub(super) struct Source {
    pub(super) database: Database,
    pub(super) table: String,
    pub(super) columns: [String; 6],
}

/// A peer.
pub(super) struct Peer {
    /// Its address, as written: it is compared as text (README.permissions, `allow_trusted`).
    pub(super) address: Box<[u8]>,
    /// `None`: any.
    pub(super) proto: Option<Proto>,
    pub(super) from: Option<Regex>,
    pub(super) ruri: Option<Regex>,
    pub(super) tag: Option<Box<[u8]>>,
    pub(super) priority: i64,
}

/// All peers, higher priority first.
#[derive(Default)]
pub(super) struct Table {
    pub(super) peers: Vec<Peer>,
}

/// Transports by name; `Some(None)` is any of them.
fn proto(name: &[u8]) -> Option<Option<Proto>> {
    let all = [Proto::Udp, Proto::Tcp, Proto::Tls, Proto::Sctp, Proto::Ws, Proto::Wss];
    if name.eq_ignore_ascii_case(b"any") {
        return Some(None);
    }
    all.into_iter().find(|proto| name.eq_ignore_ascii_case(proto.name().as_bytes())).map(Some)
}

impl Source {
    pub(super) async fn read(&self) -> Result<Table, kamjit_db::Error> {
        let columns = self.columns.each_ref().map(|column| &**column);
        let reply = self.database.run(&Op::Select(Select::new(&self.table, &columns, &[]))).await?;
        let mut peers: Vec<Peer> = reply.rows.iter().filter_map(|row| peer(row)).collect();
        peers.sort_by_key(|peer| std::cmp::Reverse(peer.priority));
        Ok(Table { peers })
    }
}

/// A row as a peer. One that makes no sense is left out and reported: it must not open or close the door for others.
fn peer(row: &[Value]) -> Option<Peer> {
    let [address, transport, from, ruri, tag, priority] = row else { return None };
    let address = address.to_text()?.into_owned();
    let transport = transport.to_text()?;
    let complain = |what: &str| {
        let address = address.escape_ascii();
        log::core(Level::Err, format_args!("permissions: trusted peer {address} is left out: {what}"));
    };
    if transport.eq_ignore_ascii_case(b"none") {
        return None;
    }
    let Some(proto) = proto(&transport) else {
        complain(&format!("unknown transport '{}'", transport.escape_ascii()));
        return None;
    };
    let pattern = |value: &Value| -> Result<Option<Regex>, ()> {
        let Some(text) = value.to_text() else { return Ok(None) };
        match Regex::new(&text, false) {
            Ok(regex) => Ok(Some(regex)),
            Err(why) => {
                complain(&why);
                Err(())
            }
        }
    };
    let (from, ruri) = (pattern(from).ok()?, pattern(ruri).ok()?);
    let tag = tag.to_text().map(|tag| tag.into_owned().into());
    let priority = priority.to_int().unwrap_or(0);
    Some(Peer { address: address.clone().into(), proto, from, ruri, tag, priority })
}

/// `allow_trusted([address, transport [, From URI]])`.
pub(super) fn allow<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let from = |ctx: &Ctx<'m>| ctx.msg.from().map(|from| from.uri).unwrap_or_default();
    let (address, transport, from) = match args {
        [address, transport, rest @ ..] => {
            let (address, name) = (address.text(ctx), transport.text(ctx));
            let Some(transport) = proto(name) else {
                log::core(
                    Level::Err,
                    format_args!("allow_trusted: unknown protocol {}", name.escape_ascii()),
                );
                return Ret::FALSE;
            };
            let from = match rest.first() {
                Some(arg) => arg.text(ctx),
                None => from(ctx),
            };
            (address, transport, from)
        }
        _ => (ctx.source_ip(), Some(ctx.rcv.proto), from(ctx)),
    };
    let Some(table) = STATE.get(ctx).map(|state| state.trusted()) else { return Ret::FALSE };
    let ruri = ctx.ruri();
    let fits = |pattern: &Option<Regex>, text: &[u8]| pattern.as_ref().is_none_or(|p| p.is_match(text));
    let found = table.peers.iter().find(|peer| {
        *peer.address == *address
            && (transport.is_none() || peer.proto.is_none() || peer.proto == transport)
            && fits(&peer.from, from)
            && fits(&peer.ruri, ruri)
    });
    if let Some(peer) = found {
        set_tag(ctx, peer.tag.as_deref());
    }
    Ret::from(found.is_some())
}
