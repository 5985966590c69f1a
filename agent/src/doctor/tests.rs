use shared::{
    clock::ManualClock,
    fact::Fact,
    id::HostId,
    tls::ALPN_ENROL,
    wire::{EnrolRequest, IssueReply},
};

use super::*;
use crate::link::tests::{clock, collector::Collector};

struct Denied;

impl Probe for Denied {
    fn kind(&self) -> &'static str {
        "user"
    }

    fn sources(&self) -> &'static [&'static str] {
        &["/etc/shadow"]
    }

    fn wakes(&self, _: &Host) -> Vec<crate::probe::Wake> {
        Vec::new()
    }

    fn read(&self, _: &Host) -> Result<Vec<Fact>, Stale> {
        Err(Stale {
            reason: StaleReason::Denied,
            detail: "/etc/shadow: permission denied".into(),
        })
    }
}

struct World {
    config: Config,
    host: Host,
    clock: std::sync::Arc<ManualClock>,
    state: StateDir,
    collector: Option<Collector>,
    _folder: tempfile::TempDir,
}

async fn enrolled() -> World {
    let folder = tempfile::tempdir().unwrap();
    let clock = clock();
    let collector = Collector::start(clock.clone());
    let mut config = Config::defaults(folder.path());
    config.outbox.max_bytes = 1 << 20;
    config.rules.content = folder.path().into();
    let state = StateDir::at(folder.path());
    let host = Host::at(folder.path(), clock.clone());
    let token = collector.authority.token();
    let (enrolled, ()) = tokio::join!(
        identity::enrol(&state, &host, &collector.address, &token, false),
        collector.answer(ALPN_ENROL, |request: EnrolRequest| {
            let issued = collector.authority.issue_now(HostId::new(), &request.csr);
            IssueReply::Issued(issued)
        }),
    );
    enrolled.unwrap();
    World {
        config,
        host,
        clock,
        state,
        collector: Some(collector),
        _folder: folder,
    }
}

impl World {
    /// Everything that is found, with the collector answering if there is one.
    async fn examine(&self, probes: &'static [&'static dyn Probe]) -> Vec<Finding> {
        let examining = examine(&self.config, probes, &self.host);
        match &self.collector {
            Some(collector) => {
                let (findings, connection) = tokio::join!(examining, collector.turned_away());
                drop(connection);
                findings
            }
            None => examining.await,
        }
    }
}

fn wrong(findings: &[Finding]) -> Vec<String> {
    let wrong = findings.iter().filter(|f| f.verdict == Verdict::Wrong);
    wrong.map(ToString::to_string).collect()
}

#[tokio::test]
async fn a_host_in_order_has_nothing_wrong() {
    let world = enrolled().await;
    let _running = world.state.lock().unwrap();
    let findings = world.examine(&[]).await;
    assert_eq!(wrong(&findings), Vec::<String>::new());
    assert!(!is_wrong(&findings));
}

#[tokio::test]
async fn a_kind_that_cannot_be_read_is_named_with_why_and_the_mend() {
    let world = enrolled().await;
    let _running = world.state.lock().unwrap();
    let findings = wrong(&world.examine(&[&Denied]).await);
    let [finding] = &findings[..] else {
        panic!("{findings:?}");
    };
    for part in [
        "user",
        "/etc/shadow: permission denied",
        "openwatch-agent facts --kind user",
    ] {
        assert!(finding.contains(part), "{finding}");
    }
}

#[tokio::test]
async fn each_thing_that_is_wrong_is_found() {
    let mut world = enrolled().await;
    let path = world.state.path().join(identity::FILE);
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    world.config.outbox.max_bytes = u64::MAX;
    // Nobody listens there: the kernel says so at once.
    world.collector = None;
    world.config.collector.address = "127.0.0.1".into();
    world.clock.advance(chrono::TimeDelta::days(40));
    let findings = wrong(&world.examine(&[]).await).join("\n");
    for part in [
        "does not run",
        "chmod 600",
        "MiB left, and the outbox may need",
        "certificate expired on 2023-12-13",
        "is not HOST:PORT",
    ] {
        assert!(findings.contains(part), "{part}\n{findings}");
    }
}

#[tokio::test]
async fn a_host_that_is_not_enrolled_says_how_to_enrol_it() {
    let folder = tempfile::tempdir().unwrap();
    let config = Config::defaults(folder.path());
    let host = Host::at(folder.path(), clock());
    let findings = wrong(&examine(&config, &[], &host).await).join("\n");
    assert!(
        findings.contains("openwatch-agent enroll --collector"),
        "{findings}"
    );
}

#[test]
fn rules_that_are_stale_or_not_there_are_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::defaults(folder.path());
    let state = StateDir::at(folder.path());
    config.rules.content = folder.path().join("none");
    let now = DateTime::UNIX_EPOCH + chrono::TimeDelta::days(20_000);
    let none = content(&config, &state, None, now);
    assert_eq!(none.verdict, Verdict::Wrong);
    assert!(none.text.starts_with("there are no rules"), "{none}");
    config.rules.content = folder.path().into();
    assert_eq!(content(&config, &state, None, now).verdict, Verdict::Good);
    let micros = now.timestamp_micros();
    let until = |expires| ContentState {
        in_force: Some(shared::wire::InForceBundle {
            serial: 7,
            manifest: [0; 32],
            created: micros - 86_400_000_000,
            expires,
            since: micros,
        }),
        ..ContentState::default()
    };
    let good = content(&config, &state, Some(&until(micros + 1)), now);
    assert_eq!(good.verdict, Verdict::Good);
    let stale = content(&config, &state, Some(&until(micros)), now);
    assert_eq!(stale.verdict, Verdict::Wrong);
    let told = "the rules are bundle 7 of 2024-10-03, stale: it expired 2024-10-04";
    assert_eq!(stale.text, told);
    // A note of what is in force that leads to nothing.
    std::fs::create_dir(folder.path().join("content")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("content/in-force")).unwrap();
    let unknown = content(&config, &state, None, now);
    assert_eq!(unknown.verdict, Verdict::Wrong);
    assert!(unknown.text.contains("content/in-force"), "{unknown}");
}

#[test]
fn a_clock_that_is_off_is_wrong_on_either_side() {
    for (ahead, verdict) in [
        (0, Verdict::Good),
        (29_000, Verdict::Good),
        (31_000, Verdict::Wrong),
        (-31_000, Verdict::Wrong),
    ] {
        assert_eq!(clock_finding(ahead).verdict, verdict, "{ahead}");
    }
    assert!(clock_finding(-90_000).text.contains("90 s behind"));
}
