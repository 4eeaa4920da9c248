//! The words of a select.

use kamjit_sip::HeaderKind;

use super::{BranchPart, Plain, Select, UriSource, ValuePart, parts, time::Zone};
use crate::prepare::Prepare;

/// One word of a select with its index. Text in brackets is a word of its own (captured).
struct Word<'a> {
    name: &'a [u8],
    number: Option<i64>,
}

fn split(text: &[u8]) -> Option<Vec<Word<'_>>> {
    let mut words: Vec<Word<'_>> = Vec::new();
    let mut rest = text;
    loop {
        let end = rest.iter().position(|b| matches!(b, b'.' | b'[')).unwrap_or(rest.len());
        let name = rest[..end].trim_ascii();
        if name.is_empty() {
            return None;
        }
        words.push(Word { name, number: None });
        rest = &rest[end..];
        while let [b'[', inner @ ..] = rest {
            let close = inner.iter().position(|&b| b == b']')?;
            let index = inner[..close].trim_ascii();
            match (crate::value::parse_int(index), words.last_mut()) {
                (Some(n), Some(word)) => word.number = Some(n),
                _ => {
                    let quoted = index.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\""));
                    words.push(Word { name: quoted.unwrap_or(index), number: None });
                }
            }
            rest = &inner[close + 1..];
        }
        match rest {
            [] => return Some(words),
            [b'.', more @ ..] => rest = more,
            _ => return None,
        }
    }
}

/// The select, `None` if there is none of that name.
pub(super) fn parse(prepare: &Prepare<'_>, text: &[u8]) -> Option<Select> {
    let text = text.trim_ascii();
    let words = split(text.strip_prefix(b"@").unwrap_or(text))?;
    select(prepare, &words)
}

/// Header names in selects have underscores for dashes.
fn header_name(word: &[u8]) -> Box<[u8]> {
    word.iter().map(|&b| if b == b'_' { b'-' } else { b }).collect()
}

fn select(prepare: &Prepare<'_>, words: &[Word<'_>]) -> Option<Select> {
    let (first, rest) = words.split_first()?;
    // Captured: case does not matter.
    let lower: Vec<Vec<u8>> = words.iter().map(|word| word.name.to_ascii_lowercase()).collect();
    let names: Vec<&[u8]> = lower.iter().map(Vec::as_slice).collect();
    let (name, path) = names.split_first()?;
    match (*name, path) {
        (b"via" | b"v", _) => return Some(Select::Via(first.number.unwrap_or(1), parts::via(path)?)),
        _ if first.number.is_some() => return None,
        (b"msg" | b"message", _) => return message(rest, path),
        (b"branch", _) => return branches(rest, path),
        (b"sys", _) => return system(path, rest.last().map_or(b"", |word| word.name)),
        (b"cfg_get", [_, _, path @ ..]) => {
            let text = |n: usize| std::str::from_utf8(words.get(n)?.name).ok();
            let (group, name) = (text(1)?, text(2)?);
            let part = if path.is_empty() { None } else { Some(parts::text(path)?) };
            let cell = prepare.cfg.find(group, name)?.cell;
            return Some(Select::Cfg(group.into(), name.into(), cell, part));
        }
        (b"ruri" | b"request_uri", _) => return Some(Select::Uri(UriSource::Request, parts::uri(path)?)),
        (b"dst_uri", _) => return Some(Select::Uri(UriSource::Destination, parts::uri(path)?)),
        (b"next_hop", _) => return Some(Select::Uri(UriSource::NextHop, parts::uri(path)?)),
        (b"authorization", [_, path @ ..]) => {
            return credentials(HeaderKind::Authorization, rest.first()?.name, path);
        }
        (b"proxy_authorization", [_, path @ ..]) => {
            return credentials(HeaderKind::ProxyAuthorization, rest.first()?.name, path);
        }
        (b"hf_value", [_, path @ ..]) => return values(rest.first()?, path),
        (b"hf_value_exists", [name, value]) => {
            return Some(Select::ValueExists(header_name(name), (*value).into()));
        }
        _ => {}
    }
    let plain = match (*name, path) {
        (b"method", []) => Plain::Method,
        (b"status" | b"code", []) => Plain::Status,
        (b"reason", []) => Plain::Reason,
        (b"version", []) => Plain::Version,
        (b"call_id", []) => Plain::CallId,
        (b"cseq", []) => Plain::CSeq,
        (b"cseq", [b"num"]) => Plain::CSeqNumber,
        (b"cseq", [b"method"]) => Plain::CSeqMethod,
        (b"event", []) => Plain::Event,
        (b"src", [b"ip"]) => Plain::SourceIp,
        (b"src", [b"port"]) => Plain::SourcePort,
        (b"src", [b"ip_port"]) => Plain::SourcePair,
        (b"dst" | b"received", [b"ip"]) => Plain::LocalIp,
        (b"dst" | b"received", [b"port"]) => Plain::LocalPort,
        (b"dst" | b"received", [b"ip_port"]) => Plain::LocalPair,
        (b"received", [b"proto"]) => Plain::Proto,
        (b"received", [b"proto_ip_port"]) => Plain::LocalTriple,
        (name, path) => return address_or_header(name, path),
    };
    Some(Select::Plain(plain))
}

