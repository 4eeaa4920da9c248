//! Addresses of record: what of a URI names a user in the tables.

use bumpalo::{Bump, collections::Vec as ArenaVec};
use kamjit_sip::{Uri, escape::unescape};

use super::State;

/// Why a URI names no user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadAor {
    /// It cannot be parsed.
    Unparsable,
    /// It is longer than [`MAX_AOR`].
    TooLong,
}

/// Longest address (captured: 255 bytes pass, 256 do not).
const MAX_AOR: usize = 255;

/// The address of a URI: the user, with its domain if usrloc's `use_domain` is set, in lower case unless
/// `case_sensitive` is set.
pub fn of_uri<'m>(state: &State, arena: &'m Bump, uri: &'m [u8]) -> Result<&'m [u8], BadAor> {
    let uri = Uri::parse(uri).map_err(|_| BadAor::Unparsable)?;
    of_parsed(state, arena, &uri)
}

/// The same of a parsed URI.
pub fn of_parsed<'m>(state: &State, arena: &'m Bump, uri: &Uri<'m>) -> Result<&'m [u8], BadAor> {
    if uri.user.len() + uri.host.len() + 1 > MAX_AOR {
        return Err(BadAor::TooLong);
    }
    let user = unescape(arena, uri.user).ok_or(BadAor::Unparsable)?;
    let keep_case = state.case_sensitive.get() != 0;
    if !state.usrloc.use_domain && (keep_case || !user.iter().any(u8::is_ascii_uppercase)) {
        return Ok(user);
    }
    let mut aor = ArenaVec::with_capacity_in(user.len() + uri.host.len() + 1, arena);
    aor.extend_from_slice(user);
    let mut domain_from = aor.len();
    if state.usrloc.use_domain {
        let host = uri.host.strip_prefix(&*state.realm_prefix.get()).unwrap_or(uri.host);
        if !user.is_empty() {
            aor.push(b'@');
        }
        domain_from = aor.len();
        aor.extend_from_slice(host);
    }
    if keep_case {
        aor[domain_from..].make_ascii_lowercase();
    } else {
        aor.make_ascii_lowercase();
    }
    Ok(aor.into_bump_slice())
}
