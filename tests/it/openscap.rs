//! The same host judged by OpenSCAP and by us: where both decide what they know under the same public
//! name, they agree, or docs/openscap.md says why ours is right.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use shared::rule::load::{Content, Tests};
use support::{LiveHost, content, process::binary};

const RULE: &str = "xccdf_org.ssgproject.content_rule_";

/// Public names whose check walks every filesystem of the machine, which takes it minutes.
const WALKS: [&str; 9] = [
    "unowned",
    "ungroup",
    "world_writ",
    "unauthorized",
    "interactive",
    "home_",
    "user_dot",
    "_dirs",
    "no_",
];

/// What is broken on the second round, each so that a rule that both know tells it.
const FAULTS: &str = "
chmod 0666 /etc/passwd /etc/group
chmod 0644 /etc/shadow
chown 1 /etc/gshadow
chgrp 1 /etc/passwd-
echo 'second:x:0:0::/root:/bin/sh' >> /etc/passwd
sed -i 's/^PASS_MAX_DAYS.*/PASS_MAX_DAYS 99999/; s/^ENCRYPT_METHOD.*/ENCRYPT_METHOD MD5/' /etc/login.defs
mkdir -p /etc/ssh /etc/cron.d
echo 'PermitRootLogin yes' > /etc/ssh/sshd_config
touch /etc/crontab
chmod 0777 /etc/crontab /etc/cron.d
echo 'issue' > /etc/issue
chmod 0666 /etc/issue /etc/motd
";

/// The data stream for this machine's release, where `./dev test` has put one.
fn stream() -> Option<PathBuf> {
    let folder = binary("..").join("openscap");
    let files = fs::read_dir(folder).ok()?;
    files
        .filter_map(|file| Some(file.ok()?.path()))
        .find(|path| path.extension().is_some_and(|e| e == "xml"))
}

/// Public names that both know, and the ids of our rules that decide them here.
fn common(stream: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let text = fs::read_to_string(stream).unwrap();
    let loaded = Content::load(&content(), Tests::Without).unwrap();
    let mut common: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for loaded in loaded.rules.values() {
        for subject in &loaded.rule.subjects {
            let walks = WALKS.iter().any(|part| subject.contains(part));
            if !walks && text.contains(&format!("id=\"{RULE}{subject}\"")) {
                let rules = common.entry(subject.clone()).or_default();
                rules.insert(loaded.rule.id.clone());
            }
        }
    }
    common
}

/// What OpenSCAP says, by public name.
fn theirs(
    host: &LiveHost,
    stream: &str,
    names: &BTreeMap<String, BTreeSet<String>>,
) -> BTreeMap<String, String> {
    let rules: String = names
        .keys()
        .map(|name| format!(" --rule {RULE}{name}"))
        .collect();
    // It ends with 2 when a rule fails.
    let script =
        format!("oscap xccdf eval --profile '(all)'{rules} {stream} 2>/dev/null || [ $? = 2 ]");
    let said = host.run("sh", &["-c", &script]);
    let mut results = BTreeMap::new();
    let mut name = None;
    for line in said.lines() {
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
fn ours(host: &LiveHost, content: &str) -> BTreeMap<String, (String, String)> {
    let program = binary("openwatch-agent").display().to_string();
    // It ends with 1 when a rule fails.
    let script = format!("{program} scan --content {content} --format json || [ $? = 1 ]");
    let said: Value = serde_json::from_str(&host.run("sh", &["-c", &script])).unwrap();
    let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
    let results = said["results"].as_array().unwrap().iter();
    results
        .map(|one| {
            (
                text(one, "rule"),
                (text(one, "verdict"), text(one, "because")),
            )
        })
        .collect()
}

/// The public names that docs/openscap.md explains.
fn explained() -> BTreeSet<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openscap.md");
    let page = fs::read_to_string(page).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| Some(row.split_once('`')?.0.to_owned()))
        .collect()
}

#[test]
fn verdicts_agree_with_openscap_or_the_page_says_why() {
    let (Some(stream), Some(host)) = (stream(), LiveHost::start()) else {
        eprintln!("skipped: no OpenSCAP with content for this release here");
        return;
    };
    let names = common(&stream);
    let inside = host.folder().join("stream.xml");
    fs::copy(&stream, &inside).unwrap();
    let copied = host.folder().join("content");
    let script = format!("cp -r {} {}", content().display(), copied.display());
    assert!(
        std::process::Command::new("sh")
            .args(["-c", &script])
            .status()
            .unwrap()
            .success()
    );
    let explained = explained();
    let (mut compared, mut failing, mut wrong) = (0, [0, 0], Vec::new());
    for (round, fails) in failing.iter_mut().enumerate() {
        if round == 1 {
            host.run("sh", &["-c", FAULTS]);
        }
        let theirs = theirs(&host, &inside.display().to_string(), &names);
        let ours = ours(&host, &copied.display().to_string());
        for (name, rules) in &names {
            let their = theirs.get(name).map(String::as_str).unwrap_or_default();
            for rule in rules {
                let (verdict, because) = &ours[rule];
                let decided = |verdict: &str| ["pass", "fail"].contains(&verdict);
                if !decided(their) || !decided(verdict) {
                    continue;
                }
                compared += 1;
                *fails += usize::from(verdict == "fail");
                if verdict != their && !explained.contains(name) {
                    wrong.push(format!(
                        "{name}: {their} for them, {rule} {verdict} for us: {because}"
                    ));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {compared}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(compared >= 60, "only {compared} were compared");
    assert!(
        failing[1] > failing[0] + 5,
        "the faults were not seen: {failing:?}"
    );
}
