//! Chains of transformations over odd texts.

use super::Case;
use super::generator::{Gen, quoted};

const TEXTS: &[&str] = &[
    "",
    " ",
    "a",
    "abc",
    "  two words ",
    "a,b,c",
    "a,,c,",
    ",",
    "a=1;b=2;c",
    "a=1;b=\"x;y\";;d=",
    "12",
    "-12",
    "007",
    "0x1f",
    "12abc",
    "4294967296",
    "99999999999999999999",
    "a@b@c",
    "sip:alice:pw@example.org:5070;transport=tcp;x=1;lr?h=v&i=w",
    "sips:[::1]:5061;maddr=1.2.3.4;ttl=7;user=phone;method=BYE;r2=on",
    "tel:+49-30;phone-context=x",
    "sip:h",
    "sip:u@",
    "notauri",
    "\"Alice, A\" <sip:alice@example.org;p=1>;tag=x;q=0.5",
    "Bob <sip:bob@h>",
    "<sip:bob@h>;tag=t",
    "sip:bob@h;tag=t",
    "Bob <sip:bob@h",
    "one\r\ntwo\r\nthree",
    "one\ntwo\n",
    "l1\r\n\r\nl3\r\n",
    "%41%zz",
    "a%20b+c",
    "a&b=c?d#e",
    "it's",
    "back\\slash",
    "quo\"te",
    "\"quoted\"",
    "'single'",
    "[::1]",
    "<x>",
    "(y)",
    "tab\there",
    "UPPER lower MiXeD",
    "\u{e4}\u{f6}\u{fc}",
    "616263",
    "6162zz",
    "YWJj",
    "YQ==",
    "abcdefghijklmnopqrstuvwxyz0123456789",
    "aaa",
    "abcabcabc",
    "a.b.c.d",
    "1.2.3.4~5060~1",
    "+4930123456",
    "name=value",
    "k1=v1,k2=v2;k3=v3",
    "p",
    ";",
    ";;",
    "=",
    "a=",
    "=b",
    "a = 1 ; b = 2",
];

/// Left out until they are equal: `urialias.*`, `s.fmtlinet`, `s.*.base58`, `s.decode.7bit`, `s.encode.7bit`, arguments that are
/// variables of text, separators `\s` and `\t`, substitutions that match nothing at the end. A `%` with fewer than two digits at the end
/// makes `urldecode` of the real server read what lies behind the text.
///
/// Operations: `s` text, `n` number, `c` one character; a trailing `?` may be left out.
const OPERATIONS: &[(&str, &[&str])] = &[
    ("s.len", &[]),
    ("s.md5", &[]),
    ("s.sha256", &[]),
    ("s.sha384", &[]),
    ("s.sha512", &[]),
    ("s.tolower", &[]),
    ("s.toupper", &[]),
    ("s.trim", &[]),
    ("s.ltrim", &[]),
    ("s.rtrim", &[]),
    ("s.rmws", &[]),
    ("s.numeric", &[]),
    ("s.after", &["c"]),
    ("s.before", &["c"]),
    ("s.count", &["c"]),
    ("s.encode.hexa", &[]),
    ("s.decode.hexa", &[]),
    ("s.escape.common", &[]),
    ("s.escape.csv", &[]),
    ("s.escape.param", &[]),
    ("s.escape.user", &[]),
    ("s.unescape.common", &[]),
    ("s.unescape.param", &[]),
    ("s.unescape.user", &[]),
    ("s.urlencode.param", &[]),
    ("s.urldecode.param", &[]),
    ("s.replace", &["s", "s"]),
    ("s.select", &["n", "c"]),
    ("s.strip", &["n"]),
    ("s.striptail", &["n"]),
    ("s.substr", &["n", "l"]),
    ("s.unbracket", &[]),
    ("s.unquote", &[]),
    ("uri.domain", &[]),
    ("uri.headers", &[]),
    ("uri.host", &[]),
    ("uri.maddr", &[]),
    ("uri.method", &[]),
    ("uri.param", &["s"]),
    ("uri.params", &[]),
    ("uri.passwd", &[]),
    ("uri.port", &[]),
    ("uri.r2", &[]),
    ("uri.scheme", &[]),
    ("uri.transport", &[]),
    ("uri.ttl", &[]),
    ("uri.uparam", &[]),
    ("uri.user", &[]),
    ("re.subst", &["expr"]),
    ("line.at", &["n"]),
    ("line.count", &[]),
    ("line.sw", &["s"]),
    ("nameaddr.len", &[]),
    ("nameaddr.name", &[]),
    ("nameaddr.param", &["s"]),
    ("nameaddr.uri", &[]),
    ("param.count", &[]),
    ("param.in", &["s"]),
    ("param.name", &["n"]),
    ("param.value", &["s"]),
    ("param.valueat", &["n"]),
    ("s.corehash", &[]),
    ("s.encode.base64", &[]),
    ("s.int", &[]),
    ("s.prefixes", &[]),
    ("s.rm", &["s"]),
    ("s.stripto", &["c"]),
    ("tobody.display", &[]),
    ("tobody.host", &[]),
    ("tobody.params", &[]),
    ("tobody.tag", &[]),
    ("tobody.uri", &[]),
    ("tobody.user", &[]),
    ("uri.lr", &[]),
    ("uri.tosocket", &[]),
];

