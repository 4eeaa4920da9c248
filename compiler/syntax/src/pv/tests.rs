use super::*;

fn one(text: &str) -> PvRef {
    let (pv, used) = parse_pv(text.as_bytes(), 0).unwrap();
    assert_eq!(used, text.len(), "{text}");
    pv
}

fn refused(text: &str) -> String {
    parse_format(text.as_bytes()).unwrap_err().message
}

#[test]
fn plain_and_with_inner_text() {
    assert_eq!(&*one("$rU").name, "rU");
    assert_eq!(one("$hdr(X-Y)").inner, PvInner::Text(b"X-Y"[..].into()));
    assert_eq!(one("$sht(a=>$si)").inner, PvInner::Text(b"a=>$si"[..].into()));
    assert!(matches!(one("$hdr($var(x))").inner, PvInner::Pv(_)));
    for text in ["$rU", "$hdr($var(x))", "$(avp(s:x)[$var(i)]{s.len}{s.substr,0,1})"] {
        assert_eq!(one(text).source(), text.as_bytes());
    }
    assert_eq!(&*one("$?").name, "?");
}

#[test]
fn indexes() {
    assert_eq!(one("$(avp(x)[-1])").index, PvIndex::Num(-1));
    assert_eq!(one("$(avp(x)[*])").index, PvIndex::All);
    assert!(matches!(one("$(avp(x)[$var(i)])").index, PvIndex::Pv(_)));
    assert!(refused("$(avp(x)[ 1 ])").contains("index"));
    assert!(refused("$(avp(x)[])").contains("empty"));
}

#[test]
fn transformations_keep_text_and_arguments() {
    let pv = one("$(var(x){s.select,1,,}{s.substr, 0, $(var(n){s.len})})");
    assert_eq!(pv.transforms[0].args, [TransArg::Num(1), TransArg::Text(b","[..].into())]);
    assert_eq!(&*pv.transforms[0].raw, b"s.select,1,,");
    assert!(matches!(pv.transforms[1].args[1], TransArg::Pv(_)));
    let re = one("$(var(x){re.subst,/b;c{1},/<\\1>/g})");
    assert_eq!(re.transforms[0].args, [TransArg::Text(b"/b;c{1},/<\\1>/g"[..].into())]);
    assert_eq!(&*one("$(var(x){s.LEN} {s.int} )").transforms[0].op, "len");
    assert_eq!(one("$(var(x){s.rm,007})").transforms[0].args, [TransArg::Text(b"007"[..].into())]);
    assert!(refused("$(var(x){s})").contains("class"));
    assert!(refused("$(var(x) )").contains("cannot stand"));
}

#[test]
fn formats_as_the_server_splits_them() {
    let parts = parse_format(b"a$$b $rU{s.len} $avp(x)[0]$var(n)").unwrap();
    let texts: Vec<_> = parts
        .iter()
        .map(|p| match p {
            FormatPart::Text(t) => String::from_utf8_lossy(t).into_owned(),
            FormatPart::Pv(pv) => format!("<{}>", pv.name),
        })
        .collect();
    assert_eq!(texts, ["a$b ", "<rU>", "{s.len} ", "<avp>", "[0]", "<var>"]);
    assert!(refused("a $ b").contains("$$"));
    assert!(refused("a $").contains("$$"));
    assert!(refused("$$$").contains("$$"));
    assert!(refused("$(var(x)").contains("missing"));
    assert!(parse_format(b"").unwrap().is_empty());
}

#[test]
fn depth_is_bounded() {
    let deep = format!("{}x{}", "$(avp(x)[".repeat(200), "])".repeat(200));
    assert!(parse_format(deep.as_bytes()).is_err());
    let inner = format!("{}x{}", "$var(".repeat(5000), ")".repeat(5000));
    assert!(parse_format(inner.as_bytes()).is_ok());
}
