//! Meaning of the script language: nested expressions made at random, the same ones in every run. Only expressions that
//! the real server accepts are made: what is known to be a string does not stand where it wants a number, and the
//! other way round.
#![allow(missing_docs)]

use kamjit_tests::script::{drive, wrap};
use kamjit_tests::{Setup, scenario};
use std::fmt::Write;

/// What the server knows of a type when it parses.
#[derive(Clone, Copy, PartialEq)]
enum Ty {
    Int,
    Str,
    Dyn,
}

struct Maker {
    state: u64,
}

const VALUES: &[(&str, Ty)] = &[
    ("5", Ty::Int),
    ("0", Ty::Int),
    ("(0 - 1)", Ty::Int),
    ("12", Ty::Int),
    ("\"abc\"", Ty::Str),
    ("\"12\"", Ty::Str),
    ("\"\"", Ty::Str),
    ("$var(five)", Ty::Dyn),
    ("$var(zero)", Ty::Dyn),
    ("$var(neg)", Ty::Dyn),
    ("$var(s)", Ty::Dyn),
    ("$var(d)", Ty::Dyn),
    ("$var(e)", Ty::Dyn),
    ("$var(sp)", Ty::Dyn),
    ("$var(mix)", Ty::Dyn),
    ("$var(hex)", Ty::Dyn),
    ("$avp(i)", Ty::Dyn),
    ("$avp(s)", Ty::Dyn),
    ("$avp(nope)", Ty::Dyn),
    ("$null", Ty::Dyn),
    ("$rU", Ty::Dyn),
    ("$hdr(None)", Ty::Dyn),
    ("$hdr(X-Num)", Ty::Dyn),
    ("$(var(s){s.len})", Ty::Dyn),
    ("is_method(\"INVITE\")", Ty::Int),
    ("is_method(\"BYE\")", Ty::Int),
    ("route(R5)", Ty::Int),
    ("route(RM9)", Ty::Int),
];

const ARITHMETIC: &[&str] = &["-", "*", "|", "&", "^", "<<", ">>", "<", "<=", ">", ">=", "&&", "||"];

impl Maker {
    /// A number below `n` (xorshift; quality does not matter, repeating does).
    fn below(&mut self, n: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state % n as u64) as usize
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// An expression whose known type is not `unwanted`.
    fn expression(&mut self, depth: usize, unwanted: Option<Ty>) -> (String, Ty) {
        loop {
            let made = self.any(depth);
            if Some(made.1) != unwanted {
                return made;
            }
        }
    }

    fn any(&mut self, depth: usize) -> (String, Ty) {
        if depth == 0 || self.below(8) == 0 {
            let (text, ty) = self.pick(VALUES);
            return (text.to_owned(), ty);
        }
        match self.below(10) {
            0..=2 => {
                let (a, ty) = self.expression(depth - 1, None);
                let (b, _) = self.expression(depth - 1, (ty == Ty::Int).then_some(Ty::Str));
                (format!("({a} + {b})"), ty)
            }
            3..=4 => {
                let op = self.pick(ARITHMETIC);
                let (a, _) = self.expression(depth - 1, Some(Ty::Str));
                let (b, _) = self.expression(depth - 1, Some(Ty::Str));
                (format!("({a} {op} {b})"), Ty::Int)
            }
            5..=6 => {
                let op = self.pick(&["==", "!="]);
                let (a, ty) = self.expression(depth - 1, None);
                let (b, _) = loop {
                    let b = self.expression(depth - 1, (ty == Ty::Int).then_some(Ty::Str));
                    // A number is never undefined: the server refuses the test.
                    if ty != Ty::Int || b.0 != "$null" {
                        break b;
                    }
                };
                (format!("({a} {op} {b})"), Ty::Int)
            }
            7 => {
                let op = self.pick(&["!", "-", "~"]);
                let (a, _) = self.expression(depth - 1, Some(Ty::Str));
                (format!("{op}({a})"), Ty::Int)
            }
            8 => {
                let (a, _) = self.expression(depth - 1, None);
                if self.below(2) == 0 {
                    (format!("(int)({a})"), Ty::Int)
                } else {
                    (format!("(str)({a})"), Ty::Str)
                }
            }
            _ => {
                let function = self.pick(&["strlen", "strempty", "defined "]);
                let (a, _) = self.expression(depth - 1, Some(Ty::Int));
                (format!("{function}({a})"), Ty::Int)
            }
        }
    }
}

/// Each expression is assigned to an AVP and a variable, looked at, and tested as a condition.
fn random(seed: u64, count: usize) -> Setup {
    let mut maker = Maker { state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1 };
    let mut script = String::new();
    for n in 0..count {
        let depth = 1 + maker.below(3);
        let (e, _) = maker.expression(depth, None);
        let shown = e.replace('"', "'").replace('$', "$$");
        let _ = writeln!(script, "    $avp(r) = $null; $avp(r) = {e}; $avp(q) = $avp(r) + 1;");
        let _ = writeln!(script, "    xlog(\"L{n}|{shown}|$avp(r)|$avp(q)\\n\");");
        let _ = writeln!(script, "    $var(r) = {e}; xlog(\"L{n}|$var(r)\\n\");");
        let _ = writeln!(
            script,
            "    if ({e}) {{ xlog(\"L{n}|true\\n\"); }} else {{ xlog(\"L{n}|false\\n\"); }}"
        );
    }
    wrap(&script)
}

scenario!(one, random(1, 40), drive);
scenario!(two, random(2, 40), drive);
scenario!(three, random(3, 40), drive);
scenario!(four, random(4, 40), drive);
