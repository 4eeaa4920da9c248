//! Bounds the nesting before anything recurses over the text.

use super::scan::{Kind, tokens};
use crate::diagnostic::Diagnostic;

/// Brackets in brackets, and statements in statements (an `else if` chain counts one for each link). Every walk over
/// the tree recurses this deep.
const MAX_DEPTH: usize = 400;

/// What is open at one level of braces.
#[derive(Clone, Copy, Default)]
struct Level {
    /// `if`, `else`, `while` without braces whose body has not ended.
    pending: usize,
}

/// An error when the text nests deeper than the compiler follows; otherwise the places between top-level items where
/// the text may be cut: behind each outermost block.
pub(super) fn check(text: &str) -> Result<Vec<u32>, Box<Diagnostic>> {
    let mut cuts = Vec::new();
    let mut levels = vec![Level::default()];
    let mut brackets = 0usize;
    let mut pending = 0usize;
    let mut prefixes = 0usize;
    let mut ended = false;
    let mut all = tokens(text, 0).peekable();
    while let Some(token) = all.next() {
        if token.text.ends_with("route") && all.peek().is_some_and(|next| next.is(b'[') || next.is(b'{')) {
            // A route block begins: whatever is still open was never closed, and the parser will say so.
            levels.truncate(1);
            (pending, brackets, ended) = (0, 0, false);
            levels[0] = Level::default();
        }
        let is_else = token.kind == Kind::Word && token.text == "else";
        if std::mem::take(&mut ended)
            && !is_else
            && let Some(level) = levels.last_mut()
        {
            pending -= level.pending;
            level.pending = 0;
        }
        prefixes = if matches!(token.kind, Kind::Sign(b'!' | b'~' | b'-')) { prefixes + 1 } else { 0 };
        match token.kind {
            Kind::Word if matches!(token.text, "if" | "while" | "switch") => {
                if let Some(level) = levels.last_mut() {
                    level.pending += 1;
                    pending += 1;
                }
            }
            Kind::Word if matches!(token.text, "not" | "defined") => prefixes += 1,
            Kind::Sign(b'{') => levels.push(Level::default()),
            Kind::Sign(b'}') if levels.len() > 1 => {
                pending -= levels.pop().map_or(0, |l| l.pending);
                ended = true;
                if levels.len() == 1 {
                    cuts.push(token.span.end);
                }
            }
            Kind::Sign(b';') if brackets == 0 => ended = true,
            Kind::Sign(b'(' | b'[') => brackets += 1,
            Kind::Sign(b')' | b']') => brackets = brackets.saturating_sub(1),
            _ => {}
        }
        if token.is(b'{') || token.is(b'}') {
            brackets = 0;
        }
        if levels.len() + brackets + pending > MAX_DEPTH || prefixes > MAX_DEPTH {
            let message = format!("nested deeper than {MAX_DEPTH} levels");
            let error = Diagnostic::error("KC001", token.span, message);
            return Err(Box::new(
                error.help("split it: move inner parts to routes of their own, or use `switch`"),
            ));
        }
    }
    Ok(cuts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_files_are_not_deep() {
        let text = "if (a) { b(); } else if (c) d(); e();\n".repeat(1000);
        assert!(check(&text).is_ok());
        assert!(check(&"if (1) if (2) x();".repeat(900)).is_ok());
    }

    #[test]
    fn deep_ones_are_refused() {
        for piece in ["(", "{", "[", "!", "if (1) ", "if (1) x(); else "] {
            assert!(check(&piece.repeat(5000)).is_err(), "{piece}");
        }
    }
}
