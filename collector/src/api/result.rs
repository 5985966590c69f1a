//! What came of rules on hosts.

use std::{collections::BTreeSet, sync::Arc};

use serde::Serialize;
use shared::rule::result;
use utoipa::ToSchema;

use crate::{
    api::{
        error::ApiError,
        framework::controls::check_level,
        posture::waived::WaivedBy,
        rule::{Severity, Status},
        time::Time,
    },
    catalogue::Catalogue,
    store::{read::result::Line, waiver::overlay::Mark},
};

pub(crate) mod chain;
pub(crate) mod host;
pub(crate) mod one;
pub(crate) mod proof;
pub(crate) mod search;

/// What came of a rule on a host, and the time in which it was so, by the host's clock.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RuleResult {
    rule: String,
    /// Null, but for a further set of values: then the first assigned profile that has it, and the result
    /// is at `{rule}@{profile}`.
    #[schema(required)]
    profile: Option<String>,
    /// Null for a rule that is not in the collector's content.
    #[schema(required)]
    title: Option<String>,
    /// Null for a rule that is not in the collector's content.
    #[schema(required)]
    severity: Option<Severity>,
    /// Null where a host says something that this collector does not know.
    #[schema(required, value_type = Option<Status>)]
    status: Option<String>,
    /// By which waiver it is waived at the instant; null for what does not fail, or is not waived.
    #[schema(required)]
    waived: Option<WaivedBy>,
    /// Why, in one line.
    because: String,
    /// Inclusive.
    valid_from: Time,
    /// Exclusive; null when it is so still.
    #[schema(required)]
    valid_to: Option<Time>,
}

impl RuleResult {
    fn new(line: Line, waived: Option<Mark>, catalogue: &Catalogue) -> Self {
        let (rule, profile) = result::parts(&line.key);
        let entry = catalogue.rules.get(rule);
        Self {
            title: entry.map(|entry| entry.rule.title.clone()),
            severity: entry.map(|entry| entry.rule.severity.into()),
            rule: rule.to_owned(),
            profile: profile.map(str::to_owned),
            status: line.verdict,
            waived: waived.map(WaivedBy::from),
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
    /// Of the framework.
    level: Option<&'q str>,
    /// Of the framework.
    control: Option<&'q str>,
    profile: Option<&'q str>,
    severity: Option<Severity>,
}

impl Filter<'_> {
    /// The rules that fit all of it; `None` where nothing is asked.
    fn rules(&self, catalogue: &Arc<Catalogue>) -> Result<Option<Vec<String>>, ApiError> {
        let of_framework = self.of_framework(catalogue)?;
        if of_framework.is_none() && self.profile.is_none() && self.severity.is_none() {
            return Ok(None);
        }
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

    /// The rules of the controls that are meant; `None` where no framework is named.
    fn of_framework<'c>(
        &self,
        catalogue: &'c Catalogue,
    ) -> Result<Option<BTreeSet<&'c str>>, ApiError> {
        let Some(key) = self.framework else {
            return match (self.level, self.control) {
                (None, None) => Ok(None),
                (Some(_), _) => Err(ApiError::parameter("level", "name a framework too")),
                (None, Some(_)) => Err(ApiError::parameter("control", "name a framework too")),
            };
        };
        let of = catalogue.frameworks.get(key);
        let of = of.ok_or_else(|| ApiError::FrameworkNotFound(key.to_owned()))?;
        if let Some(level) = self.level {
            check_level(&of.framework, level)?;
        }
        if let Some(id) = self.control
            && !of.framework.controls.iter().any(|one| one.id == id)
        {
            let detail = format!("{key} has no control {id:?}");
            return Err(ApiError::parameter("control", detail));
        }
        Ok(Some(of.rules(|one| {
            self.control.is_none_or(|id| one.id == id)
                && self
                    .level
                    .is_none_or(|level| one.levels.iter().any(|has| has == level))
        })))
    }
}
