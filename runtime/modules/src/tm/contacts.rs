//! `t_load_contacts`, `t_next_contacts`: serial forking by q value.

use kamjit_engine::{
    Ctx, Ret,
    branch::{Branch, OwnedBranch, Q_UNSPECIFIED},
};

use super::{STATE, current};

/// Sorts the destinations into groups of equal q, highest first. Needs more than one destination.
pub(super) fn load(ctx: &mut Ctx<'_>) -> Ret {
    if !STATE.get(ctx).is_some_and(|s| s.params.contacts) {
        return Ret::FALSE;
    }
    if ctx.branches.is_empty() {
        return Ret::TRUE;
    }
    let main = Branch { uri: Some(ctx.ruri()), ..ctx.main };
    let mut all: Vec<OwnedBranch> = std::iter::once(&main).chain(&ctx.branches).map(|b| b.freeze()).collect();
    let value = |b: &OwnedBranch| if b.q == Q_UNSPECIFIED { -1 } else { b.q };
    all.sort_by_key(|b| std::cmp::Reverse(value(b)));
    let mut groups: Vec<Vec<OwnedBranch>> = Vec::new();
    for branch in all {
        match groups.last_mut().filter(|g| g.first().is_some_and(|f| value(f) == value(&branch))) {
            Some(group) => group.push(branch),
            None => groups.push(vec![branch]),
        }
    }
    if groups.len() < 2 {
        return Ret::TRUE;
    }
    ctx.branches.clear();
    groups.reverse();
    match current::current(ctx) {
        Some(tx) => tx.inner().contacts = groups,
        None => current::of(ctx).contacts = groups,
    }
    Ret::TRUE
}

/// Makes the next group the destinations of the request. `-2` when there is none left.
pub(super) fn next(ctx: &mut Ctx<'_>) -> Ret {
    let group = match current::current(ctx) {
        Some(tx) => tx.inner().contacts.pop(),
        None => current::of(ctx).contacts.pop(),
    };
    let Some(group) = group else { return Ret(-2) };
    let mut branches: Vec<Branch<'_>> = group.iter().map(|b| b.thaw(ctx.arena)).collect();
    if branches.is_empty() {
        return Ret(-2);
    }
    ctx.main = branches.remove(0);
    ctx.branches = branches;
    Ret::TRUE
}