/// Decoders after their encoders: wrong input of a decoder is a known difference.
const ROUND_TRIPS: &[&str] = &["{s.encode.hexa}{s.decode.hexa}"];

const SUBSTITUTIONS: &[&str] = &[
    "/a/b/",
    "/a/b/g",
    "/A/x/gi",
    "/(.)(.)/\\2\\1/",
    "/^.*$/all/",
    "#/#_#",
    "/[0-9]+/N/g",
    "/x/y/",
    "/(a)|(b)/[\\1\\2]/g",
    "/\\./-/g",
    "/./$rU/",
    "/^(..)/\\0\\1/",
];

fn argument(g: &mut Gen, kind: &str) -> String {
    match kind.trim_end_matches('?') {
        "l" => g.pick(&["0", "1", "2", "5", "1000"]).into(),
        "n" if g.percent(15) => g.pick(&["$var(five)", "$var(zero)", "$var(neg)", "$avp(i)"]).into(),
        "n" => g.pick(&["0", "1", "2", "3", "4", "7", "20", "-1", "-2", "-3", "-20", "1000"]).into(),
        "c" => g.pick(&[",", ";", "=", "@", ":", ".", "a", "/", "-", "b", "&"]).into(),
        "expr" => g.pick(SUBSTITUTIONS).into(),
        _ if g.percent(12) => g.pick(&["$rU", "$avp(s)"]).into(),
        _ => g
            .pick(&[
                "a",
                "b",
                "abc",
                "x",
                "p",
                "tag",
                "lr",
                "q",
                "transport",
                "one",
                "two",
                "bc",
                "1",
                "@",
                "w",
                "A",
                "k2",
                "xyz",
            ])
            .into(),
    }
}

fn operation(g: &mut Gen) -> String {
    if g.percent(6) {
        return g.pick(ROUND_TRIPS).into();
    }
    let (name, kinds) = g.choose(OPERATIONS);
    let mut out = format!("{{{name}");
    for kind in *kinds {
        if kind.ends_with('?') && g.percent(50) {
            break;
        }
        out.push(',');
        out.push_str(&argument(g, kind));
    }
    out.push('}');
    out
}

/// The chain's result in a format string, as a value, as a number, as a condition.
pub fn generate(g: &mut Gen) -> Case {
    let mut out = Vec::new();
    let source = match g.below(10) {
        0 => g
            .pick(&[
                "ru",
                "fu",
                "tu",
                "hdr(X-List)",
                "hdr(From)",
                "hdr(None)",
                "avp(nope)",
                "null",
                "fU",
                "rb",
                "ct",
                "hdr(Contact)",
                "rU",
                "rd",
            ])
            .to_owned(),
        _ => {
            out.push(format!("$var(v) = {};", quoted(g.pick(TEXTS))));
            "var(v)".to_owned()
        }
    };
    for _ in 0..g.between(1, 2) {
        let chain: String = (0..g.between(1, 3)).map(|_| operation(g)).collect();
        let value = format!("$({source}{chain})");
        let n = g.label();
        out.push(format!("xlog(\"L{n}|{value}|\\n\");"));
        out.push(format!("$avp(r) = $null; $avp(r) = {value}; xlog(\"L{n}|$avp(r)|\\n\");"));
        match g.below(8) {
            0 => out.push(format!("if (defined {value}) xlog(\"L{n}|defined\\n\"); else xlog(\"L{n}|undefined\\n\");")),
            1 => out.push(format!("$var(r) = {value} + 1; xlog(\"L{n}|$var(r)\\n\");")),
            2 => out.push(format!("if ({value}) xlog(\"L{n}|true\\n\"); else xlog(\"L{n}|false\\n\");")),
            3 => out.push(format!("$var(r) = 1 + {value}; xlog(\"L{n}|$var(r)\\n\");")),
            4 => out.push(format!("if ({value} == $null) xlog(\"L{n}|null\\n\"); if ({value} == \"\") xlog(\"L{n}|empty\\n\"); $var(r) = strlen({value}); xlog(\"L{n}|$var(r)\\n\");")),
            _ => {}
        }
    }
    g.route(out)
}
