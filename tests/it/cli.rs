//! The three programs as people and service managers meet them: exit codes, what is said on
//! standard error, and the administrator's commands.

/// A collector that becomes what files say.
mod apply;

/// What a collector has, and what shells know.
mod get;

/// Who signs in to stay, and who comes with a token.
mod login;

/// A program that ran to its end.
pub(crate) mod ran;

use std::{
    ffi::OsStr,
    fs,
    net::{TcpListener, UdpSocket},
    path::{Path, PathBuf},
};

use agent::{identity::Identity, state::StateDir};
use serde_json::json;
use shared::{
    clock::SystemClock,
    digest::Digest,
    wire::{AgentMessage, Body, Delta, Row, RowChange, Snapshot},
};
use sqlx::ConnectOptions as _;
use support::{Process, RawHost, TestCollector, raw::Line, until};

use self::ran::{owadm, run};

/// A file of settings.
fn settings(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("settings.toml");
    fs::write(&path, text).unwrap();
    path
}

const DAEMONS: [(&str, &str); 2] = [("openwatch-agent", "run"), ("openwatch-collector", "serve")];

#[tokio::test]
async fn a_misspelt_setting_ends_a_daemon_with_2_and_names_key_and_origin() {
    let folder = tempfile::tempdir().unwrap();
    let misspelt = settings(folder.path(), "[colect]\ninterval_s = 5\n");
    let misspelt = misspelt.to_str().unwrap();
    for (program, daemon) in DAEMONS {
        for command in [daemon, "check-config"] {
            let args = [command, "--config", misspelt];
            run(program, args, &[], "")
                .await
                .ended(2, &["unknown setting `colect`", misspelt, "known here:"]);
            let name = format!("{}_LOGG", program.to_uppercase().replace('-', "_"));
            run(program, [command], &[(&name, "info")], "")
                .await
                .ended(2, &["unknown setting `logg`", &name]);
            let args = [command, "--config", "/nonexistent.toml"];
            run(program, args, &[], "")
                .await
                .ended(2, &["/nonexistent.toml: cannot be read"]);
        }
    }
    let file = folder.path().join("range.toml");
    for (program, text, key) in [
        (
            DAEMONS[0].0,
            "[collect]\ninterval_s = 0\n",
            "collect.interval_s",
        ),
        (DAEMONS[1].0, "[history]\nmonths = 0\n", "history.months"),
    ] {
        fs::write(&file, text).unwrap();
        let args = [
            OsStr::new("check-config"),
            "--config".as_ref(),
            file.as_ref(),
        ];
        run(program, args, &[], "").await.ended(2, &[key]);
    }
}

