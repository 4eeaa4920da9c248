//! What assignments and the functions that change destinations do: AVPs and their kin, branches, the request URI.
#![allow(missing_docs)]

use kamjit_tests::Setup;
use kamjit_tests::scenario;
use kamjit_tests::script::{drive, wrap};

scenario!(
    lists_of_values,
    wrap(
        r#"
    $avp(a)="1"; $avp(a)="2"; $avp(a)=3;
    $(avp(a)[1])="X";
    xlog("P 1 $(avp(a)[*])\n");
    $(avp(a)[9])="Y";
    xlog("P 2 $(avp(a)[*])\n");
    $avp(a)=$null;
    xlog("P 3 $(avp(a)[*])\n");
    $(avp(a)[1])=$null;
    xlog("P 4 $(avp(a)[*])\n");
    $(avp(a)[*])="Z";
    xlog("P 5 $(avp(a)[*])\n");
    $(avp(a)[*])=$null;
    xlog("P 6 $(avp(a)[*]) $avp(a) $(avp(a)[0])\n");
    $(avp(a)[0])="N";
    xlog("P 7 $(avp(a)[*])\n");
    $avp(s:b)="sb"; $avp(i:5)="i5"; $avp(5)="t5";
    xlog("P 8 $avp(b) $avp(i:5) $avp(5) $avp(s:5)\n");
    $var(n)="dyn"; $avp($var(n))="dv";
    xlog("P 9 $avp(dyn) $avp($var(n))\n");
    $avp(e)="";
    xlog("P 10 [$avp(e)] $cnt($avp(e)) $cnt($avp(a))\n");
    $(avp(a)[-1])="M";
    xlog("P 11 $(avp(a)[*])\n");
    $avp(a)="q"; $avp(a)="r"; $var(i)=1;
    xlog("P 12 $(avp(a)[$var(i)]) $cnt($avp(a))\n");
    $avp(A)="upper";
    xlog("P 13 $avp(a) $avp(A)\n");
    $(avp(a)[-1])=$null;
    xlog("P 14 $(avp(a)[*])\n");
    pv_unset("$avp(a)");
    xlog("P 15 $(avp(a)[*])\n");
    pv_unset("$(avp(a)[*])");
    xlog("P 16 $(avp(a)[*])\n");
    $var(v)=$null;
    xlog("P 17 $var(v)\n");
    $vn(v)=5;
    xlog("P 18 $vn(v) $vz(v) $var(v)\n");
    $vn(v)=$null; $vz(q)=7;
    xlog("P 19 $vn(v) $var(q)\n");
    $shv(s)="abc";
    $shv(s)=7;
    xlog("P 21 $shv(s)\n");
    $shv(s)=$null;
    xlog("P 22 $shv(s)\n");
    $avp(g)=$ru; $avp(g)=$rs;
    xlog("P 23 $(avp(g)[*])\n");
    $xavp(a)=1;
    xlog("P 24 $xavp(a)\n");
    $xavp(a)="two";
    xlog("P 25 $xavp(a) $xavp(a[0]) $xavp(a[1]) $xavp(a[2])\n");
    $xavp(r=>x)="rx";
    xlog("P 26 $xavp(r=>x) $xavp(r[0]=>x)\n");
    $xavp(r=>y)=5; $xavp(r=>x)="rx2";
    $xavp(r[0]=>x)="set";
    xlog("P 28 $xavp(r=>x) $xavp(r=>x[0]) $xavp(r=>x[1])\n");
    $xavp(r[0]=>x[0])="idx";
    xlog("P 29 $xavp(r=>x) $xavp(r=>x[1])\n");
    $xavp(r=>x)=$null;
    xlog("P 30 $xavp(r=>x) $xavp(r=>y)\n");
    $xavp(r)=$null;
    xlog("P 32 $xavp(r=>x) $xavp(r=>y)\n");
    $xavp(b)="v1"; $xavp(b)="v2"; $xavp(b[1])="repl";
    xlog("P 33 $xavp(b[0]) $xavp(b[1])\n");
    $xavp(b[*])="only";
    xlog("P 34 $xavp(b[0]) $xavp(b[1])\n");
    $xavp(c=>k)="ck"; $xavp(d)=$xavp(c);
    xlog("P 35 $xavp(d=>k) $xavp(c=>k)\n");
    $xavp(c[0]=>m[0])="mm";
    xlog("P 36 $xavp(c=>m)\n");
    $xavp(c=>k=>z)="zz";
    xlog("P 37 $xavp(c=>k=>z)\n");
    $xavu(u)=1; $xavu(u)="2"; $xavu(u=>k)="kk"; $xavu(u2=>k)="kk2"; $xavu(u2=>k)="kk3";
    $xavu(u2=>k)=$null;
    xlog("P 39 $xavu(u2=>k)\n");
    $xavi(Case)="ci"; $xavi(WHo=>What)="ww";
    xlog("P 40 $xavi(case) $xavi(CASE) $xavi(who=>what)\n");
    $xavp(b)=$null;
    xlog("P 41 $xavp(b)\n");
    $xavp(b[0])=$null;
    xlog("P 42 $xavp(b[0])\n");
    $xavp(n[0])="nn"; $xavp(n[3])="n3";
    xlog("P 43 $xavp(n[0]) $xavp(n[3])\n");
    $xavp(n=>a)="na";
    $xavp(l=>a)="1"; $xavp(l=>a)="2"; $xavp(l[1]=>a)="3";
    xlog("P 45 $xavp(l=>a) $xavp(l=>a[1]) $xavp(l[1]=>a) $xavp(l[0]=>a)\n");
    $xavp(p)="a"; $xavp(p)="b"; $var(ix)=1;
    xlog("P 47 $xavp(p[$var(ix)])\n");
    xlog("P 48 end\n");
"#
    ),
    drive
);

