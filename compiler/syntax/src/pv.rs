//! Pseudo-variables: their text (`$rU`, `$(hdr(To){s.len})`) to a tree. Used on configurations and, when the engine
//! prepares format strings, on the text of `xlog()` and its like.

use crate::span::Span;

/// One pseudo-variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PvRef {
    /// The class name, such as `rU`, `avp`, `hdr`.
    pub name: Box<str>,
    /// What stands in parentheses after it.
    pub inner: PvInner,
    /// What stands in brackets after it.
    pub index: PvIndex,
    /// `{...}` in order.
    pub transforms: Vec<Transform>,
    /// Where it stands: in the expanded text for a configuration, in the format string for [`parse_format`].
    pub span: Span,
}

impl PvRef {
    /// The variable as it may be written, for where its text counts and not its value.
    pub fn source(&self) -> Vec<u8> {
        let mut out = vec![b'$'];
        let bracketed = self.index != PvIndex::None || !self.transforms.is_empty();
        if bracketed {
            out.push(b'(');
        }
        out.extend_from_slice(self.name.as_bytes());
        match &self.inner {
            PvInner::None => {}
            PvInner::Text(text) => out.extend([b"(", &**text, b")"].concat()),
            PvInner::Pv(pv) => out.extend([b"(", &*pv.source(), b")"].concat()),
        }
        match &self.index {
            PvIndex::None => {}
            PvIndex::Num(n) => out.extend(format!("[{n}]").bytes()),
            PvIndex::All => out.extend_from_slice(b"[*]"),
            PvIndex::Pv(pv) => out.extend([b"[", &*pv.source(), b"]"].concat()),
        }
        for transform in &self.transforms {
            out.extend([b"{", &*transform.raw, b"}"].concat());
        }
        if bracketed {
            out.push(b')');
        }
        out
    }
}

/// The text in parentheses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PvInner {
    /// No parentheses.
    None,
    /// Text as written; whoever implements the class splits it further (`ipban=>$si`).
    Text(Box<[u8]>),
    /// Exactly one pseudo-variable: the name is computed.
    Pv(Box<PvRef>),
}

/// The index.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PvIndex {
    /// No brackets.
    None,
    /// A number; negative ones count from the end.
    Num(i32),
    /// `[*]`.
    All,
    /// A computed index.
    Pv(Box<PvRef>),
}

/// One transformation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transform {
    /// The class before the first dot: `s`, `uri`, `re`.
    pub class: Box<str>,
    /// The rest of the name: `len`, `escape.common`.
    pub op: Box<str>,
    /// The arguments.
    pub args: Vec<TransArg>,
    /// Everything between the braces.
    pub raw: Box<[u8]>,
    /// Where it stands, with the braces.
    pub span: Span,
}

/// An argument of a transformation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransArg {
    /// Text.
    Text(Box<[u8]>),
    /// A number.
    Num(i64),
    /// A pseudo-variable.
    Pv(Box<PvRef>),
}

/// A piece of a format string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FormatPart {
    /// Literal text (`$$` already is `$`).
    Text(Box<[u8]>),
    /// A pseudo-variable.
    Pv(Box<PvRef>),
}

/// Why a pseudo-variable could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PvError {
    /// What is wrong.
    pub message: String,
    /// Where, in the text given.
    pub span: Span,
}

/// Reads one pseudo-variable at the start of `text` and returns it with the number of bytes it takes.
/// `base` is added to every span.
pub fn parse_pv(text: &[u8], base: u32) -> Result<(PvRef, usize), PvError> {
    Reader { text, at: 0, base, depth: 0 }.whole()
}

/// Splits a format string as `xlog()` takes it into text and pseudo-variables. Neighbouring text is one part.
///
/// Captured from 5.6.3: `$$` is a `$`; a `$` before anything but a name, `(` or `?` is refused; `{` after a variable
/// without parentheses around it is text.
pub fn parse_format(text: &[u8]) -> Result<Vec<FormatPart>, PvError> {
    let mut parts = Vec::new();
    let mut literal = Vec::new();
    let mut at = 0;
    while let Some(n) = memchr::memchr(b'$', text.get(at..).unwrap_or(b"")) {
        let dollar = at + n;
        literal.extend_from_slice(text.get(at..dollar).unwrap_or(b""));
        if text.get(dollar + 1) == Some(&b'$') {
            literal.push(b'$');
            at = dollar + 2;
            continue;
        }
        if !literal.is_empty() {
            parts.push(FormatPart::Text(std::mem::take(&mut literal).into()));
        }
        let base = u32::try_from(dollar).unwrap_or(u32::MAX / 2);
        let (pv, used) = parse_pv(text.get(dollar..).unwrap_or(b""), base)?;
        parts.push(FormatPart::Pv(Box::new(pv)));
        at = dollar + used;
    }
    literal.extend_from_slice(text.get(at..).unwrap_or(b""));
    if !literal.is_empty() {
        parts.push(FormatPart::Text(literal.into()));
    }
    Ok(parts)
}

