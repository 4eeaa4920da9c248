//! The module `counters`: counters of the script, and remote commands for all counters.

mod rpc;

use std::{collections::HashMap, sync::Arc};

use kamjit_engine::{
    Arg, Ctx, Module, Ret, Run,
    catalog::{
        ArgKind::{Custom, IntVar},
        ConfigValue, Form, HostError, Param, ParamDefault, Place, Routes, Rpc,
    },
    init::Init,
    module::{FunctionDef, Prepare},
    rpc::{RpcFn, RpcRun},
    state::StateKey,
    stats::{Counter, Source, Stats},
};

/// What the module knows.
struct State {
    stats: Arc<Stats>,
    /// Group of names without one.
    group: String,
    /// Descriptions of the script's counters, by group and name.
    descriptions: HashMap<(String, String), String>,
}

static STATE: StateKey<State> = StateKey::new();

const ROUTES: Routes = Routes::REQUEST.or(Routes::FAILURE).or(Routes::ONREPLY).or(Routes::ONSEND);

/// The export table.
pub static MODULE: Module = Module {
    name: "counters",
    functions: &[
        FunctionDef {
            name: "cnt_add",
            forms: &[Form { args: &[Custom, IntVar], routes: ROUTES }],
            run: Run::prepared(prepare, add),
        },
        FunctionDef {
            name: "cnt_inc",
            forms: &[Form { args: &[Custom], routes: ROUTES }],
            run: Run::prepared(prepare, increment),
        },
        FunctionDef {
            name: "cnt_reset",
            forms: &[Form { args: &[Custom], routes: ROUTES }],
            run: Run::prepared(prepare, reset),
        },
    ],
    params: &[
        Param { name: "script_cnt_grp_name", default: ParamDefault::Str("script") },
        Param { name: "script_counter", default: ParamDefault::Many },
    ],
    rpc: &[
        command("cnt.get", "The value of a counter, or of all counters of a group.", rpc::get),
        command("cnt.get_raw", "The value of a counter, as it is counted.", rpc::get_raw),
        command("cnt.get_vars", "Names and values of a group's counters.", rpc::group),
        command("cnt.grp_get_all", "Names and values of a group's counters.", rpc::group),
        command("cnt.grps_list", "The groups of counters.", rpc::groups),
        command("cnt.help", "What a counter counts.", rpc::help),
        command("cnt.list_groups", "The groups of counters.", rpc::groups),
        command("cnt.list_vars", "The names of a group's counters.", rpc::names),
        command("cnt.reset", "Sets a counter to 0.", rpc::reset),
        command("cnt.var_list", "The names of a group's counters.", rpc::names),
    ],
    init,
    ..Module::EMPTY
};

const fn command(name: &'static str, help: &'static str, run: RpcFn) -> Rpc<RpcRun> {
    Rpc { name, help, run: RpcRun::Now(run) }
}

fn init(init: &mut Init<'_>) -> Result<(), HostError> {
    let group = String::from_utf8_lossy(init.str("script_cnt_grp_name").unwrap_or(b"script")).into_owned();
    let mut descriptions = HashMap::new();
    for value in init.all("script_counter") {
        let ConfigValue::Str(text) = value else { continue };
        let text = String::from_utf8_lossy(text);
        let (name, description) = match text.trim().split_once([' ', '\t', ':']) {
            Some((name, description)) => (name, description.trim()),
            None => (text.trim(), ""),
        };
        if name.is_empty() {
            return Err(HostError::new("counters.script_counter: the name is empty"));
        }
        let (of, name) = split(name, &group);
        init.stats.counter(of, name);
        let description = if description.is_empty() { "custom script counter." } else { description };
        descriptions.insert((of.to_owned(), name.to_owned()), description.to_owned());
    }
    init.set_state(&STATE, Arc::new(State { stats: Arc::clone(init.stats), group, descriptions }));
    Ok(())
}

/// Group and name of `group.name`; a name alone belongs to the script's group.
fn split<'a>(name: &'a str, group: &'a str) -> (&'a str, &'a str) {
    name.split_once('.').unwrap_or((group, name))
}

/// Finds the counter once; one that does not exist is an error, as in the real server.
fn prepare(prepare: &mut Prepare<'_>, mut args: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    let state = prepare.state(&STATE).ok_or_else(|| HostError::new("counters is not loaded"))?;
    let Some(Arg::Str(name)) = args.first() else {
        return Err(HostError::new("the counter must be a constant name").at(0));
    };
    let name = String::from_utf8_lossy(name).into_owned();
    let (group, name) = split(&name, &state.group);
    match state.stats.find(group, name) {
        Some(Source::Counter(counter)) => args[0] = Prepare::digested(counter),
        Some(Source::Computed(_)) => {
            return Err(HostError::new(format!("{group}.{name} is computed and can't be counted")).at(0));
        }
        None => {
            return Err(HostError::new(format!("there is no counter {group}.{name}"))
                .help(format!("modparam(\"counters\", \"script_counter\", \"{group}.{name}\") makes it"))
                .at(0));
        }
    }
    Ok(args)
}

fn counter(args: &[Arg]) -> Option<&Counter> {
    args.first()?.digested()
}

/// `cnt_inc(name)`.
fn increment<'m>(_: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    counter(args).map(Counter::inc).is_some().into()
}

/// `cnt_add(name, number)`.
fn add<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let number = args.get(1).map_or(0, |arg| arg.int(ctx));
    counter(args).map(|counter| counter.add(number)).is_some().into()
}

/// `cnt_reset(name)`.
fn reset<'m>(_: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    counter(args).map(|counter| counter.set(0)).is_some().into()
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn names_without_a_group_belong_to_the_script() {
        assert_eq!(split("a", "script"), ("script", "a"));
        assert_eq!(split("g.b", "script"), ("g", "b"));
    }
}
