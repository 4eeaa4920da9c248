//! Remote commands `tm.*` (README.tm section 6; structures and refusals captured).

use std::sync::Arc;

use kamjit_engine::{
    catalog::{Routes, Rpc},
    module::RpcDef,
    rpc::{RpcCall, RpcFuture, RpcRun, Via},
};
use kamjit_rpc::{Fault, Value};
use kamjit_sip::{Message, edit::ReplyPart};

use super::{
    cancel, local_reply, matching,
    stats::{STATS, read},
    table::table,
    transaction::Transaction,
    uac,
};

/// All commands.
pub(super) static RPC: &[RpcDef] = &[
    Rpc { name: "tm.stats", help: "Counts of transactions and replies.", run: RpcRun::Now(stats) },
    Rpc { name: "tm.list", help: "The transactions that live.", run: RpcRun::Now(list) },
    Rpc { name: "tm.hash_stats", help: "Not offered.", run: RpcRun::Now(hash_stats) },
    Rpc {
        name: "tm.clean",
        help: "Removes old transactions; they remove themselves.",
        run: RpcRun::Now(|_| Ok(())),
    },
    Rpc { name: "tm.cancel", help: "Cancels an INVITE by Call-ID and CSeq.", run: RpcRun::Now(cancel) },
    Rpc { name: "tm.reply", help: "Replies to a transaction by its number.", run: RpcRun::Now(reply) },
    Rpc {
        name: "tm.reply_callid",
        help: "Replies to a transaction by Call-ID and CSeq.",
        run: RpcRun::Now(reply_callid),
    },
    Rpc { name: "tm.t_uac_start", help: "Sends a request.", run: RpcRun::Waits(uac_start) },
    Rpc {
        name: "tm.t_uac_wait",
        help: "Sends a request and waits for its reply.",
        run: RpcRun::Waits(uac_wait),
    },
    Rpc {
        name: "tm.t_uac_wait_block",
        help: "Sends a request and waits for its reply.",
        run: RpcRun::Waits(uac_wait_block),
    },
];

fn stats(call: &mut RpcCall) -> Result<(), Fault> {
    let class = |n: usize| STATS.classes.get(n).map_or(0, read);
    let (created, freed) = (read(&STATS.created), read(&STATS.freed));
    let counts = [
        ("current", created - freed),
        ("waiting", read(&STATS.waiting)),
        ("total", created),
        ("total_local", read(&STATS.created_local)),
        ("rpl_received", read(&STATS.replies_received)),
        ("rpl_generated", read(&STATS.replies_generated)),
        ("rpl_sent", read(&STATS.replies_sent)),
        ("6xx", class(4)),
        ("5xx", class(3)),
        ("4xx", class(2)),
        ("3xx", class(1)),
        ("2xx", class(0)),
        ("created", created),
        ("freed", freed),
        ("delayed_free", 0),
    ];
    call.add_struct(counts.into_iter().map(|(name, n)| (name, Value::Int(n))).collect());
    Ok(())
}

fn hash_stats(_: &mut RpcCall) -> Result<(), Fault> {
    Err(Fault::new(500, "Hash statistics not supported (tryrecompiling with -DTM_HASH_STATS)"))
}

/// Transactions that one answer lists at most.
const MAX_LISTED: usize = 10_000;

fn list(call: &mut RpcCall) -> Result<(), Fault> {
    let mut all = Vec::new();
    table().each(|tx| {
        if all.len() < MAX_LISTED {
            all.push(describe(tx));
        }
    });
    for one in all {
        call.add_struct(one);
    }
    Ok(())
}

