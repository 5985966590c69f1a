//! The hosts that a rule is about: families of distributions and their versions.

use schemars::JsonSchema;
use serde::Deserialize;

/// A family, and which of its versions.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Platform {
    pub family: Family,
    /// `>=11`, `12`, `8..10`, `22.04..24.04`; all where it is not said. Ends belong to it.
    pub versions: Option<String>,
    /// Whether rebuilds of the family's own distribution are meant too.
    #[serde(default = "yes")]
    pub derivatives: bool,
}

fn yes() -> bool {
    true
}

/// Distributions whose files lie in the same places.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    Debian,
    Ubuntu,
    /// Red Hat Enterprise Linux and, as derivatives, its rebuilds.
    Rhel,
    Fedora,
    /// SUSE Linux Enterprise and, as a derivative, openSUSE Leap.
    Suse,
    Amazon,
    Alpine,
}

/// A host's `ID` and `VERSION_ID` of os-release(5).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Release {
    pub id: String,
    /// Empty where the distribution has no versions.
    pub version: String,
}

const REBUILDS: [&str; 6] = [
    "centos",
    "rocky",
    "almalinux",
    "ol",
    "eurolinux",
    "virtuozzo",
];

impl Family {
    /// The `ID` of the family's own distribution.
    pub fn own(self) -> &'static str {
        self.members().0[0]
    }

    /// As a rule has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Debian => "debian",
            Self::Ubuntu => "ubuntu",
            Self::Rhel => "rhel",
            Self::Fedora => "fedora",
            Self::Suse => "suse",
            Self::Amazon => "amazon",
            Self::Alpine => "alpine",
        }
    }

    /// Whether `id` is the family's own distribution, or one built from it.
    fn holds(self, id: &str, derivatives: bool) -> bool {
        let (own, others) = self.members();
        own.contains(&id) || derivatives && others.contains(&id)
    }

    /// The family's own distributions, of which there is one at least, and those built from them.
    fn members(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Self::Debian => (&["debian"], &["raspbian"]),
            Self::Ubuntu => (&["ubuntu"], &[]),
            Self::Rhel => (&["rhel"], &REBUILDS),
            Self::Fedora => (&["fedora"], &[]),
            Self::Suse => (&["sles", "sled", "sles_sap"], &["opensuse-leap"]),
            Self::Amazon => (&["amzn"], &[]),
            Self::Alpine => (&["alpine"], &[]),
        }
    }
}

impl Platform {
    /// Whether this host is meant. One that does not say its version is not.
    pub fn holds(&self, release: &Release) -> bool {
        let version = || match &self.versions {
            None => true,
            Some(range) => {
                let own = parts(&release.version);
                bounds(range).is_ok_and(|(low, high)| {
                    let own = own.as_deref().unwrap_or_default();
                    !own.is_empty()
                        && low.is_none_or(|low| compare(own, &low).is_ge())
                        && high.is_none_or(|high| compare(own, &high).is_le())
                })
            }
        };
        self.family.holds(&release.id, self.derivatives) && version()
    }

    /// Refuses a range that is none.
    ///
    /// # Errors
    /// In words.
    pub fn validate(&self) -> Result<(), String> {
        self.versions
            .as_deref()
            .map_or(Ok(()), |range| bounds(range).map(drop))
    }
}

/// Whether `text` is numbers with dots between them.
pub(super) fn is_version(text: &str) -> bool {
    parts(text).is_some()
}

type Version = Vec<u32>;

fn bounds(range: &str) -> Result<(Option<Version>, Option<Version>), String> {
    let one = |text: &str| {
        parts(text).ok_or_else(|| format!("`{text}` is no version: write `12`, `>=11`, `8..10`"))
    };
    if let Some(low) = range.strip_prefix(">=") {
        return Ok((Some(one(low)?), None));
    }
    if let Some(high) = range.strip_prefix("<=") {
        return Ok((None, Some(one(high)?)));
    }
    let (low, high) = range.split_once("..").unwrap_or((range, range));
    Ok((Some(one(low)?), Some(one(high)?)))
}

fn parts(text: &str) -> Option<Version> {
    text.trim()
        .split('.')
        .map(|part| part.parse().ok())
        .collect()
}

/// By as many parts as the bound has: 9.4 is within 9, 22.10 is above 22.04.
fn compare(own: &[u32], bound: &[u32]) -> std::cmp::Ordering {
    let own = own.iter().copied().chain(std::iter::repeat(0));
    own.take(bound.len()).cmp(bound.iter().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(family: Family, versions: &str, id: &str, version: &str) -> bool {
        let versions = (!versions.is_empty()).then(|| versions.to_owned());
        let platform = Platform {
            family,
            versions,
            derivatives: true,
        };
        platform.holds(&Release {
            id: id.into(),
            version: version.into(),
        })
    }

    #[test]
    fn versions_are_compared_by_as_many_parts_as_the_bound_has() {
        assert!(holds(Family::Rhel, "8..9", "rhel", "9.4"));
        assert!(holds(Family::Rhel, ">=8", "rocky", "10.0"));
        assert!(!holds(Family::Rhel, "8..9", "rhel", "10"));
        assert!(holds(Family::Debian, "12", "debian", "12"));
        assert!(!holds(Family::Debian, ">=12", "debian", "11"));
        assert!(!holds(Family::Ubuntu, "22.04..24.04", "ubuntu", "24.10"));
        assert!(holds(Family::Ubuntu, "24.04", "ubuntu", "24.04"));
    }

    #[test]
    fn a_host_without_a_version_or_of_another_family_is_not_meant() {
        assert!(!holds(Family::Debian, ">=12", "debian", ""));
        assert!(holds(Family::Debian, "", "debian", ""));
        assert!(!holds(Family::Debian, "", "ubuntu", "24.04"));
    }

    #[test]
    fn rebuilds_can_be_left_out() {
        let own = Platform {
            family: Family::Rhel,
            versions: None,
            derivatives: false,
        };
        let rocky = Release {
            id: "rocky".into(),
            version: "9".into(),
        };
        assert!(!own.holds(&rocky));
    }

    #[test]
    fn a_range_that_is_none_is_refused() {
        for range in ["", "twelve", ">=", "8..", "8-9"] {
            let platform = Platform {
                family: Family::Rhel,
                versions: Some(range.into()),
                derivatives: true,
            };
            assert!(platform.validate().is_err(), "{range}");
        }
    }
}