scenario!(
    branches_and_flags,
    wrap(
        r#"
    append_branch();
    xlog("P 1 $branch(count) $(branch(uri)[0]) $(branch(q)[0]) $(branch(dst_uri)[0]) $(branch(flags)[0]) $(branch(path)[0]) $(branch(send_socket)[0]) $(branch(ruid)[0]) $br $bR\n");
    $du="sip:9.9.9.9"; setbflag(3); append_branch("sip:x@y:5070","0.5");
    xlog("P 2 $branch(count) $(branch(uri)[1]) $(branch(q)[1]) $(branch(dst_uri)[1]) $(branch(flags)[1]) $(branch(uri)[-1]) $(branch(uri)[5]) $branch(uri) $(branch(uri)[*]) bf=$bf\n");
    xlog("P 3 $(branch(uri)[1]) $(branch(dst_uri)[0]) $(branch(q)[0]) $(branch(flags)[0]) $(branch(path)[0]) $(branch(send_socket)[0])\n");
    xlog("P 4 $br | $bR\n");
    $br="sip:third@t";
    xlog("P 5 $branch(count) $(branch(uri)[2]) $(branch(dst_uri)[2]) $(branch(q)[2])\n");
    $(branch(dst_uri)[0])=$null; $(branch(uri)[1])=$null;
    xlog("P 6 $branch(count) $(branch(dst_uri)[0]) $(branch(uri)[1])\n");
    setbflag(1,1); 
    xlog("P 7 $(branch(flags)[0]) $(branch(flags)[1]) $bf\n");
    if(isbflagset(1,1)) { xlog("L_ERR","is11\n"); } if(isbflagset(1)) { xlog("L_ERR","is1\n"); }
    $sbranch(uri)="sip:s@b"; $sbranch(dst_uri)="sip:2.2.2.2"; $sbranch(q)=700;
    xlog("P 8 $sbranch(uri) $sbranch(dst_uri) $sbranch(q) $sbranch(count) $sbranch(flags) $sbranch(path) $sbranch(send_socket)\n");
    sbranch_append();
    xlog("P 9 $branch(count) $(branch(uri)[3]) $(branch(dst_uri)[3]) $(branch(q)[3])\n");
    sbranch_set_ruri();
    xlog("P 10 $ru $du\n");
    sbranch_reset();
    xlog("P 11 $sbranch(uri) $sbranch(dst_uri)\n");
    $br=$null;
    xlog("P 12 $branch(count)\n");
    clear_branches();
    xlog("P 13 $branch(count) $rc\n");
    append_branch("sip:a@a"); remove_branch(0);
    xlog("P 14 $branch(count)\n");
    setsflag(2);
    xlog("P 15 $sf $sF $Sf(2)\n");
    $mf=5; $Mf(3)=1; 
    xlog("P 16 $mf $mF $Mf(3)\n");
    isdsturiset();
    xlog("P 17 $rc\n");
    resetdsturi();
    xlog("P 18 $du $rc\n");
    isdsturiset();
    xlog("P 19 $rc\n");
    setdsturi("sip:$rd");
    xlog("P 20 $du $rc\n");
    pv_printf("$avp(p)","[$rm] $null");
    xlog("P 21 $avp(p)\n");
    avp_printf("$var(p)","x$rU");
    xlog("P 22 $var(p)\n");
    xlog("P 23 $rc\n");
    setxflag(33); setxflag(1);
    isxflagset(33);
    xlog("P 24 $rc\n");
    resetxflag(33); isxflagset(33);
    xlog("P 25 $rc\n");
    msg_iflag_set("USE_UAC_FROM"); msg_iflag_is_set("USE_UAC_FROM");
    xlog("P 26 $rc\n");
    msg_iflag_reset("USE_UAC_FROM"); msg_iflag_is_set("USE_UAC_FROM");
    xlog("P 28 $rc\n");
    xlog("P 30 $rc\n");
    is_incoming(); 
    xlog("P 31 $rc\n");
    is_faked_msg();
    xlog("P 32 $rc\n");
    is_socket_name("foo"); 
    xlog("P 33 $rc\n");
    is_int("$rU"); 
    xlog("P 43 $rc\n");
    pv_isset("$du"); 
    xlog("P 44 $rc\n");
    not_empty("$rU");
    xlog("P 45 $rc\n");
    typeof("$rU","str");
    xlog("P 46 $rc\n");
    xavp_params_explode("a=1;b=2;c","x");
    xlog("P 47 $rc $xavp(x=>a) $xavp(x=>b) $xavp(x=>c) $xavp(x[0]=>c)\n");
    xavp_params_implode("x","$var(imp)");
    xlog("P 48 $rc $var(imp)\n");
    xavp_slist_explode("a, b ,c",",","t","l");
    xlog("P 49 $rc $xavp(l=>v) $xavp(l=>v[1]) $xavp(l[0]=>v[0]) $xavp(l[0]=>v[2])\n");
    xavp_child_sets("x","d","dd"); xavp_child_seti("x","e","5");
    xlog("P 50 $rc $xavp(x=>d) $xavp(x=>e)\n");
    xavp_child_sets("newroot","d","dd");
    xlog("P 51 $rc $xavp(newroot=>d)\n");
    xavp_child_rm("x","d");
    xlog("P 52 $rc $xavp(x=>d)\n");
    xavp_rm("x");
    xlog("P 53 $rc $xavp(x=>a)\n");
    xavp_rm("nope");
    xlog("P 54 $rc\n");
    xavp_copy("l","0","m");
    xlog("P 55 $rc $xavp(m=>v)\n");
    pv_var_to_xavp("imp","vx");
    xlog("P 56 $rc $xavp(vx=>imp)\n");
    $var(imp)="changed"; pv_xavp_to_var("vx");
    xlog("P 57 $rc $var(imp)\n");
    pv_var_to_xavp("*","all");
    xlog("P 58 $rc $xavp(all=>imp)\n");
    pv_unset("$var(ev)");
    xlog("P 60 $rc $var(ev)\n");
    $xavp(lst=>a)="1"; $xavp(lst[0]=>b)="2"; xavp_params_implode("lst","$var(i2)");
    xlog("P 61 $var(i2)\n");
    $mf=$null; $bf="x";
    xlog("P 62 $mf $bf\n");
    xavu_params_explode("k=v;z=y","xu");
    xlog("P 63 $xavu(xu=>k) $xavu(xu=>z)\n");
    $rU=$null; not_empty("$rU");
    xlog("P 64 $rc\n");
    is_int("$var(nix)"); 
    xlog("P 65 $rc\n");
    $var(s)="12"; is_int("$var(s)");
    xlog("P 66 $rc\n");
"#
    ),
    drive
);

