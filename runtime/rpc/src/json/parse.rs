//! Reading JSON.

use super::Json;

/// Values within each other.
pub const MAX_DEPTH: usize = 64;

/// Where and why a text is not JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JsonError {
    /// Offset in bytes.
    pub at: usize,
    /// Why.
    pub what: &'static str,
}

impl std::fmt::Display for JsonError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} at byte {}", self.what, self.at)
    }
}

impl std::error::Error for JsonError {}

/// Reads one value; blanks may follow it.
///
/// # Errors
/// [`JsonError`]; strings may hold any byte but quotes, and need not be UTF-8.
pub fn parse(text: &[u8]) -> Result<Json, JsonError> {
    let mut reader = Reader { text, at: 0 };
    let value = reader.value(0)?;
    reader.blanks();
    if reader.at < text.len() { Err(reader.error("more follows the value")) } else { Ok(value) }
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
}

impl Reader<'_> {
    fn error(&self, what: &'static str) -> JsonError {
        JsonError { at: self.at, what }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(|b| b <= b' ') {
            self.at += 1;
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn word(&mut self, word: &str, value: Json) -> Result<Json, JsonError> {
        if self.text.get(self.at..).is_some_and(|t| t.starts_with(word.as_bytes())) {
            self.at += word.len();
            return Ok(value);
        }
        Err(self.error("not a value"))
    }

    fn value(&mut self, depth: usize) -> Result<Json, JsonError> {
        if depth > MAX_DEPTH {
            return Err(self.error("nested too deep"));
        }
        self.blanks();
        match self.peek() {
            Some(b'{') => self.object(depth),
            Some(b'[') => self.array(depth),
            Some(b'"') => self.string().map(Json::Str),
            Some(b't') => self.word("true", Json::Bool(true)),
            Some(b'f') => self.word("false", Json::Bool(false)),
            Some(b'n') => self.word("null", Json::Null),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(_) => Err(self.error("not a value")),
            None => Err(self.error("unexpected end")),
        }
    }

    fn object(&mut self, depth: usize) -> Result<Json, JsonError> {
        self.at += 1;
        let mut members = Vec::new();
        self.blanks();
        if self.eat(b'}') {
            return Ok(Json::Object(members));
        }
        loop {
            self.blanks();
            if self.peek() != Some(b'"') {
                return Err(self.error("a name in quotes is expected"));
            }
            let name = String::from_utf8_lossy(&self.string()?).into_owned();
            self.blanks();
            if !self.eat(b':') {
                return Err(self.error("a colon is expected"));
            }
            members.push((name, self.value(depth + 1)?));
            self.blanks();
            if self.eat(b'}') {
                return Ok(Json::Object(members));
            }
            if !self.eat(b',') {
                return Err(self.error("a comma or brace is expected"));
            }
        }
    }

    fn array(&mut self, depth: usize) -> Result<Json, JsonError> {
        self.at += 1;
        let mut items = Vec::new();
        self.blanks();
        if self.eat(b']') {
            return Ok(Json::Array(items));
        }
        loop {
            items.push(self.value(depth + 1)?);
            self.blanks();
            if self.eat(b']') {
                return Ok(Json::Array(items));
            }
            if !self.eat(b',') {
                return Err(self.error("a comma or bracket is expected"));
            }
        }
    }

    fn number(&mut self) -> Result<Json, JsonError> {
        let start = self.at;
        while self.peek().is_some_and(|b| matches!(b, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')) {
            self.at += 1;
        }
        let text =
            self.text.get(start..self.at).and_then(|t| std::str::from_utf8(t).ok()).unwrap_or_default();
        if let Ok(n) = text.parse::<i64>() {
            return Ok(Json::Int(n));
        }
        match text.parse::<f64>() {
            Ok(f) if f.is_finite() => Ok(Json::Double(f)),
            _ => Err(JsonError { at: start, what: "not a number" }),
        }
    }

    fn string(&mut self) -> Result<Vec<u8>, JsonError> {
        self.at += 1;
        let mut out = Vec::new();
        loop {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let Some(len) = rest.iter().position(|b| matches!(b, b'"' | b'\\')) else {
                self.at = self.text.len();
                return Err(self.error("string does not end"));
            };
            out.extend_from_slice(rest.get(..len).unwrap_or_default());
            self.at += len + 1;
            if rest.get(len) == Some(&b'"') {
                return Ok(out);
            }
            self.escape(&mut out)?;
        }
    }

    fn escape(&mut self, out: &mut Vec<u8>) -> Result<(), JsonError> {
        let byte = self.peek().ok_or_else(|| self.error("string does not end"))?;
        self.at += 1;
        out.push(match byte {
            b'b' => 8,
            b'f' => 12,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let c = self.unicode()?;
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                return Ok(());
            }
            other => other,
        });
        Ok(())
    }

    /// The character of `\uXXXX`, of two of them for one beyond the basic plane; a lone half is replaced.
    fn unicode(&mut self) -> Result<char, JsonError> {
        let first = self.hex4()?;
        if (0xD800..0xDC00).contains(&first)
            && self.text.get(self.at..).is_some_and(|t| t.starts_with(b"\\u"))
        {
            let back = self.at;
            self.at += 2;
            let second = self.hex4()?;
            if (0xDC00..0xE000).contains(&second) {
                let code = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                return Ok(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            self.at = back;
        }
        Ok(char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    fn hex4(&mut self) -> Result<u32, JsonError> {
        let digits = self.text.get(self.at..self.at + 4).and_then(|d| std::str::from_utf8(d).ok());
        let code = digits
            .and_then(|d| u32::from_str_radix(d, 16).ok())
            .ok_or_else(|| self.error("bad \\u escape"))?;
        self.at += 4;
        Ok(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read() {
        let json =
            parse(br#" {"a": [1, -2.5, true, null, "x\"\u00e9\ud83d\ude00\n"], "b": {}} "#).expect("json");
        let items = [
            Json::Int(1),
            Json::Double(-2.5),
            Json::Bool(true),
            Json::Null,
            Json::Str("x\"é😀\n".as_bytes().to_vec()),
        ];
        assert_eq!(json.get("a"), Some(&Json::Array(items.to_vec())));
        assert_eq!(json.get("b"), Some(&Json::Object(vec![])));
    }

    #[test]
    fn raw_bytes_and_line_ends_are_kept() {
        assert_eq!(parse(b"\"a\n\xff\""), Ok(Json::Str(b"a\n\xff".to_vec())));
    }

    #[test]
    fn broken_text_is_refused() {
        for bad in [
            "",
            "{",
            "[1",
            "\"a",
            "{\"a\"}",
            "{1:2}",
            "[1,]",
            "tru",
            "1 2",
            "\"\\u12\"",
            "\"\\",
            "-",
            "+1",
            "}",
        ] {
            assert!(parse(bad.as_bytes()).is_err(), "{bad}");
        }
        assert_eq!(parse("[".repeat(100_000).as_bytes()).expect_err("deep").what, "nested too deep");
    }

    /// Random mixtures of what JSON is made of: never a panic, and what was read is read again from what is written.
    #[test]
    fn random_text_never_panics() {
        const PARTS: [&str; 16] =
            ["{", "}", "[", "]", ",", ":", "\"a\"", "\"", "\\", "1", "-", "e9", ".", "true", "null", "\\u00"];
        let mut seed = 12_345u64;
        let mut next = |n: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize % n
        };
        for _ in 0..20_000 {
            let text: String = (0..next(24)).map(|_| PARTS[next(16)]).collect();
            let _ = super::super::find_document(text.as_bytes());
            let _ = super::super::decode_request(text.as_bytes());
            if let Ok(json) = parse(text.as_bytes()) {
                let mut out = Vec::new();
                super::super::write(&mut out, &json, super::super::Layout::Compact);
                assert!(parse(&out).is_ok(), "{text}");
            }
        }
    }
}
