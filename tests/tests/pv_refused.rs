//! Which names, attributes and indexes of pseudo-variables are refused when the configuration is read.
#![allow(missing_docs)]

use std::process::Command;

use kamjit_tests::{Kind, compare_facts, server::PRELUDE, tools::run};

/// Whether the server accepts a configuration with this statement.
fn verdict(kind: &Kind, statement: &str) -> &'static str {
    let dir = tempfile::tempdir().expect("directory");
    let cfg = dir.path().join("test.cfg");
    std::fs::write(&cfg, format!("{PRELUDE}\nrequest_route {{\n    {statement}\n}}\n")).expect("file");
    let (program, own) = kind.program();
    let output =
        run(Command::new(program).args(own).arg("-c").arg("-E").arg("-f").arg(cfg).args(["-m", "32"]));
    if output.status == 0 { "accepted" } else { "refused" }
}

fn compare(name: &str, statements: &[String]) {
    compare_facts(name, |kind| {
        statements.iter().map(|s| format!("{s}: {}\n", verdict(kind, s))).collect::<String>()
    });
}

/// `$class(name)` for each name, read.
fn names(class: &str, names: &[&str]) {
    let statements: Vec<String> = names.iter().map(|n| format!("$var(x) = ${class}({n});")).collect();
    compare(class, &statements);
}

macro_rules! classes {
    ($($test:ident: $class:literal [$($name:literal),* $(,)?];)*) => {
        $(#[test] fn $test() { names($class, &[$($name),*]); })*
    };
}

classes! {
    rdir: "rdir" ["id", "name", "x", "$var(x)"];
    af: "af" ["id", "name", "x"];
    ltt: "ltt" ["s", "t", "x", "m", "y"];
    pcv: "pcv" ["all", "value", "genaddr", "orig", "term", "status"];
    cnt: "cnt" ["$avp(x)", "$xavp(x)", "$xavu(x)", "$var(x)", "$hdr(x)", "avp(x)", "x", "$avp(x)[1]"];
    k: "K" ["IPv4", "INET", "INET6", "UDP", "WSS", "udp", "IPV4", "x"];
    nh: "nh" ["u", "U", "d", "p", "P", "i", "x", "D"];
    ksr: "ksr" ["ver", "num", "x"];
    version: "version" ["num", "full", "hash", "ver"];
    msg: "msg" ["len", "buf", "body", "hdrs", "fpart", "lpart", "fline", "body_size", "x"];
    via: "via1" ["host", "port", "proto", "protoid", "branch", "rport", "received", "i", "comp", "x"];
    branch: "branch" ["uri", "dst_uri", "path", "q", "send_socket", "count", "flags", "ruid", "location_ua",
        "instance", "otcpid", "ua", "x"];
    transaction: "T" ["id_index", "id_label", "reply_type", "branch_index", "flags", "uri", "ruid", "x"];
    transaction_branch: "T_branch" ["id_index", "flags", "uri", "ruid", "branch_index", "x"];
    transaction_request: "T_req" ["$ru", "$ru ", "$ru$rU", "ru", "$nope", "$T_req($ru)", "$(ru{s.len})"];
    colours: "C" ["rx", "Rx", "xr", "xR", "Xx", "xx", "x", "xxx", "sg", "Sg", "kx"];
    custom_parameters: "ccp" ["a.b", "a.b.c", "a", ".b", "a."];
    bytes: "msgbuf" ["0", "-1", "1a", "0x1", "x", "99999999999", "$var(x)"];
    sockets: "lsock" ["x", "n/x/listen", "$var(x)"];
    flags: "Mf" ["0", "31", "32", "-1", "x", "0x1f"];
    expires: "expires" ["min", "max", "x"];
    time: "time" ["sec", "min", "hour", "mday", "mon", "year", "wday", "yday", "isdst", "x"];
    precise_time: "TV" ["s", "u", "sn", "un", "Sn", "x"];
    header_names: "hdr" ["X-A", "a.b", "a~b", "a_b", "a+b", "a b", "a ", " a", "a/b", "a@b", "a!b", "a%b", "1", "a:",
        "$var(x)", "a,b"];
    avp_names: "avp" ["x", "s:x", "i:5", "S:x", "I:5", "x:y", "i:x", "i:-5", "i:0x10", "s:", "i:", "f.x", "fr.x",
        "fu.x", "fd.x", "t.x", "tr.x", "tu.x", "td.x", "g.x", "a.b", "ab.x", "F.x", "f.x.y", "x.", ".x", "s:a.b"];
    xavp_names: "xavp" ["a", "a b", "a=b", "a=>b", "a=>b=>c", "a[0]=>b[1]", "a[x]", "a[]", "a/b", "a:b", "a>b", "a~b",
        "a$b", "a,b", "a[ 1 ]", "a=>", "a[$var(x)]", "a[*]=>b", " a", "$var(x)"];
    constant_names: "var" ["x", "$var(x)", "a b", "a-b"];
    defines: "def" ["x", "$var(x)"];
    formats: "timef" ["%Y", "$var(x)", "%"];
    texts: "_s" ["$avp(x)", "x$avp(y)", "$nope", "$"];
}

#[test]
fn assignments() {
    let read_only =
        ["$si", "$rm", "$hdr(x)", "$T_reply_code", "$rP", "$fti", "$bR", "$lsock(x)", "$nh(u)", "$true"];
    let writable =
        ["$ru", "$rU", "$mf", "$Mf(1)", "$ccp(a.b)", "$msgbuf(1)", "$sbranch(uri)", "$branch(uri)", "$fsn"];
    let statements: Vec<String> =
        read_only.iter().chain(&writable).map(|pv| format!("{pv} = \"x\";")).collect();
    compare("assignments", &statements);
}

#[test]
fn parentheses_and_indexes() {
    let forms = [
        "$ru()",
        "$ru(x)",
        "$(ru[0])",
        "$avp",
        "$avp()",
        "$(avp(x)[a])",
        "$(avp(x)[ 1])",
        "$(hdr(x)[+1])",
        "$(ai[0])",
        "$(ai[*])",
        "$ai(x)",
        "$(branch(uri)[$var(x)])",
        "$(var(x)[0])",
        "$(rU",
        "$(rU)x",
        "$nope",
        "$(nope)",
        "$hdr",
        "$T",
        "$(xavp(a)[0])",
    ];
    let statements: Vec<String> = forms.iter().map(|form| format!("$avp(z) = {form};")).collect();
    compare("parentheses_and_indexes", &statements);
}
