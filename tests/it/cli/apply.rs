//! A collector that becomes what files say.

use std::{
    fs,
    path::{Path, PathBuf},
};

use reqwest::Method;
use serde_json::{Value, json};
use support::{RawHost, TestCollector};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{UnixListener, UnixStream},
    task::JoinSet,
};

use super::ran::{Ran, owadm, owadm_reads, run};

const WEB: &str = "\
# Hosts that serve the web.
kind: Group
name: web
description: Hosts that serve the web
precedence: 10
match: {role: web}
---
kind: Settings
group: web
settings:
  reconcile_s: 600
  kinds:
    package: {every_s: 300}
---
kind: Maintenance
group: web
reason: Patches
from: 2026-03-01T00:00:00Z
weekly: {weekday: 7, start_minute: 120, duration_minutes: 60}
";
const FLEET: &str = "kind: Settings\nsettings: {reconcile_s: 900}\n";

/// Applies what is read.
async fn apply(collector: &TestCollector, text: &str, more: &[&str]) -> Ran {
    let args = [&["apply", "-f", "-"], more].concat();
    owadm_reads(collector, &args, text).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_becomes_what_files_say_and_the_same_again_changes_nothing() {
    let collector = TestCollector::start().await;
    let api = &collector.api;
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("fleet")).unwrap();
    fs::write(folder.path().join("fleet/all.yaml"), FLEET).unwrap();
    fs::write(folder.path().join("web.yaml"), WEB).unwrap();
    fs::write(folder.path().join("notes.txt"), "kind: Nonsense\n").unwrap();
    let path = folder.path().display().to_string();
    let apply_folder =
        async |more: &[&str]| owadm(&collector, &[&["apply", "-f", &path], more].concat()).await;

    let would = apply_folder(&["--dry-run"]).await.text();
    for part in [
        "+++ Group web (",
        "web.yaml:2)",
        "+precedence: 10",
        "+    package: {every_s: 300}",
        "4 would be made, 0 would be changed, 0 would be deleted; 0 are so already.",
    ] {
        assert!(would.contains(part), "{part}: {would}");
    }
    assert!(
        api.all("/api/v1/groups").await.is_empty(),
        "a dry run changes nothing"
    );

    let said = apply_folder(&[]).await.text();
    assert!(
        said.contains("Group web: made\n") && said.contains("4 made"),
        "{said}"
    );
    let groups = api.all("/api/v1/groups").await;
    assert_eq!(
        (&groups[0]["name"], &groups[0]["match"]["role"]),
        (&json!("web"), &json!("web"))
    );
    assert_eq!(
        api.get("/api/v1/settings").await["settings"]["reconcile_s"],
        900
    );
    let windows = api.all("/api/v1/maintenance").await;
    assert_eq!(windows[0]["weekly"]["start_minute"], 120);
    let before = audited(&collector).await;
    assert!(
        apply_folder(&[])
            .await
            .text()
            .starts_with("Nothing to do: all 4")
    );
    assert_eq!(audited(&collector).await, before, "nothing was written");

    // What `get` writes is what is there.
    for kind in ["groups", "settings", "maintenance"] {
        let written = owadm(&collector, &["get", kind, "-o", "yaml"]).await.text();
        let said = apply(&collector, &written, &["--prune"]).await.text();
        assert!(said.starts_with("Nothing to do"), "{written}{said}");
    }

    let changed = WEB.replace("reconcile_s: 600", "reconcile_s: 60");
    let would = apply(&collector, &changed, &["--dry-run", "--json"])
        .await
        .json();
    let differs: Vec<&Value> = would["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|item| item["change"] != "unchanged")
        .collect();
    assert_eq!(differs.len(), 1, "{would}");
    assert_eq!(
        (&differs[0]["kind"], &differs[0]["name"]),
        (&json!("Settings"), &json!("group web"))
    );
    let diff = differs[0]["diff"].as_str().unwrap();
    assert!(diff.contains("60"), "{diff}");
    apply(&collector, &changed, &[]).await.text();
    let group = groups[0]["id"].as_str().unwrap();
    let layer = api.get(&format!("/api/v1/groups/{group}/settings")).await;
    assert_eq!(layer["settings"]["reconcile_s"], 60);
    collector.stop().await;
}

/// A socket in front of the collector's. Before the first change that comes through it, somebody else makes one.
fn meddled(collector: &TestCollector, folder: &Path, group: &str) -> (PathBuf, JoinSet<()>) {
    let front = folder.join("front.sock");
    let listener = UnixListener::bind(&front).unwrap();
    let (behind, api) = (
        collector.server().socket().to_owned(),
        collector.api.clone(),
    );
    let path = format!("/api/v1/groups/{group}");
    let mut running = JoinSet::new();
    running.spawn(async move {
        let mut meddles = true;
        loop {
            let (client, _) = listener.accept().await.unwrap();
            let server = UnixStream::connect(&behind).await.unwrap();
            let (mut from_client, mut to_client) = client.into_split();
            let (mut from_server, mut to_server) = server.into_split();
            let mut bytes = vec![0; 64 * 1024];
            let back = tokio::io::copy(&mut from_server, &mut to_client);
            let forth = async {
                while let Ok(length @ 1..) = from_client.read(&mut bytes).await {
                    let said = &bytes[..length];
                    if said.starts_with(b"PUT ") && std::mem::take(&mut meddles) {
                        let other = json!({"name": "web", "precedence": 99});
                        let met = api.send(Method::PUT, &path, Some(&other)).await;
                        assert_eq!(met.status(), 200);
                    }
                    to_server.write_all(said).await.unwrap();
                }
            };
            tokio::select! {
                () = forth => {}
                _ = back => {}
            }
        }
    });
    (front, running)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_somebody_else_changes_while_it_runs_is_left_to_them() {
    let collector = TestCollector::start().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("web.yaml");
    fs::write(&file, WEB).unwrap();
    let file = file.display().to_string();
    owadm(&collector, &["apply", "-f", &file]).await.text();
    let group = collector.api.all("/api/v1/groups").await[0].clone();
    let group = group["id"].as_str().unwrap();
    fs::write(&file, WEB.replace("precedence: 10", "precedence: 20")).unwrap();
    let (socket, mut running) = meddled(&collector, folder.path(), group);
    let socket = socket.display().to_string();
    let args = ["--socket", &socket, "apply", "-f", &file];
    run("owadm", args, &[], "").await.ended(
        1,
        &[
            "web.yaml:2",
            "Group web",
            "somebody changed it meanwhile",
            "run it again",
        ],
    );
    running.shutdown().await;
    let path = format!("/api/v1/groups/{group}");
    assert_eq!(collector.api.get(&path).await["precedence"], 99);
    owadm(&collector, &["apply", "-f", &file]).await.text();
    assert_eq!(collector.api.get(&path).await["precedence"], 20);
    collector.stop().await;
}

/// How many records the audit log has of changes.
async fn audited(collector: &TestCollector) -> i64 {
    let db = collector.database().await;
    let count = "select seq from audit_stream where name = 'change'";
    let count = sqlx::query_scalar(count).fetch_one(&db).await;
    db.close().await;
    count.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn members_by_hand_are_what_a_file_says_where_it_says_any() {
    let collector = TestCollector::start().await;
    let host = RawHost::enrol(&collector).await;
    let id = host.id.to_string();
    let members = async || {
        let group = collector.api.all("/api/v1/groups").await;
        let group = group.iter().find(|group| group["name"] == "some").unwrap();
        let path = format!("/api/v1/groups/{}/members", group["id"].as_str().unwrap());
        collector.api.all(&path).await.len()
    };
    let some = "kind: Group\nname: some\n";
    apply(&collector, some, &[]).await.text();
    let named = format!("{some}members: [raw]\n");
    apply(&collector, &named, &[]).await.text();
    assert_eq!(members().await, 1);
    let by_identity = format!("{some}members: [{id}]\n");
    for (text, count) in [(&named, 1), (&by_identity, 1), (&some.to_owned(), 1)] {
        let said = apply(&collector, text, &[]).await.text();
        assert!(said.starts_with("Nothing to do"), "{text}{said}");
        assert_eq!(members().await, count);
    }
    apply(&collector, &format!("{some}members: []\n"), &[])
        .await
        .text();
    assert_eq!(members().await, 0);
    apply(&collector, &format!("{some}members: [none]\n"), &[])
        .await
        .ended(
            1,
            &[
                "nothing was changed",
                "standard input:1: Group some: there is no host \"none\"",
            ],
        );
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_is_told_with_its_place_and_nothing_is_changed() {
    let collector = TestCollector::start().await;
    let wrong = "kind: Group\nname: web\n\
        ---\nkind: Channel\nname: mail\n\
        ---\nkind: Settings\ngroup: web\nsettings: {reconcile: 5}\n";
    apply(&collector, wrong, &[]).await.ended(
        1,
        &[
            "nothing was changed",
            "standard input:4: the kind \"Channel\" is not known here",
            "standard input:9: ",
            "reconcile",
        ],
    );
    let strangers = "kind: Group\nname: web\n\
        ---\nkind: Maintenance\ngroup: none\nreason: x\n\
        ---\nkind: Group\nname: a\ngroups: [b]\n\
        ---\nkind: Group\nname: b\ngroups: [a]\n";
    apply(&collector, strangers, &[]).await.ended(
        1,
        &[
            "standard input:4: Maintenance none: x: there is no group \"none\"",
            "groups are in each other: a, b",
        ],
    );
    assert!(collector.api.all("/api/v1/groups").await.is_empty());
    owadm(&collector, &["apply", "-f", "/nonexistent.yaml"])
        .await
        .ended(1, &["/nonexistent.yaml"]);

    // What only the collector can tell comes when some is done; the next run goes on from there.
    let halfway = "kind: Group\nname: web\n\
        ---\nkind: Settings\ngroup: web\nsettings:\n  compliance: {profiles: [no-such-profile]}\n\
        ---\nkind: Maintenance\ngroup: web\nreason: x\n";
    apply(&collector, halfway, &[]).await.ended(
        1,
        &[
            "standard input:4: Settings group web",
            "no-such-profile",
            "1 of 3 changes were made",
        ],
    );
    let mended = halfway.replace(
        "compliance: {profiles: [no-such-profile]}",
        "reconcile_s: 60",
    );
    let said = apply(&collector, &mended, &[]).await.text();
    assert!(
        said.contains("2 made, 0 changed, 0 deleted; 1 are so already."),
        "{said}"
    );
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_files_do_not_say_goes_only_when_that_is_asked_for() {
    let collector = TestCollector::start().await;
    let api = &collector.api;
    apply(&collector, WEB, &[]).await.text();
    apply(&collector, FLEET, &[]).await.text();
    let db = "kind: Group\nname: db\n";
    apply(&collector, db, &[]).await.text();
    assert_eq!(api.all("/api/v1/groups").await.len(), 2);
    let would = apply(&collector, db, &["--prune", "--dry-run"])
        .await
        .text();
    assert!(would.contains("--- Group web\n+++ /dev/null\n"), "{would}");
    let said = apply(&collector, db, &["--prune"]).await.text();
    assert!(
        said.contains("Group web: deleted") && said.contains("1 deleted"),
        "{said}"
    );
    assert_eq!(api.all("/api/v1/groups").await.len(), 1);
    assert!(
        api.all("/api/v1/maintenance").await.is_empty(),
        "it went with its group"
    );
    let fleet = api.get("/api/v1/settings").await;
    assert_eq!(
        fleet["settings"]["reconcile_s"], 900,
        "no file speaks of settings"
    );

    // Settings of which files speak.
    let of_db = "kind: Settings\ngroup: db\nsettings: {reconcile_s: 60}\n";
    let said = apply(&collector, of_db, &["--prune"]).await.text();
    assert!(said.contains("Settings fleet: deleted"), "{said}");
    assert_eq!(api.get("/api/v1/settings").await["settings"], json!({}));
    collector.stop().await;
}

/// Who may do what, said before what it needs.
const STAFF: &str = "\
kind: Binding
account: bob
role: web-operator
group: web
---
kind: Role
name: web-operator
description: Runs the web
permissions: [hosts.read, groups.read]
---
kind: Group
name: web
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn roles_and_who_has_them_are_what_files_say() {
    let collector = TestCollector::start().await;
    let api = &collector.api;
    for name in ["bob", "carol"] {
        let account = json!({"name": name, "without_password": true, "role": "viewer"});
        api.post("/api/v1/accounts", &account).await;
    }
    let bindings = async || api.all("/api/v1/accounts/bob/bindings").await;
    let said = apply(&collector, STAFF, &[]).await.text();
    assert!(said.contains("3 made, 0 changed"), "{said}");
    let given = bindings().await;
    assert_eq!(
        (&given[1]["role"], &given[1]["group"]["name"]),
        (&json!("web-operator"), &json!("web"))
    );
    let said = apply(&collector, STAFF, &[]).await.text();
    assert!(said.starts_with("Nothing to do: all 3"), "{said}");
    for kind in ["roles", "bindings"] {
        let written = owadm(&collector, &["get", kind, "-o", "yaml"]).await.text();
        assert!(!written.contains("name: viewer"), "{written}");
        let said = apply(&collector, &written, &["--prune"]).await.text();
        assert!(said.starts_with("Nothing to do"), "{written}{said}");
    }
    let of_bob = owadm(&collector, &["get", "bindings", "bob", "-o", "name"]).await;
    assert_eq!(of_bob.text(), "bob\nbob\n");

    let more = STAFF.replace("groups.read", "groups.read, hosts.label");
    let would = apply(&collector, &more, &["--dry-run"]).await.text();
    assert!(
        would.contains("+permissions: [groups.read, hosts.label, hosts.read]"),
        "{would}"
    );
    assert!(would.contains("1 would be changed"), "{would}");
    apply(&collector, &more, &[]).await.text();
    let role = api.get("/api/v1/roles/web-operator").await;
    assert_eq!(role["permissions"].as_array().unwrap().len(), 3);

    // Of accounts that files speak of, and of no others.
    let said = apply(&collector, &more, &["--prune"]).await.text();
    assert!(said.contains("Binding bob: viewer: deleted"), "{said}");
    assert!(said.contains("1 deleted; 3 are so already"), "{said}");
    assert_eq!(bindings().await.len(), 1);
    let carol = api.all("/api/v1/accounts/carol/bindings").await;
    assert_eq!(carol.len(), 1);

    for (text, part) in [
        (
            "kind: Role\nname: x\npermissions: [hosts.write]\n",
            "hosts.write",
        ),
        (
            "kind: Role\nname: viewer\npermissions: [hosts.read]\n",
            "Role viewer",
        ),
        (
            "kind: Binding\naccount: eve\nrole: viewer\n",
            "account_not_found",
        ),
        (
            "kind: Binding\naccount: bob\nrole: none\n",
            "no role \"none\"",
        ),
    ] {
        let ran = apply(&collector, text, &[]).await;
        ran.ended(1, &["standard input:1: ", "0 of 1 changes were made", part]);
    }
    let other = "kind: Role\nname: other\npermissions: [hosts.read]\n";
    apply(&collector, other, &["--prune"])
        .await
        .ended(1, &["deleting Role web-operator", "role_in_use", "1 of 2"]);
    collector.stop().await;
}
