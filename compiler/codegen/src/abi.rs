//! The contract between machine code and the runtime: layouts, status codes, and the table of builtins.

/// A script value as machine code passes it, always by pointer. Strings point into the message, its arena or the
/// program, and live as long as the script run.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct RawVal {
    /// [`TAG_NULL`], [`TAG_INT`] or [`TAG_STR`].
    pub tag: u64,
    /// The number, for `TAG_INT`.
    pub int: i64,
    /// The bytes, for `TAG_STR`.
    pub ptr: *const u8,
    /// Their number.
    pub len: usize,
}

/// A string as builtins return it. Never null: an empty string has a dangling pointer.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct RawStr {
    /// The bytes.
    pub ptr: *const u8,
    /// Their number.
    pub len: usize,
}

impl RawStr {
    /// The string of these bytes; the caller answers for their life.
    pub const fn new(bytes: &[u8]) -> RawStr {
        RawStr { ptr: bytes.as_ptr(), len: bytes.len() }
    }
}

/// Undefined.
pub const TAG_NULL: u64 = 0;
/// An integer (already wrapped to 32 bits where the generation wants it).
pub const TAG_INT: u64 = 1;
/// A string.
pub const TAG_STR: u64 = 2;

impl RawVal {
    /// The undefined value.
    pub const NULL: RawVal = RawVal { tag: TAG_NULL, int: 0, ptr: std::ptr::null(), len: 0 };
    /// An integer.
    pub const fn int(value: i64) -> RawVal {
        RawVal { tag: TAG_INT, int: value, ptr: std::ptr::null(), len: 0 }
    }
}

/// The part of the script context that machine code reads and writes itself: the context begins with it.
#[repr(C)]
#[derive(Debug)]
pub struct Header {
    /// The table of `$var` slots of this run. An unset slot is the integer 0.
    pub vars: *mut RawVal,
    /// `$rc`: what the last function or route returned.
    pub rc: i64,
    /// Nesting of routes and of the blocks in them (0 in the first route), bounded by `max_recursive_level`.
    pub depth: u32,
    /// Bound of `depth`.
    pub max_depth: u32,
    /// `max_while_loops`.
    pub max_while: u32,
    /// Set by the probes' user; when zero, probes are not called.
    pub probes: u32,
    /// Machine code of the program's routes: one entry each, null until compiled.
    pub code: *const std::sync::atomic::AtomicPtr<u8>,
    /// The lowest stack address at which a route may still be called; 0 to leave it to `max_depth` alone.
    pub stack_limit: usize,
}

/// What a route or a builtin that may end the script returns.
pub mod status {
    /// Go on with the next statement.
    pub const GO: i32 = 0;
    /// Leave the script (`exit`).
    pub const EXIT: i32 = 1;
    /// Leave the script and drop the message or branch (`drop`).
    pub const DROP: i32 = 2;
    /// The fibre was cancelled: return at once, run nothing more.
    pub const CANCELLED: i32 = 3;
}

/// A compiled route: runs with the context, returns a [`status`]; its return value is in `Header::rc`.
pub type RouteFn = unsafe extern "C-unwind" fn(ctx: *mut Header) -> i32;
