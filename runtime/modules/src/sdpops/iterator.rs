//! Walking over the lines of the session description (6.x): `sdp_iterator_*` and `$sdpitval(name)`.

use kamjit_engine::{
    Arg, Ctx, Ret, Val,
    catalog::InnerName,
    pv::{PvDef, PvName, named},
};
use kamjit_sip::sdp::{self, Sdp};

use super::read;

/// Iterators that a message may have.
const MAX_ITERATORS: usize = 4;

pub(super) const PV: PvDef = named("sdpitval", InnerName::Static, value, None);

struct Iterator {
    name: Box<[u8]>,
    /// The line that it stands on.
    at: Option<usize>,
    ended: bool,
}

#[derive(Default)]
struct Iterators(Vec<Iterator>);

fn name_of<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> &'m [u8] {
    args.first().map(|arg| arg.text(ctx)).unwrap_or_default()
}

fn line_at<'m>(sdp: &Sdp<'m>, at: usize) -> Option<&'m [u8]> {
    sdp::lines(sdp.raw).nth(at)
}

/// The line that an iterator stands on.
fn current<'m>(ctx: &mut Ctx<'m>, name: &[u8]) -> Option<&'m [u8]> {
    let at = ctx.ext.get::<Iterators>()?.0.iter().find(|i| *i.name == *name)?.at?;
    line_at(&read::sdp(ctx)?, at)
}

/// `sdp_iterator_start(name)`: before the first line.
pub(super) fn start<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let name = name_of(ctx, args);
    if name.is_empty() || read::sdp(ctx).is_none() {
        return Ret::FALSE;
    }
    let all = ctx.ext.or_default::<Iterators>();
    all.0.retain(|i| *i.name != *name);
    if all.0.len() >= MAX_ITERATORS {
        return Ret::FALSE;
    }
    all.0.push(Iterator { name: name.into(), at: None, ended: false });
    Ret::TRUE
}

/// `sdp_iterator_next(name)`: false behind the last line.
pub(super) fn next<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let name = name_of(ctx, args);
    let Some(sdp) = read::sdp(ctx) else { return Ret::FALSE };
    let Some(all) = ctx.ext.get_mut::<Iterators>() else { return Ret::FALSE };
    let Some(iterator) = all.0.iter_mut().find(|i| *i.name == *name).filter(|i| !i.ended) else {
        return Ret::FALSE;
    };
    iterator.at = Some(iterator.at.map_or(0, |at| at + 1)).filter(|at| line_at(&sdp, *at).is_some());
    iterator.ended = iterator.at.is_none();
    (!iterator.ended).into()
}

/// `sdp_iterator_end(name)`.
pub(super) fn end<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let name = name_of(ctx, args);
    if let Some(all) = ctx.ext.get_mut::<Iterators>() {
        all.0.retain(|i| *i.name != *name);
    }
    Ret::TRUE
}

fn edit<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], change: fn(&Ctx<'m>, usize, usize, &[u8])) -> Ret {
    let name = name_of(ctx, args);
    let text = args.get(1).map(|arg| arg.text(ctx)).unwrap_or_default();
    let Some(line) = current(ctx, name) else { return Ret::FALSE };
    let Some(at) = ctx.msg.offset_of(line) else { return Ret::FALSE };
    change(ctx, at, line.len(), text);
    Ret::TRUE
}

/// `sdp_iterator_rm(name)`: removes the line.
pub(super) fn remove<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    edit(ctx, args, |ctx, at, len, _| {
        ctx.edits.delete(at, len);
    })
}

/// `sdp_iterator_append(name, text)`: behind the line.
pub(super) fn append<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    edit(ctx, args, |ctx, at, len, text| ctx.edits.insert(at + len, text))
}

/// `sdp_iterator_insert(name, text)`: before the line.
pub(super) fn insert<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    edit(ctx, args, |ctx, at, _, text| ctx.edits.insert(at, text))
}

/// `$sdpitval(name)`: the line, with its end.
fn value<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let name = name.text(ctx);
    Val::opt(current(ctx, name))
}
