//! Expressions: types as the real server checks them at parse, names, constants.

use kamjit_catalog::{HostError, facts};
use kamjit_syntax::Span;
use kamjit_syntax::ast::{
    Assign, Binary, BinaryOp, Builtin, Expr, ExprKind, Select, Target, UnaryOp, WordLit,
};
use kamjit_syntax::pv::{PvIndex, PvInner, PvRef};

use super::Analysis;
use crate::fold;
use crate::ir::{self, Arith, Cmp, Ty};
use crate::value::wrap;

impl Analysis<'_> {
    pub(super) fn wrap(&self, value: i64) -> i64 {
        wrap(value, self.generation)
    }

    /// An expression; `None` after an error. A call that is `nested` in a larger expression is worth 0 or 1
    /// (captured); alone on the right of an assignment it is worth its code.
    pub(super) fn expr(&mut self, e: &Expr, nested: bool) -> Option<ir::Expr> {
        let truth = |call: ir::Expr| if nested { ir::Expr::Truth(Box::new(call)) } else { call };
        match &e.kind {
            ExprKind::Int(value) => Some(ir::Expr::Int(self.wrap(*value))),
            ExprKind::Word(WordLit::Bool(yes)) => Some(ir::Expr::Int((*yes).into())),
            ExprKind::Word(WordLit::Inet) => Some(ir::Expr::Int(2)),
            ExprKind::Word(WordLit::Inet6) => Some(ir::Expr::Int(10)),
            ExprKind::Str(lit) => Some(ir::Expr::Str(lit.value[..].into())),
            ExprKind::Pv(pv) => self.pv(pv),
            ExprKind::Select(select) => self.select(select),
            ExprKind::Unary(op, inner) => self.unary(*op, inner),
            ExprKind::Binary(binary) => self.binary(binary),
            ExprKind::Call(call) => self.call(call).map(truth),
            ExprKind::RouteCall(call) => {
                let target = self.route_target(call)?;
                Some(truth(ir::Expr::RouteCall(Box::new(target))))
            }
            ExprKind::Builtin(builtin, args) => self.builtin(*builtin, args, e.span),
            ExprKind::Assign(assign) => {
                let (target, value) = self.assignment(assign)?;
                Some(ir::Expr::Assign(Box::new(target), Box::new(value)))
            }
            ExprKind::Error => None,
            ExprKind::Core(_) | ExprKind::Myself => {
                let word = self.text(e.span).to_owned();
                self.error(
                    "KC012",
                    e.span,
                    format!("{word} can only stand in a comparison such as {word} == ..."),
                );
                None
            }
            ExprKind::Ip(_) | ExprKind::Net(_) | ExprKind::Proto(_) | ExprKind::Socket(_) => {
                let word = self.text(e.span).to_owned();
                self.error("KC012", e.span, format!("{word} cannot stand here"));
                None
            }
            ExprKind::Bare(word) => match self.flags.get(&**word) {
                Some(flag) => Some(ir::Expr::Int(flag.number)),
                None => {
                    self.error("KC012", e.span, format!("{word} is neither a value nor a function"));
                    None
                }
            },
            ExprKind::Attr(attr) => {
                self.error("KD309", attr.span, "attributes of the old style are not supported");
                None
            }
            ExprKind::Block(_) => {
                self.error("KJ002", e.span, "a block as a value is not supported");
                None
            }
        }
    }

    fn pv(&mut self, pv: &PvRef) -> Option<ir::Expr> {
        let plain = pv.transforms.is_empty() && pv.index == PvIndex::None && pv.inner == PvInner::None;
        match &*pv.name {
            "null" if plain => return Some(ir::Expr::Null),
            "rc" | "retcode" | "?" if plain => return Some(ir::Expr::Rc),
            _ => {}
        }
        match self.host.prepare_pv(pv) {
            Ok(prepared) => {
                if !prepared.readable {
                    self.error("KC042", pv.span, format!("${} can only be assigned", pv.name));
                    return None;
                }
                Some(match prepared.var_slot {
                    Some(slot) => ir::Expr::Var(slot),
                    None => ir::Expr::Pv(ir::Pv { handle: prepared.handle, text: self.text(pv.span).into() }),
                })
            }
            Err(error) => self.pv_error(pv, error),
        }
    }

    /// The host refused a variable: because its class is not there, or for what stands in it.
    fn pv_error<T>(&mut self, pv: &PvRef, mut error: HostError) -> Option<T> {
        let modules = facts::modules_with_pv(&pv.name);
        if modules.iter().any(|m| self.missing.contains(*m)) {
            return None;
        }
        if error.message.starts_with("there is no pseudo-variable") && !modules.is_empty() {
            let loaded = modules.iter().find(|m| **m == "core" || self.host.is_loaded(m));
            error = match loaded {
                Some(_) => {
                    HostError::new(format!("this build does not have the pseudo-variable ${} yet", pv.name))
                }
                None => HostError::new(format!("${} comes with a module that is not loaded", pv.name))
                    .help(format!("add loadmodule \"{}.so\"", modules.join(".so\" or \""))),
            };
        }
        self.host_error("KC043", pv.span, error);
        None
    }

    fn select(&mut self, select: &Select) -> Option<ir::Expr> {
        let text = self.text(select.span);
        let name = text.strip_prefix('@').unwrap_or(text);
        match self.host.prepare_select(name) {
            Ok(prepared) => Some(ir::Expr::Select(ir::Pv { handle: prepared.handle, text: name.into() })),
            Err(error) => {
                self.host_error("KC043", select.span, error);
                None
            }
        }
    }

    /// The target and value of an assignment.
    pub(super) fn assignment(&mut self, assign: &Assign) -> Option<(ir::Target, ir::Expr)> {
        let value = match self.expr(&assign.value, false) {
            // `f() + 0`, `f() && 1`: the server drops the operator, and the call stands alone again (captured).
            Some(ir::Expr::Truth(call)) => Some(*call),
            value => value,
        };
        let target = match &assign.target {
            Target::Pv(pv) => self.target(pv),
            Target::Attr(attr) => {
                self.error("KD309", attr.span, "attributes of the old style are not supported");
                None
            }
        };
        Some((target?, value?))
    }

    fn target(&mut self, pv: &PvRef) -> Option<ir::Target> {
        if !pv.transforms.is_empty() {
            self.error("KC042", pv.span, "a variable with a transformation cannot be assigned");
            return None;
        }
        if matches!(&*pv.name, "rc" | "retcode" | "?" | "null") {
            self.error("KC042", pv.span, format!("${} cannot be assigned", pv.name));
            return None;
        }
        match self.host.prepare_pv(pv) {
            Ok(prepared) if !prepared.writable => {
                self.error("KC042", pv.span, format!("${} cannot be assigned", pv.name));
                None
            }
            Ok(prepared) => Some(match prepared.var_slot {
                Some(slot) => ir::Target::Var(slot),
                None => ir::Target::Pv(ir::Pv { handle: prepared.handle, text: self.text(pv.span).into() }),
            }),
            Err(error) => self.pv_error(pv, error),
        }
    }

    fn unary(&mut self, op: UnaryOp, inner: &Expr) -> Option<ir::Expr> {
        let value = self.expr(inner, true)?;
        let value = self.need_int(value, inner.span)?;
        Some(match op {
            UnaryOp::Neg => fold::neg(value, self.generation),
            UnaryOp::Not => fold::not(value, self.generation),
            UnaryOp::BitNot => fold::bit_not(value, self.generation),
        })
    }

    /// Refuses what is known to be a string where the server wants a number.
    pub(super) fn need_int(&mut self, value: ir::Expr, span: Span) -> Option<ir::Expr> {
        if value.ty() != Ty::Str {
            return Some(value);
        }
        self.report(
            kamjit_syntax::Diagnostic::error("KC012", span, "a number is needed here, this is a string")
                .help("convert it with (int)"),
        );
        None
    }

    /// Refuses what is known to be a number where the server wants a string.
    fn need_str(&mut self, value: ir::Expr, span: Span) -> Option<ir::Expr> {
        if matches!(value, ir::Expr::Rc) {
            // The server knows of no variable that it is a number.
            return Some(fold::to_str(value));
        }
        if value.ty() != Ty::Int {
            return Some(value);
        }
        self.report(
            kamjit_syntax::Diagnostic::error("KC012", span, "a string is needed here, this is a number")
                .help("convert it with (str)"),
        );
        None
    }

    fn binary(&mut self, binary: &Binary) -> Option<ir::Expr> {
        if let Some(test) = self.field_test(binary) {
            return test;
        }
        if binary.op == BinaryOp::Match {
            let value = self.expr(&binary.lhs, true)?;
            let value = self.need_str(value, binary.lhs.span)?;
            return self.matches(value, &binary.rhs);
        }
        let left = self.expr(&binary.lhs, true);
        let right = self.expr(&binary.rhs, true);
        let (a, b) = (left?, right?);
        let generation = self.generation;
        let (left_span, right_span) = (binary.lhs.span, binary.rhs.span);
        if let Some(op) = arith_of(binary.op) {
            let a = self.need_int(a, left_span);
            let b = self.need_int(b, right_span);
            return Some(fold::arith(op, a?, b?, generation));
        }
        if let Some(op) = order_of(binary.op) {
            let a = self.need_int(a, left_span);
            let b = self.need_int(b, right_span);
            return Some(fold::cmp(op, a?, b?, generation));
        }
        match binary.op {
            BinaryOp::Add => {
                let b = if matches!((&a, b.ty()), (ir::Expr::Rc, Ty::Str)) {
                    // The server knows of no variable that it is a number, so it does not refuse the string.
                    fold::to_int(b, generation)
                } else if a.ty() == Ty::Int {
                    self.need_int(b, right_span)?
                } else {
                    b
                };
                Some(fold::add(a, b, generation))
            }
            BinaryOp::And | BinaryOp::Or => {
                let a = self.need_int(a, left_span);
                let b = self.need_int(b, right_span);
                let join = if binary.op == BinaryOp::And { fold::and } else { fold::or };
                Some(join(a?, b?, generation))
            }
            BinaryOp::Eq | BinaryOp::Ne => {
                let b = if matches!((&a, b.ty()), (ir::Expr::Rc, Ty::Str)) {
                    fold::to_int(b, generation)
                } else if matches!((&a, &b), (ir::Expr::Rc, ir::Expr::Null)) {
                    return Some(ir::Expr::Int(i64::from(binary.op == BinaryOp::Ne)));
                } else if a.ty() == Ty::Int {
                    if matches!(b, ir::Expr::Null) {
                        self.error(
                            "KC012",
                            right_span,
                            "a number cannot be undefined: $null never equals it",
                        );
                        return None;
                    }
                    self.need_int(b, right_span)?
                } else {
                    b
                };
                Some(fold::equal(a, b, binary.op == BinaryOp::Ne, generation))
            }
            BinaryOp::StrEq | BinaryOp::StrNe => {
                let a = self.need_str(a, left_span);
                let b = self.need_str(b, right_span);
                Some(fold::str_eq(fold::to_str(a?), fold::to_str(b?), binary.op == BinaryOp::StrNe))
            }
            _ => None,
        }
    }

    /// `value =~ pattern`.
    pub(super) fn matches(&mut self, value: ir::Expr, pattern: &Expr) -> Option<ir::Expr> {
        let right = self.expr(pattern, true)?;
        match right {
            ir::Expr::Str(text) => self.matches_text(value, &text, pattern.span),
            other => Some(ir::Expr::MatchDyn(Box::new(fold::to_str(value)), Box::new(fold::to_str(other)))),
        }
    }

    /// `value =~ "constant"`.
    pub(super) fn matches_text(&mut self, value: ir::Expr, pattern: &[u8], span: Span) -> Option<ir::Expr> {
        match self.host.prepare_regex(pattern) {
            Ok(regex) => Some(ir::Expr::Match(Box::new(fold::to_str(value)), regex, pattern.into())),
            Err(error) => {
                self.host_error("KC012", span, error);
                None
            }
        }
    }

    fn builtin(&mut self, builtin: Builtin, args: &[Expr], span: Span) -> Option<ir::Expr> {
        let values: Vec<Option<ir::Expr>> = args.iter().map(|a| self.expr(a, true)).collect();
        let values: Vec<ir::Expr> = values.into_iter().collect::<Option<_>>()?;
        let mut values = values.into_iter();
        let mut next = || values.next();
        let first_span = args.first().map_or(span, |a| a.span);
        match builtin {
            Builtin::CastInt => Some(match next()? {
                call @ ir::Expr::Truth(_) => ir::Expr::ToInt(Box::new(call)),
                value => fold::to_int(value, self.generation),
            }),
            Builtin::CastStr => Some(fold::to_str(next()?)),
            Builtin::Strlen => Some(fold::len(self.need_str(next()?, first_span)?)),
            Builtin::Strempty => Some(fold::is_empty(self.need_str(next()?, first_span)?)),
            Builtin::Defined => Some(fold::defined(self.need_str(next()?, first_span)?)),
            Builtin::Selval => {
                let (cond, a, b) = (next()?, next()?, next()?);
                Some(ir::Expr::Selval(Box::new(cond), Box::new(a), Box::new(b)))
            }
        }
    }
}

fn arith_of(op: BinaryOp) -> Option<Arith> {
    Some(match op {
        BinaryOp::Sub => Arith::Sub,
        BinaryOp::Mul => Arith::Mul,
        BinaryOp::Div => Arith::Div,
        BinaryOp::Mod => Arith::Mod,
        BinaryOp::BitAnd => Arith::And,
        BinaryOp::BitOr => Arith::Or,
        BinaryOp::BitXor => Arith::Xor,
        BinaryOp::Shl => Arith::Shl,
        BinaryOp::Shr => Arith::Shr,
        _ => return None,
    })
}

fn order_of(op: BinaryOp) -> Option<Cmp> {
    Some(match op {
        BinaryOp::Lt => Cmp::Lt,
        BinaryOp::Le => Cmp::Le,
        BinaryOp::Gt => Cmp::Gt,
        BinaryOp::Ge => Cmp::Ge,
        BinaryOp::IntEq => Cmp::Eq,
        BinaryOp::IntNe => Cmp::Ne,
        _ => return None,
    })
}
