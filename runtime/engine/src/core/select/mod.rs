//! Selects, the older way to read a message: `@from.uri.user`, `$sel(via[1].branch)`, `$sel(cfg_get.core.debug)`.
//! What is undefined is undefined in `$sel()` and the empty text in `@...` (captured).

mod parse;
mod parts;
mod read;
mod time;

use kamjit_catalog::{HostError, InnerName};
use kamjit_sip::HeaderKind;

use crate::{
    cfg::CfgCell,
    prepare::Prepare,
    pv::{Inner, PvDef, named},
};
use parts::{AddrPart, TextPart, UriPart, ViaPart};
use time::Zone;

pub(super) const PVS: &[PvDef] = &[named("sel", InnerName::Static, read::get, Some(parse_name))];

/// Where a select begins and what it takes of it.
enum Select {
    /// A property without parts.
    Plain(Plain),
    /// A variable of the cfg framework: group, name, its value where no instance is selected; perhaps read as an address.
    Cfg(Box<str>, Box<str>, CfgCell, Option<TextPart>),
    /// A URI.
    Uri(UriSource, UriPart),
    /// An address header; Contact lists begin with the last of the first header (captured).
    Addr(HeaderKind, AddrPart),
    /// A Via: 1 is the topmost, negative numbers count from the end.
    Via(i64, ViaPart),
    /// The n-th header of a name, from 1, perhaps read as an address.
    Header(Box<[u8]>, Option<i64>, Option<TextPart>),
    /// The values of the headers of a name, which are split at commas (captured).
    Values(Box<[u8]>, Option<i64>, ValuePart),
    /// Whether a header has a value.
    ValueExists(Box<[u8]>, Box<[u8]>),
    /// Credentials of a realm, or a parameter of them.
    Credentials(HeaderKind, Box<[u8]>, Option<Box<[u8]>>),
    /// The branches, or one of them from 0.
    Branch(BranchPart, Option<i64>),
    /// A part of one branch.
    BranchText(BranchPart, i64, TextPart),
    /// The time, in the usual form or in one of `strftime`.
    Time(Zone, Box<[u8]>),
}

#[derive(Clone, Copy)]
enum Plain {
    Message,
    Request,
    Reply,
    FirstLine,
    Headers,
    Body,
    SessionBody,
    Length,
    Kind,
    Flags,
    Id,
    IdHex,
    Method,
    Status,
    Reason,
    Version,
    RequestVersion,
    ReplyVersion,
    CallId,
    CSeq,
    CSeqNumber,
    CSeqMethod,
    Event,
    SourceIp,
    SourcePort,
    SourcePair,
    LocalIp,
    LocalPort,
    LocalPair,
    LocalTriple,
    Proto,
    Pid,
    Now,
    ServerId,
    Unique,
    BranchCount,
}

#[derive(Clone, Copy)]
enum UriSource {
    Request,
    /// As it stands in the message.
    Received,
    Destination,
    /// The destination or else the request URI.
    NextHop,
}

/// What is taken of a value of a header.
enum ValuePart {
    Whole,
    /// The URI; of all values, joined by commas, if none is named (captured).
    Uri(UriPart),
    /// The display name without quotes.
    Name,
    Param(Box<[u8]>),
    /// Parts of the value as an address.
    Text(TextPart),
}

#[derive(Clone, Copy)]
enum BranchPart {
    Uri,
    Q,
    Destination,
    UriAndQ,
}

fn parse_name(prepare: &mut Prepare<'_>, text: &[u8]) -> Result<Inner, HostError> {
    let select = parse::parse(prepare, text)
        .ok_or_else(|| HostError::new(format!("there is no select @{}", text.escape_ascii())))?;
    Ok(Inner::Digested(Box::new(select)))
}
