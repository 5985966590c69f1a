//! Comparators: what a value must be, and whether it is. Pure.
//!
//! A value is a text, as the file or the kernel has it. Where both sides are whole numbers they are
//! compared as numbers, so that `060` is `60`; a value that is no number meets no bound.

use std::{collections::BTreeSet, fmt};

use regex::bytes::{Match, Regex, RegexBuilder};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::variable::{Value, Values};

/// Largest compiled expression, bytes: a bomb such as `(a{1000}){1000}` is refused when it is loaded.
const MAX_REGEX: usize = 1 << 20;

/// One value of a rule: a text or a number as written, or the name of a variable, `$name`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, JsonSchema)]
#[schemars(with = "ScalarSchema")]
pub struct Scalar(pub String);

/// What [`Scalar`] may be in a file.
#[derive(JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum ScalarSchema {
    Text(String),
    Number(i64),
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Scalar;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text in quotes or a whole number")
            }
            fn visit_i64<E>(self, number: i64) -> Result<Scalar, E> {
                Ok(Scalar(number.to_string()))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Scalar, E> {
                Ok(Scalar(number.to_string()))
            }
            fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
                Ok(Scalar(text.to_owned()))
            }
            // `no` means false to one reader of YAML and a text to the next.
            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Scalar, E> {
                Err(E::custom(format!(
                    "`{value}` (or yes, no) without quotes: write \"{value}\" with them"
                )))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// A whole number as one, whether it was written in quotes or not: each value has one form.
impl Serialize for Scalar {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.parse::<i64>() {
            Ok(number) if number.to_string() == self.0 => serializer.serialize_i64(number),
            _ => serializer.serialize_str(&self.0),
        }
    }
}

impl Scalar {
    /// The variable that this names, if it does.
    pub fn variable(&self) -> Option<&str> {
        self.0.strip_prefix('$').filter(|name| !name.is_empty())
    }
}

/// A regular expression, compiled when it is loaded. It is matched in time linear in the text. Letters,
/// digits and blanks are those of ASCII, as for the programs whose settings are asked about; tables of
/// Unicode would be a megabyte of every agent.
#[derive(Debug, Clone, JsonSchema)]
#[schemars(with = "String")]
pub struct Pattern(Regex);

impl Pattern {
    /// An expression that must match the whole of a text.
    ///
    /// # Errors
    /// In words, when it is none, or too large.
    pub fn whole(text: &str) -> Result<Self, String> {
        Self::compile(&format!("^(?:{text})$"))
    }

    /// An expression that may match anywhere in a line.
    ///
    /// # Errors
    /// As [`Pattern::whole`].
    pub fn anywhere(text: &str) -> Result<Self, String> {
        Self::compile(text)
    }

    fn compile(text: &str) -> Result<Self, String> {
        let mut builder = RegexBuilder::new(text);
        let built = builder
            .unicode(false)
            .size_limit(MAX_REGEX)
            .dfa_size_limit(MAX_REGEX)
            .build();
        built.map(Self).map_err(|error| error.to_string())
    }

    /// Whether it matches.
    pub fn matches(&self, text: &str) -> bool {
        self.0.is_match(text.as_bytes())
    }

    /// What the first group captured, each time that it matches; nothing where the group took no part.
    pub fn firsts<'t>(&self, text: &'t str) -> Vec<&'t str> {
        // Half a letter is no value.
        let whole = |group: Match<'t>| text.get(group.range()).unwrap_or("\u{fffd}");
        let matches = self.0.captures_iter(text.as_bytes());
        let firsts = matches.map(|captures| captures.get(1).map_or("", whole));
        firsts.collect()
    }

    /// How many groups it captures.
    pub fn groups(&self) -> usize {
        self.0.captures_len() - 1
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_str() == other.0.as_str()
    }
}

impl<'de> Deserialize<'de> for Pattern {
    /// As [`Pattern::anywhere`].
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::anywhere(&text).map_err(de::Error::custom)
    }
}

