//! A line diff for reports.

/// Unified view of two texts with three lines of context, or `None` when they are equal.
pub fn diff(left: &[String], right: &[String]) -> Option<String> {
    if left == right {
        return None;
    }
    let edits = edits(left, right);
    let changed: Vec<usize> =
        edits.iter().enumerate().filter(|(_, (mark, _))| *mark != ' ').map(|(i, _)| i).collect();
    let mut out = String::new();
    let mut last = None;
    for (at, (mark, line)) in edits.iter().enumerate() {
        if !changed.iter().any(|c| c.abs_diff(at) <= 3) {
            continue;
        }
        if last.is_some_and(|l: usize| l + 1 != at) {
            out.push_str("  ...\n");
        }
        last = Some(at);
        out.push_str(&format!("{mark} {line}\n"));
    }
    Some(out)
}

/// Longest common subsequence, as lines marked ' ', '-' (left only) and '+' (right only).
fn edits<'a>(left: &'a [String], right: &'a [String]) -> Vec<(char, &'a str)> {
    let width = right.len() + 1;
    let mut table = vec![0u32; (left.len() + 1) * width];
    for (i, a) in left.iter().enumerate().rev() {
        for (j, b) in right.iter().enumerate().rev() {
            table[i * width + j] = if a == b {
                table[(i + 1) * width + j + 1] + 1
            } else {
                table[(i + 1) * width + j].max(table[i * width + j + 1])
            };
        }
    }
    let (mut i, mut j, mut out) = (0, 0, Vec::new());
    while let (Some(a), Some(b)) = (left.get(i), right.get(j)) {
        if a == b {
            out.push((' ', a.as_str()));
            (i, j) = (i + 1, j + 1);
        } else if table[(i + 1) * width + j] >= table[i * width + j + 1] {
            out.push(('-', a.as_str()));
            i += 1;
        } else {
            out.push(('+', b.as_str()));
            j += 1;
        }
    }
    out.extend(left.iter().skip(i).map(|l| ('-', l.as_str())));
    out.extend(right.iter().skip(j).map(|l| ('+', l.as_str())));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_only_what_differs() {
        let lines = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(diff(&lines("a b"), &lines("a b")), None);
        assert_eq!(diff(&lines("a b c"), &lines("a x c")).as_deref(), Some("  a\n- b\n+ x\n  c\n"));
    }
}
