//! SIP messages as bytes: a lazy parser, URIs, headers, edits ("lumps") and the writers of outgoing messages.
//!
//! The crate is pure: no input or output, no clock, no globals. Every view (`Message`, `Uri`, `Via`, ...) borrows
//! from the datagram; whatever must be stored beside it lives in the arena (`bumpalo::Bump`) of the message.
//! What is accepted and what is refused follows the real server (Kamailio 5.6.3); the tests hold captured cases.

pub mod branch;
pub mod build;
mod bytes;
pub mod cseq;
pub mod digest;
pub mod edit;
pub mod escape;
pub mod first_line;
pub mod header;
pub mod message;
pub mod method;
pub mod mime;
pub mod name_addr;
pub mod params;
pub mod proto;
pub mod qvalue;
pub mod sdp;
pub mod sink;
pub mod text;
pub mod uri;
pub mod via;

pub use cseq::CSeq;
pub use edit::{Edits, OwnedEdits};
pub use first_line::{FirstLine, ReplyLine, RequestLine};
pub use header::{Header, HeaderKind};
pub use message::{Message, ParseError};
pub use method::{Method, MethodSet};
pub use name_addr::{AddrEntry, Contacts, NameAddr};
pub use params::{Param, Params};
pub use proto::Proto;
pub use qvalue::Q;
pub use sink::Sink;
pub use uri::Uri;
pub use via::Via;
