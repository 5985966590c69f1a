use shared::wire::{KindSettings, Label};
use tempfile::TempDir;

use super::*;

fn settings() -> Settings {
    let kind = |kind: &str, enabled, every_s| KindSettings {
        kind: kind.into(),
        enabled,
        every_s,
    };
    Settings {
        kinds: vec![
            kind("listener", Some(true), Some(30)),
            kind("package", Some(false), None),
            kind("tape", None, None),
        ],
        metrics_enabled: Some(false),
        metrics_send_every_s: Some(60),
        reconcile_s: Some(3600),
        labels: vec![Label {
            key: "role".into(),
            value: "web".into(),
        }],
    }
}

fn open(folder: &TempDir, accept_settings: bool, disabled: &[&str]) -> Controller {
    let disabled = disabled.iter().map(|kind| kind.to_string()).collect();
    let policy = Policy {
        accept_settings,
        disabled,
    };
    let known = ["listener", "package", "os"];
    Controller::open(StateDir::at(folder.path()), policy, known)
}

#[test]
fn settings_are_in_force_and_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let controller = open(&folder, true, &[]);
    let mut watch = controller.watch();
    assert_eq!(*watch.borrow_and_update(), Control::default());
    let said = controller.take(settings());
    assert_eq!(said.version, Some(settings().version().unwrap()));
    assert_eq!((said.refused, said.unknown), (None, vec!["tape".into()]));
    assert!(watch.has_changed().unwrap());
    let again = open(&folder, true, &[]);
    for control in [
        watch.borrow_and_update().clone(),
        again.watch().borrow().clone(),
    ] {
        assert_eq!(
            control.kind("listener"),
            KindControl {
                enabled: true,
                every: Some(Duration::from_secs(30))
            }
        );
        assert!(!control.kind("package").enabled && control.kind("os").enabled);
        assert!(!control.metrics.enabled);
        assert_eq!(control.metrics.send_every, Some(Duration::from_secs(60)));
        assert_eq!(control.reconcile, Some(Duration::from_secs(3600)));
        assert_eq!(control.labels["role"], "web");
    }
    controller.take(settings());
    assert!(
        !watch.has_changed().unwrap(),
        "nothing new, nobody is woken"
    );
}

#[test]
fn what_the_host_switched_off_stays_off() {
    let folder = tempfile::tempdir().unwrap();
    let controller = open(&folder, true, &["listener", "os"]);
    assert!(!controller.watch().borrow().kind("os").enabled);
    let said = controller.take(settings());
    assert_eq!(said.disabled, ["listener", "os"]);
    let control = controller.watch().borrow().clone();
    assert!(!control.kind("listener").enabled && !control.kind("os").enabled);
    assert_eq!(
        control.kind("listener").every,
        Some(Duration::from_secs(30))
    );
}

#[test]
fn a_host_that_accepts_none_says_so_and_forgets_what_it_had() {
    let folder = tempfile::tempdir().unwrap();
    open(&folder, true, &[]).take(settings());
    let controller = open(&folder, false, &[]);
    assert_eq!(*controller.watch().borrow(), Control::default());
    let said = controller.take(settings());
    assert_eq!(said.version, None);
    assert!(said.refused.unwrap().contains("control.accept_settings"));
}

#[test]
fn settings_that_make_no_sense_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let controller = open(&folder, true, &[]);
    let good = controller.take(settings()).version;
    let mut bad = settings();
    bad.kinds[0].every_s = Some(1);
    let said = controller.take(bad);
    assert_eq!(said.version, good);
    assert!(said.refused.unwrap().contains("listener.every_s is 1"));
}

#[test]
fn settings_that_cannot_be_kept_are_not_in_force() {
    let folder = tempfile::tempdir().unwrap();
    let controller = open(&folder, true, &[]);
    std::fs::create_dir(folder.path().join(format!("{FILE}.new"))).unwrap();
    let said = controller.take(settings());
    assert_eq!(said.version, None);
    assert!(said.refused.unwrap().contains(FILE));
    assert_eq!(*controller.watch().borrow(), Control::default());
}

#[test]
fn a_damaged_file_is_as_none() {
    let folder = tempfile::tempdir().unwrap();
    open(&folder, true, &[]).take(settings());
    let path = folder.path().join(FILE);
    let whole = std::fs::read_to_string(&path).unwrap();
    for text in ["", "{", "[]", &whole.replace("30", "1")] {
        std::fs::write(&path, text).unwrap();
        let controller = open(&folder, true, &[]);
        assert_eq!(*controller.watch().borrow(), Control::default(), "{text}");
    }
}
