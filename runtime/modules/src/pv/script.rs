//! Variables of the script: `$var(x)`, `$vn(x)`, `$vz(x)`, `$shv(x)`, `$cnt($avp(x))`, `$_s(format)`, `$K(name)`,
//! `$stat(name)`, `$true`.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard},
};

use kamjit_catalog::{ConfigValue, HostError, InnerName};
use kamjit_engine::{
    Ctx, Val,
    avp::AvpValue,
    init::Init,
    module::Prepare,
    pv::{Format, Inner, PvDef, PvName, named, named_rw, read_only},
    state::StateKey,
};

pub(super) const PVS: &[PvDef] = &[
    named_rw("var", InnerName::Static, var, set_var, Some(parse_var)),
    named_rw("vz", InnerName::Static, var, set_var, Some(parse_var)),
    named_rw("vn", InnerName::Static, nullable, set_nullable, None),
    named_rw("shv", InnerName::Static, shared, set_shared, None),
    named("shvinc", InnerName::Static, shared_increment, None),
    named("cnt", InnerName::Static, count, Some(parse_counted)),
    named("_s", InnerName::Dynamic, format, Some(parse_format)),
    named("K", InnerName::Static, constant, Some(parse_constant)),
    named("stat", InnerName::Dynamic, statistic, None),
    read_only("true", |_, _| Val::Int(1)),
];

fn parse_var(prepare: &mut Prepare<'_>, name: &[u8]) -> Result<Inner, HostError> {
    let name = std::str::from_utf8(name).map_err(|_| HostError::new("the name is not text"))?;
    Ok(Inner::Number(i64::from(prepare.var_slot(name))))
}

fn slot(name: &PvName) -> u32 {
    match name.inner {
        Inner::Number(slot) => slot as u32,
        _ => u32::MAX,
    }
}

fn var<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    ctx.var(slot(name))
}

fn set_var<'m>(ctx: &mut Ctx<'m>, name: &'m PvName, value: Val<'m>) -> bool {
    ctx.set_var(slot(name), value);
    true
}

/// Values of `$vn`, which are undefined until they are assigned.
#[derive(Default)]
struct Nullable(Vec<(Box<[u8]>, AvpValue)>);

fn nullable<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let key = name.text(ctx);
    let values = ctx.ext.get::<Nullable>();
    let found = values.and_then(|values| values.0.iter().find(|(known, _)| **known == *key));
    found.map_or(Val::Null, |(_, value)| value.to_val(ctx.arena))
}

fn set_nullable<'m>(ctx: &mut Ctx<'m>, name: &'m PvName, value: Val<'m>) -> bool {
    let key = name.text(ctx);
    let values = &mut ctx.ext.or_default::<Nullable>().0;
    values.retain(|(known, _)| **known != *key);
    if let Some(value) = AvpValue::from_val(value) {
        values.push((key.into(), value));
    }
    true
}

/// Variables that all workers share. An unset one is 0.
#[derive(Default)]
pub struct Shared(Mutex<HashMap<Box<[u8]>, AvpValue>>);

/// Names that a script may make: they are never removed.
const MAX_SHARED: usize = 64 * 1024;

impl Shared {
    fn lock(&self) -> MutexGuard<'_, HashMap<Box<[u8]>, AvpValue>> {
        self.0.lock().unwrap_or_else(|broken| broken.into_inner())
    }

    /// A variable's value.
    pub fn get(&self, name: &[u8]) -> Option<AvpValue> {
        self.lock().get(name).cloned()
    }

    /// Assigns a variable; false if there are too many.
    pub fn set(&self, name: &[u8], value: AvpValue) -> bool {
        let mut values = self.lock();
        if let Some(slot) = values.get_mut(name) {
            *slot = value;
            return true;
        }
        let room = values.len() < MAX_SHARED;
        if room {
            values.insert(name.into(), value);
        }
        room
    }

    /// Adds to a variable and gives the sum; text counts 0.
    fn add(&self, name: &[u8], n: i64) -> i64 {
        let mut values = self.lock();
        let sum = match values.get(name) {
            Some(AvpValue::Int(old)) => old.wrapping_add(n),
            _ => n,
        };
        values.insert(name.into(), AvpValue::Int(sum));
        sum
    }

    /// All names and values, sorted by name.
    pub fn all(&self) -> Vec<(Box<[u8]>, AvpValue)> {
        let mut all: Vec<_> = self.lock().iter().map(|(k, v)| (k.clone(), v.clone())).collect();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        all
    }
}

/// What the module keeps.
pub struct State {
    /// `$shv`.
    pub shared: Shared,
    /// Start values of `$var` by slot (`modparam("pv", "varset", ...)`).
    start_values: Vec<(u32, AvpValue)>,
}

/// The module's state.
pub static STATE: StateKey<State> = StateKey::new();

