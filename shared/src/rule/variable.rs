//! Variables of rules: what a site may set, within bounds that the rule gives.
//!
//! A site sets a variable by its name, for every rule that declares it, or as `rule.name` for one rule
//! alone. Of the same setter the second comes first.

use std::{collections::BTreeMap, fmt};

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};

use super::{Rule, expect::Scalar};

/// One variable of a rule.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    #[serde(rename = "type")]
    pub sort: Sort,
    /// What is meant, in one line.
    pub about: String,
    /// Without one the rule is `not_assessable` until a site sets it.
    pub default: Option<Value>,
    /// The lowest number that may be set.
    pub min: Option<i64>,
    /// The highest.
    pub max: Option<i64>,
    /// The only texts that may be set.
    pub one_of: Option<Vec<String>>,
}

/// What a variable holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    Integer,
    Text,
    List,
}

/// A value of a variable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Value {
    One(Scalar),
    Many(Vec<Scalar>),
}

/// Values by the names of variables.
pub type Values = BTreeMap<String, Value>;

/// By hand: what is neither is told in words, and not as "no variant".
impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Value;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text in quotes, a whole number, or a list of them")
            }
            fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
                Ok(Value::One(Scalar(number.to_string())))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
                Ok(Value::One(Scalar(number.to_string())))
            }
            fn visit_str<E>(self, text: &str) -> Result<Value, E> {
                Ok(Value::One(Scalar(text.to_owned())))
            }
            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Value, E> {
                let one = Scalar::deserialize(de::value::BoolDeserializer::new(value));
                one.map(Value::One)
            }
            fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
                let mut many = Vec::new();
                while let Some(one) = list.next_element()? {
                    many.push(one);
                }
                Ok(Value::Many(many))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

/// For people.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(one) => f.write_str(&one.0),
            Self::Many(many) => {
                let items: Vec<_> = many.iter().map(|one| one.0.as_str()).collect();
                f.write_str(&items.join(", "))
            }
        }
    }
}

/// Why a rule has no values to be decided with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    #[error("variable `{name}` is not set: {about}; a profile sets it, or `scan --set {name}=…`")]
    Unset { name: String, about: String },
    #[error("variable `{name}`: {why}")]
    Refused { name: String, why: String },
}

impl Variable {
    /// Refuses a default that could not be set.
    ///
    /// # Errors
    /// In words.
    pub fn validate(&self) -> Result<(), String> {
        self.default.as_ref().map_or(Ok(()), |default| {
            self.admits(default)
                .map_err(|why| format!("default: {why}"))
        })
    }

    /// Refuses a value of another type or outside the bounds.
    ///
    /// # Errors
    /// In words.
    pub fn admits(&self, value: &Value) -> Result<(), String> {
        match (self.sort, value) {
            (Sort::List, Value::Many(_)) => Ok(()),
            (Sort::List, Value::One(_)) => Err(format!("a list is wanted, and not `{value}`")),
            (_, Value::Many(_)) => Err(format!("one value is wanted, not a list: {value}")),
            (Sort::Integer, Value::One(Scalar(text))) => {
                let Ok(number) = text.parse::<i64>() else {
                    return Err(format!("`{text}` is no whole number"));
                };
                self.bounds(number)
            }
            (Sort::Text, Value::One(Scalar(text))) => match &self.one_of {
                Some(known) if !known.contains(text) => {
                    Err(format!("`{text}` is not one of: {}", known.join(", ")))
                }
                _ => Ok(()),
            },
        }
    }

    fn bounds(&self, number: i64) -> Result<(), String> {
        let low = self.min.is_some_and(|min| number < min);
        let high = self.max.is_some_and(|max| number > max);
        match (self.min, self.max) {
            (Some(min), Some(max)) if low || high => {
                Err(format!("{number} is not within {min} to {max}"))
            }
            (Some(min), _) if low => Err(format!("{number} is less than {min}")),
            (_, Some(max)) if high => Err(format!("{number} is more than {max}")),
            _ => Ok(()),
        }
    }
}

/// The values with which a rule is decided where several set some, the first of them first: of each
/// variable what is set, or the default. A variable that has neither is left out.
pub fn resolve<'v>(rule: &Rule, setters: impl IntoIterator<Item = &'v Values> + Clone) -> Values {
    let value = |(name, variable): (&String, &Variable)| {
        let own = format!("{}.{name}", rule.id);
        let set = setters.clone().into_iter();
        let set = set.filter_map(|set| set.get(&own).or_else(|| set.get(name)));
        let value = set.chain(&variable.default).next();
        value.map(|value| (name.clone(), value.clone()))
    };
    rule.variables.iter().filter_map(value).collect()
}

/// The values in force for a rule: what is set, or the default.
///
/// # Errors
/// [`Unfit`]: a variable that has neither, or is set to what it may not be.
pub fn in_force(rule: &Rule, set: &Values) -> Result<Values, Unfit> {
    let values = resolve(rule, [set]);
    for (name, variable) in &rule.variables {
        let Some(value) = values.get(name) else {
            return Err(Unfit::Unset {
                name: name.clone(),
                about: variable.about.clone(),
            });
        };
        variable.admits(value).map_err(|why| Unfit::Refused {
            name: name.clone(),
            why,
        })?;
    }
    Ok(values)
}

