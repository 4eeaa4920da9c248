//! Where the writers put their bytes: a `Vec<u8>` or one in the arena.

/// A growing byte buffer.
pub trait Sink {
    /// Appends the bytes.
    fn put(&mut self, bytes: &[u8]);
    /// Makes room for `more` bytes, so that the writer grows at most once.
    fn room(&mut self, more: usize);
    /// Number of bytes so far.
    fn filled(&self) -> usize;

    /// Appends a number in decimal.
    fn put_num(&mut self, n: u64) {
        self.put(crate::text::decimal(n, &mut [0; 20]));
    }
}

impl Sink for Vec<u8> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
    fn room(&mut self, more: usize) {
        self.reserve(more);
    }
    fn filled(&self) -> usize {
        self.len()
    }
}

impl Sink for bumpalo::collections::Vec<'_, u8> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice_copy(bytes);
    }
    fn room(&mut self, more: usize) {
        self.reserve(more);
    }
    fn filled(&self) -> usize {
        self.len()
    }
}
