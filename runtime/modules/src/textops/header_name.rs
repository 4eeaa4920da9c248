//! Header names given to functions, looked at once.

use kamjit_engine::{
    Arg,
    catalog::{HostError, Place},
    module::Prepare,
};
use kamjit_sip::{Header, HeaderKind, Message, text::eq_nocase};

/// A header name: of a known kind, or compared by its text without case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderName {
    kind: HeaderKind,
    text: Box<[u8]>,
}

impl HeaderName {
    /// From its text; a trailing colon is taken off.
    pub fn new(text: &[u8]) -> HeaderName {
        let text = kamjit_sip::text::trim(text);
        let text = text.strip_suffix(b":").unwrap_or(text);
        HeaderName { kind: HeaderKind::from_name(text), text: text.into() }
    }

    /// The name as given.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Whether a header has this name.
    pub fn is(&self, header: &Header<'_>) -> bool {
        header.kind == self.kind && (self.kind != HeaderKind::Other || eq_nocase(header.name_raw, &self.text))
    }

    /// The headers of this name, in order.
    pub fn find<'m, 'n>(&'n self, msg: &Message<'m>) -> impl Iterator<Item = &'m Header<'m>> + use<'m, 'n> {
        msg.headers().iter().filter(move |h| self.is(h))
    }
}

/// Digests the header name at argument `at`; it must be constant and not empty (captured: the real server refuses
/// to start otherwise).
pub(super) fn digest_at(mut args: Vec<Arg>, at: usize) -> Result<Vec<Arg>, HostError> {
    let Some(slot) = args.get_mut(at) else { return Ok(args) };
    let Arg::Str(text) = &*slot else {
        return Err(HostError::new("the header name must be a constant string").at(at));
    };
    let name = HeaderName::new(text);
    if name.text.is_empty() {
        return Err(HostError::new("the header name is empty").at(at));
    }
    *slot = Prepare::digested(name);
    Ok(args)
}

/// Digests a header name that is the first argument.
pub(super) fn first(_: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    digest_at(args, 0)
}

/// Digests a header name that is the second argument, if there is one.
pub(super) fn second(_: &mut Prepare<'_>, args: Vec<Arg>, _: &Place) -> Result<Vec<Arg>, HostError> {
    digest_at(args, 1)
}
