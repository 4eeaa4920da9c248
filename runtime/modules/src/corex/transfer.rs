//! Raw bytes out: `send_udp()`, `send_tcp()`, `send_data()`, `sendx()`; files: `file_read()`, `file_write()`.

use kamjit_catalog::{
    ArgKind::{StrVar, VarOut},
    Form, Routes,
};
use kamjit_engine::{
    Ctx, Val,
    core::sending::SocketSpec,
    dest::{Asked, NoDestination},
    module::{Arg, FunctionDef, Ret, Run, RunFn},
};
use kamjit_net::SocketId;
use kamjit_sip::{Proto, Uri};

const REQUESTS: Routes = Routes::REQUEST.or(Routes::FAILURE);
const SEND: &[Form] = &[Form { args: &[], routes: REQUESTS }, Form { args: &[StrVar], routes: REQUESTS }];
const TWO: &[Form] = &[Form { args: &[StrVar, StrVar], routes: Routes::ANY }];
const THREE: &[Form] = &[Form { args: &[StrVar, StrVar, StrVar], routes: Routes::ANY }];
const READ: &[Form] = &[Form { args: &[StrVar, VarOut], routes: Routes::ANY }];

const fn plain(name: &'static str, forms: &'static [Form], run: RunFn) -> FunctionDef {
    FunctionDef { name, forms, run: Run::plain(run) }
}

pub(super) const FUNCTIONS: &[FunctionDef] = &[
    plain("send_udp", SEND, |ctx, args| send(ctx, args, Proto::Udp)),
    plain("send_tcp", SEND, |ctx, args| send(ctx, args, Proto::Tcp)),
    plain("send_data", TWO, |ctx, args| {
        let data = text(ctx, args, 1);
        send_to_uri(ctx, args, None, data)
    }),
    plain("sendx", THREE, |ctx, args| {
        let socket = SocketSpec::parse(text(ctx, args, 1)).and_then(|spec| spec.find(ctx.engine()));
        let data = text(ctx, args, 2);
        if socket.is_none() { Ret::FALSE } else { send_to_uri(ctx, args, socket, data) }
    }),
    plain("file_read", READ, read),
    plain("file_write", TWO, write),
];

fn text<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], at: usize) -> &'m [u8] {
    args.get(at).map_or(b"", |arg| arg.text(ctx))
}

fn answer(sent: Result<bool, NoDestination>) -> Ret {
    match sent {
        Ok(sent) => Ret::from(sent),
        Err(NoDestination::Cancelled) => Ret::CANCELLED,
        Err(why) => {
            tracing::error!("nothing sent: no destination: {why:?}");
            Ret::FALSE
        }
    }
}

/// The message as received, to the host given or to the destination of the request.
fn send<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], proto: Proto) -> Ret {
    let spec = match args.first() {
        Some(arg) => match SocketSpec::parse(arg.text(ctx)) {
            Some(spec) => Some(spec),
            None => return Ret::FALSE,
        },
        None => None,
    };
    let bytes = ctx.msg.buf();
    answer(match spec {
        Some(spec) => {
            let asked = Asked { host: &spec.host, port: spec.port, proto: Some(proto), sips: false };
            resolve_and_send(ctx, &asked, None, bytes)
        }
        None => {
            let uri = match ctx.main.dst_uri {
                Some(next) => Uri::parse(next).ok(),
                None => ctx.parsed_ruri(),
            };
            match uri.as_ref().and_then(Asked::from_uri) {
                Some(asked) => {
                    let asked = Asked { proto: Some(proto), ..asked };
                    resolve_and_send(ctx, &asked, None, bytes)
                }
                None => Err(NoDestination::BadUri),
            }
        }
    })
}

fn resolve_and_send(
    ctx: &mut Ctx<'_>,
    asked: &Asked<'_>,
    socket: Option<SocketId>,
    bytes: &[u8],
) -> Result<bool, NoDestination> {
    let dest = ctx.resolve_asked(asked, socket, true)?;
    Ok(ctx.worker.send(&dest, bytes))
}

fn send_to_uri<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], socket: Option<SocketId>, data: &[u8]) -> Ret {
    let uri = Uri::parse(text(ctx, args, 0)).ok();
    answer(match uri.as_ref().and_then(Asked::from_uri) {
        Some(asked) => resolve_and_send(ctx, &asked, socket, data),
        None => Err(NoDestination::BadUri),
    })
}

/// Files that scripts read are small; larger ones are refused.
const MAX_FILE: u64 = 4 << 20;

/// Reads a file into a variable. On another thread, so that a slow disk does not stop the worker.
fn read<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let path = path(text(ctx, args, 0));
    let read = tokio::task::spawn_blocking(move || {
        let size = std::fs::metadata(&path)?.len();
        if size > MAX_FILE {
            return Err(std::io::Error::other("the file is too large"));
        }
        std::fs::read(&path)
    });
    let content = match ctx.wait(read) {
        Ok(Ok(Ok(content))) => content,
        Ok(Ok(Err(error))) => {
            tracing::error!("cannot open file: {error}");
            return Ret::FALSE;
        }
        Ok(Err(_)) => return Ret::FALSE,
        Err(cancelled) => return cancelled.into(),
    };
    let content = ctx.keep(&content);
    match args.get(1).and_then(Arg::pv) {
        Some(pv) => Ret::from(pv.set(ctx, Val::Str(content))),
        None => Ret::FALSE,
    }
}

fn write<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let path = path(text(ctx, args, 0));
    let content = text(ctx, args, 1).to_vec();
    match ctx.wait(tokio::task::spawn_blocking(move || std::fs::write(path, content))) {
        Ok(Ok(Ok(()))) => Ret::TRUE,
        Ok(Ok(Err(error))) => {
            tracing::error!("cannot write file: {error}");
            Ret::FALSE
        }
        Ok(Err(_)) => Ret::FALSE,
        Err(cancelled) => cancelled.into(),
    }
}

fn path(text: &[u8]) -> std::path::PathBuf {
    use std::os::unix::ffi::OsStrExt;
    std::ffi::OsStr::from_bytes(text).into()
}
