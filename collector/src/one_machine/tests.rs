use std::{fs, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use shared::clock::ManualClock;
use tempfile::TempDir;

use super::*;
use crate::{
    fleet::Fleet,
    live::Feed,
    metrics::Metrics,
    rollout::State,
    store::test_db::{Server, test_pool},
};

/// A collector that signs, with a folder of content that has one rule.
struct Site {
    signer: OneMachine,
    clock: Arc<ManualClock>,
    folder: TempDir,
    _server: Server,
}

impl Site {
    async fn new() -> Self {
        let (db, server) = test_pool().await;
        let start: DateTime<Utc> = "2026-03-03T14:00:00Z".parse().unwrap();
        let clock = ManualClock::at(start);
        let conductor = Conductor {
            db,
            clock: clock.clone(),
            fleet: Fleet::new(TimeDelta::zero()),
            feed: Feed::new(clock.clone()),
            metrics: Arc::new(Metrics::default()),
            two_people: false,
        };
        let folder = tempfile::tempdir().unwrap();
        let signer = OneMachine::open(folder.path(), conductor).unwrap();
        let site = Self {
            signer,
            clock,
            folder,
            _server: server,
        };
        site.write("One");
        site
    }

    fn write(&self, title: &str) {
        let rules = self.folder.path().join("rules/access");
        fs::create_dir_all(&rules).unwrap();
        let rule = format!(
            "id: named\ntitle: {title}\nseverity: low\ncategory: access\nwhy: Because.\n\
             check:\n  lines: {{files: [/etc/hostname], pattern: '^one$', must: present}}\n"
        );
        fs::write(rules.join("named.yaml"), rule).unwrap();
        let tests = "cases:\n\
             - {name: as it must be, verdict: pass, files: {/etc/hostname: \"one\\n\"}}\n\
             - {name: another, verdict: fail, files: {/etc/hostname: \"two\\n\"}}\n\
             - {name: nothing, absent: true, verdict: fail, files: {}}\n";
        fs::write(rules.join("named.tests.yaml"), tests).unwrap();
    }

    async fn publish(&self) -> Result<Option<u64>, OneMachineError> {
        self.signer.publish(self.folder.path()).await
    }

    /// The rollout goes on until it has nothing to do.
    async fn settle(&self) {
        for _ in 0..4 {
            self.signer.conductor.look().await.unwrap();
        }
        let mut db = self.signer.conductor.db.acquire().await.unwrap();
        let newest = store::rollout::newest(&mut db).await.unwrap().unwrap();
        assert_eq!(newest.rollout.state, State::Completed);
    }
}

#[tokio::test]
async fn what_changed_while_a_rollout_was_under_way_goes_out_after_it() {
    let site = Site::new().await;
    assert_eq!(site.publish().await.unwrap(), Some(1));
    site.write("Two");
    let waits = site.publish().await.unwrap_err();
    let active = OneMachineError::Rollout(CommandError::Active(1));
    assert_eq!(waits.to_string(), active.to_string());
    assert!(matches!(
        waits,
        OneMachineError::Rollout(CommandError::Active(1))
    ));
    site.settle().await;
    assert_eq!(site.publish().await.unwrap(), Some(2));
    site.settle().await;
    assert_eq!(site.publish().await.unwrap(), None, "nothing is new");
}

#[tokio::test]
async fn a_bundle_is_renewed_before_it_expires() {
    let site = Site::new().await;
    assert_eq!(site.publish().await.unwrap(), Some(1));
    site.settle().await;
    site.clock
        .advance(TimeDelta::days(BUNDLE_DAYS - RENEWAL_DAYS) - TimeDelta::seconds(1));
    assert_eq!(site.publish().await.unwrap(), None);
    site.clock.advance(TimeDelta::seconds(1));
    assert_eq!(site.publish().await.unwrap(), Some(2));
}

#[tokio::test]
async fn content_with_a_mistake_is_not_published_and_the_keys_are_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let site = Site::new().await;
    for name in ["content-root.key", "content-publisher.key"] {
        let mode = fs::metadata(site.folder.path().join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let rule = site.folder.path().join("rules/access/named.yaml");
    fs::write(&rule, "id: named\nsurprise: 1\n").unwrap();
    let refused = site.publish().await.unwrap_err();
    assert!(matches!(refused, OneMachineError::Content(_)), "{refused}");
    let mut db = site.signer.conductor.db.acquire().await.unwrap();
    assert!(store::bundle::last(&mut db).await.unwrap().is_none());
}

#[tokio::test]
async fn where_the_root_names_others_nothing_is_signed() {
    let site = Site::new().await;
    assert_eq!(site.publish().await.unwrap(), Some(1));
    let other = tempfile::tempdir().unwrap();
    let conductor = site.signer.conductor.clone();
    let other = OneMachine::open(other.path(), conductor).unwrap();
    site.write("Two");
    let refused = other.publish(site.folder.path()).await.unwrap_err();
    assert!(
        matches!(refused, OneMachineError::OtherPublishers),
        "{refused}"
    );
}
