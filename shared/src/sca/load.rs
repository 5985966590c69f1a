//! Files of policies. A key that is not known is an error, with its line: a misspelt `regex_type`
//! would change what every check means.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

use super::{Check, Condition, Dialect, Edition, Lines, Policy, RegexType, variable::Variables};
use crate::yaml::{self, Spanned};

/// Largest file, bytes: seven times the largest public policy.
const MAX_FILE: u64 = 4 << 20;

/// Most checks; the largest public policy has 400.
const MAX_CHECKS: usize = 5000;

/// What is wrong with a policy as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrong {
    /// Counted from 1.
    pub(super) line: Option<u64>,
    pub(super) what: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    policy: Head,
    requirements: Option<Part>,
    variables: Option<BTreeMap<String, Spanned<String>>>,
    checks: Vec<Spanned<Part>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    id: Spanned<String>,
    name: String,
    regex_type: Option<RegexType>,
    #[serde(rename = "file")]
    _file: Option<IgnoredAny>,
    #[serde(rename = "description")]
    _description: Option<IgnoredAny>,
    #[serde(rename = "references")]
    _references: Option<IgnoredAny>,
}

/// A check, or the requirements, which are one without a number.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    id: Option<u32>,
    /// In edition 4.
    title: Option<String>,
    /// In edition 5.
    name: Option<String>,
    description: Option<String>,
    rationale: Option<String>,
    /// A map, or a list of maps.
    compliance: Option<Value>,
    regex_type: Option<RegexType>,
    condition: Spanned<String>,
    rules: Vec<Spanned<String>>,
    #[serde(rename = "impact")]
    _impact: Option<IgnoredAny>,
    #[serde(rename = "remediation")]
    _remediation: Option<IgnoredAny>,
    #[serde(rename = "references")]
    _references: Option<IgnoredAny>,
    #[serde(rename = "mitre")]
    _mitre: Option<IgnoredAny>,
}

impl Policy {
    /// Loads the policy of a file.
    ///
    /// # Errors
    /// What is wrong with it as a whole, with file and line. A line of a check that cannot be
    /// understood is no such error, but [`super::Lines::broken`].
    pub fn load(path: &Path) -> Result<Self, String> {
        let told = |what: &str| format!("{}: {what}", path.display());
        let length = fs::metadata(path).map(|metadata| (metadata.is_file(), metadata.len()));
        let text = match length {
            Ok((false, _)) => return Err(told("is no file")),
            Ok((_, length)) if length > MAX_FILE => {
                return Err(told(&format!("larger than {MAX_FILE} bytes")));
            }
            Ok(_) => fs::read_to_string(path),
            Err(error) => Err(error),
        };
        let text = text.map_err(|error| told(&format!("cannot be read: {error}")))?;
        Self::parse(&text).map_err(|wrong| match wrong.line {
            Some(line) => format!("{}:{line}: {}", path.display(), wrong.what),
            None => told(&wrong.what),
        })
    }

    /// The policy that a text is; nothing when it is none. For who has no file.
    pub fn read(text: &str) -> Option<Self> {
        Self::parse(text).ok()
    }

    pub(super) fn parse(text: &str) -> Result<Self, Wrong> {
        let file: File = yaml::from_str(text).map_err(|error| Wrong {
            line: error.line,
            what: error.to_string(),
        })?;
        file.policy()
    }

    /// Each line of the policy that could not be understood, as `line 7: check 4, …`.
    pub fn broken(&self) -> Vec<String> {
        let parts = self.requirements.iter().map(|lines| (None, lines));
        let parts = parts.chain(
            self.checks
                .iter()
                .map(|check| (Some(check.id), &check.lines)),
        );
        let told = parts.flat_map(|(id, lines)| {
            lines.broken().map(move |(line, why)| {
                let of = id.map_or("the requirements".into(), |id| format!("check {id}"));
                let at = line.at.map_or(String::new(), |at| format!("{at}: "));
                format!("{at}{of}: `{}`: {why}", line.text)
            })
        });
        told.collect()
    }
}

