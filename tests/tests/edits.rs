//! Edits of headers and bodies by scripts.
#![allow(missing_docs)]

use kamjit_tests::proxy::{HEAD, finish, script, target};
use kamjit_tests::scenario;

scenario!(
    header_edits,
    script(&format!(
        r#"request_route {{
    {HEAD}
    $avp(port) = $rU;
    append_hf("X-End: 1\r\n"); append_hf("X-After-To: 2\r\n", "To"); insert_hf("X-First: 3\r\n"); insert_hf("X-Before-CSeq: 4\r\n", "CSeq");
    remove_hf("User-Agent"); remove_hf_re("^X-Re"); remove_hf("X-None");
    if (search("kamjit")) xlog("L|search\n");
    if (search_hf("From", "alice", "a")) xlog("L|search_hf\n");
    replace("X-Old: value", "X-New: other"); replace_all("dup", "DUP");
    replace_body("6000", "5000"); replace_body_all("a=", "b=");
    subst('/X-Subst: (.*)a(.*)/X-Subst: \2A\1/'); subst_uri('/sip:(.*)@/sip:u\1@/'); xlog("L|$(ru{{s.len}})\n"); subst_user('/u(.*)/\1/');
    if (is_present_hf("X-Old")) xlog("L|present\n"); if (!is_present_hf("X-Nope")) xlog("L|absent\n");
    if (has_body("application/sdp")) xlog("L|sdp\n"); if (!has_body("text/plain")) xlog("L|no text\n");
    $rU = "abcdef"; prefix("p"); xlog("L|$ru\n"); strip(1); strip_tail(1); xlog("L|$ru\n");
    $rU = "user"; $rd = "127.0.0.1"; $rp = $avp(port); xlog("L|$ru\n");
    $fn = "New Name"; $tn = "To Name"; $fd = "example.net";
    msg_apply_changes(); xlog("L|$fu $fn $tn $hdr(X-End)\n");
    append_hf("X-Late: after apply\r\n");
    t_relay();
}}"#
    )),
    |world| {
        let (mut alice, mut one) = (world.udp("alice"), world.udp("one"));
        let uri = target(world, &[&one]);
        let request = alice
            .request("INVITE", &uri)
            .add("X-Old", "value")
            .add("X-Re-One", "gone")
            .add("X-Re-Two", "gone")
            .add("X-Dup", "dup dup")
            .add("X-Subst", "oneatwo")
            .body("application/sdp", kamjit_tests::sdp(6000, "sendrecv"));
        alice.send(&request);
        finish(&mut alice, &mut one, &request);
    }
);

scenario!(
    hf_values_and_bodies,
    script(&format!(
        r#"request_route {{
    {HEAD}
    $var(port) = $rU; $ru = "sip:x@127.0.0.1:" + $var(port);
    include_hf_value("Supported", "timer"); exclude_hf_value("Allow", "BYE"); append_hf_value("X-List", "d"); insert_hf_value("X-List", "a0");
    assign_hf_value("X-One", "new"); remove_hf_value("X-Two[0]"); remove_hf_value("X-Three[1]");
    if (hf_value_exists("Supported", "100rel")) xlog("L|100rel\n"); if (!hf_value_exists("Supported", "nope")) xlog("L|no nope\n");
    set_body("new body\r\n", "text/plain");
    if (is_audio_on_hold()) xlog("L|hold\n");
    if (cmp_str("$fU", "alice")) xlog("L|cmp\n"); if (cmp_istr("$fU", "ALICE")) xlog("L|cmpi\n"); if (starts_with("$fU", "al")) xlog("L|starts\n"); if (str_find("$fu", "ice")) xlog("L|find\n");
    if (in_list("b", "a,b,c", ",")) xlog("L|in list\n");
    t_relay();
}}"#
    )),
    |world| {
        let (mut alice, mut one) = (world.udp("alice"), world.udp("one"));
        let uri = target(world, &[&one]);
        let request = alice
            .request("INVITE", &uri)
            .add("Supported", "path, 100rel")
            .add("Allow", "INVITE, ACK, BYE, CANCEL")
            .add("X-List", "a, b, c")
            .add("X-One", "old")
            .add("X-Two", "old")
            .add("X-Three", "1, 2, 3")
            .body("application/sdp", kamjit_tests::sdp(6000, "sendonly"));
        alice.send(&request);
        finish(&mut alice, &mut one, &request);
    }
);
