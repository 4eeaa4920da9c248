//! The module sdpops: looking into session descriptions and cutting them down.
#![allow(missing_docs)]

use kamjit_tests::cases::{Case, send_all};
use kamjit_tests::{Setup, World, scenario};
use std::fmt::Write;

const HEAD: &str =
    "v=0\r\no=- 100 200 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.2\r\nt=0 0\r\na=X-sess:1\r\n";
const AUDIO: &str = "m=audio 6000 RTP/AVP 0 8 101 18 3\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n\
    a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\na=rtpmap:18 G729/8000\r\na=fmtp:18 annexb=no\r\n\
    a=X-foo:1\r\na=sendrecv\r\n";
const VIDEO: &str = "m=video 6002 RTP/SAVPF 96 97 0\r\nc=IN IP6 ::1\r\na=rtpmap:96 H264/90000\r\na=rtcp-fb:96 nack\r\n\
    a=rtpmap:97 VP8/90000\r\na=candidate:1 1 UDP 1 1.1.1.1 1 typ host\r\na=X-foo:2\r\na=inactive\r\n";

fn both() -> String {
    format!("{HEAD}{AUDIO}{VIDEO}")
}

/// Bodies that are looked at whole.
fn bodies() -> Vec<String> {
    let none = HEAD.replace("c=IN IP4 10.0.0.2\r\n", "");
    vec![
        both(),
        format!("{HEAD}{AUDIO}"),
        format!("{HEAD}m=video 0 RTP/AVP 31\r\n{AUDIO}"),
        format!("{HEAD}m=audio 1 RTP/AVP 0\r\n"),
        format!("{HEAD}m=audio 1 RTP/AVP 0\r\nm=video 1 RTP/AVP 0\r\n"),
        HEAD.to_owned(),
        format!("{none}{AUDIO}"),
        format!("{none}{AUDIO}c=IN IP6 ::1\r\n"),
        format!("{none}c=IN IP6 ::1\r\n{AUDIO}"),
        format!("{HEAD}a=inactive\r\n{AUDIO}"),
        "hello".to_owned(),
        String::new(),
    ]
}

/// A script with one numbered call each.
fn script(calls: &[&str]) -> Setup {
    let mut text = String::from(
        "loadmodule \"sdpops.so\"\nrequest_route {\n    route(FENCE);\n    $du = $hdr(X-Next);\n",
    );
    text.push_str("    $var(r) = 0; $var(a) = $hdr(X-A); $var(b) = $hdr(X-B);\n");
    for (n, call) in calls.iter().enumerate() {
        let _ = writeln!(text, "    if ($hdr(X-T) == \"{n}\") {{ $var(r) = {call}; }}");
    }
    text.push_str(
        "    xlog(\"$hdr(X-T) $var(a) $var(b) $var(r) $(avp(v){s.len}) $avp(v)\\n\");\n    forward();\n}\n",
    );
    Setup::script(text)
}

const WHOLE: [&str; 8] = [
    "sdp_content()",
    "sdp_content(\"1\")",
    "sdp_get(\"$avp(v)\")",
    "sdp_get_address_family()",
    "sdp_with_ice()",
    "sdp_transport(\"$avp(v)\")",
    "sdp_with_active_media(\"audio\")",
    "sdp_get(\"$var(b)\")",
];

scenario!(whole_descriptions, script(&WHOLE), |world| {
    let mut cases = Vec::new();
    for call in 0..WHOLE.len() {
        let case = || Case::new(&call.to_string());
        for body in bodies() {
            cases.push(if body.is_empty() { case() } else { case().sdp(&body) });
        }
        cases.push(case().body("text/plain", &both()));
        cases.push(case().body("", &both()));
        let parts = format!(
            "--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b\r\nContent-Type: application/sdp\r\n\r\n{}\r\n--b--\r\n",
            both()
        );
        cases.push(case().body("multipart/mixed;boundary=b", &parts));
        cases.push(case().body("multipart/mixed;boundary=b", "nothing"));
    }
    send_all(world, &cases);
});

const QUESTIONS: [&str; 7] = [
    "sdp_get_line_startswith(\"$avp(v)\", \"$var(a)\")",
    "sdp_with_media(\"$var(a)\")",
    "sdp_with_active_media(\"$var(a)\")",
    "sdp_with_transport(\"$var(a)\")",
    "sdp_with_transport_like(\"$var(a)\")",
    "sdp_with_codecs_by_id(\"$var(a)\")",
    "sdp_with_codecs_by_name(\"$var(a)\")",
];

