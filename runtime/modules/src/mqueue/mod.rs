//! The module `mqueue`: queues of keys and values that all workers share, in memory.

mod define;
mod queue;
mod rpc;

use std::sync::Arc;

use kamjit_engine::{
    Arg, Ctx, Module, Ret, Run, Val,
    catalog::{
        ArgKind::{self, StrVar},
        Form, HostError, InnerName, Routes, Rpc,
    },
    init::Init,
    log::{self, Level},
    module::FunctionDef,
    pv::{PvName, named},
    rpc::{RpcFn, RpcRun},
    state::StateKey,
};

use queue::{Item, Queue};

static STATE: StateKey<State> = StateKey::new();

/// The queues, in the order of their definition.
struct State {
    queues: Vec<Arc<Queue>>,
}

impl State {
    fn find(&self, name: &[u8]) -> Option<(usize, &Arc<Queue>)> {
        self.queues.iter().enumerate().find(|(_, queue)| queue.definition.name.as_bytes() == name)
    }
}

/// What this run fetched last, by number of the queue.
#[derive(Default)]
struct Fetched(Vec<(usize, Item)>);

const fn form(args: &'static [ArgKind]) -> Form {
    Form { args, routes: Routes::ANY }
}

const ONE: &[Form] = &[form(&[StrVar])];

const fn command(name: &'static str, help: &'static str, run: RpcFn) -> Rpc<RpcRun> {
    Rpc { name, help, run: RpcRun::Now(run) }
}

/// The export table.
pub static MODULE: Module = Module {
    name: "mqueue",
    functions: &[
        FunctionDef { name: "mq_add", forms: &[form(&[StrVar, StrVar, StrVar])], run: Run::plain(add) },
        FunctionDef { name: "mq_fetch", forms: ONE, run: Run::plain(fetch) },
        FunctionDef { name: "mq_pv_free", forms: ONE, run: Run::plain(free) },
        FunctionDef { name: "mq_size", forms: ONE, run: Run::plain(size) },
    ],
    params: define::PARAMS,
    pvs: &[
        named("mq_size", InnerName::Dynamic, size_var, None),
        named("mqk", InnerName::Dynamic, key_var, None),
        named("mqv", InnerName::Dynamic, value_var, None),
    ],
    rpc: &[
        command("mqueue.fetch", "Takes the oldest item of a queue.", rpc::fetch),
        command("mqueue.get_size", "Counts the items of a queue.", rpc::size),
        command("mqueue.get_sizes", "Counts the items of all queues.", rpc::sizes),
    ],
    init,
    ..Module::EMPTY
};

fn init(init: &mut Init<'_>) -> Result<(), HostError> {
    let queues = define::queues(init)?;
    init.set_state(&STATE, Arc::new(State { queues }));
    Ok(())
}

/// The queue that the first argument names.
fn find<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Option<(usize, &'m Arc<Queue>)> {
    let name = args.first().map(|arg| arg.text(ctx)).unwrap_or_default();
    let found = STATE.get(ctx)?.find(name);
    if found.is_none() {
        log::module(Level::Err, "mqueue", format_args!("mqueue not found: {}", name.escape_ascii()));
    }
    found
}

/// `mq_add(queue, key, value)`.
fn add<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some((_, queue)) = find(ctx, args) else { return Ret::FALSE };
    let key = args.get(1).map(|arg| arg.text(ctx)).unwrap_or_default();
    let value = args.get(2).map(|arg| arg.text(ctx)).unwrap_or_default();
    let added = queue.add(Item { key: key.into(), value: value.into() });
    if !added {
        let name = &queue.definition.name;
        log::module(Level::Err, "mqueue", format_args!("no memory for another item in queue {name}"));
    }
    added.into()
}

/// `mq_fetch(queue)`: -2 if it is empty.
fn fetch<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some((at, queue)) = find(ctx, args) else { return Ret::FALSE };
    let fetched = ctx.ext.or_default::<Fetched>();
    fetched.0.retain(|(number, _)| *number != at);
    match queue.take() {
        Some(item) => {
            fetched.0.push((at, item));
            Ret::TRUE
        }
        None => Ret(-2),
    }
}

/// `mq_pv_free(queue)`.
fn free<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    if let Some((at, _)) = find(ctx, args) {
        ctx.ext.or_default::<Fetched>().0.retain(|(number, _)| *number != at);
    }
    Ret::TRUE
}

/// `mq_size(queue)`: -1 if it is empty, -2 if there is none.
fn size<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some((_, queue)) = find(ctx, args) else { return Ret(-2) };
    match queue.len() {
        0 => Ret::FALSE,
        count => Ret(i32::try_from(count).unwrap_or(i32::MAX)),
    }
}

fn size_var<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let name = name.text(ctx);
    let queue = STATE.get(ctx).and_then(|state| state.find(name));
    queue.map_or(Val::Null, |(_, queue)| Val::Int(queue.len() as i64))
}

/// Undefined before the first fetch, and for empty text (captured).
fn fetched<'m>(ctx: &mut Ctx<'m>, name: &'m PvName, text: fn(&Item) -> &[u8]) -> Val<'m> {
    let name = name.text(ctx);
    let Some((at, _)) = STATE.get(ctx).and_then(|state| state.find(name)) else { return Val::Null };
    let Some(fetched) = ctx.ext.get::<Fetched>() else { return Val::Null };
    let item = fetched.0.iter().find(|(number, _)| *number == at).map(|(_, item)| item);
    let text = item.map(text).filter(|text| !text.is_empty());
    Val::opt(text.map(|text| ctx.keep(text)))
}

fn key_var<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    fetched(ctx, name, |item| &item.key)
}

fn value_var<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    fetched(ctx, name, |item| &item.value)
}
