//! `sht_iterator_*`: walking over a table. An iterator remembers a place and holds no lock, so the table may be
//! changed meanwhile; it ends with the script run.

use std::sync::Arc;

use kamjit_engine::{
    Arg, Ctx, Ret, Val,
    log::{self, Level},
    pv::PvName,
};

use super::{
    STATE, now,
    table::{Item, Place, Table, Value},
};

/// Iterators that may be open at the same time (README).
const MOST: usize = 4;

struct Iterator {
    name: Box<[u8]>,
    table: Arc<Table>,
    /// Where it stands; nowhere before the first and behind the last item.
    at: Option<Place>,
}

#[derive(Default)]
struct Iterators(Vec<Iterator>);

impl Iterators {
    fn place(&self, name: &[u8]) -> Option<usize> {
        self.0.iter().position(|iterator| *iterator.name == *name)
    }
}

fn complain(what: &str, name: &[u8]) -> Ret {
    log::module(Level::Err, "htable", format_args!("{what}: {}", name.escape_ascii()));
    Ret::FALSE
}

fn find<'c, 'm>(ctx: &'c mut Ctx<'m>, name: &[u8]) -> Option<&'c mut Iterator> {
    let all = ctx.ext.get_mut::<Iterators>()?;
    let place = all.place(name)?;
    all.0.get_mut(place)
}

fn text<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], at: usize) -> &'m [u8] {
    args.get(at).map(|arg| arg.text(ctx)).unwrap_or_default()
}

/// `sht_iterator_start(iterator, table)`.
pub(super) fn start<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let (name, table_name) = (text(ctx, args, 0), text(ctx, args, 1));
    let Some(table) = STATE.get(ctx).and_then(|state| state.table(table_name)) else {
        return complain("cannot get hash table", table_name);
    };
    let all = ctx.ext.or_default::<Iterators>();
    all.0.retain(|iterator| *iterator.name != *name);
    if all.0.len() >= MOST {
        return complain("no iterator available", name);
    }
    all.0.push(Iterator { name: name.into(), table, at: None });
    Ret::TRUE
}

/// `sht_iterator_end(iterator)`.
pub(super) fn end<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let name = text(ctx, args, 0);
    let all = ctx.ext.or_default::<Iterators>();
    match all.place(name) {
        Some(place) => {
            all.0.swap_remove(place);
            Ret::TRUE
        }
        None => complain("iterator not found", name),
    }
}

/// `sht_iterator_next(iterator)`; behind the last item it begins again (captured).
pub(super) fn next<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let name = text(ctx, args, 0);
    let Some(iterator) = find(ctx, name) else { return complain("iterator not initialized", name) };
    iterator.at = iterator.table.next(iterator.at);
    iterator.at.is_some().into()
}

/// `sht_iterator_rm(iterator)`: removes the item and goes on to the next; -2 if there is none.
pub(super) fn remove<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let name = text(ctx, args, 0);
    let Some(iterator) = find(ctx, name) else { return complain("iterator not initialized", name) };
    let Some(place) = iterator.at else { return complain("iterator not used", name) };
    iterator.at = iterator.table.next(Some(place));
    iterator.table.remove_at(place);
    if iterator.at.is_some() { Ret::TRUE } else { Ret(-2) }
}

fn change<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], change: impl FnOnce(&Table, &mut Item)) -> Ret {
    let name = text(ctx, args, 0);
    let Some(iterator) = find(ctx, name) else { return complain("iterator not initialized", name) };
    let Some(place) = iterator.at else { return complain("iterator not used", name) };
    let table = &iterator.table;
    table.at(place, |item| change(table, item)).is_some().into()
}

/// `sht_iterator_sets(iterator, text)`.
pub(super) fn set_text<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let value = text(ctx, args, 1);
    change(ctx, args, |_, item| item.value = Value::Str(value.into()))
}

/// `sht_iterator_seti(iterator, number)`.
pub(super) fn set_number<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let value = args.get(1).map_or(0, |arg| arg.int(ctx));
    change(ctx, args, |_, item| item.value = Value::Int(value))
}

/// `sht_iterator_setex(iterator, seconds)`.
pub(super) fn set_end<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let seconds = args.get(1).map_or(0, |arg| arg.int(ctx));
    change(ctx, args, |table, item| item.expires = table.end_for(seconds, now()))
}

/// The item that the iterator stands on.
fn current<'m>(ctx: &mut Ctx<'m>, name: &'m PvName, look: impl FnOnce(&Item) -> Val<'m>) -> Val<'m> {
    let name = name.text(ctx);
    let Some((place, iterator)) = find(ctx, name).and_then(|it| Some((it.at?, it))) else { return Val::Null };
    iterator.table.at(place, |item| look(item)).unwrap_or_default()
}

/// `$shtitkey(iterator)`.
pub(super) fn key<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let arena = ctx.arena;
    current(ctx, name, |item| Val::Str(arena.alloc_slice_copy(&item.name)))
}

/// `$shtitval(iterator)`.
pub(super) fn value<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let arena = ctx.arena;
    current(ctx, name, |item| item.value.to_val(arena))
}
