//! Who may say what a fleet's hosts are held to: keys, the root document that names them, and
//! documents that are signed with them. Nothing here reads a file or a clock; `now` is a parameter.
//!
//! Every signature is Ed25519, verified strictly, over a statement that names what sort of document it
//! is: one that was signed as a root is nothing as a bundle.

/// Keys, and what they are called.
mod key;

/// A document with signatures beside it.
mod signed;

/// The root document.
mod root;

pub use self::{
    key::{KeyId, PublicKey},
    root::{Key, MAX_ROOT, Part, Revoked, Role, Root, RootError},
    signed::{MAX_SIGNATURES, MAX_SIGNATURES_FILE, Signature, Signed, SignedError, Sort},
};

/// Keys of tests.
#[cfg(test)]
pub(crate) mod test_keys;

#[cfg(test)]
mod tests;
