//! The module `sdpops`: looking into session descriptions and cutting them down.

mod codecs;
mod iterator;
mod lines;
mod media;
mod read;
mod session;

use kamjit_engine::{
    Module, Run,
    catalog::{
        ArgKind::{self, IntVar, Str, StrVar, VarOut},
        Form, Routes,
    },
    module::{FunctionDef, RunFn},
};

const fn form(args: &'static [ArgKind]) -> Form {
    Form { args, routes: Routes::ANY }
}

const NONE: &[Form] = &[form(&[])];
const TEXT: &[Form] = &[form(&[StrVar])];
const TARGET: &[Form] = &[form(&[VarOut])];
const PAIR: &[Form] = &[form(&[StrVar, StrVar])];
const LIST: &[Form] = &[form(&[StrVar]), form(&[StrVar, StrVar])];

const fn plain(name: &'static str, forms: &'static [Form], run: RunFn) -> FunctionDef {
    FunctionDef { name, forms, run: Run::plain(run) }
}

/// The export table.
pub static MODULE: Module = Module {
    name: "sdpops",
    functions: &[
        plain("sdp_content", &[form(&[]), form(&[Str])], read::content),
        plain("sdp_get", TARGET, read::get),
        plain("sdp_get_address_family", NONE, read::address_family),
        plain("sdp_get_line_startswith", &[form(&[VarOut, StrVar])], read::line),
        plain("sdp_iterator_append", PAIR, iterator::append),
        plain("sdp_iterator_end", TEXT, iterator::end),
        plain("sdp_iterator_insert", PAIR, iterator::insert),
        plain("sdp_iterator_next", TEXT, iterator::next),
        plain("sdp_iterator_rm", TEXT, iterator::remove),
        plain("sdp_iterator_start", TEXT, iterator::start),
        plain("sdp_keep_codecs_by_id", LIST, codecs::keep_by_id),
        plain("sdp_keep_codecs_by_name", LIST, codecs::keep_by_name),
        plain("sdp_print", &[form(&[IntVar])], read::print),
        plain("sdp_remove_codecs_by_id", LIST, codecs::remove_by_id),
        plain("sdp_remove_codecs_by_name", LIST, codecs::remove_by_name),
        plain("sdp_remove_line_by_prefix", LIST, lines::remove),
        plain("sdp_remove_media", TEXT, media::remove),
        plain("sdp_remove_transport", TEXT, media::remove_transport),
        plain("sdp_transport", TARGET, media::transport),
        plain("sdp_with_active_media", TEXT, media::has_active),
        plain("sdp_with_codecs_by_id", TEXT, codecs::has_by_id),
        plain("sdp_with_codecs_by_name", TEXT, codecs::has_by_name),
        plain("sdp_with_ice", NONE, read::has_ice),
        plain("sdp_with_media", TEXT, media::has),
        plain("sdp_with_transport", TEXT, media::has_transport),
        plain("sdp_with_transport_like", TEXT, media::has_transport_like),
    ],
    pvs: session::PVS,
    ..Module::EMPTY
};
