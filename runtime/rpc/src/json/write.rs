//! Writing JSON in the two layouts of the real server.

use super::Json;
use std::io::Write;

/// How a text is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Members on lines of their own, indented with tabs, a tab after each colon (`pretty_format` 1).
    Pretty,
    /// No blanks at all.
    Compact,
}

/// Appends a value.
pub fn write(out: &mut Vec<u8>, json: &Json, layout: Layout) {
    value(out, json, layout, 0);
}

fn value(out: &mut Vec<u8>, json: &Json, layout: Layout, depth: usize) {
    match json {
        Json::Null => out.extend_from_slice(b"null"),
        Json::Bool(b) => out.extend_from_slice(if *b { b"true" } else { b"false" }),
        Json::Int(n) => append(out, format_args!("{n}")),
        Json::Double(f) => number(out, *f),
        Json::Str(s) => string(out, s),
        Json::Array(items) => {
            out.push(b'[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.extend_from_slice(if layout == Layout::Pretty { b", " } else { b"," });
                }
                value(out, item, layout, depth + 1);
            }
            out.push(b']');
        }
        Json::Object(members) => object(out, members, layout, depth),
    }
}

fn object(out: &mut Vec<u8>, members: &[(String, Json)], layout: Layout, depth: usize) {
    let line = |out: &mut Vec<u8>, depth: usize| {
        if layout == Layout::Pretty {
            out.push(b'\n');
            out.resize(out.len() + depth, b'\t');
        }
    };
    out.push(b'{');
    for (i, (name, member)) in members.iter().enumerate() {
        if i > 0 {
            out.push(b',');
        }
        line(out, depth + 1);
        string(out, name.as_bytes());
        out.extend_from_slice(if layout == Layout::Pretty { b":\t" } else { b":" });
        value(out, member, layout, depth + 1);
    }
    line(out, depth);
    out.push(b'}');
}

/// Whole numbers without a point, very large and small ones with an exponent, others with six digits.
fn number(out: &mut Vec<u8>, f: f64) {
    if !f.is_finite() {
        out.extend_from_slice(b"null");
    } else if f.fract() == 0.0 && f.abs() < 1e15 {
        append(out, format_args!("{}", f as i64));
    } else if f.abs() < 1e-6 || f.abs() > 1e9 {
        append(out, format_args!("{f:e}"));
    } else {
        append(out, format_args!("{f:.6}"));
    }
}

fn append(out: &mut Vec<u8>, args: std::fmt::Arguments<'_>) {
    // Writing to a vector cannot fail.
    let _ = out.write_fmt(args);
}

fn string(out: &mut Vec<u8>, s: &[u8]) {
    out.push(b'"');
    for &byte in s {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            8 => out.extend_from_slice(b"\\b"),
            12 => out.extend_from_slice(b"\\f"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..=31 => append(out, format_args!("\\u{byte:04x}")),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pretty(text: &str) -> String {
        let mut out = Vec::new();
        write(&mut out, &super::super::parse(text.as_bytes()).expect("json"), Layout::Pretty);
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn the_layout_is_the_captured_one() {
        assert_eq!(
            pretty(r#"{"a":[{"b":1},{"c":2}]}"#),
            "{\n\t\"a\":\t[{\n\t\t\t\"b\":\t1\n\t\t}, {\n\t\t\t\"c\":\t2\n\t\t}]\n}"
        );
        assert_eq!(pretty(r#"{"result":{}}"#), "{\n\t\"result\":\t{\n\t}\n}");
        assert_eq!(pretty("[]"), "[]");
        assert_eq!(pretty(r#"["a\u0001\"é",1.5,true]"#), "[\"a\\u0001\\\"é\", 1.500000, true]");
    }
}
