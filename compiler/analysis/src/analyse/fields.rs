//! Conditions on bare words: `uri == myself`, `method == "INVITE"`, `src_ip == 10.0.0.0/8`, `dst_port == 5060`.
//! Strings compare without regard to case, and the right side may be any value (captured from 5.6.3).

use kamjit_syntax::ast::{Binary, BinaryOp, CoreVar, Expr, ExprKind, NetLit, NetMask, Proto, WordLit};
use kamjit_syntax::{Diagnostic, Span};

use super::Analysis;
use crate::fold;
use crate::ir::{self, Cmp, Field, IpNet};

impl Analysis<'_> {
    /// A comparison with a bare word on the left (or `myself == word`); `None` in the outer option if it is none.
    pub(super) fn field_test(&mut self, binary: &Binary) -> Option<Option<ir::Expr>> {
        let (var, other, span) = match (&binary.lhs.kind, &binary.rhs.kind) {
            (ExprKind::Core(var), _) => (*var, &binary.rhs, binary.lhs.span),
            (ExprKind::Myself, ExprKind::Core(var)) => (*var, &binary.lhs, binary.rhs.span),
            _ => return None,
        };
        let field = field_of(var);
        if matches!(var, CoreVar::SndIp | CoreVar::ToIp)
            && self.blocks[self.place.block].kind != kamjit_catalog::Routes::ONSEND
        {
            let word = self.text(span).to_owned();
            self.error("KC044", span, format!("{word} exists in onsend_route only"));
            return Some(None);
        }
        // Captured: between a word of the language and its value `eq` and `ne` mean the same as `==` and `!=`.
        let op = match binary.op {
            BinaryOp::StrEq => BinaryOp::Eq,
            BinaryOp::StrNe => BinaryOp::Ne,
            op => op,
        };
        Some(self.compare_field(field, op, other, binary.op_span))
    }

    fn compare_field(&mut self, field: Field, op: BinaryOp, other: &Expr, op_span: Span) -> Option<ir::Expr> {
        let negate = op == BinaryOp::Ne;
        if matches!(other.kind, ExprKind::Myself) {
            if !matches!(op, BinaryOp::Eq | BinaryOp::Ne) {
                self.error("KC012", op_span, "myself can only be compared with == and !=");
                return None;
            }
            return Some(self.negated(ir::Expr::IsMyself(field), negate));
        }
        if op == BinaryOp::Match {
            let value = ir::Expr::FieldStr(field);
            return match &other.kind {
                ExprKind::Bare(word) => self.matches_text(value, word.as_bytes(), other.span),
                kind if is_address(field) && is_net(kind) => {
                    self.error(
                        "KC012",
                        op_span,
                        "an address cannot be compared by =~ with an address or a network",
                    );
                    None
                }
                ExprKind::Int(_) | ExprKind::Word(_) if is_address(field) => {
                    self.error("KC012", other.span, "a string is needed here, this is a number");
                    None
                }
                _ => self.matches(value, other),
            };
        }
        match field {
            Field::SrcIp | Field::DstIp | Field::SndIp | Field::ToIp => {
                self.compare_ip(field, op, other, op_span)
            }
            Field::Uri | Field::FromUri | Field::ToUri | Field::Status | Field::Method => {
                if !matches!(op, BinaryOp::Eq | BinaryOp::Ne) {
                    self.error("KC012", op_span, "this can only be compared with ==, != and =~");
                    return None;
                }
                let value = match &other.kind {
                    ExprKind::Bare(word) => ir::Expr::Str(word.as_bytes().into()),
                    _ => fold::to_str(self.expr(other, true)?),
                };
                let test = ir::Expr::SameText(Box::new(ir::Expr::FieldStr(field)), Box::new(value));
                Some(self.negated(test, negate))
            }
            Field::Proto | Field::SndProto => self.compare_proto(field, op, other, op_span),
            _ => {
                let value = match &other.kind {
                    ExprKind::Word(WordLit::Inet) => ir::Expr::Int(2),
                    ExprKind::Word(WordLit::Inet6) => ir::Expr::Int(10),
                    ExprKind::Core(CoreVar::MaxLen) => ir::Expr::FieldInt(Field::MaxLen),
                    _ => self.expr(other, true)?,
                };
                self.compare_int(field, op, value, op_span)
            }
        }
    }

    fn compare_int(
        &mut self,
        field: Field,
        op: BinaryOp,
        value: ir::Expr,
        op_span: Span,
    ) -> Option<ir::Expr> {
        let cmp = match op {
            BinaryOp::Eq => Cmp::Eq,
            BinaryOp::Ne => Cmp::Ne,
            BinaryOp::Lt => Cmp::Lt,
            BinaryOp::Le => Cmp::Le,
            BinaryOp::Gt => Cmp::Gt,
            BinaryOp::Ge => Cmp::Ge,
            _ => {
                self.error("KC012", op_span, "this word can only be compared");
                return None;
            }
        };
        if value.ty() == ir::Ty::Str {
            // Captured: whatever the operator and the text.
            let found =
                Diagnostic::warning("KC049", op_span, "a number compared with a string: this is never true");
            self.report(found.help("write the number without quotes, or convert it with (int)"));
            return Some(ir::Expr::Int(0));
        }
        Some(fold::cmp(cmp, ir::Expr::FieldInt(field), value, self.generation))
    }

    /// The protocol is a number; a variable may also hold its name.
    fn compare_proto(&mut self, field: Field, op: BinaryOp, other: &Expr, op_span: Span) -> Option<ir::Expr> {
        let value = match &other.kind {
            ExprKind::Proto(proto) => ir::Expr::Int(proto_number(*proto)),
            ExprKind::Bare(word) => match proto_by_name(word) {
                Some(number) => ir::Expr::Int(number),
                None => {
                    self.error("KC012", other.span, format!("{word} is no protocol"));
                    return None;
                }
            },
            _ => self.expr(other, true)?,
        };
        if value.ty() != ir::Ty::Dyn || !matches!(op, BinaryOp::Eq | BinaryOp::Ne) {
            return self.compare_int(field, op, value, op_span);
        }
        let number = fold::cmp(Cmp::Eq, ir::Expr::FieldInt(field), value.clone(), self.generation);
        let name = ir::Expr::SameText(Box::new(ir::Expr::FieldStr(field)), Box::new(fold::to_str(value)));
        let test = ir::Expr::Or(Box::new(number), Box::new(name));
        Some(self.negated(test, op == BinaryOp::Ne))
    }

    fn compare_ip(&mut self, field: Field, op: BinaryOp, other: &Expr, op_span: Span) -> Option<ir::Expr> {
        if !matches!(op, BinaryOp::Eq | BinaryOp::Ne) {
            self.error("KC012", op_span, "an address can only be compared with ==, != and =~");
            return None;
        }
        let negate = op == BinaryOp::Ne;
        let net = match &other.kind {
            ExprKind::Ip(ip) => Some(IpNet::host(*ip)),
            ExprKind::Net(net) => Some(self.network(net, other.span)?),
            ExprKind::Str(lit) => IpNet::parse(&lit.value),
            _ => None,
        };
        if let Some(net) = net {
            return Some(self.negated(ir::Expr::InNet(field, Box::new(net)), negate));
        }
        let host = match &other.kind {
            ExprKind::Bare(word) => ir::Expr::Str(word.as_bytes().into()),
            _ => {
                let value = self.expr(other, true)?;
                if value.ty() == ir::Ty::Int {
                    self.error("KC012", other.span, "an address, a network or a host name is needed here");
                    return None;
                }
                fold::to_str(value)
            }
        };
        Some(self.negated(ir::Expr::IsHost(field, Box::new(host)), negate))
    }

    fn network(&mut self, net: &NetLit, span: Span) -> Option<IpNet> {
        let made = match net.mask {
            NetMask::Bits(bits) => u32::try_from(bits).ok().and_then(|bits| IpNet::new(net.addr, bits)),
            NetMask::Addr(mask) => IpNet::with_mask(net.addr, mask),
        };
        if made.is_none() {
            self.error("KC012", span, "this mask does not fit the address");
        }
        made
    }

    fn negated(&self, e: ir::Expr, negate: bool) -> ir::Expr {
        if negate { fold::not(e, self.generation) } else { e }
    }
}

