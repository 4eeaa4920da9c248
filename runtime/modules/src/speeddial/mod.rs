//! The module `speeddial`: short numbers of each user (README.speeddial).

use std::sync::Arc;

use kamjit_db::{Condition, Database};
use kamjit_engine::{
    Arg, Ctx, Module, Ret, Run,
    catalog::{ArgKind::StrVar, Form, HostError, Param, ParamDefault, Routes},
    init::Init,
    module::FunctionDef,
    state::StateKey,
};
use kamjit_sip::Uri;

use crate::database;

struct State {
    database: Database,
    user: String,
    domain: String,
    sd_user: String,
    sd_domain: String,
    new_uri: String,
    use_domain: bool,
    prefix: Vec<u8>,
}

static STATE: StateKey<State> = StateKey::new();

const fn text(name: &'static str, default: &'static str) -> Param {
    Param { name, default: ParamDefault::Str(default) }
}

/// The export table.
pub static MODULE: Module = Module {
    name: "speeddial",
    after: database::DRIVERS,
    functions: &[FunctionDef {
        name: "sd_lookup",
        forms: &[
            Form { args: &[StrVar], routes: Routes::REQUEST },
            Form { args: &[StrVar, StrVar], routes: Routes::REQUEST },
        ],
        run: Run::plain(lookup),
    }],
    params: &[
        text("db_url", "mysql://kamailioro:kamailioro@localhost/kamailio"),
        text("domain_column", "domain"),
        text("domain_prefix", ""),
        text("new_uri_column", "new_uri"),
        text("sd_domain_column", "sd_domain"),
        text("sd_user_column", "sd_username"),
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
        sd_user: name("sd_user_column"),
        sd_domain: name("sd_domain_column"),
        new_uri: name("new_uri_column"),
        use_domain: init.int("use_domain") != 0,
        prefix: init.str("domain_prefix").unwrap_or_default().to_vec(),
    };
    init.set_state(&STATE, Arc::new(state));
    Ok(())
}

impl State {
    fn strip<'a>(&self, host: &'a [u8]) -> &'a [u8] {
        host.strip_prefix(&*self.prefix).filter(|rest| !rest.is_empty()).unwrap_or(host)
    }
}

/// `sd_lookup(table [, owner])`: puts what the owner's short number stands for in the place of the request URI.
fn lookup<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(state) = STATE.get(ctx) else { return Ret::FALSE };
    let Some(table) = args.first().map(|arg| arg.text(ctx)) else { return Ret::FALSE };
    let owner = match args.get(1) {
        Some(arg) => arg.text(ctx),
        None => ctx.msg.from().map(|from| from.uri).unwrap_or_default(),
    };
    let (Ok(table), Ok(owner), Some(dialled)) =
        (std::str::from_utf8(table), Uri::parse(owner), ctx.parsed_ruri())
    else {
        return Ret::FALSE;
    };
    let mut conditions =
        vec![Condition::eq(&state.user, owner.user), Condition::eq(&state.sd_user, dialled.user)];
    if state.use_domain {
        conditions.push(Condition::eq(&state.domain, state.strip(owner.host)));
        conditions.push(Condition::eq(&state.sd_domain, state.strip(dialled.host)));
    }
    let columns = [&*state.new_uri];
    let reply = match database::ask(ctx, state.database.select(table, &columns, &conditions)) {
        Ok(reply) => reply,
        Err(ret) => return ret,
    };
    let Some(uri) = reply.first().and_then(|row| row.first()?.to_text()) else { return Ret::FALSE };
    let uri = ctx.keep(&uri);
    if Uri::parse(uri).is_err() {
        return Ret::FALSE;
    }
    ctx.set_ruri(uri);
    Ret::TRUE
}
