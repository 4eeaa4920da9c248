//! All pseudo-variables that the catalog knows of the modules that the tests load, each in the forms that can be read.

use kamjit_catalog::{Generation, facts};

use crate::server::PRELUDE;

/// Variables that two correct servers show differently, each with the reason.
const DIFFERENT: &[(&str, &str)] = &[
    ("TF", "time"),
    ("Tf", "time"),
    ("TS", "time"),
    ("Ts", "time"),
    ("Tb", "time"),
    ("TV", "time"),
    ("pp", "process id"),
    ("mi", "counts the fences of the harness"),
    ("sruid", "unique by purpose"),
    ("ltt", "the servers' own tags"),
    ("pcv", "kamailio keeps that of an older message; see pv_routes.rs"),
    ("jsonrpl", "jsonrpcs is not loaded"),
    ("sel", "selects have tests of their own"),
];

/// What stands in parentheses, by class.
const NAMES: &[(&str, &[&str])] = &[
    ("K", &["IPv4", "IPv6", "INET", "INET6", "UDP", "TCP", "TLS", "SCTP", "WS", "WSS"]),
    ("Mf", &["1", "31"]),
    ("Bf", &["1", "31"]),
    ("Sf", &["1", "31"]),
    ("time", &["year", "isdst"]),
    ("utime", &["year", "isdst"]),
    ("timef", &["%Y", "x"]),
    ("utimef", &["%Y"]),
    ("_s", &["$rm-$rU-$null", "text", "$T_reply_last|"]),
    ("af", &["name", "id"]),
    ("avp", &["x", "s:x", "i:5", "many", "$var(name)", "g.x"]),
    ("branch", BRANCH),
    ("sbranch", BRANCH),
    ("ccp", &["core.debug", "my.number", "my.text", "my.nothing", "tm.fr_timer"]),
    ("cnt", &["$avp(many)", "$avp(nope)", "$xavp(x)"]),
    ("expires", &["min", "max"]),
    ("hdr", HEADERS),
    ("hdrc", HEADERS),
    ("hfl", HEADERS),
    ("hflc", HEADERS),
    ("ksr", &["ver"]),
    ("msg", &["len", "buf", "body", "hdrs", "fpart", "lpart", "fline"]),
    // It gives a byte and a NUL on kamailio, which cuts the line.
    ("msgbuf", &["99999"]),
    ("nh", &["u", "U", "d", "p", "P", "i"]),
    ("rcv", &["buf", "len", "proto", "srcip", "rcvip", "srcport", "rcvport", "af", "sproto"]),
    ("rpl", &["duri"]),
    ("shv", &["set", "unset"]),
    ("snd", SENT),
    ("sndto", SENT),
    ("sndfrom", SENT),
    ("stat", &["nope", "core:rcv_replies"]),
    ("var", &["u", "text"]),
    ("vn", &["u"]),
    ("vz", &["u"]),
    ("version", &["num", "full", "hash"]),
    ("via0", VIA),
    ("via1", VIA),
    ("viaZ", VIA),
    ("xavp", &["x=>a", "x[0]=>a", "x[1]=>a", "nope", "x=>nope", "nope=>a", "x[$var(zero)]=>a"]),
    ("xavu", &["x=>y", "nope"]),
    ("xavi", &["X", "x", "nope"]),
    ("def", &["NOPE", "TEXT", "$var(x)"]),
    ("defn", &["NOPE", "TEXT", "NUMBER"]),
    ("env", &["HOME", "KAMJIT_NOPE"]),
    ("envn", &["HOME", "KAMJIT_NOPE"]),
    ("cfg", &["line", "route"]),
    (
        "lsock",
        &["x", "n/one/listen", "n/one/name", "n/one/advertise", "n/nope/listen", "n/one", "x/one/name"],
    ),
    ("T", &["reply_type", "branch_index"]),
    ("T_branch", &["flags", "uri", "ruid", "id_index", "id_label", "reply_type", "branch_index"]),
    ("T_req", OTHER),
    ("T_rpl", OTHER),
    ("T_inv", OTHER),
    ("rdir", &["id", "name"]),
    ("blitval", &["x"]),
    ("hfitname", &["x"]),
    ("hfitbody", &["x"]),
    ("ulc", &["p=>aor", "p=>addr", "p=>count"]),
    ("C", &["rx", "Rx", "xx", "sg"]),
];
const BRANCH: &[&str] = &[
    "uri",
    "dst_uri",
    "path",
    "q",
    "send_socket",
    "count",
    "flags",
    "ruid",
    "location_ua",
    "instance",
    "otcpid",
];
const HEADERS: &[&str] = &[
    "Via",
    "v",
    "From",
    "f",
    "To",
    "Contact",
    "m",
    "X-A",
    "x-a",
    "Subject",
    "s",
    "Route",
    "Record-Route",
    "Content-Type",
    "c",
    "Nope",
    "Call-ID",
    "i",
    "CSeq",
    "P-Asserted-Identity",
    "Diversion",
    "Allow",
    "Expires",
    "User-Agent",
    "Max-Forwards",
    "Content-Length",
    "Supported",
    "$var(header)",
];
const SENT: &[&str] = &["ip", "port", "af", "proto", "buf", "len", "sproto"];
const VIA: &[&str] = &["host", "port", "proto", "protoid", "branch", "rport", "received", "i"];
const OTHER: &[&str] = &["$ru", "$rm", "$rs", "$fU", "$du", "$hdr(X-A)"];

