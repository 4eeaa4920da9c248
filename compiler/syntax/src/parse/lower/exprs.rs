//! Expressions: pest gives a flat list of operands and operators, precedence is made here.

use std::iter::Peekable;

use pest::iterators::Pairs;

use super::hosts::Labels;
use super::literals::{proto, word};
use super::{Lower, P};
use crate::ast::{
    Assign, Binary, BinaryOp, Builtin, Call, CoreVar, Expr, ExprKind, RouteCall, RouteTarget, Target, UnaryOp,
};
use crate::parse::grammar::Rule;
use crate::span::Span;

/// Operands that may stand in one expression. The tree of `a + b + ...` is as deep as the chain is long, and whoever
/// walks it recurses.
const MAX_OPERANDS: usize = 1000;

type Tokens<'i> = Peekable<Pairs<'i, Rule>>;

/// What a prefix operator makes of its operand.
#[derive(Clone, Copy)]
enum Prefix {
    Unary(UnaryOp),
    Builtin(Builtin),
}

impl Lower {
    /// `expr` or `tight`.
    pub(super) fn expr(&mut self, pair: P<'_>) -> Expr {
        let at = self.span(&pair);
        let inner = pair.into_inner();
        if inner.len() > 2 * MAX_OPERANDS {
            self.error(at, format!("an expression of more than {MAX_OPERANDS} operands is refused"));
            return Expr { span: at, kind: ExprKind::Error };
        }
        self.climb(&mut inner.peekable(), 0, at)
    }

    fn climb(&mut self, tokens: &mut Tokens<'_>, floor: u8, whole: Span) -> Expr {
        let mut left = self.operand(tokens, whole);
        while let Some((op, level)) = tokens.peek().and_then(|t| binary_op(t.as_rule())) {
            if level <= floor {
                break;
            }
            let Some(token) = tokens.next() else { break };
            let right = self.climb(tokens, level, whole);
            let binary = Binary { op, op_span: self.span(&token), lhs: left, rhs: right };
            let at = binary.lhs.span.to(binary.rhs.span);
            left = Expr { span: at, kind: ExprKind::Binary(Box::new(binary)) };
        }
        left
    }

    /// Prefix operators bind tighter than every operator between two operands.
    fn operand(&mut self, tokens: &mut Tokens<'_>, whole: Span) -> Expr {
        let mut prefixes = Vec::new();
        let mut primary = None;
        for token in tokens.by_ref() {
            match prefix_op(token.as_rule()) {
                Some(prefix) => prefixes.push((prefix, self.span(&token))),
                None => {
                    primary = Some(token);
                    break;
                }
            }
        }
        let Some(primary) = primary else { return Expr { span: whole, kind: ExprKind::Error } };
        let mut operand = self.primary(primary);
        for (prefix, at) in prefixes.into_iter().rev() {
            let at = at.to(operand.span);
            let kind = match prefix {
                Prefix::Unary(op) => ExprKind::Unary(op, Box::new(operand)),
                Prefix::Builtin(f) => ExprKind::Builtin(f, vec![operand]),
            };
            operand = Expr { span: at, kind };
        }
        operand
    }