/// Refuses a value that is set under `name`, when none of `rules` has such a variable, or one that
/// has it does not take the value.
///
/// # Errors
/// In words, with the name, the rule, the value, what it may be, and the mend.
pub fn admit<'r>(
    rules: impl IntoIterator<Item = &'r Rule>,
    name: &str,
    value: &Value,
) -> Result<(), String> {
    let mut known = false;
    for rule in rules {
        let Some((variable, alone)) = rule.variable(name) else {
            continue;
        };
        known = true;
        variable.admits(value).map_err(|why| {
            let mend = if alone {
                String::new()
            } else {
                format!("; `{}.{name}` sets it for one rule alone", rule.id)
            };
            format!("`{name}`: rule `{}`: {why}{mend}", rule.id)
        })?;
    }
    if known {
        Ok(())
    } else {
        Err(format!(
            "`{name}`: no rule has this variable; write the name that a rule declares, or RULE.NAME"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(default: Option<&str>) -> Variable {
        Variable {
            sort: Sort::Integer,
            about: "how many".into(),
            default: default.map(one),
            min: Some(1),
            max: Some(10),
            one_of: None,
        }
    }

    fn one(text: &str) -> Value {
        Value::One(Scalar(text.into()))
    }

    fn rule(id: &str, variable: &str) -> Rule {
        crate::yaml::from_str(&format!(
            "id: {id}\ntitle: T\nseverity: low\ncategory: c\nwhy: W.\n\
             variables: {{n: {variable}}}\n\
             check: {{setting: {{file: /f, form: equals, key: k, at_most: $n}}}}\n"
        ))
        .unwrap()
    }

    fn set(pairs: &[(&str, &str)]) -> Values {
        let pairs = pairs.iter();
        pairs
            .map(|(name, text)| ((*name).to_owned(), one(text)))
            .collect()
    }

    const NUMBER: &str = "{type: integer, about: how many, default: 3, min: 1, max: 10}";

    #[test]
    fn a_default_out_of_bounds_is_refused() {
        assert_eq!(number(Some("3")).validate(), Ok(()));
        assert!(
            number(Some("0"))
                .validate()
                .unwrap_err()
                .contains("within 1 to 10")
        );
        assert!(number(Some("many")).validate().is_err());
        let open = Variable {
            min: None,
            ..number(Some("11"))
        };
        assert!(open.validate().unwrap_err().contains("11 is more than 10"));
    }

    #[test]
    fn what_is_set_wins_and_what_is_neither_set_nor_given_is_named() {
        let of = rule("r", NUMBER);
        assert_eq!(in_force(&of, &Values::new()), Ok(set(&[("n", "3")])));
        assert_eq!(in_force(&of, &set(&[("n", "5")])), Ok(set(&[("n", "5")])));
        let refused = in_force(&of, &set(&[("n", "11")])).unwrap_err();
        assert!(matches!(&refused, Unfit::Refused { name, .. } if name == "n"));
        let open = rule("r", "{type: integer, about: how many}");
        let unset = in_force(&open, &Values::new()).unwrap_err();
        assert!(unset.to_string().contains("`n` is not set: how many"));
    }

    #[test]
    fn the_first_setter_comes_first_and_of_one_the_name_with_the_rule() {
        let of = rule("r", NUMBER);
        let first = set(&[("n", "5")]);
        let second = set(&[("r.n", "6"), ("n", "7"), ("other.n", "8")]);
        let found = |setters: &[&Values]| resolve(&of, setters.iter().copied())["n"].to_string();
        assert_eq!(found(&[&first, &second]), "5");
        assert_eq!(found(&[&second, &first]), "6");
        assert_eq!(found(&[&set(&[("other.n", "8")])]), "3");
    }

    #[test]
    fn a_value_is_taken_when_each_rule_that_has_the_variable_takes_it() {
        let rules = [
            rule("small", NUMBER),
            rule("large", "{type: integer, about: how many, min: 5}"),
        ];
        assert_eq!(admit(&rules, "n", &one("7")), Ok(()));
        assert_eq!(admit(&rules, "large.n", &one("700")), Ok(()));
        for (name, value, told) in [
            (
                "n",
                "700",
                "`n`: rule `small`: 700 is not within 1 to 10; `small.n` sets",
            ),
            ("n", "4", "rule `large`: 4 is less than 5"),
            ("n", "x", "`x` is no whole number"),
            ("small.n", "700", "700 is not within 1 to 10"),
            ("m", "1", "no rule has this variable"),
            ("small.m", "1", "no rule has this variable"),
            ("smaller.n", "1", "no rule has this variable"),
        ] {
            let refused = admit(&rules, name, &one(value)).unwrap_err();
            assert!(refused.contains(told), "{name}={value}: {refused}");
        }
    }

    #[test]
    fn a_value_has_one_form_in_json() {
        for (text, form) in [
            ("3", "3"),
            ("\"3\"", "3"),
            ("-3", "-3"),
            ("\"027\"", "\"027\""),
            ("\"x\"", "\"x\""),
            ("[1, \"a\"]", "[1,\"a\"]"),
            ("[]", "[]"),
        ] {
            let value: Value = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&value).unwrap(), form);
            assert_eq!(serde_json::from_str::<Value>(form).unwrap(), value);
        }
        for text in ["true", "0.5", "null", "{}", "[[1]]"] {
            let error = serde_json::from_str::<Value>(text).unwrap_err().to_string();
            assert!(error.contains("quotes"), "{text}: {error}");
        }
    }
}