/// Indexes, where a class takes them. Negative ones of AVPs are a known difference (docs/src/differences.md).
const INDEXES: &[&str] = &["0", "1", "2", "7", "-1", "-2", "-3", "*", "$var(zero)", "$var(one)"];

/// Values of several lines: the log has one, so length, lines and their number are shown.
const LINES: &[&str] = &["mb", "mbu", "rb", "msg(buf)", "msg(body)", "msg(hdrs)", "msg(fpart)", "msg(lpart)"];

/// The format strings that show all variables.
pub fn formats() -> Vec<String> {
    let mut out = Vec::new();
    for pv in facts::core(Generation::V5_6)["core_pvs"].as_array().into_iter().flatten() {
        forms(pv["name"].as_str().unwrap_or_default(), !pv["inner"].is_null(), false, &mut out);
    }
    for (module, facts) in facts::modules(Generation::V5_6) {
        if !PRELUDE.contains(&format!("\"{module}.so\"")) {
            continue;
        }
        for pv in facts["pvs"].as_array().into_iter().flatten() {
            let (inner, index) = (!pv["inner"].is_null(), !pv["index"].is_null());
            forms(pv["name"].as_str().unwrap_or_default(), inner, index, &mut out);
        }
    }
    out
}

fn forms(class: &str, inner: bool, index: bool, out: &mut Vec<String>) {
    if DIFFERENT.iter().any(|(different, _)| *different == class) {
        return;
    }
    let names: Vec<String> = if inner {
        let found = NAMES.iter().find(|(known, _)| *known == class);
        let names = found.unwrap_or_else(|| panic!("no names for ${class}(..): add them to pvs.rs")).1;
        names.iter().map(|name| format!("{class}({name})")).collect()
    } else {
        vec![class.into()]
    };
    for name in names {
        if LINES.contains(&&*name) {
            for part in ["s.len", "line.at,0", "line.at,1", "line.at,-1"] {
                out.push(format!("$({name}{{{part}}})"));
            }
            continue;
        }
        out.push(if name == "?" { "$?".into() } else { format!("$({name})") });
        let avp = class == "avp";
        if index && (!avp || name.contains("many")) {
            let known = INDEXES.iter().filter(|i| !(avp && i.starts_with('-')));
            out.extend(known.map(|index| format!("$({name}[{index}])")));
        }
    }
}

/// Configuration in front of the routes, and what `route[GROUND]` sets for [`formats`] to find.
pub const GROUND: &str = r#"
#!define TEXT text
#!define NUMBER 42
modparam("registrar", "xavp_cfg", "reg")
my.number = 5 desc "a number"
my.text = "abc" desc "a text"
route[GROUND] {
    $avp(many) = "one"; $avp(many) = "two"; $avp(many) = 3;
    $xavp(x=>a) = 1; $xavp(x=>a) = 2; $xavu(x=>y) = "z"; $xavi(X) = "i"; $shv(set) = "shared";
    $var(name) = "many"; $var(zero) = 0; $var(one) = 1; $var(text) = "t"; $var(header) = "X-A";
}
"#;

/// Statements that log all of `formats`, each line with a mark.
pub fn show(mark: &str, formats: &[String]) -> String {
    formats.iter().map(|f| format!("    xlog(\"{mark}|{}|{f}|\\n\");\n", f.replace('$', "$$"))).collect()
}
