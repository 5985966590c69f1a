//! A fact is `(kind, key) -> value`: one row of what a host is.
//!
//! A value is a JSON object in canonical form: keys sorted, no white space, integers only, no
//! U+0000 (which Postgres' `jsonb` cannot hold). Both sides hash the same bytes, and the
//! collector's `jsonb` gives the same bytes back. Kinds are names, not an enumeration: a collector
//! stores the kinds of an agent that is newer than itself.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::hex;

/// Longest kind, bytes.
pub const MAX_KIND: usize = 32;
/// Longest key, bytes. Paths of mounts and certificates are the longest keys; `PATH_MAX` is 4096,
/// but Postgres' B-tree index cannot hold more than 2704 bytes in one entry.
pub const MAX_KEY: usize = 2048;
/// Longest value, bytes of canonical JSON.
pub const MAX_VALUE: usize = 64 * 1024;

/// One row of what a host is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fact {
    /// What sort of thing it is: `package`, `user`, `mount`. See [`check_kind`].
    pub kind: &'static str,
    /// Which one: unique among the facts of its kind on one host.
    pub key: String,
    /// What is known of it: canonical JSON, always an object.
    pub value: String,
}

impl Fact {
    /// The fact `(kind, key) -> value`, with the value brought to canonical form.
    ///
    /// # Errors
    /// [`FactError`] when key or value are too long, or the value is not an object of strings,
    /// integers, booleans, nulls, arrays and objects.
    pub fn new(
        kind: &'static str,
        key: impl Into<String>,
        value: &impl Serialize,
    ) -> Result<Self, FactError> {
        let key = key.into().replace('\0', "\u{fffd}");
        check_key(&key)?;
        let value = canonical(value)?;
        Ok(Self { kind, key, value })
    }
}

/// SHA-256 over kind, key and canonical value: what makes a row this row.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RowHash(pub [u8; 32]);

impl RowHash {
    /// The hash of one row. Lengths are hashed before the texts, so that no two rows run together.
    pub fn of(kind: &str, key: &str, value: &str) -> Self {
        let mut hash = Sha256::new();
        for text in [kind, key, value] {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text.as_bytes());
        }
        Self(hash.finalize().into())
    }
}

impl fmt::Debug for RowHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        hex::write(&self.0, f)
    }
}

/// Why something is not a fact.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FactError {
    #[error("kind {0:?} is not 1 to {MAX_KIND} of a-z, 0-9 and _")]
    Kind(String),
    #[error("key of {0} bytes is empty or longer than {MAX_KEY}")]
    KeyLength(usize),
    #[error("value of {0} bytes is longer than {MAX_VALUE}")]
    ValueLength(usize),
    #[error("value is not a JSON object")]
    NotAnObject,
    #[error("value holds a number that is not an integer")]
    NotAnInteger,
    #[error("value is not in canonical form")]
    NotCanonical,
    #[error("value cannot be written as JSON: {0}")]
    Json(String),
}

/// Refuses a kind that is not 1 to [`MAX_KIND`] of `a-z`, `0-9`, `_`.
///
/// # Errors
/// [`FactError::Kind`].
pub fn check_kind(kind: &str) -> Result<(), FactError> {
    let fits = (1..=MAX_KIND).contains(&kind.len())
        && kind
            .bytes()
            .all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'));
    if fits {
        Ok(())
    } else {
        Err(FactError::Kind(kind.chars().take(MAX_KIND).collect()))
    }
}

/// Refuses an empty key and one longer than [`MAX_KEY`].
///
/// # Errors
/// [`FactError::KeyLength`].
pub fn check_key(key: &str) -> Result<(), FactError> {
    let fits = (1..=MAX_KEY).contains(&key.len()) && !key.contains('\0');
    if fits {
        Ok(())
    } else {
        Err(FactError::KeyLength(key.len()))
    }
}

