//! Branches: `$br`, `$bR`, `$ds`, `$branch(uri)` with an index, and the one prepared in `$sbranch(...)`.

use bumpalo::collections::Vec as ArenaVec;
use kamjit_catalog::{Form, HostError, InnerName, Routes};
use kamjit_engine::{
    Ctx, Val,
    branch::{Branch, OwnedBranch, Q_UNSPECIFIED},
    core::sending::SocketSpec,
    module::{FunctionDef, Prepare, Ret, Run, RunFn},
    pv::{Inner, PvDef, PvName, indexed, named_rw, read_only, read_write},
};
use kamjit_sip::Q;

pub(super) const PVS: &[PvDef] = &[
    read_write("br", first, append),
    read_only("bR", |ctx, _| all(ctx)),
    read_only("ds", |ctx, _| destinations(ctx)),
    read_only("ruid", |ctx, _| Val::opt(ctx.main.ruid)),
    read_only("location_ua", |ctx, _| Val::opt(ctx.main.user_agent)),
    indexed(named_rw("branch", InnerName::Static, get, set, Some(parse))),
    named_rw("sbranch", InnerName::Static, get_prepared, set_prepared, Some(parse)),
];

const NONE: &[Form] = &[Form { args: &[], routes: Routes::ANY }];

const fn plain(name: &'static str, run: RunFn) -> FunctionDef {
    FunctionDef { name, forms: NONE, run: Run::plain(run) }
}

pub(super) const FUNCTIONS: &[FunctionDef] = &[
    plain("sbranch_reset", |ctx, _| {
        ctx.ext.take::<Prepared>();
        Ret::TRUE
    }),
    plain("sbranch_append", |ctx, _| {
        let branch = prepared(ctx);
        let room = branch.uri.is_some() && ctx.append_branch(branch.uri, branch.q);
        if let (true, Some(last)) = (room, ctx.branches.last_mut()) {
            *last = branch;
        }
        Ret::from(room)
    }),
    plain("sbranch_set_ruri", |ctx, _| {
        let branch = prepared(ctx);
        if branch.uri.is_none() {
            return Ret::FALSE;
        }
        ctx.main = branch;
        Ret::TRUE
    }),
];

fn first<'m>(ctx: &mut Ctx<'m>, _: &'m PvName) -> Val<'m> {
    Val::opt(ctx.branches.first().and_then(|branch| branch.uri))
}

/// A new branch, without the current destination (captured).
fn append<'m>(ctx: &mut Ctx<'m>, _: &'m PvName, value: Val<'m>) -> bool {
    let Val::Str(uri @ [_, ..]) = value else { return false };
    if !ctx.append_branch(Some(uri), Q_UNSPECIFIED) {
        return false;
    }
    if let Some(last) = ctx.branches.last_mut() {
        *last = Branch { uri: Some(uri), ..Branch::new() };
    }
    true
}

fn put(out: &mut ArenaVec<'_, u8>, uri: &[u8], q: i32) {
    if !out.is_empty() {
        out.extend_from_slice(b", ");
    }
    match u16::try_from(q) {
        Ok(q) => {
            out.push(b'<');
            out.extend_from_slice(uri);
            out.extend_from_slice(b">;q=");
            out.extend_from_slice(Q::from_thousandths(q).to_string().as_bytes());
        }
        Err(_) => out.extend_from_slice(uri),
    }
}

/// All branches as Contact values (captured: brackets only with a q value).
fn all<'m>(ctx: &Ctx<'m>) -> Val<'m> {
    let mut out = ArenaVec::new_in(ctx.arena);
    for branch in &ctx.branches {
        put(&mut out, branch.uri.unwrap_or_default(), branch.q);
    }
    if out.is_empty() { Val::Null } else { Val::Str(out.into_bump_slice()) }
}

