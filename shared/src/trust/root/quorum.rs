//! Who signed, and whether that is enough.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::{Part, Revoked, Role, Root, RootError};
use crate::trust::{KeyId, MAX_SIGNATURES, Signature, Signed};

impl Root {
    /// The root that follows this one, if enough keys of both signed it. Whether either has expired
    /// is not asked: a chain may lead through roots that have.
    ///
    /// # Errors
    /// [`RootError`].
    pub fn followed_by(&self, next: &Signed) -> Result<Self, RootError> {
        let root = Self::pinned(&next.document)?;
        let (known, found) = (self.version, root.version);
        if known.checked_add(1) != Some(found) {
            return Err(RootError::OutOfOrder { known, found });
        }
        self.count(Role::Root, next)?;
        root.count(Role::Root, next)?;
        if let Some(lost) = self.revoked.iter().find(|one| !root.has_revoked(one.key)) {
            let (version, key) = (found, lost.key);
            return Err(RootError::Unrevoked { version, key });
        }
        Ok(root)
    }

    /// The newest of a chain of roots that leads on from this one. Those that are no newer than this
    /// one are passed over: whoever sends a chain need not know where it is taken up.
    ///
    /// # Errors
    /// [`RootError`], for the first that does not follow.
    pub fn follow<'s>(
        &self,
        chain: impl IntoIterator<Item = &'s Signed>,
    ) -> Result<Self, RootError> {
        let mut newest = self.clone();
        for next in chain {
            if Self::pinned(&next.document)?.version > self.version {
                newest = newest.followed_by(next)?;
            }
        }
        Ok(newest)
    }

    /// Who of those who may, signed this document; enough of them did.
    ///
    /// # Errors
    /// [`RootError::Expired`], [`RootError::TooFew`], [`RootError::NoRelease`].
    pub fn verify(
        &self,
        role: Role,
        signed: &Signed,
        now: DateTime<Utc>,
    ) -> Result<BTreeSet<KeyId>, RootError> {
        if now >= self.expires {
            let (version, at) = (self.version, self.expires);
            return Err(RootError::Expired { version, at });
        }
        self.count(role, signed)
    }

    /// Whether the key is not to be trusted any more.
    pub fn has_revoked(&self, key: KeyId) -> bool {
        self.revoked.iter().any(|one| one.key == key)
    }

    /// Who signed, as [`Root::verify`], whenever that may be.
    ///
    /// # Errors
    /// [`RootError::TooFew`], [`RootError::NoRelease`].
    pub fn count(&self, role: Role, signed: &Signed) -> Result<BTreeSet<KeyId>, RootError> {
        let part = self.part(role).ok_or(RootError::NoRelease(self.version))?;
        let statement = role.sort().statement(&signed.document);
        let (mut valid, mut why) = (BTreeSet::new(), Vec::new());
        for signature in signed.signatures.iter().take(MAX_SIGNATURES) {
            match self.judge(part, &statement, signature) {
                Ok(()) if valid.insert(signature.key) => {}
                Ok(()) => why.push(format!("{} signed twice", self.name(signature.key))),
                Err(no) => why.push(no),
            }
        }
        if valid.len() >= part.threshold as usize {
            return Ok(valid);
        }
        if signed.signatures.is_empty() {
            why.push("nobody signed".into());
        }
        Err(RootError::TooFew {
            what: role.what(),
            needed: part.threshold,
            signed: valid.len() as u32,
            why,
        })
    }

    fn judge(&self, part: &Part, statement: &[u8], by: &Signature) -> Result<(), String> {
        let name = self.name(by.key);
        if let Some(revoked) = self.revoked.iter().find(|one| one.key == by.key) {
            let Revoked { at, reason, .. } = revoked;
            return Err(format!("{name} was revoked at {at}: {reason}"));
        }
        let key = self
            .keys
            .get(&by.key)
            .ok_or_else(|| format!("{name} is not a key of root {}", self.version))?;
        if !part.keys.contains(&by.key) {
            return Err(format!("{name} may not sign this"));
        }
        if key.public.verifies(statement, &by.signature) {
            Ok(())
        } else {
            Err(format!("the signature of {name} is not of this document"))
        }
    }
}
