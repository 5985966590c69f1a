//! Secrets that must be read again, such as a provider's client secret: encrypted in the tables, with a key
//! that is only on the collector's machine. Who has the database alone has none of them.

use std::{fmt, path::Path, sync::Arc};

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use zeroize::Zeroizing;

use super::{AuthorityError, open_secret};

/// The key for secrets in the tables. Cheap to clone.
#[derive(Clone)]
pub struct Vault(Arc<RandomizedNonceKey>);

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").finish_non_exhaustive()
    }
}

impl Vault {
    /// The vault whose key is in this file, made when there is none.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub(super) fn open(path: &Path) -> Result<Self, AuthorityError> {
        let unusable = |_| AuthorityError::Unusable { path: path.into() };
        let key = RandomizedNonceKey::new(&AES_256_GCM, &open_secret(path)?).map_err(unusable)?;
        Ok(Self(Arc::new(key)))
    }

    /// The secret as the tables keep it. `place` names what it belongs to (`provider:NAME`): put into
    /// another row, it is opened no more.
    pub fn seal(&self, place: &str, secret: &[u8]) -> Vec<u8> {
        let mut text = secret.to_vec();
        let nonce = self
            .0
            .seal_in_place_append_tag(Aad::from(place), &mut text)
            .expect("a secret is far below what one nonce is good for");
        [nonce.as_ref().as_slice(), &text].concat()
    }

    /// The secret again; `None` when it was sealed with another key or for another place, or was changed.
    pub fn unseal(&self, place: &str, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut text = Zeroizing::new(text.to_vec());
        let length = self
            .0
            .open_in_place(nonce, Aad::from(place), &mut text)
            .ok()?
            .len();
        text.truncate(length);
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_again_only_at_its_place_with_its_key_and_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let vault = Vault::open(&folder.path().join("vault.key")).unwrap();
        let sealed = vault.seal("provider:corp", b"hunter2");
        assert_eq!(
            vault.unseal("provider:corp", &sealed).unwrap().as_slice(),
            b"hunter2"
        );
        assert_ne!(sealed, vault.seal("provider:corp", b"hunter2"));
        let again = Vault::open(&folder.path().join("vault.key")).unwrap();
        assert!(again.unseal("provider:corp", &sealed).is_some());

        let other = Vault::open(&folder.path().join("other.key")).unwrap();
        assert!(other.unseal("provider:corp", &sealed).is_none());
        assert!(vault.unseal("provider:other", &sealed).is_none());
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(vault.unseal("provider:corp", &changed).is_none(), "{at}");
        }
        assert!(vault.unseal("provider:corp", &sealed[..5]).is_none());
    }
}
