//! avpops: AVPs copied, deleted, compared, computed, substituted and pushed into the message.
#![allow(missing_docs)]

use kamjit_tests::script::drive;
use kamjit_tests::{Setup, scenario};
use std::fmt::Write;

/// Routes that every script here may use: `P` prints the lists, `R` empties them.
const GROUND: &str = r#"
loadmodule "avpops.so"
route[P] { xlog("  rc=$var(rc) a=[$(avp(a)[*])] b=[$(avp(b)[*])] i5=[$(avp(i:5)[*])]\n"); }
route[R] { avp_delete("$avp(a)/g"); avp_delete("$avp(b)/g"); avp_delete("$avp(i:5)/g"); }
route[NUMBERS] { route(R); $avp(a) = 5; $avp(a) = 12; $avp(b) = 7; $var(n) = 100; }
route[TEXTS] {
    route(R); $avp(a) = "alice"; $avp(a) = "bob"; $avp(b) = "Bob"; $avp(re) = "^AL"; $avp(fm) = "b?b";
    $xavp(x=>k) = "bob"; $xavp(x[0]=>n) = 12; $avp(u) = "alice@example.com"; $var(v) = "alice"; $var(n) = 12;
}
"#;

fn setup(statements: &str) -> Setup {
    Setup::script(format!(
        "{GROUND}\nrequest_route {{\n    route(FENCE);\n{statements}\n    sl_send_reply(\"200\", \"OK\");\n}}\n"
    ))
}

/// Each pair of arguments is called on fresh values.
fn calls(function: &str, ground: &str, pairs: &[(&str, &str)]) -> Setup {
    let mut script = String::new();
    for (first, second) in pairs {
        let shown = format!("{first} {second}").replace('$', "$$");
        let _ = writeln!(
            script,
            "    route({ground}); {function}(\"{first}\", \"{second}\"); $var(rc) = $rc; \
             xlog(\"{shown}\\n\"); route(P);"
        );
    }
    setup(&script)
}

scenario!(
    values_are_deleted,
    setup(
        r#"
    $avp(a)="one"; $avp(a)="two"; $avp(a)=3; $avp(b)="x"; $avp(i:5)=7;
    route(P);
    avp_delete("$avp(a)"); $var(rc) = $rc; xlog("del\n"); route(P);
    avp_delete("$avp(a)/g"); $var(rc) = $rc; xlog("delg\n"); route(P);
    avp_delete("$avp(nope)"); $var(rc) = $rc; xlog("delnope\n"); route(P);
    $avp(a)=1; $avp(a)=2; avp_delete("i"); $var(rc) = $rc; xlog("del i\n"); route(P);
    $avp(i:5)=7; avp_delete("s"); $var(rc) = $rc; xlog("del s\n"); route(P);
    $avp(a)=1; $avp(a)=2; $avp(b)=1; $avp(i:5)=7; avp_delete("s/g"); $var(rc) = $rc; xlog("del s/g\n"); route(P);
    $avp(a)=1; $avp(a)=2; $avp(i:5)=7; avp_delete("a"); $var(rc) = $rc; xlog("del a\n"); route(P);
    $avp(a)=1; $avp(a)=2; $avp(i:5)=7; avp_delete("a/g"); $var(rc) = $rc; xlog("del a/g\n"); route(P);
"#
    ),
    drive
);

