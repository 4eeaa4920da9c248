//! From the text of a call to the text of its answer.

use std::sync::Arc;

use kamjit_engine::{
    Engine,
    rpc::{Via, answers_list, run},
};
use kamjit_rpc::{
    Outcome,
    json::{JsonError, Layout, Request, decode_request, encode_outcome},
};

/// Calls of one transport that may wait at the same time; more stay in the system's queue.
pub(super) const MAX_WAITING: usize = 64;

/// One answered call.
pub(super) struct Answer {
    /// What the command said.
    pub(super) outcome: Outcome,
    /// The document.
    pub(super) text: Vec<u8>,
    /// `reply_name` of the call.
    pub(super) reply_name: Option<String>,
}

/// Runs the call, or all of a batch, whose answers stand in one array (JSON-RPC 2.0, section 6; the real server has no
/// batches).
///
/// # Errors
/// The text is no JSON; such a call gets no answer (captured).
pub(super) async fn answer(engine: &Arc<Engine>, text: &[u8], layout: Layout) -> Result<Answer, JsonError> {
    let batch = text.trim_ascii_start().first() == Some(&b'[');
    let mut answers = Vec::new();
    for request in decode_request(text)? {
        answers.push(one(engine, request, layout).await);
    }
    if !batch && let Some(single) = answers.pop() {
        return Ok(single);
    }
    let reply_name = answers.iter().find_map(|a| a.reply_name.clone());
    let texts: Vec<Vec<u8>> = answers.into_iter().map(|a| a.text).collect();
    let joined = texts.join(if layout == Layout::Pretty { b", ".as_slice() } else { b"," });
    Ok(Answer { outcome: Ok(Vec::new()), text: [b"[", joined.as_slice(), b"]"].concat(), reply_name })
}

async fn one(engine: &Arc<Engine>, request: Request, layout: Layout) -> Answer {
    let Request { method, params, id, reply_name } = request;
    let (outcome, list) = match &method {
        Some(name) => (run(engine, Via::Json, name, params).await, answers_list(name)),
        None => (Ok(Vec::new()), false),
    };
    let text = encode_outcome(&outcome, list, &id, layout);
    Answer { outcome, text, reply_name }
}
