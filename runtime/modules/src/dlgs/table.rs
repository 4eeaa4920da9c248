//! The calls, process-wide: they survive a reload.

use std::{
    collections::HashMap,
    hash::{BuildHasher, BuildHasherDefault, DefaultHasher},
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use kamjit_engine::regex::Regex;

/// Seconds since 1970.
pub(super) fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |t| t.as_secs() as i64)
}

/// How far a call has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Init = 1,
    Progress,
    Answered,
    Confirmed,
    Terminated,
    NotAnswered,
}

impl Stage {
    pub(super) const ALL: [(Stage, &'static str); 6] = [
        (Stage::Init, "init"),
        (Stage::Progress, "progress"),
        (Stage::Answered, "answered"),
        (Stage::Confirmed, "confirmed"),
        (Stage::Terminated, "terminated"),
        (Stage::NotAnswered, "notanswered"),
    ];

    /// Whether the call is over.
    pub(super) fn is_over(self) -> bool {
        self >= Stage::Terminated
    }
}

/// How long calls are kept, in seconds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lifetimes {
    /// Until the answer.
    pub(super) init: i64,
    /// From the answer on.
    pub(super) active: i64,
    /// After the end.
    pub(super) finish: i64,
}

/// One call.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) call_id: Vec<u8>,
    pub(super) from_tag: Vec<u8>,
    pub(super) to_tag: Vec<u8>,
    pub(super) src: Vec<u8>,
    pub(super) dst: Vec<u8>,
    pub(super) data: Vec<u8>,
    pub(super) tags: Vec<Vec<u8>>,
    pub(super) stage: Stage,
    pub(super) started: i64,
    pub(super) answered: i64,
    pub(super) finished: i64,
}

impl Item {
    /// Moves the call on; it never goes back.
    pub(super) fn advance(&mut self, stage: Stage, now: i64) {
        if self.stage.is_over() || stage <= self.stage {
            return;
        }
        match stage {
            Stage::Answered => self.answered = now,
            Stage::Terminated | Stage::NotAnswered => self.finished = now,
            _ => {}
        }
        self.stage = stage;
    }

    fn is_due(&self, lifetimes: &Lifetimes, now: i64) -> bool {
        match self.stage {
            Stage::Init | Stage::Progress => now - self.started > lifetimes.init,
            Stage::Answered | Stage::Confirmed => now - self.answered > lifetimes.active,
            Stage::Terminated | Stage::NotAnswered => now - self.finished > lifetimes.finish,
        }
    }
}

/// Which calls are meant: `src eq x`, `any`, ...
pub(super) struct Filter {
    field: Field,
    op: Op,
    value: Vec<u8>,
}

#[derive(Clone, Copy)]
enum Field {
    Any,
    Src,
    Dst,
    Data,
    CallId,
}

enum Op {
    Equal,
    NotEqual,
    Prefix,
    Pattern(Regex),
    Glob,
}

impl Filter {
    /// `None` for a field or operator that does not exist, or a bad pattern.
    pub(super) fn new(field: &[u8], op: &[u8], value: &[u8]) -> Option<Filter> {
        let field = match field {
            b"any" => Field::Any,
            b"src" => Field::Src,
            b"dst" => Field::Dst,
            b"data" => Field::Data,
            b"callid" => Field::CallId,
            _ => return None,
        };
        let op = match op {
            b"eq" => Op::Equal,
            b"ne" => Op::NotEqual,
            b"sw" => Op::Prefix,
            b"re" => Op::Pattern(Regex::new(value, false).ok()?),
            b"fm" => Op::Glob,
            _ => return None,
        };
        Some(Filter { field, op, value: value.to_vec() })
    }

    pub(super) fn matches(&self, item: &Item) -> bool {
        let text = match self.field {
            Field::Any => return true,
            Field::Src => &item.src,
            Field::Dst => &item.dst,
            Field::Data => &item.data,
            Field::CallId => &item.call_id,
        };
        match &self.op {
            Op::Equal => *text == self.value,
            Op::NotEqual => *text != self.value,
            Op::Prefix => text.starts_with(&self.value),
            Op::Pattern(regex) => regex.is_match(text),
            Op::Glob => glob(&self.value, text),
        }
    }
}

/// Shell patterns with `*` and `?`; never more than the product of both lengths in steps.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(b) if *b == b'?' || *b == text[t] => (p, t) = (p + 1, t + 1),
            _ => match star {
                Some((at, from)) => {
                    star = Some((at, from + 1));
                    (p, t) = (at + 1, from + 1);
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).is_some_and(|rest| rest.iter().all(|b| *b == b'*'))
}

