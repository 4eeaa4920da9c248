//! Hosts and sockets: what a name may consist of, captured from 5.6.3. Its lexer makes keywords and numbers of parts of
//! names, so that `my.host.name` is refused (`name` is a keyword) and `"my.host.name"` is not.

use super::literals::proto;
use super::{Lower, P};
use crate::ast::{Host, HostKind, SocketLit};
use crate::parse::grammar::Rule;
use crate::parse::reserved::{is_reserved, is_word};
use crate::span::Span;

/// What the labels of a name may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Labels {
    /// Identifiers only: hosts in conditions.
    Identifiers,
    /// Numbers and words behind the first label, too: sockets and aliases.
    Any,
}

impl Lower {
    pub(super) fn socket(&mut self, pair: &P<'_>) -> SocketLit {
        let mut socket =
            SocketLit { proto: None, hosts: Vec::new(), port: None, port_end: None, span: self.span(pair) };
        for part in pair.clone().into_inner() {
            match part.as_rule() {
                Rule::sock_proto | Rule::any => socket.proto = Some((proto(part.as_str()), self.span(&part))),
                Rule::host => {
                    if let Some(host) = self.host(part) {
                        socket.hosts.push(host);
                    }
                }
                Rule::port if socket.port.is_none() => socket.port = Some(self.port(&part)),
                Rule::port => socket.port_end = Some(self.port(&part)),
                _ => {}
            }
        }
        socket
    }

    /// A socket to listen on: its names are looked up, so a number or `host:port` in quotes can never work.
    pub(super) fn bound(&mut self, pair: &P<'_>) -> SocketLit {
        let socket = self.socket(pair);
        for host in &socket.hosts {
            let HostKind::Name(text) = &host.kind else { continue };
            if text.starts_with(|c: char| c.is_ascii_digit())
                && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'x')
            {
                self.error(host.span, format!("`{text}` is neither an address nor a name"));
            } else if text.contains(':') && text.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_err()
            {
                self.error(host.span, format!("there can be no host named `{text}`"));
                self.advise("write protocol and port outside of the quotes: udp:\"host\":5060");
            }
        }
        socket
    }

    fn host(&mut self, pair: P<'_>) -> Option<Host> {
        let part = pair.into_inner().next()?;
        let at = self.span(&part);
        let kind = match part.as_rule() {
            Rule::ip_sock => HostKind::Ip(self.ip(part.as_str(), at)?),
            Rule::string => HostKind::Name(self.string(&part).lossy().into()),
            _ => {
                self.refuse_host(part.as_str(), at, Labels::Any);
                HostKind::Name(part.as_str().into())
            }
        };
        Some(Host { kind, span: at })
    }

    /// Reports a label that the real server reads as something else. One number alone passes.
    pub(super) fn refuse_host(&mut self, name: &str, at: Span, labels: Labels) {
        let number = |label: &str| label.bytes().all(|b| b.is_ascii_digit());
        let mut parts = name.split(['.', '-']);
        let Some(first) = parts.next() else { return };
        let alone = first.len() == name.len();
        let strict = labels == Labels::Identifiers;
        let digit = |label: &str| label.starts_with(|c: char| c.is_ascii_digit());
        let bad = if is_reserved(first)
            || (is_word(first) && (strict || !alone))
            || (strict && digit(first))
            || (!alone && number(first))
        {
            Some(first)
        } else {
            parts.find(|label| is_reserved(label) || (strict && (is_word(label) || digit(label))))
        };
        let Some(bad) = bad else { return };
        let why = if digit(bad) { "begins with a digit" } else { "is a word of the language" };
        let message = match alone {
            true => format!("`{bad}` {why} and cannot be a host name here"),
            false => format!("`{bad}` {why}, so that `{name}` cannot be a host name here"),
        };
        self.error(at, message);
        self.advise(format!("write it in quotes: \"{name}\""));
    }

    /// Adds a hint to the error just reported.
    fn advise(&mut self, help: impl Into<String>) {
        if let Some(last) = self.diagnostics.last_mut() {
            last.help = Some(help.into());
        }
    }
}
