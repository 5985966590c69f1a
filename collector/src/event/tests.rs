use std::collections::BTreeSet;

use serde_json::{Value, json};
use shared::rule::Severity;

use super::*;

/// Codes and texts of what a transition means.
fn told(kind: &str, key: &str, before: Value, after: Value) -> Vec<(&'static str, String)> {
    let some = |value: &'static Value| Some(value).filter(|value| !value.is_null());
    let (before, after): (&'static Value, &'static Value) =
        (Box::leak(Box::new(before)), Box::leak(Box::new(after)));
    let of = Transition {
        kind,
        key,
        before: some(before),
        after: some(after),
    };
    let events = events(of, |rule| (rule == "known").then_some(Severity::Critical));
    events
        .into_iter()
        .map(|event| (event.code.name(), event.text))
        .collect()
}

fn codes(kind: &str, key: &str, before: Value, after: Value) -> Vec<&'static str> {
    told(kind, key, before, after)
        .into_iter()
        .map(|(code, _)| code)
        .collect()
}

#[test]
fn codes_are_named_once_and_say_what_they_tell() {
    let names: BTreeSet<&str> = Code::ALL.iter().map(|(code, ..)| code.name()).collect();
    assert_eq!(names.len(), Code::ALL.len());
    assert!(
        Code::ALL
            .iter()
            .all(|(_, _, says)| says.ends_with('.') && !says.starts_with(' '))
    );
}

#[test]
fn accounts_and_what_they_may() {
    let user = |uid: u32, locked: bool, empty: bool, all: bool| {
        json!({"uid": uid, "password": {"locked": locked, "empty": empty, "changed_day": 1},
               "sudo": {"allowed": all, "all": all}})
    };
    let plain = user(1000, false, false, false);
    assert_eq!(
        codes("user", "eve", json!(null), plain.clone()),
        ["user.created"]
    );
    assert_eq!(
        codes("user", "eve", plain.clone(), json!(null)),
        ["user.deleted"]
    );
    assert_eq!(
        codes("user", "eve", plain.clone(), user(1000, true, false, false)),
        ["user.locked"]
    );
    assert_eq!(
        codes("user", "eve", user(1000, true, false, false), plain.clone()),
        ["user.unlocked"]
    );
    assert_eq!(
        codes("user", "eve", plain.clone(), user(0, false, true, true)),
        ["user.is_root", "user.no_password", "user.sudo_granted"]
    );
    let unread = json!({"uid": 1000, "password": null, "sudo": null});
    assert_eq!(
        codes("user", "eve", user(1000, false, false, true), unread),
        [""; 0]
    );
    let group = |members: &[&str]| json!({"gid": 27, "members": members});
    assert_eq!(
        told("group", "sudo", group(&["a"]), group(&["a", "eve"])),
        [(
            "user.privileged_group_added",
            "eve joined the group sudo, which gives the rights of root".to_owned()
        )]
    );
    assert_eq!(
        codes("group", "sudo", group(&["a"]), group(&[])),
        ["user.privileged_group_removed"]
    );
    assert_eq!(
        told("group", "web", group(&["a"]), group(&["b"])),
        [("group.changed", "group web: b joined, a left".to_owned())]
    );
    let key = json!({"user": "eve", "algorithm": "ssh-ed25519", "fingerprint": "SHA256:x"});
    assert_eq!(
        codes("ssh_key", "k", json!(null), key.clone()),
        ["ssh_key.added"]
    );
    assert_eq!(codes("ssh_key", "k", key, json!(null)), ["ssh_key.removed"]);
    assert_eq!(
        codes(
            "ssh_key",
            "k",
            json!(null),
            json!({"algorithm": "host key"})
        ),
        [""; 0]
    );
    let failed = |count: u64| json!({"failed_count": count, "last_from": "192.0.2.1"});
    assert_eq!(codes("login", "eve", failed(3), failed(12)), [""; 0]);
    assert_eq!(
        codes("login", "eve", failed(3), failed(13)),
        ["login.failed_threshold"]
    );
    let from = json!({"failed_count": 3, "last_from": "192.0.2.9"});
    assert_eq!(codes("login", "eve", failed(3), from), ["login.new_source"]);
}

