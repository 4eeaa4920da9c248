//! `t_precheck_trans`: is the same request just being processed, before it has a transaction?

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Mutex,
};

use kamjit_engine::{Arg, Ctx, Ret};
use kamjit_sip::Method;

/// Requests whose script called `t_precheck_trans` and has not ended.
static RUNNING: Mutex<Vec<u64>> = Mutex::new(Vec::new());

/// The mark of this request.
struct Mark(u64);

impl Drop for Mark {
    fn drop(&mut self) {
        let mut running = RUNNING.lock().unwrap_or_else(|broken| broken.into_inner());
        if let Some(at) = running.iter().position(|key| *key == self.0) {
            running.swap_remove(at);
        }
    }
}

pub(super) fn check<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    let method = ctx.msg.method();
    if method == Method::ACK || method == Method::CANCEL || ctx.ext.get::<Mark>().is_some() {
        return Ret::FALSE;
    }
    let mut hasher = DefaultHasher::new();
    ctx.msg.call_id().hash(&mut hasher);
    ctx.msg.cseq().number_raw.hash(&mut hasher);
    ctx.msg.method_raw().hash(&mut hasher);
    if let Some(via) = ctx.msg.via(0) {
        via.branch.hash(&mut hasher);
        via.sent_by.hash(&mut hasher);
    }
    let key = hasher.finish();
    {
        let mut running = RUNNING.lock().unwrap_or_else(|broken| broken.into_inner());
        if running.contains(&key) {
            return Ret::TRUE;
        }
        running.push(key);
    }
    ctx.ext.set(Mark(key));
    Ret::FALSE
}

/// The script has ended: others may process the request from now on.
pub(super) fn done(ctx: &mut Ctx<'_>) {
    ctx.ext.take::<Mark>();
}