/// Variables in names, indexes and arguments of variables.
const MAX_DEPTH: usize = 16;

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    base: u32,
    depth: usize,
}

impl<'t> Reader<'t> {
    fn whole(mut self) -> Result<(PvRef, usize), PvError> {
        if self.text.first() != Some(&b'$') {
            return Err(self.error(0, 1, "a pseudo-variable begins with `$`"));
        }
        if self.depth > MAX_DEPTH {
            return Err(self.error(0, 1, "pseudo-variables are nested too deep"));
        }
        self.at = 1;
        let pv = match self.peek() {
            Some(b'(') => {
                let end = self.matching(1, b'(', b')').ok_or_else(|| {
                    self.error(0, self.text.len(), "the `)` of this pseudo-variable is missing")
                })?;
                self.at = 2;
                let pv = self.class(end)?;
                self.at = end + 1;
                pv
            }
            _ => self.plain()?,
        };
        let used = self.at;
        Ok((PvRef { span: self.span(0, used), ..pv }, used))
    }

    /// `$name` or `$name(inner)`.
    fn plain(&mut self) -> Result<PvRef, PvError> {
        let name = self.name()?;
        let mut inner = PvInner::None;
        if self.peek() == Some(b'(') {
            let open = self.at;
            let end = self.matching(open, b'(', b')').ok_or_else(|| {
                self.error(0, self.text.len(), "the `)` of this pseudo-variable is missing")
            })?;
            inner = self.inner(open + 1, end, &name)?;
            self.at = end + 1;
        }
        Ok(PvRef { name, inner, index: PvIndex::None, transforms: Vec::new(), span: Span::default() })
    }

    /// What stands between `$(` and its `)` at `end`.
    fn class(&mut self, end: usize) -> Result<PvRef, PvError> {
        if self.peek() == Some(b'$') {
            return Err(self.error(self.at, end, "a name must follow `$(`, not another variable"));
        }
        let mut pv = self.plain()?;
        if self.peek() == Some(b'[') {
            let close = self.matching(self.at, b'[', b']').filter(|c| *c < end);
            let close = close.ok_or_else(|| self.error(self.at, end, "the `]` of this index is missing"))?;
            pv.index = self.index(self.at + 1, close)?;
            self.at = close + 1;
        }
        loop {
            let before = self.at;
            if !pv.transforms.is_empty() {
                self.blanks();
            }
            match self.peek() {
                _ if self.at >= end => break,
                Some(b'{') => {
                    let close = self.matching(self.at, b'{', b'}').filter(|c| *c < end);
                    let close = close.ok_or_else(|| {
                        self.error(self.at, end, "the `}` of this transformation is missing")
                    })?;
                    pv.transforms.push(self.transform(self.at, close)?);
                    self.at = close + 1;
                }
                Some(other) => {
                    let message = format!("`{}` cannot stand here in a pseudo-variable", char::from(other));
                    return Err(self.error(before, before + 1, &message));
                }
                None => break,
            }
        }
        Ok(pv)
    }

    fn name(&mut self) -> Result<Box<str>, PvError> {
        let left = self.text.get(self.at..).unwrap_or(b"");
        let len = match left.first() {
            // Captured: dot and question mark belong to the name, so that "$rU." names a variable that does not exist.
            Some(b'.') => 0,
            _ => left.iter().take_while(|b| b.is_ascii_alphanumeric() || b"_.?".contains(b)).count(),
        };
        if len == 0 {
            return Err(PvError {
                message: "no name follows the `$`; a `$` itself is written `$$`".into(),
                span: self.span(0, self.at.max(1)),
            });
        }
        let name = String::from_utf8_lossy(left.get(..len).unwrap_or(b"")).into();
        self.at += len;
        Ok(name)
    }

    fn inner(&self, from: usize, to: usize, name: &str) -> Result<PvInner, PvError> {
        let text = self.text.get(from..to).unwrap_or(b"");
        if text.is_empty() {
            return Err(self.error(0, to + 1, &format!("the parentheses of `${name}()` are empty")));
        }
        if text.first() == Some(&b'$')
            && let Ok((pv, used)) = self.nested(from, to).whole()
            && used == text.len()
        {
            return Ok(PvInner::Pv(Box::new(pv)));
        }
        Ok(PvInner::Text(text.into()))
    }

