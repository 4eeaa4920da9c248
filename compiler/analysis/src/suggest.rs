//! "Did you mean": the known name nearest to a wrong one.

/// The nearest of the known names, if it is near enough to be what was meant.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = match name.chars().count() {
        0..=2 => 0,
        3..=5 => 1,
        6..=9 => 2,
        _ => 3,
    };
    let wanted = name.to_lowercase();
    known
        .into_iter()
        .filter(|k| *k != name)
        .map(|k| (distance(&wanted, &k.to_lowercase()), k))
        .filter(|(d, _)| *d <= limit)
        .min_by_key(|(d, _)| *d)
        .map(|(_, k)| k)
}

/// Number of insertions, deletions, replacements and swaps of neighbours between two words.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let mut best = (row[j] + usize::from(x != y)).min(row[j + 1] + 1).min(next[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                best = best.min(before[j - 1] + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_typing_errors() {
        let known = ["t_relay", "t_reply", "sl_send_reply", "is_method"];
        assert_eq!(nearest("t_rleay", known), Some("t_relay"));
        assert_eq!(nearest("sl_sendreply", known), Some("sl_send_reply"));
        assert_eq!(nearest("T_RELAY", known), Some("t_relay"));
        assert_eq!(nearest("frobnicate", known), None);
        assert_eq!(nearest("ab", ["ac"]), None);
    }
}
