//! The functions `sht_*` but for iterators.

use std::sync::Arc;

use kamjit_engine::{
    Arg, Ctx, Ret,
    catalog::{Generation, HostError, Place},
    log::{self, Level},
    module::Prepare,
};

use super::{
    STATE, lock,
    matching::{Choice, Of},
    now,
    table::{Table, Value},
    vars::{Target, kept, sum},
};

fn complain(text: std::fmt::Arguments<'_>) -> Ret {
    log::module(Level::Err, "htable", text);
    Ret::FALSE
}

fn no_table(name: &[u8]) -> Ret {
    complain(format_args!("cannot get hash table [{}]", name.escape_ascii()))
}

/// The table that the first argument names.
fn table<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Result<Arc<Table>, Ret> {
    let name = args.first().map(|arg| arg.text(ctx)).unwrap_or_default();
    STATE.get(ctx).and_then(|state| state.table(name)).ok_or_else(|| no_table(name))
}

/// Table and key of `f(table, key, ..)`.
fn table_and_key<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Result<(Arc<Table>, &'m [u8]), Ret> {
    let table = table(ctx, args)?;
    let key = args.get(1).map(|arg| arg.text(ctx)).unwrap_or_default();
    lock::pass(ctx, &table, key)?;
    Ok((table, key))
}

fn done(result: Result<Ret, Ret>) -> Ret {
    result.unwrap_or_else(|ret| ret)
}

/// Digests `table=>key`.
pub(super) fn target(
    prepare: &mut Prepare<'_>,
    mut args: Vec<Arg>,
    _: &Place,
) -> Result<Vec<Arg>, HostError> {
    let Some(Arg::Str(text)) = args.first() else {
        return Err(HostError::new("expected a constant table=>key").at(0));
    };
    let target = Target::parse(prepare, &text.clone()).map_err(|error| error.at(0))?;
    args[0] = Prepare::digested(target);
    Ok(args)
}

fn digested<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Option<(&'m Target, &'m Arc<Table>)> {
    let target = args.first()?.digested::<Target>()?;
    Some((target, target.table(ctx)?))
}

/// `sht_lock(table=>key)`.
pub(super) fn lock_key<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some((target, table)) = digested(ctx, args) else { return no_table(b"") };
    let key = target.key(ctx);
    match lock::lock(ctx, table, key) {
        Ok(()) => Ret::TRUE,
        Err(cancelled) => cancelled.into(),
    }
}

/// `sht_unlock(table=>key)`.
pub(super) fn unlock_key<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some((target, table)) = digested(ctx, args) else { return no_table(b"") };
    let key = target.key(ctx);
    lock::unlock(ctx, table, key);
    Ret::TRUE
}

fn remove_matching<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], of: Of) -> Ret {
    let Some((target, table)) = digested(ctx, args) else { return no_table(b"") };
    target.choose(ctx, Choice::regex, |choice| table.remove_all(|item| choice.takes(of, item))).into()
}

/// `sht_rm_name_re(table=>pattern)`.
pub(super) fn remove_name_re<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    remove_matching(ctx, args, Of::Name)
}

/// `sht_rm_value_re(table=>pattern)`.
pub(super) fn remove_value_re<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    remove_matching(ctx, args, Of::Value)
}

/// `sht_rm(table, key)`: true whether or not it was there (captured).
pub(super) fn remove<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    done(table_and_key(ctx, args).map(|(table, key)| {
        table.remove(key);
        Ret::TRUE
    }))
}

/// `sht_reset(table)`.
pub(super) fn reset<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    done(table(ctx, args).map(|table| {
        table.remove_all(|_| true);
        Ret::TRUE
    }))
}

