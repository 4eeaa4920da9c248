//! The table of builtins: what machine code calls in the runtime. One row gives a builtin's name, arguments and
//! result; codegen makes the symbol and its signature from it, the engine the functions.
//!
//! Every builtin is an `extern "C-unwind"` function that never unwinds: it catches panics and reports them as
//! [`crate::abi::status::EXIT`] (or an empty value where it returns no status).

use cranelift_codegen::ir::{Type, types};

use crate::abi::{Header, RawStr, RawVal};
use kamjit_analysis::ir::IpNet;

/// Calls the given macro with the whole table.
#[macro_export]
macro_rules! for_each_builtin {
    ($expand:ident) => {
        $expand! {
            /// Runs a prepared call with its dynamic arguments. Low half: the function's code (32 bits, signed);
            /// high half: the status. A code of 0 comes with the status EXIT.
            call(ctx: *mut Header, site: usize, args: *const RawVal) -> i64;
            /// Reads a pseudo-variable; returns a status.
            pv_get(ctx: *mut Header, pv: usize, out: *mut RawVal) -> i32;
            /// Assigns a pseudo-variable; returns a status. A value it cannot take is logged and leaves it alone.
            pv_set(ctx: *mut Header, pv: usize, value: *const RawVal) -> i32;
            /// Assigns what another variable holds: a number that the target does not take is given as text.
            pv_copy(ctx: *mut Header, pv: usize, value: *const RawVal) -> i32;
            /// A value as an integer; what is no number counts as 0.
            val_to_int(ctx: *mut Header, value: *const RawVal) -> i64;
            /// A string as an integer; what is no number counts as 0.
            str_to_int(ctx: *mut Header, ptr: *const u8, len: usize) -> i64;
            /// A value as a string; undefined is empty.
            val_to_str(ctx: *mut Header, value: *const RawVal) -> RawStr;
            /// An integer in decimal.
            int_to_str(ctx: *mut Header, value: i64) -> RawStr;
            /// Two strings after one another.
            concat2(ctx: *mut Header, a: *const u8, a_len: usize, b: *const u8, b_len: usize) -> RawStr;
            /// Several strings after one another.
            concat_n(ctx: *mut Header, parts: *const RawStr, count: usize) -> RawStr;
            /// 1 if the bytes are equal; the lengths are known to be.
            bytes_eq(a: *const u8, b: *const u8, len: usize) -> i32;
            /// The same without regard to the case of ASCII letters.
            same_text(a: *const u8, b: *const u8, len: usize) -> i32;
            /// `==` ruled by the type of the left value.
            val_eq(ctx: *mut Header, left: *const RawVal, right: *const RawVal) -> i32;
            /// 1 if the compiled expression matches.
            regex_match(ctx: *mut Header, regex: usize, ptr: *const u8, len: usize) -> i32;
            /// The same with an expression made at run time; -1 if it does not compile (logged).
            regex_dyn(ctx: *mut Header, ptr: *const u8, len: usize, re: *const u8, re_len: usize) -> i32;
            /// A numeric property of the message ([`kamjit_analysis::ir::Field`]).
            field_int(ctx: *mut Header, field: u32) -> i64;
            /// A property of the message as a string; empty if it has none.
            field_str(ctx: *mut Header, field: u32) -> RawStr;
            /// 1 if the address or URI is our own.
            field_is_myself(ctx: *mut Header, field: u32) -> i32;
            /// 1 if the address lies in the network.
            field_in_net(ctx: *mut Header, field: u32, net: *const IpNet) -> i32;
            /// 1 if the address is that of the host (an address, a network or a name in the string).
            field_is_host(ctx: *mut Header, field: u32, ptr: *const u8, len: usize) -> i32;
            /// The number of the route with this name, or -1 (logged).
            route_find(ctx: *mut Header, name: *const u8, len: usize) -> i64;
            /// Machine code of a route that has none yet; null if it cannot be compiled.
            compile_route(ctx: *mut Header, route: u32) -> *const u8;
            /// Logs that routes call each other too deep.
            recursion_limit(ctx: *mut Header, route: u32) -> i32;
            /// Logs that a loop ran too often.
            while_limit(ctx: *mut Header, stmt: u32) -> i32;
            /// Logs that a statement was given up (division by zero).
            stmt_failed(ctx: *mut Header, stmt: u32) -> i32;
            /// Tells that a statement begins; returns a status.
            probe(ctx: *mut Header, stmt: u32) -> i32;
        }
    };
}

/// Types that can be passed between machine code and builtins.
pub trait AbiType {
    /// The values it takes.
    const TYPES: &'static [Type];
}

macro_rules! abi_types {
    ($($t:ty => $c:expr;)*) => { $(impl AbiType for $t { const TYPES: &'static [Type] = $c; })* };
}

abi_types! {
    i32 => &[types::I32];
    u32 => &[types::I32];
    i64 => &[types::I64];
    usize => &[types::I64];
    RawStr => &[types::I64, types::I64];
}

impl<T> AbiType for *const T {
    const TYPES: &'static [Type] = &[types::I64];
}

impl<T> AbiType for *mut T {
    const TYPES: &'static [Type] = &[types::I64];
}

/// What codegen knows of a builtin.
#[derive(Clone, Copy, Debug)]
pub struct Signature {
    /// The symbol.
    pub name: &'static str,
    /// One entry an argument.
    pub params: &'static [&'static [Type]],
    /// The values returned.
    pub returns: &'static [Type],
}

macro_rules! declare {
    ($($(#[$doc:meta])* $name:ident($($arg:ident: $ty:ty),*) -> $ret:ty;)*) => {
        /// The address of every builtin.
        #[derive(Clone, Copy, Debug)]
        pub struct Builtins {
            $($(#[$doc])* pub $name: unsafe extern "C-unwind" fn($($arg: $ty),*) -> $ret,)*
        }

        /// A builtin's number.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[allow(non_camel_case_types, missing_docs)]
        pub(crate) enum Builtin { $($name,)* }

        /// The signatures, by number.
        pub const SIGNATURES: &[Signature] = &[$(Signature {
            name: stringify!($name),
            params: &[$(<$ty as AbiType>::TYPES),*],
            returns: <$ret as AbiType>::TYPES,
        },)*];

        impl Builtins {
            /// The addresses, by number.
            pub(crate) fn addresses(&self) -> Vec<*const u8> {
                vec![$(self.$name as *const u8,)*]
            }
        }
    };
}

for_each_builtin!(declare);
