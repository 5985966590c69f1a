//! What both know by a public name, what each says of it, and what the page explains.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use serde_json::Value;
use shared::rule::load::{Content, Tests};
use support::content;

const RULE: &str = "xccdf_org.ssgproject.content_rule_";

/// Public names, and the ids of our rules that decide each.
pub(super) type Names = BTreeMap<String, BTreeSet<String>>;

/// Public names that both know.
pub(super) fn common(stream: &Path) -> Names {
    let text = fs::read_to_string(stream).unwrap();
    let loaded = Content::load(&content(), Tests::Without).unwrap();
    let mut common = Names::new();
    for loaded in loaded.rules.values() {
        for subject in &loaded.rule.subjects {
            if text.contains(&format!("id=\"{RULE}{subject}\"")) {
                let rules = common.entry(subject.clone()).or_default();
                rules.insert(loaded.rule.id.clone());
            }
        }
    }
    common
}

/// The arguments by which OpenSCAP is asked about these names alone.
pub(super) fn arguments(names: &Names) -> String {
    let rule = |name: &String| format!(" --rule {RULE}{name}");
    names.keys().map(rule).collect()
}

/// What OpenSCAP says, by public name.
pub(super) fn theirs(said: &str) -> BTreeMap<String, String> {
    let mut results = BTreeMap::new();
    let mut name = None;
    for line in said.split('\n') {
        // Fields stand between a tab with or without a carriage return before it.
        let mut words = line.split_whitespace();
        match (words.next(), words.next()) {
            (Some("Rule"), Some(id)) => name = id.strip_prefix(RULE).map(str::to_owned),
            (Some("Result"), Some(result)) => {
                if let Some(name) = name.take() {
                    results.insert(name, result.to_owned());
                }
            }
            _ => {}
        }
    }
    results
}

/// What we say: verdict and why, by rule.
pub(super) fn ours(said: &str) -> BTreeMap<String, (String, String)> {
    let said: Value = serde_json::from_str(said).unwrap();
    let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
    let results = said["results"].as_array().unwrap().iter();
    let result = |one| (text(one, "verdict"), text(one, "because"));
    results
        .map(|one| (text(one, "rule"), result(one)))
        .collect()
}

/// What came of all that was compared.
#[derive(Default)]
pub(super) struct Judged {
    /// Names that both decided, on whatever host.
    pub(super) names: BTreeSet<String>,
    /// Verdicts of rules beside theirs of the same name and host.
    pub(super) pairs: usize,
    /// Those of ours that are `fail`.
    pub(super) fails: usize,
    /// Disagreements that the page does not explain.
    pub(super) wrong: Vec<String>,
}

impl Judged {
    /// Compares what both decided on one host.
    pub(super) fn compare(
        &mut self,
        on: &str,
        names: &Names,
        theirs: &BTreeMap<String, String>,
        ours: &BTreeMap<String, (String, String)>,
        page: &mut Page,
    ) {
        let decided = |verdict: &str| ["pass", "fail"].contains(&verdict);
        for (name, rules) in names {
            let their = theirs.get(name).map(String::as_str).unwrap_or_default();
            for rule in rules {
                let (verdict, because) = &ours[rule];
                if !decided(their) || !decided(verdict) {
                    continue;
                }
                self.names.insert(name.clone());
                self.pairs += 1;
                self.fails += usize::from(verdict == "fail");
                if verdict != their && !page.explains(name, on, their, verdict) {
                    self.wrong.push(format!(
                        "{name} on {on}: {their} for them, {rule} {verdict} for us: {because}"
                    ));
                }
            }
        }
    }
}

/// Disagreements that docs/openscap.md explains.
pub(super) struct Page(Vec<Row>);

struct Row {
    /// As it stands there.
    text: String,
    /// Names; `*` stands for anything.
    names: Vec<String>,
    /// `live`, or names of trees, with `*` as well.
    hosts: Vec<String>,
    theirs: String,
    ours: String,
    /// Those of `hosts` on which it explained something.
    met: BTreeSet<String>,
}

impl Page {
    pub(super) fn read() -> Self {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openscap.md");
        let page = fs::read_to_string(page).unwrap();
        Self(page.lines().filter_map(Row::of).collect())
    }

    fn explains(&mut self, name: &str, on: &str, theirs: &str, ours: &str) -> bool {
        let mut explains = false;
        for row in &mut self.0 {
            if row.theirs != theirs || row.ours != ours || !any_fits(&row.names, name) {
                continue;
            }
            let here = row.hosts.iter().filter(|written| fits(written, on));
            row.met.extend(here.cloned());
            explains |= any_fits(&row.hosts, on);
        }
        explains
    }

    /// Rows that explained nothing on one of these hosts that they name: what they say is not so.
    pub(super) fn unmet(&self, hosts: &[String]) -> Vec<String> {
        let unmet = self.0.iter().flat_map(|row| {
            let of_these = |written: &&String| hosts.iter().any(|host| fits(written, host));
            let named = row.hosts.iter().filter(of_these);
            let unmet = named.filter(|host| !row.met.contains(*host));
            unmet.map(|host| format!("{host}: {}", row.text))
        });
        unmet.collect()
    }
}

impl Row {
    /// `| names | hosts | theirs | ours | why |`, names and hosts each in back quotes.
    fn of(line: &str) -> Option<Self> {
        let mut cells = line.strip_prefix("| `")?.split('|');
        let quoted = |cell: &str| -> Vec<String> {
            let parts = cell.split(['`', ',', ' ']).filter(|part| !part.is_empty());
            parts.map(str::to_owned).collect()
        };
        Some(Self {
            text: line.to_owned(),
            names: quoted(cells.next()?),
            hosts: quoted(cells.next()?),
            theirs: cells.next()?.trim().to_owned(),
            ours: cells.next()?.trim().to_owned(),
            met: BTreeSet::new(),
        })
    }
}

fn any_fits(written: &[String], name: &str) -> bool {
    written.iter().any(|one| fits(one, name))
}

/// Whether a name is what is written, with `*` for anything.
fn fits(written: &str, name: &str) -> bool {
    match written.split_once('*') {
        None => written == name,
        Some((first, rest)) => name.strip_prefix(first).is_some_and(|name| {
            let mut starts = name.char_indices().map(|(at, _)| at).chain([name.len()]);
            starts.any(|at| fits(rest, &name[at..]))
        }),
    }
}

#[test]
fn a_star_stands_for_anything() {
    for (written, name) in [
        ("a_*", "a_b"),
        ("a*", "a"),
        ("*_c", "a_b_c"),
        ("a*c*e", "abcde"),
    ] {
        assert!(fits(written, name), "{written} {name}");
    }
    for (written, name) in [
        ("a_*", "b_a_"),
        ("a", "ab"),
        ("*_c", "a_cd"),
        ("a*c*e", "abcd"),
    ] {
        assert!(!fits(written, name), "{written} {name}");
    }
}
