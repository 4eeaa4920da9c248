//! Makes a case that differs as small as possible: first by lines, then by tokens.

use super::tokens::tokens;
use super::{Case, Difference, known};

/// How many runs one case may cost.
const RUNS: usize = 120;

/// The smallest case found that still differs.
pub fn smallest(found: Difference) -> Difference {
    let mut runs = 0;
    let mut best = found;
    let lines: Vec<String> =
        best.case.lines.iter().flat_map(|l| l.lines()).map(|l| format!("{l}\n")).collect();
    let case = best.case.clone();
    reduce(lines, &case, &mut best, &mut runs);
    let parts = tokens(&best.case.lines.join("\n"));
    reduce(parts, &case, &mut best, &mut runs);
    best
}

/// Leaves out ever smaller stretches while the case still differs in the same way.
fn reduce(mut parts: Vec<String>, case: &Case, best: &mut Difference, runs: &mut usize) {
    let mut stretch = parts.len().div_ceil(2);
    while stretch > 0 {
        let mut at = 0;
        let before = parts.len();
        while at < parts.len() && *runs < RUNS {
            let end = (at + stretch).min(parts.len());
            if parts.get(at..end).is_some_and(|cut| cut.iter().all(|p| p.trim().is_empty())) {
                at = end;
                continue;
            }
            let fewer: Vec<String> = parts.iter().take(at).chain(parts.iter().skip(end)).cloned().collect();
            let text = fewer.concat();
            let tried = Case { lines: text.lines().map(str::to_owned).collect(), ..case.clone() };
            *runs += 1;
            match Difference::of(&tried) {
                Some(smaller) if same_kind(best, &smaller) && known::explains(&smaller).is_none() => {
                    *best = smaller;
                    parts = fewer;
                }
                _ => at = end,
            }
        }
        if stretch == 1 && parts.len() == before {
            break;
        }
        stretch = if stretch == 1 { 1 } else { stretch / 2 };
        if *runs >= RUNS {
            break;
        }
    }
}

/// Whether both servers end up the same way as before (refused, ran, crashed), so that one finding does not turn into
/// another.
fn same_kind(a: &Difference, b: &Difference) -> bool {
    let same = std::mem::discriminant::<super::Seen>;
    same(&a.reference) == same(&b.reference) && same(&a.candidate) == same(&b.candidate)
}
