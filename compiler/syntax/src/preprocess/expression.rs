//! The expressions of `#!ifexp` and `#!defexp` (6.x): C-like operators over numbers, strings and defines.

use super::defines::Policy;
use super::lexer::{Lexer, is_word, rest};
use crate::span::Span;

/// Parentheses and signs in each other.
const MAX_DEPTH: usize = 64;
/// Longest text: expressions that double each other must end somewhere.
const MAX_TEXT: usize = 1 << 16;

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Num(f64),
    Str(Vec<u8>),
}

impl Value {
    pub(super) fn is_true(&self) -> bool {
        match self {
            Value::Num(n) => *n != 0.0,
            Value::Str(s) => !s.is_empty(),
        }
    }

    fn num(&self) -> f64 {
        match self {
            Value::Num(n) => *n,
            Value::Str(s) => String::from_utf8_lossy(s).trim().parse().unwrap_or(0.0),
        }
    }

    fn text(&self) -> Vec<u8> {
        match self {
            Value::Num(n) if n.fract() == 0.0 && n.abs() < 1e15 => (*n as i64).to_string().into_bytes(),
            Value::Num(n) => n.to_string().into_bytes(),
            Value::Str(s) => s.clone(),
        }
    }
}

impl Lexer<'_> {
    pub(super) fn evaluate(&mut self, text: &[u8], span: Span) -> Option<Value> {
        let mut reader = Reader { text, at: 0, lexer: self, depth: 0 };
        let value = reader.binary(0);
        reader.blanks();
        let left = rest(text, reader.at);
        match value {
            Ok(value) if left.is_empty() || left.starts_with(b"#") || left.starts_with(b"//") => Some(value),
            Ok(_) => {
                self.error("KC001", span, "cannot read the end of this expression");
                None
            }
            Err(why) => {
                self.error("KC001", span, format!("bad expression: {why}"));
                None
            }
        }
    }

    /// `#!defexp NAME expression`.
    pub(super) fn define_expression(&mut self, name: &[u8], text: &[u8], quoted: bool, span: Span) {
        let Some(value) = self.evaluate(text, span) else { return };
        let value = value.text();
        let value = if quoted { [b"\"", value.as_slice(), b"\""].concat() } else { value };
        self.define(name, &value, Some(span), Policy::New);
    }
}

struct Reader<'t, 'l, 'a> {
    text: &'t [u8],
    at: usize,
    lexer: &'l Lexer<'a>,
    depth: usize,
}

/// Operators by level, weakest first; longer ones before their prefixes.
const LEVELS: [&[&[u8]]; 10] = [
    &[b"||"],
    &[b"&&"],
    &[b"|"],
    &[b"^"],
    &[b"&"],
    &[b"==", b"!="],
    &[b"<=", b">=", b"<", b">"],
    &[b"<<", b">>"],
    &[b"+", b"-"],
    &[b"**", b"*", b"/", b"%"],
];

