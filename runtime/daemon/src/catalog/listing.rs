//! What a module has, as lists of names with a note each.

use kamjit_catalog::{ArgKind, Form, InnerName, ParamDefault, Routes};
use kamjit_engine::{Module, globals::Globals, module::FunctionDef, pv::PvDef};
use serde_json::{Value, json};

/// The kinds of entries, in the order in which they are shown: the key in JSON and the heading.
pub(super) const KINDS: [(&str, &str); 7] = [
    ("functions", "functions"),
    ("parameters", "parameters"),
    ("globals", "global parameters"),
    ("variables", "pseudo-variables"),
    ("transformations", "transformations"),
    ("rpc", "remote commands"),
    ("event_routes", "event routes"),
];

/// One entry.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Its name, as it is written in a configuration.
    pub(super) name: String,
    /// Arguments, type or help, for people.
    pub(super) note: String,
    /// The same for programs; an object.
    pub(super) detail: Value,
}

impl Entry {
    fn new(name: impl Into<String>, note: impl Into<String>, detail: Value) -> Entry {
        Entry { name: name.into(), note: note.into(), detail }
    }

    /// An entry of which only the name is known.
    pub(super) fn bare(name: impl Into<String>) -> Entry {
        Entry::new(name, "", json!({}))
    }
}

/// A module and its entries.
#[derive(Clone, Debug)]
pub(super) struct Listing {
    /// `core` or the module.
    pub(super) name: String,
    /// One list for each of [`KINDS`].
    pub(super) entries: [Vec<Entry>; KINDS.len()],
}

impl Listing {
    /// The module with what contains a word; all of it if its own name does.
    pub(super) fn only(mut self, word: &str) -> Option<Listing> {
        if !self.name.contains(word) {
            for list in &mut self.entries {
                list.retain(|entry| entry.name.contains(word));
            }
        }
        self.entries.iter().any(|list| !list.is_empty()).then_some(self)
    }
}

/// The core, then all modules.
pub(super) fn of_build() -> Vec<Listing> {
    let core = std::iter::once(&kamjit_engine::core::MODULE);
    core.chain(kamjit_modules::ALL.iter().copied()).map(listing).collect()
}

fn listing(module: &'static Module) -> Listing {
    let globals = if module.name == "core" { globals() } else { Vec::new() };
    let events = module.event_routes.iter().map(|name| Entry::bare(*name)).collect();
    let rpc = module.rpc.iter().map(|rpc| Entry::new(rpc.name, rpc.help, json!({ "help": rpc.help })));
    let transformations = module.transformations.iter().map(|tr| {
        let arguments = arguments_of_transformation(tr.args);
        Entry::new(format!("{}.{}", tr.class, tr.op), arguments.join(", "), json!({ "arguments": arguments }))
    });
    Listing {
        name: module.name.to_owned(),
        entries: [
            module.functions.iter().map(function).collect(),
            module.params.iter().map(|param| parameter(param.name, param.default)).collect(),
            globals,
            module.pvs.iter().map(variable).collect(),
            transformations.collect(),
            rpc.collect(),
            events,
        ],
    }
}

fn globals() -> Vec<Entry> {
    Globals::catalog()
        .map(|(name, effect)| {
            let note = if effect { "" } else { "accepted, no effect (docs/src/differences.md)" };
            Entry::new(name, note, json!({ "effect": effect }))
        })
        .collect()
}

fn function(function: &FunctionDef) -> Entry {
    let forms: Vec<String> = function.forms.iter().map(|form| arguments(form).join(", ")).collect();
    let note = forms.iter().map(|form| format!("({form})")).collect::<Vec<_>>().join(" ");
    let detail: Vec<Value> = function
        .forms
        .iter()
        .map(|form| json!({ "arguments": arguments(form), "routes": routes(form.routes) }))
        .collect();
    Entry::new(function.name, note, json!({ "forms": detail }))
}

