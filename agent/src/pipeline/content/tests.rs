use std::fs;

use serde_json::Value;
use shared::{
    clock::SystemClock,
    lifecycle::{Ended, Lifecycle},
    wire::{ContentRefusal, OfferStage},
};
use tokio::time::sleep;

use super::*;
use crate::{
    assign::Assigner,
    bundle::tests::{Made, Site, fetch},
    control::Control,
    pipeline::{comply::Complier, faults::JournalFaults, observe::Blind},
};

/// The tasks of a host that has to do with content.
struct Tasks {
    site: Site,
    bundles: Bundles,
    journal: Arc<Journal>,
    came: watch::Sender<Option<Came>>,
    lifecycle: Lifecycle,
}

impl Tasks {
    fn new() -> Self {
        let site = Site::pinned();
        let state = site.state();
        state.make().unwrap();
        let journal = Journal::open(state.path(), 1 << 20, SystemClock::shared());
        Self {
            bundles: site.open(),
            site,
            journal: Arc::new(journal.unwrap()),
            came: watch::Sender::new(None),
            lifecycle: Lifecycle::default(),
        }
    }

    fn taker(&self) -> Taker {
        let ground = self.site.ground();
        Taker {
            bundles: self.bundles.clone(),
            state: self.site.state(),
            host: ground.host,
            journal: self.journal.clone(),
            wanted: watch::Sender::new(ground.wanted).subscribe(),
            limits: ground.limits,
            came: self.came.subscribe(),
        }
    }

    fn comply(&self) {
        let assigner = Arc::new(Assigner::open(self.site.state(), true));
        let (heard, reconciled) = (
            watch::Sender::new(Default::default()),
            watch::Sender::new(0),
        );
        let complier = Complier {
            host: self.site.ground().host,
            bundles: self.bundles.clone(),
            came: self.came.clone(),
            journal: self.journal.clone(),
            limit: Duration::from_secs(60),
            heard: heard.subscribe(),
            reconciled: reconciled.subscribe(),
            control: watch::Sender::new(Control::default()).subscribe(),
            wanted: assigner.watch(),
            assigner,
            faults: JournalFaults(watch::Sender::new(None)),
            blind: watch::Sender::new(Blind::new()),
        };
        self.lifecycle.spawn("comply", |token| complier.run(token));
    }

    /// Stops the tasks; others may be started then.
    async fn stop(&mut self) {
        let ended = std::mem::take(&mut self.lifecycle);
        assert_eq!(ended.stop(Duration::from_secs(10)).await, Ended::Stopped);
    }

    /// Fetches a bundle, up to where it is to be taken.
    fn offer(&self, made: &Made) {
        self.bundles.consider(&made.offer);
        fetch(&self.bundles, made).unwrap();
    }

    /// The verdict of a rule, as it is told.
    fn verdict(&self, rule: &str) -> Option<String> {
        let known = self.journal.known(KIND, &[rule.into()]).unwrap();
        let record: Value = serde_json::from_str(&known.first()?.value).unwrap();
        Some(record["verdict"].as_str().unwrap().to_owned())
    }

    async fn until(&self, what: &str, holds: impl Fn() -> bool) {
        for _ in 0..2000 {
            if holds() {
                return;
            }
            sleep(Duration::from_millis(10)).await;
        }
        panic!("not {what}: {:?}", self.bundles.state());
    }
}

#[tokio::test]
async fn what_is_offered_is_tried_comes_in_force_and_is_decided_by() {
    let mut tasks = Tasks::new();
    tasks.comply();
    let taker = tasks.taker();
    tasks.lifecycle.spawn("content", |token| taker.run(token));
    tasks.offer(&tasks.site.bundle(1));
    tasks
        .until("decided", || {
            tasks.verdict("of-1").as_deref() == Some("pass")
        })
        .await;
    tasks
        .until("proved", || tasks.bundles.fledgling().is_none())
        .await;
    assert_eq!(
        tasks.bundles.state().in_force.map(|now| now.serial),
        Some(1)
    );
    // The next one has another rule in its place.
    tasks.offer(&tasks.site.bundle(2));
    tasks
        .until("the next", || tasks.verdict("of-2").is_some())
        .await;
    assert_eq!(tasks.verdict("of-1"), None);
    let told = tasks.bundles.state().offer.unwrap();
    assert_eq!(told.stage, OfferStage::InForce);
    let trial = told.trial.unwrap();
    assert_eq!((trial.results, trial.turning, trial.errors), (2, 1, 0));
    tasks.stop().await;
}

#[tokio::test]
async fn a_bundle_whose_rules_go_wrong_once_it_is_in_force_is_taken_back() {
    let mut tasks = Tasks::new();
    let mut taker = tasks.taker();
    let first = tasks.site.bundle(1);
    tasks.offer(&first);
    taker.try_on(first.offer).await;
    tasks.comply();
    tasks
        .until("decided", || tasks.came.borrow().is_some())
        .await;
    taker.look().await;
    assert_eq!(tasks.bundles.fledgling(), None, "it is of use");
    tasks.stop().await;
    tasks.came.send_replace(None);
    let status = tasks.site.folder.path().join("host/var/lib/dpkg/status");
    fs::create_dir_all(status.parent().unwrap()).unwrap();
    fs::write(&status, "").unwrap();
    let rule = "id: no-telnet\ntitle: So it is\nseverity: low\ncategory: system\nwhy: Because.\n\
                check: {package: {names: [telnet], must: absent}}\n";
    let content = [("rules/system/no-telnet.yaml".to_owned(), rule.into())].into();
    let mut manifest = tasks.site.manifest(2, &content);
    manifest.features = vec!["package".into()];
    let second = tasks.site.bundle_of(manifest, content);
    tasks.offer(&second);
    taker.try_on(second.offer.clone()).await;
    assert_eq!(
        tasks.bundles.state().in_force.map(|now| now.serial),
        Some(2)
    );

    // In its trial it did well.
    fs::remove_file(&status).unwrap();
    fs::create_dir(&status).unwrap();
    tasks.comply();
    tasks
        .until("decided", || tasks.came.borrow().is_some())
        .await;
    taker.look().await;
    let told = tasks.bundles.state();
    assert_eq!(told.in_force.map(|now| now.serial), Some(1));
    let offer = told.offer.unwrap();
    assert_eq!(offer.stage, OfferStage::Returned);
    assert!(
        offer.detail.contains("1 of 1 results are an error"),
        "{}",
        offer.detail
    );
    tasks
        .until("decided again", || {
            tasks.verdict("of-1").as_deref() == Some("pass")
        })
        .await;
    assert_eq!(tasks.verdict("no-telnet"), None);
    tasks.stop().await;
}

#[tokio::test]
async fn what_costs_too_much_in_a_trial_is_refused_and_nothing_is_told_of_it() {
    let tasks = Tasks::new();
    let mut taker = tasks.taker();
    taker.limits.cpu = Duration::ZERO;
    let made = tasks.site.bundle(1);
    tasks.offer(&made);
    taker.try_on(made.offer).await;
    let told = tasks.bundles.state();
    assert_eq!(told.in_force, None);
    let stage = told.offer.unwrap().stage;
    assert_eq!(stage, OfferStage::Refused(ContentRefusal::Budget));
    assert_eq!(tasks.journal.rows(KIND).unwrap(), []);
}
