//! The script context: everything that one script run works on.

use std::{cell::Cell, future::Future, net::IpAddr, rc::Rc, sync::Arc};

use bumpalo::Bump;
use kamjit_catalog::{Generation, Routes};
use kamjit_codegen::abi::{Header, RawVal, status};
use kamjit_net::{ReceiveInfo, SocketId};
use kamjit_sip::{Edits, Message, Uri};

use crate::{
    avp::Avps,
    branch::Branch,
    engine::Engine,
    ext::Ext,
    fibre::{Cancelled, Scope},
    onsend::Sending,
    program::{Program, RouteIndex},
    uris::UriCache,
    value::Val,
    worker::Worker,
    xavp::Xavps,
};

/// Flags of a message and how it is to be sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Flags {
    /// `setflag`: bits 0 to 31.
    pub message: u32,
    /// `setxflag`: two words of extended flags (6.x).
    pub extended: [u32; 2],
    /// `force_rport`, `add_local_rport`, `set_reply_no_connect`, ...: see [`send_flags`].
    pub send: u32,
}

/// The address that this message's Via and Record-Route show instead of the socket's own
/// (`set_advertised_address()`).
#[derive(Clone, Copy, Debug, Default)]
pub struct Advertised<'m> {
    /// Host, if set.
    pub host: Option<&'m [u8]>,
    /// Port, if set.
    pub port: Option<u16>,
}

/// Bits of [`Flags::send`].
pub mod send_flags {
    /// `force_rport()`: answer to the source port, add `rport=` to the top Via.
    pub const FORCE_RPORT: u32 = 1;
    /// `add_local_rport()`: put `;rport` in the Via that we add.
    pub const ADD_LOCAL_RPORT: u32 = 2;
    /// `set_reply_no_connect()`: replies only on an existing connection.
    pub const REPLY_NO_CONNECT: u32 = 4;
    /// `set_reply_close()`.
    pub const REPLY_CLOSE: u32 = 8;
    /// `set_forward_no_connect()`.
    pub const FORWARD_NO_CONNECT: u32 = 16;
    /// `set_forward_close()`.
    pub const FORWARD_CLOSE: u32 = 32;
    /// `force_tcp_alias()`.
    pub const TCP_ALIAS: u32 = 64;
    /// `udp_mtu_try_proto(UDP)`: requests longer than `udp_mtu` stay on UDP.
    pub const MTU_UDP: u32 = 128;
    /// `udp_mtu_try_proto(TCP)`.
    pub const MTU_TCP: u32 = 256;
    /// `udp_mtu_try_proto(TLS)`.
    pub const MTU_TLS: u32 = 512;
    /// `udp_mtu_try_proto(SCTP)`.
    pub const MTU_SCTP: u32 = 1024;
}

/// How a route ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It came to its end or returned.
    Normal,
    /// `exit`.
    Exit,
    /// `drop`.
    Drop,
    /// The run was cancelled.
    Cancelled,
}