const CHANGES: &[&str] = &[
    "rewritehost(\"new.org\")",
    "rewritehostport(\"new.org:5099\")",
    "rewritehostport(\"new.org\")",
    "rewritehostporttrans(\"new.org:5099;transport=tcp\")",
    "rewritehostporttrans(\"new.org\")",
    "rewriteuser(\"bob\")",
    "rewriteuser(\"\")",
    "rewriteuserpass(\"bob:pw\")",
    "rewriteuserpass(\"bob\")",
    "rewriteport(\"5099\")",
    "rewriteport(\"\")",
    "rewriteuri(\"sip:x@y\")",
    "prefix(\"00\")",
    "prefix(\"\")",
    "strip(2)",
    "strip(0)",
    "strip(99)",
    "strip_tail(2)",
    "strip_tail(99)",
    "strip_tail(0)",
    "userphone()",
    "revert_uri()",
    "$rU=\"zoe\"",
    "$rU=$null",
    "$rU=\"\"",
    "$rd=\"d.org\"",
    "$rp=5088",
    "$rp=\"5077\"",
    "$rp=$null",
    "$rd=$null",
    "$ru=\"sip:q@w\"",
    "$rd=5",
    "$rU=5",
    "$rp=0",
    "$du=\"sip:1.2.3.4:99;transport=tcp\"",
    "$du=$null",
    "$du=\"\"",
    "$du=\"bad\"",
    "$du=5",
];

