//! The module `alias_db`: other names of users (README.alias_db).

use std::sync::Arc;

use kamjit_db::{Condition, Database};
use kamjit_engine::{
    Arg, Ctx, Module, Ret, Run, Val,
    branch::Q_UNSPECIFIED,
    catalog::{
        ArgKind::{Custom, StrVar, VarOut},
        Form, HostError, Param, ParamDefault, Place, Routes,
    },
    init::Init,
    module::{FunctionDef, Prepare},
    state::StateKey,
};
use kamjit_sip::Uri;

use crate::database;

struct State {
    database: Database,
    user: String,
    domain: String,
    alias_user: String,
    alias_domain: String,
    use_domain: bool,
    prefix: Vec<u8>,
    /// All rows count, not the first alone.
    all: bool,
}

static STATE: StateKey<State> = StateKey::new();

const LOOKUP: Routes = Routes::REQUEST.or(Routes::FAILURE);

const fn text(name: &'static str, default: &'static str) -> Param {
    Param { name, default: ParamDefault::Str(default) }
}

/// The export table.
pub static MODULE: Module = Module {
    name: "alias_db",
    after: database::DRIVERS,
    functions: &[
        FunctionDef {
            name: "alias_db_lookup",
            forms: &[
                Form { args: &[StrVar], routes: LOOKUP },
                Form { args: &[StrVar, Custom], routes: LOOKUP },
            ],
            run: Run::prepared(|_, args, _| with_flags(args, 1), lookup),
        },
        FunctionDef {
            name: "alias_db_find",
            forms: &[
                Form { args: &[StrVar, StrVar, VarOut], routes: Routes::ANY },
                Form { args: &[StrVar, StrVar, VarOut, Custom], routes: Routes::ANY },
            ],
            run: Run::prepared(digest_find, find),
        },
    ],
    params: &[
        text("alias_domain_column", "alias_domain"),
        text("alias_user_column", "alias_username"),
        Param { name: "append_branches", default: ParamDefault::Int(0) },
        text("db_url", "mysql://kamailioro:kamailioro@localhost/kamailio"),
        text("domain_column", "domain"),
        text("domain_prefix", ""),
        Param { name: "use_domain", default: ParamDefault::Int(0) },
        text("user_column", "username"),
    ],
    init,
    ..Module::EMPTY
};

fn init(init: &mut Init<'_>) -> Result<(), HostError> {
    let name = |param: &str| String::from_utf8_lossy(init.str(param).unwrap_or_default()).into_owned();
    let state = State {
        database: database::of_param(init, "db_url")?,
        user: name("user_column"),
        domain: name("domain_column"),
        alias_user: name("alias_user_column"),
        alias_domain: name("alias_domain_column"),
        use_domain: init.int("use_domain") != 0,
        prefix: init.str("domain_prefix").unwrap_or_default().to_vec(),
        all: init.int("append_branches") != 0,
    };
    init.set_state(&STATE, Arc::new(state));
    Ok(())
}

/// How to look up, from the flags' letters.
#[derive(Clone, Copy, Default)]
struct Flags {
    /// `d`.
    no_domain: bool,
    /// `r`.
    reverse: bool,
    /// `u`.
    domain: bool,
}

fn with_flags(mut args: Vec<Arg>, at: usize) -> Result<Vec<Arg>, HostError> {
    let mut flags = Flags::default();
    if let Some(Arg::Str(letters)) = args.get(at) {
        for letter in letters.iter() {
            match letter {
                b'd' => flags.no_domain = true,
                b'r' => flags.reverse = true,
                b'u' => flags.domain = true,
                other => {
                    let other = char::from(*other);
                    return Err(HostError::new(format!("there is no flag '{other}'"))
                        .at(at)
                        .help("the flags are d, r and u"));
                }
            }
        }
        args.truncate(at);
    }
    args.push(Prepare::digested(flags));
    Ok(args)
}

fn digest_find(_: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    if args.get(2).and_then(Arg::pv).is_some_and(|pv| !pv.writable()) {
        return Err(HostError::new("the result goes to a variable that can be assigned").at(2));
    }
    with_flags(args, 3)
}

/// `alias_db_lookup(table [, flags])`.
fn lookup<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let [table, flags] = args else { return Ret::FALSE };
    let (table, flags) = (table.text(ctx), flags.digested().copied().unwrap_or_default());
    let found = match resolve(ctx, table, ctx.ruri(), flags) {
        Ok(found) => found,
        Err(ret) => return ret,
    };
    let Some((first, rest)) = found.split_first() else { return Ret::FALSE };
    ctx.set_ruri(first);
    for uri in rest {
        ctx.append_branch(Some(uri), Q_UNSPECIFIED);
    }
    Ret::TRUE
}

/// `alias_db_find(table, input, output [, flags])`.
fn find<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let [table, input, output, flags] = args else { return Ret::FALSE };
    let (table, input) = (table.text(ctx), input.text(ctx));
    let flags = flags.digested().copied().unwrap_or_default();
    let found = match resolve(ctx, table, input, flags) {
        Ok(found) => found,
        Err(ret) => return ret,
    };
    let Some(output) = output.pv() else { return Ret::FALSE };
    for uri in &found {
        output.set(ctx, Val::Str(uri));
    }
    Ret::from(!found.is_empty())
}

/// The URIs that a URI stands for, or the aliases of a user.
fn resolve<'m>(ctx: &mut Ctx<'m>, table: &[u8], uri: &[u8], flags: Flags) -> Result<Vec<&'m [u8]>, Ret> {
    let state = STATE.get(ctx).ok_or(Ret::FALSE)?;
    let table = std::str::from_utf8(table).map_err(|_| Ret::FALSE)?;
    let uri = Uri::parse(uri).map_err(|_| Ret::FALSE)?;
    let (names, users) = ([&*state.alias_user, &*state.alias_domain], [&*state.user, &*state.domain]);
    let (from, to) = if flags.reverse { (users, names) } else { (names, users) };
    let mut conditions = vec![Condition::eq(from[0], uri.user)];
    if (state.use_domain || flags.domain) && !flags.no_domain {
        let host = uri.host.strip_prefix(&*state.prefix).filter(|rest| !rest.is_empty());
        conditions.push(Condition::eq(from[1], host.unwrap_or(uri.host)));
    }
    let reply = database::ask(ctx, state.database.select(table, &to, &conditions))?;
    let rows = reply.rows.iter().take(if state.all { usize::MAX } else { 1 });
    Ok(rows
        .filter_map(|row| {
            let (user, domain) = (row.first()?.to_text()?, row.get(1)?.to_text()?);
            Some(ctx.keep(&[b"sip:", &*user, b"@", &*domain].concat()))
        })
        .collect())
}
