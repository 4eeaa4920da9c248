//! Functions on extended AVPs: `xavp_rm`, `xavp_child_sets`, `xavp_params_explode`, `pv_xavp_print`, ...

use bumpalo::collections::Vec as ArenaVec;
use kamjit_catalog::{
    ArgKind::{Custom, IntVar, StrVar},
    Form, HostError, Place, Routes,
};
use kamjit_engine::{
    Ctx, Val,
    log::{self, Level},
    module::{Arg, FunctionDef, Prepare, Ret, Run, RunFn},
    xavp::{XavpList, XavpValue},
};
use kamjit_sip::Params;

use super::Kind;

const S1: &[Form] = &[Form { args: &[StrVar], routes: Routes::ANY }];
const S2: &[Form] = &[Form { args: &[StrVar, StrVar], routes: Routes::ANY }];
const S3: &[Form] = &[Form { args: &[StrVar, StrVar, StrVar], routes: Routes::ANY }];
const S4: &[Form] = &[Form { args: &[StrVar, StrVar, StrVar, StrVar], routes: Routes::ANY }];
const SSI: &[Form] = &[Form { args: &[StrVar, StrVar, IntVar], routes: Routes::ANY }];
const SC: &[Form] = &[Form { args: &[StrVar, Custom], routes: Routes::ANY }];
const NONE: &[Form] = &[Form { args: &[], routes: Routes::ANY }];
const COPY: &[Form] = &[
    Form { args: &[StrVar, IntVar, StrVar], routes: Routes::ANY },
    Form { args: &[StrVar, IntVar, StrVar, IntVar], routes: Routes::ANY },
];

const fn plain(name: &'static str, forms: &'static [Form], run: RunFn) -> FunctionDef {
    FunctionDef { name, forms, run: Run::plain(run) }
}

const fn with_target(name: &'static str, run: RunFn) -> FunctionDef {
    FunctionDef { name, forms: SC, run: Run::prepared(digest_target, run) }
}

pub(in super::super) const FUNCTIONS: &[FunctionDef] = &[
    plain("xavp_rm", S1, |c, a| rm(c, a, Kind::Xavp)),
    plain("xavi_rm", S1, |c, a| rm(c, a, Kind::Xavi)),
    plain("xavp_rm_all", S1, |c, a| rm_all(c, a, Kind::Xavp)),
    plain("xavi_rm_all", S1, |c, a| rm_all(c, a, Kind::Xavi)),
    plain("xavp_child_rm", S2, |c, a| child_rm(c, a, Kind::Xavp)),
    plain("xavi_child_rm", S2, |c, a| child_rm(c, a, Kind::Xavi)),
    plain("xavp_child_seti", SSI, |c, a| child_set(c, a, Kind::Xavp)),
    plain("xavi_child_seti", SSI, |c, a| child_set(c, a, Kind::Xavi)),
    plain("xavp_child_sets", S3, |c, a| child_set(c, a, Kind::Xavp)),
    plain("xavi_child_sets", S3, |c, a| child_set(c, a, Kind::Xavi)),
    plain("xavp_params_explode", S2, |c, a| params_explode(c, a, Kind::Xavp)),
    plain("xavu_params_explode", S2, |c, a| params_explode(c, a, Kind::Xavu)),
    with_target("xavp_params_implode", |c, a| params_implode(c, a, Kind::Xavp)),
    with_target("xavu_params_implode", |c, a| params_implode(c, a, Kind::Xavu)),
    plain("xavp_slist_explode", S4, slist_explode),
    plain("xavp_copy", COPY, copy),
    plain("pv_xavp_print", NONE, |c, _| print(c, Kind::Xavp)),
    plain("pv_xavu_print", NONE, |c, _| print(c, Kind::Xavu)),
    plain("pv_xavi_print", NONE, |c, _| print(c, Kind::Xavi)),
    plain("pv_var_to_xavp", S2, var_to_xavp),
    plain("pv_xavp_to_var", S1, xavp_to_var),
];

fn text<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], at: usize) -> &'m [u8] {
    args.get(at).map_or(b"", |arg| arg.text(ctx))
}

/// Removes the newest root of the name (captured).
fn rm<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], kind: Kind) -> Ret {
    let name = text(ctx, args, 0);
    kind.list_mut(ctx).remove(name, 0, kind.names());
    Ret::TRUE
}

fn rm_all<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], kind: Kind) -> Ret {
    let name = text(ctx, args, 0);
    kind.list_mut(ctx).remove_all(name, kind.names());
    Ret::TRUE
}

fn child_rm<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], kind: Kind) -> Ret {
    let (root, child) = (text(ctx, args, 0), text(ctx, args, 1));
    let names = kind.names();
    if let Some(list) = kind.list_mut(ctx).list_mut(root, 0, names) {
        list.remove(child, 0, names);
    }
    Ret::TRUE
}

/// Sets a child of the newest root; makes the root if there is none.
fn child_set<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], kind: Kind) -> Ret {
    let (root, child) = (text(ctx, args, 0), text(ctx, args, 1));
    let Some(value) = args.get(2).and_then(|arg| XavpValue::from_val(arg.value(ctx))) else {
        return Ret::FALSE;
    };
    let names = kind.names();
    let list = kind.list_mut(ctx).list_or_new(root, names);
    Ret::from(list.is_some_and(|list| list.put(child, value, names)))
}