scenario!(
    values_are_copied,
    setup(
        r#"
    $avp(a)="1"; $avp(a)="2"; $avp(a)="3"; avp_copy("$avp(a)","$avp(b)"); $var(rc) = $rc; xlog("copy\n");
    route(P);
    route(R); $avp(a)="1"; $avp(a)="2"; $avp(a)="3"; avp_copy("$avp(a)","$avp(b)/g"); $var(rc) = $rc;
    xlog("copy g\n"); route(P);
    route(R); $avp(a)="1"; $avp(a)="2"; $avp(a)=3; avp_copy("$avp(a)","$avp(b)/gd"); $var(rc) = $rc;
    xlog("copy gd\n"); route(P);
    route(R); $avp(a)="1"; $avp(a)="2"; avp_copy("$avp(a)","$avp(b)/d"); $var(rc) = $rc; xlog("copy d\n");
    route(P);
    route(R); $avp(a)="11"; $avp(a)="x2"; avp_copy("$avp(a)","$avp(b)/gn"); $var(rc) = $rc; xlog("copy gn\n");
    route(P); if (is_avp_set("$avp(b)/n")) xlog("num\n"); else xlog("str\n");
    route(R); $avp(a)=11; avp_copy("$avp(a)","$avp(b)/gs"); $var(rc) = $rc; xlog("copy gs\n"); route(P);
    if (is_avp_set("$avp(b)/n")) xlog("num\n"); else xlog("str\n");
    avp_copy("$avp(none)","$avp(b)"); $var(rc) = $rc; xlog("copy none\n"); route(P);
"#
    ),
    drive
);

scenario!(
    values_are_asked_for,
    setup(
        r#"
    route(R); is_avp_set("$avp(a)"); xlog("set $rc\n"); $avp(a)=5; is_avp_set("$avp(a)"); xlog("set $rc\n");
    is_avp_set("$avp(a)/s"); xlog("set/s $rc\n"); is_avp_set("$avp(a)/n"); xlog("set/n $rc\n");
    is_avp_set("$avp(a)/e"); xlog("set/e $rc\n"); $avp(a)=""; is_avp_set("$avp(a)/e"); xlog("set/e $rc\n");
    is_avp_set("$avp(a)/s"); xlog("set/s $rc\n"); is_avp_set("$avp(a)/n"); xlog("set/n $rc\n"); $avp(a)=0;
    is_avp_set("$avp(a)/e"); xlog("set/e0 $rc\n"); is_avp_set("$avp(a)/se"); xlog("set/se $rc\n");
"#
    ),
    drive
);

scenario!(
    texts_are_substituted,
    setup(
        r#"
    avp_printf("$avp(p)","x $rU $rm"); xlog("printf $rc $avp(p)\n");
    route(R); $avp(a)="alice@old.org"; avp_subst("$avp(a)","/(.*)@(.*)/\1@$rd/"); $var(rc) = $rc; xlog("subst\n");
    route(P);
    route(R); $avp(a)="alice@old.org"; $avp(a)="bob@old.org"; avp_subst("$avp(a)/$avp(b)","/(.*)@(.*)/\1@$rd/");
    $var(rc) = $rc; xlog("subst b\n"); route(P);
    route(R); $avp(a)="alice@old.org"; $avp(a)="bob@old.org"; avp_subst("$avp(a)/$avp(b)/g","/(.*)@(.*)/\1@$rd/");
    $var(rc) = $rc; xlog("subst b g\n"); route(P);
    route(R); $avp(a)="alice@old.org"; $avp(a)="bob@old.org";
    avp_subst("$avp(a)/$avp(b)/gd","/(.*)@(.*)/\1@$rd/"); $var(rc) = $rc; xlog("subst b gd\n"); route(P);
    route(R); $avp(a)="alice@old.org"; $avp(a)="bob@old.org"; avp_subst("$avp(a)/$avp(a)/g","/O/X/ig");
    $var(rc) = $rc; xlog("subst //g\n"); route(P);
    route(R); $avp(a)="aaa"; avp_subst("$avp(a)","/z/X/"); $var(rc) = $rc; xlog("subst nomatch\n"); route(P);
    route(R); $avp(a)=5; avp_subst("$avp(a)","/5/X/"); $var(rc) = $rc; xlog("subst int\n"); route(P);
    $var(y)="e"; $var(z)="j"; $avp(a)="testME"; avp_subst_pv("$avp(a)","/$var(y)/$var(z)/gi"); $var(rc) = $rc;
    xlog("subst_pv\n"); route(P);
"#
    ),
    drive
);

