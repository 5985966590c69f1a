//! Programs that must be there and run, or must not: `package`, `service`, `socket`, `timer`. Whether
//! one is installed and whether it runs are two rules, since public names ask for each.

use serde::Deserialize;

use super::{
    draft::{Case, Draft, Tree, text},
    yaml::{Yaml, map},
};

/// A file of the table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    #[serde(rename = "family")]
    _family: String,
    /// Of rules about packages, and about units.
    package_category: String,
    unit_category: String,
    rules: Vec<Row>,
}

/// One program.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// As rules are named after it.
    stem: String,
    /// As titles begin: `The name server BIND`.
    what: String,
    want: Want,
    severity: String,
    why: String,
    #[serde(default)]
    platforms: Vec<String>,
    /// By any of the names that distributions give them.
    #[serde(default)]
    packages: Vec<String>,
    #[serde(default)]
    services: Vec<String>,
    #[serde(default)]
    sockets: Vec<String>,
    #[serde(default)]
    timers: Vec<String>,
    #[serde(default)]
    package_subjects: Vec<String>,
    #[serde(default)]
    unit_subjects: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Want {
    Present,
    Absent,
}

pub(super) fn drafts(table: Table) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for row in table.rules {
        if !row.packages.is_empty() {
            drafts.push(row.package(&table.package_category));
        }
        if !row.units().is_empty() {
            drafts.push(row.unit(&table.unit_category));
        }
    }
    drafts
}

impl Row {
    fn draft(&self, category: &str, suffix: &str, says: &str) -> Draft {
        Draft {
            id: format!("{}-{suffix}", self.stem),
            title: format!("{} {says}", self.what),
            severity: self.severity.clone(),
            category: category.to_owned(),
            why: self.why.clone(),
            platforms: self.platforms.clone(),
            ..Draft::default()
        }
    }

    fn package(&self, category: &str) -> Draft {
        let wanted = self.want == Want::Present;
        let (suffix, says, must) = if wanted {
            ("installed", "is installed", "present")
        } else {
            ("not-installed", "is not installed", "absent")
        };
        let is = |there: bool| if there == wanted { "pass" } else { "fail" };
        let status = |stanzas: &[String]| vec![text("/var/lib/dpkg/status", stanzas.concat())];
        let mut cases = Vec::new();
        for name in &self.packages {
            let files = status(&[stanza("own", INSTALLED), stanza(name, INSTALLED)]);
            cases.push(Case::new(format!("{name} is installed"), is(true), files));
        }
        let name = &self.packages[0];
        let gone = stanza(name, "deinstall ok config-files");
        let longer = stanza(&format!("{name}x"), INSTALLED);
        cases.extend([
            Case::new(
                "it was removed and left its settings",
                is(false),
                status(&[gone]),
            ),
            Case::new(
                "a longer name is another package",
                is(false),
                status(&[longer]),
            ),
            Case::absent(
                "it is not installed",
                is(false),
                status(&[stanza("own", INSTALLED)]),
            ),
        ]);
        Draft {
            check: Some(map([(
                "package",
                map([
                    ("names", self.packages.as_slice().into()),
                    ("must", must.into()),
                ]),
            )])),
            subjects: self.package_subjects.clone(),
            cases,
            ..self.draft(category, suffix, says)
        }
    }

    /// Check, suffix and names of each sort that is asked for.
    fn units(&self) -> Vec<(&'static str, &[String])> {
        let all = [
            ("service", self.services.as_slice()),
            ("socket", self.sockets.as_slice()),
            ("timer", self.timers.as_slice()),
        ];
        all.into_iter()
            .filter(|(_, names)| !names.is_empty())
            .collect()
    }

    fn unit(&self, category: &str) -> Draft {
        let wanted = self.want == Want::Present;
        let (suffix, says) = if wanted {
            ("starts", "starts at boot and runs")
        } else {
            ("does-not-start", "neither starts at boot nor runs")
        };
        let units = self.units();
        let mut checks: Vec<Yaml> = units
            .iter()
            .map(|(check, names)| {
                let mut entries = vec![
                    ("names".to_owned(), Yaml::from(*names)),
                    ("enabled".to_owned(), Yaml::Flag(wanted)),
                ];
                // Whether it runs can be asked of services alone.
                if *check == "service" {
                    entries.push(("active".to_owned(), Yaml::Flag(wanted)));
                }
                map([(*check, Yaml::Map(entries))])
            })
            .collect();
        // One way to start it is enough, and every way that is left open is one.
        let check = match (checks.pop(), checks.is_empty()) {
            (Some(one), true) => one,
            (last, _) => {
                checks.extend(last);
                map([(if wanted { "any" } else { "all" }, Yaml::List(checks))])
            }
        };
        let is = |on: bool| if on == wanted { "pass" } else { "fail" };
        let mut cases = Vec::new();
        for (sort, names) in &units {
            for name in *names {
                let unit = format!("{name}.{sort}");
                cases.push(Case::new(
                    format!("{unit} is enabled"),
                    is(true),
                    enabled(&unit),
                ));
            }
        }
        let unit = format!("{}.{}", units[0].1[0], units[0].0);
        let masked = map([("link", "/dev/null".into())]);
        let mut there = enabled(&unit);
        there.truncate(1);
        let mut masked_files = there.clone();
        masked_files.push((format!("/etc/systemd/system/{unit}"), masked));
        cases.extend([
            Case::new(format!("{unit} is there and not enabled"), is(false), there),
            Case::new(format!("{unit} is masked"), is(false), masked_files),
            Case::new(
                "a longer name is another unit",
                is(false),
                enabled(&format!("x{unit}")),
            ),
        ]);
        cases.push(Case::absent(
            "there is no such unit",
            is(false),
            vec![text("/var/lib/dpkg/status", stanza("own", INSTALLED))],
        ));
        Draft {
            check: Some(check),
            subjects: self.unit_subjects.clone(),
            cases,
            ..self.draft(category, suffix, says)
        }
    }
}

const INSTALLED: &str = "install ok installed";

fn stanza(name: &str, status: &str) -> String {
    format!("Package: {name}\nStatus: {status}\nVersion: 1\nArchitecture: all\n\n")
}

/// A unit, and the link by which it is enabled.
fn enabled(unit: &str) -> Tree {
    vec![
        text(
            &format!("/usr/lib/systemd/system/{unit}"),
            "[Install]\nWantedBy=multi-user.target\n",
        ),
        (
            format!("/etc/systemd/system/multi-user.target.wants/{unit}"),
            map([(
                "link",
                format!("/usr/lib/systemd/system/{unit}").as_str().into(),
            )]),
        ),
    ]
}
