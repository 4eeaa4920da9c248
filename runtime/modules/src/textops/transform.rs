//! `{re.subst,/expression/replacement/flags}`.

use kamjit_catalog::HostError;
use kamjit_engine::{
    Ctx, Val,
    module::Prepare,
    pv::{TrArg, TrCode, TrDef},
    subst::Subst,
};

pub(super) const TRANSFORMATIONS: &[TrDef] =
    &[TrDef { class: "re", op: "subst", args: "s", code: TrCode { run, prepare: Some(prepare) } }];

fn prepare(prepare: &mut Prepare<'_>, _: &[u8], args: Vec<TrArg>) -> Result<Vec<TrArg>, HostError> {
    match args.first() {
        Some(TrArg::Text(text)) => {
            let subst = prepare.subst(text.trim_ascii())?;
            Ok(vec![TrArg::Digested(Box::new(subst))])
        }
        _ => Err(HostError::new("{re.subst} takes /expression/replacement/flags")),
    }
}

/// The text itself where nothing matches.
fn run<'m>(ctx: &mut Ctx<'m>, value: Val<'m>, args: &'m [TrArg]) -> Val<'m> {
    let (Some(text), Some(subst)) =
        (value.as_bytes(ctx.arena), args.first().and_then(|arg| arg.digested::<Subst>()))
    else {
        return Val::Null;
    };
    Val::Str(subst.apply(ctx, text).map_or(text, |(changed, _)| changed))
}