fn is_address(field: Field) -> bool {
    matches!(field, Field::SrcIp | Field::DstIp | Field::SndIp | Field::ToIp)
}

/// An address or a network, also in quotes.
fn is_net(kind: &ExprKind) -> bool {
    match kind {
        ExprKind::Ip(_) | ExprKind::Net(_) => true,
        ExprKind::Str(lit) => IpNet::parse(&lit.value).is_some(),
        _ => false,
    }
}

/// The protocol numbers of the language.
fn proto_number(proto: Proto) -> i64 {
    match proto {
        Proto::Any => 0,
        Proto::Udp => 1,
        Proto::Tcp => 2,
        Proto::Tls => 3,
        Proto::Sctp => 4,
        Proto::Ws => 5,
        Proto::Wss => 6,
    }
}

fn proto_by_name(word: &str) -> Option<i64> {
    let names = ["udp", "tcp", "tls", "sctp", "ws", "wss"];
    names.iter().position(|n| n.eq_ignore_ascii_case(word)).map(|at| at as i64 + 1)
}

fn field_of(var: CoreVar) -> Field {
    match var {
        CoreVar::Uri => Field::Uri,
        CoreVar::FromUri => Field::FromUri,
        CoreVar::ToUri => Field::ToUri,
        CoreVar::Status => Field::Status,
        CoreVar::Method => Field::Method,
        CoreVar::SrcIp => Field::SrcIp,
        CoreVar::DstIp => Field::DstIp,
        CoreVar::SrcPort => Field::SrcPort,
        CoreVar::DstPort => Field::DstPort,
        CoreVar::Proto => Field::Proto,
        CoreVar::Af => Field::Af,
        CoreVar::MsgLen => Field::MsgLen,
        CoreVar::SndIp => Field::SndIp,
        CoreVar::SndPort => Field::SndPort,
        CoreVar::SndProto => Field::SndProto,
        CoreVar::SndAf => Field::SndAf,
        CoreVar::ToIp => Field::ToIp,
        CoreVar::ToPort => Field::ToPort,
        CoreVar::MaxLen => Field::MaxLen,
    }
}
