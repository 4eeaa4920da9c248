//! URIs that one script run has parsed: scripts ask for `$fU`, `$fd`, `$rd` again and again.

use std::cell::Cell;

use bumpalo::Bump;
use kamjit_sip::Uri;

/// A text by its place in memory, and what it parsed to. Texts of a run (`'m`) never change.
type Entry<'m> = (*const u8, usize, Option<&'m Uri<'m>>);

/// The last few URIs parsed.
#[derive(Default)]
pub(crate) struct UriCache<'m> {
    entries: [Cell<Option<Entry<'m>>>; 4],
    next: Cell<usize>,
}

impl<'m> UriCache<'m> {
    /// The URI, parsed once for each text; `None` if it is malformed.
    pub(crate) fn get(&self, arena: &'m Bump, raw: &'m [u8]) -> Option<&'m Uri<'m>> {
        let wanted = (raw.as_ptr(), raw.len());
        for entry in &self.entries {
            if let Some((ptr, len, uri)) = entry.get()
                && (ptr, len) == wanted
            {
                return uri;
            }
        }
        let uri = Uri::parse(raw).ok().map(|uri| &*arena.alloc(uri));
        let at = self.next.get();
        self.entries[at].set(Some((wanted.0, wanted.1, uri)));
        self.next.set((at + 1) % self.entries.len());
        uri
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_last_few() {
        let (arena, cache) = (Bump::new(), UriCache::default());
        let texts: Vec<Vec<u8>> = (0..6).map(|k| format!("sip:u{k}@h").into_bytes()).collect();
        let texts: Vec<&[u8]> = texts.iter().map(|t| &*arena.alloc_slice_copy(t)).collect();
        for text in texts.iter().chain(&texts) {
            let first = cache.get(&arena, text).unwrap();
            assert_eq!(first.raw, *text);
            assert!(std::ptr::eq(first, cache.get(&arena, text).unwrap()));
        }
        let bad: &[u8] = b"sip:";
        assert!(cache.get(&arena, bad).is_none() && cache.get(&arena, bad).is_none());
    }
}