/// The context. It begins with the part that machine code knows.
#[repr(C)]
pub struct Ctx<'m> {
    header: Header,
    /// Memory of this run.
    pub arena: &'m Bump,
    /// The request or reply that is processed; `msg_apply_changes()` puts another one here.
    pub msg: &'m Message<'m>,
    /// Where it came from.
    pub rcv: ReceiveInfo,
    /// Edits recorded so far.
    pub edits: Edits<'m>,
    /// The request URI and where it goes.
    pub main: Branch<'m>,
    /// Further branches.
    pub branches: Vec<Branch<'m>>,
    /// Flags.
    pub flags: Flags,
    /// Address to show instead of the socket's own.
    pub advertised: Advertised<'m>,
    /// Attribute-value pairs (the transaction's, while one of its routes runs).
    pub avps: Avps,
    /// Extended pairs: `$xavp`, `$xavu`, `$xavi`.
    pub xavps: Xavps,
    /// The kind of block that runs.
    pub routes: Routes,
    /// `$mi`: number of the message in this process.
    pub message_id: u64,
    /// What modules attach to the message.
    pub ext: Ext,
    /// The program.
    pub program: &'m Program,
    /// The worker that runs it.
    pub worker: &'m Rc<Worker>,
    sending: Option<Sending<'m>>,
    scope: &'m Scope,
    dynamic: &'m [RawVal],
    pub(crate) log_prefix: Option<&'m [u8]>,
    uris: UriCache<'m>,
    /// Groups of variables of which an instance is selected.
    instances: Vec<(&'m str, u32)>,
    source_text: Cell<Option<(IpAddr, &'m [u8])>>,
    unreadable: Cell<bool>,
}

impl<'m> Ctx<'m> {
    /// A context for a message. `scope` is the fibre's; everything else starts empty.
    pub fn new(
        scope: &'m Scope,
        worker: &'m Rc<Worker>,
        program: &'m Program,
        msg: &'m Message<'m>,
        rcv: ReceiveInfo,
        routes: Routes,
    ) -> Ctx<'m> {
        let arena = &scope.arena;
        let vars = arena.alloc_slice_fill_copy(program.var_count(), RawVal::int(0));
        Ctx {
            header: program.header(vars),
            arena,
            msg,
            rcv,
            edits: Edits::new(arena),
            main: Branch::new(),
            branches: Vec::new(),
            flags: Flags { send: program.globals.first_send_flags(), ..Flags::default() },
            advertised: Advertised {
                host: program.globals.advertised_host.as_deref(),
                port: program.globals.advertised_port,
            },
            avps: Avps::default(),
            xavps: Xavps::default(),
            routes,
            message_id: 0,
            ext: Ext::default(),
            program,
            worker,
            sending: None,
            scope,
            dynamic: &[],
            log_prefix: None,
            uris: UriCache::default(),
            instances: Vec::new(),
            source_text: Cell::new(None),
            unreadable: Cell::new(false),
        }
    }

    /// The process-wide engine.
    pub fn engine(&self) -> &'m Arc<Engine> {
        &self.worker.engine
    }

    /// Whose meaning applies where 5.6 and 6.x differ.
    pub fn generation(&self) -> Generation {
        self.program.generation
    }

    /// `$rc`.
    pub fn rc(&self) -> i64 {
        self.header.rc
    }

    /// `max_while_loops`.
    pub(crate) fn max_while(&self) -> u32 {
        self.header.max_while
    }

    /// Sets `$rc`.
    pub fn set_rc(&mut self, rc: i64) {
        self.header.rc = rc;
    }

    /// Waits for a future; only this run stands still, not the worker. Call it with no lock held.
    pub fn wait<F: Future>(&self, future: F) -> Result<F::Output, Cancelled> {
        self.scope.wait(future)
    }

    /// Where the message is just being sent, in `onsend_route`.
    pub fn sending(&self) -> Option<&Sending<'m>> {
        self.sending.as_ref()
    }

    /// Sets what is being sent while `onsend_route` runs, and gives back what was before.
    pub(crate) fn set_sending(&mut self, sending: Option<Sending<'m>>) -> Option<Sending<'m>> {
        std::mem::replace(&mut self.sending, sending)
    }

    /// The fibre's scope.
    pub fn scope(&self) -> &'m Scope {
        self.scope
    }

    /// The current request URI (`$ru`): the changed one or that of the message. Empty for replies.
    pub fn ruri(&self) -> &'m [u8] {
        self.main.uri.or_else(|| self.msg.request_uri()).unwrap_or_default()
    }

    /// Changes the request URI.
    pub fn set_ruri(&mut self, uri: &'m [u8]) {
        self.main.uri = Some(uri);
    }

    /// The current request URI, parsed (once for each value); `None` if it is malformed.
    pub fn parsed_ruri(&self) -> Option<Uri<'m>> {
        self.uri(self.ruri()).copied()
    }

    /// A URI, parsed once for each text; `None` if it is malformed.
    pub fn uri(&self, raw: &'m [u8]) -> Option<&'m Uri<'m>> {
        self.uris.get(self.arena, raw)
    }

    /// The source address as text (`$si`), written once; IPv6 without brackets.
    pub fn source_ip(&self) -> &'m [u8] {
        let ip = self.rcv.src.ip();
        match self.source_text.get() {
            Some((of, text)) if of == ip => text,
            _ => {
                let text = self.address_text(ip);
                self.source_text.set(Some((ip, text)));
                text
            }
        }
    }

    /// What a variable gives that cannot be read at all: undefined like any other, but a format string shows nothing
    /// in its place, not `<null>` (captured).
    pub fn unreadable(&self) -> Val<'m> {
        self.unreadable.set(true);
        Val::Null
    }

    /// Whether a variable was [`unreadable`](Ctx::unreadable) since the last call.
    pub(crate) fn take_unreadable(&self) -> bool {
        self.unreadable.replace(false)
    }

    /// The socket to send from, if one is forced.
    pub fn send_socket(&self) -> Option<SocketId> {
        self.main.send_socket
    }

    /// Copies bytes into the run's memory.
    pub fn keep(&self, bytes: &[u8]) -> &'m [u8] {
        self.arena.alloc_slice_copy(bytes)
    }

    /// Formats a text into the run's memory.
    pub fn format(&self, text: std::fmt::Arguments<'_>) -> &'m [u8] {
        let mut out = bumpalo::collections::String::new_in(self.arena);
        // Writing to a string in an arena does not fail.
        let _ = std::fmt::Write::write_fmt(&mut out, text);
        out.into_bump_str().as_bytes()
    }

    /// Runs a route block; `$rc` is 0 where it begins, and its return value in the end.
    pub fn run_route(&mut self, route: RouteIndex) -> Ended {
        self.header.rc = 0;
        match self.program.run(route, self.header_ptr()) {
            status::GO => Ended::Normal,
            status::EXIT => Ended::Exit,
            status::DROP => Ended::Drop,
            _ => Ended::Cancelled,
        }
    }

    /// Runs a route block as another kind of block than the current one (an event route, for instance).
    pub fn run_route_as(&mut self, route: RouteIndex, routes: Routes) -> Ended {
        let before = std::mem::replace(&mut self.routes, routes);
        let ended = self.run_route(route);
        self.routes = before;
        ended
    }

    /// The value of a `$var` slot.
    pub fn var(&self, slot: u32) -> Val<'m> {
        // SAFETY: `vars` has `var_count` entries (see `new`), all of them initialised, with strings that live as
        // long as the run; slots out of range are refused.
        unsafe {
            if slot as usize >= self.program.var_count() {
                return Val::Null;
            }
            Val::from_raw(&*self.header.vars.add(slot as usize))
        }
    }

    /// Assigns a `$var` slot; undefined becomes 0 (captured).
    pub fn set_var(&mut self, slot: u32, value: Val<'m>) {
        if (slot as usize) < self.program.var_count() {
            let raw = if value.is_null() { RawVal::int(0) } else { value.to_raw() };
            // SAFETY: in range, see `var`.
            unsafe { *self.header.vars.add(slot as usize) = raw };
        }
    }

    /// The instance of a group of variables that `cfg_select()` chose.
    pub fn instance_of(&self, group: &str) -> Option<u32> {
        self.instances.iter().find(|(known, _)| *known == group).map(|(_, id)| *id)
    }

    /// Chooses an instance of a group, or the group itself again.
    pub fn select_instance(&mut self, group: &'m str, id: Option<u32>) {
        self.instances.retain(|(known, _)| *known != group);
        self.instances.extend(id.map(|id| (group, id)));
    }

    /// The n-th dynamic argument of the call that runs.
    pub fn dynamic_arg(&self, n: usize) -> Val<'m> {
        // SAFETY: machine code passes strings that live as long as the run (the ABI's promise).
        self.dynamic.get(n).map_or(Val::Null, |raw| unsafe { Val::from_raw(raw) })
    }

    /// Sets the dynamic arguments for a call and gives back those of the call around it.
    pub(crate) fn swap_dynamic(&mut self, args: &'m [RawVal]) -> &'m [RawVal] {
        std::mem::replace(&mut self.dynamic, args)
    }

    /// The context as machine code takes it.
    pub(crate) fn header_ptr(&mut self) -> *mut Header {
        // The whole context must be reachable through the pointer, so it is made from the context itself.
        std::ptr::from_mut(self).cast()
    }
}