const URIS: &[&str] = &[
    "sip:alice@home.org",
    "sip:alice:secret@home.org:5070;transport=udp;x=1?h=v",
    "sip:home.org",
    "sip:home.org:5080;lr",
    "sips:al@h",
    "tel:+4912345;phone-context=x",
    "tel:+4912345",
    "sip:1@[::1]:5061;user=phone",
    "SIP:Al@H",
    "sip:+123;ext=4@h.org;user=phone;transport=tcp",
];

/// Every change of every URI; what makes a tel URI unusable is left out.
fn changes() -> Setup {
    let mut script = String::new();
    for uri in URIS {
        for change in CHANGES {
            let empties = change.contains("\"\"") || change.contains("$null") || change.contains("99)");
            let password = change.contains("userpass") && !uri.starts_with("sip:a");
            if (uri.starts_with("tel:") && empties) || password {
                continue;
            }
            let print = "xlog(\"$ru|$du|$rU|$rd|$rp\\n\")";
            script.push_str(&format!("    $ru = \"{uri}\"; $du = $null; {change}; {print};\n"));
        }
    }
    wrap(&script)
}

scenario!(changes_of_the_request_uri, changes(), drive);

/// Assignments that edit From and To; what comes of them shows in the message sent on.
const EDITS: &[&str] = &[
    "$fu = \"sip:new@n.org\"",
    "$fU = \"zoe\"",
    "$fU = $null",
    "$fU = \"\"",
    "$fd = \"d.new\"",
    "$fn = \"\\\"New Name\\\"\"",
    "$fn = \"Plain\"",
    "$fn = $null",
    "$fn = \"\"",
    "$tu = \"sip:t@t.org:99\"",
    "$tU = \"tom\"",
    "$tU = $null",
    "$td = \"t.new\"",
    "$tn = \"\\\"T N\\\"\"",
    "$tn = $null",
    "$fu = $null",
    "$fU = 5",
    "$fd = $null",
    "$fU = \"b\"; $fd = \"c\"",
    "$tn = \"A\"; $tu = \"sip:z@z\"",
];

fn edits() -> Setup {
    let mut script = String::from("request_route {\n    route(FENCE);\n    $var(n) = $(hdr(X-N){s.int});\n");
    for (n, edit) in EDITS.iter().enumerate() {
        script.push_str(&format!("    if ($var(n) == {n}) {{ {edit}; }}\n"));
    }
    script.push_str("    $du = \"sip:127.0.0.1:\" + $rU;\n    forward();\n}\n");
    Setup::script(script)
}

scenario!(edits_of_from_and_to, edits(), |world| {
    let (mut alice, mut bob) = (world.udp("alice"), world.udp("bob"));
    let target = world.uri(&bob.local.port().to_string());
    let addresses = [
        ("\"Alice A\" <sip:alice:pw@example.org:5070;x=1>;tag=t1", "Bob <sip:bob@example.com>"),
        ("sip:nobody@x.org;tag=t2", "<sip:home.org>"),
        ("<tel:+1555>;tag=t3", "\"Q, N\" <sip:+49;ext=4@h.org;user=phone>"),
    ];
    for (from, to) in addresses {
        for n in 0..EDITS.len() {
            let request = alice.request("OPTIONS", &target).set("From", from).set("To", to);
            alice.send(&request.add("X-N", n.to_string()));
            let received = bob.wait_request("OPTIONS");
            bob.reply(&received, 200, "Fine");
            alice.wait_status(200);
        }
    }
});
