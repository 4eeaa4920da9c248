//! The builtins: what machine code calls. Each is an `extern "C-unwind"` function that never unwinds.

use std::{
    net::IpAddr,
    panic::{AssertUnwindSafe, catch_unwind},
};

use bumpalo::collections::Vec as ArenaVec;
use kamjit_analysis::ir::{Field, IpNet};
use kamjit_codegen::{
    abi::{Header, RawStr, RawVal, TAG_INT, TAG_STR, status},
    builtins::Builtins,
    semantics::{self, Value},
};
use kamjit_sip::{Proto, Uri};

use crate::{
    ctx::Ctx,
    log::{self, Level},
    module::Ret,
    program::Site,
    pv::Pv,
    regex::Regex,
    value::{Val, format_int},
};

/// The addresses of all builtins.
pub(crate) const BUILTINS: Builtins = Builtins {
    call,
    pv_get,
    pv_set,
    pv_copy,
    val_to_int,
    str_to_int,
    val_to_str,
    int_to_str,
    concat2,
    concat_n,
    bytes_eq,
    same_text,
    val_eq,
    regex_match,
    regex_dyn,
    field_int,
    field_str,
    field_is_myself,
    field_in_net,
    field_is_host,
    route_find,
    compile_route,
    recursion_limit,
    while_limit,
    stmt_failed,
    probe,
};

/// The context behind the pointer that machine code passes around.
///
/// # Safety
/// `header` must come from `Ctx::header_ptr` of a context that lives for `'m` and is borrowed by nobody else: the
/// machine code that called us holds the only way to it, and every builtin is its own exclusive use.
unsafe fn ctx<'c, 'm>(header: *mut Header) -> &'c mut Ctx<'m> {
    // SAFETY: the caller's promise.
    unsafe { &mut *header.cast() }
}

/// Bytes given as pointer and length.
///
/// # Safety
/// They must be readable for `'m`; an empty string may have any pointer.
unsafe fn bytes<'m>(ptr: *const u8, len: usize) -> &'m [u8] {
    if len == 0 {
        return b"";
    }
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts(ptr, len) }
}

fn guarded<T>(fallback: T, what: &str, body: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|_| {
        log::core(Level::Bug, format_args!("{what} was given up after a panic"));
        fallback
    })
}

fn pack(code: i32, state: i32) -> i64 {
    (i64::from(state) << 32) | i64::from(code as u32)
}

// SAFETY (all builtins): machine code passes the context it was called with, handles that the program keeps alive,
// and strings and values that live as long as the run.

unsafe extern "C-unwind" fn call(header: *mut Header, site: usize, args: *const RawVal) -> i64 {
    // SAFETY: see above.
    let (ctx, site) = unsafe { (ctx(header), &*(site as *const Site)) };
    let ret = guarded(Ret::FALSE, site.name, || {
        let dynamic = if args.is_null() {
            &[][..]
        } else {
            // SAFETY: machine code passes as many values as the call has dynamic arguments, at most the arity.
            unsafe { std::slice::from_raw_parts(args, site.dynamic) }
        };
        let outer = ctx.swap_dynamic(dynamic);
        let limit = ctx.program.globals.live.latency_limit_action.get();
        let ret = if limit > 0 { timed_call(ctx, site, limit) } else { (site.run)(ctx, &site.args) };
        ctx.swap_dynamic(outer);
        ret
    });
    match ret {
        Ret::EXIT => pack(0, status::EXIT),
        Ret::DROP => pack(0, status::DROP),
        Ret::CANCELLED => pack(0, status::CANCELLED),
        Ret(code) => pack(code, status::GO),
    }
}

/// Runs a call and logs it if it took `limit` microseconds or more (`latency_limit_action`; the text is the real
/// server's, without its number for the kind of action).
#[cold]
fn timed_call<'m>(ctx: &mut Ctx<'m>, site: &'m Site, limit: i64) -> Ret {
    let started = std::time::Instant::now();
    let ret = (site.run)(ctx, &site.args);
    let took = started.elapsed().as_micros();
    if took >= limit.unsigned_abs().into() {
        let level = Level::from_number(ctx.program.globals.live.latency_log.get());
        let Site { name, file, line, .. } = site;
        log::core(
            level,
            format_args!("alert - action [{name}] cfg [{file}:{line}] took too long [{took} us]"),
        );
    }
    ret
}

unsafe extern "C-unwind" fn pv_get(header: *mut Header, pv: usize, out: *mut RawVal) -> i32 {
    // SAFETY: see above.
    let (ctx, pv) = unsafe { (ctx(header), &*(pv as *const Pv)) };
    let value = guarded(Val::Null, pv.def.name, || pv.get(ctx));
    let mut raw = value.to_raw();
    if let (TAG_STR, Some(number)) = (raw.tag, pv.number) {
        raw.int = number(ctx);
    }
    // SAFETY: machine code gives room for one value.
    unsafe { out.write(raw) };
    status::GO
}