/// The request URI, if the script changed it, and all branches, as the value of a redirection (captured).
fn destinations<'m>(ctx: &Ctx<'m>) -> Val<'m> {
    let main = ctx.main.uri.map(|uri| (uri, ctx.main.q));
    let further = ctx.branches.iter().map(|branch| (branch.uri.unwrap_or_default(), branch.q));
    let mut out = ArenaVec::new_in(ctx.arena);
    for (uri, q) in main.into_iter().chain(further) {
        out.extend_from_slice(if out.is_empty() { b"Contact: <" } else { b", <" });
        out.extend_from_slice(uri);
        out.push(b'>');
        if let Ok(q) = u16::try_from(q) {
            out.extend_from_slice(b";q=");
            out.extend_from_slice(Q::from_thousandths(q).to_string().as_bytes());
        }
    }
    if out.is_empty() { Val::Null } else { Val::Str(out.into_bump_slice()) }
}

#[derive(Clone, Copy)]
enum Attribute {
    Uri,
    DstUri,
    Path,
    Q,
    Socket,
    Count,
    Flags,
    Ruid,
    UserAgent,
    Instance,
    Connection,
}

fn parse(_: &mut Prepare<'_>, name: &[u8]) -> Result<Inner, HostError> {
    let attribute = match name {
        b"uri" => Attribute::Uri,
        b"dst_uri" => Attribute::DstUri,
        b"path" => Attribute::Path,
        b"q" => Attribute::Q,
        b"send_socket" => Attribute::Socket,
        b"count" => Attribute::Count,
        b"flags" => Attribute::Flags,
        b"ruid" => Attribute::Ruid,
        b"location_ua" => Attribute::UserAgent,
        b"instance" => Attribute::Instance,
        b"otcpid" => Attribute::Connection,
        _ => return Err(HostError::new(format!("a branch has no '{}'", name.escape_ascii()))),
    };
    Ok(Inner::Digested(Box::new(attribute)))
}

fn read<'m>(ctx: &Ctx<'m>, branch: &Branch<'m>, attribute: Attribute) -> Val<'m> {
    match attribute {
        Attribute::Uri => Val::opt(branch.uri),
        Attribute::DstUri => Val::opt(branch.dst_uri),
        Attribute::Path => Val::opt(branch.path),
        Attribute::Q if branch.q < 0 => Val::Null,
        Attribute::Q => Val::Int(i64::from(branch.q)),
        Attribute::Flags => Val::Int(i64::from(branch.flags)),
        Attribute::Ruid => Val::opt(branch.ruid),
        Attribute::UserAgent => Val::opt(branch.user_agent),
        Attribute::Instance => Val::opt(branch.instance),
        Attribute::Connection => Val::Int(branch.connection.unwrap_or(0) as i64),
        Attribute::Count => Val::Int(ctx.branches.len() as i64),
        Attribute::Socket => {
            let socket = branch.send_socket.and_then(|id| ctx.engine().identity.socket(id));
            socket.map_or(Val::Null, |s| {
                let host = s.address.escape_ascii();
                Val::Str(ctx.format(format_args!("{}:{host}:{}", s.proto, s.bound_port)))
            })
        }
    }
}

/// Undefined and empty text are none (captured).
fn text(value: Val<'_>) -> Option<Option<&[u8]>> {
    match value {
        Val::Null | Val::Str(b"") => Some(None),
        Val::Str(text) => Some(Some(text)),
        Val::Int(_) => None,
    }
}

