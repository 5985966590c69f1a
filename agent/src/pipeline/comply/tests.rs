use std::fs;

use shared::clock::SystemClock;

use super::*;
use crate::state::StateDir;

const RULE: &str = "id: named\ntitle: It has a name\nseverity: low\ncategory: system\n\
    why: Because.\ncheck: {file: {paths: [/etc/hostname]}}\n";

#[tokio::test]
async fn what_is_decided_too_late_is_told_and_not_decided_again_for_that() {
    let folder = tempfile::tempdir().unwrap();
    let rules = folder.path().join("content/rules/system");
    fs::create_dir_all(&rules).unwrap();
    fs::write(rules.join("named.yaml"), RULE).unwrap();
    let clock = SystemClock::shared();
    let journal = Journal::open(folder.path(), 1 << 20, clock.clone()).unwrap();
    let assigner = Arc::new(Assigner::open(StateDir::at(folder.path()), true));
    let complier = Complier {
        host: Host::at(folder.path(), clock),
        content: folder.path().join("content"),
        journal: Arc::new(journal),
        limit: Duration::ZERO,
        heard: watch::Sender::new(Heard::new()).subscribe(),
        reconciled: watch::Sender::new(0).subscribe(),
        control: watch::Sender::new(Control::default()).subscribe(),
        wanted: assigner.watch(),
        assigner,
        faults: JournalFaults(watch::Sender::new(None)),
        blind: watch::Sender::new(Blind::new()),
    };
    let (_, decided) = complier.decide(complier.nothing(), None).await;
    let decided = decided.unwrap().expect("the results, however late");
    complier.keep(decided).await.unwrap();
    let kinds = complier.journal.summary().unwrap().kinds;
    assert_eq!((kinds[0].rows, &kinds[0].stale), (1, &None));
}
