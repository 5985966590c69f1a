//! Which way a check turned: whether what passed before might fail now, or the other way round. Only
//! what can be told for sure is; everything else is a different check.

use std::collections::BTreeSet;

use serde_json::Value;

/// What the change of a value does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    /// Less passes.
    Stricter,
    /// More passes.
    Looser,
    /// Something else does.
    Other,
}

/// One value that differs.
#[derive(Debug)]
pub(super) struct Difference {
    /// The keys that lead to it.
    pub(super) path: String,
    pub(super) old: Value,
    pub(super) new: Value,
    pub(super) turn: Turn,
}

impl Turn {
    fn reversed(self) -> Self {
        match self {
            Self::Stricter => Self::Looser,
            Self::Looser => Self::Stricter,
            Self::Other => Self::Other,
        }
    }

    /// What became less, and what more, where less is stricter.
    fn of_less(is_less: bool, is_more: bool) -> Self {
        match (is_less, is_more) {
            (true, false) => Self::Stricter,
            (false, true) => Self::Looser,
            _ => Self::Other,
        }
    }
}

/// What differs between two checks.
pub(super) fn compare(old: &Value, new: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    walk(&mut Vec::new(), old, new, &mut found);
    for one in &mut found {
        let negations = one.path.split('.').filter(|key| *key == "not").count();
        if negations % 2 == 1 {
            one.turn = one.turn.reversed();
        }
    }
    found
}

fn walk(path: &mut Vec<String>, old: &Value, new: &Value, found: &mut Vec<Difference>) {
    if old == new {
        return;
    }
    let turn = judge(path.last().map_or("", String::as_str), old, new);
    match (old, new) {
        (Value::Object(before), Value::Object(after)) => {
            let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            for key in keys {
                path.push(key.clone());
                walk(path, &old[key], &new[key], found);
                path.pop();
            }
        }
        (Value::Array(before), Value::Array(after))
            if turn == Turn::Other && before.len() == after.len() =>
        {
            for (old, new) in before.iter().zip(after) {
                walk(path, old, new, found);
            }
        }
        _ => found.push(Difference {
            path: path.join("."),
            old: old.clone(),
            new: new.clone(),
            turn,
        }),
    }
}

/// Which way a value of this key turned.
fn judge(key: &str, old: &Value, new: &Value) -> Turn {
    match (old, new) {
        // One more thing that must hold, or one less.
        (Value::Null, _) if is_comparator(key) => return Turn::Stricter,
        (_, Value::Null) if is_comparator(key) => return Turn::Looser,
        _ => {}
    }
    let (less, more) = match key {
        "at_most" => order(number(old), number(new)),
        "at_least" | "count" => order(number(new), number(old)),
        "mode_at_most" => (
            is_within(&bits(new), &bits(old)),
            is_within(&bits(old), &bits(new)),
        ),
        "between" => (is_between(new, old), is_between(old, new)),
        "one_of" | "only" | "any" => (
            is_within(&items(new), &items(old)),
            is_within(&items(old), &items(new)),
        ),
        "with" | "without" | "all" => (
            is_within(&items(old), &items(new)),
            is_within(&items(new), &items(old)),
        ),
        _ => (false, false),
    };
    Turn::of_less(less, more)
}

fn is_comparator(key: &str) -> bool {
    const KEYS: [&str; 11] = [
        "is",
        "is_not",
        "at_least",
        "at_most",
        "between",
        "one_of",
        "matches",
        "only",
        "with",
        "without",
        "mode_at_most",
    ];
    KEYS.contains(&key)
}

/// Whether the first is below the second, and whether it is above.
fn order(first: Option<i64>, second: Option<i64>) -> (bool, bool) {
    match (first, second) {
        (Some(first), Some(second)) => (second < first, second > first),
        _ => (false, false),
    }
}

fn number(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => number.as_i64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// The bits of a mode, as a list.
fn bits(value: &Value) -> Vec<String> {
    let text = value.as_str().unwrap_or_default();
    let mode = u32::from_str_radix(text, 8).unwrap_or_default();
    let bits = (0..12).filter(|bit| mode >> bit & 1 == 1);
    bits.map(|bit| bit.to_string()).collect()
}

/// Items of a list as texts, so that they can be compared.
fn items(value: &Value) -> Vec<String> {
    let items = value.as_array().into_iter().flatten();
    items.map(Value::to_string).collect()
}

fn is_within(part: &[String], whole: &[String]) -> bool {
    part.iter().all(|one| whole.contains(one))
}

fn is_between(inner: &Value, outer: &Value) -> bool {
    let ends = |value: &Value| Some((number(&value[0])?, number(&value[1])?));
    match (ends(inner), ends(outer)) {
        (Some((low, high)), Some((lowest, highest))) => lowest <= low && high <= highest,
        _ => false,
    }
}
