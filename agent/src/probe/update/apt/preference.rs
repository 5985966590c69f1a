//! The administrator's preferences among versions (apt_preferences(5)). Pure.
//!
//! Read are: package names with `*` and `?`; `Pin: version`, `Pin: origin`, `Pin: release` with all
//! its letters or a single name; priorities. Not read, and passed over, are regular expressions
//! (`/…/`) and source packages (`src:…`).

use super::{super::glob, release::Release};

/// The priority that is called `never`.
const NEVER: i32 = -32_768;

/// One preference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preference {
    /// Patterns; `*` alone makes it a general one, which yields to all specific ones.
    packages: Vec<String>,
    pin: Pin,
    priority: i32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Pin {
    Version(String),
    /// The host that the list was fetched from; empty for files.
    Origin(String),
    /// Letter and pattern, all of which must match.
    Release(Vec<(char, String)>),
    /// A suite, a codename or a version.
    Called(String),
}

/// Where a version was seen.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) release: &'a Release,
    pub(super) host: &'a str,
    pub(super) component: &'a str,
    pub(super) architecture: &'a str,
}

impl Preference {
    fn is_general(&self) -> bool {
        self.packages.iter().any(|package| package == "*")
    }

    fn names(&self, package: &str) -> bool {
        self.packages
            .iter()
            .any(|pattern| glob::matches(pattern, package))
    }

    fn is_of(&self, version: &str, place: Place<'_>) -> bool {
        match &self.pin {
            Pin::Version(pattern) => glob::matches(pattern, version),
            Pin::Origin(host) => glob::matches(host, place.host),
            Pin::Called(name) => place.release.is_called(name),
            Pin::Release(letters) => letters.iter().all(|(letter, pattern)| {
                let value = match letter {
                    'a' => &place.release.suite,
                    'n' => &place.release.codename,
                    'v' => &place.release.version,
                    'o' => &place.release.origin,
                    'l' => &place.release.label,
                    'c' => place.component,
                    'b' => place.architecture,
                    _ => return false,
                };
                glob::matches(pattern, value)
            }),
        }
    }
}

/// What preferences say of a version of `package` at a place: the priority of the first specific
/// one, and of the first general one that is about the place.
pub(super) fn priorities(
    preferences: &[Preference],
    package: &str,
    version: &str,
    place: Place<'_>,
) -> (Option<i32>, Option<i32>) {
    let first = |general| {
        preferences
            .iter()
            .filter(|preference| preference.is_general() == general)
            .find(|preference| preference.names(package) && preference.is_of(version, place))
            .map(|preference| preference.priority)
    };
    (first(false), first(true))
}

/// Reads a file of preferences.
pub fn parse(text: &str) -> Vec<Preference> {
    let mut preferences = Vec::new();
    for stanza in text.replace('\r', "").split("\n\n") {
        preferences.extend(self::stanza(stanza));
    }
    preferences
}

fn stanza(text: &str) -> Option<Preference> {
    let (mut packages, mut pin, mut priority) = (Vec::new(), None, None);
    for line in text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'))
    {
        let Some((name, value)) = line.split_once(':') else {
            continue;
        };
        let value = value.trim();
        match name.trim().to_ascii_lowercase().as_str() {
            // Files in practice hold several without an empty line between them.
            "package" if pin.is_some() && priority.is_some() => break,
            "package" => {
                let words = value
                    .split([' ', ',', '\t'])
                    .filter(|word| !word.is_empty());
                let read = words.filter(|word| !word.starts_with('/') && !word.starts_with("src:"));
                packages = read.map(str::to_owned).collect();
            }
            "pin" => pin = self::pin(value),
            // As Ubuntu does with what needs a subscription.
            "pin-priority" if value == "never" => priority = Some(NEVER),
            "pin-priority" => priority = value.parse().ok(),
            _ => {}
        }
    }
    (!packages.is_empty()).then_some(Preference {
        packages,
        pin: pin?,
        priority: priority?,
    })
}

fn pin(text: &str) -> Option<Pin> {
    let (kind, rest) = text.split_once(char::is_whitespace)?;
    let rest = rest.trim().trim_matches('"');
    match kind {
        "version" => Some(Pin::Version(rest.to_owned())),
        "origin" => Some(Pin::Origin(rest.to_owned())),
        "release" if !rest.contains('=') => Some(Pin::Called(rest.to_owned())),
        "release" => {
            let letters = rest.split(',').map(|part| {
                let (letter, pattern) = part.trim().split_once('=')?;
                let pattern = pattern.trim().trim_matches('"').to_owned();
                Some((letter.trim().chars().next()?, pattern))
            });
            letters.collect::<Option<_>>().map(Pin::Release)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_first_that_is_about_a_version_decides_and_specific_ones_go_first() {
        let preferences = parse(
            "Package: *\nPin: release a=stable, o=Debian\nPin-Priority: 900\n\n\
             # a comment\nPackage: nodejs  libnode*\nPin: origin deb.example.org\nPin-Priority: 600\n\n\
             Package: nodejs\nPin: version 18.*\nPin-Priority: -1\n\n\
             Package: *\nPin: release o=UbuntuESM, n=x\nPin-Priority: never\n\n\
             Package: *\nPin: release n=trixie\nPin-Priority: 50\n\n\
             Package: src:linux /regex/\nPin: release sid\nPin-Priority: 5\n",
        );
        assert_eq!(preferences.len(), 5);
        assert_eq!(preferences[3].priority, NEVER);
        let release = Release {
            suite: "stable".into(),
            codename: "trixie".into(),
            origin: "Debian".into(),
            ..Release::default()
        };
        let place = |host| Place {
            release: &release,
            host,
            component: "main",
            architecture: "amd64",
        };
        let ask = |package, version, host| priorities(&preferences, package, version, place(host));
        assert_eq!(
            ask("nodejs", "20.1", "deb.example.org"),
            (Some(600), Some(900))
        );
        assert_eq!(ask("nodejs", "18.1", "elsewhere"), (Some(-1), Some(900)));
        assert_eq!(ask("libnode115", "20.1", "deb.example.org").0, Some(600));
        assert_eq!(ask("bash", "5", "deb.example.org"), (None, Some(900)));
    }

    #[test]
    fn what_has_no_pin_or_no_priority_says_nothing() {
        assert!(parse("Package: a\nPin-Priority: 1\n\nPackage: b\nPin: release x=\n").is_empty());
        let called = parse("Package: *\nPin: release bookworm\nPin-Priority: 7\n");
        assert_eq!(called[0].pin, Pin::Called("bookworm".into()));
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text: String) {
            parse(&text);
        }

        #[test]
        fn anything_that_looks_like_preferences_is_read_without_panic(
            lines in prop::collection::vec("(Package|Pin|Pin-Priority|)[: ]{0,2}[a*\\-1=, ]{0,8}", 0..12)
        ) {
            parse(&lines.join("\n"));
        }
    }
}
