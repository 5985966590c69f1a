//! A rule with its tests, on the way to its files.

use std::path::PathBuf;

use super::yaml::{self, Yaml, map};

/// The platforms that tables name, with the oldest version that content is written for, and one to
/// test with.
const PLATFORMS: [(&str, &str, &str); 5] = [
    ("debian", ">=11", "ID=debian\nVERSION_ID=\"12\"\n"),
    ("ubuntu", ">=22.04", "ID=ubuntu\nVERSION_ID=\"24.04\"\n"),
    ("rhel", ">=8", "ID=rhel\nVERSION_ID=\"9.4\"\n"),
    ("suse", ">=15", "ID=sles\nVERSION_ID=\"15.6\"\n"),
    ("amazon", ">=2023", "ID=amzn\nVERSION_ID=\"2023\"\n"),
];

/// Files of a tree by their paths.
pub(super) type Tree = Vec<(String, Yaml)>;

/// One small host.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) name: String,
    pub(super) files: Tree,
    pub(super) verdict: String,
    pub(super) absent: bool,
}

/// A rule with its tests.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) severity: String,
    pub(super) category: String,
    pub(super) why: String,
    /// Names of [`PLATFORMS`], with versions behind them where not all are meant: `rhel >=10`. None
    /// means every Linux.
    pub(super) platforms: Vec<String>,
    pub(super) when: Option<Yaml>,
    pub(super) variables: Option<Yaml>,
    pub(super) check: Option<Yaml>,
    pub(super) subjects: Vec<String>,
    /// What each case has besides its own files.
    pub(super) base: Tree,
    pub(super) cases: Vec<Case>,
    /// Cases as the table has them.
    pub(super) more: Vec<Yaml>,
}

impl Case {
    pub(super) fn new(name: impl Into<String>, verdict: &str, files: Tree) -> Self {
        Self {
            name: name.into(),
            files,
            verdict: verdict.to_owned(),
            absent: false,
        }
    }

    /// Where the thing is not there.
    pub(super) fn absent(name: impl Into<String>, verdict: &str, files: Tree) -> Self {
        Self {
            absent: true,
            ..Self::new(name, verdict, files)
        }
    }

    fn yaml(self) -> Yaml {
        let mut entries = vec![("name".to_owned(), Yaml::Text(self.name))];
        if !self.files.is_empty() {
            entries.push(("files".to_owned(), Yaml::Map(self.files)));
        }
        entries.push(("verdict".to_owned(), Yaml::Text(self.verdict)));
        if self.absent {
            entries.push(("absent".to_owned(), Yaml::Flag(true)));
        }
        Yaml::Map(entries)
    }
}

impl Draft {
    /// Both files, by their paths below the folder of content.
    pub(super) fn files(self) -> [(PathBuf, String); 2] {
        let folder = PathBuf::from("rules").join(&self.category);
        let path = |suffix: &str| folder.join(format!("{}{suffix}", self.id));
        let paths = (path(".yaml"), path(".tests.yaml"));
        let mut base = self.base;
        if let Some(first) = self.platforms.first() {
            base.insert(
                0,
                (
                    "/etc/os-release".into(),
                    Yaml::Text(platform(first).release),
                ),
            );
        }
        let platforms = self.platforms.iter().map(|named| {
            let Platform {
                family, versions, ..
            } = platform(named);
            map([("family", family.into()), ("versions", versions.into())])
        });
        let platforms: Vec<Yaml> = platforms.collect();
        let mut rule = Vec::new();
        let mut add = |key: &str, value: Yaml| rule.push((key.to_owned(), value));
        add("id", Yaml::Text(self.id));
        add("title", Yaml::Text(self.title));
        add("severity", Yaml::Text(self.severity));
        add("category", Yaml::Text(self.category));
        add("why", Yaml::Text(self.why));
        if !platforms.is_empty() {
            add("platforms", Yaml::List(platforms));
        }
        if let Some(when) = self.when {
            add("when", when);
        }
        if let Some(variables) = self.variables {
            add("variables", variables);
        }
        if let Some(check) = self.check {
            add("check", check);
        }
        if !self.subjects.is_empty() {
            add("subjects", self.subjects.as_slice().into());
        }
        let cases = self.cases.into_iter().map(Case::yaml).chain(self.more);
        let mut tests = vec![("cases".to_owned(), Yaml::List(cases.collect()))];
        if !base.is_empty() {
            tests.insert(0, ("base".to_owned(), Yaml::Map(base)));
        }
        [(paths.0, yaml::file(&rule)), (paths.1, yaml::file(&tests))]
    }
}

/// A platform that a table names.
struct Platform<'n> {
    family: &'n str,
    versions: &'n str,
    /// What os-release says on one to test with.
    release: String,
}

fn platform(named: &str) -> Platform<'_> {
    let (family, versions) = named.split_once(' ').unwrap_or((named, ""));
    let known = PLATFORMS.iter().find(|(known, ..)| *known == family);
    // A name that is none is refused when the rule is loaded.
    let (_, all, release) = known.unwrap_or(&("", "", ""));
    if versions.is_empty() {
        return Platform {
            family,
            versions: all,
            release: (*release).to_owned(),
        };
    }
    let first = versions.trim_start_matches(['>', '=']);
    let first = first.split("..").next().unwrap_or_default();
    let id = release.lines().next().unwrap_or_default();
    Platform {
        family,
        versions,
        release: format!("{id}\nVERSION_ID=\"{first}\"\n"),
    }
}

/// A file of a tree that is no more than a text.
pub(super) fn text(path: &str, text: impl Into<String>) -> (String, Yaml) {
    (path.to_owned(), Yaml::Text(text.into()))
}