fn message(rest: &[Word<'_>], path: &[&[u8]]) -> Option<Select> {
    let plain = match path {
        [] => Plain::Message,
        [b"request" | b"req"] => Plain::Request,
        [b"request" | b"req", b"method"] => Plain::Method,
        [b"request" | b"req", b"version"] => Plain::RequestVersion,
        [b"request" | b"req", b"uri", path @ ..] => {
            return Some(Select::Uri(UriSource::Received, parts::uri(path)?));
        }
        [b"response" | b"res"] => Plain::Reply,
        [b"response" | b"res", b"code" | b"status"] => Plain::Status,
        [b"response" | b"res", b"reason"] => Plain::Reason,
        [b"response" | b"res", b"version"] => Plain::ReplyVersion,
        [b"first_line"] => Plain::FirstLine,
        [b"header" | b"h"] => Plain::Headers,
        [b"header" | b"h", name, path @ ..] => {
            let part = if path.is_empty() { None } else { Some(parts::text(path)?) };
            return Some(Select::Header(header_name(name), rest.get(1)?.number, part));
        }
        [b"body" | b"content"] => Plain::Body,
        [b"body" | b"content", b"sdp"] => Plain::SessionBody,
        [b"len"] => Plain::Length,
        [b"type"] => Plain::Kind,
        [b"flags"] => Plain::Flags,
        [b"id"] => Plain::Id,
        [b"id", b"hex"] => Plain::IdHex,
        _ => return None,
    };
    Some(Select::Plain(plain))
}

fn system(path: &[&[u8]], format: &[u8]) -> Option<Select> {
    let plain = match path {
        [b"pid"] => Plain::Pid,
        [b"unique"] => Plain::Unique,
        [b"server_id"] => Plain::ServerId,
        [b"now"] => Plain::Now,
        [b"now", b"local"] => return Some(Select::Time(Zone::Local, Box::default())),
        [b"now", b"utc" | b"gmt"] => return Some(Select::Time(Zone::Utc, Box::default())),
        [b"now", b"local", _] => return Some(Select::Time(Zone::Local, format.into())),
        [b"now", b"utc" | b"gmt", _] => return Some(Select::Time(Zone::Utc, format.into())),
        _ => return None,
    };
    Some(Select::Plain(plain))
}

fn branches(rest: &[Word<'_>], path: &[&[u8]]) -> Option<Select> {
    let (part, path) = match path {
        [b"count"] => return Some(Select::Plain(Plain::BranchCount)),
        [b"uri", path @ ..] => (BranchPart::Uri, path),
        [b"q"] => (BranchPart::Q, &[][..]),
        [b"dst_uri", path @ ..] => (BranchPart::Destination, path),
        [b"uriq", path @ ..] => (BranchPart::UriAndQ, path),
        _ => return None,
    };
    let index = rest.first()?.number;
    if path.is_empty() {
        return Some(Select::Branch(part, index));
    }
    let text = match part {
        BranchPart::UriAndQ => parts::name_addr(path)?,
        _ => parts::TextPart::Uri(parts::uri(path)?),
    };
    Some(Select::BranchText(part, index.unwrap_or(0), text))
}

fn credentials(kind: HeaderKind, realm: &[u8], path: &[&[u8]]) -> Option<Select> {
    const PARAMS: [&[u8]; 10] = [
        b"username",
        b"realm",
        b"nonce",
        b"uri",
        b"cnonce",
        b"nc",
        b"response",
        b"opaque",
        b"algorithm",
        b"qop",
    ];
    let param = match path {
        [] => None,
        [name] if PARAMS.contains(name) => Some((*name).into()),
        _ => return None,
    };
    Some(Select::Credentials(kind, realm.into(), param))
}

fn values(word: &Word<'_>, path: &[&[u8]]) -> Option<Select> {
    let part = match path {
        [] => ValuePart::Whole,
        [b"uri", path @ ..] => ValuePart::Uri(parts::uri(path)?),
        [b"name"] => ValuePart::Name,
        [b"p" | b"param", name] => ValuePart::Param((*name).into()),
        [b"nameaddr", path @ ..] => ValuePart::Text(parts::name_addr(path)?),
        _ => return None,
    };
    Some(Select::Values(header_name(word.name), word.number, part))
}

fn address_or_header(name: &[u8], path: &[&[u8]]) -> Option<Select> {
    let kind = match name {
        b"from" | b"f" => HeaderKind::From,
        b"to" | b"t" => HeaderKind::To,
        b"contact" | b"m" => HeaderKind::Contact,
        b"refer_to" => HeaderKind::ReferTo,
        b"remote_party_id" | b"rpid" => HeaderKind::RemotePartyId,
        b"record_route" | b"rr" => HeaderKind::RecordRoute,
        _ => {
            const PLAIN: [&[u8]; 14] = [
                b"content_length",
                b"content_type",
                b"date",
                b"expires",
                b"identity",
                b"identity_info",
                b"max_forwards",
                b"min_se",
                b"organization",
                b"priority",
                b"session_expires",
                b"sip_if_match",
                b"subject",
                b"user_agent",
            ];
            let known = path.is_empty() && PLAIN.contains(&name);
            return known.then(|| Select::Header(header_name(name), Some(1), None));
        }
    };
    let contact = kind == HeaderKind::Contact;
    let tagged = !matches!(kind, HeaderKind::Contact | HeaderKind::RecordRoute);
    Some(Select::Addr(kind, parts::addr(path, contact, tagged)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_indexes() {
        let words = |text: &str| -> Option<Vec<(String, Option<i64>)>> {
            let words = split(text.as_bytes())?;
            Some(words.iter().map(|w| (String::from_utf8_lossy(w.name).into_owned(), w.number)).collect())
        };
        let word = |name: &str, number| (name.to_owned(), number);
        assert_eq!(words("via[-1].branch"), Some(vec![word("via", Some(-1)), word("branch", None)]));
        assert_eq!(words("msg.header[\"X-A\"]").map(|w| w.len()), Some(3));
        assert_eq!(words("a..b"), None);
        assert_eq!(words("a[1"), None);
        assert_eq!(words(""), None);
    }
}
