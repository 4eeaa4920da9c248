//! `cfg_select("group", id)` and `cfg_reset("group")`: values of a configuration group instance.

use kamjit_catalog::{ArgKind, Form, HostError, Place, Routes};

use super::{ONE_TEXT, prepared};
use crate::{
    module::{Arg, FunctionDef, Ret},
    prepare::Prepare,
};

const GROUP_ID: Form = Form { args: &[ArgKind::Str, ArgKind::IntVar], routes: Routes::ANY };

pub(super) const FUNCTIONS: &[FunctionDef] = &[
    prepared("cfg_select", &[GROUP_ID], digest, |_, _| Ret::TRUE),
    prepared("cfg_reset", &[ONE_TEXT], digest, |_, _| Ret::TRUE),
];

/// Group instances (`tm[3].fr_timer = 5000`) cannot be declared yet, so there is nothing to select.
fn digest(_: &mut Prepare<'_>, _: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    Err(HostError::new("instances of configuration groups are not supported"))
}
