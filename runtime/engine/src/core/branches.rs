//! Further branches: `clear_branches()`, `remove_branch(n)`; `append_branch()` comes with corex and stands on
//! [`Ctx::append_branch`].

use super::{NO_ARGS, ONE_INT, plain};
use crate::{
    branch::{Branch, Q_UNSPECIFIED},
    ctx::Ctx,
    log::{self, Level},
    module::{Arg, FunctionDef, Ret},
};

/// The greatest value of `max_branches`.
const MAX_BRANCHES: i64 = 31;

pub(super) const FUNCTIONS: &[FunctionDef] =
    &[plain("clear_branches", &[NO_ARGS], clear), plain("remove_branch", &[NO_ARGS, ONE_INT], remove)];

impl<'m> Ctx<'m> {
    /// Branches beside the main one that a message may have: `max_branches` counts that, too (captured).
    pub fn max_further_branches(&self) -> usize {
        self.program.globals.int("max_branches").clamp(1, MAX_BRANCHES) as usize - 1
    }

    /// Adds a branch. Without a URI it is the current destination; path, socket and `$du` come from the main
    /// branch (captured), as do its branch flags. False if there are too many.
    pub fn append_branch(&mut self, uri: Option<&'m [u8]>, q: i32) -> bool {
        if self.branches.len() >= self.max_further_branches() {
            log::core(Level::Err, format_args!("max nr of branches exceeded"));
            return false;
        }
        let branch = Branch { uri: Some(uri.unwrap_or_else(|| self.ruri())), q, ..self.main };
        self.branches.push(branch);
        true
    }
}

fn clear<'m>(ctx: &mut Ctx<'m>, _: &'m [Arg]) -> Ret {
    ctx.branches.clear();
    // Captured: the request URI loses its branch flags and q value, too.
    ctx.main.flags = 0;
    ctx.main.q = Q_UNSPECIFIED;
    Ret::TRUE
}

fn remove<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let at = match args.first() {
        Some(Arg::Int(n)) => usize::try_from(*n).unwrap_or(usize::MAX),
        _ => 0,
    };
    if at >= ctx.branches.len() {
        return Ret::FALSE;
    }
    ctx.branches.remove(at);
    Ret::TRUE
}
