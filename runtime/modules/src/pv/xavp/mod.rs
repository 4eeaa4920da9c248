//! `$xavp(a[0]=>b)`, `$xavu(...)`, `$xavi(...)`.
//!
//! Captured: without an index an assignment to a root adds a new one, also to `$xavp(a=>b)`; with an index it
//! changes what is there and fails if nothing is. `$xavu` names are unique; `$xavi` names ignore case.

mod functions;

use kamjit_catalog::{HostError, InnerName};
use kamjit_engine::{
    Ctx, Val,
    module::Prepare,
    pv::{Inner, Pv, PvDef, PvName, named_rw},
    xavp::{Names, XavpList, XavpValue},
};

pub(super) use functions::FUNCTIONS;

pub(super) const PVS: &[PvDef] = &[
    named_rw(
        "xavp",
        InnerName::Static,
        |c, n| get(c, n, Kind::Xavp),
        |c, n, v| set(c, n, Kind::Xavp, v),
        Some(parse),
    ),
    named_rw(
        "xavu",
        InnerName::Static,
        |c, n| get(c, n, Kind::Xavu),
        |c, n, v| set(c, n, Kind::Xavu, v),
        Some(parse),
    ),
    named_rw(
        "xavi",
        InnerName::Static,
        |c, n| get(c, n, Kind::Xavi),
        |c, n, v| set(c, n, Kind::Xavi, v),
        Some(parse),
    ),
];

/// Which of the three trees.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Xavp,
    Xavu,
    Xavi,
}

impl Kind {
    pub(super) fn names(self) -> Names {
        if self == Kind::Xavi { Names::NoCase } else { Names::Exact }
    }

    pub(super) fn list<'c>(self, ctx: &'c Ctx<'_>) -> &'c XavpList {
        match self {
            Kind::Xavp => &ctx.xavps.xavp,
            Kind::Xavu => &ctx.xavps.xavu,
            Kind::Xavi => &ctx.xavps.xavi,
        }
    }

    pub(super) fn list_mut<'c>(self, ctx: &'c mut Ctx<'_>) -> &'c mut XavpList {
        match self {
            Kind::Xavp => &mut ctx.xavps.xavp,
            Kind::Xavu => &mut ctx.xavps.xavu,
            Kind::Xavi => &mut ctx.xavps.xavi,
        }
    }
}

enum LevelIndex {
    None,
    At(i64),
    All,
    Var(Pv),
}

struct Level {
    name: Box<[u8]>,
    index: LevelIndex,
}

/// `a[0]=>b=>c[$var(i)]`.
struct Path(Vec<Level>);

/// The indices of a path, computed for one access; deeper paths are refused at start.
const MAX_DEPTH: usize = 8;

fn parse(prepare: &mut Prepare<'_>, text: &[u8]) -> Result<Inner, HostError> {
    let mut levels = Vec::new();
    let mut rest = text;
    loop {
        let (one, more) = split_arrow(rest);
        levels.push(parse_level(prepare, one.trim_ascii())?);
        match more {
            Some(more) => rest = more,
            None => break,
        }
    }
    if levels.len() > MAX_DEPTH {
        return Err(HostError::new("the path has too many levels"));
    }
    Ok(Inner::Digested(Box::new(Path(levels))))
}

/// Splits at the first `=>` outside of brackets.
fn split_arrow(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    let mut depth = 0usize;
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'[' | b'(' => depth += 1,
            b']' | b')' => depth = depth.saturating_sub(1),
            b'=' if depth == 0 && text.get(at + 1) == Some(&b'>') => {
                return (&text[..at], Some(&text[at + 2..]));
            }
            _ => {}
        }
    }
    (text, None)
}

fn parse_level(prepare: &mut Prepare<'_>, text: &[u8]) -> Result<Level, HostError> {
    let bad = || HostError::new(format!("'{}' is no name of an extended AVP", text.escape_ascii()));
    let (name, index) = match text.iter().position(|&b| b == b'[') {
        None => (text, LevelIndex::None),
        Some(at) => {
            let inside = text[at + 1..].strip_suffix(b"]").ok_or_else(bad)?;
            let index = match inside {
                b"*" => LevelIndex::All,
                [b'$', ..] => LevelIndex::Var(prepare.pv_text(inside)?),
                number => LevelIndex::At(kamjit_engine::value::parse_int(number).ok_or_else(bad)?),
            };
            (&text[..at], index)
        }
    };
    let name = name.trim_ascii();
    // Captured: nothing but `=` and brackets is refused in a name.
    if name.is_empty() || name.iter().any(|b| b"=[]".contains(b)) {
        return Err(bad());
    }
    Ok(Level { name: name.into(), index })
}