fn write<'m>(ctx: &Ctx<'m>, branch: &mut Branch<'m>, attribute: Attribute, value: Val<'m>) -> bool {
    match (attribute, value) {
        (Attribute::Q, Val::Null) => branch.q = Q_UNSPECIFIED,
        (Attribute::Q, Val::Int(q)) => branch.q = q.clamp(-1, 1000) as i32,
        (Attribute::Flags, Val::Null) => branch.flags = 0,
        (Attribute::Flags, Val::Int(flags)) => branch.flags = flags as u32,
        (Attribute::Socket, Val::Null) => branch.send_socket = None,
        (Attribute::Socket, Val::Str(name)) => {
            // Captured: a socket that is not ours takes the old one away, text that is no socket changes nothing.
            let Some(spec) = SocketSpec::parse(name) else {
                if name.is_empty() {
                    branch.send_socket = None;
                }
                return name.is_empty();
            };
            branch.send_socket = spec.find(ctx.engine());
        }
        (Attribute::Connection, Val::Null) => branch.connection = None,
        (Attribute::Connection, Val::Int(id)) => branch.connection = Some(u64::from(id as u32)),
        // The rest comes from a registration and cannot be assigned (captured).
        (Attribute::Ruid | Attribute::UserAgent | Attribute::Instance | Attribute::Connection, _) => {
            return false;
        }
        (Attribute::Count | Attribute::Q | Attribute::Flags | Attribute::Socket, _) => return false,
        (which, value) => {
            let Some(text) = text(value) else { return false };
            match which {
                Attribute::Uri => branch.uri = text,
                Attribute::DstUri => branch.dst_uri = text,
                _ => branch.path = text,
            }
        }
    }
    true
}

/// Index in the list of branches; the first one without an index, negative ones count from the end.
fn place<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Option<usize> {
    let index = name.index(ctx).unwrap_or(0);
    let count = ctx.branches.len();
    let at = match usize::try_from(index) {
        Ok(at) => at,
        Err(_) => count.checked_sub(usize::try_from(index.unsigned_abs()).ok()?)?,
    };
    (at < count).then_some(at)
}

fn get<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let Some(&attribute) = name.digested::<Attribute>() else { return Val::Null };
    match place(ctx, name).and_then(|at| ctx.branches.get(at)) {
        Some(branch) => read(ctx, branch, attribute),
        None => Val::Null,
    }
}

/// Undefined for the URI removes the branch (captured).
fn set<'m>(ctx: &mut Ctx<'m>, name: &'m PvName, value: Val<'m>) -> bool {
    let (Some(&attribute), Some(at)) = (name.digested::<Attribute>(), place(ctx, name)) else {
        return false;
    };
    if matches!((attribute, value), (Attribute::Uri, Val::Null | Val::Str(b""))) {
        ctx.branches.remove(at);
        return true;
    }
    let Some(&branch) = ctx.branches.get(at) else { return false };
    let mut branch = branch;
    let done = write(ctx, &mut branch, attribute, value);
    if let (true, Some(slot)) = (done, ctx.branches.get_mut(at)) {
        *slot = branch;
    }
    done
}

/// The branch that `$sbranch` prepares; it outlives no run.
#[derive(Default)]
struct Prepared(OwnedBranch);

fn prepared<'m>(ctx: &Ctx<'m>) -> Branch<'m> {
    match ctx.ext.get::<Prepared>() {
        Some(prepared) => prepared.0.thaw(ctx.arena),
        None => Branch::new(),
    }
}

fn get_prepared<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let Some(&attribute) = name.digested::<Attribute>() else { return Val::Null };
    // Captured: before anything was prepared all but the count is undefined.
    if !matches!(attribute, Attribute::Count) && ctx.ext.get::<Prepared>().is_none() {
        return Val::Null;
    }
    let branch = prepared(ctx);
    read(ctx, &branch, attribute)
}

fn set_prepared<'m>(ctx: &mut Ctx<'m>, name: &'m PvName, value: Val<'m>) -> bool {
    let Some(&attribute) = name.digested::<Attribute>() else { return false };
    if matches!((attribute, value), (Attribute::Uri, Val::Null | Val::Str(b""))) {
        ctx.ext.take::<Prepared>();
        return true;
    }
    let mut branch = prepared(ctx);
    let done = write(ctx, &mut branch, attribute, value);
    ctx.ext.set(Prepared(branch.freeze()));
    done
}