const SHARDS: usize = 32;

type Shard = HashMap<Vec<u8>, Vec<Item>>;

/// Calls by Call-ID.
pub(super) struct Table {
    shards: [Mutex<Shard>; SHARDS],
}

pub(super) static TABLE: LazyLock<Table> =
    LazyLock::new(|| Table { shards: std::array::from_fn(|_| Mutex::new(Shard::new())) });

impl Table {
    fn shard(&self, call_id: &[u8]) -> MutexGuard<'_, Shard> {
        let hash = BuildHasherDefault::<DefaultHasher>::new().hash_one(call_id);
        self.shards[hash as usize % SHARDS].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a call. False if it is there already.
    pub(super) fn add(&self, item: Item) -> bool {
        let mut shard = self.shard(&item.call_id);
        let items = shard.entry(item.call_id.clone()).or_default();
        let new = !items.iter().any(|i| i.from_tag == item.from_tag);
        if new {
            items.push(item);
        }
        new
    }

    /// Changes the call that a message with these tags belongs to, in either direction.
    pub(super) fn with<T>(
        &self,
        call_id: &[u8],
        from_tag: &[u8],
        to_tag: &[u8],
        change: impl FnOnce(&mut Item) -> T,
    ) -> Option<T> {
        let mut shard = self.shard(call_id);
        let items = shard.get_mut(call_id)?;
        items.iter_mut().find(|i| i.from_tag == from_tag || i.from_tag == to_tag).map(change)
    }

    /// Looks at all calls, one shard after the other.
    pub(super) fn each(&self, mut see: impl FnMut(&Item)) {
        for shard in &self.shards {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.values().flatten().for_each(&mut see);
        }
    }

    /// Forgets what is over.
    pub(super) fn sweep(&self, lifetimes: &Lifetimes, now: i64) {
        for shard in &self.shards {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.retain(|_, items| {
                items.retain(|item| !item.is_due(lifetimes, now));
                !items.is_empty()
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(call_id: &[u8]) -> Item {
        Item {
            call_id: call_id.to_vec(),
            from_tag: b"f".to_vec(),
            to_tag: Vec::new(),
            src: b"sip:a@h".to_vec(),
            dst: b"sip:b@h".to_vec(),
            data: b"srcip=10.0.0.1".to_vec(),
            tags: Vec::new(),
            stage: Stage::Init,
            started: 100,
            answered: 0,
            finished: 0,
        }
    }

    #[test]
    fn a_call_from_beginning_to_end() {
        let table = Table { shards: std::array::from_fn(|_| Mutex::new(Shard::new())) };
        assert!(table.add(item(b"c1")));
        assert!(!table.add(item(b"c1")), "a retransmission adds nothing");
        let move_on = |stage, now| table.with(b"c1", b"t", b"f", |i| i.advance(stage, now)).is_some();
        assert!(
            move_on(Stage::Progress, 101) && move_on(Stage::Answered, 102) && move_on(Stage::Terminated, 200)
        );
        assert!(move_on(Stage::Confirmed, 201), "found, but it stays terminated");
        let mut seen = Vec::new();
        table.each(|i| seen.push((i.stage, i.answered, i.finished)));
        assert_eq!(seen, [(Stage::Terminated, 102, 200)]);
        let lifetimes = Lifetimes { init: 180, active: 100, finish: 10 };
        table.sweep(&lifetimes, 210);
        assert!(move_on(Stage::Confirmed, 0));
        table.sweep(&lifetimes, 211);
        assert!(!move_on(Stage::Confirmed, 0));
    }

    #[test]
    fn filters() {
        let item = item(b"c1");
        for (field, op, value, expected) in [
            ("any", "eq", "", true),
            ("src", "eq", "sip:a@h", true),
            ("src", "ne", "sip:a@h", false),
            ("dst", "sw", "sip:b", true),
            ("data", "re", "srcip=10\\.0", true),
            ("data", "fm", "src*.?.0.1", true),
            ("callid", "fm", "x*", false),
        ] {
            let filter = Filter::new(field.as_bytes(), op.as_bytes(), value.as_bytes()).expect("valid");
            assert_eq!(filter.matches(&item), expected, "{field} {op} {value}");
        }
        assert!(Filter::new(b"foo", b"eq", b"").is_none() && Filter::new(b"src", b"re", b"(").is_none());
    }
}