fn describe(tx: &Arc<Transaction>) -> Vec<(&'static str, Value)> {
    let inner = tx.inner();
    let sent = inner.uacs.first().map(|u| &*u.sent).unwrap_or_default();
    let bytes = inner.request.as_ref().map_or(sent, |r| &r.bytes);
    let arena = bumpalo::Bump::new();
    let msg = Message::parse(&arena, arena.alloc_slice_copy(bytes)).ok();
    let line = |kind| -> Value {
        let line = msg.and_then(|msg| {
            let header = msg.header(kind)?;
            msg.buf().get(header.offset as usize..header.end())
        });
        Value::Str(line.unwrap_or_default().to_vec())
    };
    let cseq = msg.map_or_else(Vec::new, |msg| [b"CSeq: ", msg.cseq().number_raw].concat());
    let method = msg.map_or_else(Vec::new, |msg| msg.method_raw().to_vec());
    let flags =
        i64::from(tx.is_invite()) | i64::from(tx.local) << 1 | i64::from(inner.switches.canceled) << 3;
    vec![
        ("cell", Value::Str(format!("{:p}", Arc::as_ptr(tx)).into_bytes())),
        ("tindex", Value::Int(i64::from(tx.hash))),
        ("tlabel", Value::Int(i64::from(tx.label))),
        ("method", Value::Str(method)),
        ("from", line(kamjit_sip::HeaderKind::From)),
        ("to", line(kamjit_sip::HeaderKind::To)),
        ("callid", line(kamjit_sip::HeaderKind::CallId)),
        ("cseq", Value::Str(cseq)),
        ("uas_request", Value::Str(if tx.local { b"no".to_vec() } else { b"yes".to_vec() })),
        ("tflags", Value::Int(flags)),
        ("outgoings", Value::Int(inner.uacs.len() as i64)),
        ("ref_count", Value::Int(1)),
        ("lifetime", Value::Int((inner.born + inner.timers.lifetime) as i64)),
    ]
}

fn cancel(call: &mut RpcCall) -> Result<(), Fault> {
    let (Some(call_id), Some(cseq)) = (call.opt_str(), call.opt_str()) else {
        return Err(Fault::new(400, "Callid and CSeq expected as parameters"));
    };
    let Some(tx) = matching::by_call_id(&call_id, &cseq) else {
        return Err(Fault::new(400, "Transaction not found"));
    };
    let pending = {
        let mut inner = tx.inner();
        inner.switches.canceled = true;
        inner.uacs.iter().filter(|u| u.is_pending()).count()
    };
    if let Some(worker) = call.engine.workers().first() {
        worker.run(move |worker| {
            worker.spawn(move |scope, worker| cancel::all_pending(scope, worker, &tx, b""));
        });
    }
    if pending > 0 {
        call.add(Value::Int(pending as i64));
        call.add(Value::Str(b"branches remaining (waiting for timeout)".to_vec()));
    }
    Ok(())
}

/// Code and phrase, as both commands begin.
fn code_and_reason(call: &mut RpcCall) -> Result<(u16, Vec<u8>), Fault> {
    let missing = || Fault::new(400, "Reply code expected");
    let code = call.opt_int().map_err(|_| missing())?.ok_or_else(missing)?;
    let code = u16::try_from(code).ok().filter(|c| (100..700).contains(c)).ok_or_else(missing)?;
    let reason = call.opt_str().ok_or_else(|| Fault::new(400, "Reason phrase expected"))?;
    Ok((code, reason))
}

fn reply(call: &mut RpcCall) -> Result<(), Fault> {
    let (code, reason) = code_and_reason(call)?;
    let id = call.opt_str().ok_or_else(|| Fault::new(400, "Transaction ID expected"))?;
    let text = String::from_utf8_lossy(&id).into_owned();
    let numbers = text.split_once(':').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
    let (hash, label): (u32, u32) = numbers.ok_or_else(|| Fault::new(400, "Invalid transaction ID"))?;
    let tx = matching::by_label(hash, label).ok_or_else(|| Fault::new(481, "No such transaction"))?;
    send_reply(call, tx, code, reason)
}

