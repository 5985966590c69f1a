//! `scan`: rules decided once, here or on a tree; `explain`: one rule, with what it asks and sees.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use clap::Args;
use shared::{
    rule::{
        Rule, Severity,
        load::{Content, Tests},
        result::{Outcome, Verdict},
        variable::{self, Sort, Value, Values},
    },
    sca::Policy,
};

use super::{Exit, Settings, complain, host_at, show};
use crate::{
    bundle,
    host::Host,
    scan::{self, Format},
    state::StateDir,
};

#[derive(Debug, Args)]
pub(super) struct Scan {
    #[command(flatten)]
    source: Source,
    /// A policy in the grammar of Wazuh's SCA instead of the content; may be given several times. Its
    /// commands are run on this machine, with the rights of whoever calls this.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["content", "profile", "set"])]
    sca: Vec<PathBuf>,
    /// Only this rule; may be given several times.
    #[arg(long, value_name = "ID")]
    rule: Vec<String>,
    /// Only the rules of this profile, with its values: a file of `profiles/`, such as
    /// cis-debian12-l1-server.
    #[arg(long, value_name = "KEY", conflicts_with = "rule")]
    profile: Option<String>,
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// End with 1 only for failing rules of this severity or above: info, low, medium, high, critical.
    #[arg(long, value_name = "SEVERITY", default_value = "info", value_parser = severity)]
    fail_on: Severity,
}

#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The rule's id.
    rule: String,
    #[command(flatten)]
    source: Source,
}

/// What is decided, and where.
#[derive(Debug, Args)]
struct Source {
    /// The content: a folder with `rules/` [default: what is in force on this machine].
    #[arg(long, value_name = "DIR")]
    content: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
    /// The tree of a host instead of this machine: a container image, a mounted disk.
    #[arg(long, value_name = "DIR")]
    root: Option<PathBuf>,
    /// Sets a variable of every rule that has it, or of one as RULE.NAME; commas make a list. May be given
    /// several times.
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = setting)]
    set: Vec<(String, Value)>,
}

fn severity(text: &str) -> Result<Severity, String> {
    let all = Severity::ALL;
    let found = all.into_iter().find(|severity| severity.name() == text);
    found.ok_or_else(|| format!("there are: {}", all.map(Severity::name).join(", ")))
}

fn setting(text: &str) -> Result<(String, Value), String> {
    let (name, value) = text.split_once('=').ok_or("write NAME=VALUE")?;
    let scalar = |text: &str| shared::rule::expect::Scalar(text.to_owned());
    let value = match value.split_once(',') {
        None => Value::One(scalar(value)),
        Some(_) => Value::Many(value.split(',').map(scalar).collect()),
    };
    Ok((name.to_owned(), value))
}

impl Source {
    /// The folder with the content.
    fn folder(&self) -> Result<PathBuf, Exit> {
        if let Some(folder) = &self.content {
            return Ok(folder.clone());
        }
        let config = self.settings.load()?;
        let bundle = bundle::in_force(&StateDir::at(&config.state_dir));
        let bundle = bundle.unwrap_or_else(|why| {
            let installed = config.rules.content.display();
            complain(&format!("{why}; what is in {installed} is used"));
            None
        });
        Ok(bundle.unwrap_or(config.rules.content))
    }

    /// The rules in a folder that can be used, and whether those are all: what is wrong with others is
    /// said.
    fn load(folder: &Path) -> Result<(Content, bool), Exit> {
        let loaded = Content::load_what_is_good(folder, Tests::Without);
        let (content, problems) = loaded.map_err(|problem| {
            complain(&problem.to_string());
            Exit::Usage
        })?;
        for problem in &problems {
            complain(&problem.to_string());
        }
        Ok((content, problems.is_empty()))
    }

    fn host(&self) -> Result<Host, Exit> {
        match &self.root {
            None => Ok(host_at("/")),
            Some(root) if root.is_dir() => Ok(host_at(root)),
            Some(root) => {
                complain(&format!(
                    "{} is no folder: `--root` names the tree of a host",
                    root.display()
                ));
                Err(Exit::Usage)
            }
        }
    }

    /// What `--set` says, which every rule takes that is decided and has the variable; `only`: ids of
    /// those that are, or none for all.
    fn values(&self, content: &Content, only: &[String]) -> Result<Values, Exit> {
        let mut values = Values::new();
        let rules = || {
            let all = content.rules.values().map(|loaded| &loaded.rule);
            all.filter(|rule| only.is_empty() || only.contains(&rule.id))
        };
        for (name, value) in &self.set {
            let mut value = value.clone();
            if rules().any(|rule| wants_list(rule, name)) {
                // Of a list with one item, or with none, the text alone does not tell that it is one.
                value = match value {
                    Value::One(one) if one.0.is_empty() => Value::Many(Vec::new()),
                    Value::One(one) => Value::Many(vec![one]),
                    many => many,
                };
            }
            variable::admit(rules(), name, &value).map_err(|why| {
                complain(&format!("`--set`: {why}"));
                Exit::Usage
            })?;
            values.insert(name.clone(), value);
        }
        Ok(values)
    }
}

fn wants_list(rule: &Rule, name: &str) -> bool {
    let variable = rule.variable(name);
    variable.is_some_and(|(variable, _)| variable.sort == Sort::List)
}

