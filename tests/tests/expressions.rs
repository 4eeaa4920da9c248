//! Meaning of the script language: one message drives a script of many `xlog` lines; the logs must be equal.
#![allow(missing_docs)]

use kamjit_tests::script::{GROUND, conditions, drive, table, wrap};
use kamjit_tests::{Setup, scenario};

scenario!(
    integers,
    table(&[
        "1 + 2 * 3",
        "(1 + 2) * 3",
        "7 / 2",
        "-7 / 2",
        "7 mod 3",
        "-7 mod 3",
        "7 mod -3",
        "2147483647 + 1",
        "-2147483647 - 2",
        "$var(big) + 1",
        "$var(big) * 2",
        "010",
        "0x10",
        "0xff & 0x0f",
        "6 | 9",
        "6 ^ 3",
        "~5",
        "1 << 4",
        "1 << 32",
        "1 << 33",
        "-16 >> 2",
        "2 & 3 == 3",
        "1 | 2 == 2",
        "1 + 2 << 1",
        "!1 == 0",
        "5 > 3 > 1",
        "1 == 1 && 2 == 2",
        "1 || 0 && 0",
        "!(1 && 0)",
        "- 3 + 5",
        "-(3 + 5)",
        "!$var(five)",
        "!$var(zero)",
        "~$var(five)",
        "-$var(five)",
        "$var(five) + $avp(i)",
        "$var(five) - $avp(i)",
        "$var(five) * $var(neg)",
        "$var(neg) >> 1",
        "$var(five) << 2",
        "99999999999",
        "4294967295",
        "3 - 2 - 1",
        "100 / 10 / 2",
        "2 * 3 mod 4",
    ]),
    drive
);

scenario!(
    strings_and_coercions,
    table(&[
        "\"a\" + \"b\"",
        "\"1\" + 2",
        "\"a\" + 5",
        "$var(s) + $var(d)",
        "$var(d) + 1",
        "1 + $var(d)",
        "1 + $var(mix)",
        "1 + $var(sp)",
        "1 + $var(hex)",
        "1 + $var(e)",
        "1 + $var(s)",
        "$avp(nope) + 1",
        "1 + $avp(nope)",
        "$avp(nope) + \"x\"",
        "$null",
        "\"\"",
        "'single $var(s) \\n'",
        "\"tab\\there\"",
        "\"quote \\\" inside\"",
        "\"con\" \"cat\"",
        "$rU",
        "$rU + \"@\" + $rd",
        "\"x\" + $rp",
        "1 + $rp",
        "$rm",
        "$(hdr(X-List)[0])",
        "$(hdr(X-List)[1])",
        "$(hdr(X-List)[-1])",
        "$hdr(X-Num) + 1",
        "1 + $hdr(X-Num)",
        "$hdr(X-None)",
        "$avp(many)",
        "$(avp(many)[1])",
        "$(avp(many)[2])",
        "$(avp(many)[3])",
        "$xavp(x=>a)",
        "$xavp(x=>b)",
        "$xavp(x=>c)",
        "$var(never)",
        "\"$var(s)\"",
        "(int)$var(d)",
        "(int)$var(mix)",
        "(str)$var(five)",
        "(int)\"0x1f\"",
        "(str)12 + 3",
        "defined $var(never)",
        "defined $avp(nope)",
        "defined $avp(i)",
        "defined $null",
        "strempty($var(e))",
        "strempty($avp(nope))",
        "strlen($var(s))",
        "strlen(\"hello\")",
    ]),
    drive
);

