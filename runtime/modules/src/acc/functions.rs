//! `acc_log_request(comment)`, `acc_request(comment, table)`: accounting from the script.

use kamjit_engine::{Arg, Ctx, Ret};
use kamjit_sip::text::trim;

use super::{
    STATE,
    line::{self, Entry},
};

/// Writes a line for the request at hand; a comment may begin with a code: `"404 no such user"`.
pub(super) fn request<'m>(ctx: &mut Ctx<'m>, args: &'m [Arg]) -> Ret {
    let Some(state) = STATE.get(ctx) else { return Ret::FALSE };
    let comment = args.first().map(|arg| arg.text(ctx)).unwrap_or_default();
    let (code, reason) = split(comment);
    let to_tag = ctx.msg.to().tag.or_else(|| crate::tm::local_tag(ctx)).unwrap_or_default();
    let method = ctx.msg.method_raw();
    let log_prefix = ctx.log_prefix();
    line::write(ctx, state, &Entry { what: "request accounted", method, to_tag, code, reason, log_prefix });
    Ret::TRUE
}

/// Code and phrase of a comment; without a code of three digits all of it is the phrase.
fn split(comment: &[u8]) -> (&[u8], &[u8]) {
    match comment {
        [a, b, c, rest @ ..]
            if [a, b, c].iter().all(|d| d.is_ascii_digit())
                && rest.first().is_none_or(|b| !b.is_ascii_digit()) =>
        {
            (&comment[..3], trim(rest))
        }
        _ => (b"", comment),
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn comments_as_captured() {
        assert_eq!(split(b"200 just a test"), (&b"200"[..], &b"just a test"[..]));
        assert_eq!(split(b"novalid"), (&b""[..], &b"novalid"[..]));
        assert_eq!(split(b"404"), (&b"404"[..], &b""[..]));
    }
}
