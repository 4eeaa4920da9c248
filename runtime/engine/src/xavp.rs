//! Extended attribute-value pairs: named lists whose values may be structures, `$xavp(a[0]=>b)`.

use bumpalo::Bump;

use crate::value::Val;

/// The trees of `$xavp`, `$xavu` and `$xavi`. They belong to a message until a transaction takes them over.
#[derive(Clone, Debug, Default)]
pub struct Xavps {
    /// `$xavp`.
    pub xavp: XavpList,
    /// `$xavu`: names are unique.
    pub xavu: XavpList,
    /// `$xavi`: names ignore case.
    pub xavi: XavpList,
}

/// A value in a list.
#[derive(Clone, Debug, PartialEq)]
pub enum XavpValue {
    /// A number.
    Int(i64),
    /// Text.
    Str(Box<[u8]>),
    /// A structure.
    List(XavpList),
}

impl XavpValue {
    /// Takes a value over; `None` for undefined.
    pub fn from_val(value: Val<'_>) -> Option<XavpValue> {
        match value {
            Val::Null => None,
            Val::Int(n) => Some(XavpValue::Int(n)),
            Val::Str(s) => Some(XavpValue::Str(s.into())),
        }
    }

    /// A copy for a run; undefined for a structure.
    pub fn to_val<'m>(&self, arena: &'m Bump) -> Val<'m> {
        match self {
            XavpValue::Int(n) => Val::Int(*n),
            XavpValue::Str(s) => Val::Str(arena.alloc_slice_copy(s)),
            XavpValue::List(_) => Val::Null,
        }
    }

    /// The structure, if it is one.
    pub fn list(&self) -> Option<&XavpList> {
        match self {
            XavpValue::List(list) => Some(list),
            _ => None,
        }
    }
}

/// Named values; the newest of a name comes first.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct XavpList {
    /// Oldest first.
    pub items: Vec<(Box<[u8]>, XavpValue)>,
}

/// How names are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Names {
    /// Byte by byte.
    Exact,
    /// Without case.
    NoCase,
}

impl Names {
    fn equal(self, a: &[u8], b: &[u8]) -> bool {
        match self {
            Names::Exact => a == b,
            Names::NoCase => a.eq_ignore_ascii_case(b),
        }
    }
}

/// Entries that one list may hold: a script that adds in a loop must not eat the memory.
pub const MAX_ITEMS: usize = 16 * 1024;

impl XavpList {
    /// Place of the `index`-th value of a name, newest first; negative indices count from the oldest.
    fn place(&self, name: &[u8], index: i64, names: Names) -> Option<usize> {
        let mut places = (0..self.items.len()).filter(|&at| names.equal(&self.items[at].0, name));
        match usize::try_from(index) {
            Ok(from_newest) => places.nth_back(from_newest),
            Err(_) => places.nth(usize::try_from(index.unsigned_abs() - 1).ok()?),
        }
    }

    /// The `index`-th value of a name.
    pub fn get(&self, name: &[u8], index: i64, names: Names) -> Option<&XavpValue> {
        self.items.get(self.place(name, index, names)?).map(|(_, value)| value)
    }

    /// The same, to change it.
    pub fn get_mut(&mut self, name: &[u8], index: i64, names: Names) -> Option<&mut XavpValue> {
        let at = self.place(name, index, names)?;
        self.items.get_mut(at).map(|(_, value)| value)
    }

    /// The `index`-th value of a name, if it is a structure.
    pub fn list(&self, name: &[u8], index: i64, names: Names) -> Option<&XavpList> {
        self.get(name, index, names)?.list()
    }

    /// The same, to change it.
    pub fn list_mut(&mut self, name: &[u8], index: i64, names: Names) -> Option<&mut XavpList> {
        match self.get_mut(name, index, names)? {
            XavpValue::List(list) => Some(list),
            _ => None,
        }
    }

    /// The newest structure of a name, made if there is none.
    pub fn list_or_new(&mut self, name: &[u8], names: Names) -> Option<&mut XavpList> {
        if self.list(name, 0, names).is_none() && !self.push(name, XavpValue::List(XavpList::default())) {
            return None;
        }
        self.list_mut(name, 0, names)
    }

    /// Adds a value in front. False when the list is full.
    pub fn push(&mut self, name: &[u8], value: XavpValue) -> bool {
        if self.items.len() >= MAX_ITEMS {
            return false;
        }
        self.items.push((name.into(), value));
        true
    }

    /// Replaces the `index`-th value of a name; false if there is none.
    pub fn replace(&mut self, name: &[u8], index: i64, value: XavpValue, names: Names) -> bool {
        match self.get_mut(name, index, names) {
            Some(slot) => {
                *slot = value;
                true
            }
            None => false,
        }
    }

    /// Replaces the newest value of a name, or adds it.
    pub fn put(&mut self, name: &[u8], value: XavpValue, names: Names) -> bool {
        match self.get_mut(name, 0, names) {
            Some(slot) => {
                *slot = value;
                true
            }
            None => self.push(name, value),
        }
    }

    /// Removes the `index`-th value of a name.
    pub fn remove(&mut self, name: &[u8], index: i64, names: Names) -> bool {
        match self.place(name, index, names) {
            Some(at) => {
                self.items.remove(at);
                true
            }
            None => false,
        }
    }

    /// Removes all values of a name and tells how many.
    pub fn remove_all(&mut self, name: &[u8], names: Names) -> usize {
        let before = self.items.len();
        self.items.retain(|(known, _)| !names.equal(known, name));
        before - self.items.len()
    }

    /// Number of values of a name.
    pub fn count(&self, name: &[u8], names: Names) -> usize {
        self.items.iter().filter(|(known, _)| names.equal(known, name)).count()
    }

    /// All entries, newest first.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &XavpValue)> {
        self.items.iter().rev().map(|(name, value)| (&**name, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_comes_first() {
        let mut list = XavpList::default();
        list.push(b"a", XavpValue::Int(1));
        list.push(b"A", XavpValue::Int(9));
        list.push(b"a", XavpValue::Int(2));
        assert_eq!(list.get(b"a", 0, Names::Exact), Some(&XavpValue::Int(2)));
        assert_eq!(list.get(b"a", -1, Names::Exact), Some(&XavpValue::Int(1)));
        assert_eq!(list.get(b"a", 2, Names::Exact), None);
        assert_eq!(list.get(b"a", i64::MIN, Names::Exact), None);
        assert_eq!(list.count(b"a", Names::NoCase), 3);
        assert!(
            list.remove(b"a", 0, Names::Exact) && !list.replace(b"a", 1, XavpValue::Int(0), Names::Exact)
        );
    }
}
