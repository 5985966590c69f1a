//! What changed between two sorted lists of rows. Pure: a merge of two iterators, so that neither
//! list has to fit in memory twice. What was seen is borrowed: the first look at a kind is a change
//! of each of its rows.

use std::{borrow::Cow, cmp::Ordering};

/// One row that appeared, changed or went away. At least one side is there, and they differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change<'a> {
    pub key: Cow<'a, str>,
    /// The value until now; `None` when the row is new.
    pub before: Option<String>,
    /// The value from now on; `None` when the row is gone.
    pub after: Option<&'a str>,
}

/// The changes that turn `stored` into `seen`. Both are `(key, value)`, sorted by key, each key
/// once.
///
/// # Errors
/// The first error of `stored`.
pub fn changes<'a, E>(
    stored: impl Iterator<Item = Result<(String, String), E>>,
    seen: impl Iterator<Item = (&'a str, &'a str)>,
) -> Result<Vec<Change<'a>>, E> {
    let mut changes = Vec::new();
    let mut seen = seen.peekable();
    for row in stored {
        let (key, before) = row?;
        while let Some((new, value)) = seen.next_if(|(new, _)| *new < key.as_str()) {
            changes.push(appeared(new, value));
        }
        let after = seen
            .next_if(|(same, _)| same.cmp(&key.as_str()) == Ordering::Equal)
            .map(|(_, value)| value);
        if after != Some(before.as_str()) {
            changes.push(Change {
                key: key.into(),
                before: Some(before),
                after,
            });
        }
    }
    changes.extend(seen.map(|(key, value)| appeared(key, value)));
    Ok(changes)
}

fn appeared<'a>(key: &'a str, value: &'a str) -> Change<'a> {
    Change {
        key: key.into(),
        before: None,
        after: Some(value),
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, convert::Infallible};

    use proptest::prelude::*;

    use super::*;

    type Rows = BTreeMap<String, String>;

    fn between<'a>(stored: &Rows, seen: &'a Rows) -> Vec<Change<'a>> {
        let stored = stored
            .iter()
            .map(|(k, v)| Ok::<_, Infallible>((k.clone(), v.clone())));
        let seen = seen.iter().map(|(k, v)| (k.as_str(), v.as_str()));
        changes(stored, seen).unwrap()
    }

    fn rows(rows: &[(&str, &str)]) -> Rows {
        rows.iter()
            .map(|(k, v)| (k.to_string(), v.to_string()))
            .collect()
    }

    #[test]
    fn each_sort_of_change_is_named_once() {
        let stored = rows(&[("gone", "1"), ("kept", "2"), ("other", "3")]);
        let seen = rows(&[
            ("a_new", "0"),
            ("kept", "2"),
            ("other", "4"),
            ("z_new", "5"),
        ]);
        let found = between(&stored, &seen);
        let short: Vec<_> = found
            .iter()
            .map(|c| (&*c.key, c.before.as_deref(), c.after))
            .collect();
        assert_eq!(
            short,
            [
                ("a_new", None, Some("0")),
                ("gone", Some("1"), None),
                ("other", Some("3"), Some("4")),
                ("z_new", None, Some("5")),
            ]
        );
    }

    #[test]
    fn an_error_of_the_store_ends_the_comparison() {
        let stored = [Ok(("a".to_owned(), "1".to_owned())), Err("disk")];
        assert_eq!(changes(stored.into_iter(), std::iter::empty()), Err("disk"));
    }

    proptest! {
        #[test]
        fn the_changes_applied_to_the_stored_rows_give_the_seen_ones(
            stored in proptest::collection::btree_map("[a-d]{1,2}", "[xy]", 0..8),
            seen in proptest::collection::btree_map("[a-d]{1,2}", "[xy]", 0..8),
        ) {
            let found = between(&stored, &seen);
            let mut applied = stored.clone();
            for change in found {
                prop_assert_ne!(change.before.as_deref(), change.after);
                prop_assert_eq!(applied.get(&*change.key), change.before.as_ref());
                match change.after {
                    Some(value) => applied.insert(change.key.into(), value.into()),
                    None => applied.remove(&*change.key),
                };
            }
            prop_assert_eq!(applied, seen);
        }
    }
}
