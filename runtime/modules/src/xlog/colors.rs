//! `$C(xy)`: colour of text and background on a terminal.

use kamjit_catalog::{HostError, InnerName};
use kamjit_engine::{
    Ctx, Val,
    module::Prepare,
    pv::{Inner, PvDef, PvName, named},
};

pub(super) const PVS: &[PvDef] = &[named("C", InnerName::Static, color, Some(parse))];

/// Two letters; a capital one of the text means bold. Captured: `rx` is `ESC[0;31;49m`; backgrounds have small
/// letters and a bold default text does not exist.
fn parse(_: &mut Prepare<'_>, name: &[u8]) -> Result<Inner, HostError> {
    let bad = || HostError::new(format!("'{}' is no pair of colours", name.escape_ascii()));
    let [text, background] = *name else { return Err(bad()) };
    let number = |letter: u8| {
        Some(match letter {
            b's' => 0,
            b'r' => 1,
            b'g' => 2,
            b'y' => 3,
            b'b' => 4,
            b'p' => 5,
            b'c' => 6,
            b'w' => 7,
            b'x' => 9,
            _ => return None,
        })
    };
    let plain = if text == b'X' { text } else { text.to_ascii_lowercase() };
    let (foreground, ground) = (number(plain).ok_or_else(bad)?, number(background).ok_or_else(bad)?);
    let bold = u8::from(text.is_ascii_uppercase());
    Ok(Inner::Text(format!("\x1b[{bold};3{foreground};4{ground}m").into_bytes().into()))
}

fn color<'m>(_: &mut Ctx<'m>, name: &'m PvName) -> Val<'m> {
    match &name.inner {
        Inner::Text(code) => Val::Str(code),
        _ => Val::Null,
    }
}
