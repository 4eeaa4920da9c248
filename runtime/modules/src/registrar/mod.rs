//! The module `registrar`: REGISTER requests and the way to registered phones.

pub mod aor;
mod expired;
mod fields;
mod lookup;
mod params;
mod path;
mod register;
mod registered;
mod reply;
mod save;
mod store;
mod ulc;
mod xavp;

pub use params::State;

use std::sync::Arc;

use kamjit_engine::{
    Arg, Module, Run,
    catalog::{
        ArgKind::{Custom, IntVar, Str, StrVar},
        Form, HostError, Place, Routes,
    },
    init::Init,
    module::{FunctionDef, Prepare},
    state::StateKey,
};

use crate::usrloc::{self, Domain};

/// The module's state in a program.
pub static STATE: StateKey<State> = StateKey::new();

const ANY: Routes = Routes::ANY;
/// Request and failure routes.
const RF: Routes = Routes::REQUEST.or(Routes::FAILURE);
/// And reply routes.
const RFO: Routes = RF.or(Routes::ONREPLY);

/// The export table.
pub static MODULE: Module = Module {
    name: "registrar",
    needs: &["usrloc"],
    after: &["sl", "tm"],
    functions: FUNCTIONS,
    params: params::PARAMS,
    pvs: ulc::PVS,
    event_routes: &["usrloc:contact-expired"],
    init,
    start: Some(expired::start),
    ..Module::EMPTY
};

const fn function(name: &'static str, forms: &'static [Form], run: Run) -> FunctionDef {
    FunctionDef { name, forms, run }
}

static FUNCTIONS: &[FunctionDef] = &[
    function(
        "add_sock_hdr",
        &[Form { args: &[StrVar], routes: Routes::REQUEST }],
        Run::plain(registered::add_sock_hdr),
    ),
    function(
        "lookup",
        &[Form { args: &[Custom], routes: RF }, Form { args: &[Custom, StrVar], routes: RF }],
        Run::prepared(table, lookup::lookup),
    ),
    function(
        "lookup_branches",
        &[Form { args: &[Custom], routes: RF }],
        Run::prepared(table, lookup::lookup_branches),
    ),
    function(
        "lookup_to_dset",
        &[Form { args: &[Custom], routes: RF }, Form { args: &[Custom, StrVar], routes: RF }],
        Run::prepared(table, lookup::lookup_to_dset),
    ),
    function(
        "reg_fetch_contacts",
        &[Form { args: &[Custom, StrVar, Str], routes: RF }],
        Run::prepared(table, ulc::fetch),
    ),
    function("reg_free_contacts", &[Form { args: &[Str], routes: RF }], Run::plain(ulc::free)),
    function("reg_send_reply", &[Form { args: &[], routes: RF }], Run::plain(reply::send_prepared)),
    function(
        "registered",
        &[
            Form { args: &[Custom], routes: ANY },
            Form { args: &[Custom, StrVar], routes: ANY },
            Form { args: &[Custom, StrVar, IntVar], routes: ANY },
            Form { args: &[Custom, StrVar, IntVar, IntVar], routes: ANY },
        ],
        Run::prepared(table, registered::registered),
    ),
    function(
        "save",
        &[
            Form { args: &[Custom], routes: RFO },
            Form { args: &[Custom, Custom], routes: RFO },
            Form { args: &[Custom, Custom, StrVar], routes: RFO },
        ],
        Run::prepared(save_args, save::save),
    ),
    function(
        "unregister",
        &[
            Form { args: &[Custom, StrVar], routes: ANY },
            Form { args: &[Custom, StrVar, StrVar], routes: ANY },
        ],
        Run::prepared(table, registered::unregister),
    ),
];

/// Digests the name of a table, which is made if it is new.
fn table(prepare: &mut Prepare<'_>, mut args: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    let usrloc = prepare.state(&usrloc::STATE).ok_or_else(|| HostError::new("usrloc is not loaded"))?;
    match args.first_mut() {
        Some(first) => {
            let Arg::Str(name) = &*first else {
                return Err(HostError::new("the table must be a constant string").at(0));
            };
            let domain = usrloc.domain(&String::from_utf8_lossy(name));
            *first = Prepare::digested(domain);
        }
        None => return Err(HostError::new("the table is missing")),
    }
    Ok(args)
}

/// The table that [`table`] digested.
fn domain_of(args: &[Arg]) -> Option<&Domain> {
    args.first()?.digested::<Arc<Domain>>().map(|domain| &**domain)
}

/// Digests table and flags of `save()`.
fn save_args(prepare: &mut Prepare<'_>, args: Vec<Arg>, place: &Place) -> Result<Vec<Arg>, HostError> {
    let mut args = table(prepare, args, place)?;
    if let Some(flags) = args.get_mut(1) {
        let number = match &*flags {
            Arg::Str(text) if text.is_empty() => Some(0),
            Arg::Str(text) => kamjit_engine::value::parse_int(text).filter(|n| *n >= 0),
            _ => None,
        };
        let number = number.ok_or_else(|| {
            HostError::new("the flags of save() must be a constant number such as \"0x02\"").at(1)
        })?;
        *flags = Arg::Int(number);
    }
    Ok(args)
}

fn init(init: &mut Init<'_>) -> Result<(), HostError> {
    let state = Arc::new(params::digest(init)?);
    let computed: [(&str, kamjit_engine::cfg::CfgInt); 5] = [
        ("default_expire", state.default_expires.clone()),
        ("default_expires_range", state.default_expires_range.clone()),
        ("expires_range", state.expires_range.clone()),
        ("max_contacts", state.max_contacts.clone()),
        ("max_expires", state.max_expires.clone()),
    ];
    for (name, cell) in computed {
        init.stats.computed("registrar", name, move || cell.get());
    }
    init.set_state(&STATE, state);
    Ok(())
}
