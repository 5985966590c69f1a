//! Conditions of alert rules that people write, as expressions over how a host stands or what happened on it. Pure.
//!
//! Names in both are `hostname` and `labels`. How a host stands is `posture`, a map of `score` (percent), `weighted`
//! (percent), `passed`, `failed`, `failed_critical`, `failed_high`, `error`, `not_assessable`, and `state`, such as
//! `online`. What happened is `event`, a map of `code`, `severity`, `subject`, `text`, `before` and `after`.

use serde_json::Value as Json;
use shared::cel::{CelError, Expression, Value};

/// The key of an alert that says that an expression comes to nothing.
pub const ERROR: &str = "expression";

const HOSTNAME: &str = "hostname";
const LABELS: &str = "labels";
const POSTURE: &str = "posture";
const STATE: &str = "state";
const EVENT: &str = "event";
/// Steps that an expression may take for one host or event: well below a millisecond.
const STEPS: u32 = 10_000;

/// What is known of a host besides.
#[derive(Debug, Clone)]
pub struct Of {
    pub hostname: String,
    /// An object of texts.
    pub labels: Json,
}

/// An expression over how a host stands.
#[derive(Debug, Clone)]
pub struct Standing(Expression);

/// An expression over what happened on a host.
#[derive(Debug, Clone)]
pub struct Happening(Expression);

impl Standing {
    /// Reads an expression.
    ///
    /// # Errors
    /// What is wrong with it, where, and what would be right.
    pub fn read(text: &str) -> Result<Self, CelError> {
        read(text, &[HOSTNAME, LABELS, POSTURE, STATE]).map(Self)
    }

    /// Whether it is so.
    ///
    /// # Errors
    /// Why it comes to nothing.
    pub fn holds(&self, of: &Of, posture: &Json, state: &str) -> Result<bool, String> {
        holds(&self.0, &|name| {
            Ok(match name {
                POSTURE => Value::from(posture),
                STATE => Value::Text(state.into()),
                name => besides(of, name),
            })
        })
    }
}

impl Happening {
    /// Reads an expression.
    ///
    /// # Errors
    /// What is wrong with it, where, and what would be right.
    pub fn read(text: &str) -> Result<Self, CelError> {
        read(text, &[HOSTNAME, LABELS, EVENT]).map(Self)
    }

    /// Whether it is so.
    ///
    /// # Errors
    /// Why it comes to nothing.
    pub fn holds(&self, of: &Of, event: &Json) -> Result<bool, String> {
        holds(&self.0, &|name| {
            Ok(match name {
                EVENT => Value::from(event),
                name => besides(of, name),
            })
        })
    }
}

fn besides<'v>(of: &'v Of, name: &str) -> Value<'v> {
    match name {
        LABELS => Value::from(&of.labels),
        _ => Value::Text(of.hostname.as_str().into()),
    }
}

fn read(text: &str, known: &[&str]) -> Result<Expression, CelError> {
    let read = Expression::parse(text, known)?;
    if read.may_be_bool() {
        return Ok(read);
    }
    let what = "true or false is wanted: compare the value with one".into();
    let (line, column) = (1, 1);
    Err(CelError { what, line, column })
}

fn holds<'v>(
    expression: &'v Expression,
    names: &shared::cel::Names<'_, 'v>,
) -> Result<bool, String> {
    match expression.evaluate(names, STEPS) {
        Ok(Value::Bool(is_so)) => Ok(is_so),
        Ok(other) => Err(format!(
            "it gives a {}, and neither true nor false",
            other.sort()
        )),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of() -> Of {
        let (hostname, labels) = ("web-1".into(), json!({"role": "web"}));
        Of { hostname, labels }
    }

    #[test]
    fn an_expression_says_of_a_host_whether_it_is_so() {
        let posture = json!({"score": 74.5, "failed_critical": 1});
        for (text, is_so) in [
            ("posture.score < 75.0 && labels.role == 'web'", true),
            ("posture.score < 75 && hostname == 'web-1'", true),
            ("posture.failed_critical > 1", false),
            ("state == 'online'", true),
        ] {
            let read = Standing::read(text).unwrap();
            assert_eq!(read.holds(&of(), &posture, "online"), Ok(is_so), "{text}");
        }
    }

    #[test]
    fn an_expression_says_of_an_event_whether_it_is_so() {
        let event = json!({"code": "package.updated", "subject": "openssl",
                           "before": {"version": "1"}, "after": {"version": "2"}});
        let read = Happening::read("event.subject == 'openssl' && event.after.version != '1'");
        assert_eq!(read.unwrap().holds(&of(), &event), Ok(true));
    }

    #[test]
    fn what_comes_to_nothing_is_told_and_what_cannot_be_is_refused() {
        let read = Standing::read("posture.scre < 5").unwrap();
        let told = read.holds(&of(), &json!({"score": 1}), "online");
        assert!(told.is_err_and(|why| why.contains("scre")));
        for text in ["posture.score", "event.code == 'a'", "1 +", "facts.x == 1"] {
            // A field alone could be a boolean.
            assert_eq!(
                Standing::read(text).is_ok(),
                text == "posture.score",
                "{text}"
            );
        }
        assert!(Happening::read("posture.score < 1").is_err());
    }
}