scenario!(
    comparisons,
    conditions(&[
        "$var(five)",
        "$var(zero)",
        "$var(neg)",
        "-1",
        "1 - 2",
        "$var(neg) && 1",
        "!$var(neg)",
        "$var(s)",
        "$var(d)",
        "$var(e)",
        "$avp(nope)",
        "!$avp(nope)",
        "!$var(s)",
        "$null == 0",
        "$null == \"\"",
        "$avp(nope) == 0",
        "$avp(nope) == \"\"",
        "$avp(nope) == $null",
        "$avp(nope) != $null",
        "$avp(nope) == $avp(nope2)",
        "$avp(nope) >= 0",
        "$avp(nope) < 1",
        "$avp(nope) =~ \"\"",
        "$avp(nope) == 1",
        "$var(e) == 0",
        "$var(e) == $null",
        "$var(e) == \"\"",
        "$var(never) == 0",
        "$var(never) == $null",
        "$var(s) == \"abc\"",
        "$var(s) == \"ABC\"",
        "$var(s) =~ \"ABC\"",
        "$var(s) =~ \"^a.c$\"",
        "$var(s) =~ \"b|x\"",
        "$var(s) != \"x\"",
        "!($var(s) =~ \"x\")",
        "$var(d) == 12",
        "$var(d) == \"12\"",
        "$var(sp) == 9",
        "$var(mix) == 3",
        "\"5\" == 5",
        "$var(five) == \"5\"",
        "$var(d) > 11",
        "$var(five) == $var(d)",
        "$var(five) == 5 && $var(s) == \"abc\"",
        "$var(five) == 6 || $var(s) == \"abc\"",
        "not $var(zero)",
        "$var(five) == 5 and $var(zero) == 0",
        "$var(five) == 6 or $var(zero) == 0",
        "$rU == \"bob\"",
        "$si == \"127.0.0.1\"",
        "src_ip == 127.0.0.1",
        "src_ip == 127.0.0.0/8",
        "src_ip == myself",
        "dst_port == 5060",
        "dst_port == @PORT@",
        "proto == UDP",
        "proto == TCP",
        "$pr == \"udp\"",
        "af == INET",
        "af == INET6",
        "uri == myself",
        "from_uri == myself",
        "to_uri =~ \"example\"",
        "method == \"INVITE\"",
        "method == INVITE",
        "method == \"INVITE|BYE\"",
        "method =~ \"INV\"",
        "is_method(\"INVITE\")",
        "is_method(\"BYE|INVITE\")",
        "is_method(\"BYE\")",
        "msg:len > 100",
        "msg:len < 100",
        "$ml > 100",
        "has_totag()",
        "!has_totag()",
        "status == 200",
        "$rc == 1",
        "$retcode > 0",
        "isflagset(3)",
        "setflag(3)",
        "isflagset(3) && isflagset(4)",
    ]),
    drive
);

scenario!(
    routes_and_functions_as_values,
    table(&[
        "route(R5)",
        "route(RM9)",
        "route(R1)",
        "route(RM1)",
        "route(REMPTY)",
        "route(RRET)",
        "route(RVAR)",
        "route(REXPR)",
        "route(RLAST)",
        "route(RCMP)",
        "route(R5) + 3",
        "-route(R5)",
        "route(R5) == 5",
        "route(R5) == 1",
        "!route(RM1)",
        "route(R1) && route(RM1)",
        "route(RM1) || route(R1)",
        "is_method(\"INVITE\")",
        "is_method(\"BYE\")",
        "is_method(\"INVITE\") + 1",
        "has_totag()",
    ]),
    drive
);

scenario!(
    routes_as_conditions,
    conditions(&[
        "route(R5)",
        "route(RM9)",
        "route(REMPTY)",
        "route(RRET)",
        "route(R5) == 5",
        "route(R5) == 1",
        "route(R5) > 2",
        "!route(R5)",
        "!route(RM9)",
        "route(R1) && !route(RM1)",
    ]),
    drive
);

scenario!(
    control_flow,
    wrap(
        r#"
    $var(n) = 0;
    while ($var(n) < 3) { xlog("Lw|$var(n)\n"); $var(n) = $var(n) + 1; }
    $var(n) = 0;
    while (1) { $var(n) = $var(n) + 1; }
    xlog("Lwmax|$var(n) $rc\n");
    $var(n) = 0;
    while ($var(n) < 10) { $var(n) = $var(n) + 1; if ($var(n) == 4) break; xlog("Lb|$var(n)\n"); }
    $var(n) = 0;
    while ($var(n) < 2) { $var(m) = 0; while ($var(m) < 2) { xlog("Lnest|$var(n) $var(m)\n"); $var(m) = $var(m) + 1; } $var(n) = $var(n) + 1; }
    $var(n) = 0;
    while ($var(n) < 6) {
        switch ($var(n)) {
            case 0: xlog("Ls|zero\n"); break;
            case 1: xlog("Ls|one falls\n");
            case 2: xlog("Ls|two\n"); break;
            case 3: case 4: xlog("Ls|three or four\n");
            default: xlog("Ls|default\n");
        }
        $var(n) = $var(n) + 1;
    }
    switch ($rU) { case "alice": xlog("Lsw|alice\n"); break; case /"^bo": xlog("Lsw|bo*\n"); break; default: xlog("Lsw|none\n"); }
    switch ($rU) { case "bob": xlog("Lsw2|bob\n"); break; default: xlog("Lsw2|none\n"); }
    switch ($avp(nope)) { case 0: xlog("Lsw3|0\n"); break; default: xlog("Lsw3|default\n"); }
    switch ($var(d)) { case 12: xlog("Lsw4|12\n"); break; default: xlog("Lsw4|default\n"); }
    switch ($var(five)) { default: xlog("Lsw5|default\n"); case 5: xlog("Lsw5|five\n"); }
    switch ($var(zero)) { default: xlog("Lsw6|default\n"); case 5: xlog("Lsw6|five\n"); }
    switch (route(R5)) { case 5: xlog("Lsw7|5\n"); break; case 1: xlog("Lsw7|1\n"); break; default: xlog("Lsw7|default\n"); }
    if ($var(five) == 5) xlog("Lif|without braces\n"); else xlog("Lif|never\n");
    if ($var(five) == 6) xlog("Lif|never\n"); else if ($var(five) == 5) xlog("Lif|else if\n"); else xlog("Lif|never\n");
    route(BREAKS); xlog("Lbreaks|$rc\n");
    route(DEEP); xlog("Ldeep|$var(depth) $rc\n");
    $var(name) = "R5"; route($var(name)); xlog("Ldyn|$rc\n");
    route("R" + "5"); xlog("Ldyn|$rc\n");
    $var(x) = 1; $var(x) = $null; xlog("Lnull|$var(x)\n");
    $avp(x) = 1; $avp(x) = $null; xlog("Lnull|$avp(x)\n");
    $avp(y) = 1; $avp(y) = 2; $(avp(y)[*]) = 3; xlog("Lavp|$(avp(y)[*])\n");
    $avp(z) = 1; $avp(z) = 2; $(avp(z)[*]) = $null; xlog("Lavp|$avp(z)\n");
    if (route(STOPS)) { xlog("Lstops|true\n"); } else { xlog("Lstops|false\n"); }
    if (0) { xlog("never\n"); } else if (route(RM1)) { xlog("never\n"); } else { xlog("Lend|else\n"); }
"#
    )
    .also("route[BREAKS] { xlog(\"Lbr|1\\n\"); if (1) break; xlog(\"Lbr|never\\n\"); }")
    .also("route[DEEP] { $var(depth) = $var(depth) + 1; route(DEEP); }")
    .also("route[STOPS] { return -1; xlog(\"never\\n\"); }"),
    drive
);

