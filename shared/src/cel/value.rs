//! What an expression works with. What came from outside is borrowed and never copied: the facts of a
//! host are megabytes.

use std::{borrow::Cow, cmp::Ordering, fmt::Write as _, rc::Rc};

use serde_json::Value as Json;

/// A value.
#[derive(Debug, Clone)]
pub enum Value<'v> {
    Null,
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(Cow<'v, str>),
    List(List<'v>),
    Map(Map<'v>),
}

/// Values in a row.
#[derive(Debug, Clone)]
pub enum List<'v> {
    Given(&'v [Json]),
    Made(Rc<[Value<'v>]>),
}

/// Values by keys.
#[derive(Debug, Clone)]
pub enum Map<'v> {
    Given(&'v serde_json::Map<String, Json>),
    /// An object that is known by a key, which is its field `key` unless it has one.
    Row(&'v str, &'v serde_json::Map<String, Json>),
    Made(Rc<[[Value<'v>; 2]]>),
}

/// The field of a row that holds its key.
const KEY: &str = "key";

impl<'v> From<&'v Json> for Value<'v> {
    fn from(json: &'v Json) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(value) => Self::Bool(*value),
            Json::Number(number) => number.as_i64().map_or_else(
                || Self::Double(number.as_f64().unwrap_or(f64::NAN)),
                Self::Int,
            ),
            Json::String(text) => Self::Text(text.into()),
            Json::Array(items) => Self::List(List::Given(items)),
            Json::Object(fields) => Self::Map(Map::Given(fields)),
        }
    }
}

impl<'v> Value<'v> {
    /// What is known by a key.
    pub fn row(key: &'v str, value: &'v Json) -> Self {
        match value {
            Json::Object(fields) => Self::Map(Map::Row(key, fields)),
            other => other.into(),
        }
    }

    /// Several in a row.
    pub fn list(items: impl IntoIterator<Item = Self>) -> Self {
        Self::List(List::Made(items.into_iter().collect()))
    }

    /// The sort of value, as the language calls it.
    pub fn sort(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Double(_) => "double",
            Self::Text(_) => "string",
            Self::List(_) => "list",
            Self::Map(_) => "map",
        }
    }

    /// How it stands to another of its sort: numbers, texts, and true after false.
    pub(super) fn order(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => Some(a.cmp(b)),
            (Self::Double(a), Self::Double(b)) => a.partial_cmp(b),
            (Self::Int(a), Self::Double(b)) => mixed(*a, *b),
            (Self::Double(a), Self::Int(b)) => mixed(*b, *a).map(Ordering::reverse),
            (Self::Text(a), Self::Text(b)) => Some(a.cmp(b)),
            (Self::Bool(a), Self::Bool(b)) => Some(a.cmp(b)),
            _ => None,
        }
    }

    /// What is told of it, cut where it is longer than `max` bytes.
    pub fn shown(&self, max: usize) -> String {
        let mut out = String::new();
        self.show(&mut out, max);
        if out.len() > max {
            out.truncate(out.floor_char_boundary(max));
            out.push('…');
        }
        out
    }

    fn show(&self, out: &mut String, max: usize) {
        if out.len() > max {
            return;
        }
        // To write into memory cannot fail.
        let _ = match self {
            Self::Null => write!(out, "null"),
            Self::Bool(value) => write!(out, "{value}"),
            Self::Int(value) => write!(out, "{value}"),
            Self::Double(value) => write!(out, "{value:?}"),
            Self::Text(text) => {
                let end = text.floor_char_boundary(max.saturating_add(1));
                write!(out, "{}", Json::from(&text[..end]))
            }
            Self::List(list) => {
                out.push('[');
                for n in 0..list.len() {
                    between(n, out);
                    list.get(n).iter().for_each(|item| item.show(out, max));
                    if out.len() > max {
                        return;
                    }
                }
                write!(out, "]")
            }
            Self::Map(map) => {
                out.push('{');
                for (n, key) in map.keys().enumerate() {
                    between(n, out);
                    key.show(out, max);
                    out.push_str(": ");
                    map.get(&key).iter().for_each(|item| item.show(out, max));
                    if out.len() > max {
                        return;
                    }
                }
                write!(out, "}}")
            }
        };
    }
}

fn between(n: usize, out: &mut String) {
    if n > 0 {
        out.push_str(", ");
    }
}

/// An int against a double, neither of which holds all of the other; nothing is like no number.
fn mixed(int: i64, double: f64) -> Option<Ordering> {
    const BEYOND: f64 = 9_223_372_036_854_775_808.0;
    if double.is_nan() {
        return None;
    }
    if double >= BEYOND {
        return Some(Ordering::Less);
    }
    if double < -BEYOND {
        return Some(Ordering::Greater);
    }
    let whole = double.trunc();
    let order = int.cmp(&(whole as i64));
    Some(order.then_with(|| {
        0.0_f64
            .partial_cmp(&(double - whole))
            .unwrap_or(Ordering::Equal)
    }))
}

impl<'v> List<'v> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Given(items) => items.len(),
            Self::Made(items) => items.len(),
        }
    }

    pub(super) fn get(&self, n: usize) -> Option<Value<'v>> {
        match self {
            Self::Given(items) => items.get(n).map(Value::from),
            Self::Made(items) => items.get(n).cloned(),
        }
    }
}

impl<'v> Map<'v> {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Given(fields) => fields.len(),
            Self::Row(_, fields) => fields.len() + usize::from(!fields.contains_key(KEY)),
            Self::Made(entries) => entries.len(),
        }
    }

    /// The value of a field.
    pub(super) fn field(&self, name: &str) -> Option<Value<'v>> {
        match self {
            Self::Given(fields) => fields.get(name).map(Value::from),
            Self::Row(key, fields) => match fields.get(name) {
                None if name == KEY => Some(Value::Text(Cow::Borrowed(key))),
                value => value.map(Value::from),
            },
            Self::Made(entries) => {
                let is =
                    |entry: &&[Value<'v>; 2]| matches!(&entry[0], Value::Text(key) if key == name);
                entries.iter().find(is).map(|[_, value]| value.clone())
            }
        }
    }

    /// The value of a key of any sort.
    pub(super) fn get(&self, key: &Value<'_>) -> Option<Value<'v>> {
        match (self, key) {
            (_, Value::Text(name)) => self.field(name),
            (Self::Made(entries), key) => {
                let is = |entry: &&[Value<'v>; 2]| entry[0].order(key) == Some(Ordering::Equal);
                entries.iter().find(is).map(|[_, value]| value.clone())
            }
            _ => None,
        }
    }

    pub(super) fn keys(&self) -> Box<dyn Iterator<Item = Value<'v>> + '_> {
        match self {
            Self::Given(fields) => Box::new(fields.keys().map(|key| Value::Text(key.into()))),
            Self::Row(key, fields) => {
                let own = (!fields.contains_key(KEY)).then_some((KEY, *key));
                let own = own.map(|(name, _)| Value::Text(name.into()));
                let rest = fields.keys().map(|key| Value::Text(key.into()));
                Box::new(own.into_iter().chain(rest))
            }
            Self::Made(entries) => Box::new(entries.iter().map(|[key, _]| key.clone())),
        }
    }
}