impl File {
    fn policy(self) -> Result<Policy, Wrong> {
        let whole = |what: &str| Wrong {
            line: None,
            what: what.into(),
        };
        if self.policy.id.value.trim().is_empty() {
            return Err(at(&self.policy.id, "`policy.id` is empty"));
        }
        if self.checks.is_empty() || self.checks.len() > MAX_CHECKS {
            return Err(whole(&format!("`checks`: not one to {MAX_CHECKS}")));
        }
        let mut edition = None;
        for part in &self.checks {
            let this = match (&part.value.title, &part.value.name) {
                (Some(_), None) => Edition::Four,
                (None, Some(_)) => Edition::Five,
                _ => return Err(at(part, "a check has either a `title` or a `name`")),
            };
            if *edition.get_or_insert(this) != this {
                let what = "some checks have a `title`, as in edition 4, and some a `name`, as in edition 5";
                return Err(at(part, what));
            }
        }
        let edition = edition.unwrap_or(Edition::Four);
        let regex = self.policy.regex_type.unwrap_or(edition.regex());
        let variables = variables(self.variables.unwrap_or_default())?;
        let lines = |part: &mut Part| part.lines(Dialect { edition, regex }, &variables);
        let requirements = self
            .requirements
            .map(|mut part| lines(&mut part))
            .transpose()?;
        let mut seen = BTreeSet::new();
        let mut checks = Vec::new();
        for mut part in self.checks {
            let id = match part.value.id {
                Some(id) if id > 0 => id,
                _ => return Err(at(&part, "a check wants an `id` above 0")),
            };
            if !seen.insert(id) {
                return Err(at(&part, &format!("check {id} is there twice")));
            }
            let lines = lines(&mut part.value)?;
            checks.push(part.value.check(id, lines));
        }
        Ok(Policy {
            id: self.policy.id.value,
            name: self.policy.name,
            requirements,
            checks,
        })
    }
}

impl Part {
    fn lines(&mut self, of: Dialect, variables: &Variables) -> Result<Lines, Wrong> {
        let condition = match self.condition.value.as_str() {
            "all" | "all required" => Condition::All,
            "any" | "any required" => Condition::Any,
            "none" => Condition::None,
            other => {
                let what = format!("`condition: {other}`: there are `all`, `any` and `none`");
                return Err(at(&self.condition, &what));
            }
        };
        let regex = self.regex_type.unwrap_or(of.regex);
        let mut put_in = Vec::new();
        for rule in std::mem::take(&mut self.rules) {
            let line = Some(rule.line);
            let text = variables
                .put_in(&rule.value)
                .map_err(|what| at(&rule, &what))?;
            put_in.push((line, text));
        }
        Lines::parse(condition, Dialect { regex, ..of }, put_in)
            .map_err(|what| at(&self.condition, &what))
    }

    fn check(self, id: u32, lines: Lines) -> Check {
        let title = self.title.or(self.name).unwrap_or_default();
        let why = [self.rationale, self.description].into_iter().flatten();
        let why = why
            .map(|text| text.trim().to_owned())
            .find(|text| !text.is_empty());
        Check {
            id,
            why: why.unwrap_or_else(|| title.clone()),
            compliance: compliance(self.compliance.as_ref()),
            title,
            lines,
        }
    }
}

/// The controls by framework; what is no text or number is left out.
fn compliance(value: Option<&Value>) -> Vec<(String, Vec<String>)> {
    let maps = match value {
        Some(Value::Array(maps)) => maps.iter().filter_map(Value::as_object).collect(),
        Some(Value::Object(map)) => vec![map],
        _ => Vec::new(),
    };
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let controls = |value: &Value| match value {
        Value::Array(list) => list.iter().filter_map(text).collect(),
        one => text(one).into_iter().collect(),
    };
    let pairs = maps.into_iter().flatten();
    pairs
        .map(|(name, value)| (name.clone(), controls(value)))
        .collect()
}

fn variables(declared: BTreeMap<String, Spanned<String>>) -> Result<Variables, Wrong> {
    if let Some((name, value)) = declared.iter().find(|(name, _)| !name.starts_with('$')) {
        return Err(at(
            value,
            &format!("`variables.{name}`: a variable begins with `$`"),
        ));
    }
    let plain = declared
        .into_iter()
        .map(|(name, value)| (name, value.value));
    Ok(Variables::new(plain.collect()))
}

fn at<T>(place: &Spanned<T>, what: &str) -> Wrong {
    Wrong {
        line: Some(place.line),
        what: what.to_owned(),
    }
}
