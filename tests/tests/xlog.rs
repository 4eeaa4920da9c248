//! Lines that scripts log: levels, facilities, prefixes, line numbers.
#![allow(missing_docs)]

use kamjit_tests::scenario;
use kamjit_tests::script::{drive, wrap};

const LINES: &str = r#"
    $var(lev) = 2;
    xlog("plain\n");
    xlog("two\nlines\n");
    xlog("L_INFO", "info\n"); xlog("L_ALERT", "alert\n"); xlog("L_BUG", "bug\n"); xlog("L_CRIT2", "crit2\n");
    xlog("L_CRIT", "crit\n"); xlog("L_ERR", "err\n"); xlog("L_WARN", "warn\n"); xlog("L_NOTICE", "notice\n");
    xlog("L_DBG", "dbg\n"); xlog("L_NOPE", "nope\n"); xlog("$var(lev)", "level in a variable\n");
    xlog("LOG_LOCAL3", "L_ERR", "three arguments\n");
    xlogl("line\n"); xlogl("L_ERR", "line of a level\n"); xlogl("LOG_LOCAL1", "L_WARN", "line of a facility\n");
    xlogm("L_ERR", "filtered\n");
    xdbg("xdbg\n"); xdbgl("xdbgl\n"); xinfo("xinfo\n"); xnotice("xnotice\n"); xwarn("xwarn\n"); xerr("xerr\n");
    xcrit("xcrit\n"); xalert("xalert\n"); xbug("xbug\n");
    xlog("$rm $null $$ %% %x $(rU{s.len})\n");
    log(1, "core\n");
"#;

scenario!(lines_of_all_levels, wrap(LINES), drive);

scenario!(lines_with_a_prefix, wrap(LINES).also("log_prefix=\"{$mt $hdr(CSeq) $ci} \"\n"), drive);

scenario!(
    lines_with_a_prefix_of_xlog,
    wrap(LINES).also(
        "modparam(\"xlog\", \"prefix\", \"P:$rm:\")\nmodparam(\"xlog\", \"prefix_mode\", 1)\nmodparam(\"xlog\", \"methods_filter\", 2)\n"
    ),
    drive
);
