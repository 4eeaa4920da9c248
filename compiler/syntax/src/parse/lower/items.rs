//! Top-level items.

use super::{Lower, P, missing_item};
use crate::ast::{
    Block, CustomVar, Expr, ExprKind, FlagDecl, Global, ItemKind, Listen, LoadModule, ModParam, Name,
    RouteBlock, RouteKind, SocketLit,
};
use crate::parse::grammar::Rule;
use crate::parse::reserved;

impl Lower {
    pub(super) fn item(&mut self, pair: P<'_>) -> ItemKind {
        match pair.as_rule() {
            Rule::route_item | Rule::r_route => self.route(pair),
            Rule::bad_item => {
                self.mark(&pair);
                ItemKind::Error
            }
            _ => self.declaration(pair).unwrap_or_else(missing_item),
        }
    }

    fn declaration(&mut self, pair: P<'_>) -> Option<ItemKind> {
        Some(match pair.as_rule() {
            Rule::global => {
                let mut parts = pair.into_inner();
                let name = self.name(&parts.next()?);
                let value = self.literal(parts.next()?);
                self.refuse_wrong_item(&name, &value);
                ItemKind::Global(Global { name, values: vec![value] })
            }
            Rule::coreparam => {
                let mut parts = pair.into_inner().skip(1);
                let name = self.name_or_string(&parts.next()?);
                let value = self.literal(parts.next()?);
                ItemKind::Global(Global { name, values: vec![value] })
            }
            Rule::alias => self.alias(pair)?,
            Rule::listen => ItemKind::Listen(self.listen(pair)),
            Rule::socket_item => ItemKind::Listen(self.socket_block(pair)),
            Rule::custom_var => self.custom_var(pair)?,
            Rule::flags => {
                let flags: Option<Vec<_>> = pair.into_inner().skip(1).map(|p| self.flag(p)).collect();
                ItemKind::Flags(flags?)
            }
            Rule::avpflags => {
                let names: Vec<Name> = pair.into_inner().skip(1).map(|p| self.name_or_string(&p)).collect();
                names.iter().for_each(|name| self.refuse_reserved(name));
                ItemKind::AvpFlags(names)
            }
            Rule::loadmodule => {
                let mut parts = pair.into_inner();
                let extended = parts.next()?.as_str().ends_with('x');
                let path = self.string(&parts.next()?);
                let options = parts.next().map(|p| self.string(&p));
                ItemKind::LoadModule(LoadModule { path, options, extended })
            }
            Rule::loadpath => ItemKind::LoadPath(self.string(&pair.into_inner().nth(1)?)),
            Rule::cfgengine => ItemKind::CfgEngine(self.string(&pair.into_inner().nth(1)?)),
            Rule::modparam => {
                let mut parts = pair.into_inner();
                let extended = parts.next()?.as_str().ends_with('x');
                let module = self.string(&parts.next()?);
                let param = self.string(&parts.next()?);
                let value = self.literal(parts.next()?);
                if matches!(value.kind, ExprKind::Pv(_)) && !extended {
                    self.error(
                        value.span,
                        "modparam takes a number or a string; only modparamx takes a variable",
                    );
                }
                ItemKind::ModParam(ModParam { module, param, value, extended })
            }
            _ => return None,
        })
    }