    fn primary(&mut self, pair: P<'_>) -> Expr {
        let at = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::expr | Rule::tight => return self.expr(pair),
            Rule::number => ExprKind::Int(self.int(&pair)),
            Rule::string => ExprKind::Str(self.string(&pair)),
            Rule::pv => self.pv(&pair),
            Rule::attr => ExprKind::Attr(self.attr(&pair)),
            Rule::select => ExprKind::Select(self.select(&pair)),
            Rule::word => ExprKind::Word(word(pair.as_str())),
            Rule::assign_expr => match self.assign(pair) {
                Some(assign) => ExprKind::Assign(Box::new(assign)),
                None => ExprKind::Error,
            },
            Rule::route_call => match self.route_call(pair) {
                Some(call) => ExprKind::RouteCall(Box::new(call)),
                None => ExprKind::Error,
            },
            Rule::call | Rule::odd_call | Rule::bare_call => match self.call(pair) {
                Some(call) => ExprKind::Call(Box::new(call)),
                None => ExprKind::Error,
            },
            Rule::builtin => self.builtin(pair),
            Rule::core_cmp => return self.core_cmp(pair),
            Rule::block_expr => match pair.into_inner().next() {
                Some(block) => ExprKind::Block(self.block(block)),
                None => ExprKind::Error,
            },
            _ => ExprKind::Error,
        };
        Expr { span: at, kind }
    }

    pub(super) fn pv(&mut self, pair: &P<'_>) -> ExprKind {
        match self.pv_ref(pair) {
            Some(pv) => ExprKind::Pv(Box::new(pv)),
            None => ExprKind::Error,
        }
    }

    fn pv_ref(&mut self, pair: &P<'_>) -> Option<crate::pv::PvRef> {
        let at = self.span(pair);
        let mut bytes = Vec::with_capacity(pair.as_str().len());
        crate::raw_bytes::decode_into(pair.as_str(), &mut bytes);
        match crate::pv::parse_pv(&bytes, at.start) {
            Ok((pv, used)) if used == bytes.len() => Some(pv),
            Ok((_, used)) => {
                self.error(
                    Span::new(at.start + used as u32, at.end),
                    "this does not belong to the pseudo-variable",
                );
                None
            }
            Err(error) => {
                self.error(error.span, error.message);
                None
            }
        }
    }

    /// `assign_expr` or `assign_stmt`.
    pub(super) fn assign(&mut self, pair: P<'_>) -> Option<Assign> {
        let mut parts = pair.into_inner().filter(|p| p.as_rule() != Rule::assign_op);
        let target = parts.next()?;
        let start = self.span(&target);
        let target = match target.as_rule() {
            Rule::attr => Some(Target::Attr(self.attr(&target))),
            _ => self.pv_ref(&target).map(Target::Pv),
        };
        let value = self.expr(parts.next()?);
        let span = start.to(value.span);
        Some(Assign { target: target?, value: Box::new(value), span })
    }

    pub(super) fn route_call(&mut self, pair: P<'_>) -> Option<RouteCall> {
        let at = self.span(&pair);
        let argument = pair.into_inner().find(|p| p.as_rule() != Rule::kw_route)?;
        let target = match argument.as_rule() {
            Rule::expr => RouteTarget::Dynamic(Box::new(self.expr(argument))),
            _ => {
                let name = self.route_name(&argument);
                self.refuse_reserved(&name);
                RouteTarget::Static(name)
            }
        };
        Some(RouteCall { target, span: at })
    }

    pub(super) fn call(&mut self, pair: P<'_>) -> Option<Call> {
        let at = self.span(&pair);
        let parens = pair.as_rule() != Rule::bare_call;
        let mut parts = pair.into_inner();
        let function = parts.next()?;
        let args = parts.map(|arg| self.argument(arg)).collect();
        Some(Call { name: self.name(&function), args, parens, span: at })
    }

    fn argument(&mut self, pair: P<'_>) -> Expr {
        match pair.as_rule() {
            Rule::expr => self.expr(pair),
            Rule::socket => self.odd_socket(&pair),
            _ => self.literal(pair),
        }
    }

    /// A socket as an argument; a lone word, string or address is not made more of than it is.
    fn odd_socket(&mut self, pair: &P<'_>) -> Expr {
        let socket = self.socket(pair);
        let at = socket.span;
        let alone = socket.proto.is_none() && socket.port.is_none() && socket.hosts.len() == 1;
        let kind = match socket.hosts.first() {
            Some(host) if alone => match &host.kind {
                crate::ast::HostKind::Ip(ip) => ExprKind::Ip(*ip),
                crate::ast::HostKind::Name(text) => ExprKind::Bare(text.clone()),
                crate::ast::HostKind::Any => ExprKind::Socket(Box::new(socket)),
            },
            _ => ExprKind::Socket(Box::new(socket)),
        };
        Expr { span: at, kind }
    }

    fn builtin(&mut self, pair: P<'_>) -> ExprKind {
        let mut parts = pair.into_inner();
        let function = match parts.next().map(|p| p.as_rule()) {
            Some(Rule::kw_strlen) => Builtin::Strlen,
            Some(Rule::kw_strempty) => Builtin::Strempty,
            _ => Builtin::Selval,
        };
        ExprKind::Builtin(function, parts.map(|p| self.expr(p)).collect())
    }

    fn core_cmp(&mut self, pair: P<'_>) -> Expr {
        let at = self.span(&pair);
        let mut parts = pair.into_inner();
        let (Some(left), Some(op), Some(right)) = (parts.next(), parts.next(), parts.next()) else {
            return Expr { span: at, kind: ExprKind::Error };
        };
        let Some((operator, _)) = binary_op(op.as_rule()) else {
            return Expr { span: at, kind: ExprKind::Error };
        };
        let lhs = self.core_operand(left);
        let rhs = self.core_operand(right);
        let binary = Binary { op: operator, op_span: self.span(&op), lhs, rhs };
        Expr { span: at, kind: ExprKind::Binary(Box::new(binary)) }
    }

    fn core_operand(&mut self, pair: P<'_>) -> Expr {
        let at = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::tight | Rule::expr => return self.expr(pair),
            Rule::myself => ExprKind::Myself,
            Rule::net => self.net(&pair),
            Rule::ip => self.ip(pair.as_str(), at).map_or(ExprKind::Error, ExprKind::Ip),
            Rule::proto | Rule::any => ExprKind::Proto(proto(pair.as_str())),
            Rule::bare_id => {
                let word = pair.as_str().trim();
                self.refuse_reserved(&crate::ast::Name { text: word.into(), span: at, quoted: false });
                ExprKind::Bare(word.into())
            }
            Rule::bare_host => {
                let word = pair.as_str().trim();
                self.refuse_host(word, at, Labels::Identifiers);
                ExprKind::Bare(word.into())
            }
            _ => core_var(pair.as_str()).map_or(ExprKind::Error, ExprKind::Core),
        };
        Expr { span: at, kind }
    }
}