    fn index(&self, from: usize, to: usize) -> Result<PvIndex, PvError> {
        let text = self.text.get(from..to).unwrap_or(b"");
        match text {
            b"" => Err(self.error(from - 1, to + 1, "the index is empty")),
            b"*" => Ok(PvIndex::All),
            [b'$', ..] => {
                let (pv, used) = self.nested(from, to).whole()?;
                if used != text.len() {
                    return Err(self.error(from + used, to, "this does not belong to the index"));
                }
                Ok(PvIndex::Pv(Box::new(pv)))
            }
            _ => {
                let digits = text.strip_prefix(b"-").unwrap_or(text);
                let number = std::str::from_utf8(text).ok().and_then(|t| t.parse::<i64>().ok());
                // Captured: no plus sign, and the number is cut to 32 bits.
                let number = number.filter(|_| digits.first().is_some_and(u8::is_ascii_digit));
                number.map(|n| PvIndex::Num(n as i32)).ok_or_else(|| {
                    self.error(from, to, "an index is a number, `*` or one variable, without blanks")
                })
            }
        }
    }

    /// `{class.op,arg,arg}` with the braces at `open` and `close`.
    fn transform(&self, open: usize, close: usize) -> Result<Transform, PvError> {
        let raw = self.text.get(open + 1..close).unwrap_or(b"");
        let head = raw.iter().position(|b| *b == b',').unwrap_or(raw.len());
        let name = String::from_utf8_lossy(raw.get(..head).unwrap_or(b"")).into_owned();
        // Captured: blanks may stand around the operation, not around the class.
        let parts = name.split_once('.').map(|(class, op)| (class, op.trim()));
        let Some((class, op)) = parts.filter(|(class, op)| is_name(class) && !op.is_empty()) else {
            return Err(self.error(
                open,
                close + 1,
                "a transformation is written {class.operation} or {class.operation,argument}",
            ));
        };
        let mut args = Vec::new();
        if head < raw.len() {
            self.arguments(open + 1 + head + 1, close, class == "re", &mut args)?;
        }
        Ok(Transform {
            class: class.into(),
            // Captured: the operation may be written in any case.
            op: op.to_ascii_lowercase().into(),
            args,
            raw: raw.into(),
            span: self.span(open, close + 1),
        })
    }

    /// The arguments from `from` to the brace at `to`. Regular expressions hold commas of their own; a comma where an
    /// argument should begin is the argument (`{s.select,1,,}`).
    fn arguments(
        &self,
        from: usize,
        to: usize,
        expression: bool,
        args: &mut Vec<TransArg>,
    ) -> Result<(), PvError> {
        if expression {
            args.push(TransArg::Text(self.text.get(from..to).unwrap_or(b"").into()));
            return Ok(());
        }
        let mut at = from;
        loop {
            let text = self.text.get(at..to).unwrap_or(b"");
            let blanks = text.iter().take_while(|b| **b == b' ').count();
            if text.get(blanks) == Some(&b'$') && text.get(blanks + 1) != Some(&b'$') {
                let (pv, used) = self.nested(at + blanks, to).whole()?;
                args.push(TransArg::Pv(Box::new(pv)));
                at += blanks + used;
                at += self.text.get(at..to).unwrap_or(b"").iter().take_while(|b| **b == b' ').count();
                if at < to && self.text.get(at) != Some(&b',') {
                    return Err(self.error(at, to, "a comma or `}` must follow the variable"));
                }
            } else {
                let literal_comma =
                    text.get(blanks) == Some(&b',') && matches!(text.get(blanks + 1), None | Some(b','));
                let len = match literal_comma {
                    true => blanks + 1,
                    false => text.iter().take_while(|b| **b != b',').count(),
                };
                args.push(argument(text.get(..len).unwrap_or(b"")));
                at += len;
            }
            if at >= to {
                return Ok(());
            }
            at += 1;
        }
    }

    fn nested(&self, from: usize, to: usize) -> Reader<'t> {
        Reader {
            text: self.text.get(from..to).unwrap_or(b""),
            at: 0,
            base: self.base.saturating_add(from as u32),
            depth: self.depth + 1,
        }
    }

    /// The place of the bracket that closes the one at `open`.
    fn matching(&self, open: usize, opener: u8, closer: u8) -> Option<usize> {
        let mut depth = 0usize;
        for (i, b) in self.text.get(open..)?.iter().enumerate() {
            if *b == opener {
                depth += 1;
            } else if *b == closer {
                depth -= 1;
                if depth == 0 {
                    return Some(open + i);
                }
            }
        }
        None
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn span(&self, from: usize, to: usize) -> Span {
        Span::new(self.base.saturating_add(from as u32), self.base.saturating_add(to as u32))
    }

    fn error(&self, from: usize, to: usize, message: &str) -> PvError {
        PvError { message: message.into(), span: self.span(from, to.min(self.text.len())) }
    }
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

/// A number only when writing it gives the same text, so that nothing is lost but blanks in front, which no argument has.
fn argument(text: &[u8]) -> TransArg {
    let digits = text.trim_ascii_start();
    if let Some(n) = std::str::from_utf8(digits).ok().and_then(|t| t.parse::<i64>().ok())
        && n.to_string().as_bytes() == digits
    {
        return TransArg::Num(n);
    }
    TransArg::Text(text.into())
}

#[cfg(test)]
mod tests;