/// A level with its index computed.
#[derive(Clone, Copy)]
struct Step<'p> {
    name: &'p [u8],
    index: Option<i64>,
    all: bool,
}

fn steps<'m>(ctx: &mut Ctx<'m>, name: &'m PvName) -> ([Step<'m>; MAX_DEPTH], usize) {
    let mut steps = [Step { name: &[], index: None, all: false }; MAX_DEPTH];
    let Some(Path(levels)) = name.digested::<Path>() else { return (steps, 0) };
    for (step, level) in steps.iter_mut().zip(levels) {
        let index = match &level.index {
            LevelIndex::None | LevelIndex::All => None,
            LevelIndex::At(n) => Some(*n),
            LevelIndex::Var(pv) => Some(pv.get(ctx).to_int()),
        };
        *step = Step { name: &level.name, index, all: matches!(level.index, LevelIndex::All) };
    }
    (steps, levels.len())
}

fn get<'m>(ctx: &mut Ctx<'m>, name: &'m PvName, kind: Kind) -> Val<'m> {
    let (steps, depth) = steps(ctx, name);
    let Some((last, before)) = steps.get(..depth).and_then(<[_]>::split_last) else { return Val::Null };
    let mut list = kind.list(ctx);
    for step in before {
        match list.list(step.name, step.index.unwrap_or(0), kind.names()) {
            Some(inner) => list = inner,
            None => return Val::Null,
        }
    }
    match list.get(last.name, last.index.unwrap_or(0), kind.names()) {
        None => Val::Null,
        // The real server shows the address of a structure.
        Some(XavpValue::List(inner)) => {
            Val::Str(ctx.format(format_args!("<<xavp:{:p}>>", std::ptr::from_ref(inner))))
        }
        Some(value) => value.to_val(ctx.arena),
    }
}

fn set<'m>(ctx: &mut Ctx<'m>, name: &'m PvName, kind: Kind, value: Val<'m>) -> bool {
    let (steps, depth) = steps(ctx, name);
    let Some(steps) = steps.get(..depth) else { return false };
    let list = kind.list_mut(ctx);
    match XavpValue::from_val(value) {
        Some(value) if kind == Kind::Xavu => put_unique(list, steps, value),
        Some(value) => put(list, steps, value, kind.names()),
        None => {
            remove(list, steps, kind.names());
            true
        }
    }
}

fn put(list: &mut XavpList, steps: &[Step<'_>], value: XavpValue, names: Names) -> bool {
    match steps {
        [] => false,
        [last] if last.all => false,
        [last] => match last.index {
            None => list.push(last.name, value),
            // Captured: a negative index can be read but not assigned.
            Some(index) => index >= 0 && list.replace(last.name, index, value, names),
        },
        [step, rest @ ..] => match step.index {
            None => {
                let mut inner = XavpList::default();
                put(&mut inner, rest, value, names) && list.push(step.name, XavpValue::List(inner))
            }
            Some(index) => match list.list_mut(step.name, index, names) {
                Some(inner) => put(inner, rest, value, names),
                None => false,
            },
        },
    }
}

fn put_unique(list: &mut XavpList, steps: &[Step<'_>], value: XavpValue) -> bool {
    match steps {
        [] => false,
        [last] => list.put(last.name, value, Names::Exact),
        [step, rest @ ..] => {
            if list.list(step.name, 0, Names::Exact).is_none()
                && !list.put(step.name, XavpValue::List(XavpList::default()), Names::Exact)
            {
                return false;
            }
            list.list_mut(step.name, 0, Names::Exact).is_some_and(|inner| put_unique(inner, rest, value))
        }
    }
}

fn remove(list: &mut XavpList, steps: &[Step<'_>], names: Names) {
    match steps {
        [] => {}
        [last] if last.all => drop(list.remove_all(last.name, names)),
        [last] => drop(list.remove(last.name, last.index.unwrap_or(0), names)),
        [step, rest @ ..] => {
            if let Some(inner) = list.list_mut(step.name, step.index.unwrap_or(0), names) {
                remove(inner, rest, names);
            }
        }
    }
}

/// Values of the last name of a path, for `$cnt(...)`.
pub(super) fn count<'m>(ctx: &mut Ctx<'m>, pv: &'m Pv) -> usize {
    let kind = Kind::Xavp;
    let (steps, depth) = steps(ctx, &pv.name);
    let Some((last, before)) = steps.get(..depth).and_then(<[_]>::split_last) else { return 0 };
    let mut list = kind.list(ctx);
    for step in before {
        match list.list(step.name, step.index.unwrap_or(0), kind.names()) {
            Some(inner) => list = inner,
            None => return 0,
        }
    }
    list.count(last.name, kind.names())
}
