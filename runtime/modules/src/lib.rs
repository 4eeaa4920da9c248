//! Kamailio's modules, one folder each. [`ALL`] is what `loadmodule` can load.

pub mod acc;
pub mod alias_db;
pub mod auth;
pub mod auth_db;
pub mod avpops;
pub mod cfg_rpc;
pub mod cfgutils;
pub mod corex;
pub mod counters;
pub mod ctl;
pub mod database;
pub mod db_mysql;
pub mod db_sqlite;
pub mod dlgs;
pub mod htable;
pub mod ipops;
pub mod jsonrpcs;
pub mod kex;
pub mod maxfwd;
pub mod mqueue;
pub mod nathelper;
pub mod path;
pub mod permissions;
pub mod pike;
pub mod pv;
pub mod registrar;
pub mod rr;
pub mod rtimer;
pub mod sanity;
pub mod sdpops;
pub mod siputils;
pub mod sl;
pub mod speeddial;
pub mod textops;
pub mod textopsx;
pub mod tm;
pub mod tmx;
pub mod uac;
pub mod usrloc;
pub mod xlog;

use kamjit_engine::Module;

/// Every module of this build.
pub static ALL: &[&Module] = &[
    &acc::MODULE,
    &alias_db::MODULE,
    &auth::MODULE,
    &auth_db::MODULE,
    &avpops::MODULE,
    &cfg_rpc::MODULE,
    &cfgutils::MODULE,
    &corex::MODULE,
    &counters::MODULE,
    &ctl::MODULE,
    &db_mysql::MODULE,
    &db_sqlite::MODULE,
    &dlgs::MODULE,
    &htable::MODULE,
    &ipops::MODULE,
    &jsonrpcs::MODULE,
    &kex::MODULE,
    &maxfwd::MODULE,
    &mqueue::MODULE,
    &nathelper::MODULE,
    &path::MODULE,
    &permissions::MODULE,
    &pike::MODULE,
    &pv::MODULE,
    &registrar::MODULE,
    &rr::MODULE,
    &rtimer::MODULE,
    &sanity::MODULE,
    &sdpops::MODULE,
    &siputils::MODULE,
    &sl::MODULE,
    &speeddial::MODULE,
    &textops::MODULE,
    &textopsx::MODULE,
    &tm::MODULE,
    &tmx::MODULE,
    &uac::MODULE,
    &usrloc::MODULE,
    &xlog::MODULE,
];
