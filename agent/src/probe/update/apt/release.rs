//! What a repository says of itself: the head of its `InRelease` or `Release` file. Pure.

use chrono::DateTime;

/// The fields that decide about priorities, and the age; empty where it does not say.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Release {
    pub origin: String,
    pub label: String,
    pub suite: String,
    pub codename: String,
    pub version: String,
    /// Seconds since the Unix epoch.
    pub published_at: Option<i64>,
    /// Seconds since the Unix epoch.
    pub valid_until: Option<i64>,
    /// Its versions are only taken when asked for.
    pub not_automatic: bool,
    /// Those of packages that were taken from it before are.
    pub automatic_upgrades: bool,
}

impl Release {
    /// The priority of its versions while no preference says otherwise.
    pub(super) fn priority(&self) -> i32 {
        match (self.not_automatic, self.automatic_upgrades) {
            (true, true) => 100,
            (true, false) => 1,
            (false, _) => 500,
        }
    }

    /// Whether it exists to mend vulnerabilities: Debian's by its label, Ubuntu's (those of
    /// extended maintenance too) by its suite, and what others name alike.
    pub(super) fn is_security(&self) -> bool {
        self.label.eq_ignore_ascii_case("debian-security")
            || self.suite.ends_with("-security")
            || self.codename.ends_with("-security")
    }

    /// Whether administrators call it this: its suite, its codename, its version.
    pub(super) fn is_called(&self, name: &str) -> bool {
        !name.is_empty() && [&self.suite, &self.codename, &self.version].contains(&&name.to_owned())
    }

    /// `Debian/bookworm-security`. Ubuntu's codenames leave out which of the release's parts it is.
    pub(super) fn name(&self) -> Option<String> {
        let part_of = self.suite.contains('-') && !self.codename.contains('-');
        let suite = if self.codename.is_empty() || part_of {
            &self.suite
        } else {
            &self.codename
        };
        match (self.origin.as_str(), suite.as_str()) {
            ("", "") => None,
            (origin, "") => Some(origin.to_owned()),
            ("", suite) => Some(suite.to_owned()),
            (origin, suite) => Some(format!("{origin}/{suite}")),
        }
    }
}

/// Reads the head of a file; what follows, the hashes of all lists, is not needed, so that the file
/// may be cut.
pub fn parse(text: &str) -> Release {
    let mut release = Release::default();
    for line in text.lines() {
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        let value = value.trim();
        let field = match name {
            "Origin" => &mut release.origin,
            "Label" => &mut release.label,
            "Suite" => &mut release.suite,
            "Codename" => &mut release.codename,
            "Version" => &mut release.version,
            "Date" => {
                release.published_at = seconds(value);
                continue;
            }
            "Valid-Until" => {
                release.valid_until = seconds(value);
                continue;
            }
            "NotAutomatic" => {
                release.not_automatic = value.eq_ignore_ascii_case("yes");
                continue;
            }
            "ButAutomaticUpgrades" => {
                release.automatic_upgrades = value.eq_ignore_ascii_case("yes");
                continue;
            }
            _ => continue,
        };
        value.clone_into(field);
    }
    release
}

fn seconds(date: &str) -> Option<i64> {
    let date = date.replace("UTC", "+0000");
    DateTime::parse_from_rfc2822(&date)
        .ok()
        .map(|date| date.timestamp())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_head_says_who_and_when() {
        let release = parse(
            "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nOrigin: Debian\n\
             Label: Debian-Security\nSuite: stable-security\nCodename: bookworm-security\n\
             Date: Sat, 11 Jul 2026 10:16:37 UTC\nValid-Until: Sat, 18 Jul 2026 10:16:37 UTC\n\
             NotAutomatic: yes\nButAutomaticUpgrades: yes\nSHA256:\n 00 1 main/binary-amd64\n",
        );
        assert_eq!(release.published_at, Some(1_783_764_997));
        assert_eq!(release.valid_until, Some(1_783_764_997 + 7 * 86_400));
        assert!(release.is_security());
        assert_eq!(release.priority(), 100);
        assert_eq!(release.name().unwrap(), "Debian/bookworm-security");
        assert!(release.is_called("bookworm-security") && !release.is_called(""));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text: String) {
            parse(&text).name();
        }

        #[test]
        fn any_date_is_read_without_panic(date in "[A-Z][a-z]{2}, [0-9]{1,4} [A-Za-z]{3} [0-9]{1,6} [0-9:]{0,9} [A-Z+0-9]{0,6}") {
            parse(&format!("Date: {date}\n"));
        }
    }
}
