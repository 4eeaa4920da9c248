//! Extended attribute-value pairs: named lists whose values may be structures, `$xavp(a[0]=>b)`.

/// The trees of `$xavp`, `$xavu` and `$xavi`. They belong to a message until a transaction takes them over.
#[derive(Clone, Debug, Default)]
pub struct Xavps {
    /// `$xavp`.
    pub xavp: XavpList,
    /// `$xavu`.
    pub xavu: XavpList,
    /// `$xavi`.
    pub xavi: XavpList,
}

/// A value in a list.
#[derive(Clone, Debug)]
pub enum XavpValue {
    /// A number.
    Int(i64),
    /// Text.
    Str(Box<[u8]>),
    /// A structure.
    List(XavpList),
}

/// Named values; the newest of a name comes first.
#[derive(Clone, Debug, Default)]
pub struct XavpList {
    /// Oldest first.
    pub items: Vec<(Box<[u8]>, XavpValue)>,
}
