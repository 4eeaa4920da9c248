//! Characters that are awkward to write in a configuration (6.x): `$En`, `$Er`, `$Et`, `$Es`, ...

use kamjit_engine::{
    Val,
    pv::{PvDef, read_only},
};

pub(super) const PVS: &[PvDef] = &[
    read_only("En", |_, _| Val::Str(b"\n")),
    read_only("Er", |_, _| Val::Str(b"\r")),
    read_only("Et", |_, _| Val::Str(b"\t")),
    read_only("Es", |_, _| Val::Str(b" ")),
    read_only("Eq", |_, _| Val::Str(b"\"")),
];
