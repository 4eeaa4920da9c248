//! The script functions of `tm`.

mod relaying;
mod routes;
mod state;
mod timers;

use kamjit_engine::{
    Run,
    catalog::{ArgKind, Form, Routes},
    module::{FunctionDef, PrepareFn, RunFn},
};

const REQUEST: Routes = Routes::REQUEST;
const REQUEST_FAILURE: Routes = Routes::REQUEST.or(Routes::FAILURE);
/// Where a transaction is at hand.
const TM: Routes = REQUEST_FAILURE.or(Routes::TM_ONREPLY).or(Routes::BRANCH);
const SUSPENDED: Routes = REQUEST_FAILURE.or(Routes::EVENT).or(Routes::BRANCH_FAILURE);

const NO_ARGS: &[ArgKind] = &[];
const INT: &[ArgKind] = &[ArgKind::IntVar];
const TWO_INTS: &[ArgKind] = &[ArgKind::IntVar, ArgKind::IntVar];
const CUSTOM: &[ArgKind] = &[ArgKind::Custom];
const TWO_CUSTOM: &[ArgKind] = &[ArgKind::Custom, ArgKind::Custom];
const TEXT: &[ArgKind] = &[ArgKind::StrVar];
const SIX_TEXTS: &[ArgKind] = &[ArgKind::StrVar; 6];

const fn form(args: &'static [ArgKind], routes: Routes) -> Form {
    Form { args, routes }
}

const fn def(name: &'static str, forms: &'static [Form], run: RunFn) -> FunctionDef {
    FunctionDef { name, forms, run: Run::plain(run) }
}

const fn digested(name: &'static str, forms: &'static [Form], prepare: PrepareFn, run: RunFn) -> FunctionDef {
    FunctionDef { name, forms, run: Run::prepared(prepare, run) }
}

const ANY_REPLY: Routes = REQUEST_FAILURE.or(Routes::ONREPLY);

