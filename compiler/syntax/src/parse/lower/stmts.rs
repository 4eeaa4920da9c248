//! Statements and blocks, from the strict rules and their recovering twins.

use super::{Lower, P};
use crate::ast::{Block, Case, CaseLabel, Expr, ExprKind, If, Stmt, StmtKind, Switch, While};
use crate::parse::grammar::Rule;

impl Lower {
    /// `block` or `r_block`.
    pub(super) fn block(&mut self, pair: P<'_>) -> Block {
        let at = self.span(&pair);
        let empty = pair.clone().into_inner().next().is_none();
        if empty {
            self.error(at, "a block cannot be empty");
            if let Some(last) = self.diagnostics.last_mut() {
                last.help = Some("write a statement; `;` alone does nothing".into());
            }
        }
        let stmts = self.stmts(pair.into_inner());
        Block { stmts, span: at, braced: true }
    }

    fn stmts<'i>(&mut self, pairs: impl Iterator<Item = P<'i>>) -> Vec<Stmt> {
        let mut stmts = Vec::new();
        for pair in pairs {
            if pair.as_rule() == Rule::no_brace {
                self.mark(&pair);
                continue;
            }
            stmts.push(self.stmt(pair));
        }
        stmts
    }

    pub(super) fn stmt(&mut self, pair: P<'_>) -> Stmt {
        let at = self.span(&pair);
        let kind = self.stmt_kind(pair);
        Stmt { span: at, kind: kind.unwrap_or(StmtKind::Error) }
    }

    fn stmt_kind(&mut self, pair: P<'_>) -> Option<StmtKind> {
        Some(match pair.as_rule() {
            Rule::empty => StmtKind::Empty,
            Rule::assign_stmt => StmtKind::Assign(self.assign(pair)?),
            Rule::if_stmt | Rule::r_if => self.if_stmt(pair)?,
            Rule::while_stmt | Rule::r_while => {
                let mut parts = pair.into_inner().skip(1);
                let cond = self.cond(parts.next()?);
                let body = self.body(parts.next()?);
                StmtKind::While(While { cond, body })
            }
            Rule::switch_stmt | Rule::r_switch => self.switch_stmt(pair)?,
            Rule::exit_stmt => StmtKind::Exit(self.value(pair)),
            Rule::drop_stmt => StmtKind::Drop(self.value(pair)),
            Rule::return_stmt => StmtKind::Return(self.value(pair)),
            Rule::break_stmt => StmtKind::Break,
            Rule::call_stmt => {
                let call = pair.into_inner().next()?;
                match call.as_rule() {
                    Rule::route_call => StmtKind::RouteCall(self.route_call(call)?),
                    _ => StmtKind::Call(self.call(call)?),
                }
            }
            _ => {
                self.mark(&pair);
                StmtKind::Error
            }
        })
    }

    fn value(&mut self, pair: P<'_>) -> Option<Expr> {
        pair.into_inner().find(|p| p.as_rule() == Rule::expr).map(|p| self.expr(p))
    }

    fn cond(&mut self, pair: P<'_>) -> Expr {
        if pair.as_rule() == Rule::expr {
            return self.expr(pair);
        }
        self.mark(&pair);
        Expr { span: self.span(&pair), kind: ExprKind::Error }
    }

    fn if_stmt(&mut self, pair: P<'_>) -> Option<StmtKind> {
        let mut parts = pair.into_inner().skip(1);
        let cond = self.cond(parts.next()?);
        let then = self.body(parts.next()?);
        // The keyword `else` and its body.
        let otherwise = parts.nth(1).map(|body| self.body(body));
        Some(StmtKind::If(If { cond, then, otherwise }))
    }

    /// `body` or `r_body`: a block, or one statement.
    fn body(&mut self, pair: P<'_>) -> Block {
        let at = self.span(&pair);
        let Some(inner) = pair.into_inner().next() else { return Block { span: at, ..Block::default() } };
        match inner.as_rule() {
            Rule::block | Rule::r_block => self.block(inner),
            Rule::no_body => {
                self.mark(&inner);
                Block { span: at, ..Block::default() }
            }
            _ => {
                let stmt = self.stmt(inner);
                Block { span: stmt.span, stmts: vec![stmt], braced: false }
            }
        }
    }

    fn switch_stmt(&mut self, pair: P<'_>) -> Option<StmtKind> {
        let mut parts = pair.into_inner().skip(1);
        let on = self.cond(parts.next()?);
        let mut cases = Vec::new();
        for part in parts {
            match part.as_rule() {
                Rule::case_stmt | Rule::r_case => cases.push(self.case(part)),
                _ => self.mark(&part),
            }
        }
        Some(StmtKind::Switch(Switch { on, cases }))
    }

    fn case(&mut self, pair: P<'_>) -> Case {
        let at = self.span(&pair);
        let mut parts = pair.into_inner().peekable();
        let mut label = CaseLabel::Default;
        let mut regex = false;
        while let Some(part) = parts.next_if(|p| is_label(p.as_rule())) {
            match part.as_rule() {
                Rule::slash => regex = true,
                Rule::expr => {
                    let value = self.expr(part);
                    label = if regex { CaseLabel::Regex(value) } else { CaseLabel::Value(value) };
                }
                Rule::bad_label => self.mark(&part),
                _ => {}
            }
        }
        let body = self.stmts(parts);
        Case { label, body, span: at }
    }
}

fn is_label(rule: Rule) -> bool {
    matches!(rule, Rule::kw_case | Rule::kw_default | Rule::slash | Rule::expr | Rule::bad_label)
}
