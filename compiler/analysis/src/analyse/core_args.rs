//! How arguments of core functions may be written. The real server reads them by rules of its own, with literals only where a
//! module's function takes any expression (captured from 5.6.3).

use kamjit_syntax::Diagnostic;
use kamjit_syntax::ast::{Call, Expr, ExprKind, Proto, UnaryOp};

use super::Analysis;

/// What an argument is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    /// A number.
    Int,
    /// A string in quotes.
    Str,
    /// A number or the name of a flag declared above.
    Flag,
    /// A host, an address, a string or `uri:host`.
    Host,
    /// A number; `uri:port` behind `uri:host`.
    Port,
    /// A protocol of the transport layer.
    Proto,
}

/// The arguments of a core function; `None` where other rules hold.
fn wanted(name: &str, args: usize) -> Option<&'static [Wanted]> {
    Some(match name {
        "setflag" | "resetflag" | "isflagset" => &[Wanted::Flag],
        "strip"
        | "strip_tail"
        | "set_advertised_port"
        | "remove_branch"
        | "force_tcp_alias"
        | "add_tcp_alias" => &[Wanted::Int],
        "prefix"
        | "rewriteuri"
        | "seturi"
        | "rewritehost"
        | "sethost"
        | "seth"
        | "rewritehostport"
        | "sethostport"
        | "sethp"
        | "rewritehostporttrans"
        | "sethostporttrans"
        | "sethpt"
        | "rewriteport"
        | "setport"
        | "setp"
        | "rewriteuser"
        | "setuser"
        | "setu"
        | "rewriteuserpass"
        | "setuserpass"
        | "setup"
        | "exec"
        | "error" => &[Wanted::Str, Wanted::Str],
        "log" if args == 1 => &[Wanted::Str],
        "log" => &[Wanted::Int, Wanted::Str],
        "forward" | "forward_udp" | "forward_tcp" | "forward_tls" | "forward_sctp" => {
            &[Wanted::Host, Wanted::Port]
        }
        "udp_mtu_try_proto" => &[Wanted::Proto],
        _ => return None,
    })
}

impl Analysis<'_> {
    /// Reports arguments that the real server does not read; true if there are none.
    pub(super) fn check_core_args(&mut self, call: &Call) -> bool {
        let Some(wanted) = wanted(&call.name.text, call.args.len()) else { return true };
        let behind_uri_host =
            matches!(&call.args[..], [Expr { kind: ExprKind::Bare(w), .. }, _] if &**w == "uri:host");
        let mut good = true;
        for (arg, wanted) in call.args.iter().zip(wanted) {
            let found = match (wanted, &arg.kind) {
                (_, ExprKind::Error) => continue,
                (Wanted::Flag, ExprKind::Bare(name)) => self.undeclared_flag(name, arg),
                (Wanted::Flag, ExprKind::Str(name)) => self.undeclared_flag(&name.lossy(), arg),
                (Wanted::Flag | Wanted::Int | Wanted::Port, ExprKind::Int(_) | ExprKind::Word(_)) => None,
                // The one core function that reads a sign (captured).
                (Wanted::Int, ExprKind::Unary(UnaryOp::Neg, n))
                    if &*call.name.text == "remove_branch" && matches!(n.kind, ExprKind::Int(_)) =>
                {
                    None
                }
                (Wanted::Port, ExprKind::Bare(word)) if behind_uri_host && &**word == "uri:port" => None,
                (Wanted::Str, ExprKind::Str(_)) => None,
                (Wanted::Host, ExprKind::Str(_) | ExprKind::Ip(_) | ExprKind::Bare(_)) => None,
                (Wanted::Proto, ExprKind::Proto(Proto::Udp | Proto::Tcp | Proto::Tls | Proto::Sctp)) => None,
                _ => Some(Diagnostic::error("KC012", arg.span, needs(*wanted, &call.name.text))),
            };
            if let Some(found) = found {
                good = false;
                self.report(found);
            }
        }
        good
    }

    /// An error if no `flags` line above names the flag.
    fn undeclared_flag(&self, name: &str, arg: &Expr) -> Option<Diagnostic> {
        let found = Diagnostic::error("KC048", arg.span, format!("flag {name} is not declared"));
        match self.flags.get(name) {
            Some(flag) if flag.at.start < arg.span.start => None,
            Some(flag) => Some(found.also(flag.at, "it is declared here").help("move the declaration up")),
            None if name.bytes().all(|b| b.is_ascii_digit()) => {
                Some(found.help("a number is written without quotes"))
            }
            None => Some(found.help(format!("declare it at the top of the file: flags {name}:1"))),
        }
    }
}

fn needs(wanted: Wanted, function: &str) -> String {
    let what = match wanted {
        Wanted::Int => "a number",
        Wanted::Str => "a string in quotes",
        Wanted::Flag => "a number or the name of a flag",
        Wanted::Host => "a host, an address or uri:host",
        Wanted::Port => "a port number (or uri:port behind uri:host)",
        Wanted::Proto => "UDP, TCP, TLS or SCTP",
    };
    format!("{function}() takes {what} here, written as such: variables and expressions cannot stand for it")
}
