//! What went wrong last, in words, for the status.

use std::error::Error;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What went wrong, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    pub at: DateTime<Utc>,
    pub message: String,
}

impl Fault {
    pub fn new(at: DateTime<Utc>, error: &dyn Error) -> Self {
        Self {
            at,
            message: words(error),
        }
    }
}

/// An error and what caused it, on one line.
pub fn words(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let cause = error.to_string();
        // Some errors repeat their source in their own text.
        if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("{0}")]
    struct Layer(&'static str, #[source] Option<Box<Layer>>);

    #[test]
    fn causes_follow_each_other_and_are_not_repeated() {
        let inner = Layer("disk full", None);
        let middle = Layer("writing: disk full", Some(Box::new(inner)));
        let error = Layer("saving", Some(Box::new(middle)));
        assert_eq!(words(&error), "saving: writing: disk full");
    }
}