fn core_var(text: &str) -> Option<CoreVar> {
    Some(match text {
        "uri" => CoreVar::Uri,
        "from_uri" => CoreVar::FromUri,
        "to_uri" => CoreVar::ToUri,
        "status" => CoreVar::Status,
        "method" => CoreVar::Method,
        "src_ip" => CoreVar::SrcIp,
        "dst_ip" => CoreVar::DstIp,
        "src_port" => CoreVar::SrcPort,
        "dst_port" => CoreVar::DstPort,
        "proto" => CoreVar::Proto,
        "af" => CoreVar::Af,
        "msg:len" => CoreVar::MsgLen,
        "snd_ip" => CoreVar::SndIp,
        "snd_port" => CoreVar::SndPort,
        "snd_proto" | "to_proto" => CoreVar::SndProto,
        "snd_af" | "to_af" => CoreVar::SndAf,
        "to_ip" => CoreVar::ToIp,
        "to_port" => CoreVar::ToPort,
        _ => return None,
    })
}

fn prefix_op(rule: Rule) -> Option<Prefix> {
    Some(match rule {
        Rule::op_not => Prefix::Unary(UnaryOp::Not),
        Rule::op_neg => Prefix::Unary(UnaryOp::Neg),
        Rule::op_bitnot => Prefix::Unary(UnaryOp::BitNot),
        Rule::cast_int => Prefix::Builtin(Builtin::CastInt),
        Rule::cast_str => Prefix::Builtin(Builtin::CastStr),
        Rule::op_defined => Prefix::Builtin(Builtin::Defined),
        _ => return None,
    })
}

/// The operator and how tight it binds, 1 weakest. As captured: C's order, but all bit operators below `==`.
fn binary_op(rule: Rule) -> Option<(BinaryOp, u8)> {
    Some(match rule {
        Rule::op_or => (BinaryOp::Or, 2),
        Rule::op_and => (BinaryOp::And, 3),
        Rule::op_bitor => (BinaryOp::BitOr, 4),
        Rule::op_bitand => (BinaryOp::BitAnd, 5),
        Rule::op_bitxor => (BinaryOp::BitXor, 6),
        Rule::op_shl => (BinaryOp::Shl, 7),
        Rule::op_shr => (BinaryOp::Shr, 8),
        Rule::op_eq => (BinaryOp::Eq, 9),
        Rule::op_ne => (BinaryOp::Ne, 9),
        Rule::op_match => (BinaryOp::Match, 9),
        Rule::op_ieq => (BinaryOp::IntEq, 9),
        Rule::op_ine => (BinaryOp::IntNe, 9),
        Rule::op_streq => (BinaryOp::StrEq, 9),
        Rule::op_strne => (BinaryOp::StrNe, 9),
        Rule::op_lt => (BinaryOp::Lt, 10),
        Rule::op_le => (BinaryOp::Le, 10),
        Rule::op_gt => (BinaryOp::Gt, 10),
        Rule::op_ge => (BinaryOp::Ge, 10),
        Rule::op_add => (BinaryOp::Add, 11),
        Rule::op_sub => (BinaryOp::Sub, 11),
        Rule::op_mul => (BinaryOp::Mul, 12),
        Rule::op_div => (BinaryOp::Div, 12),
        Rule::op_mod => (BinaryOp::Mod, 12),
        _ => return None,
    })
}