/// Digests `shvset` and `varset`.
pub(super) fn init(init: &mut Init<'_>) -> Result<(), HostError> {
    let shared = Shared::default();
    for value in init.all("shvset") {
        let (name, value) = assignment(value)?;
        shared.set(&name, value);
    }
    let given: Vec<_> = init.all("varset").cloned().collect();
    let mut start_values = Vec::new();
    for value in &given {
        let (name, value) = assignment(value)?;
        start_values.push((init.prepare().var_slot(&String::from_utf8_lossy(&name)), value));
    }
    if !start_values.is_empty() {
        init.hooks.before_request.push(set_start_values);
    }
    init.set_state(&STATE, Arc::new(State { shared, start_values }));
    Ok(())
}

fn set_start_values(ctx: &mut Ctx<'_>) -> bool {
    if let Some(state) = STATE.get(ctx) {
        for (slot, value) in &state.start_values {
            let value = value.to_val(ctx.arena);
            ctx.set_var(*slot, value);
        }
    }
    true
}

/// `name=s:text` or `name=i:number`.
fn assignment(value: &ConfigValue) -> Result<(Vec<u8>, AvpValue), HostError> {
    let bad = || HostError::new("expected name=s:text or name=i:number");
    let ConfigValue::Str(text) = value else { return Err(bad()) };
    let at = text.iter().position(|&b| b == b'=').ok_or_else(bad)?;
    let (name, value) = (&text[..at], &text[at + 1..]);
    let value = match value {
        [b's' | b'S', b':', text @ ..] => AvpValue::Str(text.into()),
        [b'i' | b'I', b':', number @ ..] => {
            AvpValue::Int(kamjit_engine::value::parse_int(number).ok_or_else(bad)?)
        }
        text => AvpValue::Str(text.into()),
    };
    if name.is_empty() { Err(bad()) } else { Ok((name.to_vec(), value)) }
}

fn shared<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let key = name.text(ctx);
    let value = STATE.get(ctx).and_then(|state| state.shared.get(key));
    value.map_or(Val::Int(0), |value| value.to_val(ctx.arena))
}

fn set_shared<'m>(ctx: &mut Ctx<'m>, name: &'m PvName, value: Val<'m>) -> bool {
    let key = name.text(ctx);
    let Some(state) = STATE.get(ctx) else { return false };
    // Captured: undefined becomes the empty string.
    let value = AvpValue::from_val(value).unwrap_or(AvpValue::Str(Box::default()));
    state.shared.set(key, value)
}

fn shared_increment<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let key = name.text(ctx);
    STATE.get(ctx).map_or(Val::Null, |state| Val::Int(state.shared.add(key, 1)))
}

/// Only lists can be counted (captured).
fn parse_counted(prepare: &mut Prepare<'_>, text: &[u8]) -> Result<Inner, HostError> {
    // What stands behind the variable is ignored (captured).
    let used = kamjit_syntax::pv::parse_pv(text, 0).map_or(text.len(), |(_, used)| used);
    let pv = prepare.pv_text(text.get(..used).unwrap_or(text))?;
    match pv.def.name {
        "avp" | "xavp" => Ok(Inner::Var(Box::new(pv))),
        name => Err(HostError::new(format!("$cnt counts $avp(..) and $xavp(..), not ${name}"))),
    }
}

/// `$cnt($avp(x))`: how many values there are; 0 for variables that have no more than one.
fn count<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let Inner::Var(pv) = &name.inner else { return Val::Int(0) };
    Val::Int(match pv.def.name {
        "avp" => super::avp::count(ctx, &pv.name) as i64,
        _ => super::xavp::count(ctx, pv) as i64,
    })
}

fn parse_format(prepare: &mut Prepare<'_>, text: &[u8]) -> Result<Inner, HostError> {
    Ok(Inner::Digested(Box::new(prepare.format(text)?)))
}

fn format<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    match (&name.inner, name.digested::<Format>()) {
        (_, Some(format)) => Val::Str(format.render(ctx)),
        (Inner::Var(pv), _) => match pv.get(ctx) {
            Val::Null => Val::Str(b"<null>"),
            value => Val::Str(value.to_bytes(ctx.arena)),
        },
        _ => Val::Null,
    }
}

/// Numbers that the real server gives to address families and transports (captured).
fn parse_constant(_: &mut Prepare<'_>, name: &[u8]) -> Result<Inner, HostError> {
    let number = match name {
        b"IPv4" | b"INET" => 2,
        b"IPv6" | b"INET6" => 10,
        b"UDP" => 1,
        b"TCP" => 2,
        b"TLS" => 3,
        b"SCTP" => 4,
        b"WS" => 5,
        b"WSS" => 6,
        _ => return Err(HostError::new(format!("$K does not know '{}'", name.escape_ascii()))),
    };
    Ok(Inner::Number(number))
}

fn constant<'m>(_: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    match name.inner {
        Inner::Number(n) => Val::Int(n),
        _ => Val::Null,
    }
}

fn statistic<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let text = name.text(ctx);
    let Ok(text) = std::str::from_utf8(text) else { return Val::Null };
    let found = ctx.engine().stats.find_anywhere(text);
    found.map_or(Val::Null, |source| Val::Int(source.value()))
}
