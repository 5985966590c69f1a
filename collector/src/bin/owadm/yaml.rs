//! Writes YAML as a person would: short maps and lists on one line, long texts folded.

use std::fmt::Write as _;

use serde_json::{Number, Value};

/// A line is not made longer than this, where it can be helped.
const WIDTH: usize = 100;

/// What a file holds, in the order in which it is written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Yaml {
    Nothing,
    Text(String),
    Number(Number),
    Flag(bool),
    List(Vec<Yaml>),
    Map(Vec<(String, Yaml)>),
    /// A map that has a line for each key, however short it is: so that what differs can be seen.
    Open(Vec<(String, Yaml)>),
}

impl From<&str> for Yaml {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<&[String]> for Yaml {
    fn from(list: &[String]) -> Self {
        Self::List(list.iter().map(|text| text.as_str().into()).collect())
    }
}

impl From<Value> for Yaml {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Nothing,
            Value::Bool(flag) => Self::Flag(flag),
            Value::Number(number) => Self::Number(number),
            Value::String(text) => Self::Text(text),
            Value::Array(list) => Self::List(list.into_iter().map(Self::from).collect()),
            Value::Object(map) => Self::Map(map.into_iter().map(|(k, v)| (k, v.into())).collect()),
        }
    }
}

/// A map of these.
pub(crate) fn map<const N: usize>(entries: [(&str, Yaml); N]) -> Yaml {
    Yaml::Map(entries.map(|(key, value)| (key.to_owned(), value)).into())
}

/// The text of a file: one key after another.
pub(crate) fn file(entries: &[(String, Yaml)]) -> String {
    let mut out = String::new();
    block(entries, 0, &mut out);
    out
}

/// The text of a file that may be anything.
pub(crate) fn document(value: &Yaml) -> String {
    let mut out = String::new();
    match value {
        Yaml::Map(entries) | Yaml::Open(entries) if !entries.is_empty() => {
            block(entries, 0, &mut out);
        }
        Yaml::List(items) if !items.is_empty() => {
            items.iter().for_each(|item| list_item(item, 0, &mut out));
        }
        other => {
            out.push_str("---");
            below(other, 0, 3, &mut out);
        }
    }
    out
}

fn block(entries: &[(String, Yaml)], indent: usize, out: &mut String) {
    for (key, value) in entries {
        let _ = write!(out, "{:indent$}{}:", "", scalar(key, false));
        let taken = indent + key.len() + 1;
        below(value, indent, taken, out);
    }
}

/// What stands after `key:` or `-`, of which `taken` columns are used.
fn below(value: &Yaml, indent: usize, taken: usize, out: &mut String) {
    if let Some(line) = line(value).filter(|line| taken + line.len() < WIDTH) {
        let _ = writeln!(out, " {line}");
        return;
    }
    match value {
        Yaml::Text(text) if can_stand(text) => {
            // All its line ends, one or none.
            let ends = match text.strip_suffix('\n') {
                Some(rest) if rest.ends_with('\n') => "+",
                Some(_) => "",
                None => "-",
            };
            let _ = writeln!(out, " |{ends}");
            for line in text.lines() {
                let _ = writeln!(
                    out,
                    "{}",
                    format!("{:i$}{line}", "", i = indent + 2).trim_end()
                );
            }
        }
        Yaml::Text(text) if plain(text, false) && !text.contains("  ") => {
            let _ = write!(out, " >-");
            let mut column = WIDTH;
            for word in text.split(' ') {
                if column + word.len() + 1 > WIDTH {
                    let _ = write!(out, "\n{:i$}{word}", "", i = indent + 2);
                    column = indent + 2 + word.len();
                } else {
                    let _ = write!(out, " {word}");
                    column += word.len() + 1;
                }
            }
            out.push('\n');
        }
        Yaml::List(items) if !items.is_empty() => {
            out.push('\n');
            for item in items {
                list_item(item, indent + 2, out);
            }
        }
        Yaml::Map(entries) | Yaml::Open(entries) if !entries.is_empty() => {
            out.push('\n');
            block(entries, indent + 2, out);
        }
        other => {
            let _ = writeln!(out, " {}", line(other).unwrap_or_default());
        }
    }
}

fn list_item(item: &Yaml, indent: usize, out: &mut String) {
    let short = line(item).filter(|line| indent + line.len() + 2 < WIDTH);
    match (item, short) {
        (_, Some(line)) => {
            let _ = writeln!(out, "{:indent$}- {line}", "");
        }
        (Yaml::Map(entries) | Yaml::Open(entries), None) if !entries.is_empty() => {
            let mut inner = String::new();
            block(entries, indent + 2, &mut inner);
            // The first key stands beside the hyphen.
            let _ = write!(out, "{:indent$}- {}", "", inner.trim_start());
        }
        (other, None) => {
            let _ = write!(out, "{:indent$}-", "");
            below(other, indent, indent + 1, out);
        }
    }
}

