//! What a host is held to, from protocol 3 on: profiles, and values of the rules' variables. The
//! collector sends [`Assignment`] with the settings, and again when it changes; the agent answers with
//! [`Assigned`], and says more when it has held it against its content.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{WireError, encode};

/// Most profiles of a host.
pub const MAX_PROFILES: usize = 64;
/// Longest key of a profile, bytes.
pub const MAX_PROFILE: usize = 64;
/// Most variables that are set for a host.
pub const MAX_VARIABLES: usize = 1024;
/// Longest name of a variable, bytes: `rule.name`.
pub const MAX_VARIABLE: usize = 160;
/// Longest value of a variable, bytes of JSON.
pub const MAX_VARIABLE_VALUE: usize = 4096;
/// Longest names and values of all variables together, bytes: a quarter of a frame.
pub const MAX_VARIABLES_BYTES: usize = 256 << 10;

/// What the collector's administrators hold this host to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assignment {
    /// Keys of profiles, each once, in order of assignment.
    pub profiles: Vec<String>,
    /// Each variable once, by name. They come before what profiles set.
    pub variables: Vec<SetVariable>,
}

/// A variable of rules, and what it is set to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetVariable {
    /// Its name for every rule that declares it, or `rule.name` for one rule alone.
    pub name: String,
    /// Canonical JSON: a text, a whole number, or a list of them.
    pub value: String,
}

/// Names an assignment by what it says: SHA-256 of its bytes.
pub type AssignmentVersion = [u8; 32];

/// What an agent made of an assignment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Assigned {
    /// The assignment that is in force; `None`: none ever was, or the host takes none.
    pub version: Option<AssignmentVersion>,
    /// Why the newest is not in force.
    pub refused: Option<String>,
    /// Profiles of it that this agent's content does not have, or that are wrong there.
    pub unknown_profiles: Vec<String>,
    /// Variables of it that no rule of this agent's content has.
    pub unknown_variables: Vec<String>,
}

/// Why an assignment cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum AssignmentError {
    #[error("{0} profiles, and {MAX_PROFILES} are the most: take some away")]
    Profiles(usize),
    #[error("profile {0:?} is named twice")]
    Twice(String),
    #[error("{0:?} is not the key of a profile: 1 to {MAX_PROFILE} of a-z, 0-9 and -")]
    Profile(String),
    #[error("{0} variables, and {MAX_VARIABLES} are the most: let profiles set them")]
    Variables(usize),
    #[error("variables are not named once each, in order")]
    Order,
    #[error("{0:?} is not the name of a variable: 1 to {MAX_VARIABLE} of a-z, 0-9, _, - and .")]
    Variable(String),
    #[error("`{0}` is set to what is not a text, a whole number or a list of them")]
    Value(String),
    #[error("`{name}` is set to {bytes} bytes, and {MAX_VARIABLE_VALUE} are the most")]
    Length { name: String, bytes: usize },
    #[error("the variables are {0} bytes together, and {MAX_VARIABLES_BYTES} are the most")]
    Together(usize),
}

impl Assignment {
    /// The name of this assignment.
    ///
    /// # Errors
    /// [`WireError::Encode`], which no assignment gives.
    pub fn version(&self) -> Result<AssignmentVersion, WireError> {
        Ok(Sha256::digest(encode(self)?).into())
    }

    /// Refuses an assignment that makes no sense or is larger than a host should carry. Both sides ask.
    ///
    /// # Errors
    /// [`AssignmentError`].
    pub fn check(&self) -> Result<(), AssignmentError> {
        if self.profiles.len() > MAX_PROFILES {
            return Err(AssignmentError::Profiles(self.profiles.len()));
        }
        for (at, key) in self.profiles.iter().enumerate() {
            // A key becomes a part of a path on the host.
            if !is_name(key, MAX_PROFILE, b"-") {
                return Err(AssignmentError::Profile(cut(key)));
            }
            if self.profiles[..at].contains(key) {
                return Err(AssignmentError::Twice(key.clone()));
            }
        }
        if self.variables.len() > MAX_VARIABLES {
            return Err(AssignmentError::Variables(self.variables.len()));
        }
        let mut pairs = self.variables.windows(2);
        if !pairs.all(|two| two[0].name < two[1].name) {
            return Err(AssignmentError::Order);
        }
        self.variables.iter().try_for_each(SetVariable::check)?;
        let bytes = |one: &SetVariable| one.name.len() + one.value.len();
        let together = self.variables.iter().map(bytes).sum();
        if together > MAX_VARIABLES_BYTES {
            return Err(AssignmentError::Together(together));
        }
        Ok(())
    }
}

impl SetVariable {
    fn check(&self) -> Result<(), AssignmentError> {
        let name = || cut(&self.name);
        if !is_name(&self.name, MAX_VARIABLE, b"_-.") {
            return Err(AssignmentError::Variable(name()));
        }
        let bytes = self.value.len();
        if bytes > MAX_VARIABLE_VALUE {
            return Err(AssignmentError::Length {
                name: name(),
                bytes,
            });
        }
        let value: Option<Value> = serde_json::from_str(&self.value).ok();
        let fits = value.is_some_and(|value| {
            let known = match &value {
                Value::Array(items) => items.iter().all(is_scalar),
                one => is_scalar(one),
            };
            let canonical = value.to_string();
            known && canonical == self.value
        });
        if fits {
            Ok(())
        } else {
            Err(AssignmentError::Value(name()))
        }
    }
}

