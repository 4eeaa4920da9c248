//! Attribute-value pairs: `$avp(name)`. A list belongs to a message until a transaction takes it over.

use std::sync::Arc;

use bumpalo::Bump;

use crate::value::Val;

/// A name, hashed once. Numbers (`$avp(i:5)`) and texts are different names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AvpName {
    hash: u64,
    key: AvpKey,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum AvpKey {
    Number(i64),
    Text(Arc<[u8]>),
}

impl AvpName {
    /// A name of text.
    pub fn text(name: &[u8]) -> AvpName {
        // FNV-1a: only compared, never used to place anything.
        let hash = name
            .iter()
            .fold(0xcbf2_9ce4_8422_2325, |h: u64, &b| (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3));
        AvpName { hash, key: AvpKey::Text(name.into()) }
    }

    /// A number.
    pub fn number(number: i64) -> AvpName {
        AvpName { hash: number as u64, key: AvpKey::Number(number) }
    }

    /// The number, if the name is one.
    pub fn as_number(&self) -> Option<i64> {
        match self.key {
            AvpKey::Number(number) => Some(number),
            AvpKey::Text(_) => None,
        }
    }

    /// The text, if the name is one.
    pub fn as_text(&self) -> Option<&[u8]> {
        match &self.key {
            AvpKey::Number(_) => None,
            AvpKey::Text(text) => Some(text),
        }
    }

    /// From the text in parentheses: `name`, `s:name`, `i:number`, or with the class of old `f.name` (captured: `f.`
    /// and `fr.` mean no class, `t.` and `tr.` the same one, other names with a dot are refused).
    pub fn from_spec(spec: &[u8]) -> Option<AvpName> {
        match spec {
            [b'i' | b'I', b':', number @ ..] => {
                let digits = number.len() <= 10 && number.iter().all(u8::is_ascii_digit);
                crate::value::parse_int(number).filter(|_| digits).map(AvpName::number)
            }
            [b's' | b'S', b':', name @ ..] => (!name.is_empty()).then(|| AvpName::text(name)),
            [] | [_, b':', ..] => None,
            name => match name.iter().position(|&b| b == b'.') {
                None => Some(AvpName::text(name)),
                Some(dot) => AvpName::of_class(&name[..dot], &name[dot + 1..]),
            },
        }
    }

    fn of_class(class: &[u8], name: &[u8]) -> Option<AvpName> {
        if name.is_empty() || name.contains(&b'.') {
            return None;
        }
        // A NUL keeps them apart from names that a configuration can write.
        match class {
            b"f" | b"fr" => Some(AvpName::text(name)),
            b"t" | b"tr" => Some(AvpName::text(&[b"\0tr", name].concat())),
            b"fu" | b"fd" | b"tu" | b"td" | b"g" => Some(AvpName::text(&[b"\0", class, name].concat())),
            _ => None,
        }
    }

    /// A name that is computed: a number, or text as it stands.
    pub fn from_val(value: Val<'_>) -> Option<AvpName> {
        match value {
            Val::Null | Val::Str(b"") => None,
            Val::Int(number) => Some(AvpName::number(number)),
            Val::Str(name) => Some(AvpName::text(name)),
        }
    }
}

/// An owned value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AvpValue {
    /// A number.
    Int(i64),
    /// Text.
    Str(Box<[u8]>),
}

impl AvpValue {
    /// Takes a value over; `None` for undefined.
    pub fn from_val(value: Val<'_>) -> Option<AvpValue> {
        match value {
            Val::Null => None,
            Val::Int(n) => Some(AvpValue::Int(n)),
            Val::Str(s) => Some(AvpValue::Str(s.into())),
        }
    }

    /// A copy for a run.
    pub fn to_val<'m>(&self, arena: &'m Bump) -> Val<'m> {
        match self {
            AvpValue::Int(n) => Val::Int(*n),
            AvpValue::Str(s) => Val::Str(arena.alloc_slice_copy(s)),
        }
    }
}