unsafe extern "C-unwind" fn pv_set(header: *mut Header, pv: usize, value: *const RawVal) -> i32 {
    // SAFETY: see above.
    let (ctx, pv, value) = unsafe { (ctx(header), &*(pv as *const Pv), Val::from_raw(&*value)) };
    if !guarded(false, pv.def.name, || pv.set(ctx, value)) {
        log::core(Level::Err, format_args!("${} could not be assigned", pv.def.name));
    }
    status::GO
}

/// Captured: `$rU = $avp(x)` takes the digits of a number, `$rU = 5` is refused.
unsafe extern "C-unwind" fn pv_copy(header: *mut Header, pv: usize, value: *const RawVal) -> i32 {
    // SAFETY: see above.
    let (ctx, pv, value) = unsafe { (ctx(header), &*(pv as *const Pv), Val::from_raw(&*value)) };
    let mut set = guarded(false, pv.def.name, || pv.set(ctx, value));
    if let (false, Val::Int(number)) = (set, value) {
        let digits = Val::Str(format_int(ctx.arena, number));
        set = guarded(false, pv.def.name, || pv.set(ctx, digits));
    }
    if !set {
        log::core(Level::Err, format_args!("${} could not be assigned", pv.def.name));
    }
    status::GO
}

unsafe extern "C-unwind" fn val_to_int(header: *mut Header, value: *const RawVal) -> i64 {
    // SAFETY: see above.
    unsafe {
        match &*value {
            // The number behind a variable's text; see `pv::PvNumber`.
            RawVal { tag: TAG_STR, int, .. } if *int != 0 => *int,
            raw => Value::from_raw(raw).to_int(ctx(header).generation()),
        }
    }
}

unsafe extern "C-unwind" fn str_to_int(header: *mut Header, ptr: *const u8, len: usize) -> i64 {
    // SAFETY: see above.
    unsafe { Value::Str(bytes(ptr, len)).to_int(ctx(header).generation()) }
}

unsafe extern "C-unwind" fn val_to_str(header: *mut Header, value: *const RawVal) -> RawStr {
    // SAFETY: see above.
    let value = unsafe { &*value };
    match value.tag {
        TAG_STR => RawStr { ptr: value.ptr, len: value.len },
        // SAFETY: see above.
        TAG_INT => unsafe { int_to_str(header, value.int) },
        _ => RawStr::new(b""),
    }
}

unsafe extern "C-unwind" fn int_to_str(header: *mut Header, value: i64) -> RawStr {
    // SAFETY: see above.
    RawStr::new(format_int(unsafe { ctx(header) }.arena, value))
}

unsafe extern "C-unwind" fn concat2(
    header: *mut Header,
    a: *const u8,
    a_len: usize,
    b: *const u8,
    b_len: usize,
) -> RawStr {
    // SAFETY: see above.
    let (ctx, a, b) = unsafe { (ctx(header), bytes(a, a_len), bytes(b, b_len)) };
    let mut out = ArenaVec::with_capacity_in(a_len + b_len, ctx.arena);
    out.extend_from_slice_copy(a);
    out.extend_from_slice_copy(b);
    RawStr::new(out.into_bump_slice())
}

unsafe extern "C-unwind" fn concat_n(header: *mut Header, parts: *const RawStr, count: usize) -> RawStr {
    // SAFETY: see above; machine code gives `count` parts.
    let (ctx, parts) = unsafe { (ctx(header), std::slice::from_raw_parts(parts, count)) };
    let total = parts.iter().map(|p| p.len).sum();
    let mut out = ArenaVec::with_capacity_in(total, ctx.arena);
    for part in parts {
        // SAFETY: see above.
        out.extend_from_slice_copy(unsafe { bytes(part.ptr, part.len) });
    }
    RawStr::new(out.into_bump_slice())
}

unsafe extern "C-unwind" fn bytes_eq(a: *const u8, b: *const u8, len: usize) -> i32 {
    // SAFETY: see above.
    unsafe { i32::from(bytes(a, len) == bytes(b, len)) }
}

unsafe extern "C-unwind" fn same_text(a: *const u8, b: *const u8, len: usize) -> i32 {
    // SAFETY: see above.
    unsafe { i32::from(bytes(a, len).eq_ignore_ascii_case(bytes(b, len))) }
}

unsafe extern "C-unwind" fn val_eq(header: *mut Header, left: *const RawVal, right: *const RawVal) -> i32 {
    // SAFETY: see above.
    let (generation, left, right) =
        unsafe { (ctx(header).generation(), Value::from_raw(&*left), Value::from_raw(&*right)) };
    i32::from(semantics::equal(left, right, generation))
}

