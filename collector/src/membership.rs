//! Expressions that say which hosts belong to a group. Pure: what is known of a host goes in, and whether
//! it belongs comes out.
//!
//! Names in an expression are `labels`, a map (`"web" in labels`, `labels.role == "db"`), `hostname`, and
//! the kinds of facts, as in rules: a kind is a list of rows, each with its key as `key`, but for `os` and
//! `hardware`, which are one row each.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use shared::{
    cel::{CelError, Expression, Value},
    rule::check::{KINDS, SINGLE},
};

/// What an administrator has said of the host, and not the host.
const LABELS: &str = "labels";
/// The name that lists show.
const HOSTNAME: &str = "hostname";
/// Steps that an expression may take for one host: some milliseconds, and a thousand packages looked
/// through some times.
const STEPS: u32 = 100_000;
/// Longest reason that is kept, bytes.
const MAX_ERROR: usize = 300;

/// What is known of a host.
#[derive(Debug, Clone, Default)]
pub struct Known {
    pub hostname: String,
    /// An object of texts.
    pub labels: Json,
    /// Rows by kind, each its key and its value. Of a kind that is not here nothing is known.
    pub facts: Facts,
}

/// Rows of kinds, each its key and its value.
pub type Facts = BTreeMap<String, Vec<(String, Json)>>;

/// An expression that can say of a host whether it belongs.
#[derive(Debug, Clone)]
pub struct Condition(Expression);

impl Condition {
    /// Reads an expression.
    ///
    /// # Errors
    /// What is wrong with it, where, and what would be right.
    pub fn read(text: &str) -> Result<Self, CelError> {
        let known = [&[LABELS, HOSTNAME], &KINDS[..]].concat();
        let read = Expression::parse(text, &known)?;
        if read.may_be_bool() {
            return Ok(Self(read));
        }
        let what = "true or false is wanted: compare the value with one".into();
        let (line, column) = (1, 1);
        Err(CelError { what, line, column })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        self.0.text()
    }

    /// The kinds of facts that it names, sorted.
    pub fn kinds(&self) -> Vec<String> {
        let names = self.0.names().into_iter();
        names
            .filter(|name| KINDS.contains(name))
            .map(str::to_owned)
            .collect()
    }

    /// Whether the host belongs.
    ///
    /// # Errors
    /// Why it comes to nothing; then the host does not.
    pub fn holds(&self, host: &Known) -> Result<bool, String> {
        let names = |name: &str| match name {
            LABELS => Ok(Value::from(&host.labels)),
            HOSTNAME => Ok(Value::Text(host.hostname.as_str().into())),
            kind => rows(kind, &host.facts),
        };
        match self.0.evaluate(&names, STEPS) {
            Ok(Value::Bool(belongs)) => Ok(belongs),
            Ok(other) => Err(format!(
                "it gives a {}, and neither true nor false",
                other.sort()
            )),
            Err(error) => Err(cut(error.to_string())),
        }
    }
}

fn rows<'v>(kind: &str, facts: &'v Facts) -> Result<Value<'v>, String> {
    let rows = facts.get(kind).map(|rows| rows.iter());
    let mut rows = rows.ok_or_else(|| format!("nothing is known of `{kind}` yet"))?;
    let value = |(key, value): &'v (String, Json)| Value::row(key, value);
    if !SINGLE.contains(&kind) {
        return Ok(Value::list(rows.map(value)));
    }
    let single = rows.find(|(key, _)| key == kind).map(value);
    single.ok_or_else(|| format!("nothing is known of `{kind}`"))
}

fn cut(mut text: String) -> String {
    if text.len() > MAX_ERROR {
        text.truncate(text.floor_char_boundary(MAX_ERROR));
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn host() -> Known {
        let os = json!({"id": "debian", "version": "12"});
        let disk = json!({"size_bytes": 1});
        let packages = ["bash", "nginx"].map(|name| (name.into(), json!({"version": "1"})));
        Known {
            hostname: "web1.example".into(),
            labels: json!({"role": "web", "eu": ""}),
            facts: BTreeMap::from([
                ("os".into(), vec![("os".into(), os)]),
                ("hardware".into(), vec![("disk/sda".into(), disk)]),
                ("package".into(), packages.into()),
            ]),
        }
    }

    fn came(text: &str) -> Result<bool, String> {
        Condition::read(text)
            .map_err(|error| error.to_string())?
            .holds(&host())
    }

    #[test]
    fn an_expression_asks_labels_name_and_facts() {
        for (text, belongs) in [
            (r#"os.id == "debian" && "eu" in labels"#, true),
            (r#"labels.role == "web""#, true),
            (r#"labels["role"] in ["db", "cache"]"#, false),
            (r#"has(labels.rack) && labels.rack == "7""#, false),
            (
                r#"hostname.startsWith("web") && hostname.matches("^web[0-9]+[.]")"#,
                true,
            ),
            (
                r#"package.exists(p, p.key == "nginx" && p.version == "1")"#,
                true,
            ),
            (r#"package.all(p, p.key != "telnet")"#, true),
            ("false", false),
        ] {
            assert_eq!(came(text), Ok(belongs), "{text}");
        }
    }

    #[test]
    fn what_comes_to_nothing_says_why_and_what_else_decides_decides() {
        for (text, said) in [
            (r#"labels.rack == "7""#, "there is no field `rack`"),
            (
                "user.exists(u, u.uid == 0)",
                "nothing is known of `user` yet",
            ),
            (
                "hardware.logical_cores > 4",
                "nothing is known of `hardware`",
            ),
            ("labels.role", "it gives a string"),
            ("os.version > 11", "line 1, column"),
        ] {
            let error = came(text).expect_err(text);
            assert!(error.contains(said), "{text}: {error}");
        }
        assert_eq!(came(r#"os.id == "debian" || user.size() > 0"#), Ok(true));
        let endless = (0..20).fold("true".to_owned(), |inner, n| {
            format!("package.all(v{n}, {inner})")
        });
        let error = came(&endless).unwrap_err();
        assert!(error.contains("more steps than it may"), "{error}");
    }

    #[test]
    fn one_that_cannot_be_read_is_refused_with_its_place() {
        for (text, said) in [
            ("", "line 1"),
            ("os.id ==", "line 1"),
            ("true &&\n  tape.id == 1", "line 2, column 3"),
            ("1 + 1", "true or false is wanted"),
            ("system(\"id\")", "line 1"),
        ] {
            let error = Condition::read(text).expect_err(text).to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }

    #[test]
    fn it_names_the_kinds_that_it_reads() {
        let text = r#"os.id == "a" || user.exists(u, u.key == hostname) || "x" in labels"#;
        assert_eq!(Condition::read(text).unwrap().kinds(), ["os", "user"]);
    }
}
