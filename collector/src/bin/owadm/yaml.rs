//! Writes YAML as a person would: short maps and lists on one line, long texts folded.

use std::fmt::Write as _;

/// A line is not made longer than this, where it can be helped.
const WIDTH: usize = 100;

/// What a file holds, in the order in which it is written.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::content) enum Yaml {
    Text(String),
    Number(i64),
    Flag(bool),
    List(Vec<Yaml>),
    Map(Vec<(String, Yaml)>),
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

impl From<serde_json::Value> for Yaml {
    /// Of a table's free parts. What YAML has and this has not, nothing writes.
    fn from(value: serde_json::Value) -> Self {
        use serde_json::Value;
        match value {
            Value::Null => Self::Text(String::new()),
            Value::Bool(flag) => Self::Flag(flag),
            Value::Number(number) => Self::Number(number.as_i64().unwrap_or_default()),
            Value::String(text) => Self::Text(text),
            Value::Array(list) => Self::List(list.into_iter().map(Self::from).collect()),
            Value::Object(map) => Self::Map(map.into_iter().map(|(k, v)| (k, v.into())).collect()),
        }
    }
}

/// A map of these.
pub(in crate::content) fn map<const N: usize>(entries: [(&str, Yaml); N]) -> Yaml {
    Yaml::Map(entries.map(|(key, value)| (key.to_owned(), value)).into())
}

/// The text of a file: one key after another.
pub(in crate::content) fn file(entries: &[(String, Yaml)]) -> String {
    let mut out = String::new();
    block(entries, 0, &mut out);
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
        Yaml::Text(text) if text.contains('\n') => {
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
        Yaml::Text(text) if plain(text, false) => {
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
        Yaml::List(items) => {
            out.push('\n');
            for item in items {
                list_item(item, indent + 2, out);
            }
        }
        Yaml::Map(entries) => {
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
        (Yaml::Map(entries), None) => {
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
        Yaml::Text(text) if text.trim_end_matches('\n').contains('\n') => return None,
        Yaml::Text(text) => scalar(text, false),
        Yaml::Number(number) => number.to_string(),
        Yaml::Flag(flag) => flag.to_string(),
        Yaml::List(items) => format!("[{}]", flow(items.iter())?.join(", ")),
        Yaml::Map(entries) => {
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
        Yaml::Text(text) if !text.trim_end_matches('\n').contains('\n') => Some(scalar(text, true)),
        other => line(other),
    };
    values.map(one).collect()
}

fn scalar(text: &str, in_flow: bool) -> String {
    if plain(text, in_flow) {
        text.to_owned()
    } else if !text.contains(['\'', '\n', '\t']) && text.contains(['\\', '"']) {
        format!("'{text}'")
    } else {
        serde_json::Value::from(text).to_string()
    }
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
    use super::*;

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
            let nested = map([("it", text.into()), ("other", Yaml::Number(1))]);
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
