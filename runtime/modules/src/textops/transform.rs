//! `{re.subst,/expression/replacement/flags}`.

use kamjit_catalog::HostError;
use kamjit_engine::{
    Ctx, Val,
    module::Prepare,
    pv::{TrArg, TrCode, TrDef},
    subst::Subst,
};

pub(super) const TRANSFORMATIONS: &[TrDef] = &[TrDef {
    class: "re",
    op: "subst",
    args: "s",
    code: TrCode { run, prepare: Some(prepare), text: None },
}];

fn prepare(prepare: &mut Prepare<'_>, _: &[u8], args: Vec<TrArg>) -> Result<Vec<TrArg>, HostError> {
    match args.first() {
        Some(TrArg::Text(text)) => {
            let subst = prepare.subst(text)?;
            Ok(vec![TrArg::Digested(Box::new(subst))])
        }
        _ => Err(HostError::new("{re.subst} takes /expression/replacement/flags")),
    }
}

/// The value itself where nothing matches; undefined if it is empty or the pattern matches nothing at all (captured).
fn run<'m>(ctx: &mut Ctx<'m>, value: Val<'m>, args: &'m [TrArg]) -> Val<'m> {
    let subst = args.first().and_then(|arg| arg.digested::<Subst>());
    let (Some(text), Some(subst)) = (value.as_bytes(ctx.arena), subst) else { return Val::Null };
    if text.is_empty() {
        return Val::Null;
    }
    match subst.try_apply(ctx, text) {
        Ok(Some((changed, _))) => Val::Str(changed),
        Ok(None) => value,
        Err(_) => Val::Null,
    }
}
