//! How arguments name AVPs and variables, with parts behind slashes: `$avp(a)/$avp(b)/gd`.

use kamjit_engine::{
    Arg, Ctx, Val,
    avp::{AvpName, AvpValue},
    catalog::HostError,
    module::Prepare,
    pv::{Inner, Pv},
};
use kamjit_syntax::pv::parse_pv;

/// A variable; an AVP is looked at as a list of values.
pub(super) struct Source(Pv);

impl Source {
    /// The AVP's name; `None` for other variables, and for an empty computed name.
    pub fn avp<'m>(&'m self, ctx: &mut Ctx<'m>) -> Option<AvpName> {
        if !self.is_avp() {
            return None;
        }
        match self.0.name.digested::<AvpName>() {
            Some(name) => Some(name.clone()),
            None => match &self.0.name.inner {
                Inner::Var(name) => AvpName::from_val(name.get(ctx)),
                _ => None,
            },
        }
    }

    /// True for `$avp(..)`.
    pub fn is_avp(&self) -> bool {
        self.0.def.name == "avp"
    }

    /// True for `$null`.
    pub fn is_null(&self) -> bool {
        self.0.def.name == "null"
    }

    /// All values of an AVP, newest first; the one value of another variable; without `all` only the first.
    pub fn values<'m>(&'m self, ctx: &mut Ctx<'m>, all: bool) -> Vec<Val<'m>> {
        let most = if all { usize::MAX } else { 1 };
        match self.avp(ctx) {
            Some(name) => ctx.avps.all(&name).take(most).map(|value| value.to_val(ctx.arena)).collect(),
            None if self.is_avp() => Vec::new(),
            None => match self.0.get(ctx) {
                Val::Null => Vec::new(),
                value => vec![value],
            },
        }
    }

    /// All values of an AVP as they are stored, newest first.
    pub fn stored<'m>(&'m self, ctx: &mut Ctx<'m>) -> Option<(AvpName, Vec<AvpValue>)> {
        let name = self.avp(ctx)?;
        let values: Vec<AvpValue> = ctx.avps.all(&name).cloned().collect();
        (!values.is_empty()).then_some((name, values))
    }
}

/// The argument as it was written; a bare variable is none (captured).
pub(super) fn text(arg: Arg) -> Result<Box<[u8]>, HostError> {
    match arg {
        Arg::Str(text) => Ok(text),
        _ => Err(HostError::new("write this argument in quotes")),
    }
}

/// A variable at the begin of `text`, and what stands behind it.
pub(super) fn leading<'t>(
    prepare: &mut Prepare<'_>,
    text: &'t [u8],
) -> Result<(Source, &'t [u8]), HostError> {
    let (pv, used) = parse_pv(text, 0).map_err(|error| {
        HostError::new(format!("'{}' does not begin with a variable: {}", text.escape_ascii(), error.message))
    })?;
    Ok((Source(prepare.pv(&pv)?), text.get(used..).unwrap_or_default()))
}

/// A variable and its flags, `$avp(a)/g`.
pub(super) fn with_flags(
    prepare: &mut Prepare<'_>,
    arg: Arg,
    allowed: &[u8],
) -> Result<(Source, Flags), HostError> {
    let text = text(arg)?;
    let (source, rest) = leading(prepare, &text)?;
    Ok((source, Flags::behind(rest, allowed)?))
}

/// The variable must be an AVP.
pub(super) fn only_avp(source: Source) -> Result<Source, HostError> {
    if source.is_avp() { Ok(source) } else { Err(HostError::new("only an AVP may stand here: $avp(name)")) }
}

/// Flags behind a slash, in small letters.
#[derive(Clone, Debug, Default)]
pub(super) struct Flags(Vec<u8>);

impl Flags {
    /// Reads `/flags`, or nothing.
    pub fn behind(rest: &[u8], allowed: &[u8]) -> Result<Flags, HostError> {
        match rest {
            [] => Ok(Flags::default()),
            [b'/', flags @ ..] => {
                let flags = flags.to_ascii_lowercase();
                match flags.iter().find(|flag| !allowed.contains(flag)) {
                    Some(flag) => {
                        Err(HostError::new(format!("there is no flag '{}' here", flag.escape_ascii())))
                    }
                    None => Ok(Flags(flags)),
                }
            }
            other => Err(HostError::new(format!("'{}' cannot be read", other.escape_ascii()))),
        }
    }

    /// Whether a flag is given.
    pub fn has(&self, flag: u8) -> bool {
        self.0.contains(&flag)
    }
}