/// All functions.
pub(super) static FUNCTIONS: &[FunctionDef] = &[
    digested(
        "t_relay",
        &[form(NO_ARGS, REQUEST_FAILURE), form(TWO_CUSTOM, REQUEST_FAILURE)],
        relaying::digest_host,
        relaying::relay,
    ),
    digested(
        "t_relay_to",
        &[form(NO_ARGS, REQUEST_FAILURE), form(CUSTOM, REQUEST_FAILURE), form(TWO_CUSTOM, REQUEST_FAILURE)],
        relaying::digest_relay_to,
        relaying::relay_to,
    ),
    digested(
        "t_relay_to_udp",
        &[form(NO_ARGS, REQUEST_FAILURE), form(TWO_CUSTOM, REQUEST_FAILURE)],
        relaying::digest_udp,
        relaying::relay,
    ),
    digested(
        "t_relay_to_tcp",
        &[form(NO_ARGS, REQUEST_FAILURE), form(TWO_CUSTOM, REQUEST_FAILURE)],
        relaying::digest_tcp,
        relaying::relay,
    ),
    digested(
        "t_relay_to_tls",
        &[form(NO_ARGS, REQUEST_FAILURE), form(TWO_CUSTOM, REQUEST_FAILURE)],
        relaying::digest_tls,
        relaying::relay,
    ),
    digested(
        "t_relay_to_sctp",
        &[form(NO_ARGS, REQUEST_FAILURE), form(TWO_CUSTOM, REQUEST_FAILURE)],
        relaying::digest_sctp,
        relaying::relay,
    ),
    def("t_relay_to_avp", &[form(&[ArgKind::StrVar, ArgKind::StrVar], REQUEST)], relaying::relay_to_avp),
    digested("t_forward_nonack", &[form(TWO_CUSTOM, REQUEST)], relaying::digest_host, relaying::relay),
    digested("t_forward_nonack_udp", &[form(TWO_CUSTOM, REQUEST)], relaying::digest_udp, relaying::relay),
    digested("t_forward_nonack_tcp", &[form(TWO_CUSTOM, REQUEST)], relaying::digest_tcp, relaying::relay),
    digested("t_forward_nonack_tls", &[form(TWO_CUSTOM, REQUEST)], relaying::digest_tls, relaying::relay),
    digested("t_forward_nonack_sctp", &[form(TWO_CUSTOM, REQUEST)], relaying::digest_sctp, relaying::relay),
    def("t_forward_nonack_to", &[form(&[ArgKind::StrVar, ArgKind::StrVar], REQUEST)], relaying::relay_to_avp),
    digested("t_forward_nonack_uri", &[form(NO_ARGS, REQUEST)], relaying::digest_host, relaying::relay),
    def("t_relay_cancel", &[form(NO_ARGS, REQUEST)], relaying::relay_cancel),
    digested(
        "t_replicate",
        &[form(NO_ARGS, REQUEST), form(TEXT, REQUEST), form(TWO_CUSTOM, REQUEST)],
        relaying::digest_replicate,
        relaying::replicate,
    ),
    digested("t_replicate_udp", &[form(TWO_CUSTOM, REQUEST)], relaying::digest_udp, relaying::replicate),
    digested("t_replicate_tcp", &[form(TWO_CUSTOM, REQUEST)], relaying::digest_tcp, relaying::replicate),
    digested("t_replicate_tls", &[form(TWO_CUSTOM, REQUEST)], relaying::digest_tls, relaying::replicate),
    digested("t_replicate_sctp", &[form(TWO_CUSTOM, REQUEST)], relaying::digest_sctp, relaying::replicate),
    def("t_newtran", &[form(NO_ARGS, REQUEST)], relaying::newtran),
    digested("t_reply", &[form(TWO_CUSTOM, ANY_REPLY)], relaying::digest_reply, relaying::reply),
    digested("t_send_reply", &[form(TWO_CUSTOM, ANY_REPLY)], relaying::digest_reply, relaying::reply),
    def("t_release", &[form(NO_ARGS, REQUEST)], relaying::release),
    def("t_retransmit_reply", &[form(NO_ARGS, REQUEST)], relaying::retransmit_reply),
    def("t_uac_send", &[form(SIX_TEXTS, Routes::ANY)], relaying::uac_send),
    def("t_load_contacts", &[form(NO_ARGS, REQUEST_FAILURE), form(INT, REQUEST_FAILURE)], |ctx, _| {
        super::contacts::load(ctx)
    }),
    def("t_next_contacts", &[form(NO_ARGS, REQUEST_FAILURE)], |ctx, _| super::contacts::next(ctx)),
    def("t_next_contact_flow", &[form(NO_ARGS, SUSPENDED)], |_, _| kamjit_engine::Ret(-2)),
    digested("t_on_failure", &[form(CUSTOM, TM)], routes::digest_failure, routes::on_failure),
    digested("t_on_reply", &[form(CUSTOM, TM)], routes::digest_reply, routes::on_reply),
    digested("t_on_branch", &[form(CUSTOM, REQUEST_FAILURE)], routes::digest_branch, routes::on_branch),
    digested(
        "t_on_branch_failure",
        &[form(CUSTOM, TM)],
        routes::digest_branch_failure,
        routes::on_branch_failure,
    ),
    digested("t_is_set", &[form(CUSTOM, Routes::ANY)], routes::digest_is_set, routes::is_set),
    def(
        "t_check_trans",
        &[form(NO_ARGS, REQUEST.or(Routes::ONREPLY).or(Routes::BRANCH))],
        state::check_trans,
    ),
    def("t_lookup_request", &[form(NO_ARGS, REQUEST)], state::lookup_request),
    def("t_lookup_cancel", &[form(NO_ARGS, REQUEST), form(INT, REQUEST)], state::lookup_cancel),
    digested("t_check_status", &[form(CUSTOM, ANY_REPLY)], state::digest_status, state::check_status),
    def("t_get_status_code", &[form(NO_ARGS, ANY_REPLY.or(Routes::BRANCH))], state::get_status_code),
    def("t_grep_status", &[form(INT, TM)], state::grep_status),
    def("t_any_replied", &[form(NO_ARGS, TM)], state::any_replied),
    def("t_any_timeout", &[form(NO_ARGS, TM)], state::any_timeout),
    def("t_branch_replied", &[form(NO_ARGS, SUSPENDED)], state::branch_replied),
    def("t_branch_timeout", &[form(NO_ARGS, SUSPENDED)], state::branch_timeout),
    def("t_is_canceled", &[form(NO_ARGS, TM)], state::is_canceled),
    def("t_is_expired", &[form(NO_ARGS, TM)], state::is_expired),
    def("t_is_retr_async_reply", &[form(NO_ARGS, Routes::TM_ONREPLY)], state::is_retr_async_reply),
    def(
        "t_drop_replies",
        &[form(NO_ARGS, Routes::FAILURE), form(TEXT, Routes::FAILURE)],
        state::drop_replies,
    ),
    def("t_save_lumps", &[form(NO_ARGS, REQUEST)], state::save_lumps),
    def("t_use_uac_headers", &[form(NO_ARGS, Routes::ANY)], |ctx, _| {
        timers::switch(ctx, true, |s| &mut s.use_uac_headers)
    }),
    def("t_clean", &[form(NO_ARGS, Routes::ANY)], |_, _| kamjit_engine::Ret::TRUE),
    def("t_set_fr", &[form(INT, TM), form(TWO_INTS, TM)], timers::set_fr),
    def("t_reset_fr", &[form(NO_ARGS, TM)], timers::reset_fr),
    def("t_set_retr", &[form(TWO_INTS, TM)], timers::set_retr),
    def("t_reset_retr", &[form(NO_ARGS, TM)], timers::reset_retr),
    def("t_set_max_lifetime", &[form(TWO_INTS, TM)], timers::set_max_lifetime),
    def("t_reset_max_lifetime", &[form(NO_ARGS, TM)], timers::reset_max_lifetime),
    def("t_set_auto_inv_100", &[form(INT, REQUEST)], |ctx, args| {
        let off = timers::is_zero(ctx, args);
        timers::switch(ctx, off, |s| &mut s.no_auto_100)
    }),
    def("t_set_disable_6xx", &[form(INT, TM)], |ctx, args| {
        let on = !timers::is_zero(ctx, args);
        timers::switch(ctx, on, |s| &mut s.disable_6xx)
    }),
    def("t_set_disable_failover", &[form(INT, TM)], |_, _| kamjit_engine::Ret::TRUE),
    def("t_set_disable_internal_reply", &[form(INT, TM)], |ctx, args| {
        let on = !timers::is_zero(ctx, args);
        timers::switch(ctx, on, |s| &mut s.no_internal_reply)
    }),
    def("t_set_no_e2e_cancel_reason", &[form(INT, TM)], |ctx, args| {
        let on = !timers::is_zero(ctx, args);
        timers::switch(ctx, on, |s| &mut s.no_e2e_cancel_reason)
    }),
    def("t_disable_e2e_cancel_reason", &[form(INT, TM)], |ctx, args| {
        let on = !timers::is_zero(ctx, args);
        timers::switch(ctx, on, |s| &mut s.no_e2e_cancel_reason)
    }),
];
