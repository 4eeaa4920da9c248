//! Route blocks: names, duplicates, and from which kinds of blocks each can be reached.

use std::collections::HashMap;
use std::sync::Arc;

use kamjit_catalog::{RouteDecl, Routes};
use kamjit_syntax::ast::{
    self, Expr, ExprKind, ItemKind, RouteBlock, RouteCall, RouteKind, RouteTarget, Stmt, StmtKind,
};
use kamjit_syntax::{Diagnostic, Span};

use super::Analysis;
use crate::ir;
use crate::suggest::nearest;

/// A route block and what is known of it.
pub(super) struct Block<'a> {
    pub(super) ast: &'a RouteBlock,
    pub(super) span: Span,
    pub(super) name: Arc<str>,
    /// Its own kind, as the host numbers kinds.
    pub(super) kind: Routes,
    /// Where the real server lets functions stand by the block alone.
    pub(super) allowed_as: Routes,
    /// All kinds it can be reached from, its own included.
    pub(super) reached_as: Routes,
}

impl<'a> Block<'a> {
    pub(super) fn new(ast: &'a RouteBlock, span: Span) -> Block<'a> {
        let main = ast.is_main();
        let kind = match ast.kind {
            RouteKind::Request => Routes::REQUEST,
            RouteKind::Reply if main => Routes::CORE_ONREPLY,
            RouteKind::Reply => Routes::TM_ONREPLY,
            RouteKind::Failure => Routes::FAILURE,
            RouteKind::Branch => Routes::BRANCH,
            RouteKind::Onsend => Routes::ONSEND,
            RouteKind::Event => Routes::EVENT,
        };
        // Captured: an event route is checked as a request route too.
        let allowed_as = if kind == Routes::EVENT { Routes::EVENT.or(Routes::REQUEST) } else { kind };
        let name: Arc<str> = match &ast.name {
            Some(name) if !main => (&*name.text).into(),
            _ => "".into(),
        };
        Block { ast, span, name, kind, allowed_as, reached_as: allowed_as }
    }

    fn is_callable(&self) -> bool {
        self.kind == Routes::REQUEST
    }
}

impl Analysis<'_> {
    /// Tells the host all blocks and finds from where each is reached.
    pub(super) fn declare_routes(&mut self) {
        self.duplicates();
        let decls: Vec<RouteDecl> = self
            .blocks
            .iter()
            .enumerate()
            .map(|(index, b)| RouteDecl { kind: b.kind, name: b.name.to_string(), index: index as u32 })
            .collect();
        self.host.declare_routes(&decls);
        self.reach();
    }

    /// The same name twice for one kind is refused by the real server, but for the main blocks, which are joined.
    fn duplicates(&mut self) {
        let mut seen: HashMap<(u16, Arc<str>), Span> = HashMap::new();
        let mut found = Vec::new();
        for block in &self.blocks {
            let place = block.ast.name.as_ref().map_or(block.ast.keyword.span, |n| n.span);
            match seen.get(&(block.kind.0, block.name.clone())) {
                Some(first) if !block.name.is_empty() => found.push(
                    Diagnostic::error(
                        "KC006",
                        place,
                        format!("{}[{}] is declared twice", block.ast.keyword.text, block.name),
                    )
                    .also(*first, "first declared here")
                    .help("rename one of them"),
                ),
                Some(_) => {}
                None => {
                    seen.insert((block.kind.0, block.name.clone()), place);
                }
            }
        }
        self.diagnostics.extend(found);
    }

    /// Spreads the kinds along the calls until nothing changes.
    fn reach(&mut self) {
        self.routes = self.route_index();
        let index = &self.routes;
        let mut edges: Vec<Vec<u32>> = Vec::with_capacity(self.blocks.len());
        for block in &self.blocks {
            let mut called = Vec::new();
            for_each_route_call(&block.ast.body.stmts, &mut |call| match &call.target {
                RouteTarget::Static(name) => called.extend(index.get(&*name.text).copied()),
                RouteTarget::Dynamic(_) => {}
            });
            called.sort_unstable();
            called.dedup();
            edges.push(called);
        }
        let mut work: Vec<usize> = (0..self.blocks.len()).collect();
        while let Some(from) = work.pop() {
            let kinds = self.blocks[from].reached_as;
            for to in &edges[from] {
                let target = &mut self.blocks[*to as usize];
                let joined = target.reached_as.or(kinds);
                if joined != target.reached_as {
                    target.reached_as = joined;
                    work.push(*to as usize);
                }
            }
        }
    }

    /// `route[X]` by name.
    fn route_index(&self) -> HashMap<Arc<str>, u32> {
        let mut index = HashMap::new();
        for (at, block) in self.blocks.iter().enumerate().filter(|(_, b)| b.is_callable()) {
            index.entry(block.name.clone()).or_insert(at as u32);
        }
        index
    }

