//! The parameters: those of the log are honoured, those of databases and call records refused with a reason.

use kamjit_engine::{
    catalog::{
        HostError, Param,
        ParamDefault::{Int, NoStr, Str},
    },
    init::Init,
    log::{self, Level},
};

use super::extra::{self, Extra};

pub(super) static PARAMS: &[Param] = &[
    Param { name: "acc_callid_column", default: Str("callid") },
    Param { name: "acc_extra_nullable", default: Int(0) },
    Param { name: "acc_extra_size", default: Int(64) },
    Param { name: "acc_from_tag_column", default: Str("from_tag") },
    Param { name: "acc_method_column", default: Str("method") },
    Param { name: "acc_prepare_always", default: Int(0) },
    Param { name: "acc_prepare_flag", default: Int(-1) },
    Param { name: "acc_sip_code_column", default: Str("sip_code") },
    Param { name: "acc_sip_reason_column", default: Str("sip_reason") },
    Param { name: "acc_time_column", default: Str("time") },
    Param { name: "acc_to_tag_column", default: Str("to_tag") },
    Param { name: "cdr_duration_id", default: Str("duration") },
    Param { name: "cdr_duration_mode", default: Int(1) },
    Param { name: "cdr_enable", default: Int(0) },
    Param { name: "cdr_end_id", default: Str("end_time") },
    Param { name: "cdr_expired_dlg_enable", default: Int(0) },
    Param { name: "cdr_extra", default: NoStr },
    Param { name: "cdr_extra_nullable", default: Int(0) },
    Param { name: "cdr_extra_size", default: Int(64) },
    Param { name: "cdr_facility", default: NoStr },
    Param { name: "cdr_log_enable", default: Int(1) },
    Param { name: "cdr_on_failed", default: Int(1) },
    Param { name: "cdr_skip", default: NoStr },
    Param { name: "cdr_start_id", default: Str("start_time") },
    Param { name: "cdr_start_on_confirmed", default: Int(0) },
    Param { name: "cdrs_table", default: Str("") },
    Param { name: "clone_msg", default: Int(1) },
    Param { name: "db_extra", default: NoStr },
    Param { name: "db_flag", default: Int(-1) },
    Param { name: "db_insert_mode", default: Int(0) },
    Param { name: "db_missed_flag", default: Int(-1) },
    Param { name: "db_table_acc", default: Str("acc") },
    Param { name: "db_table_missed_calls", default: Str("missed_calls") },
    Param { name: "db_url", default: NoStr },
    Param { name: "db_version_check", default: Int(1) },
    Param { name: "detect_direction", default: Int(0) },
    Param { name: "early_media", default: Int(0) },
    Param { name: "failed_filter", default: NoStr },
    Param { name: "failed_transaction_flag", default: Int(-1) },
    Param { name: "log_extra", default: NoStr },
    Param { name: "log_facility", default: NoStr },
    Param { name: "log_flag", default: Int(-1) },
    Param { name: "log_level", default: Int(1) },
    Param { name: "log_missed_flag", default: Int(-1) },
    Param { name: "multi_leg_info", default: NoStr },
    Param { name: "reason_from_hf", default: Int(0) },
    Param { name: "report_ack", default: Int(0) },
    Param { name: "report_cancels", default: Int(0) },
    Param { name: "time_attr", default: Str("time_attr") },
    Param { name: "time_exten", default: Str("time_exten") },
    Param { name: "time_format", default: Str("%Y-%m-%d %H:%M:%S") },
    Param { name: "time_mode", default: Int(0) },
];

/// How the time is written beside the seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeMode {
    /// Not at all.
    Seconds,
    /// Microseconds in a field of their own.
    Micros,
    /// Seconds with three decimals.
    Millis,
    /// As text in the local zone.
    Local,
    /// As text in UTC.
    Utc,
}