/// U+0000 is what Postgres cannot hold.
fn is_scalar(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.contains('\0'),
        Value::Number(number) => number.is_i64(),
        _ => false,
    }
}

fn is_name(text: &str, most: usize, between: &[u8]) -> bool {
    let fits =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || between.contains(&byte);
    (1..=most).contains(&text.len()) && text.bytes().all(fits)
}

fn cut(text: &str) -> String {
    text.chars().take(MAX_PROFILE).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(profiles: &[&str], variables: &[(&str, &str)]) -> Assignment {
        let variables = variables.iter().map(|(name, value)| SetVariable {
            name: (*name).to_owned(),
            value: (*value).to_owned(),
        });
        Assignment {
            profiles: profiles.iter().map(|key| (*key).to_owned()).collect(),
            variables: variables.collect(),
        }
    }

    #[test]
    fn an_assignment_may_say_these() {
        for good in [
            of(&[], &[]),
            of(&["b", "a-1"], &[]),
            of(
                &[],
                &[("a", "3"), ("a-rule.b_c", "[\"x\",1]"), ("b", "\"\"")],
            ),
        ] {
            assert_eq!(good.check(), Ok(()), "{good:?}");
        }
    }

    #[test]
    fn each_of_these_is_refused_by_its_name() {
        let long = "x".repeat(MAX_VARIABLE_VALUE);
        let (long_key, long_name) = ("k".repeat(MAX_PROFILE + 1), "n".repeat(MAX_VARIABLE + 1));
        let long_value = format!("\"{long}\"");
        for (bad, told) in [
            (of(&["a", "b", "a"], &[]), "\"a\" is named twice"),
            (of(&["../../etc/passwd"], &[]), "not the key of a profile"),
            (of(&[""], &[]), "not the key"),
            (of(&[&long_key], &[]), "not the key"),
            (of(&[], &[("b", "1"), ("a", "1")]), "in order"),
            (of(&[], &[("a", "1"), ("a", "1")]), "in order"),
            (of(&[], &[("A", "1")]), "not the name of a variable"),
            (of(&[], &[(&long_name, "1")]), "not the name of a variable"),
            (of(&[], &[("a", "")]), "`a` is set to what is not"),
            (of(&[], &[("a", "01")]), "`a` is set to what is not"),
            (of(&[], &[("a", " 1")]), "`a` is set to what is not"),
            (of(&[], &[("a", "1.5")]), "`a` is set to what is not"),
            (of(&[], &[("a", "18446744073709551615")]), "`a` is set to"),
            (of(&[], &[("a", "true")]), "`a` is set to what is not"),
            (of(&[], &[("a", "[[1]]")]), "`a` is set to what is not"),
            (of(&[], &[("a", "{}")]), "`a` is set to what is not"),
            (
                of(&[], &[("a", "\"\\u0000\"")]),
                "`a` is set to what is not",
            ),
            (of(&[], &[("a", &long_value)]), "`a` is set to 4098 bytes"),
        ] {
            let error = bad.check().unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
    }

    #[test]
    fn more_than_a_host_should_carry_is_refused() {
        let keys: Vec<_> = (0..=MAX_PROFILES).map(|n| format!("p{n:04}")).collect();
        let keys: Vec<_> = keys.iter().map(String::as_str).collect();
        assert_eq!(of(&keys[1..], &[]).check(), Ok(()));
        let error = of(&keys, &[]).check().unwrap_err();
        assert_eq!(error, AssignmentError::Profiles(MAX_PROFILES + 1));
        let names: Vec<_> = (0..=MAX_VARIABLES).map(|n| format!("v{n:04}")).collect();
        let value = format!("\"{}\"", "x".repeat(MAX_VARIABLES_BYTES / MAX_VARIABLES));
        let set = |value| -> Vec<(&str, &str)> {
            names.iter().map(|name| (name.as_str(), value)).collect()
        };
        assert_eq!(of(&[], &set("1")[1..]).check(), Ok(()));
        let error = of(&[], &set("1")).check().unwrap_err();
        assert_eq!(error, AssignmentError::Variables(MAX_VARIABLES + 1));
        let error = of(&[], &set(&value)[1..]).check().unwrap_err();
        assert!(matches!(error, AssignmentError::Together(_)), "{error}");
    }

    #[test]
    fn a_version_names_what_the_assignment_says() {
        let (none, other) = (of(&[], &[]), of(&["a", "b"], &[]));
        assert_eq!(none.version().unwrap(), of(&[], &[]).version().unwrap());
        assert_ne!(none.version().unwrap(), other.version().unwrap());
        let turned = of(&["b", "a"], &[]);
        assert_ne!(
            turned.version().unwrap(),
            other.version().unwrap(),
            "order counts"
        );
    }
}