/// What a value must be: all that is said must hold. A check's fields of the same names, gathered.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Expect {
    pub is: Option<Scalar>,
    pub is_not: Option<Scalar>,
    /// The lowest that passes.
    pub at_least: Option<Scalar>,
    /// The highest that passes.
    pub at_most: Option<Scalar>,
    /// Both ends pass.
    pub between: Option<[Scalar; 2]>,
    pub one_of: Option<Vec<Scalar>>,
    /// The whole value.
    pub matches: Option<String>,
    /// Of a list with commas or blanks: nothing else may be in it.
    pub only: Option<Vec<Scalar>>,
    /// Of a list: each of these must be in it.
    pub with: Option<Vec<Scalar>>,
    /// Of a list: none of these may be in it.
    pub without: Option<Vec<Scalar>>,
}

/// A struct of a check with the comparators as fields of its own, so that an unknown key is an error
/// with its line.
macro_rules! comparing {
    ($(#[$meta:meta])* pub struct $name:ident { $($(#[$field_meta:meta])* pub $field:ident: $type:ty,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)*
            /// The value must be this.
            pub is: Option<$crate::rule::expect::Scalar>,
            /// The value must not be this.
            pub is_not: Option<$crate::rule::expect::Scalar>,
            /// The lowest number that passes.
            pub at_least: Option<$crate::rule::expect::Scalar>,
            /// The highest number that passes. Where 0 means "off", use `between`.
            pub at_most: Option<$crate::rule::expect::Scalar>,
            /// The lowest and the highest number that pass.
            pub between: Option<[$crate::rule::expect::Scalar; 2]>,
            /// The value must be one of these.
            pub one_of: Option<Vec<$crate::rule::expect::Scalar>>,
            /// A regular expression that the whole value must match.
            pub matches: Option<String>,
            /// Of a list: nothing but these may be in it.
            pub only: Option<Vec<$crate::rule::expect::Scalar>>,
            /// Of a list: all of these must be in it.
            pub with: Option<Vec<$crate::rule::expect::Scalar>>,
            /// Of a list: none of these may be in it.
            pub without: Option<Vec<$crate::rule::expect::Scalar>>,
        }

        impl $name {
            /// The comparators.
            pub fn expect(&self) -> $crate::rule::expect::Expect {
                let this = self.clone();
                $crate::rule::expect::Expect {
                    is: this.is,
                    is_not: this.is_not,
                    at_least: this.at_least,
                    at_most: this.at_most,
                    between: this.between,
                    one_of: this.one_of,
                    matches: this.matches,
                    only: this.only,
                    with: this.with,
                    without: this.without,
                }
            }

            /// Every value that is named, for the variables among them.
            pub fn scalars(&self) -> Vec<&$crate::rule::expect::Scalar> {
                let one = [&self.is, &self.is_not, &self.at_least, &self.at_most];
                let many = [&self.one_of, &self.only, &self.with, &self.without];
                let one = one.into_iter().flatten().chain(self.between.iter().flatten());
                one.chain(many.into_iter().flatten().flatten()).collect()
            }
        }
    };
}
pub(crate) use comparing;

impl Expect {
    /// The same with the values of variables in the place of their names. A list stands for its
    /// items.
    ///
    /// # Errors
    /// In words, when a list stands where one value is wanted, or a value is not there.
    pub fn bind(mut self, values: &Values) -> Result<Self, String> {
        let one = [
            &mut self.is,
            &mut self.is_not,
            &mut self.at_least,
            &mut self.at_most,
        ];
        let one = one
            .into_iter()
            .flatten()
            .chain(self.between.iter_mut().flatten());
        for scalar in one {
            if let Some(name) = scalar.variable() {
                match value(values, name)? {
                    Value::One(one) => *scalar = one.clone(),
                    Value::Many(_) => {
                        return Err(format!("`${name}` is a list, and one value is wanted"));
                    }
                }
            }
        }
        let many = [
            &mut self.one_of,
            &mut self.only,
            &mut self.with,
            &mut self.without,
        ];
        for list in many.into_iter().flatten() {
            *list = bound(list, values)?;
        }
        Ok(self)
    }