impl Reader<'_, '_, '_> {
    fn blanks(&mut self) {
        self.at += rest(self.text, self.at).iter().take_while(|b| b.is_ascii_whitespace()).count();
    }

    fn operator(&mut self, level: usize) -> Option<&'static [u8]> {
        self.blanks();
        let left = rest(self.text, self.at);
        let found = LEVELS.get(level)?.iter().find(|op| left.starts_with(op))?;
        let next = left.get(found.len());
        // `|` is not the start of `||`, `<` not that of `<<`, `*` not that of `**`.
        if found.len() == 1 && next == found.first() && b"|&<>*".contains(&found[0]) {
            return None;
        }
        self.at += found.len();
        Some(found)
    }

    fn binary(&mut self, level: usize) -> Result<Value, String> {
        if level == LEVELS.len() {
            return self.unary();
        }
        let mut left = self.binary(level + 1)?;
        while let Some(op) = self.operator(level) {
            let right = self.binary(level + 1)?;
            left = apply(op, &left, &right);
            if matches!(&left, Value::Str(text) if text.len() > MAX_TEXT) {
                return Err("its value is too long".into());
            }
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Value, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("nested too deep".into());
        }
        self.blanks();
        let value = match self.text.get(self.at) {
            Some(b'!') => {
                self.at += 1;
                Value::Num(f64::from(!self.unary()?.is_true()))
            }
            Some(b'-') => {
                self.at += 1;
                Value::Num(-self.unary()?.num())
            }
            Some(b'~') => {
                self.at += 1;
                Value::Num(!(self.unary()?.num() as i64) as f64)
            }
            Some(b'(') => {
                self.at += 1;
                let value = self.binary(0)?;
                self.blanks();
                if self.text.get(self.at) != Some(&b')') {
                    return Err("`)` is missing".into());
                }
                self.at += 1;
                value
            }
            Some(quote @ (b'"' | b'\'')) => {
                let inside = rest(self.text, self.at + 1);
                let end = memchr::memchr(*quote, inside).ok_or("a string is not closed")?;
                self.at += end + 2;
                Value::Str(inside.get(..end).unwrap_or(b"").to_vec())
            }
            Some(b) if is_word(*b) => {
                let left = rest(self.text, self.at);
                let len = left.iter().take_while(|b| is_word(**b) || **b == b'.').count();
                let word = left.get(..len).unwrap_or(b"");
                self.at += len;
                self.word(word)
            }
            _ => return Err("an operand is missing".into()),
        };
        self.depth -= 1;
        Ok(value)
    }

    fn word(&self, word: &[u8]) -> Value {
        let text = String::from_utf8_lossy(word);
        if let Ok(n) = text.parse::<f64>() {
            return Value::Num(n);
        }
        match self.lexer.defines.get(word) {
            None => Value::Num(0.0),
            Some(entry) if entry.value.is_empty() => Value::Num(1.0),
            Some(entry) => {
                let value = entry.value.trim_ascii();
                let quoted = value.strip_prefix(b"\"").and_then(|v| v.strip_suffix(b"\""));
                match String::from_utf8_lossy(value).parse::<f64>() {
                    Ok(n) => Value::Num(n),
                    Err(_) => Value::Str(quoted.unwrap_or(value).to_vec()),
                }
            }
        }
    }
}

fn apply(op: &[u8], a: &Value, b: &Value) -> Value {
    let strings = matches!(a, Value::Str(_)) || matches!(b, Value::Str(_));
    let (x, y) = (a.num(), b.num());
    let (i, j) = (x as i64, y as i64);
    let truth = |t: bool| Value::Num(f64::from(t));
    match op {
        b"||" => truth(a.is_true() || b.is_true()),
        b"&&" => truth(a.is_true() && b.is_true()),
        b"==" if strings => truth(a.text() == b.text()),
        b"!=" if strings => truth(a.text() != b.text()),
        b"+" if strings => Value::Str([a.text(), b.text()].concat()),
        b"==" => truth(x == y),
        b"!=" => truth(x != y),
        b"<" => truth(x < y),
        b"<=" => truth(x <= y),
        b">" => truth(x > y),
        b">=" => truth(x >= y),
        b"+" => Value::Num(x + y),
        b"-" => Value::Num(x - y),
        b"*" => Value::Num(x * y),
        b"**" => Value::Num(x.powf(y)),
        b"/" => Value::Num(x / y),
        b"%" => Value::Num(if j == 0 { 0.0 } else { i.wrapping_rem(j) as f64 }),
        b"<<" => Value::Num(i.wrapping_shl(j as u32) as f64),
        b">>" => Value::Num(i.wrapping_shr(j as u32) as f64),
        b"&" => Value::Num((i & j) as f64),
        b"|" => Value::Num((i | j) as f64),
        _ => Value::Num((i ^ j) as f64),
    }
}
