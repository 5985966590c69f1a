//! The digest of a kind's rows: 128 bits that do not depend on the order of the rows.
//!
//! It is the sum, modulo 2^128, of the first 16 bytes (big endian) of each row's hash. A sum can
//! be kept up to date by one addition or subtraction for each change, on both sides, without
//! looking at the other rows. It finds accidents: lost rows, rows applied twice, rows changed by
//! hand. It is no defence against a host that lies about itself; nothing could be.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{fact::RowHash, hex};

/// Digest of the rows of one kind of one host. The default is the digest of no rows.
#[derive(Clone, Copy, PartialEq, Eq, Default, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(pub [u8; 16]);

impl Digest {
    /// The digest with `row` present as well.
    #[must_use]
    pub fn with(self, row: &RowHash) -> Self {
        Self(self.number().wrapping_add(summand(row)).to_be_bytes())
    }

    /// The digest with `row` gone.
    #[must_use]
    pub fn without(self, row: &RowHash) -> Self {
        Self(self.number().wrapping_sub(summand(row)).to_be_bytes())
    }

    /// The digest of exactly these rows.
    pub fn of<'a>(rows: impl IntoIterator<Item = &'a RowHash>) -> Self {
        rows.into_iter().fold(Self::default(), Self::with)
    }

    fn number(self) -> u128 {
        u128::from_be_bytes(self.0)
    }
}

fn summand(row: &RowHash) -> u128 {
    let mut head = [0; 16];
    head.copy_from_slice(&row.0[..16]);
    u128::from_be_bytes(head)
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(&self.0, f)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn order_does_not_matter(mut rows: Vec<[u8; 32]>, seed: u64) {
            let before: Vec<_> = rows.iter().map(|r| RowHash(*r)).collect();
            let by = seed as usize % rows.len().max(1);
            rows.rotate_left(by);
            let after: Vec<_> = rows.iter().map(|r| RowHash(*r)).collect();
            prop_assert_eq!(Digest::of(&before), Digest::of(&after));
        }

        #[test]
        fn removing_undoes_adding(rows: Vec<[u8; 32]>, row: [u8; 32]) {
            let rows: Vec<_> = rows.into_iter().map(RowHash).collect();
            let before = Digest::of(&rows);
            prop_assert_eq!(before.with(&RowHash(row)).without(&RowHash(row)), before);
        }

        #[test]
        fn a_missing_row_is_seen(rows: Vec<[u8; 32]>, row: [u8; 32]) {
            prop_assume!(row[..16] != [0; 16]);
            let rows: Vec<_> = rows.into_iter().map(RowHash).collect();
            prop_assert_ne!(Digest::of(&rows), Digest::of(&rows).with(&RowHash(row)));
        }
    }
}
