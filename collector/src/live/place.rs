//! What places in the feed are called.

use sha2::{Digest as _, Sha256};
use uuid::Uuid;

const ROUNDS: u8 = 4;

/// Calls places by names that tell nothing. Numbers that rise would tell those who hear of a few hosts how
/// much happens to all others. A name is the number, permuted by a Feistel network with a key that is random
/// for each process.
#[derive(Debug)]
pub(super) struct Names([u8; 16]);

impl Names {
    pub(super) fn new() -> Self {
        Self(Uuid::new_v4().into_bytes())
    }

    pub(super) fn of(&self, place: u64) -> String {
        let name = (0..ROUNDS).fold(place, |name, round| {
            let (left, right) = halves(name);
            whole(right, left ^ self.mix(round, right))
        });
        format!("{name:016x}")
    }

    /// The place of that name; `None` for what is no name.
    pub(super) fn place(&self, name: &str) -> Option<u64> {
        let name = u64::from_str_radix(name, 16).ok()?;
        Some((0..ROUNDS).rev().fold(name, |place, round| {
            let (left, right) = halves(place);
            whole(right ^ self.mix(round, left), left)
        }))
    }

    fn mix(&self, round: u8, half: u32) -> u32 {
        let hash = Sha256::new().chain_update(self.0).chain_update([round]);
        let hash: [u8; 32] = hash.chain_update(half.to_be_bytes()).finalize().into();
        u32::from_be_bytes([hash[0], hash[1], hash[2], hash[3]])
    }
}

fn halves(of: u64) -> (u32, u32) {
    let [a, b, c, d, e, f, g, h] = of.to_be_bytes();
    (
        u32::from_be_bytes([a, b, c, d]),
        u32::from_be_bytes([e, f, g, h]),
    )
}

fn whole(left: u32, right: u32) -> u64 {
    u64::from(left) << 32 | u64::from(right)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_name_leads_back_to_its_place(place: u64) {
            let names = Names::new();
            prop_assert_eq!(names.place(&names.of(place)), Some(place));
        }
    }

    #[test]
    fn names_of_neighbours_have_nothing_in_common() {
        let names = Names::new();
        let name = |place| u64::from_str_radix(&names.of(place), 16).unwrap();
        // Of 64 bits about 32 differ, and fewer than 8 never.
        let differ = (0..100).map(|place| (name(place) ^ name(place + 1)).count_ones());
        assert!(differ.min().unwrap() >= 8);
        assert_eq!(names.place("x"), None);
    }
}
