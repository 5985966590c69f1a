//! What came of rules on hosts.

use std::sync::Arc;

use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    api::{
        error::ApiError,
        rule::{Severity, Status},
        time::Time,
    },
    catalogue::Catalogue,
    store::read::result::Line,
};

pub(crate) mod host;
pub(crate) mod one;
pub(crate) mod search;

/// What came of a rule on a host, and the time in which it was so, by the host's clock.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RuleResult {
    rule: String,
    /// Null for a rule that is not in the collector's content.
    #[schema(required)]
    title: Option<String>,
    /// Null for a rule that is not in the collector's content.
    #[schema(required)]
    severity: Option<Severity>,
    /// Null where a host says something that this collector does not know.
    #[schema(required, value_type = Option<Status>)]
    status: Option<String>,
    /// Why, in one line.
    because: String,
    /// Inclusive.
    valid_from: Time,
    /// Exclusive; null when it is so still.
    #[schema(required)]
    valid_to: Option<Time>,
}

impl RuleResult {
    fn new(line: Line, catalogue: &Catalogue) -> Self {
        let entry = catalogue.rules.get(&line.rule);
        Self {
            title: entry.map(|entry| entry.rule.title.clone()),
            severity: entry.map(|entry| entry.rule.severity.into()),
            rule: line.rule,
            status: line.verdict,
            because: line.because.unwrap_or_default(),
            valid_from: line.valid_from.into(),
            valid_to: line.valid_to.map(Time),
        }
    }
}

/// Which rules a list is about, as the query says it.
#[derive(Debug, Default)]
struct Filter<'q> {
    framework: Option<&'q str>,
    profile: Option<&'q str>,
    severity: Option<Severity>,
}

impl Filter<'_> {
    /// The rules that fit all of it; `None` where nothing is asked.
    fn rules(&self, catalogue: &Arc<Catalogue>) -> Result<Option<Vec<String>>, ApiError> {
        if self.framework.is_none() && self.profile.is_none() && self.severity.is_none() {
            return Ok(None);
        }
        let of_framework = self.framework.map(|key| {
            let rules = catalogue.rules_of(key);
            rules.ok_or_else(|| ApiError::FrameworkNotFound(key.to_owned()))
        });
        let of_framework = of_framework.transpose()?;
        let of_profile = self.profile.map(|key| {
            let held = catalogue.profiles.get(key);
            held.ok_or_else(|| ApiError::ProfileNotFound(key.to_owned()))
        });
        let of_profile = of_profile.transpose()?;
        let rules = catalogue.rules.iter().filter(|(id, entry)| {
            let severity = entry.rule.severity.into();
            of_framework
                .as_ref()
                .is_none_or(|of| of.contains(id.as_str()))
                && of_profile.is_none_or(|of| of.rules.contains(*id))
                && self.severity.is_none_or(|wanted| wanted == severity)
        });
        Ok(Some(rules.map(|(id, _)| id.clone()).collect()))
    }
}
