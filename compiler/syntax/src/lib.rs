//! placeholder until the syntax crate lands
/// Byte span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Span {
    /// start
    pub start: u32,
    /// end
    pub end: u32,
}
pub mod pv {
    //! placeholder
    /// placeholder
    #[derive(Clone, Debug)]
    pub struct PvRef {}
}
