//! Puts the parts of an export table together at compile time, so that each part can stand beside its code.

/// The number of entries of all parts.
pub const fn total<T>(parts: &[&[T]]) -> usize {
    let (mut at, mut sum) = (0, 0);
    while at < parts.len() {
        sum += parts[at].len();
        at += 1;
    }
    sum
}

/// All parts one after another; `N` is their [`total`].
pub const fn join<T: Copy, const N: usize>(parts: &[&[T]]) -> [T; N] {
    let mut all = [parts[0][0]; N];
    let (mut part, mut at) = (0, 0);
    while part < parts.len() {
        let mut item = 0;
        while item < parts[part].len() {
            all[at] = parts[part][item];
            at += 1;
            item += 1;
        }
        part += 1;
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_joined_in_order() {
        const PARTS: &[&[u8]] = &[&[1, 2], &[], &[3]];
        assert_eq!(join::<u8, { total(PARTS) }>(PARTS), [1, 2, 3]);
    }
}
