//! Parameters and the state made of them.

use std::sync::Arc;

use kamjit_engine::{
    catalog::{
        HostError, Param,
        ParamDefault::{Int, NoStr, Str},
    },
    cfg::{CfgInt, CfgStr},
    init::Init,
    pv::Pv,
    stats::Counter,
};

use crate::usrloc::{self, Usrloc, ruid::Ruids};

pub(super) static PARAMS: &[Param] = &[
    Param { name: "append_branches", default: Int(1) },
    Param { name: "case_sensitive", default: Int(0) },
    Param { name: "contact_max_size", default: Int(512) },
    Param { name: "default_expires", default: Int(3600) },
    Param { name: "default_expires_range", default: Int(0) },
    Param { name: "default_q", default: Int(-1) },
    Param { name: "event_callback", default: NoStr },
    Param { name: "expires_range", default: Int(0) },
    Param { name: "flow_timer", default: Int(0) },
    Param { name: "gruu_enabled", default: Int(1) },
    Param { name: "lookup_filter_mode", default: Int(0) },
    Param { name: "max_contacts", default: Int(0) },
    Param { name: "max_expires", default: Int(0) },
    Param { name: "method_filtering", default: Int(0) },
    Param { name: "min_expires", default: Int(60) },
    Param { name: "min_expires_mode", default: Int(0) },
    Param { name: "outbound_mode", default: Int(0) },
    Param { name: "path_check_local", default: Int(0) },
    Param { name: "path_mode", default: Int(2) },
    Param { name: "path_use_received", default: Int(0) },
    Param { name: "realm_prefix", default: NoStr },
    Param { name: "received_avp", default: NoStr },
    Param { name: "received_param", default: Str("received") },
    Param { name: "regid_mode", default: Int(0) },
    Param { name: "retry_after", default: Int(0) },
    Param { name: "sock_flag", default: Int(-1) },
    Param { name: "sock_hdr_name", default: NoStr },
    Param { name: "sock_mode", default: Int(0) },
    Param { name: "use_expired_contacts", default: Int(0) },
    Param { name: "use_path", default: Int(0) },
    Param { name: "xavp_cfg", default: NoStr },
    Param { name: "xavp_rcd", default: NoStr },
    Param { name: "xavp_rcd_mask", default: Int(0) },
];

/// What a registration with a Path needs of the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PathMode {
    /// Stored, not shown.
    Off,
    /// Shown to those who support it.
    Lazy,
    /// Refused to those who do not.
    Strict,
}

/// What outbound (RFC 5626) means here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum OutboundMode {
    /// Not supported.
    Off,
    /// Supported.
    Supported,
    /// Every reply says that it is required.
    Required,
}

/// The module's state.
pub struct State {
    pub(super) usrloc: Arc<Usrloc>,
    pub(super) ruids: Ruids,
    pub(super) append_branches: CfgInt,
    pub(super) case_sensitive: CfgInt,
    pub(super) default_expires: CfgInt,
    pub(super) default_expires_range: CfgInt,
    pub(super) default_q: CfgInt,
    pub(super) expires_range: CfgInt,
    pub(super) max_contacts: CfgInt,
    pub(super) max_expires: CfgInt,
    pub(super) min_expires: CfgInt,
    pub(super) realm_prefix: CfgStr,
    pub(super) retry_after: CfgInt,
    pub(super) use_expired_contacts: CfgInt,
    pub(super) contact_max_size: usize,
    pub(super) flow_timer: i64,
    pub(super) gruu: bool,
    pub(super) filter_lost_tcp: bool,
    pub(super) filter_flags: bool,
    pub(super) method_filtering: bool,
    pub(super) min_expires_refuses: bool,
    pub(super) outbound: OutboundMode,
    pub(super) path_check_local: bool,
    pub(super) path_mode: Option<PathMode>,
    pub(super) path_use_received: bool,
    pub(super) received_avp: Option<Pv>,
    pub(super) received_param: Vec<u8>,
    pub(super) sock_flag: u32,
    pub(super) sock_header: Option<Vec<u8>>,
    pub(super) xavp_cfg: Option<Vec<u8>>,
    pub(super) xavp_rcd: Option<Vec<u8>>,
    pub(super) xavp_rcd_mask: i64,
    pub(super) accepted: Counter,
    pub(super) rejected: Counter,
}