scenario!(
    values_are_pushed,
    setup(
        r#"
    route(AGAIN);
    avp_pushto("$ru","$avp(a)"); $var(rc) = $rc; xlog("ru\n"); route(AGAIN);
    avp_pushto("$ru","$avp(a)/g"); $var(rc) = $rc; xlog("ru/g\n"); route(AGAIN);
    avp_pushto("$ru/username","$avp(s)"); $var(rc) = $rc; xlog("user\n"); route(AGAIN);
    avp_pushto("$ru/username","$avp(s)/g"); $var(rc) = $rc; xlog("user/g\n"); route(AGAIN);
    avp_pushto("$ru/domain","$avp(s)"); $var(rc) = $rc; xlog("domain\n"); route(AGAIN);
    avp_pushto("$ru/domain","$fd"); $var(rc) = $rc; xlog("domain fd\n"); route(AGAIN);
    avp_pushto("$du","$avp(a)"); $var(rc) = $rc; xlog("du\n"); route(AGAIN);
    avp_pushto("$du","$avp(a)/g"); $var(rc) = $rc; xlog("du/g\n"); route(AGAIN);
    avp_pushto("$br","$avp(a)"); $var(rc) = $rc; xlog("br\n"); route(AGAIN);
    avp_pushto("$br","$avp(a)/g"); $var(rc) = $rc; xlog("br/g\n"); route(AGAIN);
    avp_pushto("$ru","$avp(none)"); $var(rc) = $rc; xlog("none\n"); route(AGAIN);
    avp_pushto("$ru/username","$avp(n)"); $var(rc) = $rc; xlog("int user\n"); route(AGAIN);
    avp_pushto("$du","$avp(n)"); $var(rc) = $rc; xlog("int du\n"); route(AGAIN);
    avp_pushto("$ru","$fu"); $var(rc) = $rc; xlog("pv\n"); route(AGAIN);
    $var(q)="sip:var@h"; avp_pushto("$ru","$var(q)"); $var(rc) = $rc; xlog("var\n"); route(AGAIN);
"#
    )
    .also(
        r#"
route[AGAIN] {
    xlog("  rc=$var(rc) ru=$ru du=$du br=$br cnt=$branch(count) 0=$(branch(uri)[0]) 1=$(branch(uri)[1])\n");
    clear_branches(); $du = $null; revert_uri(); avp_delete("$avp(a)/g"); avp_delete("$avp(s)/g");
    $avp(a) = "sip:one@h1"; $avp(a) = "sip:two@h2"; $avp(n) = 5; $avp(s) = "xyz"; $avp(s) = "uvw";
}
"#
    ),
    drive
);

scenario!(
    numbers_are_compared,
    calls(
        "avp_check",
        "NUMBERS",
        &[
            ("$avp(a)", "eq/i:12"),
            ("$avp(a)", "eq/i:5"),
            ("$avp(a)", "eq/i:5/g"),
            ("$avp(a)", "eq/i:0xc"),
            ("$avp(a)", "ne/i:12"),
            ("$avp(a)", "ne/i:5"),
            ("$avp(a)", "ne/i:12/g"),
            ("$avp(a)", "lt/i:13"),
            ("$avp(a)", "lt/i:12"),
            ("$avp(a)", "le/i:12"),
            ("$avp(a)", "gt/i:11"),
            ("$avp(a)", "ge/i:12"),
            ("$avp(a)", "ge/i:13"),
            ("$avp(a)", "gt/i:4/g"),
            ("$avp(a)", "and/i:4"),
            ("$avp(a)", "and/i:3"),
            ("$avp(a)", "or/i:0"),
            ("$avp(a)", "xor/i:12"),
            ("$avp(a)", "xor/i:1"),
            ("$avp(a)", "eq/$avp(b)"),
            ("$avp(a)", "gt/$avp(b)"),
            ("$avp(a)", "eq/s:12"),
            ("$avp(a)", "re/12"),
            ("$avp(a)", "re/1."),
            ("$avp(a)", "fm/1*"),
            ("$avp(a)", "eq/$var(n)"),
            ("$avp(a)", "eq/12"),
            ("$avp(a)", "eq/$avp(none)"),
            ("$avp(a)", "lt/$avp(b)"),
            ("$avp(a)", "lt/$avp(b)/g"),
        ]
    ),
    drive
);

