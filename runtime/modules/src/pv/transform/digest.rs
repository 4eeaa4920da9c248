//! Message digests.

use md5::{Digest, Md5};
use sha2::{Sha256, Sha384, Sha512};

pub(super) fn md5(text: &[u8]) -> [u8; 16] {
    Md5::digest(text).into()
}

pub(super) fn sha256(text: &[u8]) -> [u8; 32] {
    Sha256::digest(text).into()
}

pub(super) fn sha384(text: &[u8]) -> [u8; 48] {
    Sha384::digest(text).into()
}

pub(super) fn sha512(text: &[u8]) -> [u8; 64] {
    Sha512::digest(text).into()
}
