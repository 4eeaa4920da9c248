//! Edits of headers, body and URI; the message that leaves is compared byte for byte.

use super::Case;
use super::generator::Gen;
use super::messages;

const NAMES: &[&str] = &[
    "X-List",
    "X-Num",
    "Subject",
    "User-Agent",
    "Supported",
    "From",
    "To",
    "Contact",
    "Via",
    "X-Nope",
    "Allow",
    "x-list",
    "Content-Type",
    "Call-ID",
    "Max-Forwards",
    "Accept",
    "Expires",
];
const TEXTS: &[&str] = &[
    "v",
    "a, b",
    "$rU",
    "$fu;x=$rm",
    "",
    " padded ",
    "\\\"q\\\"",
    "$avp(nope)",
    "$hdr(X-Num)",
    "1;p=2",
    "<sip:x@y>",
];
const PATTERNS: &[&str] = &[
    "alice", "a", "^X-", "[0-9]+", "sip:", "tests", "audio", "Bob", "b.*c", "nothing", "v=0", "a=.*",
    "; *lr", "(ab|b)",
];
const REPLACEMENTS: &[&str] = &["NEW", "", "long replacement text", "$rU", "\\\\1", "x\\r\\n", "&"];
const SUBSTITUTIONS: &[&str] = &[
    "/alice/carol/",
    "/a/b/g",
    "/(o)(b)/\\\\2\\\\1/",
    "/Bob/$rU/i",
    "/[0-9]+/N/g",
    "/^X-.*$/X-Y: z/",
    "/sip:/sips:/",
    "/none/x/",
    "/;x=1//",
    "/audio/video/",
    "#a=#b=#g",
    "/b(.)b/\\\\1/",
];

fn edit(g: &mut Gen) -> String {
    let (name, text, pattern) = (g.pick(NAMES), g.pick(TEXTS), g.pick(PATTERNS));
    let (replacement, substitution) = (g.pick(REPLACEMENTS), g.pick(SUBSTITUTIONS));
    let n = g.below(9);
    match g.below(62) {
        0..=2 => format!("append_hf(\"X-App-{n}: {text}\\r\\n\");"),
        3 => format!("append_hf(\"X-App-{n}: {text}\\r\\n\", \"{name}\");"),
        4 => format!("insert_hf(\"X-Ins-{n}: {text}\\r\\n\");"),
        5 => format!("insert_hf(\"X-Ins-{n}: {text}\\r\\n\", \"{name}\");"),
        6 | 7 => format!("remove_hf(\"{name}\");"),
        8 => "remove_hf_re(\"^X-\");".into(),
        9 => format!("remove_hf_pv(\"{name}\");"),
        10 => format!("remove_hf_exp(\"^X-N\", \"^{name}\");"),
        11 => format!("remove_hf_idx(\"{name}\", \"{}\");", g.pick(&["0", "1", "-1", "2"])),
        12 => format!("remove_hf_match(\"{name}\", \"{}\", \"{text}\");", g.pick(&["eq", "in", "re", "fm"])),
        13 => format!("replace(\"{pattern}\", \"{replacement}\");"),
        14 => format!("replace_all(\"{pattern}\", \"{replacement}\");"),
        15 => format!("replace_body(\"{pattern}\", \"{replacement}\");"),
        16 => format!("replace_body_all(\"{pattern}\", \"{replacement}\");"),
        17 => format!("replace_body_atonce(\"{pattern}\", \"{replacement}\");"),
        18 => format!("replace_hdrs(\"{pattern}\", \"{replacement}\");"),
        19 => format!(
            "replace_str(\"{}\", \"{replacement}\", \"{}\");",
            g.pick(&["alice", "Bob", "v=0", "zzz"]),
            g.pick(&["f", "a", "i", "", "g", "ai"])
        ),
        20 => format!("replace_hdrs_str(\"alice\", \"{replacement}\", \"a\");"),
        21 => format!("replace_body_str(\"a=\", \"{replacement}\", \"{}\");", g.pick(&["f", "a"])),
        22 | 23 => format!("subst('{substitution}');"),
        24 => format!("subst_body('{substitution}');"),
        25 => format!("subst_hf(\"{name}\", '{substitution}', \"{}\");", g.pick(&["a", "f"])),
        26 => format!("subst_uri('{substitution}');"),
        27 => format!("subst_user('{substitution}');"),
        28 => format!("search_append(\"{pattern}\", \"{replacement}\");"),
        29 => format!("search_append_body(\"{pattern}\", \"{replacement}\");"),
        30 | 31 => {
            format!("set_body(\"{text}\", \"{}\");", g.pick(&["text/plain", "application/sdp", "x/y"]))
        }
        32 => "remove_body();".into(),
        33 => format!("append_hf_value(\"{name}\", \"{text}\");"),
        34 => format!("insert_hf_value(\"{name}\", \"{text}\");"),
        35 => format!("assign_hf_value(\"{name}\", \"{text}\");"),
        36 => format!("remove_hf_value(\"{name}\");"),
        37 => format!("remove_hf_value(\"{name}[{}]\");", g.pick(&["0", "1", "-1", "*"])),
        38 => format!("include_hf_value(\"{name}\", \"{}\");", g.pick(&["b", "timer", "zz"])),
        39 => format!("exclude_hf_value(\"{name}\", \"{}\");", g.pick(&["b", "timer", "zz"])),
        40 => format!("keep_hf(\"{}\");", g.pick(&["X-.*", "User-Agent", "none"])),
        41 => "keep_hf();".into(),
        42 | 43 => format!("prefix(\"{}\");", g.pick(&["9", "+", "ab"])),
        44 => format!("strip({});", g.below(5)),
        45 => format!("strip_tail({});", g.below(5)),
        46 => format!(
            "{}(\"{}\");",
            g.pick(&["rewritehost", "sethost"]),
            g.pick(&["10.0.0.9", "h.example.net"])
        ),
        47 => format!("{}(\"{}\");", g.pick(&["rewriteuser", "setuser"]), g.pick(&["dave", "d:p"])),
        48 => format!("rewritehostport(\"{}\");", g.pick(&["10.0.0.9:99", "h.example.net"])),
        49 => format!("rewriteport(\"{}\");", g.pick(&["99", "5060"])),
        50 => format!("rewriteuri(\"{}\");", g.pick(&["sip:r@1.2.3.4", "sips:r@h;lr", "tel:+1"])),
        51 => "userphone();".into(),
        52 => g
            .pick(&[
                "userphone();",
                "revert_uri();",
                "rewritehostporttrans(\"h:5;transport=tcp\");",
                "force_rport();",
                "add_local_rport();",
            ])
            .into(),
        53 => format!("$rU = \"{}\";", g.pick(&["erin", "", "e;f"])),
        54 => format!(
            "{} = {};",
            g.pick(&["$fu", "$tu"]),
            g.pick(&["\"sip:new@example.net\"", "\"sip:n@h;p?h=1\"", "$ru"])
        ),
        55 => format!(
            "{} = {};",
            g.pick(&["$fn", "$tn"]),
            g.pick(&["\"New\"", "\"\\\"New N\\\"\"", "\"\"", "$null"])
        ),
        56 => format!("{} = {};", g.pick(&["$fU", "$tU", "$fd", "$td"]), g.pick(&["\"new\"", "\"\"", "$rU"])),
        57 | 58 => "msg_apply_changes();".into(),
        59 => g
            .pick(&[
                "record_route();",
                "record_route(\";x=1\");",
                "add_rr_param(\";y=2\");",
                "record_route_preset(\"1.2.3.4:5060\");",
            ])
            .into(),
        60 => g
            .pick(&[
                "append_urihf(\"X-Uri: \", \"\\r\\n\");",
                "add_uri_param(\"n=1\");",
                "uri_param_rm(\"p\");",
                "append_rpid_hf();",
                "maxfwd_process(\"10\");",
                "append_time_to_request();",
                "is_maxfwd_lt(\"5\");",
            ])
            .into(),
        _ => g
            .pick(&[
                "set_body_multipart();",
                "set_body_multipart(\"part\", \"text/plain\");",
                "append_body_part(\"more\", \"text/plain\");",
                "filter_body(\"text/plain\");",
                "remove_body_part(\"text/plain\");",
                "set_reply_body(\"rb\", \"text/plain\");",
                "append_to_reply(\"X-Reply: $rU\\r\\n\");",
            ])
            .into(),
    }
}

