//! Flags: `$mf` (message), `$bf` (branch), `$sf` (script), each as number, as hex digits (`$mF`) and bit by bit
//! (`$Mf(1)`).

use kamjit_catalog::{HostError, InnerName};
use kamjit_engine::{
    Ctx, Val,
    module::Prepare,
    pv::{Inner, PvDef, PvName, named_rw, read_write},
};

pub(super) const PVS: &[PvDef] = &[
    read_write("mf", |ctx, _| Val::Int(i64::from(ctx.flags.message)), |ctx, _, v| set(ctx, Kind::Message, v)),
    read_write("mF", |ctx, _| hex(ctx, ctx.flags.message), |ctx, _, v| set(ctx, Kind::Message, v)),
    read_write("bf", |ctx, _| Val::Int(i64::from(ctx.main.flags)), |ctx, _, v| set(ctx, Kind::Branch, v)),
    read_write("bF", |ctx, _| hex(ctx, ctx.main.flags), |ctx, _, v| set(ctx, Kind::Branch, v)),
    read_write("sf", |ctx, _| script_value(ctx), |ctx, _, v| set(ctx, Kind::Script, v)),
    read_write("sF", |ctx, _| hex(ctx, script_flags(ctx)), |ctx, _, v| set(ctx, Kind::Script, v)),
    named_rw(
        "Mf",
        InnerName::Static,
        |ctx, name| bit(ctx, name, Kind::Message),
        |ctx, name, v| set_bit(ctx, name, Kind::Message, v),
        Some(parse_bit),
    ),
    named_rw(
        "Bf",
        InnerName::Static,
        |ctx, name| bit(ctx, name, Kind::Branch),
        |ctx, name, v| set_bit(ctx, name, Kind::Branch, v),
        Some(parse_bit),
    ),
    named_rw(
        "Sf",
        InnerName::Static,
        |ctx, name| bit(ctx, name, Kind::Script),
        |ctx, name, v| set_bit(ctx, name, Kind::Script, v),
        Some(parse_bit),
    ),
];

#[derive(Clone, Copy)]
enum Kind {
    Message,
    Branch,
    Script,
}

/// The flags of `setsflag()`, which live as long as the script run.
#[derive(Clone, Copy, Default)]
struct ScriptFlags(u32);

/// The script flags.
pub fn script_flags(ctx: &Ctx<'_>) -> u32 {
    ctx.ext.get::<ScriptFlags>().map_or(0, |flags| flags.0)
}

/// Replaces the script flags.
pub fn set_script_flags(ctx: &mut Ctx<'_>, flags: u32) {
    ctx.ext.or_default::<ScriptFlags>().0 = flags;
}

fn script_value<'m>(ctx: &Ctx<'m>) -> Val<'m> {
    Val::Int(i64::from(script_flags(ctx)))
}

fn hex<'m>(ctx: &Ctx<'m>, flags: u32) -> Val<'m> {
    Val::Str(ctx.format(format_args!("{flags:08x}")))
}

fn word(ctx: &Ctx<'_>, kind: Kind) -> u32 {
    match kind {
        Kind::Message => ctx.flags.message,
        Kind::Branch => ctx.main.flags,
        Kind::Script => script_flags(ctx),
    }
}

fn put(ctx: &mut Ctx<'_>, kind: Kind, flags: u32) {
    match kind {
        Kind::Message => ctx.flags.message = flags,
        Kind::Branch => ctx.main.flags = flags,
        Kind::Script => set_script_flags(ctx, flags),
    }
}

/// Undefined clears all; text is refused (captured).
fn set(ctx: &mut Ctx<'_>, kind: Kind, value: Val<'_>) -> bool {
    match value {
        Val::Null => put(ctx, kind, 0),
        Val::Int(flags) => put(ctx, kind, flags as u32),
        Val::Str(_) => return false,
    }
    true
}

fn parse_bit(prepare: &mut Prepare<'_>, name: &[u8]) -> Result<Inner, HostError> {
    let digits = name.iter().all(u8::is_ascii_digit);
    let number = kamjit_engine::value::parse_int(name)
        .filter(|_| digits)
        .or_else(|| prepare.flag(&String::from_utf8_lossy(name)))
        .filter(|n| (0..=31).contains(n));
    match number {
        Some(n) => Ok(Inner::Number(n)),
        None => Err(HostError::new(format!("'{}' is no flag (0 to 31)", name.escape_ascii()))),
    }
}

fn mask(name: &PvName) -> u32 {
    match name.inner {
        Inner::Number(n) => 1u32.checked_shl(n as u32).unwrap_or(0),
        _ => 0,
    }
}

fn bit<'m>(ctx: &mut Ctx<'m>, name: &'m PvName, kind: Kind) -> Val<'m> {
    Val::Int(i64::from(word(ctx, kind) & mask(name) != 0))
}

fn set_bit(ctx: &mut Ctx<'_>, name: &PvName, kind: Kind, value: Val<'_>) -> bool {
    let flags = word(ctx, kind);
    match value {
        // Captured: undefined clears all of them.
        Val::Null => put(ctx, kind, 0),
        Val::Int(0) => put(ctx, kind, flags & !mask(name)),
        Val::Int(_) => put(ctx, kind, flags | mask(name)),
        Val::Str(_) => return false,
    }
    true
}
