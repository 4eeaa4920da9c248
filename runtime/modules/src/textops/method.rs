//! `is_method`.

use kamjit_engine::{
    Arg, Ctx, Ret,
    catalog::{HostError, Place},
    module::Prepare,
};
use kamjit_sip::{Method, MethodSet, text::eq_nocase};

enum Wanted {
    /// Known methods.
    Set(MethodSet),
    /// One unknown method, by name.
    Name(Box<[u8]>),
}

pub(super) fn prepare(_: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    let [Arg::Str(list)] = args.as_slice() else {
        return Err(HostError::new("is_method takes a constant list of methods: is_method(\"INVITE|ACK\")"));
    };
    let set = MethodSet::parse(list);
    let wanted = if !set.contains(Method::OTHER) && set != MethodSet::EMPTY {
        Wanted::Set(set)
    } else if list.is_empty() || list.contains(&b'|') || list.contains(&b'$') {
        return Err(HostError::new(format!("'{}' is not a list of known methods", list.escape_ascii())));
    } else {
        Wanted::Name(list.clone())
    };
    Ok(vec![Prepare::digested(wanted)])
}

pub(super) fn run<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    match args.first().and_then(Arg::digested::<Wanted>) {
        Some(Wanted::Set(set)) => ctx.msg.method().is_in(*set).into(),
        Some(Wanted::Name(name)) => eq_nocase(ctx.msg.method_raw(), name).into(),
        None => Ret::FALSE,
    }
}
