//! Variables of rules: what a site may set, within bounds that the rule gives.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::expect::Scalar;

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
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Value {
    One(Scalar),
    Many(Vec<Scalar>),
}

/// Values by the names of variables.
pub type Values = BTreeMap<String, Value>;

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
            (Sort::List, Value::One(_)) => Err("a list is wanted".into()),
            (_, Value::Many(_)) => Err("one value is wanted, not a list".into()),
            (Sort::Integer, Value::One(Scalar(text))) => {
                let Ok(number) = text.parse::<i64>() else {
                    return Err(format!("`{text}` is no whole number"));
                };
                let (min, max) = (self.min.unwrap_or(i64::MIN), self.max.unwrap_or(i64::MAX));
                if (min..=max).contains(&number) {
                    Ok(())
                } else {
                    Err(format!("{number} is not within {min} to {max}"))
                }
            }
            (Sort::Text, Value::One(Scalar(text))) => match &self.one_of {
                Some(known) if !known.contains(text) => {
                    Err(format!("`{text}` is not one of: {}", known.join(", ")))
                }
                _ => Ok(()),
            },
        }
    }
}

/// The values in force for a rule: what is set, or the default.
///
/// # Errors
/// The names of variables that have neither, or are set to what they may not be, and why.
pub fn in_force(declared: &BTreeMap<String, Variable>, set: &Values) -> Result<Values, String> {
    let mut values = Values::new();
    for (name, variable) in declared {
        let Some(value) = set.get(name).or(variable.default.as_ref()) else {
            let about = &variable.about;
            return Err(format!(
                "variable `{name}` is not set: {about}; a profile sets it, or `scan --set {name}=…`"
            ));
        };
        variable
            .admits(value)
            .map_err(|why| format!("variable `{name}`: {why}"))?;
        values.insert(name.clone(), value.clone());
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(default: Option<&str>) -> Variable {
        Variable {
            sort: Sort::Integer,
            about: "how many".into(),
            default: default.map(|text| Value::One(Scalar(text.into()))),
            min: Some(1),
            max: Some(10),
            one_of: None,
        }
    }

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
    }

    #[test]
    fn what_is_set_wins_and_what_is_neither_set_nor_given_is_named() {
        let declared = BTreeMap::from([("n".to_owned(), number(Some("3")))]);
        let set = |text: &str| Values::from([("n".to_owned(), Value::One(Scalar(text.into())))]);
        assert_eq!(in_force(&declared, &Values::new()), Ok(set("3")));
        assert_eq!(in_force(&declared, &set("5")), Ok(set("5")));
        assert!(in_force(&declared, &set("11")).is_err());
        let open = BTreeMap::from([("n".to_owned(), number(None))]);
        assert!(
            in_force(&open, &Values::new())
                .unwrap_err()
                .contains("`n` is not set: how many")
        );
    }
}