unsafe extern "C-unwind" fn regex_match(_: *mut Header, regex: usize, ptr: *const u8, len: usize) -> i32 {
    // SAFETY: see above.
    let (regex, text) = unsafe { (&*(regex as *const Regex), bytes(ptr, len)) };
    i32::from(guarded(false, "a regular expression", || regex.is_match(text)))
}

unsafe extern "C-unwind" fn regex_dyn(
    _: *mut Header,
    ptr: *const u8,
    len: usize,
    pattern: *const u8,
    pattern_len: usize,
) -> i32 {
    // SAFETY: see above.
    let (text, pattern) = unsafe { (bytes(ptr, len), bytes(pattern, pattern_len)) };
    guarded(-1, "a regular expression", || match Regex::new(pattern, true) {
        Ok(regex) => i32::from(regex.is_match(text)),
        Err(why) => {
            log::core(Level::Err, format_args!("the regular expression does not compile: {why}"));
            -1
        }
    })
}

unsafe extern "C-unwind" fn field_int(header: *mut Header, field: u32) -> i64 {
    // SAFETY: see above.
    let ctx = unsafe { ctx(header) };
    let family = |ip: IpAddr| if ip.is_ipv4() { i64::from(libc::AF_INET) } else { i64::from(libc::AF_INET6) };
    match Field::from_number(field) {
        Some(Field::Status) => ctx.msg.status().map_or(0, i64::from),
        Some(Field::SrcPort) => i64::from(ctx.rcv.src.port()),
        Some(Field::DstPort) => i64::from(ctx.rcv.dst.port()),
        Some(Field::Proto) => ctx.rcv.proto as i64,
        Some(Field::Af) => family(ctx.rcv.src.ip()),
        // Captured: in onsend_route it is the length of what is sent.
        Some(Field::MsgLen) => ctx.sending().map_or(ctx.msg.buf().len(), |s| s.bytes.len()) as i64,
        Some(Field::MaxLen) => 65_535,
        Some(Field::SndPort) => ctx.sending().map_or(0, |s| i64::from(s.from.port())),
        Some(Field::ToPort) => ctx.sending().map_or(0, |s| i64::from(s.dest.addr.port())),
        Some(Field::SndProto) => ctx.sending().map_or(0, |s| s.dest.proto as i64),
        Some(Field::SndAf) => ctx.sending().map_or(0, |s| family(s.from.ip())),
        _ => 0,
    }
}

unsafe extern "C-unwind" fn field_str(header: *mut Header, field: u32) -> RawStr {
    // SAFETY: see above.
    let ctx = unsafe { ctx(header) };
    let Some(field) = Field::from_number(field) else { return RawStr::new(b"") };
    RawStr::new(match field {
        Field::Uri => ctx.ruri(),
        Field::Method => ctx.msg.method_raw(),
        Field::FromUri => ctx.msg.from().map(|f| f.uri).unwrap_or_default(),
        Field::ToUri => ctx.msg.to().uri,
        Field::Status => ctx.msg.status().map_or(b"", |code| format_int(ctx.arena, i64::from(code))),
        Field::SrcIp => ctx.source_ip(),
        Field::DstIp => ctx.address_text(ctx.rcv.dst.ip()),
        Field::SndIp => ctx.sending().map_or(b"", |sending| ctx.address_text(sending.from.ip())),
        Field::ToIp => ctx.sending().map_or(b"", |sending| ctx.address_text(sending.dest.addr.ip())),
        Field::Proto => ctx.rcv.proto.name().as_bytes(),
        Field::SndProto => ctx.sending().map_or(b"", |sending| sending.dest.proto.name().as_bytes()),
        _ => b"",
    })
}

unsafe extern "C-unwind" fn field_is_myself(header: *mut Header, field: u32) -> i32 {
    // SAFETY: see above.
    let ctx = unsafe { ctx(header) };
    i32::from(guarded(false, "a test for myself", || match Field::from_number(field) {
        // Captured: a request URI that cannot be read counts as ours.
        Some(Field::Uri) => ctx.uri(ctx.ruri()).is_none_or(|uri| uri_is_myself(ctx, uri)),
        Some(Field::FromUri) => {
            ctx.msg.from().is_ok_and(|f| ctx.uri(f.uri).is_some_and(|uri| uri_is_myself(ctx, uri)))
        }
        Some(Field::ToUri) => ctx.uri(ctx.msg.to().uri).is_some_and(|uri| uri_is_myself(ctx, uri)),
        Some(Field::SrcIp) => address_is_myself(ctx, ctx.rcv.src),
        Some(Field::DstIp) => address_is_myself(ctx, ctx.rcv.dst),
        Some(Field::SndIp) => ctx.sending().is_some_and(|s| address_is_myself(ctx, s.from)),
        Some(Field::ToIp) => ctx.sending().is_some_and(|s| address_is_myself(ctx, s.dest.addr)),
        _ => false,
    }))
}

