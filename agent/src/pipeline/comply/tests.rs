use std::fs;

use serde_json::Value;
use shared::{
    clock::SystemClock,
    lifecycle::{Ended, Lifecycle},
};
use tempfile::TempDir;

use super::*;
use crate::{bundle::Policy, state::StateDir};

/// A complier of a host and of content in one folder, and what it hears by.
struct Site {
    folder: TempDir,
    heard: watch::Sender<Heard>,
    reconciled: watch::Sender<u64>,
    journal: Arc<Journal>,
}

fn site(rule: &str, limit: Duration) -> (Site, Complier) {
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("installed/rules/system");
    fs::create_dir_all(&rules).unwrap();
    let text = format!(
        "id: so-it-is\ntitle: So it is\nseverity: low\ncategory: system\nwhy: Because.\n\
         check: {rule}\n"
    );
    fs::write(rules.join("so-it-is.yaml"), text).unwrap();
    let clock = SystemClock::shared();
    let journal = Arc::new(Journal::open(folder.path(), 1 << 20, clock.clone()).unwrap());
    let assigner = Arc::new(Assigner::open(StateDir::at(folder.path()), true));
    let (heard, reconciled) = (watch::Sender::new(Heard::new()), watch::Sender::new(0));
    let policy = Policy {
        root: folder.path().join("root.json"),
        offers: true,
        installed: folder.path().join("installed"),
    };
    let complier = Complier {
        host: Host::at(folder.path(), clock.clone()),
        bundles: Bundles::open(&StateDir::at(folder.path()), policy, clock),
        came: watch::Sender::new(None),
        journal: journal.clone(),
        limit,
        heard: heard.subscribe(),
        reconciled: reconciled.subscribe(),
        control: watch::Sender::new(Control::default()).subscribe(),
        wanted: assigner.watch(),
        assigner,
        faults: JournalFaults(watch::Sender::new(None)),
        blind: watch::Sender::new(Blind::new()),
    };
    let site = Site {
        folder,
        heard,
        reconciled,
        journal,
    };
    (site, complier)
}

impl Site {
    /// Installs packages, or nothing.
    fn install(&self, names: &[&str]) {
        let folder = self.folder.path().join("var/lib/dpkg");
        fs::create_dir_all(&folder).unwrap();
        let stanza = |name: &&str| {
            format!(
                "Package: {name}\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n\n"
            )
        };
        let text: String = names.iter().map(stanza).collect();
        fs::write(folder.join("status"), text).unwrap();
    }

    async fn becomes(&self, verdict: &str) {
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            let known = self.journal.known(KIND, &["so-it-is".into()]).unwrap();
            let record = known.first().map(|fact| fact.value.clone());
            let record = record.map(|text| serde_json::from_str::<Value>(&text).unwrap());
            if record.as_ref().is_some_and(|r| r["verdict"] == verdict) {
                return;
            }
            assert!(Instant::now() < until, "not {verdict}: {record:?}");
            sleep(Duration::from_millis(10)).await;
        }
    }
}

#[tokio::test]
async fn what_is_decided_too_late_is_told_and_not_decided_again_for_that() {
    let (_site, complier) = site("{file: {paths: [/etc/hostname]}}", Duration::ZERO);
    let (_, _, decided) = complier.decide(complier.nothing(), None).await;
    let decided = decided.unwrap().expect("the results, however late");
    complier.keep(decided).await.unwrap();
    let kinds = complier.journal.summary().unwrap().kinds;
    assert_eq!((kinds[0].rows, &kinds[0].stale), (1, &None));
}

/// What was heard before a decision of every rule is of the past then: heard again, it is new.
#[tokio::test]
async fn a_kind_that_changes_again_after_everything_was_decided_is_not_passed_over() {
    let rule = "{package: {names: [telnet], must: absent}}";
    let (site, complier) = site(rule, Duration::from_secs(60));
    site.install(&["base-files"]);
    let lifecycle = Lifecycle::default();
    lifecycle.spawn("comply", |token| complier.run(token));
    site.becomes("pass").await;
    site.install(&["base-files", "telnet"]);
    site.heard.send_replace(Heard::from([("package", 1)]));
    // Heard, and not yet quiet.
    sleep(Duration::from_millis(20)).await;
    site.reconciled.send_replace(1);
    site.becomes("fail").await;
    site.install(&["base-files"]);
    site.heard.send_replace(Heard::from([("package", 2)]));
    site.becomes("pass").await;
    let ended = lifecycle.stop(Duration::from_secs(10)).await;
    assert_eq!(ended, Ended::Stopped);
}