    /// Lowers all bodies.
    pub(super) fn bodies(&mut self) -> Vec<ir::Route> {
        let mut routes = Vec::with_capacity(self.blocks.len());
        for at in 0..self.blocks.len() {
            self.place.block = at;
            self.place.depth = 0;
            let ast = self.blocks[at].ast;
            let body = self.stmts(&ast.body.stmts);
            let block = &self.blocks[at];
            routes.push(ir::Route { kind: block.kind, name: block.name.clone(), span: block.span, body });
        }
        self.join_main_blocks(&mut routes);
        routes
    }

    /// Two `request_route` blocks run one after the other, as if written in one.
    fn join_main_blocks(&mut self, routes: &mut [ir::Route]) {
        for kind in [Routes::REQUEST, Routes::CORE_ONREPLY, Routes::ONSEND] {
            let main: Vec<usize> = (0..routes.len())
                .filter(|at| routes[*at].kind == kind && routes[*at].name.is_empty())
                .collect();
            if let [first, rest @ ..] = &main[..] {
                for at in rest {
                    let body = std::mem::take(&mut routes[*at].body);
                    routes[*first].body.extend(body);
                }
            }
        }
    }

    /// Resolves the target of `route(X)`.
    pub(super) fn route_target(&mut self, call: &RouteCall) -> Option<ir::RouteTarget> {
        let name = match &call.target {
            RouteTarget::Dynamic(e) => {
                let name = self.expr(e, true)?;
                return match name {
                    ir::Expr::Str(text) => {
                        let text = String::from_utf8_lossy(&text).into_owned();
                        self.static_route(&text, e.span)
                    }
                    other => Some(ir::RouteTarget::Dynamic(other)),
                };
            }
            RouteTarget::Static(name) => name,
        };
        self.static_route(&name.text, name.span)
    }

    fn static_route(&mut self, name: &str, span: Span) -> Option<ir::RouteTarget> {
        let wanted = if name == "0" { "" } else { name };
        if let Some(at) = self.routes.get(wanted) {
            return Some(ir::RouteTarget::Static(*at));
        }
        if self.unit.file.items.iter().any(|item| matches!(item.kind, ItemKind::Error)) {
            return None;
        }
        let mut diagnostic = Diagnostic::error("KC002", span, format!("there is no route[{name}]"));
        if let Some(other) = self.blocks.iter().find(|b| *b.name == *wanted && b.kind != Routes::EVENT) {
            diagnostic = diagnostic
                .also(
                    other.ast.name.as_ref().map_or(other.ast.keyword.span, |n| n.span),
                    format!("this is a {}, which route() cannot call", other.ast.keyword.text),
                )
                .help(format!("declare route[{name}] or call another one"));
        } else {
            let names = self.blocks.iter().filter(|b| b.is_callable()).map(|b| &*b.name);
            diagnostic = match nearest(name, names) {
                Some(near) => diagnostic.help(format!("did you mean route({near})?")),
                None => diagnostic.help(format!("declare route[{name}] {{ ... }}")),
            };
        }
        self.report(diagnostic);
        None
    }
}

/// Visits every `route(X)` of the statements, in expressions too.
fn for_each_route_call(stmts: &[Stmt], visit: &mut impl FnMut(&RouteCall)) {
    for stmt in stmts {
        match &stmt.kind {
            StmtKind::RouteCall(call) => visit(call),
            StmtKind::Call(call) => call.args.iter().for_each(|e| in_expr(e, visit)),
            StmtKind::Assign(assign) => in_expr(&assign.value, visit),
            StmtKind::If(node) => {
                in_expr(&node.cond, visit);
                for_each_route_call(&node.then.stmts, visit);
                if let Some(block) = &node.otherwise {
                    for_each_route_call(&block.stmts, visit);
                }
            }
            StmtKind::While(node) => {
                in_expr(&node.cond, visit);
                for_each_route_call(&node.body.stmts, visit);
            }
            StmtKind::Switch(node) => {
                in_expr(&node.on, visit);
                node.cases.iter().for_each(|case| for_each_route_call(&case.body, visit));
            }
            StmtKind::Exit(Some(e)) | StmtKind::Drop(Some(e)) | StmtKind::Return(Some(e)) => {
                in_expr(e, visit)
            }
            _ => {}
        }
    }
}

fn in_expr(e: &Expr, visit: &mut impl FnMut(&RouteCall)) {
    match &e.kind {
        ExprKind::RouteCall(call) => visit(call),
        ExprKind::Unary(_, inner) => in_expr(inner, visit),
        ExprKind::Binary(binary) => {
            in_expr(&binary.lhs, visit);
            in_expr(&binary.rhs, visit);
        }
        ExprKind::Builtin(_, args) => args.iter().for_each(|e| in_expr(e, visit)),
        ExprKind::Call(call) => call.args.iter().for_each(|e| in_expr(e, visit)),
        ExprKind::Assign(assign) => in_expr(&assign.value, visit),
        ExprKind::Block(ast::Block { stmts, .. }) => for_each_route_call(stmts, visit),
        _ => {}
    }
}