fn arguments(form: &Form) -> Vec<&'static str> {
    form.args.iter().copied().map(argument).collect()
}

fn argument(kind: ArgKind) -> &'static str {
    match kind {
        ArgKind::Str => "string",
        ArgKind::Int => "integer",
        ArgKind::IntVar => "integer or variable",
        ArgKind::StrVar => "string with variables",
        ArgKind::Regex => "regular expression",
        ArgKind::Subst => "substitution",
        ArgKind::Var => "variable",
        ArgKind::VarOut => "variable to assign",
        ArgKind::Custom => "special",
    }
}

fn routes(set: Routes) -> Vec<&'static str> {
    if set == Routes::ANY {
        return vec!["any"];
    }
    [
        (Routes::REQUEST, "request"),
        (Routes::FAILURE, "failure"),
        (Routes::TM_ONREPLY, "onreply"),
        (Routes::CORE_ONREPLY, "reply"),
        (Routes::BRANCH, "branch"),
        (Routes::ONSEND, "onsend"),
        (Routes::LOCAL, "local"),
        (Routes::BRANCH_FAILURE, "branch-failure"),
        (Routes::EVENT, "event"),
    ]
    .into_iter()
    .filter_map(|(kind, name)| set.meets(kind).then_some(name))
    .collect()
}

fn parameter(name: &str, default: ParamDefault) -> Entry {
    let (kind, value, many) = match default {
        ParamDefault::Int(number) => ("integer", json!(number), false),
        ParamDefault::Str(text) => ("string", json!(text), false),
        ParamDefault::NoStr => ("string", Value::Null, false),
        ParamDefault::Many => ("string", Value::Null, true),
        ParamDefault::Any => ("integer or string", Value::Null, false),
    };
    let note = match (&value, many) {
        (_, true) => format!("{kind}, may be given several times"),
        (Value::Null, _) => kind.to_owned(),
        (value, _) => format!("{kind}, default {value}"),
    };
    Entry::new(name, note, json!({ "type": kind, "default": value, "many": many }))
}

fn variable(def: &PvDef) -> Entry {
    let name = match def.inner {
        InnerName::None => format!("${}", def.name),
        InnerName::Optional => format!("${0} ${0}(name)", def.name),
        InnerName::Static | InnerName::Dynamic => format!("${}(name)", def.name),
    };
    let access = match (def.readable, def.writable) {
        (true, true) => "read, write",
        (false, true) => "write",
        _ => "read",
    };
    Entry::new(name, access, json!({ "name": def.name, "index": def.index, "writable": def.writable }))
}

fn arguments_of_transformation(letters: &str) -> Vec<String> {
    letters
        .chars()
        .map(|letter| {
            let kind = match letter.to_ascii_lowercase() {
                'n' => "number",
                'c' => "character",
                _ => "text",
            };
            if letter.is_ascii_uppercase() { format!("[{kind}]") } else { kind.to_owned() }
        })
        .collect()
}

/// An object of modules, each an object of lists; an entry is its name and details.
pub(super) fn to_json(all: &[Listing]) -> String {
    let modules: serde_json::Map<String, Value> = all
        .iter()
        .map(|module| {
            let lists = KINDS.iter().zip(&module.entries).filter(|(_, list)| !list.is_empty());
            let lists: serde_json::Map<String, Value> = lists
                .map(|((key, _), list)| ((*key).to_owned(), list.iter().map(entry_json).collect()))
                .collect();
            (module.name.clone(), Value::Object(lists))
        })
        .collect();
    let whole = json!({ "version": env!("CARGO_PKG_VERSION"), "modules": modules });
    serde_json::to_string_pretty(&whole).unwrap_or_default()
}

fn entry_json(entry: &Entry) -> Value {
    let mut object = entry.detail.as_object().cloned().unwrap_or_default();
    object.entry("name").or_insert_with(|| json!(entry.name));
    Value::Object(object)
}
