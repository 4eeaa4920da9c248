//! What an assignment of each kind of value does to each pseudo-variable that can be assigned. From and To, whose
//! assignments are edits of the message, are in assignments.rs.
#![allow(missing_docs)]

use std::fmt::Write;

use kamjit_tests::script::drive;
use kamjit_tests::{Setup, pvs, scenario};

const VALUES: &[&str] = &[
    "\"text\"",
    "\"\"",
    "\"sip:w@x.org:99;transport=tcp\"",
    "\"7\"",
    "5",
    "0",
    "-1",
    "700",
    "$null",
    "$rU",
    "$cs",
    "$T_reply_last",
];

/// Each variable is assigned each value, from the same state every time.
fn writes(variables: &[&str], shown: &str) -> Setup {
    let mut script = String::new();
    for pv in variables {
        for value in VALUES {
            let name = format!("{pv} = {value}").replace('$', "$$").replace('"', "'");
            let read = format!("$({}", pv.trim_start_matches("$(").trim_start_matches('$'));
            let read = if read.ends_with(')') && pv.starts_with("$(") { read } else { format!("{read})") };
            let _ = writeln!(
                script,
                "    route(BEFORE); {pv} = {value}; xlog(\"W|{name}|rc $rc|{read}|{shown}|\\n\");"
            );
        }
    }
    Setup::script(format!(
        "{}
route[BEFORE] {{
    $ru = \"sip:alice@home.org:5070;x=1\"; $du = \"sip:next.org\"; clear_branches();
    append_branch(\"sip:first@b.org\", \"0.5\"); append_branch(\"sip:second@b.org\");
    $fs = \"udp:127.0.0.1:@PORT@\"; $mf = 3; $bf = 5; $sf = 9;
    $(avp(a)[*]) = $null; $avp(a) = \"old\"; $avp(a) = \"new\";
    $xavp(a) = $null; $xavp(a) = $null; $xavp(a=>b) = \"old\"; $xavu(a=>b) = \"old\"; $xavi(a=>b) = \"old\";
    $var(v) = \"old\"; $vn(v) = \"old\"; $vz(v) = \"old\"; $shv(v) = \"old\";
    $sbranch(uri) = \"sip:s@b.org\"; $sbranch(dst_uri) = $null; $sbranch(q) = 300; $sbranch(flags) = 2;
    return 1;
}}
request_route {{
    route(FENCE);
{script}    sl_send_reply(\"200\", \"Done\");
}}
",
        pvs::GROUND
    ))
}

scenario!(
    request_uri_and_destination,
    writes(
        &["$ru", "$ruri", "$rU", "$(ruri.user)", "$rd", "$(ruri.domain)", "$rp", "$du", "$duri"],
        "$ru|$du|$nh(u)"
    ),
    drive
);

scenario!(sockets, writes(&["$fs", "$fsn"], "$fs|$fsn|$fsp"), drive);

scenario!(
    flags,
    writes(
        &[
            "$mf", "$mF", "$bf", "$bF", "$sf", "$sF", "$Mf(3)", "$Bf(3)", "$Sf(3)", "$Mf(31)", "$Bf(0)",
            "$Sf(0)"
        ],
        "$mf|$mF|$bf|$bF|$sf|$sF"
    ),
    drive
);

scenario!(
    lists,
    writes(
        &[
            "$avp(a)",
            "$(avp(a)[0])",
            "$(avp(a)[1])",
            "$(avp(a)[*])",
            "$avp(s:a)",
            "$avp(i:5)",
            "$avp($var(v))"
        ],
        "$(avp(a)[*])|$cnt($avp(a))|$avp(i:5)"
    ),
    drive
);

scenario!(
    trees,
    writes(
        &[
            "$xavp(a=>b)",
            "$xavp(a[0]=>b)",
            "$xavp(a[0]=>b[0])",
            "$xavp(a[0]=>c)",
            "$xavp(a[1]=>b)",
            "$xavu(a=>b)",
            "$xavu(a=>c)",
            "$xavi(a=>b)",
            "$xavi(A[0]=>B)",
        ],
        "$xavp(a=>b)|$xavp(a=>b[1])|$xavp(a[1]=>b)|$xavu(a=>b)|$xavi(a=>b)|$cnt($xavp(a))"
    ),
    drive
);

scenario!(
    variables_of_the_script,
    writes(&["$var(v)", "$vn(v)", "$vz(v)", "$shv(v)"], "$var(v)|$vn(v)|$vz(v)|$shv(v)"),
    drive
);

scenario!(
    branches,
    writes(
        &[
            "$br",
            "$branch(uri)",
            "$(branch(uri)[1])",
            "$(branch(uri)[-1])",
            "$(branch(uri)[7])",
            "$(branch(dst_uri)[0])",
            "$(branch(path)[0])",
            "$(branch(q)[0])",
            "$(branch(send_socket)[0])",
            "$(branch(flags)[0])",
            "$(branch(ruid)[0])",
            "$(branch(location_ua)[0])",
            "$(branch(instance)[0])",
            "$(branch(otcpid)[0])",
            "$(branch(count)[0])",
        ],
        "$bR|$(branch(dst_uri)[0])|$(branch(q)[0])|$(branch(flags)[0])"
    ),
    drive
);

scenario!(
    prepared_branch,
    writes(
        &[
            "$sbranch(uri)",
            "$sbranch(dst_uri)",
            "$sbranch(path)",
            "$sbranch(q)",
            "$sbranch(send_socket)",
            "$sbranch(flags)",
            "$sbranch(ruid)",
            "$sbranch(location_ua)",
            "$sbranch(count)",
        ],
        "$sbranch(uri)|$sbranch(dst_uri)|$sbranch(q)|$sbranch(flags)"
    ),
    drive
);

// Changes of a parameter show in the next message; kamjit shows them at once.
scenario!(
    parameters_of_the_configuration,
    Setup::script(
        "my.a = 1 desc \"n\"\nmy.b = 1 desc \"n\"\nmy.c = \"s\" desc \"n\"\nmy.d = \"s\" desc \"n\"\n\
         my.e = \"s\" desc \"n\"\nmy.f = 1 desc \"n\"\nmy.g = \"s\" desc \"n\"\n\
         request_route {\n    route(FENCE);\n\
         xlog(\"$ccp(my.a)|$ccp(my.b)|$ccp(my.c)|$ccp(my.d)|$ccp(my.e)|$ccp(my.f)|$ccp(my.g)|$ccp(my.no)|\\n\");\n\
         $ccp(my.a) = 7; $ccp(my.b) = \"8\"; $ccp(my.c) = 5; $ccp(my.d) = \"new\"; $ccp(my.e) = \"\";\n\
         $ccp(my.f) = $null; $ccp(my.g) = $null;\n}\n"
    ),
    |world| {
        let mut alice = world.udp("alice");
        for _ in 0..2 {
            let request = alice.request("INFO", "sip:bob@example.com");
            alice.send(&request);
            world.fence();
        }
    }
);

scenario!(
    bytes_of_the_message,
    Setup::script(
        "request_route {\n    route(FENCE);\n\
         $msgbuf(7) = \"X\"; xlog(\"$(mb{line.at,0})|$ru|\\n\");\n\
         $msgbuf(8) = \"YZ\"; xlog(\"$(mb{line.at,0})|\\n\");\n\
         $msgbuf(9) = $null; $msgbuf(9) = \"\"; $msgbuf(9) = 65; $msgbuf(99999) = \"x\"; $msgbuf(-1) = \"q\";\n\
         xlog(\"$(mb{line.at,0})|$(mb{s.substr,-2,0}{s.encode.hexa})|\\n\");\n\
         $var(i) = 10; $msgbuf($var(i)) = \"W\"; xlog(\"$(mb{line.at,0})|\\n\");\n\
         sl_send_reply(\"200\", \"Done\");\n}\n"
    ),
    drive
);
