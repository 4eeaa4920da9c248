//! `$sht(t=>k)` and its kin.

use std::sync::{Arc, OnceLock};

use kamjit_engine::{
    Ctx, Val,
    catalog::{Generation, HostError, InnerName},
    log::{self, Level},
    module::Prepare,
    pv::{Format, Inner, PvDef, PvName, named, named_rw},
};

use super::{
    STATE, events, iterator, lock,
    matching::{Choice, Of},
    now,
    table::{Full, Item, Table, Value},
};

pub(super) static PVS: &[PvDef] = &[
    named_rw("sht", InnerName::Static, get, set, Some(parse)),
    named_rw("shtex", InnerName::Static, end, set_end, Some(parse)),
    named("shtcn", InnerName::Static, |ctx, name| count(ctx, name, Of::Name), Some(parse)),
    named("shtcv", InnerName::Static, |ctx, name| count(ctx, name, Of::Value), Some(parse)),
    named("shtinc", InnerName::Static, |ctx, name| add(ctx, name, 1), Some(parse)),
    named("shtdec", InnerName::Static, |ctx, name| add(ctx, name, -1), Some(parse)),
    named("shtitkey", InnerName::Dynamic, iterator::key, None),
    named("shtitval", InnerName::Dynamic, iterator::value, None),
    named("shtrecord", InnerName::Static, events::record, Some(events::parse_record)),
];

/// `table=>key`.
pub(super) struct Target {
    name: Box<str>,
    key: Format,
    table: OnceLock<Option<Arc<Table>>>,
    /// The choice that a constant pattern makes; `None` if it does not compile.
    choice: OnceLock<Option<Choice>>,
}

impl Target {
    /// Reads `table=>key`, where the key may hold variables.
    pub fn parse(prepare: &mut Prepare<'_>, text: &[u8]) -> Result<Target, HostError> {
        let Some(arrow) = text.windows(2).position(|pair| pair == b"=>") else {
            let text = text.escape_ascii();
            return Err(HostError::new(format!("'{text}' should be table=>key")));
        };
        let name = String::from_utf8_lossy(text[..arrow].trim_ascii()).into_owned();
        let key = prepare.format(&text[arrow + 2..])?;
        Ok(Target { name: name.into(), key, table: OnceLock::new(), choice: OnceLock::new() })
    }

    /// The table, if it is defined.
    pub fn table<'m>(&'m self, ctx: &Ctx<'m>) -> Option<&'m Arc<Table>> {
        let find = || STATE.get(ctx)?.table(self.name.as_bytes());
        self.table.get_or_init(find).as_ref()
    }

    /// The key, or pattern, of this run.
    pub fn key<'m>(&'m self, ctx: &mut Ctx<'m>) -> &'m [u8] {
        self.key.render(ctx)
    }

    /// What the pattern chooses; a constant one is compiled once.
    pub fn choose<'m>(
        &'m self,
        ctx: &mut Ctx<'m>,
        compile: impl Fn(&[u8]) -> Result<Choice, String>,
        run: impl FnOnce(&Choice),
    ) -> bool {
        let pattern = self.key(ctx);
        let compile = || {
            compile(pattern).map_err(|why| {
                let pattern = pattern.escape_ascii();
                log::module(Level::Err, "htable", format_args!("bad pattern '{pattern}': {why}"));
            })
        };
        let fresh;
        let choice = if self.key.as_constant().is_some() {
            self.choice.get_or_init(|| compile().ok()).as_ref()
        } else {
            fresh = compile().ok();
            fresh.as_ref()
        };
        choice.map(run).is_some()
    }
}

fn parse(prepare: &mut Prepare<'_>, text: &[u8]) -> Result<Inner, HostError> {
    Target::parse(prepare, text).map(|target| Inner::Digested(Box::new(target)))
}

/// Table and key; `None` if there is no such table or the run was cancelled.
fn table_and_key<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Option<(&'m Arc<Table>, &'m [u8])> {
    let target = name.digested::<Target>()?;
    let table = target.table(ctx)?;
    let key = target.key(ctx);
    lock::pass(ctx, table, key).ok()?;
    Some((table, key))
}

fn get<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let Some((table, key)) = table_and_key(ctx, name) else { return Val::Null };
    let arena = ctx.arena;
    table
        .read(key, now(), |item| item.value.to_val(arena))
        .unwrap_or_else(|| table.definition.initial.map_or(Val::Null, Val::Int))
}

fn set<'m>(ctx: &mut Ctx<'m>, name: &'m PvName, value: Val<'m>) -> bool {
    let Some((table, key)) = table_and_key(ctx, name) else { return false };
    let value = match value {
        Val::Null => {
            table.remove(key);
            return true;
        }
        Val::Int(n) => Value::Int(n),
        Val::Str(text) => Value::Str(text.into()),
    };
    kept(table, table.set(key, value, now()))
}

/// True if it was stored; says so if there was no room.
pub(super) fn kept(table: &Table, result: Result<(), Full>) -> bool {
    if result.is_err() {
        let name = &table.definition.name;
        log::module(Level::Err, "htable", format_args!("no memory for another item in table {name}"));
    }
    result.is_ok()
}

/// Seconds until the item ends; 0 for one that never ends or is absent.
fn end<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let Some((table, key)) = table_and_key(ctx, name) else { return Val::Null };
    let now = now();
    let ends = |item: &Item| match item.expires {
        0 => 0,
        at => at - now,
    };
    Val::Int(match table.definition.auto_expire {
        0 => 0,
        _ => table.read(key, now, ends).unwrap_or(0),
    })
}

/// Captured: only a number above 0 sets an end; anything else takes it away.
fn set_end<'m>(ctx: &mut Ctx<'m>, name: &'m PvName, value: Val<'m>) -> bool {
    let Some((table, key)) = table_and_key(ctx, name) else { return false };
    let seconds = if let Val::Int(n) = value { n } else { 0 };
    table.set_end(key, seconds, now());
    true
}

fn add<'m>(ctx: &mut Ctx<'m>, name: &'m PvName, difference: i64) -> Val<'m> {
    let Some((table, key)) = table_and_key(ctx, name) else { return Val::Null };
    let narrow = ctx.generation() == Generation::V5_6;
    match table.add(key, now(), |n| sum(n, difference, narrow)) {
        Ok(sum) => sum.map_or(Val::Null, Val::Int),
        Err(full) => {
            kept(table, Err(full));
            Val::Null
        }
    }
}

/// The sum, in 32 bits for 5.6.
pub(super) fn sum(n: i64, difference: i64, narrow: bool) -> i64 {
    let sum = n.wrapping_add(difference);
    if narrow { i64::from(sum as i32) } else { sum }
}

fn count<'m>(ctx: &mut Ctx<'m>, name: &'m PvName, of: Of) -> Val<'m> {
    let Some(target) = name.digested::<Target>() else { return Val::Null };
    let Some(table) = target.table(ctx) else { return Val::Null };
    let mut count = 0;
    // Captured: no pattern chooses nothing.
    if target.key(ctx).is_empty() {
        return Val::Int(0);
    }
    target.choose(
        ctx,
        |pattern| Choice::of_count(pattern, of),
        |choice| table.visit(|_, item| count += i64::from(choice.takes(of, item))),
    );
    Val::Int(count)
}