/// `a=1;b=2` becomes a structure.
fn params_explode<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], kind: Kind) -> Ret {
    let (params, root) = (text(ctx, args, 0), text(ctx, args, 1));
    let mut list = XavpList::default();
    for param in Params::new(params) {
        list.push(param.name, XavpValue::Str(param.unquoted().into()));
    }
    // The first parameter is found first (captured).
    list.items.reverse();
    if root.is_empty() || list.items.is_empty() {
        return Ret::FALSE;
    }
    let all = kind.list_mut(ctx);
    Ret::from(match kind {
        Kind::Xavu => all.put(root, XavpValue::List(list), kind.names()),
        _ => all.push(root, XavpValue::List(list)),
    })
}

fn digest_target(prepare: &mut Prepare<'_>, mut args: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    let target = match args.pop() {
        Some(Arg::Str(text)) => Arg::Pv(prepare.pv_text(&text).map_err(|error| error.at(1))?),
        Some(other) => other,
        None => return Err(HostError::new("a variable is missing").at(1)),
    };
    if !target.pv().is_some_and(kamjit_engine::pv::Pv::writable) {
        return Err(HostError::new("this variable can't be assigned").at(1));
    }
    args.push(target);
    Ok(args)
}

/// A structure becomes `a=1;b=2;`.
fn params_implode<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg], kind: Kind) -> Ret {
    let root = text(ctx, args, 0);
    let mut out = ArenaVec::new_in(ctx.arena);
    let Some(list) = kind.list(ctx).list(root, 0, kind.names()) else { return Ret::FALSE };
    for (name, value) in list.iter() {
        out.extend_from_slice(name);
        let value = value.to_val(ctx.arena).to_bytes(ctx.arena);
        if !value.is_empty() {
            out.push(b'=');
            out.extend_from_slice(value);
        }
        out.push(b';');
    }
    let Some(Arg::Pv(target)) = args.get(1) else { return Ret::FALSE };
    Ret::from(target.set(ctx, Val::Str(out.into_bump_slice())))
}

/// Splits a list at a separator: children named `v`; mode `t` trims them.
fn slist_explode<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let (source, separator) = (text(ctx, args, 0), text(ctx, args, 1));
    let (mode, root) = (text(ctx, args, 2), text(ctx, args, 3));
    let (Some(&separator), false) = (separator.first(), root.is_empty()) else { return Ret::FALSE };
    let mut parts: Vec<&[u8]> = source.split(|&b| b == separator).collect();
    parts.reverse();
    let mut list = XavpList::default();
    for part in parts {
        let part = if mode.contains(&b't') { part.trim_ascii() } else { part };
        list.push(b"v", XavpValue::Str(part.into()));
    }
    Ret::from(ctx.xavps.xavp.push(root, XavpValue::List(list)))
}

fn copy<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let source = text(ctx, args, 0);
    let index = args.get(1).map_or(0, |arg| arg.int(ctx));
    let target = text(ctx, args, 2);
    let names = Kind::Xavp.names();
    let Some(value) = ctx.xavps.xavp.get(source, index, names).cloned() else { return Ret::FALSE };
    match args.get(3) {
        Some(arg) => {
            let at = arg.int(ctx);
            Ret::from(ctx.xavps.xavp.replace(target, at, value, names))
        }
        None => Ret::from(ctx.xavps.xavp.push(target, value)),
    }
}

/// Writes the tree to the log, one line an entry, at level INFO.
fn print(ctx: &mut Ctx<'_>, kind: Kind) -> Ret {
    if log::enabled(Level::Info) {
        print_list(kind.list(ctx), 0);
    }
    Ret::TRUE
}

fn print_list(list: &XavpList, depth: usize) {
    let indent = depth * 4;
    log::core(Level::Info, format_args!("{:indent$}+++++ start XAVP list (level={depth})", ""));
    for (name, value) in list.iter() {
        let name = name.escape_ascii();
        match value {
            XavpValue::Int(n) => log::core(Level::Info, format_args!("{:indent$}{name}: {n}", "")),
            XavpValue::Str(s) => {
                log::core(Level::Info, format_args!("{:indent$}{name}: {}", "", s.escape_ascii()));
            }
            XavpValue::List(inner) if depth < super::MAX_DEPTH => print_list(inner, depth + 1),
            XavpValue::List(_) => {}
        }
    }
    log::core(Level::Info, format_args!("{:indent$}----- end XAVP list (level={depth})", ""));
}

/// Copies a `$var` into a child of the root; `*` copies all.
fn var_to_xavp<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let (name, root) = (text(ctx, args, 0), text(ctx, args, 1));
    let mut list = XavpList::default();
    for (slot, known) in ctx.program.var_names().enumerate() {
        if (name == b"*" || known.as_bytes() == name)
            && let Some(value) = XavpValue::from_val(ctx.var(slot as u32))
        {
            list.push(known.as_bytes(), value);
        }
    }
    ctx.xavps.xavp.remove_all(root, Kind::Xavp.names());
    Ret::from(!list.items.is_empty() && ctx.xavps.xavp.push(root, XavpValue::List(list)))
}

/// Sets each `$var` that the structure names.
fn xavp_to_var<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let root = text(ctx, args, 0);
    let Some(list) = ctx.xavps.xavp.list(root, 0, Kind::Xavp.names()).cloned() else { return Ret::FALSE };
    for (name, value) in list.iter() {
        let slot = ctx.program.var_names().position(|known| known.as_bytes() == name);
        if let Some(slot) = slot {
            let value = value.to_val(ctx.arena);
            ctx.set_var(slot as u32, value);
        }
    }
    Ret::TRUE
}
