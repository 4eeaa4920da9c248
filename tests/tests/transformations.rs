//! Transformations `$(var(v){s.substr,1,2})`: every one of them over a table of nasty values, random chains of them, and
//! what is refused at the start. Each pair is logged, and assigned, which shows whether the result is text, a number or
//! undefined. Values with NUL bytes are left out: they cut the real server's log line.
#![allow(missing_docs)]

mod transformations_data;

use kamjit_tests::script::drive;
use kamjit_tests::tools::run;
use kamjit_tests::{Kind, Setup, compare, scenario};
use std::fmt::Write;
use std::process::Command;
use transformations_data::{
    ADDRESSES, ARGUMENTS, BODIES, CHAINS, ENCODED, LISTS, PIECES, REFUSED, SOCKETS, STRINGS, TEXTS, URIS,
};

/// A value of the script as bytes, or a number.
#[derive(Clone)]
enum Value {
    Text(Vec<u8>),
    Number(i64),
    Undefined,
}

fn literal(value: &[u8]) -> String {
    let mut out = String::from("\"");
    for &byte in value {
        match byte {
            b'"' | b'\\' => {
                out.push('\\');
                out.push(char::from(byte));
            }
            32..=126 => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "\\x{byte:02x}");
            }
        }
    }
    out.push('"');
    out
}

/// Logs (between `x`, so that no number is taken for a port) the transformed variable as a format string prints it, then as an assignment sees it.
fn look(script: &mut String, variable: &str, transformation: &str, n: usize) {
    let expression = format!("$({variable}{transformation})");
    let quoted = expression.replace('\\', "\\\\").replace('"', "\\\"");
    let _ = writeln!(script, "    xlog(\"L$var(n).{n}|x{quoted}x|\\n\");");
    let _ = writeln!(script, "    $avp(r) = $null; $avp(r) = {expression}; $avp(i) = $avp(r) + 1;");
    let _ = writeln!(script, "    xlog(\"M$var(n).{n}|x$avp(r)x|x$avp(i)x|\\n\");");
}

const GROUND: &str = r#"
    $var(one) = 1; $var(two) = 2; $var(neg) = -1; $var(semi) = ";"; $var(a) = "a"; $var(e) = ""; $var(digit) = "2";
    $var(at) = "@"; $var(long) = 99999;
"#;

/// The real server writes no longer lines.
const LONG_LINES: &str = "modparam(\"xlog\", \"buf_size\", 65536)\n";

/// Every transformation on every value: a route has the transformations, the main route the values.
fn table(values: &[Value], transformations: &[String]) -> Setup {
    let mut script = format!("{LONG_LINES}route[T] {{\n");
    for (n, transformation) in transformations.iter().enumerate() {
        look(&mut script, "var(v)", transformation, n);
    }
    script.push_str("}\nroute[NONE] {\n");
    for (n, transformation) in transformations.iter().enumerate() {
        look(&mut script, "avp(none)", transformation, n);
    }
    let _ = writeln!(script, "}}\nrequest_route {{\n    route(FENCE);\n{GROUND}");
    for (n, value) in values.iter().enumerate() {
        let _ = match value {
            Value::Text(text) => {
                writeln!(script, "    $var(n) = {n}; $var(v) = {}; route(T);", literal(text))
            }
            Value::Number(number) => {
                writeln!(script, "    $var(n) = {n}; $var(v) = {number}; route(T);")
            }
            Value::Undefined => writeln!(script, "    $var(n) = {n}; route(NONE);"),
        };
    }
    script.push_str("    sl_send_reply(\"200\", \"Done\");\n}\n");
    Setup::script(script).arg("-M 64")
}

/// The values of some lists, long ones, and undefined.
fn texts(lists: &[&[&[u8]]]) -> Vec<Value> {
    let texts = lists.iter().flat_map(|list| list.iter());
    let mut all: Vec<Value> = texts.map(|text| Value::Text(text.to_vec())).collect();
    all.extend([b"x".repeat(50), b"y".repeat(1000), b"1".repeat(40), b"a,b".repeat(30)].map(Value::Text));
    all.push(Value::Undefined);
    all
}

/// The same with numbers.
fn values(lists: &[&[&[u8]]]) -> Vec<Value> {
    let mut all = texts(lists);
    all.extend([0, 5, -1, -12, 2147483647, -2147483648, 123456].map(Value::Number));
    all
}

/// Arguments that are numbers in variables. With a number as the value the real server writes both into one buffer.
fn computed(transformation: &str) -> bool {
    ["$var(one)", "$var(two)", "$var(neg)", "{s.len}"].iter().any(|text| transformation.contains(text))
}

fn few_texts() -> Vec<Value> {
    texts(&[TEXTS]).into_iter().step_by(3).collect()
}

fn constant_arguments() -> Vec<&'static str> {
    ARGUMENTS.iter().copied().filter(|text| !computed(text)).collect()
}

/// `{name}` for each name of a list, `{name,argument}` where the name has some.
fn named(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| format!("{{{name}}}")).collect()
}

