//! `avp_subst()`, `avp_subst_pv()`: substitutions in texts.

use kamjit_engine::{
    Arg, Ctx, Ret,
    avp::AvpValue,
    catalog::{HostError, Place},
    log::{self, Level},
    module::Prepare,
    subst::Subst,
};

use super::names::{Flags, Source, leading, only_avp, text};

struct Names {
    from: Source,
    /// Where results go; without it they replace the text.
    to: Option<Source>,
    flags: Flags,
}

/// Digests `from[/to[/flags]]`.
pub(super) fn prepare(prepare: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    let mut args = args.into_iter();
    let (Some(names), Some(subst)) = (args.next(), args.next()) else {
        return Err(HostError::new("an argument is missing"));
    };
    let names = text(names).map_err(|e| e.at(0))?;
    let (from, rest) = leading(prepare, &names).map_err(|e| e.at(0))?;
    let (to, flags) = match rest {
        [b'/', rest @ ..] if rest.first() == Some(&b'$') => {
            let (to, rest) = leading(prepare, rest).map_err(|e| e.at(0))?;
            (Some(only_avp(to).map_err(|e| e.at(0))?), Flags::behind(rest, b"gd").map_err(|e| e.at(0))?)
        }
        rest => (None, Flags::behind(rest, b"gd").map_err(|e| e.at(0))?),
    };
    let from = only_avp(from).map_err(|e| e.at(0))?;
    Ok(vec![Prepare::digested(Names { from, to, flags }), subst])
}

/// `avp_subst(avps, subst)`.
pub(super) fn run<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    match args {
        [names, Arg::Subst(subst)] => {
            apply(ctx, names, |ctx, text| subst.apply(ctx, text).map(|(text, _)| text))
        }
        _ => Ret::FALSE,
    }
}

/// `avp_subst_pv(avps, subst)`: variables in the substitution are replaced before it is read.
pub(super) fn run_computed<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let [names, subst] = args else { return Ret::FALSE };
    let text = subst.text(ctx);
    let subst = match Subst::parse_constant(text) {
        Ok(subst) => subst,
        Err(error) => {
            log::module(Level::Err, "avpops", format_args!("{}", error.message));
            return Ret::FALSE;
        }
    };
    let arena = ctx.arena;
    apply(ctx, names, |_, text| subst.apply_constant(arena, text))
}

fn apply<'m>(
    ctx: &mut Ctx<'m>,
    names: &'m Arg,
    replace: impl Fn(&mut Ctx<'m>, &[u8]) -> Option<&'m [u8]>,
) -> Ret {
    let Some(Names { from, to, flags }) = names.digested::<Names>() else { return Ret::FALSE };
    let Some((from, values)) = from.stored(ctx) else { return Ret::FALSE };
    let to = match to {
        Some(to) => match to.avp(ctx) {
            Some(to) => Some(to),
            None => return Ret::FALSE,
        },
        None => None,
    };
    let (mut results, mut kept, mut done) = (Vec::new(), Vec::new(), false);
    for value in values {
        let open = !done || flags.has(b'g');
        let result = match &value {
            AvpValue::Str(text) if open => replace(ctx, text),
            _ => None,
        };
        match result {
            Some(text) => {
                results.push(text);
                done = true;
            }
            None => kept.push(value),
        }
    }
    if !done {
        return Ret::FALSE;
    }
    if to.is_none() || flags.has(b'd') {
        ctx.avps.remove_all(&from);
        for value in kept.into_iter().rev() {
            ctx.avps.add(from.clone(), value);
        }
    }
    let to = to.unwrap_or(from);
    for text in results {
        if !ctx.avps.add(to.clone(), AvpValue::Str(text.into())) {
            return Ret::FALSE;
        }
    }
    Ret::TRUE
}
