//! Commands that act on the process.

use kamjit_rpc::Fault;

use crate::rpc::RpcCall;

/// Signal 0 only tests whether the server is there.
pub(super) fn kill(call: &mut RpcCall) -> Result<(), Fault> {
    match call.opt_int()?.unwrap_or(i64::from(libc::SIGTERM)) {
        0 => Ok(()),
        signal if signal == i64::from(libc::SIGTERM) => {
            call.engine.stop();
            Ok(())
        }
        signal => {
            let signal = i32::try_from(signal).map_err(|_| Fault::new(400, "no such signal"))?;
            // SAFETY: no memory is involved.
            if unsafe { libc::kill(libc::getpid(), signal) } != 0 {
                return Err(Fault::new(400, "no such signal"));
            }
            Ok(())
        }
    }
}
