//! How items are chosen: `$shtcn`, `$shtcv`, `sht_rm_name()`, `sht_has_str_value()` and their kin.

use kamjit_engine::{regex::Regex, value::parse_int};

use super::table::{Item, Value};

/// What is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// The item's key.
    Name,
    /// Its value, if that is text.
    Value,
}

impl Of {
    fn text(self, item: &Item) -> Option<&[u8]> {
        match self {
            Of::Name => Some(&item.name),
            Of::Value => item.value.text(),
        }
    }
}

/// A choice.
pub(super) enum Choice {
    /// All items.
    All,
    /// Text that a pattern matches (case is ignored, captured).
    Regex(Regex),
    /// Text that begins so.
    Begins(Box<[u8]>),
    /// Text that ends so.
    Ends(Box<[u8]>),
    /// Equal text.
    Equals(Box<[u8]>),
    /// Other text.
    Differs(Box<[u8]>),
    /// An equal number.
    Number(i64),
}

impl Choice {
    /// Reads the operator and pattern of `$shtcn` and `$shtcv` (captured: `~~` pattern, `%~` begins, `~%` ends, `==`
    /// equals, `eq` equal number, `**` all; anything else is a pattern).
    pub fn of_count(text: &[u8], of: Of) -> Result<Choice, String> {
        let rest = text.get(2..).unwrap_or_default();
        Ok(match text.get(..2).unwrap_or_default() {
            b"**" => Choice::All,
            _ if rest.is_empty() => Choice::regex(text)?,
            b"~~" => Choice::regex(rest)?,
            b"%~" => Choice::Begins(rest.into()),
            b"~%" => Choice::Ends(rest.into()),
            b"==" => Choice::Equals(rest.into()),
            b"eq" if of == Of::Value => Choice::Number(parse_int(rest).unwrap_or(0)),
            _ => Choice::regex(text)?,
        })
    }

    /// By the operator of a function: `re`, `sw`, and where something is looked for also `eq`, `ne`.
    /// `Ok(None)`: there is no such operator.
    pub fn of_function(operator: &[u8], text: &[u8], removing: bool) -> Result<Option<Choice>, String> {
        Ok(Some(match operator {
            b"re" => Choice::regex(text)?,
            b"sw" => Choice::Begins(text.into()),
            b"eq" if !removing => Choice::Equals(text.into()),
            b"ne" if !removing => Choice::Differs(text.into()),
            _ => return Ok(None),
        }))
    }

    /// A pattern.
    pub fn regex(pattern: &[u8]) -> Result<Choice, String> {
        Regex::new(pattern, true).map(Choice::Regex)
    }

    /// Whether an item is chosen.
    pub fn takes(&self, of: Of, item: &Item) -> bool {
        if let (Choice::Number(wanted), Value::Int(n)) = (self, &item.value) {
            return wanted == n;
        }
        match (self, of.text(item)) {
            (Choice::All, _) => true,
            (_, None) | (Choice::Number(_), _) => false,
            (Choice::Regex(regex), Some(text)) => regex.is_match(text),
            (Choice::Begins(start), Some(text)) => text.starts_with(start),
            (Choice::Ends(end), Some(text)) => text.ends_with(end),
            (Choice::Equals(other), Some(text)) => text == &**other,
            (Choice::Differs(other), Some(text)) => text != &**other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_those_of_the_real_server() {
        let item = |name: &str, value| Item { name: name.as_bytes().into(), value, expires: 0 };
        let text = |value: &str| Value::Str(value.as_bytes().into());
        let items = [
            item("x", Value::Int(1)),
            item("y", text("yy")),
            item("xy", text("x")),
            item("abc", text("1")),
            item("123", Value::Int(123)),
        ];
        let count = |of, what: &str| {
            let choice = Choice::of_count(what.as_bytes(), of).unwrap();
            items.iter().filter(|item| choice.takes(of, item)).count()
        };
        for (what, names) in
            [("re:^x", 0), ("~~^x", 2), ("~%x", 1), ("%~x", 2), ("x", 2), ("~~X", 2), ("**", 5)]
        {
            assert_eq!(count(Of::Name, what), names, "{what}");
        }
        for (what, values) in
            [("~~y", 1), ("1", 1), ("~~.*", 3), ("==1", 1), ("eq1", 1), ("==123", 0), ("eq123", 1)]
        {
            assert_eq!(count(Of::Value, what), values, "{what}");
        }
    }
}
