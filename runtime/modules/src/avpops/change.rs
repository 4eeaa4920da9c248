//! `avp_delete()`, `avp_copy()`, `is_avp_set()`.

use kamjit_engine::{
    Arg, Ctx, Ret,
    avp::{AvpName, AvpValue},
    catalog::{HostError, Place},
    log::{self, Level},
    module::Prepare,
    value::parse_int,
};

use super::names::{Flags, Source, leading, only_avp, text, with_flags};

/// What `avp_delete()` deletes.
enum Delete {
    /// Values of one name.
    Named(Source, Flags),
    /// All AVPs.
    All,
    /// Those named by numbers (or not).
    Numbers(bool),
}

/// Digests `$avp(name)[/g]`, or `a`, `i`, `s`.
pub(super) fn prepare_delete(
    prepare: &mut Prepare<'_>,
    args: Vec<Arg>,
    _: &Place,
) -> Result<Vec<Arg>, HostError> {
    let arg = args.into_iter().next().ok_or_else(|| HostError::new("an argument is missing"))?;
    let text = text(arg).map_err(|e| e.at(0))?;
    let what = match text.first() {
        Some(b'$') => {
            let (source, rest) = leading(prepare, &text).map_err(|e| e.at(0))?;
            Delete::Named(only_avp(source)?, Flags::behind(rest, b"g")?)
        }
        _ => {
            let bad = || HostError::new("expected $avp(name), a, i or s").at(0);
            let (kind, rest) = text.split_first().ok_or_else(bad)?;
            let flags = rest.iter().position(|b| *b == b'/').unwrap_or(rest.len());
            let (script_flags, behind) = rest.split_at(flags);
            // Flags of the script, 0 to 255: no AVP has any here.
            if !script_flags.iter().all(u8::is_ascii_digit) {
                return Err(bad());
            }
            Flags::behind(behind, b"g")?;
            match kind.to_ascii_lowercase() {
                b'a' | b'*' => Delete::All,
                b'i' => Delete::Numbers(true),
                b's' => Delete::Numbers(false),
                _ => return Err(bad()),
            }
        }
    };
    Ok(vec![Prepare::digested(what)])
}

/// `avp_delete(name)`.
pub(super) fn delete<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(what) = args.first().and_then(|arg| arg.digested::<Delete>()) else { return Ret::FALSE };
    let deleted = match what {
        Delete::Named(source, flags) => match source.avp(ctx) {
            Some(name) if flags.has(b'g') => ctx.avps.remove_all(&name) > 0,
            Some(name) => ctx.avps.remove_newest(&name),
            None => false,
        },
        Delete::All => ctx.avps.remove_where(|_| true) > 0,
        Delete::Numbers(numbers) => ctx.avps.remove_where(|name| name.as_number().is_some() == *numbers) > 0,
    };
    deleted.into()
}

struct Copy {
    from: Source,
    to: Source,
    flags: Flags,
}

/// Digests the two names.
pub(super) fn prepare_copy(
    prepare: &mut Prepare<'_>,
    args: Vec<Arg>,
    _: &Place,
) -> Result<Vec<Arg>, HostError> {
    let mut args = args.into_iter();
    let (Some(from), Some(to)) = (args.next(), args.next()) else {
        return Err(HostError::new("an argument is missing"));
    };
    let (from, _) = with_flags(prepare, from, b"").map_err(|e| e.at(0))?;
    let (to, flags) = with_flags(prepare, to, b"gdns").map_err(|e| e.at(1))?;
    let copy =
        Copy { from: only_avp(from).map_err(|e| e.at(0))?, to: only_avp(to).map_err(|e| e.at(1))?, flags };
    Ok(vec![Prepare::digested(copy)])
}

/// `avp_copy(from, to[/flags])`: `g` all values, `d` deletes the old ones, `n` makes numbers, `s` texts of them.
pub(super) fn copy<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(Copy { from, to, flags }) = args.first().and_then(|arg| arg.digested::<Copy>()) else {
        return Ret::FALSE;
    };
    let (Some((from, values)), Some(to)) = (from.stored(ctx), to.avp(ctx)) else { return Ret::FALSE };
    let most = if flags.has(b'g') { usize::MAX } else { 1 };
    for value in values.into_iter().take(most) {
        let Some(value) = converted(value, flags) else {
            log::module(Level::Err, "avpops", format_args!("cannot convert text to a number"));
            return Ret::FALSE;
        };
        if !ctx.avps.add(to.clone(), value) {
            return Ret::FALSE;
        }
        if flags.has(b'd') {
            remove_one(ctx, &from, &to);
        }
    }
    Ret::TRUE
}

/// Takes the newest value of the old name away; if both names are one, that behind the new value.
fn remove_one(ctx: &mut Ctx<'_>, from: &AvpName, to: &AvpName) {
    if from == to {
        ctx.avps.remove_at(from, 1);
    } else {
        ctx.avps.remove_newest(from);
    }
}

fn converted(value: AvpValue, flags: &Flags) -> Option<AvpValue> {
    match value {
        AvpValue::Str(text) if flags.has(b'n') => parse_int(&text).map(AvpValue::Int),
        AvpValue::Int(n) if flags.has(b's') => Some(AvpValue::Str(n.to_string().into_bytes().into())),
        other => Some(other),
    }
}

/// Digests `$avp(name)[/flags]`.
pub(super) fn prepare_is_set(
    prepare: &mut Prepare<'_>,
    args: Vec<Arg>,
    _: &Place,
) -> Result<Vec<Arg>, HostError> {
    let arg = args.into_iter().next().ok_or_else(|| HostError::new("an argument is missing"))?;
    let (source, flags) = with_flags(prepare, arg, b"esn").map_err(|e| e.at(0))?;
    Ok(vec![Prepare::digested((only_avp(source).map_err(|e| e.at(0))?, flags))])
}

/// `is_avp_set(name[/flags])`: looks at the newest value; `e` it is empty or 0, `s` it is text, `n` a number.
pub(super) fn is_set<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some((source, flags)) = args.first().and_then(|arg| arg.digested::<(Source, Flags)>()) else {
        return Ret::FALSE;
    };
    let Some(name) = source.avp(ctx) else { return Ret::FALSE };
    let Some(value) = ctx.avps.get(&name, 0) else { return Ret::FALSE };
    let (empty, text) = match value {
        AvpValue::Int(n) => (*n == 0, false),
        AvpValue::Str(text) => (text.is_empty(), true),
    };
    let holds = (!flags.has(b'e') || empty) && (!flags.has(b's') || text) && (!flags.has(b'n') || !text);
    holds.into()
}