/// Scripts that end in the middle: the answer comes first, then something that must not run.
fn ends(statements: &str, more: &str) -> Setup {
    Setup::script(format!(
        "{GROUND}\n{more}\nrequest_route {{\n    route(FENCE);\n    route(RSTART);\n    \
         sl_send_reply(\"200\", \"Done\");\n{statements}\n    xlog(\"Lafter|reached\\n\");\n}}\n"
    ))
}

scenario!(exit_ends, ends("exit;", ""), drive);
scenario!(drop_ends, ends("drop;", ""), drive);
scenario!(return_ends_the_main_route, ends("return;", ""), drive);
scenario!(return_minus_one, ends("return -1;", ""), drive);
scenario!(exit_in_a_route_ends_all, ends("route(X);", "route[X] { exit; }"), drive);
scenario!(return_zero_ends_all, ends("route(X);", "route[X] { return 0; }"), drive);
scenario!(
    return_zero_in_a_condition,
    ends("if (route(X)) { xlog(\"t\\n\"); }", "route[X] { return 0; }"),
    drive
);
scenario!(
    return_zero_two_deep,
    ends("route(X);", "route[X] { route(Y); xlog(\"no\\n\"); } route[Y] { return 0; }"),
    drive
);
scenario!(drop_in_a_route, ends("route(X);", "route[X] { drop; }"), drive);
scenario!(break_in_the_main_route, ends("break;", ""), drive);
scenario!(exit_with_a_value, ends("exit 5;", ""), drive);
scenario!(
    return_of_a_failing_call,
    ends("route(X); xlog(\"Lx|$rc\\n\");", "route[X] { is_method(\"BYE\"); }"),
    drive
);

scenario!(
    // A string as a condition: some variables carry a number beside their text.
    truth_of_variables,
    conditions(&[
        "$var(s) + $var(d)",
        "$var(d) + $var(s)",
        "$var(s) + $var(s)",
        "$var(d) + $var(d) > 1000",
        "$var(e) + $var(e)",
        "$avp(s) + $avp(s)",
        "$avp(s) + $var(d)",
        "$rU + $rU",
        "$var(five) + $var(s)",
        "$avp(nope) + $avp(nope)",
        "$rm",
        "$rU",
        "$ru",
        "$rd",
        "$rp",
        "$rv",
        "$si",
        "$sp",
        "$pr",
        "$proto",
        "$ml",
        "$mt",
        "$ci",
        "$cs",
        "$cT",
        "$cl",
        "$ft",
        "$tt",
        "$ua",
        "$fU",
        "$Ri",
        "$Rp",
        "$hdr(X-Num)",
        "$hdr(X-List)",
        "$mf",
        "$mF",
        "$rb",
        "$T_branch_idx",
        "$xavp(x=>a)",
        "$xavp(x=>b)",
        "!$rm",
        "!$rU",
        "$rm == 1",
        "$rm == 2",
        "$pr == 1",
    ]),
    drive
);