scenario!(strings, table(&values(&[TEXTS, ENCODED, URIS]), &named(STRINGS)), drive);
scenario!(encodings, table(&values(&[TEXTS, ENCODED]), &named(transformations_data::ENCODINGS)), drive);
scenario!(arguments, table(&few_texts(), &named(ARGUMENTS)), drive);
scenario!(arguments_of_numbers, table(&values(&[]), &named(&constant_arguments())), drive);
scenario!(uris, table(&values(&[TEXTS, URIS, SOCKETS]), &named(transformations_data::URI_PARTS)), drive);
scenario!(lists, table(&values(&[TEXTS, LISTS]), &named(transformations_data::PARAMETERS)), drive);
scenario!(addresses, table(&values(&[URIS, ADDRESSES]), &named(transformations_data::ADDRESS_PARTS)), drive);
scenario!(lines, table(&values(&[TEXTS, BODIES]), &named(transformations_data::LINES)), drive);
scenario!(
    substitutions,
    table(&values(&[TEXTS, BODIES]), &named(transformations_data::SUBSTITUTIONS)),
    drive
);
scenario!(
    sockets,
    table(&values(&[TEXTS, SOCKETS, URIS]), &named(transformations_data::SOCKET_PARTS)),
    drive
);
scenario!(chains, table(&values(&[TEXTS, URIS, LISTS]), &chained()), drive);

fn chained() -> Vec<String> {
    CHAINS.iter().map(|chain| (*chain).to_owned()).collect()
}

/// Random numbers (xorshift; quality does not matter, repeating does).
struct Maker(u64);

impl Maker {
    fn new(seed: u64) -> Maker {
        Maker(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn value(&mut self) -> Value {
        match self.below(12) {
            0 => Value::Number(self.pick(&[0, 1, 7, -1, -45, 2147483647, 99])),
            1 => Value::Undefined,
            n => Value::Text((0..n.min(6)).flat_map(|_| self.pick(PIECES).to_vec()).collect()),
        }
    }

    fn chain(&mut self) -> String {
        let classes = [
            STRINGS,
            ARGUMENTS,
            transformations_data::ENCODINGS,
            transformations_data::URI_PARTS,
            transformations_data::PARAMETERS,
            transformations_data::ADDRESS_PARTS,
            transformations_data::LINES,
            transformations_data::SUBSTITUTIONS,
            transformations_data::SOCKET_PARTS,
        ];
        let length = 1 + self.below(3);
        (0..length)
            .map(|n| {
                loop {
                    let class = self.pick(&classes);
                    let operation = self.pick(class);
                    // The real server tells the value of a parameter without value from an empty text, its coder for
                    // seven bits reads on behind what other operations leave, and long texts are no sockets.
                    let odd = operation == "param.value,"
                        || (n > 0 && (operation.contains("7bit") || operation.starts_with("sock")))
                        || (n + 1 < length && operation.starts_with("param.value"));
                    if !odd && !computed(operation) {
                        return format!("{{{operation}}}");
                    }
                }
            })
            .collect()
    }
}

/// Some hundred random values, each through chains of its own.
fn random(seed: u64, count: usize) -> Setup {
    let mut maker = Maker::new(seed);
    let mut script = format!("{LONG_LINES}request_route {{\n    route(FENCE);\n{GROUND}");
    for n in 0..count {
        let variable = match maker.value() {
            Value::Text(text) => {
                let _ = writeln!(script, "    $var(v) = {};", literal(&text));
                "var(v)"
            }
            Value::Number(number) => {
                let _ = writeln!(script, "    $var(v) = {number};");
                "var(v)"
            }
            Value::Undefined => "avp(none)",
        };
        let _ = writeln!(script, "    $var(n) = {n};");
        for k in 0..2 {
            look(&mut script, variable, &maker.chain(), k);
        }
    }
    script.push_str("    sl_send_reply(\"200\", \"Done\");\n}\n");
    Setup::script(script).arg("-M 64")
}

scenario!(random_one, random(1, 100), drive);
scenario!(random_two, random(2, 100), drive);
scenario!(random_three, random(3, 100), drive);
scenario!(random_four, random(4, 100), drive);

/// More seeds: `KAMJIT_TEST_SEEDS=100-200`.
#[test]
fn random_as_asked_for() {
    let Ok(range) = std::env::var("KAMJIT_TEST_SEEDS") else { return };
    let (first, last) = range.split_once('-').expect("first-last");
    let number = |text: &str| text.parse::<u64>().expect("seed");
    for seed in number(first)..=number(last) {
        compare(&format!("seed {seed}"), random(seed, 100), drive);
    }
}

/// Whether a server takes the transformations, as `-c` sees it.
fn verdict(kind: &Kind, transformations: &[&str]) -> (bool, String) {
    let dir = tempfile::Builder::new().prefix("kjt").tempdir().expect("directory");
    let cfg = dir.path().join("some.cfg");
    let mut text = String::from(
        "loadmodule \"pv.so\"\nloadmodule \"corex.so\"\nloadmodule \"textops.so\"\nrequest_route {\n",
    );
    for transformation in transformations {
        let _ = writeln!(text, "    $var(x) = $(var(v){transformation});");
    }
    text.push_str("}\n");
    std::fs::write(&cfg, text).expect("configuration");
    let (bin, own) = kind.program();
    let mut command = Command::new(bin);
    command.args(own).args(["-c", "-E", "-M", "64", "-f"]).arg(cfg);
    let output = run(&mut command);
    (output.status == 0, output.text)
}

#[test]
fn accepted() {
    for kind in [Kind::Reference, Kind::Candidate] {
        let (taken, output) = verdict(&kind, transformations_data::ACCEPTED);
        assert!(taken, "{}:\n{output}", kind.name());
    }
}

#[test]
fn refused() {
    for text in REFUSED {
        for kind in [Kind::Reference, Kind::Candidate] {
            let (taken, output) = verdict(&kind, &[text]);
            assert!(!taken, "{text} by {}:\n{output}", kind.name());
        }
    }
}