scenario!(questions, script(&QUESTIONS), |world| {
    let arguments: [&[&str]; 7] = [
        &["m=", "a=rtpmap:8", "c=", "z=", "a=X-", "v", "m=video", "A=X-"],
        &["audio", "video", "AUDIO", "image", "aud"],
        &["audio", "video", "AUDIO", "image"],
        &["RTP/AVP", "RTP/SAVPF", "rtp/avp", "AVP", "SAVP", "UDP"],
        &["RTP/AVP", "RTP/SAVPF", "rtp/avp", "AVP", "SAVP", "UDP"],
        &["0", "8", "0,8", "99", "96", "99,18", "99, 8", "1", "x"],
        &["PCMU", "pcmu", "H264", "opus", "opus,PCMA", "opus, PCMA", "telephone-event", "GSM", "G729", "PCM"],
    ];
    let mut cases = Vec::new();
    for (call, arguments) in arguments.iter().enumerate() {
        for a in *arguments {
            cases.push(Case::new(&call.to_string()).a(a).sdp(&both()));
        }
        cases.push(Case::new(&call.to_string()).a(arguments[0]));
        cases.push(Case::new(&call.to_string()).a(arguments[0]).sdp("garbage"));
    }
    send_all(world, &cases);
});

const CUTS: [&str; 11] = [
    "sdp_remove_codecs_by_id(\"$var(a)\")",
    "sdp_keep_codecs_by_id(\"$var(a)\")",
    "sdp_remove_codecs_by_id(\"$var(a)\", \"$var(b)\")",
    "sdp_keep_codecs_by_id(\"$var(a)\", \"$var(b)\")",
    "sdp_remove_codecs_by_name(\"$var(a)\")",
    "sdp_keep_codecs_by_name(\"$var(a)\")",
    "sdp_keep_codecs_by_name(\"$var(a)\", \"$var(b)\")",
    "sdp_remove_media(\"$var(a)\")",
    "sdp_remove_transport(\"$var(a)\")",
    "sdp_remove_line_by_prefix(\"$var(a)\")",
    "sdp_remove_line_by_prefix(\"$var(a)\", \"$var(b)\")",
];

fn cut(world: &mut World) {
    let ids: &[(&str, &str)] = &[
        ("0", "audio"),
        ("8", "video"),
        ("0,8", "AUDIO"),
        ("99", ""),
        ("18,101", "image"),
        ("96", "video"),
        ("8, 18", "audio"),
        ("0,8,101,18,3", "audio"),
    ];
    let names: &[(&str, &str)] = &[
        ("PCMU", "audio"),
        ("pcma", "video"),
        ("telephone-event", "audio"),
        ("GSM", "audio"),
        ("H264", "video"),
        ("opus", "audio"),
        ("PCMU, G729", "audio"),
        ("PCMU,GSM,PCMA,G729,telephone-event", "audio"),
    ];
    let lines: &[(&str, &str)] = &[
        ("a=X-", "audio"),
        ("a=rtpmap", "video"),
        ("s=", "audio"),
        ("c=", "video"),
        ("A=x-", "audio"),
        ("m=audio", "audio"),
        ("a=X-foo:2", "image"),
    ];
    let kinds: &[(&str, &str)] = &[("audio", ""), ("video", ""), ("AUDIO", ""), ("image", "")];
    let transports: &[(&str, &str)] = &[("RTP/AVP", ""), ("RTP/SAVPF", ""), ("rtp/avp", ""), ("AVP", "")];
    let arguments = [ids, ids, ids, ids, names, names, names, kinds, transports, lines, lines];
    let mut cases = Vec::new();
    for (call, arguments) in arguments.iter().enumerate() {
        let case = || Case::new(&call.to_string());
        cases.extend(arguments.iter().map(|(a, b)| case().a(a).b(b).sdp(&both())));
        let (a, b) = arguments[0];
        cases.push(case().a(a).b(b));
        cases.push(case().a(a).b(b).sdp(&format!("{HEAD}m=audio 1 RTP/AVP 0\r\n")));
        cases.push(case().a(a).b(b).sdp("garbage"));
    }
    send_all(world, &cases);
}

scenario!(cuts, script(&CUTS), cut);

scenario!(
    versions,
    Setup::script(
        r#"loadmodule "sdpops.so"
request_route {
    route(FENCE);
    $du = $hdr(X-Next);
    xlog("$sdp(sess_version) $(sdp(body){s.len})\n");
    if ($hdr(X-T) == "up") $sdp(sess_version) = -1;
    if ($hdr(X-T) == "set") $sdp(sess_version) = 300;
    msg_apply_changes();
    xlog("$sdp(sess_version)\n");
    forward();
}
"#
    ),
    |world| {
        let mut cases = Vec::new();
        for todo in ["up", "set", "none"] {
            cases.push(Case::new(todo).sdp(&both()));
            cases.push(Case::new(todo).sdp("garbage"));
            cases.push(Case::new(todo));
        }
        send_all(world, &cases);
    }
);