/// Digests the parameters.
pub(super) fn digest(init: &mut Init<'_>) -> Result<State, HostError> {
    let usrloc = init.state(&usrloc::STATE).ok_or_else(|| HostError::new("registrar needs usrloc"))?;
    if init.is_set("event_callback") {
        return Err(HostError::new("event_callback names a function of a script engine, which kamjit lacks"));
    }
    if init.int("sock_mode") != 0 {
        return Err(HostError::new("registrar.sock_mode: kamjit stores the socket itself, not its name")
            .help("remove the parameter; advertised addresses are used when messages are sent"));
    }
    let choice = |name: &str, n: i64| HostError::new(format!("registrar.{name} is {n}, allowed are 0 to 2"));
    let path_mode = match init.int("path_mode") {
        0 => PathMode::Off,
        1 => PathMode::Lazy,
        2 => PathMode::Strict,
        n => return Err(choice("path_mode", n)),
    };
    let outbound = match init.int("outbound_mode") {
        0 => OutboundMode::Off,
        1 => OutboundMode::Supported,
        2 => OutboundMode::Required,
        n => return Err(choice("outbound_mode", n)),
    };
    let flow_timer = init.int("flow_timer");
    if flow_timer != 0 && outbound == OutboundMode::Off {
        return Err(HostError::new("registrar.flow_timer needs outbound_mode 1 or 2"));
    }
    let text = |init: &Init<'_>, name: &str| init.str(name).filter(|t| !t.is_empty()).map(<[u8]>::to_vec);
    let received_avp = init.pv("received_avp")?;
    let filter = init.int("lookup_filter_mode");
    let percent = Some((0, 100));
    let cfg = |init: &Init<'_>, name: &str, range, text: &str| init.cfg_int(name, range, text);
    Ok(State {
        ruids: Ruids::new("uloc"),
        realm_prefix: init.cfg.str(
            "registrar",
            "realm_pref",
            init.str("realm_prefix").unwrap_or_default(),
            "prefix taken off domains",
        ),
        default_expires: cfg(init, "default_expires", None, "seconds, when the phone does not say"),
        default_expires_range: cfg(init, "default_expires_range", percent, "per cent to vary it by"),
        expires_range: cfg(init, "expires_range", percent, "per cent to vary what the phone says by"),
        min_expires: cfg(init, "min_expires", None, "least seconds"),
        max_expires: cfg(init, "max_expires", None, "most seconds, 0: no limit"),
        max_contacts: cfg(init, "max_contacts", None, "contacts of an address, 0: no limit"),
        retry_after: cfg(init, "retry_after", None, "seconds in Retry-After of 5xx replies, 0: none"),
        case_sensitive: cfg(init, "case_sensitive", None, "addresses differ by case"),
        default_q: cfg(init, "default_q", Some((-1, 1000)), "q in thousandths, when the phone does not say"),
        append_branches: cfg(init, "append_branches", None, "lookup() makes a branch of each contact"),
        use_expired_contacts: cfg(init, "use_expired_contacts", None, "lookup() finds expired contacts too"),
        contact_max_size: init.int("contact_max_size").max(0) as usize,
        flow_timer,
        gruu: init.int("gruu_enabled") != 0,
        filter_flags: filter & 1 != 0,
        filter_lost_tcp: filter & 2 != 0,
        method_filtering: init.int("method_filtering") != 0,
        min_expires_refuses: init.int("min_expires_mode") != 0,
        outbound,
        path_check_local: init.int("path_check_local") != 0,
        path_mode: (init.int("use_path") != 0).then_some(path_mode),
        path_use_received: init.int("path_use_received") != 0,
        received_avp,
        received_param: init.str("received_param").unwrap_or_default().to_vec(),
        sock_flag: match init.int("sock_flag") {
            n @ 0..=31 => 1 << n,
            _ => 0,
        },
        sock_header: text(init, "sock_hdr_name"),
        xavp_cfg: text(init, "xavp_cfg"),
        xavp_rcd: text(init, "xavp_rcd"),
        xavp_rcd_mask: init.int("xavp_rcd_mask"),
        accepted: init.counter("accepted_regs"),
        rejected: init.counter("rejected_regs"),
        usrloc,
    })
}