/// `value` as canonical JSON.
///
/// # Errors
/// [`FactError`] as for [`Fact::new`].
pub fn canonical(value: &impl Serialize) -> Result<String, FactError> {
    let mut value = serde_json::to_value(value).map_err(|e| FactError::Json(e.to_string()))?;
    if !value.is_object() {
        return Err(FactError::NotAnObject);
    }
    clean(&mut value)?;
    let mut text = value.to_string();
    // It has grown by doubling, and a kind can have a hundred thousand of them.
    text.shrink_to_fit();
    if text.len() > MAX_VALUE {
        Err(FactError::ValueLength(text.len()))
    } else {
        Ok(text)
    }
}

/// Parses a value that the other side claims to be canonical.
///
/// # Errors
/// [`FactError`] when it is not, to the byte.
pub fn parse_canonical(text: &str) -> Result<Value, FactError> {
    if text.len() > MAX_VALUE {
        return Err(FactError::ValueLength(text.len()));
    }
    let value: Value = serde_json::from_str(text).map_err(|e| FactError::Json(e.to_string()))?;
    if canonical(&value)? == text {
        Ok(value)
    } else {
        Err(FactError::NotCanonical)
    }
}

/// Replaces U+0000 and refuses fractions. `serde_json` sorts the keys by itself, because its map
/// is a `BTreeMap` unless somebody switches `preserve_order` on; a test below holds it to that.
fn clean(value: &mut Value) -> Result<(), FactError> {
    match value {
        Value::Number(number) if number.is_f64() => Err(FactError::NotAnInteger),
        Value::String(text) => {
            if text.contains('\0') {
                *text = text.replace('\0', "\u{fffd}");
            }
            Ok(())
        }
        Value::Array(items) => items.iter_mut().try_for_each(clean),
        Value::Object(fields) => {
            if fields.keys().any(|key| key.contains('\0')) {
                return Err(FactError::NotCanonical);
            }
            fields.values_mut().try_for_each(clean)
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_are_sorted_and_white_space_is_gone() {
        let value = json!({"b": 1, "a": {"d": [1, 2], "c": null}});
        assert_eq!(
            canonical(&value).unwrap(),
            r#"{"a":{"c":null,"d":[1,2]},"b":1}"#
        );
    }

    #[test]
    fn what_jsonb_cannot_hold_is_replaced_or_refused() {
        assert_eq!(
            canonical(&json!({"a": "x\0y"})).unwrap(),
            "{\"a\":\"x\u{fffd}y\"}"
        );
        assert_eq!(canonical(&json!({"a": 0.5})), Err(FactError::NotAnInteger));
        assert_eq!(canonical(&json!([1])), Err(FactError::NotAnObject));
    }

    #[test]
    fn a_value_that_is_not_canonical_is_refused() {
        for text in [
            r#"{"b":1,"a":2}"#,
            r#"{ "a":1}"#,
            r#"{"a":1.0}"#,
            r#"{"a":1,"a":1}"#,
            "1",
        ] {
            assert!(parse_canonical(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rows_do_not_run_together() {
        assert_ne!(RowHash::of("ab", "c", "{}"), RowHash::of("a", "bc", "{}"));
    }

    #[test]
    fn kinds_are_plain_words() {
        assert!(check_kind("ssh_key").is_ok());
        for kind in ["", "Package", "a b", "a-b", &"x".repeat(33), "é"] {
            assert!(check_kind(kind).is_err(), "{kind}");
        }
    }

    proptest! {
        #[test]
        fn canonical_text_parses_to_itself(texts: std::collections::BTreeMap<String, String>) {
            let texts: std::collections::BTreeMap<_, _> =
                texts.into_iter().map(|(k, v)| (k.replace('\0', ""), v)).collect();
            let text = canonical(&texts).unwrap();
            let value = parse_canonical(&text).unwrap();
            prop_assert_eq!(canonical(&value).unwrap(), text);
        }
    }
}
