//! Parameters that may change at run time and are read on the hot path: the cells that the groups `core` and `tcp` of
//! the cfg framework register.

use crate::cfg::CfgInt;

/// The cells. Clones share them.
#[derive(Clone, Debug)]
pub struct Live {
    /// `max_while_loops`: rounds of one loop.
    pub max_while_loops: CfgInt,
    /// `udp_mtu`: longer requests go out over another transport; 0 for never.
    pub udp_mtu: CfgInt,
    /// `udp_mtu_try_proto`: which one, as a number: 1 UDP, 2 TCP, 3 TLS, 4 SCTP.
    pub udp_mtu_try_proto: CfgInt,
    /// `force_rport`.
    pub force_rport: CfgInt,
    /// `latency_limit_action`: microseconds from which a call of a function is logged; 0 for none.
    pub latency_limit_action: CfgInt,
    /// `latency_limit_cfg`: microseconds from which the run of a main route is logged.
    pub latency_limit_cfg: CfgInt,
    /// `latency_log`: the level of lines about calls.
    pub latency_log: CfgInt,
    /// `latency_cfg_log`: the level of lines about main routes.
    pub latency_cfg_log: CfgInt,
    /// `tcp_accept_aliases`: a Via with `alias` lets what goes to its port use the connection (RFC 5923).
    pub tcp_accept_aliases: CfgInt,
}

impl Default for Live {
    fn default() -> Live {
        Live {
            max_while_loops: CfgInt::new(100),
            udp_mtu: CfgInt::new(0),
            udp_mtu_try_proto: CfgInt::new(0),
            force_rport: CfgInt::new(0),
            latency_limit_action: CfgInt::new(0),
            latency_limit_cfg: CfgInt::new(0),
            latency_log: CfgInt::new(-1),
            latency_cfg_log: CfgInt::new(3),
            tcp_accept_aliases: CfgInt::new(0),
        }
    }
}

impl Live {
    /// The cell of a global parameter.
    pub fn cell(&self, name: &str) -> Option<&CfgInt> {
        Some(match name {
            "max_while_loops" => &self.max_while_loops,
            "udp_mtu" => &self.udp_mtu,
            "udp_mtu_try_proto" => &self.udp_mtu_try_proto,
            "force_rport" => &self.force_rport,
            "latency_limit_action" => &self.latency_limit_action,
            "latency_limit_cfg" => &self.latency_limit_cfg,
            "latency_log" => &self.latency_log,
            "latency_cfg_log" => &self.latency_cfg_log,
            "tcp_accept_aliases" => &self.tcp_accept_aliases,
            _ => return None,
        })
    }

    /// Sets one, if it is of these.
    pub(super) fn set(&self, name: &str, value: i64) {
        if let Some(cell) = self.cell(name) {
            cell.set(value);
        }
    }
}