fn reply_callid(call: &mut RpcCall) -> Result<(), Fault> {
    let (code, reason) = code_and_reason(call)?;
    let call_id = call.opt_str().ok_or_else(|| Fault::new(400, "Callid expected"))?;
    let cseq = call.opt_str().ok_or_else(|| Fault::new(400, "CSeq expected"))?;
    let tx = matching::by_call_id(&call_id, &cseq).ok_or_else(|| Fault::new(404, "Transaction not found"))?;
    send_reply(call, tx, code, reason)
}

fn send_reply(call: &mut RpcCall, tx: Arc<Transaction>, code: u16, reason: Vec<u8>) -> Result<(), Fault> {
    let to_tag = call.opt_str().ok_or_else(|| Fault::new(400, "To-tag expected"))?;
    let mut headers = call.opt_str().unwrap_or_default();
    let body = call.opt_str().unwrap_or_default();
    if headers.trim_ascii() == b"." {
        headers.clear();
    }
    if !headers.is_empty() && !headers.ends_with(b"\n") {
        headers.extend_from_slice(b"\r\n");
    }
    if let Some(worker) = call.engine.workers().first() {
        worker.run(move |worker| {
            worker.spawn(move |scope, worker| {
                local_reply::with_request(scope, worker, &tx, Routes::REQUEST, |ctx| {
                    if !body.is_empty() {
                        ctx.edits.add_to_replies(ReplyPart::Body, &body);
                    }
                    let tag = (!to_tag.is_empty()).then_some(&to_tag[..]);
                    local_reply::send_with(ctx, &tx, code, &reason, &headers, tag)
                });
            });
        });
    }
    Ok(())
}

/// `method uri next-hop socket headers [body]`.
fn request(call: &mut RpcCall) -> Result<uac::Request, Fault> {
    if call.rest().len() < 5 {
        return Err(Fault::new(400, format!("too few parameters (-{}/5)", call.rest().len())));
    }
    let mut request = uac::Request { method: call.str()?, uri: call.str()?, ..uac::Request::default() };
    let next_hop = call.str()?;
    let socket = call.str()?;
    let headers = call.str()?;
    request.body = call.opt_str().unwrap_or_default();
    if kamjit_sip::Uri::parse(&request.uri).is_err() {
        let text = String::from_utf8_lossy(&request.uri).into_owned();
        return Err(Fault::new(400, format!("Invalid request uri \"{text}\"")));
    }
    if next_hop != b"." {
        request.next_hop = next_hop;
    }
    if socket != b"." {
        let found =
            kamjit_engine::core::sending::SocketSpec::parse(&socket).and_then(|spec| spec.find(&call.engine));
        request.socket = Some(found.ok_or_else(|| Fault::new(400, "Invalid local socket"))?);
    }
    uac::take_headers(&mut request, &headers);
    let typed = request
        .headers
        .split(|b| *b == b'\n')
        .any(|line| line.get(..13).is_some_and(|name| name.eq_ignore_ascii_case(b"content-type:")));
    if !request.body.is_empty() && !typed {
        return Err(Fault::new(400, "Content-Type missing"));
    }
    Ok(request)
}

fn uac_start(mut call: RpcCall) -> RpcFuture {
    Box::pin(async move {
        let request = request(&mut call)?;
        let engine = Arc::clone(&call.engine);
        tokio::spawn(async move { drop(uac::send(&engine, request).await) });
        Ok(Vec::new())
    })
}

fn uac_wait(call: RpcCall) -> RpcFuture {
    if call.via == Via::Binrpc {
        let why = "Reply wait/async mode not supported by this rpc transport";
        return Box::pin(async move { Err(Fault::new(600, why)) });
    }
    uac_wait_block(call)
}

fn uac_wait_block(mut call: RpcCall) -> RpcFuture {
    Box::pin(async move {
        let request = request(&mut call)?;
        let answer = uac::send(&call.engine, request).await.map_err(|why| Fault::new(500, why))?;
        Ok(vec![Value::Struct(vec![
            ("code".to_owned(), Value::Int(i64::from(answer.code))),
            ("text".to_owned(), Value::Str(answer.reason)),
        ])])
    })
}
