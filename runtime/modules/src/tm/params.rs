//! Parameters of `tm` and the group `tm` of the cfg framework (README.tm section 3).

use kamjit_engine::{
    catalog::{HostError, Param, ParamDefault},
    cfg::{CfgInt, CfgStr},
    init::Init,
    pv::Pv,
};

use super::timer::ticks;

const fn int(name: &'static str, default: i64) -> Param {
    Param { name, default: ParamDefault::Int(default) }
}

const fn text(name: &'static str) -> Param {
    Param { name, default: ParamDefault::NoStr }
}

/// All parameters, those of 5.6 first, then those that 6.x adds.
pub(super) const PARAMS: &[Param] = &[
    text("ac_extra_hdrs"),
    int("aggregate_challenges", 1),
    int("auto_inv_100", 1),
    Param {
        name: "auto_inv_100_reason",
        default: ParamDefault::Str("trying -- your call is important to us"),
    },
    int("blst_503", 0),
    int("blst_503_def_timeout", 0),
    int("blst_503_max_timeout", 3600),
    int("blst_503_min_timeout", 0),
    int("blst_methods_add", 1),
    int("blst_methods_lookup", -9),
    int("callid_cseq_matching", 0),
    int("callid_matching", 0),
    int("cancel_b_method", 1),
    text("contact_flows_avp"),
    text("contacts_avp"),
    int("default_code", 500),
    Param { name: "default_reason", default: ParamDefault::Str("Server Internal Error") },
    int("disable_6xx_block", 0),
    int("dns_reuse_rcv_socket", 0),
    int("e2e_cancel_reason", 1),
    int("enable_uac_fr", 0),
    text("event_callback"),
    text("event_callback_lres_sent"),
    int("exec_time_check", 5000),
    int("failure_exec_mode", 0),
    int("failure_reply_mode", 3),
    int("faked_reply_prio", 0),
    int("fr_inv_timer", 120_000),
    text("fr_inv_timer_avp"),
    int("fr_timer", 30_000),
    text("fr_timer_avp"),
    int("local_ack_mode", 0),
    int("local_cancel_reason", 1),
    int("max_inv_lifetime", 180_000),
    int("max_noninv_lifetime", 32_000),
    int("noisy_ctimer", 1),
    text("on_sl_reply"),
    int("pass_provisional_replies", 0),
    int("relay_100", 0),
    int("remap_503_500", 1),
    int("reparse_invite", 1),
    int("reparse_on_dns_failover", 1),
    int("reply_relay_mode", 1),
    int("restart_fr_on_each_reply", 1),
    int("retr_timer1", 500),
    int("retr_timer2", 4000),
    int("rich_redirect", 0),
    int("ruri_matching", 1),
    Param { name: "tw_append", default: ParamDefault::Many },
    int("unix_tx_timeout", 500),
    int("unmatched_cancel", 0),
    int("via1_matching", 1),
    int("wt_timer", 5000),
    text("xavp_contact"),
    int("delayed_reply", 1),
    int("e2e_cancel_hop_by_hop", 1),
    text("evcb_local_ack_sent"),
    int("evlreq_mode", 0),
    text("failover_reply_codes"),
    int("headers_mode", 0),
    int("local_ack_branch_mode", 0),
    int("reply_408_code", 408),
    Param { name: "reply_408_reason", default: ParamDefault::Str("Request Timeout") },
    int("reply_matching", 1),
];

/// The values, those that `cfg.seti` may change as cells.
pub(crate) struct Params {
    pub(super) auto_inv_100: CfgInt,
    pub(super) auto_inv_100_reason: CfgStr,
    pub(super) fr_timer: CfgInt,
    pub(super) fr_inv_timer: CfgInt,
    pub(super) wt_timer: CfgInt,
    pub(super) retr_timer1: CfgInt,
    pub(super) retr_timer2: CfgInt,
    pub(super) max_inv_lifetime: CfgInt,
    pub(super) max_noninv_lifetime: CfgInt,
    pub(super) restart_fr_on_each_reply: CfgInt,
    pub(super) aggregate_challenges: CfgInt,
    pub(super) unmatched_cancel: CfgInt,
    pub(super) cancel_b_method: CfgInt,
    pub(super) disable_6xx_block: CfgInt,
    pub(super) local_cancel_reason: CfgInt,
    pub(super) e2e_cancel_reason: CfgInt,
    pub(super) relay_100: CfgInt,
    pub(super) extra_headers: Vec<Box<[u8]>>,
    pub(super) fr_timer_avp: Option<Pv>,
    pub(super) fr_inv_timer_avp: Option<Pv>,
    pub(super) failure_reply_mode: i64,
    pub(super) failure_exec_mode: bool,
    pub(super) faked_reply_prio: i64,
    pub(super) remap_503_500: bool,
    pub(super) contacts: bool,
    pub(super) timeout_code: u16,
    pub(super) timeout_reason: Vec<u8>,
}