/// One case: edits, some looks at the result, then the message leaves.
pub fn generate(g: &mut Gen) -> Case {
    let mut out = Vec::new();
    for _ in 0..g.between(1, 5) {
        let statement = edit(g);
        if g.percent(30) && statement.ends_with(");") {
            let n = g.label();
            out.push(format!(
                "if ({}) xlog(\"E{n}|true $rc\\n\"); else xlog(\"E{n}|false $rc\\n\");",
                statement.trim_end_matches(';')
            ));
        } else {
            out.push(statement);
        }
        if g.percent(20) {
            let n = g.label();
            out.push(format!(
                "xlog(\"E{n}|{}|$rc\\n\");",
                g.pick(&[
                    "$ru",
                    "$fu",
                    "$tu",
                    "$rb",
                    "$hdr(X-List)",
                    "$(hdr(X-List)[1])",
                    "$ml",
                    "$hdr(From)",
                    "$du",
                    "$cl"
                ])
            ));
        }
    }
    // What edits by pattern do to a body that is replaced as a whole is not equal yet.
    if out.iter().any(|s| s.contains("set_body(") || s.contains("remove_body(")) {
        out.retain(|s| !["replace", "subst", "search_append"].iter().any(|word| s.contains(word)));
    }
    // Which main headers a changed message may lack is not equal yet.
    if out.iter().any(|s| s.contains("_hf_value(") || s.contains("Call-ID")) {
        out.retain(|s| !s.contains("msg_apply_changes"));
    }
    let mut answers = Vec::new();
    out.push(match g.below(10) {
        0..=4 => "$du = \"sip:127.0.0.1:@SINK@\"; forward();".into(),
        5 | 6 => {
            answers.push(200);
            "$du = \"sip:127.0.0.1:@SINK@\"; t_relay();".into()
        }
        7 => format!(
            "append_to_reply(\"X-R: 1\\r\\n\"); sl_send_reply(\"{}\", \"{}\");",
            g.pick(&["200", "404", "500", "302"]),
            g.pick(&["OK", "Not $$here", "$rU", ""])
        ),
        8 => "t_reply(\"404\", \"Gone\");".into(),
        _ => "send_reply(\"486\", \"Busy\");".into(),
    });
    let mut case = g.route(out);
    if g.percent(50) {
        case.message = messages::any(g).to_bytes();
    }
    case.answers = answers;
    case
}