#[test]
fn packages_services_ports_and_the_rest() {
    let package = |version: &str| json!({"version": version});
    assert_eq!(
        told(
            "package",
            "openssl:amd64",
            package("3.0.1"),
            package("3.0.2")
        ),
        [(
            "package.updated",
            "openssl:amd64 was 3.0.1, now 3.0.2".to_owned()
        )]
    );
    let other = json!({"version": "3.0.1", "source": "another"});
    assert_eq!(
        codes("package", "openssl:amd64", package("3.0.1"), other),
        [""; 0]
    );
    let service = |state: &str, file: &str| json!({"active_state": state, "unit_file_state": file});
    for (before, after, code) in [
        ("inactive", "active", "service.started"),
        ("active", "inactive", "service.stopped"),
        ("active", "failed", "service.failed"),
        ("active", "reloading", ""),
        ("active", "activating", ""),
        ("failed", "failed", ""),
    ] {
        let told = codes(
            "service",
            "cron.service",
            service(before, "enabled"),
            service(after, "enabled"),
        );
        let expected: Vec<&str> = [code].into_iter().filter(|code| !code.is_empty()).collect();
        assert_eq!(told, expected, "{before} {after}");
    }
    assert_eq!(
        codes(
            "service",
            "x",
            service("active", "enabled"),
            service("active", "disabled")
        ),
        ["service.disabled"]
    );
    let socket = json!({"programs": ["nginx"]});
    assert_eq!(
        told("listener", "tcp 0.0.0.0:80", json!(null), socket.clone()),
        [("port.opened", "nginx listens on tcp 0.0.0.0:80".to_owned())]
    );
    assert_eq!(
        codes("listener", "tcp 0.0.0.0:80", socket, json!(null)),
        ["port.closed"]
    );
    let os = |boot: &str, kernel: &str| json!({"boot_id": boot, "kernel": kernel, "hostname": "a"});
    assert_eq!(
        codes("os", "os", os("1", "6.1"), os("2", "6.2")),
        ["kernel.updated", "reboot.completed"]
    );
    let reboot = |required: bool| json!({"required": required});
    assert_eq!(
        codes("update", "@reboot", reboot(false), reboot(true)),
        ["reboot.required"]
    );
    assert_eq!(
        codes("update", "@reboot", reboot(true), reboot(false)),
        [""; 0]
    );
    let update = json!({"security": true, "available": "2"});
    assert_eq!(
        codes("update", "a:amd64", json!(null), update),
        ["update.security"]
    );
    assert_eq!(
        codes("mount", "/mnt", json!(null), json!({})),
        ["filesystem.mounted"]
    );
    assert_eq!(codes("no such kind", "x", json!(null), json!({})), [""; 0]);
}

#[test]
fn results_are_as_serious_as_their_rule_and_content_that_comes_is_no_event() {
    let result = |verdict: &str| json!({"verdict": verdict, "because": "it is so"});
    let of = |before: Value, after: Value| codes("result", "known", before, after);
    assert_eq!(of(result("pass"), result("fail")), ["result.failed"]);
    assert_eq!(of(result("fail"), result("pass")), ["result.fixed"]);
    assert_eq!(of(result("fail"), result("fail")), ["result.value_changed"]);
    assert_eq!(of(result("pass"), result("error")), ["result.turned"]);
    assert_eq!(of(json!(null), result("fail")), ["result.failed"]);
    assert_eq!(of(json!(null), result("pass")), [""; 0]);
    assert_eq!(of(result("fail"), json!(null)), [""; 0]);
    let after = result("fail");
    let fails = Transition {
        kind: "result",
        key: "known@profile",
        before: None,
        after: Some(&after),
    };
    let told = events(fails, |rule| {
        (rule == "known").then_some(Severity::Critical)
    });
    assert_eq!(told[0].severity, Severity::Critical);
    assert_eq!(told[0].text, "known (profile) fails: it is so");
}

#[test]
fn a_host_that_was_never_heard_of_has_not_come_back() {
    let code =
        |before: Option<&str>, state: &str| heard(before, state, "").map(|event| event.code.name());
    assert_eq!(code(Some("online"), "link_lost"), Some("host.unreachable"));
    assert_eq!(
        code(Some("online"), "agent_killed"),
        Some("host.agent_killed")
    );
    assert_eq!(code(Some("online"), "host_shutdown"), Some("host.left"));
    assert_eq!(code(Some("link_lost"), "online"), Some("host.recovered"));
    assert_eq!(code(Some("never_seen"), "online"), None);
    assert_eq!(code(None, "online"), None);
    assert_eq!(code(Some("online"), "unknown"), None);
}