/// Table and choice of `f(table, operator, value)`.
fn choice<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], removing: bool) -> Result<(Arc<Table>, Choice), Ret> {
    let operator = args.get(1).map(|arg| arg.text(ctx)).unwrap_or_default();
    let value = args.get(2).map(|arg| arg.text(ctx)).unwrap_or_default();
    if value.is_empty() {
        return Err(complain(format_args!("cannot get the match value")));
    }
    let table = table(ctx, args)?;
    match Choice::of_function(operator, value, removing) {
        Ok(Some(choice)) => Ok((table, choice)),
        Ok(None) => {
            let operator = operator.escape_ascii();
            log::module(Level::Warn, "htable", format_args!("unsupported match operator: {operator}"));
            Err(Ret::FALSE)
        }
        Err(why) => Err(complain(format_args!("bad re {}: {why}", value.escape_ascii()))),
    }
}

fn remove_by<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], of: Of) -> Ret {
    done(choice(ctx, args, true).map(|(table, choice)| {
        table.remove_all(|item| choice.takes(of, item));
        Ret::TRUE
    }))
}

/// `sht_rm_name(table, operator, value)`.
pub(super) fn remove_name<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    remove_by(ctx, args, Of::Name)
}

/// `sht_rm_value(table, operator, value)`.
pub(super) fn remove_value<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    remove_by(ctx, args, Of::Value)
}

fn has<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], of: Of) -> Ret {
    done(choice(ctx, args, false).map(|(table, choice)| table.any(|item| choice.takes(of, item)).into()))
}

/// `sht_has_name(table, operator, value)`.
pub(super) fn has_name<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    has(ctx, args, Of::Name)
}

/// `sht_has_str_value(table, operator, value)`.
pub(super) fn has_text<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    has(ctx, args, Of::Value)
}

/// `sht_setxs(table, key, text, seconds)`.
pub(super) fn set_text<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let value = args.get(2).map(|arg| arg.text(ctx)).unwrap_or_default();
    set_both(ctx, args, Value::Str(value.into()))
}

/// `sht_setxi(table, key, number, seconds)`.
pub(super) fn set_number<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let value = args.get(2).map_or(0, |arg| arg.int(ctx));
    set_both(ctx, args, Value::Int(value))
}

fn set_both<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], value: Value) -> Ret {
    let seconds = args.get(3).map_or(0, |arg| arg.int(ctx));
    done(
        table_and_key(ctx, args)
            .map(|(table, key)| kept(&table, table.set_both(key, value, seconds, now())).into()),
    )
}

fn add<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], difference: i64) -> Ret {
    let narrow = ctx.generation() == Generation::V5_6;
    done(table_and_key(ctx, args).map(|(table, key)| {
        match table.add(key, now(), |n| sum(n, difference, narrow)) {
            Ok(sum) => sum.is_some().into(),
            Err(full) => kept(&table, Err(full)).into(),
        }
    }))
}

/// `sht_inc(table, key)` (6.x).
pub(super) fn increase<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    add(ctx, args, 1)
}

/// `sht_dec(table, key)` (6.x).
pub(super) fn decrease<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    add(ctx, args, -1)
}

/// `sht_is_null(table, key)` (6.x).
pub(super) fn is_null<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    done(table_and_key(ctx, args).map(|(table, key)| {
        let absent = table.definition.initial.is_none() && table.read(key, now(), |_| ()).is_none();
        absent.into()
    }))
}

/// `sht_print()`: all tables to the log.
pub(super) fn print<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    let Some(state) = STATE.get(ctx) else { return Ret::FALSE };
    for table in state.tables.iter().rev() {
        let (name, expire) = (&table.definition.name, table.definition.auto_expire);
        log::module(Level::Err, "htable", format_args!("htable[{name}] exp: {expire}"));
        table.visit(|slot, item| {
            let key = item.name.escape_ascii();
            let value: Box<dyn std::fmt::Display> = match &item.value {
                Value::Int(n) => Box::new(*n),
                Value::Str(text) => Box::new(text.escape_ascii()),
            };
            let expires = item.expires;
            log::module(
                Level::Err,
                "htable",
                format_args!("htable[{name}][{slot}] cell: {key} expire: {expires} value: {value}"),
            );
        });
    }
    Ret::TRUE
}
