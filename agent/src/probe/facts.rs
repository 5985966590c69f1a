//! The facts of one kind as they are made, within what the agent may hold of it.
//!
//! Kinds have a row for each account, group or rule, and nobody bounds how many of those a host
//! has. A kind that would be larger than this is stale and says so, before it takes the memory.

use serde::Serialize;
use shared::{
    fact::Fact,
    wire::{Stale, StaleReason},
};

/// What the facts of one kind may take, bytes: some forty thousand accounts, a hundred thousand
/// groups. Two kinds are read at a time, each from files of some megabytes, within the agent's
/// ceiling of 64 MiB (`limits.memory_mib`).
pub(super) const MAX_BYTES: usize = 16 << 20;

/// What a fact takes beside its texts: itself, and what the allocator adds to each of two blocks.
const OVERHEAD: usize = size_of::<Fact>() + 32;

/// The facts so far.
#[derive(Debug)]
pub(super) struct Facts {
    kind: &'static str,
    facts: Vec<Fact>,
    bytes: usize,
}

impl Facts {
    pub(super) fn of(kind: &'static str) -> Self {
        Self {
            kind,
            facts: Vec::new(),
            bytes: 0,
        }
    }

    /// Adds the fact `(kind, key) -> value`.
    ///
    /// # Errors
    /// [`StaleReason::TooLarge`] where the kind would take more than it may; as for every fact
    /// where the value is none.
    pub(super) fn push(&mut self, key: &str, value: &impl Serialize) -> Result<(), Stale> {
        let fact = super::fact(self.kind, key, value)?;
        self.bytes += fact.key.len() + fact.value.len() + OVERHEAD;
        if self.bytes > MAX_BYTES {
            return Err(Stale {
                reason: StaleReason::TooLarge,
                detail: format!(
                    "more than {} rows, which is all that fit in the {} MiB a kind may take",
                    self.facts.len(),
                    MAX_BYTES >> 20
                ),
            });
        }
        self.facts.push(fact);
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.facts.is_empty()
    }

    pub(super) fn into_vec(self) -> Vec<Fact> {
        self.facts
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_kind_holds_what_fits_and_then_says_how_much_that_was() {
        let mut facts = Facts::of("user");
        let value = json!({"text": "x".repeat(1 << 15)});
        let refused = (0..).find_map(|n: u32| facts.push(&n.to_string(), &value).err());
        let stale = refused.unwrap();
        assert_eq!(stale.reason, StaleReason::TooLarge);
        let held = facts.into_vec();
        assert!((500..512).contains(&held.len()), "{}", held.len());
        assert!(stale.detail.contains(&format!("{} rows", held.len())));
    }
}