/// `uri == myself`: host and port (default 5060, captured) are ours.
fn uri_is_myself(ctx: &Ctx<'_>, uri: &Uri<'_>) -> bool {
    ctx.is_myself(uri.host, uri.port.filter(|p| *p != 0).unwrap_or(5060), None)
}

/// An address is ours whatever the port (captured).
fn address_is_myself(ctx: &Ctx<'_>, addr: std::net::SocketAddr) -> bool {
    ctx.engine().sockets.infos().iter().any(|info| info.addr.ip() == addr.ip())
}

impl Ctx<'_> {
    /// Whether host and port are ours, asking modules too.
    pub fn is_myself(&self, host: &[u8], port: u16, proto: Option<Proto>) -> bool {
        let port = if port == 0 { None } else { Some(port) };
        self.engine().identity.is_myself(host, port, proto)
            || self.program.hooks.is_myself.iter().any(|hook| hook(self.program, host, port.unwrap_or(0)))
    }
}

unsafe extern "C-unwind" fn field_in_net(header: *mut Header, field: u32, net: *const IpNet) -> i32 {
    // SAFETY: see above; the net belongs to the program.
    let (ctx, net) = unsafe { (ctx(header), &*net) };
    i32::from(field_ip(ctx, field).is_some_and(|ip| net.contains(ip)))
}

fn field_ip(ctx: &Ctx<'_>, field: u32) -> Option<IpAddr> {
    match Field::from_number(field)? {
        Field::SrcIp => Some(ctx.rcv.src.ip()),
        Field::DstIp => Some(ctx.rcv.dst.ip()),
        Field::SndIp => ctx.sending().map(|sending| sending.from.ip()),
        Field::ToIp => ctx.sending().map(|sending| sending.dest.addr.ip()),
        _ => None,
    }
}

/// An address or network in a string. Names are not looked up: that would wait for DNS inside a comparison.
unsafe extern "C-unwind" fn field_is_host(
    header: *mut Header,
    field: u32,
    ptr: *const u8,
    len: usize,
) -> i32 {
    // SAFETY: see above.
    let (ctx, host) = unsafe { (ctx(header), bytes(ptr, len)) };
    let net = IpNet::parse(host);
    i32::from(field_ip(ctx, field).zip(net).is_some_and(|(ip, net)| net.contains(ip)))
}

unsafe extern "C-unwind" fn route_find(header: *mut Header, name: *const u8, len: usize) -> i64 {
    // SAFETY: see above.
    let (ctx, name) = unsafe { (ctx(header), bytes(name, len)) };
    let found = match name {
        b"" => None,
        b"0" => Some(""),
        name => std::str::from_utf8(name).ok(),
    };
    let found = found.and_then(|name| ctx.program.route(kamjit_catalog::Routes::REQUEST, name));
    match found {
        Some(route) => i64::from(route.0),
        None => {
            log::core(Level::Err, format_args!("there is no route[{}]", name.escape_ascii()));
            -1
        }
    }
}

unsafe extern "C-unwind" fn compile_route(header: *mut Header, route: u32) -> *const u8 {
    // SAFETY: see above.
    let ctx = unsafe { ctx(header) };
    guarded(std::ptr::null(), "a compilation", || {
        ctx.program.code.compile(route).map_or(std::ptr::null(), |code| code as *const u8)
    })
}

unsafe extern "C-unwind" fn recursion_limit(header: *mut Header, route: u32) -> i32 {
    // SAFETY: see above.
    let ctx = unsafe { ctx(header) };
    let name = ctx.program.routes().iter().find(|r| r.index == route).map_or("", |r| &r.name);
    log::core(
        Level::Err,
        format_args!("route[{name}] is called too deep: routes call each other in a circle?"),
    );
    status::GO
}

unsafe extern "C-unwind" fn while_limit(header: *mut Header, stmt: u32) -> i32 {
    // SAFETY: see above.
    let ctx = unsafe { ctx(header) };
    let (file, line) = ctx.program.code.place(stmt).unwrap_or_default();
    log::core(
        Level::Err,
        format_args!("{file}:{line}: the loop ran {} times and was ended", ctx.max_while()),
    );
    status::GO
}

unsafe extern "C-unwind" fn stmt_failed(header: *mut Header, stmt: u32) -> i32 {
    // SAFETY: see above.
    let ctx = unsafe { ctx(header) };
    let (file, line) = ctx.program.code.place(stmt).unwrap_or_default();
    log::core(
        Level::Err,
        format_args!(
            "{file}:{line}: this could not be computed (division by zero, a bad pattern, an unknown route)"
        ),
    );
    status::GO
}

unsafe extern "C-unwind" fn probe(_: *mut Header, _: u32) -> i32 {
    status::GO
}
