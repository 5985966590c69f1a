//! Checks in Wazuh's grammar.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::sca::{Condition, Dialect, Edition, Lines, RegexType};

/// A check of a policy in Wazuh's grammar, and what the policy requires of a host.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(try_from = "Written")]
#[schemars(with = "Written")]
pub struct Sca {
    pub lines: Lines,
    /// Where these do not hold, the check is not applicable.
    pub requirements: Option<Lines>,
}

/// A check of a policy in the grammar of Wazuh's SCA, as `owadm content import sca` writes it. Rules of
/// our own are better written with the checks above, which know what the programs do.
///
/// Each of the `rules` is `[not ]f:FILES`, `d:FOLDERS`, `c:COMMAND` or `p:PROGRAM`, and ` -> ` with what
/// a line there must be: `r:EXPRESSION`, `n:EXPRESSION compare <= NUMBER` or the whole line, several with
/// ` && `, each with `!` where it must not be so. `docs/rules.md` says what all of it means. A file, a
/// folder or a program that is not there is `not_applicable`, as with Wazuh; what is there and could not be
/// read is never a pass.
///
/// No command of such a rule is run yet, since nothing tells who wrote it: it is `not_assessable`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Sca")]
struct Written {
    /// How many of the rules must hold.
    condition: Condition,
    /// Which edition of the grammar they are written in.
    edition: Edition,
    regex_type: RegexType,
    rules: Vec<String>,
    /// What must hold of a host for the policy to be about it.
    requirements: Option<Requirements>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ScaRequirements")]
struct Requirements {
    condition: Condition,
    regex_type: RegexType,
    rules: Vec<String>,
}

impl TryFrom<Written> for Sca {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let edition = written.edition;
        let lines = |condition, regex, rules: Vec<String>| {
            let rules = rules.into_iter().map(|rule| (None, rule));
            let lines = Lines::parse(condition, Dialect { edition, regex }, rules)?;
            if let Some((line, why)) = lines.broken().next() {
                return Err(format!("`{}`: {why}", line.text));
            }
            Ok(lines)
        };
        let requirements = written
            .requirements
            .map(|of| lines(of.condition, of.regex_type, of.rules))
            .transpose()?;
        Ok(Self {
            lines: lines(written.condition, written.regex_type, written.rules)?,
            requirements,
        })
    }
}