pub(super) fn known(content: &Content, ids: &[String]) -> Result<(), Exit> {
    match ids.iter().find(|id| !content.rules.contains_key(*id)) {
        None => Ok(()),
        Some(id) => {
            complain(&format!("there is no rule `{id}` in this content"));
            Err(Exit::Usage)
        }
    }
}

impl Scan {
    pub(super) fn run(self) -> Exit {
        let scanned = || -> Result<Exit, Exit> {
            if !self.sca.is_empty() {
                return self.policies();
            }
            let folder = self.source.folder()?;
            let (mut content, all) = Source::load(&folder)?;
            known(&content, &self.rule)?;
            let mut profiles = Values::new();
            let mut only = self.rule.clone();
            if let Some(key) = &self.profile {
                let added = content.add_profile(&folder, key);
                let profile = added.map_err(|problem| {
                    complain(&problem.to_string());
                    Exit::Usage
                })?;
                let profile = profile.clone();
                only.extend(content.rules_of(&profile).into_iter().map(str::to_owned));
                if only.is_empty() {
                    complain(&format!(
                        "`--profile {key}`: no rule of this content is in it"
                    ));
                    return Err(Exit::Usage);
                }
                profiles = profile.variables;
            }
            // What is said on the command line counts more.
            let values = [&self.source.values(&content, &only)?, &profiles];
            let scan = scan::scan(&content, &only, &values, &self.source.host()?);
            let told = self.tell(&scan);
            Ok(if !all && self.rule.is_empty() {
                // Rules were asked for that nobody has decided.
                Exit::Usage
            } else {
                told
            })
        };
        scanned().unwrap_or_else(|exit| exit)
    }

    fn policies(&self) -> Result<Exit, Exit> {
        let mut rules: Vec<Rule> = Vec::new();
        for path in &self.sca {
            let policy = Policy::load(path).map_err(|why| {
                complain(&why);
                Exit::Usage
            })?;
            // The checks that they belong to are told as errors.
            for broken in policy.broken() {
                complain(&format!("{}:{broken}", path.display()));
            }
            let more = shared::rule::sca::rules(&policy);
            if more
                .iter()
                .any(|one| rules.iter().any(|rule| rule.id == one.id))
            {
                complain(&format!(
                    "{}: another policy is called `{}` too",
                    path.display(),
                    policy.id
                ));
                return Err(Exit::Usage);
            }
            rules.extend(more);
        }
        let known = |id: &&String| rules.iter().any(|rule| rule.id == **id);
        if let Some(id) = self.rule.iter().find(|id| !known(id)) {
            complain(&format!("there is no check `{id}` in these policies"));
            return Err(Exit::Usage);
        }
        let scan = scan::scan_policies(&rules, &self.rule, &self.source.host()?);
        Ok(self.tell(&scan))
    }

    fn tell(&self, scan: &scan::Scan<'_>) -> Exit {
        show(&scan.render(self.format));
        if scan.fails(self.fail_on) {
            Exit::Wrong
        } else {
            Exit::Done
        }
    }
}

impl Explain {
    pub(super) fn run(self) -> Exit {
        let explained = || -> Result<Exit, Exit> {
            let (content, _) = Source::load(&self.source.folder()?)?;
            let ids = [self.rule.clone()];
            known(&content, &ids)?;
            let values = self.source.values(&content, &ids)?;
            let scan = scan::scan(&content, &ids, &[&values], &self.source.host()?);
            for (rule, outcome) in &scan.results {
                show(&explain(rule, outcome));
            }
            Ok(Exit::Done)
        };
        explained().unwrap_or_else(|exit| exit)
    }
}

/// A rule for people: why, what may be set, what is read and seen, what would decide it.
fn explain(rule: &Rule, outcome: &Outcome) -> String {
    let mut text = format!(
        "{}: {}\n{}, {}\n\n{}\n",
        rule.id,
        rule.title,
        rule.severity,
        rule.category,
        rule.why.trim()
    );
    for (name, variable) in &rule.variables {
        let default = match &variable.default {
            None => "not set: the rule is not assessable until it is".to_owned(),
            Some(value) => format!("{value} by default"),
        };
        let _ = writeln!(text, "\n--set {name}=…   {}; {default}", variable.about);
    }
    let _ = writeln!(text, "\nHere: {}", outcome.verdict);
    text.push_str(&evidence_of(outcome));
    if outcome.verdict == Verdict::NotAssessable {
        text.push_str("\nIt would be decided with the right to read what is named above, or the variable set.\n");
    }
    text
}

/// What was read, wanted and found, check by check.
pub(super) fn evidence_of(outcome: &Outcome) -> String {
    let mut text = String::new();
    if outcome.evidence.is_empty() {
        let _ = writeln!(text, "  {}", outcome.because);
    }
    for one in &outcome.evidence {
        let _ = writeln!(text, "  {} ({})", one.check, one.verdict);
        let _ = writeln!(text, "    reads   {}", one.read.join(", "));
        let _ = writeln!(text, "    wants   {}", one.expected);
        let _ = writeln!(text, "    finds   {}", one.actual);
        for offender in &one.offenders {
            let _ = writeln!(text, "            {offender}");
        }
    }
    text
}
