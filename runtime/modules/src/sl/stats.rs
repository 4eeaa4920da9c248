//! Statistics of stateless replies.

use kamjit_engine::{init::Init, rpc::RpcCall, stats::Counter};
use kamjit_rpc::{Fault, Value};

use super::STATE;

/// Codes with a counter of their own.
const CODES: [u16; 11] = [200, 202, 300, 301, 302, 400, 401, 403, 404, 407, 408];
const MORE_CODES: [u16; 2] = [483, 500];

/// The counters.
pub(super) struct Stats {
    codes: Vec<(u16, Counter)>,
    /// The rest of each class; index is the class.
    classes: [Counter; 7],
    sent_replies: Counter,
    pub(super) sent_err_replies: Counter,
    pub(super) received_acks: Counter,
    pub(super) failures: Counter,
}

impl Stats {
    pub(super) fn new(init: &mut Init<'_>) -> Stats {
        let class = |n: usize| match n {
            0 => init.counter("xxx_replies"),
            n => init.counter(&format!("{n}xx_replies")),
        };
        Stats {
            classes: std::array::from_fn(class),
            codes: CODES
                .iter()
                .chain(&MORE_CODES)
                .map(|code| (*code, init.counter(&format!("{code}_replies"))))
                .collect(),
            sent_replies: init.counter("sent_replies"),
            sent_err_replies: init.counter("sent_err_replies"),
            received_acks: init.counter("received_ACKs"),
            failures: init.counter("failures"),
        }
    }

    /// Counts a reply that was sent.
    pub(super) fn count(&self, code: u16) {
        self.sent_replies.inc();
        match self.codes.iter().find(|(c, _)| *c == code) {
            Some((_, counter)) => counter.inc(),
            None => self.classes.get(usize::from(code / 100)).unwrap_or(&self.classes[0]).inc(),
        }
    }

    fn code(&self, code: u16) -> i64 {
        self.codes.iter().find(|(c, _)| *c == code).map_or(0, |(_, counter)| counter.get())
    }
}

/// `sl.stats`: one structure, classes without their listed codes (captured).
pub(super) fn rpc(call: &mut RpcCall) -> Result<(), Fault> {
    let program = call.program.clone();
    let Some(state) = STATE.find(&program) else { return Err(Fault::new(500, "sl is not loaded")) };
    let stats = &state.stats;
    let mut members: Vec<(&str, Value)> = Vec::new();
    for (name, code) in [
        ("200", 200),
        ("202", 202),
        ("2xx", 2),
        ("300", 300),
        ("301", 301),
        ("302", 302),
        ("3xx", 3),
        ("400", 400),
        ("401", 401),
        ("403", 403),
        ("404", 404),
        ("407", 407),
        ("408", 408),
        ("483", 483),
        ("4xx", 4),
        ("500", 500),
        ("5xx", 5),
        ("6xx", 6),
        ("xxx", 0),
    ] {
        let value = if code < 10 { stats.classes[usize::from(code)].get() } else { stats.code(code) };
        members.push((name, Value::Int(value)));
    }
    call.add_struct(members);
    Ok(())
}