/// On one line, where it can stand on one.
fn line(value: &Yaml) -> Option<String> {
    Some(match value {
        Yaml::Nothing => "null".into(),
        Yaml::Text(text) if is_block(text) => return None,
        Yaml::Text(text) => scalar(text, false),
        Yaml::Number(number) => number.to_string(),
        Yaml::Flag(flag) => flag.to_string(),
        Yaml::List(items) => format!("[{}]", flow(items.iter())?.join(", ")),
        Yaml::Open(entries) if !entries.is_empty() => return None,
        Yaml::Map(entries) | Yaml::Open(entries) => {
            let values = flow(entries.iter().map(|(_, value)| value))?;
            let pairs = entries.iter().zip(values);
            let pairs: Vec<_> = pairs
                .map(|((key, _), value)| format!("{}: {value}", scalar(key, true)))
                .collect();
            format!("{{{}}}", pairs.join(", "))
        }
    })
}

fn flow<'a>(values: impl Iterator<Item = &'a Yaml>) -> Option<Vec<String>> {
    let one = |value: &Yaml| match value {
        Yaml::Text(text) if !is_block(text) => Some(scalar(text, true)),
        other => line(other),
    };
    values.map(one).collect()
}

fn scalar(text: &str, in_flow: bool) -> String {
    if plain(text, in_flow) {
        text.to_owned()
    } else if !text.contains('\'') && text.contains(['\\', '"']) && text.chars().all(is_plain_sight)
    {
        format!("'{text}'")
    } else {
        quoted(text)
    }
}

/// In quotes, with an escape for whatever is not to be seen: no text may steer a terminal.
fn quoted(text: &str) -> String {
    let mut out = String::new();
    for c in Value::from(text).to_string().chars() {
        if is_plain_sight(c) {
            out.push(c);
        } else {
            let _ = write!(out, "\\u{:04x}", u32::from(c));
        }
    }
    out
}

/// Whether a character is seen as what it is.
fn is_plain_sight(c: char) -> bool {
    !c.is_control()
        && !matches!(
            c,
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
        )
}

/// Whether a text is one of several lines, and stands as it is.
fn is_block(text: &str) -> bool {
    text.trim_end_matches('\n').contains('\n') && can_stand(text)
}

/// Whether a text of lines can stand as it is.
fn can_stand(text: &str) -> bool {
    text.contains('\n')
        && !text.starts_with(char::is_whitespace)
        && text.lines().all(|line| !line.ends_with(' '))
        && text.chars().all(|c| c == '\n' || is_plain_sight(c))
}

/// Whether a text means itself without quotes, to every reader of YAML.
fn plain(text: &str, in_flow: bool) -> bool {
    let words = ["yes", "no", "on", "off", "true", "false", "null", "y", "n"];
    let begins = |c: char| c.is_ascii_alphabetic() || c == '/' || c == '$';
    let within = |c: char| {
        c.is_ascii_alphanumeric() || "_./-+$ *@=".contains(c) || !in_flow && ",;'()".contains(c)
    };
    text.starts_with(begins)
        && text.chars().all(within)
        && !text.ends_with(' ')
        && !words.contains(&text.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts() -> impl Strategy<Value = String> {
        prop_oneof![
            "[ -~]{0,12}",
            "[a-z :#'\"\\\\\n\t-]{0,24}",
            "\\PC{0,8}",
            any::<String>(),
            "[a-z]{1,9}( [a-z]{0,9}){9,20}",
        ]
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            (-1e9..1e9).prop_map(|number: f64| Value::from(number)),
            texts().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            let pair = (texts(), inner.clone());
            prop_oneof![
                proptest::collection::vec(inner, 0..5).prop_map(Value::from),
                proptest::collection::vec(pair, 0..5)
                    .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_as_it_was(value in values()) {
            let written = document(&value.clone().into());
            let read: Result<Value, _> = shared::yaml::from_str(&written);
            prop_assert_eq!(read.as_ref(), Ok(&value), "{}", written);
            prop_assert!(written.chars().all(|c| c == '\n' || is_plain_sight(c)), "{}", written);
        }
    }

    #[test]
    fn an_empty_list_stays_one_behind_a_name_as_long_as_a_line() {
        let value = serde_json::json!({"a ".repeat(60).trim_end(): [], "b": {}});
        let written = document(&value.clone().into());
        assert_eq!(shared::yaml::from_str(&written), Ok(value), "{written}");
    }

    #[test]
    fn what_is_written_is_read_as_it_was() {
        let long = "word ".repeat(40).trim_end().to_owned();
        let texts = [
            "no",
            "yes",
            "0640",
            "-1",
            "",
            "a: b",
            "# c",
            "a\nb\n",
            "\t",
            "\\m 'x' \"y\"",
            "x\\n\"",
            "|/bin/false",
            "[a",
            "{b",
            "*",
            "one\n\n  two\n",
            "key = value # not\n",
            "~",
            "1.5",
            "Title, with (all) of it; isn't it",
            &long,
            "[Time]\nNTP=a\n",
            "two\nends\n\n",
            "no\nend",
        ];
        for text in texts {
            let nested = map([("it", text.into()), ("other", Yaml::Number(1.into()))]);
            let whole = [
                ("text".to_owned(), text.into()),
                (
                    "list".to_owned(),
                    Yaml::List(vec![text.into(), nested.clone()]),
                ),
                ("map".to_owned(), nested),
            ];
            let written = file(&whole);
            let read: serde_json::Value = shared::yaml::from_str(&written).unwrap();
            assert_eq!(read["text"], text, "{written}");
            assert_eq!(read["list"][0], text, "{written}");
            assert_eq!(read["list"][1]["it"], text, "{written}");
            assert_eq!(read["map"]["it"], text, "{written}");
        }
    }
}