impl Params {
    pub(super) fn new(init: &mut Init<'_>) -> Result<Params, HostError> {
        for name in
            ["event_callback", "event_callback_lres_sent", "on_sl_reply", "evcb_local_ack_sent", "tw_append"]
        {
            if init.is_set(name) {
                return Err(HostError::new(format!("{name} is not supported by kamjit yet")));
            }
        }
        let plain = |init: &Init<'_>, name: &str, why: &str| init.cfg_int(name, None, why);
        let flag = |init: &Init<'_>, name: &str, why: &str| init.cfg_int(name, Some((0, 1)), why);
        let auto_inv_100_reason = init.cfg_str("auto_inv_100_reason", "phrase of the automatic 100 reply");
        init.cfg_str("default_reason", "phrase of error replies");
        let ac_extra_hdrs = init.cfg_str("ac_extra_hdrs", "prefix of headers that local ACK and CANCEL copy");
        flag(init, "ruri_matching", "the request URI takes part in matching old requests");
        flag(init, "via1_matching", "the top Via takes part in matching old requests");
        plain(init, "callid_matching", "the Call-ID takes part in matching replies");
        plain(init, "callid_cseq_matching", "Call-ID and CSeq take part in matching");
        let fr_timer = plain(init, "fr_timer", "ms until a branch without a final reply fails");
        let fr_inv_timer = plain(init, "fr_inv_timer", "ms until a ringing INVITE branch fails");
        init.cfg.int("tm", "fr_inv_timer_next", 30_000, None, "ms for further serial branches");
        let wt_timer = plain(init, "wt_timer", "ms that an ended transaction absorbs retransmissions");
        let retr_timer1 = plain(init, "retr_timer1", "ms to the first retransmission");
        let retr_timer2 = plain(init, "retr_timer2", "greatest ms between retransmissions");
        let max_inv_lifetime = plain(init, "max_inv_lifetime", "greatest ms that an INVITE may take");
        let max_noninv_lifetime =
            plain(init, "max_noninv_lifetime", "greatest ms that another request may take");
        flag(init, "noisy_ctimer", "always answer when the timer ends an INVITE");
        let auto_inv_100 = flag(init, "auto_inv_100", "answer INVITE with 100 when it is relayed");
        plain(init, "unix_tx_timeout", "ms to write to a unix socket");
        let restart_fr_on_each_reply =
            flag(init, "restart_fr_on_each_reply", "each provisional reply restarts fr_inv_timer");
        flag(init, "pass_provisional_replies", "local callbacks see provisional replies");
        let aggregate_challenges =
            flag(init, "aggregate_challenges", "collect the challenges of all branches in one reply");
        let unmatched_cancel = init.cfg_int(
            "unmatched_cancel",
            Some((0, 2)),
            "CANCEL without INVITE: 0 relay with, 1 without transaction, 2 drop",
        );
        init.cfg_int("default_code", Some((400, 699)), "code of error replies");
        flag(init, "reparse_invite", "make CANCEL and ACK from the INVITE as it was sent");
        flag(init, "blst_503", "block a destination that answered 503 with Retry-After");
        for name in [
            "blst_503_def_timeout",
            "blst_503_min_timeout",
            "blst_503_max_timeout",
            "blst_methods_add",
            "blst_methods_lookup",
        ] {
            plain(init, name, "block list of destinations");
        }
        let cancel_b_method = init.cfg_int(
            "cancel_b_method",
            Some((0, 2)),
            "branch without reply: 0 give up, 1 wait for a reply, 2 send CANCEL at once",
        );
        flag(init, "reparse_on_dns_failover", "write the request anew for another address");
        let disable_6xx_block = flag(init, "disable_6xx_block", "6xx is a negative reply as any other");
        init.cfg_int("local_ack_mode", Some((0, 2)), "where ACK to local 2xx goes");
        let local_cancel_reason = flag(init, "local_cancel_reason", "CANCEL made here says why");
        let e2e_cancel_reason = flag(init, "e2e_cancel_reason", "pass the Reason of a received CANCEL on");
        let relay_100 = flag(init, "relay_100", "pass 100 replies on");
        flag(init, "enable_uac_fr", "failure routes for requests made here");
        let extra_headers =
            if ac_extra_hdrs.get().is_empty() { Vec::new() } else { vec![Box::from(&*ac_extra_hdrs.get())] };
        Ok(Params {
            auto_inv_100,
            auto_inv_100_reason,
            fr_timer,
            fr_inv_timer,
            wt_timer,
            retr_timer1,
            retr_timer2,
            max_inv_lifetime,
            max_noninv_lifetime,
            restart_fr_on_each_reply,
            aggregate_challenges,
            unmatched_cancel,
            cancel_b_method,
            disable_6xx_block,
            local_cancel_reason,
            e2e_cancel_reason,
            relay_100,
            extra_headers,
            fr_timer_avp: init.pv("fr_timer_avp")?,
            fr_inv_timer_avp: init.pv("fr_inv_timer_avp")?,
            failure_reply_mode: init.int("failure_reply_mode"),
            failure_exec_mode: init.int("failure_exec_mode") != 0,
            faked_reply_prio: init.int("faked_reply_prio"),
            remap_503_500: init.int("remap_503_500") != 0,
            contacts: init.is_set("contacts_avp") || init.is_set("xavp_contact"),
            timeout_code: u16::try_from(init.int("reply_408_code")).unwrap_or(408),
            timeout_reason: init.str("reply_408_reason").unwrap_or_default().to_vec(),
        })
    }

    /// Timer values that a new transaction begins with.
    pub(super) fn timers(&self, invite: bool) -> super::transaction::Timers {
        let lifetime = if invite { &self.max_inv_lifetime } else { &self.max_noninv_lifetime };
        super::transaction::Timers {
            fr: ticks(self.fr_timer.get()),
            fr_inv: ticks(self.fr_inv_timer.get()),
            retr1: ticks(self.retr_timer1.get()).max(1) as u32,
            retr2: ticks(self.retr_timer2.get()).max(1) as u32,
            lifetime: ticks(lifetime.get()),
        }
    }
}