    /// Refuses what can never be decided: nothing said, an expression that is none, bounds that are
    /// no numbers.
    ///
    /// # Errors
    /// In words.
    pub fn validate(&self) -> Result<(), String> {
        if *self == Self::default() {
            return Err("nothing is said of the value: add `is`, `at_most`, `one_of`, …".into());
        }
        if let Some(text) = &self.matches {
            Pattern::whole(text).map_err(|error| format!("`matches`: {error}"))?;
        }
        let bounds = [&self.at_least, &self.at_most].into_iter().flatten();
        for bound in bounds.chain(self.between.iter().flatten()) {
            if bound.variable().is_none() && number(&bound.0).is_none() {
                return Err(format!("`{}` is no whole number", bound.0));
            }
        }
        Ok(())
    }

    /// Whether `value` is what it must be. Variables must have been put in.
    pub fn admits(&self, value: &str) -> bool {
        let equal = |scalar: &Scalar| same(&scalar.0, value);
        let low = self
            .at_least
            .iter()
            .chain(self.between.iter().map(|b| &b[0]));
        let high = self
            .at_most
            .iter()
            .chain(self.between.iter().map(|b| &b[1]));
        let bound = |scalar: &Scalar| number(&scalar.0);
        let items: BTreeSet<&str> = value
            .split([',', ' ', '\t'])
            .filter(|item| !item.is_empty())
            .collect();
        let has = |scalar: &Scalar| items.contains(scalar.0.as_str());
        self.is.iter().all(equal)
            && !self.is_not.iter().any(equal)
            && low
                .into_iter()
                .all(|low| number(value) >= bound(low) && number(value).is_some())
            && high
                .into_iter()
                .all(|high| number(value).is_some_and(|n| Some(n) <= bound(high)))
            && self.one_of.iter().all(|list| list.iter().any(equal))
            && self
                .matches
                .iter()
                .all(|text| Pattern::whole(text).is_ok_and(|p| p.matches(value)))
            && self.only.iter().all(|list| {
                !items.is_empty() && items.iter().all(|item| list.iter().any(|s| s.0 == *item))
            })
            && self.with.iter().all(|list| list.iter().all(has))
            && !self.without.iter().any(|list| list.iter().any(has))
    }
}

/// A list with the values of variables in the place of their names. A list stands for its items.
///
/// # Errors
/// In words, when a value is not there.
pub fn bound(list: &[Scalar], values: &Values) -> Result<Vec<Scalar>, String> {
    let mut bound = Vec::new();
    for scalar in list {
        match scalar
            .variable()
            .map(|name| value(values, name))
            .transpose()?
        {
            None => bound.push(scalar.clone()),
            Some(Value::One(one)) => bound.push(one.clone()),
            Some(Value::Many(many)) => bound.extend(many.iter().cloned()),
        }
    }
    Ok(bound)
}

fn value<'v>(values: &'v Values, name: &str) -> Result<&'v Value, String> {
    let value = values.get(name);
    value.ok_or_else(|| format!("variable `{name}` has no value"))
}

/// What it says, for people: `at most 4`.
impl fmt::Display for Expect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Vec::new();
        let mut one = |words: &str, scalar: &Option<Scalar>| {
            parts.extend(
                scalar
                    .iter()
                    .map(|scalar| format!("{words}{}", shown(&scalar.0))),
            );
        };
        one("", &self.is);
        one("not ", &self.is_not);
        one("at least ", &self.at_least);
        one("at most ", &self.at_most);
        if let Some([low, high]) = &self.between {
            parts.push(format!("{} to {}", low.0, high.0));
        }
        let mut many = |words: &str, list: &Option<Vec<Scalar>>| {
            parts.extend(list.iter().map(|list| {
                let names: Vec<_> = list.iter().map(|scalar| shown(&scalar.0)).collect();
                format!("{words}{}", names.join(", "))
            }));
        };
        many("one of ", &self.one_of);
        many("nothing but ", &self.only);
        many("with ", &self.with);
        many("without ", &self.without);
        parts.extend(self.matches.iter().map(|text| format!("like {text}")));
        f.write_str(&parts.join(" and "))
    }
}

fn shown(text: &str) -> &str {
    if text.is_empty() { "nothing" } else { text }
}

/// Equal as texts, or as numbers.
fn same(one: &str, other: &str) -> bool {
    one == other || number(one).is_some_and(|one| number(other) == Some(one))
}

/// A whole number, in decimal.
fn number(text: &str) -> Option<i64> {
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests;
