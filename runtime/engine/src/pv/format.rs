//! Format strings: text with pseudo-variables, as `xlog()` and most string arguments take.

use bumpalo::collections::Vec as ArenaVec;

use super::Pv;
use crate::{ctx::Ctx, value::Val};

/// A piece of a format string.
pub enum FormatPiece {
    /// Literal text.
    Text(Box<[u8]>),
    /// The value of a variable.
    Var(Pv),
}

/// A prepared format string.
pub struct Format {
    pieces: Box<[FormatPiece]>,
}

impl Format {
    /// From its pieces.
    pub fn new(pieces: Vec<FormatPiece>) -> Format {
        Format { pieces: pieces.into_boxed_slice() }
    }

    /// Plain text.
    pub fn constant(text: &[u8]) -> Format {
        Format::new(vec![FormatPiece::Text(text.into())])
    }

    /// The text, if there is no variable in it.
    pub fn as_constant(&self) -> Option<&[u8]> {
        match &*self.pieces {
            [] => Some(b""),
            [FormatPiece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// The variable, if the string is nothing but one.
    pub fn as_var(&self) -> Option<&Pv> {
        match &*self.pieces {
            [FormatPiece::Var(pv)] => Some(pv),
            _ => None,
        }
    }

    /// The pieces.
    pub fn pieces(&self) -> &[FormatPiece] {
        &self.pieces
    }

    /// The text with all variables in it; an undefined one counts as `undefined` (empty for most functions,
    /// `<null>` for the log).
    pub fn render_with<'m>(&'m self, ctx: &mut Ctx<'m>, undefined: &[u8]) -> &'m [u8] {
        if let Some(text) = self.as_constant() {
            return text;
        }
        let mut out = ArenaVec::with_capacity_in(128, ctx.arena);
        for piece in &self.pieces {
            match piece {
                FormatPiece::Text(text) => out.extend_from_slice(text),
                FormatPiece::Var(pv) => {
                    ctx.take_unreadable();
                    match pv.get_text(ctx) {
                        // Captured: a transformation that gives nothing is shown as nothing.
                        Val::Null if !pv.transforms.is_empty() || ctx.take_unreadable() => {}
                        Val::Null => out.extend_from_slice(undefined),
                        value => out.extend_from_slice(value.to_bytes(ctx.arena)),
                    }
                }
            }
        }
        out.into_bump_slice()
    }

    /// The text, undefined variables as `<null>` (captured: `pv_printf` writes that for every function).
    pub fn render<'m>(&'m self, ctx: &mut Ctx<'m>) -> &'m [u8] {
        self.render_with(ctx, b"<null>")
    }
}