    fn route(&mut self, pair: P<'_>) -> ItemKind {
        let mut keyword = None;
        let mut route_name = None;
        let mut body = Block { braced: true, ..Block::default() };
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::kw_main | Rule::kw_block | Rule::kw_event => keyword = Some(self.name(&part)),
                Rule::route_name => {
                    let inner = part.into_inner().next();
                    route_name = inner.map(|p| self.route_name(&p));
                }
                Rule::event_id => route_name = Some(self.name(&part)),
                Rule::string => route_name = Some(self.event_name(&part)),
                _ => body = self.block(part),
            }
        }
        let Some(keyword) = keyword else { return ItemKind::Error };
        if let Some(name) = route_name.as_ref().filter(|_| &*keyword.text != "event_route") {
            self.refuse_reserved(name);
        }
        let kind = match &*keyword.text {
            "reply_route" | "onreply_route" => RouteKind::Reply,
            "failure_route" => RouteKind::Failure,
            "branch_route" => RouteKind::Branch,
            "onsend_route" => RouteKind::Onsend,
            "event_route" => RouteKind::Event,
            _ => RouteKind::Request,
        };
        ItemKind::Route(RouteBlock { kind, keyword, name: route_name, body })
    }

    /// Items with a syntax of their own that were read as `name = value`, since their value is none of theirs.
    fn refuse_wrong_item(&mut self, name: &Name, value: &Expr) {
        let wanted = match &*name.text {
            "listen" | "alias" | "domain" => "an address, an interface or a host name",
            "loadpath" | "mpath" | "cfgengine" => "a string",
            _ => return,
        };
        if !matches!(value.kind, ExprKind::Error) {
            self.error(value.span, format!("{wanted} is needed here"));
        }
    }

    /// A quoted event: the real server reads what is in the quotes by the same rule.
    fn event_name(&mut self, pair: &P<'_>) -> Name {
        let name = self.name_or_string(pair);
        let mut parts = name.text.split(':');
        let good = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_alphabetic())
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        };
        if !(parts.next().is_some_and(good) && name.text.contains(':') && parts.all(good)) {
            self.error(name.span, format!("`{}` is no event: events are named module:event", name.text));
        }
        name
    }

    /// The name of a route; a number stands for its value (`01` and `0x1` are 1).
    pub(super) fn route_name(&mut self, pair: &P<'_>) -> Name {
        if pair.as_rule() == Rule::number {
            return Name { text: self.int(pair).to_string().into(), span: self.span(pair), quoted: false };
        }
        self.name_or_string(pair)
    }

    /// Reports a keyword where the server wants a name of the author's own.
    pub(super) fn refuse_reserved(&mut self, name: &Name) {
        if !name.quoted && reserved::is_reserved(&name.text) {
            self.error(name.span, format!("`{}` is a keyword and cannot be a name here", name.text));
            if let Some(last) = self.diagnostics.last_mut() {
                last.help = Some("write it in quotes or choose another name".into());
            }
        }
    }

    /// As [`Self::refuse_reserved`], where also words and numbers that stand for a value are none.
    fn refuse_word(&mut self, name: &Name) {
        if !name.quoted
            && (reserved::is_word(&name.text) || name.text.starts_with(|c: char| c.is_ascii_digit()))
        {
            self.error(name.span, format!("`{}` stands for a number and cannot be a name here", name.text));
        }
        self.refuse_reserved(name);
    }

    fn alias(&mut self, pair: P<'_>) -> Option<ItemKind> {
        let mut parts = pair.into_inner();
        let name = self.name(&parts.next()?);
        let mut values = Vec::new();
        for part in parts {
            let socket = self.socket(&part);
            values.push(Expr { span: self.span(&part), kind: ExprKind::Socket(Box::new(socket)) });
        }
        Some(ItemKind::Global(Global { name, values }))
    }

    fn listen(&mut self, pair: P<'_>) -> Listen {
        let mut listen = empty_listen(false);
        let mut advertised = false;
        for part in pair.into_inner() {
            match part.as_rule() {
                Rule::kw_advertise => advertised = true,
                Rule::socket if advertised => listen.advertise = Some(self.socket(&part)),
                Rule::socket => listen.sockets.push(self.bound(&part)),
                Rule::string => listen.name = Some(self.string(&part)),
                Rule::kw_virtual => listen.is_virtual = true,
                _ => {}
            }
        }
        listen
    }

    fn socket_block(&mut self, pair: P<'_>) -> Listen {
        let mut listen = empty_listen(true);
        for attr in pair.into_inner().skip(1) {
            let rule = attr.as_rule();
            let Some(value) = attr.into_inner().nth(1) else { continue };
            match rule {
                Rule::bind_attr => listen.sockets.push(self.bound(&value)),
                Rule::adv_attr => listen.advertise = Some(self.socket(&value)),
                Rule::name_attr => listen.name = Some(self.string(&value)),
                Rule::agname_attr => listen.agname = Some(self.string(&value)),
                Rule::vrf_attr => listen.vrf = Some(self.string(&value)),
                Rule::workers_attr => listen.workers = Some((self.int(&value), self.span(&value))),
                Rule::virtual_attr => {
                    listen.is_virtual = match self.literal(value).kind {
                        ExprKind::Int(n) => n != 0,
                        ExprKind::Word(crate::ast::WordLit::Bool(b)) => b,
                        _ => true,
                    }
                }
                _ => {}
            }
        }
        listen
    }

    fn custom_var(&mut self, pair: P<'_>) -> Option<ItemKind> {
        let mut instance = None;
        let mut value = None;
        let mut desc = None;
        let mut words: Vec<Name> = Vec::new();
        for part in pair.into_inner() {
            match part.as_rule() {
                // `a[1].b = 2`, `a.1 = 2`: the number before the value is an instance only right after the group.
                Rule::number if words.len() == 1 && instance.is_none() && is_instance(&part) => {
                    instance = Some((self.int(&part), self.span(&part)));
                }
                Rule::ident | Rule::number if words.len() < 2 => words.push(self.name(&part)),
                Rule::kw_desc => {}
                Rule::string if value.is_some() => desc = Some(self.string(&part)),
                _ => value = Some(self.literal(part)),
            }
        }
        let value = value?;
        let mut words = words.into_iter();
        let (group, var) = (words.next()?, words.next()?);
        if &*group.text == "kemi" {
            let text = format!("kemi.{}", var.text).into();
            let name = Name { text, span: group.span.to(var.span), quoted: false };
            return Some(ItemKind::Global(Global { name, values: vec![value] }));
        }
        for name in [&group, &var] {
            if &*name.text != "default" {
                self.refuse_word(name);
            }
        }
        Some(ItemKind::CustomVar(CustomVar { group, instance, name: var, value, desc }))
    }

    fn flag(&mut self, pair: P<'_>) -> Option<FlagDecl> {
        let mut parts = pair.into_inner();
        let name = self.name_or_string(&parts.next()?);
        self.refuse_word(&name);
        let number = parts.next().map(|p| (self.int(&p), self.span(&p)));
        Some(FlagDecl { name, number })
    }
}

fn is_instance(number: &P<'_>) -> bool {
    let at = number.as_span();
    at.get_input().get(at.end()..).is_some_and(|rest| rest.trim_start().starts_with(']'))
}

fn empty_listen(block: bool) -> Listen {
    Listen {
        sockets: Vec::<SocketLit>::new(),
        advertise: None,
        name: None,
        is_virtual: false,
        workers: None,
        agname: None,
        vrf: None,
        block,
    }
}
