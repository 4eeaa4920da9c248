//! How much room a POSIX extended regular expression takes: glibc writes repetitions out before it matches anything, so
//! that some forty bytes can ask for more memory than there is.

/// Longest pattern: glibc reads parentheses by recursion.
const MAX_PATTERN: usize = 4096;

/// Most atoms, once all repetitions are written out.
const MAX_ATOMS: u64 = 20_000;

/// Whether a pattern may be given to glibc.
pub(super) fn is_bounded(pattern: &[u8]) -> bool {
    pattern.len() <= MAX_PATTERN && atoms(pattern) <= MAX_ATOMS
}

/// The number of atoms of a pattern with its repetitions written out: `x{n}` is n times `x`, `x+` is `xx*`.
fn atoms(pattern: &[u8]) -> u64 {
    // What is behind us in each group that is open, and the atom before the current place.
    let (mut groups, mut sum, mut last) = (Vec::new(), 0_u64, 0_u64);
    let mut at = 0;
    while let Some(&byte) = pattern.get(at) {
        match byte {
            b'(' => {
                groups.push(sum.saturating_add(last));
                (sum, last) = (0, 0);
            }
            b')' => {
                last = sum.saturating_add(last).max(1);
                sum = groups.pop().unwrap_or(0);
            }
            b'+' => last = last.max(1).saturating_mul(2),
            b'*' | b'?' => {}
            b'{' => {
                let (most, length) = most_of_interval(&pattern[at + 1..]);
                last = last.max(1).saturating_mul(most.max(1));
                at += length;
            }
            _ => {
                sum = sum.saturating_add(last);
                last = 1;
                at += match byte {
                    b'\\' => 1,
                    b'[' => length_of_bracket(&pattern[at + 1..]),
                    _ => 0,
                };
            }
        }
        at += 1;
    }
    groups.into_iter().fold(sum.saturating_add(last), u64::saturating_add)
}

/// The largest number of `n}`, `n,}` or `n,m}`, and its length behind the `{`.
fn most_of_interval(text: &[u8]) -> (u64, usize) {
    let length = text.iter().take_while(|b| b.is_ascii_digit() || **b == b',').count();
    let numbers = text.get(..length).unwrap_or_default().split(|b| *b == b',');
    let read = |digits: &[u8]| {
        digits.iter().fold(0_u64, |n, b| n.saturating_mul(10).saturating_add(u64::from(b - b'0')))
    };
    let closed = usize::from(text.get(length) == Some(&b'}'));
    (numbers.map(read).max().unwrap_or(0), length + closed)
}

/// The length of the rest of a bracket expression; a `]` in the first place is one of its characters.
fn length_of_bracket(text: &[u8]) -> usize {
    let first = usize::from(text.first() == Some(&b'^'));
    let end = text.iter().skip(first + 1).position(|b| *b == b']');
    end.map_or(text.len(), |end| first + 1 + end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_patterns_are_small() {
        for (pattern, expected) in [
            ("", 0),
            ("abc", 3),
            ("a+b+", 4),
            ("^sip:[0-9]{2,4}@.*$", 12),
            ("(ab|c)+", 8),
            ("[]+*{9}]x", 2),
            ("\\+\\{99", 4),
        ] {
            assert_eq!(atoms(pattern.as_bytes()), expected, "{pattern}");
        }
    }

    #[test]
    fn towers_of_repetitions_are_refused() {
        let plus = format!("a{}", "+".repeat(64));
        let nested = format!("{}a{}", "(".repeat(40), ")+".repeat(40));
        for pattern in
            [&*plus, &*nested, "(((a{255}){255}){255})", "a{9,99999999999999999999}", &"(".repeat(5000)]
        {
            assert!(!is_bounded(pattern.as_bytes()), "{pattern}");
        }
        assert!(is_bounded(b"(a+)+b{255}"));
    }
}