scenario!(
    texts_are_compared,
    calls(
        "avp_check",
        "TEXTS",
        &[
            ("$avp(a)", "eq/s:bob"),
            ("$avp(a)", "eq/bob"),
            ("$avp(a)", "eq/Bob"),
            ("$avp(a)", "eq/Bob/i"),
            ("$avp(a)", "eq/s:Bob/I"),
            ("$avp(a)", "ne/bob"),
            ("$avp(a)", "ne/Bob"),
            ("$avp(a)", "eq/alice"),
            ("$avp(a)", "eq/alice/g"),
            ("$avp(a)", "re/^a/g"),
            ("$avp(a)", "re/^B"),
            ("$avp(a)", "re/^B/i"),
            ("$avp(a)", "fm/b*"),
            ("$avp(a)", "fm/B*"),
            ("$avp(a)", "fm/B*/i"),
            ("$avp(a)", "fm/a*/g"),
            ("$avp(a)", "re/o"),
            ("$avp(a)", "eq/$avp(b)"),
            ("$avp(a)", "eq/$avp(b)/i"),
            ("$avp(a)", "eq/$xavp(x=>k)"),
            ("$avp(a)", "eq/$rU"),
            ("$avp(a)", "eq/$var(v)/g"),
            ("$avp(a)", "lt/s:c"),
            ("$avp(a)", "gt/s:alice"),
            ("$avp(a)", "le/bob"),
            ("$avp(a)", "eq/i:5"),
            ("$avp(a)", "eq/$fU/g"),
            ("$avp(a)", "lt/bobby"),
            ("$avp(a)", "ge/bob"),
            ("$avp(a)", "and/s:1"),
            ("$avp(a)", "re/$avp(re)"),
            ("$avp(a)", "re/$avp(re)/g"),
            ("$avp(a)", "fm/$avp(fm)"),
        ]
    ),
    drive
);

scenario!(
    variables_are_compared,
    calls(
        "avp_check",
        "TEXTS",
        &[
            ("$rU", "eq/bob"),
            ("$rU", "eq/$tU"),
            ("$fU", "re/al"),
            ("$ru", "fm/sip:*"),
            ("$avp(none)", "eq/x"),
            ("$xavp(x=>k)", "eq/bob"),
            ("$xavp(x=>n)", "lt/i:20"),
            ("$xavp(x=>k[*])", "eq/bob"),
            ("$hdr(Call-ID)", "re/^c"),
            ("$var(n)", "eq/i:12"),
            ("$var(n)", "gt/i:1"),
            ("$avp(u)", "eq/alice@example.com"),
            ("$(avp(a)[1])", "eq/alice"),
            ("$rm", "eq/INVITE"),
        ]
    ),
    drive
);

scenario!(
    numbers_are_computed,
    calls(
        "avp_op",
        "NUMBERS",
        &[
            ("$avp(a)", "add/i:3"),
            ("$avp(a)", "add/i:3/g"),
            ("$avp(a)/$avp(b)", "add/i:3"),
            ("$avp(a)/$avp(b)", "add/i:3/g"),
            ("$avp(a)", "sub/i:3/d"),
            ("$avp(a)", "mul/i:2/g"),
            ("$avp(a)", "div/i:5"),
            ("$avp(a)", "div/i:0"),
            ("$avp(a)", "mod/i:5"),
            ("$avp(a)", "and/i:4"),
            ("$avp(a)", "or/i:3"),
            ("$avp(a)", "xor/i:1"),
            ("$avp(a)", "not/i:0"),
            ("$avp(a)/$avp(b)", "not/i:5"),
            ("$avp(a)", "add/$avp(b)"),
            ("$avp(a)", "add/$var(n)"),
            ("$avp(none)", "add/i:1"),
            ("$avp(a)", "add/i:0x10"),
            ("$avp(a)/$avp(b)", "mul/i:3/gd"),
            ("$avp(a)", "mod/i:0"),
        ]
    ),
    drive
);

scenario!(texts_are_not_computed, calls("avp_op", "TEXTS", &[("$avp(a)", "add/i:1"),]), drive);
