//! The module `avpops`: AVPs copied, compared, computed and pushed into the message. What needs a database is refused.

mod change;
mod check;
mod names;
mod op;
mod push;
mod subst;

use kamjit_engine::{
    Arg, Ctx, Module, Ret, Run,
    avp::AvpValue,
    catalog::{
        ArgKind::{self, Custom, Str, StrVar, Subst},
        Form, HostError, Param,
        ParamDefault::{Int, Many, NoStr, Str as Text},
        Place, Routes,
    },
    init::Init,
    log::{self, Level},
    module::{FunctionDef, Prepare, PrepareFn, RunFn},
};

const ROUTES: Routes =
    Routes::REQUEST.or(Routes::FAILURE).or(Routes::ONREPLY).or(Routes::BRANCH).or(Routes::LOCAL);

const fn form(args: &'static [ArgKind]) -> Form {
    Form { args, routes: ROUTES }
}

const ONE: &[Form] = &[form(&[Custom])];
const TWO: &[Form] = &[form(&[Custom, Custom])];

const fn function(name: &'static str, forms: &'static [Form], prepare: PrepareFn, run: RunFn) -> FunctionDef {
    FunctionDef { name, forms, run: Run::prepared(prepare, run) }
}

/// The export table.
pub static MODULE: Module = Module {
    name: "avpops",
    functions: &[
        function("avp_check", TWO, check::prepare, check::run),
        function("avp_copy", TWO, change::prepare_copy, change::copy),
        function("avp_db_delete", TWO, no_database, never),
        function("avp_db_load", TWO, no_database, never),
        function("avp_db_query", &[form(&[StrVar]), form(&[StrVar, Str])], no_database, never),
        function("avp_db_store", TWO, no_database, never),
        function("avp_delete", ONE, change::prepare_delete, change::delete),
        function("avp_op", TWO, op::prepare, op::run),
        FunctionDef { name: "avp_print", forms: &[form(&[])], run: Run::plain(print) },
        function("avp_pushto", TWO, push::prepare, push::run),
        function("avp_subst", &[form(&[Custom, Subst])], subst::prepare, subst::run),
        function("avp_subst_pv", &[form(&[Custom, StrVar])], subst::prepare, subst::run_computed),
        function("is_avp_set", ONE, change::prepare_is_set, change::is_set),
    ],
    params: &[
        Param { name: "attribute_column", default: Text("attribute") },
        Param { name: "avp_table", default: NoStr },
        Param { name: "db_scheme", default: Many },
        Param { name: "db_url", default: NoStr },
        Param { name: "domain_column", default: Text("domain") },
        Param { name: "type_column", default: Text("type") },
        Param { name: "use_domain", default: Int(0) },
        Param { name: "username_column", default: Text("username") },
        Param { name: "uuid_column", default: Text("uuid") },
        Param { name: "value_column", default: Text("value") },
    ],
    init,
    ..Module::EMPTY
};

fn init(init: &mut Init<'_>) -> Result<(), HostError> {
    if init.str("db_url").is_some_and(|url| !url.is_empty()) {
        return Err(HostError::new("avpops.db_url: kamjit has no database connection yet")
            .help("remove db_url and what calls avp_db_*()")
            .param("db_url", 0));
    }
    Ok(())
}

/// Captured: without `db_url` these end the start.
fn no_database(_: &mut Prepare<'_>, _: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    Err(HostError::new("avp_db_*() need a database connection, which kamjit does not have yet"))
}

fn never<'m>(_: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    Ret::FALSE
}

/// `avp_print()`: all AVPs to the log, newest first.
fn print<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    for (name, value) in ctx.avps.iter() {
        let name = match (name.as_number(), name.as_text()) {
            (Some(number), _) => format!("i:{number}"),
            (_, text) => text.unwrap_or_default().escape_ascii().to_string(),
        };
        match value {
            AvpValue::Int(n) => {
                log::module(Level::Info, "avpops", format_args!("name=<{name}> val_int=<{n}>"));
            }
            AvpValue::Str(text) => log::module(
                Level::Info,
                "avpops",
                format_args!("name=<{name}> val_str=<{} / {}>", text.escape_ascii(), text.len()),
            ),
        }
    }
    Ret::TRUE
}