/// One pair with the flags that `setavpflag()` gave it.
#[derive(Clone, Debug)]
struct Pair {
    name: AvpName,
    value: AvpValue,
    flags: u32,
}

/// A list; the newest pair of a name comes first.
#[derive(Clone, Debug, Default)]
pub struct Avps {
    list: Vec<Pair>,
}

/// Pairs that one message or transaction may hold: a script that adds in a loop must not eat the memory.
pub const MAX_AVPS: usize = 16 * 1024;

impl Avps {
    /// The `index`-th value of a name, newest first; negative indices count from the oldest.
    pub fn get(&self, name: &AvpName, index: i64) -> Option<&AvpValue> {
        let mut found = self.list.iter().filter(|pair| pair.name == *name).map(|pair| &pair.value);
        if index >= 0 { found.nth_back(index as usize) } else { found.nth(index.unsigned_abs() as usize - 1) }
    }

    /// All values of a name, newest first.
    pub fn all<'a>(&'a self, name: &'a AvpName) -> impl Iterator<Item = &'a AvpValue> {
        self.list.iter().rev().filter(move |pair| pair.name == *name).map(|pair| &pair.value)
    }

    /// Adds a value in front of those of the same name. False when the list is full.
    pub fn add(&mut self, name: AvpName, value: AvpValue) -> bool {
        if self.list.len() >= MAX_AVPS {
            return false;
        }
        self.list.push(Pair { name, value, flags: 0 });
        true
    }

    /// Replaces the `index`-th value of a name (newest first); false if there is none.
    pub fn replace(&mut self, name: &AvpName, index: i64, value: AvpValue) -> bool {
        let mut found = self.list.iter_mut().filter(|pair| pair.name == *name);
        let slot = if index >= 0 {
            found.nth_back(index as usize)
        } else {
            found.nth(index.unsigned_abs() as usize - 1)
        };
        match slot {
            Some(slot) => {
                slot.value = value;
                true
            }
            None => false,
        }
    }

    /// Removes the newest value of a name.
    pub fn remove_newest(&mut self, name: &AvpName) -> bool {
        match self.list.iter().rposition(|pair| pair.name == *name) {
            Some(at) => {
                self.list.remove(at);
                true
            }
            None => false,
        }
    }

    /// Removes one value, counted as in [`Avps::get`].
    pub fn remove_at(&mut self, name: &AvpName, index: i64) -> bool {
        let places: Vec<usize> = (0..self.list.len()).rev().filter(|&i| self.list[i].name == *name).collect();
        let at = if index >= 0 {
            index as usize
        } else {
            places.len().wrapping_sub(index.unsigned_abs() as usize)
        };
        match places.get(at) {
            Some(&at) => {
                self.list.remove(at);
                true
            }
            None => false,
        }
    }

    /// Removes all values of a name and tells how many.
    pub fn remove_all(&mut self, name: &AvpName) -> usize {
        let before = self.list.len();
        self.list.retain(|pair| pair.name != *name);
        before - self.list.len()
    }

    /// The flags of the newest pair of a name, to read and to change.
    pub fn flags_mut(&mut self, name: &AvpName) -> Option<&mut u32> {
        self.list.iter_mut().rev().find(|pair| pair.name == *name).map(|pair| &mut pair.flags)
    }

    /// Removes every pair whose name is as `unwanted` says, and tells how many.
    pub fn remove_where(&mut self, unwanted: impl Fn(&AvpName) -> bool) -> usize {
        let before = self.list.len();
        self.list.retain(|pair| !unwanted(&pair.name));
        before - self.list.len()
    }

    /// All pairs, newest first.
    pub fn iter(&self) -> impl Iterator<Item = (&AvpName, &AvpValue)> {
        self.list.iter().rev().map(|pair| (&pair.name, &pair.value))
    }

    /// Number of pairs.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// True without pairs.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}