#[tokio::test]
async fn check_config_prints_what_is_in_force_and_no_secret() {
    let folder = tempfile::tempdir().unwrap();
    let file = settings(folder.path(), "[collect]\ninterval_s = 33\n");
    let args = [
        OsStr::new("check-config"),
        "--config".as_ref(),
        file.as_ref(),
    ];
    let env = [("OPENWATCH_AGENT_LINK__KEEP_ALIVE_S", "7")];
    let printed = run("openwatch-agent", args, &env, "").await.text();
    for line in [
        "collect.interval_s = 33",
        "link.keep_alive_s = 7",
        "log = \"info\"",
    ] {
        assert!(
            printed.lines().any(|l| l == line),
            "{line} not in:\n{printed}"
        );
    }

    let file = settings(folder.path(), "[history]\nmonths = 3\n");
    let args = [
        OsStr::new("check-config"),
        "--config".as_ref(),
        file.as_ref(),
        "--database-url".as_ref(),
        "postgres://ow:hunter2@db/ow".as_ref(),
    ];
    let printed = run("openwatch-collector", args, &[], "").await.json();
    assert_eq!(printed["history"]["months"], 3);
    assert!(!printed.to_string().contains("hunter2"), "{printed}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_cannot_have_what_it_needs_ends_with_3_and_names_it() {
    let other = TestCollector::start().await;
    let url = other
        .server()
        .db()
        .connect_options()
        .to_url_lossy()
        .to_string();
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().display().to_string();
    let serve = async |listen: [&str; 2], url: &str| {
        let args = [
            "serve",
            "--data-dir",
            &data,
            "--database-url",
            url,
            "--listen-agents",
            listen[0],
            "--listen-https",
            listen[1],
        ];
        run("openwatch-collector", args, &[], "").await
    };
    let free = "[::1]:0";

    let udp = UdpSocket::bind(free).unwrap();
    let taken = udp.local_addr().unwrap().to_string();
    let ran = serve([&taken, free], &url).await;
    ran.ended(3, &[&taken, "agents.listen", "in use"]);

    let tcp = TcpListener::bind(free).unwrap();
    let taken = tcp.local_addr().unwrap().to_string();
    let ran = serve([free, &taken], &url).await;
    ran.ended(3, &[&taken, "https.listen", "in use"]);

    let ran = serve([free, free], "postgres://nobody@127.0.0.1:1/none").await;
    ran.ended(3, &["database.url", "refused"]);
    other.stop().await;
}

#[tokio::test]
async fn a_collector_that_does_not_start_leaves_no_postgres_behind() {
    let folder = tempfile::tempdir().unwrap();
    let open = <fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o755);
    fs::set_permissions(folder.path(), open).unwrap();
    let tcp = TcpListener::bind("[::1]:0").unwrap();
    let taken = tcp.local_addr().unwrap().to_string();
    let file = settings(folder.path(), "[database]\noptions = [\"fsync=off\"]\n");
    let data = folder.path().join("data");
    let args = [
        OsStr::new("serve"),
        "--config".as_ref(),
        file.as_ref(),
        "--data-dir".as_ref(),
        data.as_ref(),
        "--listen-agents".as_ref(),
        "[::1]:0".as_ref(),
        "--listen-https".as_ref(),
        taken.as_ref(),
    ];
    let ran = run("openwatch-collector", args, &[], "").await;
    ran.ended(3, &["https.listen"]);
    let mine = data.display().to_string();
    until("its Postgres is gone", async || {
        let all = fs::read_dir("/proc").unwrap().flatten();
        let left: Vec<_> = all
            .filter_map(|entry| fs::read_to_string(entry.path().join("cmdline")).ok())
            .filter(|line| line.contains(&mine))
            .collect();
        if left.is_empty() { Ok(()) } else { Err(left) }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_is_enrolled_refused_and_asked_by_its_commands() {
    let collector = TestCollector::start().await;
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state").display().to_string();
    let address = collector.agents();
    let agent = async |args: &[&str], input: &str| {
        let args = [args, &["--state-dir", &state]].concat();
        run("openwatch-agent", args, &[], input).await
    };

    let not_enrolled = "run `openwatch-agent enroll --collector HOST:PORT --token TOKEN`";
    agent(&["run"], "").await.ended(3, &[not_enrolled]);
    fs::remove_dir_all(&state).unwrap();

    let enroll = ["enroll", "--collector", &address, "--token"];
    let wrong = agent(&[&enroll[..], &["hunter2"]].concat(), "").await;
    wrong.ended(1, &["this is no enrolment token"]);
    assert!(!Path::new(&state).exists());

    // Through standard input, so that it is in no list of processes.
    let token = collector.api.token(1).await + "\n";
    let from_stdin = [&enroll[..], &["-"]].concat();
    let said = agent(&from_stdin, &token).await.text();
    let identity = Identity::load(&StateDir::at(&state)).unwrap().unwrap();
    assert!(said.contains(&identity.host.to_string()), "{said}");
    let again = agent(&from_stdin, &token).await;
    again.ended(1, &["is enrolled already", "--force"]);
    let used = agent(&[&from_stdin[..], &["--force"]].concat(), &token).await;
    used.ended(1, &["all enrolled", "ask for a new token"]);
    let kept = Identity::load(&StateDir::at(&state)).unwrap().unwrap();
    assert!(kept.is_same(&identity), "a refusal changes nothing");

    // A daemon, and a second one that wants the same folder.
    let log = folder.path().join("log");
    let file = folder.path().join("agent.toml");
    let text = "[link]\nbackoff_first_ms = 50\nbackoff_most_ms = 500\n";
    fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    let args = ["run", "--config", file, "--state-dir", &state];
    let mut daemon = Process::start("openwatch-agent", args, &log);
    let status = async |parts: &[&str]| {
        until("the status says so", async || {
            let said = agent(&["status"], "").await;
            let text = String::from_utf8_lossy(&said.0.stdout).into_owned();
            let all = parts.iter().all(|part| text.contains(part));
            if all { Ok(()) } else { Err(text) }
        })
        .await;
    };
    status(&["connected to", &address]).await;
    let second = agent(&["run"], "").await;
    second.ended(3, &["another openwatch-agent uses", &state]);

    let id = identity.host.to_string();
    owadm(&collector, &["host", "revoke", &id]).await.text();
    status(&[
        "not connected",
        "revoked at the collector",
        "enroll --force",
    ])
    .await;
    daemon.terminate();
    let ended = until("the daemon ends", async || daemon.ended().ok_or(())).await;
    assert_eq!(ended.code(), Some(0), "{}", daemon.said());
    collector.stop().await;
}

/// Sends a snapshot of one package, then a change of it.
async fn report(host: &RawHost, session: &mut Line) {
    let of = |version: &str| format!("{{\"version\":\"{version}\"}}");
    let digest = Digest::default();
    let snapshot = Body::Snapshot(Snapshot {
        kind: "package".into(),
        rows: vec![Row {
            key: "openssl".into(),
            value: of("3.0.1"),
        }],
        last: true,
        digest,
    });
    let delta = Body::Delta(Delta {
        kind: "package".into(),
        changes: vec![RowChange {
            key: "openssl".into(),
            value: Some(of("3.0.2")),
        }],
        digest,
    });
    let records = vec![host.record(1, snapshot), host.record(2, delta)];
    session.say(&AgentMessage::Records(records)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrator_does_everything_through_the_socket() {
    let collector = TestCollector::start().await;
    let owadm = async |args: &[&str]| owadm(&collector, args).await;

    let args = [
        "token",
        "create",
        "ring 1",
        "--group",
        "web",
        "--max-uses",
        "2",
    ];
    let made = owadm(&[&args[..], &["--expires-in", "12h", "--json"]].concat())
        .await
        .json();
    let (token, id) = (
        made["token"].as_str().unwrap(),
        made["id"].as_str().unwrap(),
    );
    let listed = owadm(&["token", "list"]).await.text();
    assert!(listed.contains(id) && listed.contains("ring 1"), "{listed}");
    assert!(!listed.contains(token), "its text is shown once: {listed}");
    let address = collector.server().agents();
    let host = RawHost::enrol_with(address, token, SystemClock::shared())
        .await
        .unwrap();
    owadm(&["token", "revoke", id]).await.text();
    let all = owadm(&["token", "list", "--json"]).await.json();
    assert_eq!(
        (&all["items"][0]["uses"], &all["items"][0]["state"]),
        (&json!(1), &json!("revoked"))
    );
    owadm(&["token", "revoke", "hunter2"])
        .await
        .ended(1, &["\"hunter2\"", "`owadm token list`"]);
    owadm(&["token", "create", "--expires-in", "86400"])
        .await
        .ended(2, &["\"86400\" is not a time such as"]);

    let mut session = host.session().await;
    report(&host, &mut session).await;
    let id = host.id.to_string();
    until("the change is stored", async || {
        let changes = owadm(&["changes", "raw", "--json"]).await.json();
        if changes["items"].as_array().is_some_and(|c| c.len() == 1) {
            Ok(())
        } else {
            Err(changes)
        }
    })
    .await;
    let changes = owadm(&["changes", "raw", "--kind", "package"]).await.text();
    assert!(
        changes.contains("3.0.1") && changes.contains("3.0.2"),
        "{changes}"
    );
    let facts = owadm(&["facts", "raw", "--kind", "package", "--json"])
        .await
        .json();
    assert_eq!(facts["items"][0]["value"], json!({"version": "3.0.2"}));
    let facts = owadm(&["facts", &id]).await.text();
    assert!(facts.contains("openssl"), "{facts}");
    owadm(&["facts", "raw", "--at", "yesterday"])
        .await
        .ended(1, &["yesterday"]);

    let hosts = owadm(&["host", "list"]).await.text();
    assert!(hosts.contains(&id) && hosts.contains("web"), "{hosts}");
    let shown = owadm(&["host", "show", "raw"]).await.text();
    assert!(shown.contains(&id) && shown.contains("package"), "{shown}");
    owadm(&["host", "show", "no-such-host"])
        .await
        .ended(1, &["no-such-host", "`owadm host list`"]);
    owadm(&["admin", "create", "alice"]).await.text();
    let may = owadm(&["access", "explain", "alice", "raw"]).await.text();
    let revokes = may.lines().find(|line| line.starts_with("hosts.revoke"));
    let words: Vec<_> = revokes.unwrap().split_whitespace().collect();
    assert_eq!(words, ["hosts.revoke", "yes", "admin", "everywhere"]);
    owadm(&["access", "explain", "eve"])
        .await
        .ended(1, &["there is no account \"eve\""]);
    owadm(&["host", "revoke", "raw"]).await.text();
    let shown = owadm(&["host", "show", &id, "--json"]).await.json();
    assert_eq!(shown["state"], "revoked");
    assert_eq!(session.close_code().await, 2);

    let authority = owadm(&["ca", "show"]).await.text();
    let pem = collector.server().authority().certificate_pem().trim();
    assert!(authority.contains(pem), "{authority}");
    let fingerprint = collector.server().authority().fingerprint().to_string();
    assert!(authority.contains(&fingerprint), "{authority}");
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_account_for_emergencies_is_made_on_the_collectors_machine_alone() {
    let collector = TestCollector::start().await;
    let create = ["admin", "break-glass", "create"];
    let made = owadm(&collector, &[&create[..], &["--json"]].concat())
        .await
        .json();
    let password = made["password"].as_str().unwrap();
    let shown = owadm(&collector, &[&create[..], &["second"]].concat()).await;
    assert!(shown.text().contains("shown once"));
    owadm(&collector, &create)
        .await
        .ended(1, &["break-glass", "account_exists"]);

    let url = format!("https://{}", collector.server().https());
    let authority = collector.folder().join("keys/authority.pem");
    let at = ["--url", &url, "--ca-file", authority.to_str().unwrap()];
    let to = ["--user", "break-glass"];
    let env = [("OWADM_PASSWORD", password)];
    let as_it =
        async |command: &[&str]| run("owadm", [&at[..], &to, command].concat(), &env, "").await;
    as_it(&["host", "list"]).await.text();
    as_it(&[&create[..], &["third"]].concat())
        .await
        .ended(1, &["local_only"]);
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrator_elsewhere_signs_in_over_https() {
    let collector = TestCollector::start().await;
    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("password");
    fs::write(&password, "correct horse battery\n").unwrap();
    let password = password.to_str().unwrap();
    let create = ["admin", "create", "ann", "--password-file", password];
    owadm(&collector, &create).await.text();
    owadm(&collector, &create)
        .await
        .ended(1, &["ann", "account_exists"]);
    let made = owadm(&collector, &["admin", "create", "bob", "--json"])
        .await
        .json();

    let url = format!("https://{}", collector.server().https());
    let authority = collector.folder().join("keys/authority.pem");
    let authority = authority.to_str().unwrap();
    let at = ["--url", &url, "--ca-file", authority, "--user"];
    let file = [
        "ann",
        "--user-password-file",
        password,
        "host",
        "list",
        "--json",
    ];
    let listed = run("owadm", [&at[..], &file].concat(), &[], "")
        .await
        .json();
    assert_eq!(listed, json!({"items": []}));
    let list = ["bob", "host", "list"];
    let env = [("OWADM_PASSWORD", made["password"].as_str().unwrap())];
    run("owadm", [&at[..], &list].concat(), &env, "")
        .await
        .text();

    let env = [("OWADM_PASSWORD", "hunter2 hunter2")];
    run("owadm", [&at[..], &list].concat(), &env, "")
        .await
        .ended(1, &["signing in", "password"]);
    run("owadm", [&at[..], &list].concat(), &[], "")
        .await
        .ended(
            1,
            &["no password", "--user-password-file", "OWADM_PASSWORD"],
        );
    // The system does not know the installation's authority.
    run(
        "owadm",
        ["--url", &url, "--user", "bob", "host", "list"],
        &env,
        "",
    )
    .await
    .ended(1, &["cannot reach the collector at", &url, "--ca-file"]);
    collector.stop().await;
}

#[tokio::test]
async fn without_a_collector_the_tool_names_the_socket_and_the_mend() {
    let args = ["--socket", "/nonexistent/admin.sock", "host", "list"];
    run("owadm", args, &[], "").await.ended(
        1,
        &[
            "/nonexistent/admin.sock",
            "is openwatch-collector running here",
            "--url",
        ],
    );
}
