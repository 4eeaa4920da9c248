//! Walking over headers and lines of the body: `hf_iterator_*`, `bl_iterator_*`, `$hfitname(x)`, `$hfitbody(x)`,
//! `$blitval(x)`.

use std::ops::Range;

use kamjit_engine::{
    Arg, Ctx, Ret, Val,
    catalog::InnerName,
    pv::{PvDef, PvName, named},
};

/// Iterators of each kind that a message may have, as in the real server (README).
const MAX_ITERATORS: usize = 4;

/// What an iterator walks over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Headers,
    Lines,
}

struct Iterator {
    kind: Kind,
    name: Box<[u8]>,
    /// The entry that it stands on.
    at: Option<usize>,
    ended: bool,
}

#[derive(Default)]
struct Iterators(Vec<Iterator>);

impl Iterators {
    fn find(&mut self, kind: Kind, name: &[u8]) -> Option<&mut Iterator> {
        self.0.iter_mut().find(|i| i.kind == kind && *i.name == *name)
    }
}

fn start<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], kind: Kind) -> Ret {
    let Some(name) = args.first().map(|arg| arg.text(ctx)) else { return Ret::FALSE };
    if kind == Kind::Lines && ctx.msg.body().is_empty() {
        return Ret::FALSE;
    }
    let all = ctx.ext.or_default::<Iterators>();
    all.0.retain(|i| i.kind != kind || *i.name != *name);
    if all.0.iter().filter(|i| i.kind == kind).count() >= MAX_ITERATORS {
        return Ret::FALSE;
    }
    all.0.push(Iterator { kind, name: name.into(), at: None, ended: false });
    Ret::TRUE
}

fn step<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], kind: Kind, back: bool) -> Ret {
    let Some(name) = args.first().map(|arg| arg.text(ctx)) else { return Ret::FALSE };
    let count = match kind {
        Kind::Headers => ctx.msg.headers().len(),
        Kind::Lines => lines(ctx).count(),
    };
    let Some(iterator) = ctx.ext.get_mut::<Iterators>().and_then(|all| all.find(kind, name)) else {
        return Ret::FALSE;
    };
    let next = match (iterator.ended, iterator.at, back) {
        (true, _, _) | (_, None, true) => None,
        (_, None, false) => Some(0),
        (_, Some(at), false) => Some(at + 1),
        (_, Some(at), true) => at.checked_sub(1),
    };
    iterator.at = next.filter(|at| *at < count);
    iterator.ended = iterator.at.is_none();
    Ret::from(iterator.at.is_some())
}

fn end<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], kind: Kind) -> Ret {
    let Some(name) = args.first().map(|arg| arg.text(ctx)) else { return Ret::FALSE };
    if let Some(all) = ctx.ext.get_mut::<Iterators>() {
        all.0.retain(|i| i.kind != kind || *i.name != *name);
    }
    Ret::TRUE
}

/// The body's lines with their line ends, as ranges of the message.
fn lines<'m>(ctx: &Ctx<'m>) -> impl std::iter::Iterator<Item = Range<usize>> + use<'m> {
    let (mut at, body) = (ctx.msg.body_offset(), ctx.msg.body());
    body.split_inclusive(|byte| *byte == b'\n').map(move |line| {
        let range = at..at + line.len();
        at = range.end;
        range
    })
}

/// Where the entry stands that an iterator is on.
fn entry(ctx: &mut Ctx<'_>, name: &[u8], kind: Kind) -> Option<Range<usize>> {
    let at = ctx.ext.get_mut::<Iterators>()?.find(kind, name)?.at?;
    match kind {
        Kind::Headers => ctx.msg.headers().get(at).map(|h| h.offset as usize..h.end()),
        Kind::Lines => lines(ctx).nth(at),
    }
}

fn edit<'m>(
    ctx: &mut Ctx<'m>,
    args: &'m [Arg],
    kind: Kind,
    change: impl FnOnce(&Ctx<'m>, Range<usize>, &[u8]),
) -> Ret {
    let Some(name) = args.first().map(|arg| arg.text(ctx)) else { return Ret::FALSE };
    let text = args.get(1).map(|arg| arg.text(ctx)).unwrap_or_default();
    let Some(range) = entry(ctx, name, kind) else { return Ret::FALSE };
    change(ctx, range, text);
    Ret::TRUE
}

fn remove<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], kind: Kind) -> Ret {
    edit(ctx, args, kind, |ctx, range, _| {
        ctx.edits.delete(range.start, range.len());
    })
}

fn append<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], kind: Kind) -> Ret {
    edit(ctx, args, kind, |ctx, range, text| ctx.edits.insert(range.end, text))
}

fn insert<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], kind: Kind) -> Ret {
    edit(ctx, args, kind, |ctx, range, text| ctx.edits.insert(range.start, text))
}

macro_rules! functions {
    ($($name:ident = $what:ident($kind:ident $(, $more:expr)?);)*) => {
        $(pub(super) fn $name<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
            $what(ctx, args, Kind::$kind $(, $more)?)
        })*
    };
}

functions! {
    hf_start = start(Headers);
    hf_next = step(Headers, false);
    hf_prev = step(Headers, true);
    hf_end = end(Headers);
    hf_rm = remove(Headers);
    hf_append = append(Headers);
    hf_insert = insert(Headers);
    bl_start = start(Lines);
    bl_next = step(Lines, false);
    bl_end = end(Lines);
    bl_rm = remove(Lines);
    bl_append = append(Lines);
    bl_insert = insert(Lines);
}

fn header<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Option<&'m kamjit_sip::Header<'m>> {
    let name = name.text(ctx);
    let at = ctx.ext.get_mut::<Iterators>()?.find(Kind::Headers, name)?.at?;
    ctx.msg.headers().get(at)
}

fn line<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    let name = name.text(ctx);
    let range = entry(ctx, name, Kind::Lines);
    Val::opt(range.and_then(|range| ctx.msg.buf().get(range)))
}

pub(super) static PVS: &[PvDef] = &[
    named("hfitname", InnerName::Static, |ctx, name| Val::opt(header(ctx, name).map(|h| h.name_raw)), None),
    named("hfitbody", InnerName::Static, |ctx, name| Val::opt(header(ctx, name).map(|h| h.value)), None),
    named("blitval", InnerName::Static, line, None),
];
