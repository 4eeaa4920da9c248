//! The source of choices, and what all generators share.

use super::{Case, Subject};
use crate::noise::Noise;

/// Route and Call-ID of the case of that number.
pub fn id(number: usize) -> String {
    format!("c{number}")
}

/// Makes the choices of one case; the same name of a case gives the same choices on every machine.
#[derive(Debug)]
pub struct Gen {
    noise: Noise,
    subject: Subject,
    seed: u64,
    number: usize,
    labels: usize,
}

impl Gen {
    /// The source for one case.
    pub fn new(subject: Subject, seed: u64, number: usize) -> Self {
        let mixed = seed
            .wrapping_mul(0x0100_0000_01b3)
            .wrapping_add(number as u64)
            .wrapping_mul(0xff51_afd7_ed55_8ccd)
            .wrapping_add(subject as u64);
        let mut noise = Noise::new(mixed);
        // Neighbouring numbers begin alike; a few steps part them.
        for _ in 0..4 {
            noise.next_u64();
        }
        Self { noise, subject, seed, number, labels: 0 }
    }

    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        self.noise.below(limit)
    }

    /// A number of that range, both ends included.
    pub fn between(&mut self, low: usize, high: usize) -> usize {
        low + self.below(high + 1 - low)
    }

    /// True in so many of a hundred cases.
    pub fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    /// One of them.
    pub fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> &'a T {
        from[self.below(from.len())]
    }

    /// One of them.
    pub fn choose<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    /// The case's id.
    pub fn id(&self) -> String {
        id(self.number)
    }

    /// Another generator with choices of its own, for the same case.
    pub fn other(&mut self, subject: Subject) -> Self {
        let seed = self.noise.next_u64();
        Self { subject, seed: self.seed, number: self.number, ..Self::new(subject, seed, self.number) }
    }

    /// A number that is new within the case, to tell log lines apart.
    pub fn label(&mut self) -> usize {
        self.labels += 1;
        self.labels
    }

    /// The case: the common message, no answers.
    pub fn case(&self, lines: Vec<String>) -> Case {
        Case {
            subject: self.subject,
            seed: self.seed,
            number: self.number,
            lines,
            files: Vec::new(),
            message: super::messages::common(&self.id()).to_bytes(),
            answers: Vec::new(),
        }
    }

    /// A case whose route holds these statements.
    pub fn route(&self, statements: Vec<String>) -> Case {
        let mut lines = vec![format!("route[{}] {{", self.id())];
        lines.extend(statements);
        lines.push("}".into());
        self.case(lines)
    }
}

/// A string literal in double quotes with that content.
pub fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
