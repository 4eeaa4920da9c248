//! The pest parser made from `kamailio.pest`.
#![allow(missing_docs, unreachable_pub, clippy::upper_case_acronyms)]

#[derive(pest_derive::Parser)]
#[grammar = "kamailio.pest"]
pub(crate) struct Grammar;
