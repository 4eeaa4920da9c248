//! `$ulc(profile=>attribute)`: contacts that `reg_fetch_contacts()` copied, and the expired one in its event route.

use kamjit_engine::{
    Arg, Ctx, Ret, Val,
    catalog::{HostError, InnerName},
    log::{self, Level},
    module::Prepare,
    pv::{Inner, PvDef, PvName, indexed, named},
};

use super::{STATE, aor, domain_of};
use crate::usrloc::{self, Contact};

/// Contacts of one address, copied.
pub(super) struct Fetched {
    pub(super) aor: Box<[u8]>,
    pub(super) domain: Box<str>,
    pub(super) contacts: Vec<Contact>,
}

/// The profiles of a message.
#[derive(Default)]
pub(super) struct Profiles(Vec<(Box<[u8]>, Fetched)>);

impl Profiles {
    /// Sets a profile; the former one of its name is dropped.
    pub(super) fn set(&mut self, name: &[u8], fetched: Fetched) {
        self.drop_profile(name);
        self.0.push((name.into(), fetched));
    }

    fn drop_profile(&mut self, name: &[u8]) {
        self.0.retain(|(n, _)| **n != *name);
    }

    fn get(&self, name: &[u8]) -> Option<&Fetched> {
        self.0.iter().find(|(n, _)| **n == *name).map(|(_, fetched)| fetched)
    }
}

/// `reg_fetch_contacts(table, uri, profile)`.
pub(super) fn fetch<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let (Some(state), Some(domain), [_, uri, profile, ..]) = (STATE.get(ctx), domain_of(args), args) else {
        return Ret::FALSE;
    };
    let (uri, profile) = (uri.text(ctx), profile.text(ctx));
    let Ok(aor) = aor::of_uri(state, ctx.arena, uri) else {
        log::core(Level::Err, format_args!("reg_fetch_contacts: '{}' names no user", uri.escape_ascii()));
        return Ret::FALSE;
    };
    let now = usrloc::now();
    let contacts: Option<Vec<Contact>> = domain.read(aor, |r| r.map(|r| r.valid(now).cloned().collect()));
    let profiles = ctx.ext.or_default::<Profiles>();
    profiles.drop_profile(profile);
    let Some(contacts) = contacts.filter(|c| !c.is_empty()) else { return Ret::FALSE };
    profiles.set(profile, Fetched { aor: aor.into(), domain: domain.name().into(), contacts });
    Ret::TRUE
}

/// `reg_free_contacts(profile)`.
pub(super) fn free<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(profile) = args.first().map(|arg| arg.text(ctx)) else { return Ret::FALSE };
    if let Some(profiles) = ctx.ext.get_mut::<Profiles>() {
        profiles.drop_profile(profile);
    }
    Ret::TRUE
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attr {
    Aor,
    Domain,
    AorHash,
    Addr,
    Path,
    Received,
    Expires,
    Q,
    CallId,
    CSeq,
    Flags,
    CFlags,
    UserAgent,
    Socket,
    Modified,
    Methods,
    Count,
    Ruid,
    RegId,
    Instance,
    ConId,
    ServerId,
}

const ATTRS: &[(&str, Attr)] = &[
    ("aor", Attr::Aor),
    ("domain", Attr::Domain),
    ("aorhash", Attr::AorHash),
    ("addr", Attr::Addr),
    ("path", Attr::Path),
    ("received", Attr::Received),
    ("expires", Attr::Expires),
    ("q", Attr::Q),
    ("callid", Attr::CallId),
    ("cseq", Attr::CSeq),
    ("flags", Attr::Flags),
    ("cflags", Attr::CFlags),
    ("user_agent", Attr::UserAgent),
    ("socket", Attr::Socket),
    ("modified", Attr::Modified),
    ("methods", Attr::Methods),
    ("count", Attr::Count),
    ("ruid", Attr::Ruid),
    ("regid", Attr::RegId),
    ("instance", Attr::Instance),
    ("conid", Attr::ConId),
    ("server_id", Attr::ServerId),
];

struct Name {
    profile: Box<[u8]>,
    attr: Attr,
}

fn parse(_: &mut Prepare<'_>, text: &[u8]) -> Result<Inner, HostError> {
    let text = std::str::from_utf8(text).unwrap_or_default();
    let (profile, attr) = text
        .split_once("=>")
        .map(|(profile, attr)| (profile.trim(), attr.trim()))
        .ok_or_else(|| HostError::new("$ulc takes profile=>attribute"))?;
    let known = ATTRS.iter().find(|(name, _)| *name == attr);
    let (_, attr) = known.ok_or_else(|| HostError::new(format!("$ulc has no attribute '{attr}'")))?;
    Ok(Inner::Digested(Box::new(Name { profile: profile.as_bytes().into(), attr: *attr })))
}

fn get<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let index = name.index(ctx).unwrap_or(0);
    let Some(Name { profile, attr }) = name.digested::<Name>() else { return Val::Null };
    let Some(fetched) = ctx.ext.get::<Profiles>().and_then(|p| p.get(profile)) else { return Val::Null };
    let keep = |bytes: &[u8]| Val::Str(ctx.keep(bytes));
    match attr {
        Attr::Aor => return keep(&fetched.aor),
        Attr::Domain => return keep(fetched.domain.as_bytes()),
        // The real server shows 0 for copies (captured).
        Attr::AorHash => return Val::Int(0),
        Attr::Count => return Val::Int(fetched.contacts.len() as i64),
        _ => {}
    }
    // Negative indices count from 1 (captured: -1 is the first contact).
    let at = if index >= 0 { index as usize } else { index.unsigned_abs() as usize - 1 };
    let Some(contact) = fetched.contacts.get(at) else { return Val::Null };
    let info = contact.info();
    match attr {
        Attr::Addr => keep(info.uri),
        Attr::Path => keep(info.path),
        Attr::Received => keep(info.received),
        Attr::Expires => Val::Int(info.expires),
        Attr::Q => Val::Int(i64::from(info.q)),
        Attr::CallId => keep(info.call_id),
        Attr::CSeq => Val::Int(i64::from(info.cseq)),
        Attr::Flags => Val::Int(i64::from(info.flags)),
        Attr::CFlags => Val::Int(i64::from(info.cflags)),
        Attr::UserAgent => keep(info.user_agent),
        Attr::Modified => Val::Int(info.modified),
        Attr::Methods => Val::Int(i64::from(info.methods)),
        Attr::Ruid => keep(info.ruid),
        Attr::RegId => Val::Int(i64::from(info.reg_id)),
        Attr::Instance if info.instance.is_empty() => Val::Null,
        Attr::Instance => keep(info.instance),
        Attr::ConId => info.conn.map_or(Val::Null, |c| Val::Int(c.0 as i64)),
        Attr::ServerId => Val::Int(0),
        Attr::Socket => {
            let Some(name) = info.socket.and_then(|id| ctx.engine().identity.socket(id)) else {
                return Val::Null;
            };
            let host = String::from_utf8_lossy(&name.address);
            keep(format!("{}:{host}:{}", name.proto.name(), name.bound_port).as_bytes())
        }
        Attr::Aor | Attr::Domain | Attr::AorHash | Attr::Count => Val::Null,
    }
}

pub(super) static PVS: &[PvDef] = &[indexed(named("ulc", InnerName::Static, get, Some(parse)))];