/// What the module does.
pub(crate) struct State {
    /// Flags of requests, as masks; 0: none.
    pub(super) log_flag: u32,
    pub(super) missed_flag: u32,
    pub(super) failed_flag: u32,
    /// Codes that are not accounted although the failure flag is set.
    pub(super) failed_filter: Vec<u16>,
    pub(super) early_media: bool,
    pub(super) report_ack: bool,
    pub(super) report_cancels: bool,
    pub(super) detect_direction: bool,
    pub(super) reason_from_header: bool,
    pub(super) level: Level,
    pub(super) facility: Option<i32>,
    pub(super) extra: Vec<Extra>,
    pub(super) legs: Vec<Extra>,
    pub(super) time_mode: TimeMode,
    pub(super) time_attr: Vec<u8>,
    pub(super) time_exten: Vec<u8>,
    pub(super) time_format: std::ffi::CString,
}

/// Digests the parameters.
pub(super) fn digest(init: &mut Init<'_>) -> Result<State, HostError> {
    if init.str("db_url").is_some_and(|url| !url.is_empty()) {
        return Err(HostError::new("acc.db_url: kamjit does not have databases yet")
            .help("without db_url the same is written to the log"));
    }
    if init.int("cdr_enable") != 0 {
        return Err(HostError::new(
            "acc.cdr_enable: call records need the module dialog, which kamjit lacks yet",
        )
        .help("set cdr_enable to 0"));
    }
    if init.int("detect_direction") != 0 && !init.is_loaded("rr") {
        return Err(
            HostError::new("acc.detect_direction needs the module rr").help("add loadmodule \"rr.so\"")
        );
    }
    let time_mode = match init.int("time_mode") {
        0 => TimeMode::Seconds,
        1 => TimeMode::Micros,
        2 => TimeMode::Millis,
        3 => TimeMode::Local,
        4 => TimeMode::Utc,
        n => return Err(HostError::new(format!("acc.time_mode is {n}, allowed are 0 to 4"))),
    };
    let bytes = |init: &Init<'_>, name: &str| init.str(name).unwrap_or_default().to_vec();
    let time_format = std::ffi::CString::new(bytes(init, "time_format"))
        .map_err(|_| HostError::new("acc.time_format contains a NUL byte"))?;
    let facility = init.str("log_facility").map(|name| log::facility(&String::from_utf8_lossy(name)));
    let extra = extra::parse(init, "log_extra")?;
    let legs = extra::parse(init, "multi_leg_info")?;
    Ok(State {
        log_flag: flag(init, "log_flag")?,
        missed_flag: flag(init, "log_missed_flag")?,
        failed_flag: flag(init, "failed_transaction_flag")?,
        failed_filter: codes(&bytes(init, "failed_filter"))?,
        early_media: init.int("early_media") != 0,
        report_ack: init.int("report_ack") != 0,
        report_cancels: init.int("report_cancels") != 0,
        detect_direction: init.int("detect_direction") != 0,
        reason_from_header: init.int("reason_from_hf") != 0,
        level: Level::from_number(init.int("log_level")),
        facility,
        extra,
        legs,
        time_mode,
        time_attr: bytes(init, "time_attr"),
        time_exten: bytes(init, "time_exten"),
        time_format,
    })
}

fn flag(init: &Init<'_>, name: &str) -> Result<u32, HostError> {
    match init.int(name) {
        -1 => Ok(0),
        n @ 0..=31 => Ok(1 << n),
        n => Err(HostError::new(format!("acc.{name} is {n}; flags go from 0 to 31"))),
    }
}

fn codes(list: &[u8]) -> Result<Vec<u16>, HostError> {
    let list = String::from_utf8_lossy(list);
    let codes = list.split(',').map(str::trim).filter(|code| !code.is_empty()).map(|code| {
        code.parse()
            .ok()
            .filter(|code| (300..1000).contains(code))
            .ok_or_else(|| HostError::new(format!("acc.failed_filter: '{code}' is no code from 300 to 999")))
    });
    codes.collect()
}
