//! Statements.

use kamjit_syntax::ast::{CaseLabel, Expr, Stmt, StmtKind, Switch};
use kamjit_syntax::{Diagnostic, Span};

use super::Analysis;
use crate::fold;
use crate::ir::{self, Label, Ty};

impl Analysis<'_> {
    pub(super) fn stmts(&mut self, stmts: &[Stmt]) -> Vec<ir::Stmt> {
        stmts.iter().filter_map(|stmt| self.stmt(stmt)).collect()
    }

    /// The statements inside an `if`, `while` or `switch`.
    fn inner(&mut self, stmts: &[Stmt]) -> Vec<ir::Stmt> {
        self.place.depth += 1;
        let body = self.stmts(stmts);
        self.place.depth -= 1;
        body
    }

    /// One statement; `None` for the empty one and after an error.
    fn stmt(&mut self, stmt: &Stmt) -> Option<ir::Stmt> {
        let what = what(stmt)?;
        let id = self.stmt_id(stmt.span, what);
        let kind = match &stmt.kind {
            StmtKind::Empty | StmtKind::Error => return None,
            StmtKind::Call(call) => ir::StmtKind::Run(self.call(call)?),
            StmtKind::RouteCall(call) => {
                ir::StmtKind::Run(ir::Expr::RouteCall(Box::new(self.route_target(call)?)))
            }
            StmtKind::Assign(assign) => {
                let (target, value) = self.assignment(assign)?;
                ir::StmtKind::Assign(target, value)
            }
            StmtKind::If(node) => {
                let cond = self.expr(&node.cond, true);
                self.judge_condition(cond.as_ref(), node.cond.span, "if");
                let then = self.inner(&node.then.stmts);
                let otherwise = node.otherwise.as_ref().map(|b| self.inner(&b.stmts)).unwrap_or_default();
                ir::StmtKind::If(cond?, then, otherwise)
            }
            StmtKind::While(node) => {
                let cond = self.expr(&node.cond, true);
                let cond = cond.and_then(|value| self.need_int(value, node.cond.span));
                self.judge_condition(cond.as_ref(), node.cond.span, "while");
                let body = self.inner(&node.body.stmts);
                ir::StmtKind::While(cond?, body)
            }
            StmtKind::Switch(node) => ir::StmtKind::Switch(Box::new(self.switch(node)?)),
            StmtKind::Break => ir::StmtKind::Break,
            StmtKind::Exit(e) => ir::StmtKind::Exit(self.optional(e.as_ref())?),
            StmtKind::Drop(e) => ir::StmtKind::Drop(self.optional(e.as_ref())?),
            StmtKind::Return(None) => ir::StmtKind::Return(ir::Expr::Int(1)),
            StmtKind::Return(Some(e)) => {
                let value = self.expr(e, true)?;
                let value = self.need_int(value, e.span)?;
                ir::StmtKind::Return(fold::to_int(value, self.generation))
            }
        };
        Some(ir::Stmt { id, kind })
    }

    /// The expression after `exit` or `drop`; the outer `None` after an error.
    fn optional(&mut self, e: Option<&Expr>) -> Option<Option<ir::Expr>> {
        match e {
            Some(e) => self.expr(e, true).map(Some),
            None => Some(None),
        }
    }

    /// What the real server warns about at its start, too.
    fn judge_condition(&mut self, cond: Option<&ir::Expr>, span: Span, keyword: &str) {
        let Some(cond) = cond else { return };
        if cond.ty() == Ty::Str {
            let found = Diagnostic::warning(
                "KC040",
                span,
                "a string as a condition is true only if it is a number above 0",
            );
            self.report(found.help("compare it, or test it with strempty()"));
        } else if matches!(cond, ir::Expr::Int(_)) {
            self.report(Diagnostic::warning(
                "KC029",
                span,
                format!("the condition of this {keyword} is always the same"),
            ));
        }
    }

    fn switch(&mut self, node: &Switch) -> Option<ir::Switch> {
        if node.cases.is_empty() {
            self.report(Diagnostic::warning("KC051", node.on.span, "this switch has no cases"));
        }
        let on = self.expr(&node.on, true);
        let mut cases: Vec<ir::Case> = Vec::with_capacity(node.cases.len());
        let mut good = true;
        let mut by_int = None;
        for case in &node.cases {
            let label = self.label(&case.label, &mut by_int);
            let body = self.inner(&case.body);
            match label {
                Some(label) => {
                    let twice = cases.iter().position(|c| same(&c.label, &label));
                    if let Some(first) = twice {
                        good = false;
                        let span = case.span;
                        let message = match label {
                            Label::Default => "this switch has a default already",
                            _ => "this switch has a case with this label already",
                        };
                        let diagnostic = Diagnostic::error("KC051", label_span(&case.label, span), message)
                            .also(node.cases[first].span, "the first one");
                        self.report(diagnostic);
                    }
                    cases.push(ir::Case { label, body });
                }
                None => good = false,
            }
        }
        let on = on.filter(|_| good)?;
        Some(ir::Switch { on, by_int: by_int == Some(true), cases })
    }

    /// A label; `by_int` keeps what the first one was.
    fn label(&mut self, label: &CaseLabel, by_int: &mut Option<bool>) -> Option<Label> {
        let (e, regex) = match label {
            CaseLabel::Default => return Some(Label::Default),
            CaseLabel::Value(e) => (e, false),
            CaseLabel::Regex(e) => (e, true),
        };
        let value = self.expr(e, true)?;
        // `case /1:` is the pattern "1".
        let value = if regex { fold::to_str(value) } else { value };
        let is_int = value.ty() == Ty::Int;
        let made = match value {
            ir::Expr::Str(text) if regex => match self.host.prepare_case_regex(&text) {
                Ok(handle) => Label::Regex(handle, text[..].into()),
                Err(error) => {
                    self.host_error("KC012", e.span, error);
                    return None;
                }
            },
            ir::Expr::Int(number) if !regex => Label::Int(number),
            ir::Expr::Str(text) => Label::Str(text[..].into()),
            _ => {
                self.error("KC012", e.span, "the label of a case must be a constant");
                return None;
            }
        };
        if *by_int.get_or_insert(is_int) != is_int {
            self.error("KC012", e.span, "numbers and strings cannot be mixed in the cases of one switch");
            return None;
        }
        Some(made)
    }
}

fn label_span(label: &CaseLabel, case: kamjit_syntax::Span) -> kamjit_syntax::Span {
    match label {
        CaseLabel::Value(e) | CaseLabel::Regex(e) => e.span,
        CaseLabel::Default => case,
    }
}

fn same(a: &Label, b: &Label) -> bool {
    match (a, b) {
        (Label::Int(x), Label::Int(y)) => x == y,
        (Label::Str(x), Label::Str(y)) => x == y,
        (Label::Default, Label::Default) => true,
        _ => false,
    }
}

/// The name of a statement for probes.
fn what(stmt: &Stmt) -> Option<&str> {
    Some(match &stmt.kind {
        StmtKind::Empty | StmtKind::Error => return None,
        StmtKind::Call(call) => &call.name.text,
        StmtKind::RouteCall(_) => "route",
        StmtKind::Assign(_) => "assign",
        StmtKind::If(_) => "if",
        StmtKind::While(_) => "while",
        StmtKind::Switch(_) => "switch",
        StmtKind::Break => "break",
        StmtKind::Exit(_) => "exit",
        StmtKind::Drop(_) => "drop",
        StmtKind::Return(_) => "return",
    })
}
