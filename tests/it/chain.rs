//! What a host told of its rules can be proved later: to an administrator from the tables, and to
//! anybody from a document.

use std::{fs, path::Path, process::Output, sync::Arc};

use agent::{identity::Identity, state::StateDir};
use chrono::TimeDelta;
use collector::{
    chain,
    retention::{Keep, Kind},
};
use serde_json::Value;
use shared::clock::{Clock as _, ManualClock, SharedClock, SystemClock};
use sqlx::AssertSqlSafe;
use support::{Api, TestAgent, TestCollector, Tree, content, process::binary, until};

const ROOT_LOGIN: &str = "ssh-root-login-off";
const RULES: [&str; 3] = [
    ROOT_LOGIN,
    "ssh-empty-passwords-refused",
    "ssh-host-based-login-off",
];

/// A collector on a clock that the test moves, and a host that is held to three rules.
async fn started() -> (TestCollector, TestAgent, Tree, Arc<ManualClock>) {
    let manual = ManualClock::at(SystemClock.now());
    let clock: SharedClock = manual.clone();
    let collector = TestCollector::start_with(clock.clone()).await;
    let mut tree = Tree::default();
    fs::create_dir(tree.path().join("etc/ssh")).unwrap();
    tree.set_package("openssh-server", "1:9.2p1-2");
    tree.write("etc/ssh/sshd_config", "PermitRootLogin no\n");
    let agent = TestAgent::start_set(&collector, tree.host(clock), |config| {
        config.rules.content = config.state_dir.join("installed");
    })
    .await;
    let folder = agent.folder().join("installed/rules/access");
    fs::create_dir_all(&folder).unwrap();
    for rule in RULES {
        let name = format!("{rule}.yaml");
        let shipped = content().join("rules/access").join(&name);
        fs::copy(&shipped, folder.join(&name)).unwrap_or_else(|e| panic!("{shipped:?}: {e}"));
    }
    (collector, agent, tree, manual)
}

/// Edits the setting a moment later, and waits for what it makes of the rule.
async fn edited(world: (&Api, &ManualClock, &Tree), host: &str, value: &str, status: &str) {
    let (api, clock, tree) = world;
    clock.advance(TimeDelta::seconds(1));
    tree.write("etc/ssh/sshd_config", &format!("PermitRootLogin {value}\n"));
    becomes(api, host, status).await;
}

async fn becomes(api: &Api, host: &str, status: &str) {
    let path = format!("/api/v1/hosts/{host}/results/{ROOT_LOGIN}");
    until(&format!("the rule to be {status}"), async || {
        let told = api.try_get(&path).await;
        match told {
            Ok(told) if told["result"]["status"] == status => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
}

/// The walk of the host's chain, once every record of it is sealed.
async fn sealed(api: &Api, host: &str) -> Value {
    until("everything is sealed", async || {
        let report = api.get(&format!("/api/v1/hosts/{host}/chain")).await;
        if report["sealed"] == report["links"] {
            Ok(report)
        } else {
            Err(report)
        }
    })
    .await
}

fn owadm(collector: &TestCollector, args: &[&str]) -> Output {
    let socket = collector.server().socket().display().to_string();
    let mut program = std::process::Command::new(binary("owadm"));
    program
        .args(["--socket", &socket])
        .args(args)
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    let streams = [&output.stdout, &output.stderr];
    streams.map(|bytes| String::from_utf8_lossy(bytes)).concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn results_hold_through_restarts_and_renewal_and_what_is_changed_in_the_tables_is_named() {
    let (mut collector, mut agent, tree, clock) = started().await;
    let id = agent.id.to_string();
    becomes(&collector.api, &id, "pass").await;
    edited((&collector.api, &*clock, &tree), &id, "yes", "fail").await;

    agent.halt().await;
    agent.resume();
    edited((&collector.api, &*clock, &tree), &id, "no", "pass").await;

    // Told while nobody listens.
    let stopped = collector.halt().await;
    tree.write("etc/ssh/sshd_config", "PermitRootLogin prohibit-password\n");
    clock.advance(TimeDelta::seconds(3));
    collector.resume(stopped).await;
    becomes(&collector.api, &id, "fail").await;

    let first = identity(&agent);
    clock.advance(TimeDelta::days(21));
    until("the certificate is renewed", async || {
        let now = identity(&agent);
        (!now.is_same(&first)).then_some(()).ok_or(now.not_after)
    })
    .await;
    edited((&collector.api, &*clock, &tree), &id, "no", "pass").await;

    let report = sealed(&collector.api, &id).await;
    assert_eq!(report["faults_total"], 0, "{report}");
    assert_eq!(report["breaks"], serde_json::json!([]), "{report}");
    assert_eq!(report["untold"], 0, "{report}");
    let certificates: i64 = sqlx::query_scalar("select count(*) from seal_certificate")
        .fetch_one(collector.server().db())
        .await
        .unwrap();
    assert_eq!(certificates, 2);
    let verified = owadm(&collector, &["results", "verify", "tree"]);
    assert!(verified.status.success(), "{}", said(&verified));
    assert!(
        said(&verified).contains("everything fits"),
        "{}",
        said(&verified)
    );

    proved_to_anybody(&collector, agent.folder());
    tampered(&collector, &agent).await;

    // As an administrator meets it.
    run(
        &collector,
        "update fact_value set value = jsonb_set(value, '{verdict}', '\"fail\"') \
         where value ->> 'verdict' = 'pass' and key_id = (select id from fact_key where key = \
         'ssh-root-login-off')",
    )
    .await;
    let verified = owadm(&collector, &["results", "verify", "--all"]);
    assert_eq!(verified.status.code(), Some(1), "{}", said(&verified));
    assert!(
        said(&verified).contains("does not fit first: result of ssh-root-login-off"),
        "{}",
        said(&verified)
    );
    let proof = owadm(&collector, &["proof", "show", "tree", ROOT_LOGIN]);
    assert_eq!(proof.status.code(), Some(1), "{}", said(&proof));
    assert!(said(&proof).contains("not_proved"), "{}", said(&proof));
    agent.stop().await;
    collector.stop().await;
}

fn identity(agent: &TestAgent) -> Identity {
    let kept = Identity::load(&StateDir::at(agent.folder()));
    kept.unwrap().unwrap()
}

/// The document of a proof is checked without a collector, and nothing of it can be changed.
fn proved_to_anybody(collector: &TestCollector, folder: &Path) {
    let proof = owadm(collector, &["proof", "show", "tree", ROOT_LOGIN]);
    assert!(proof.status.success(), "{}", said(&proof));
    let (file, authority) = (folder.join("proof.json"), folder.join("authority.pem"));
    let pem = collector.server().authority().certificate_pem();
    fs::write(&authority, pem).unwrap();
    let verify = |document: &[u8]| {
        fs::write(&file, document).unwrap();
        let mut program = std::process::Command::new(binary("owadm"));
        program
            .args(["--socket", "/nonexistent", "proof", "verify"])
            .arg(&file)
            .arg("--authority")
            .arg(&authority)
            .output()
            .unwrap()
    };
    let held = verify(&proof.stdout);
    assert!(held.status.success(), "{}", said(&held));
    for part in [
        "It holds.",
        "ssh-root-login-off is pass",
        "the one that you trust",
    ] {
        assert!(said(&held).contains(part), "{part}: {}", said(&held));
    }
    let document = String::from_utf8(proof.stdout).unwrap();
    for (what, other) in [
        ("\"pass\"", "\"fail\""),
        ("ssh-root-login-off", "ssh-root-login-on"),
        ("\"seq\": 1", "\"seq\": 7"),
    ] {
        let changed = document.replacen(what, other, 1);
        if changed == document {
            continue;
        }
        let refused = verify(changed.as_bytes());
        assert_eq!(refused.status.code(), Some(1), "{what}: {}", said(&refused));
        assert!(
            said(&refused).contains("proves nothing"),
            "{}",
            said(&refused)
        );
    }
}

async fn run(collector: &TestCollector, sql: &str) {
    let done = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
    done.execute(collector.server().db()).await.unwrap();
}

/// Everything that somebody with the database's password might do, and what is found first.
const TAMPERED: [(&str, &str, &str); 9] = [
    (
        "update fact_value set value = jsonb_set(value, '{because}', '\"nothing\"')
         where id = (select value_id from host_fact f join fact_key k on k.id = f.key_id
                     where k.key = 'ssh-root-login-off' and f.valid_to < '200000-01-01Z' limit 1)",
        "result of ssh-root-login-off",
        "dictionary",
    ),
    (
        "update host_fact f set value_id = (select max(value_id) from host_fact g
             where g.key_id = f.key_id and g.value_id <> f.value_id)
         from fact_key k where k.id = f.key_id and k.key = 'ssh-root-login-off'
             and f.valid_to > '200000-01-01Z'",
        "result of ssh-root-login-off",
        "changed",
    ),
    (
        "delete from host_fact f using fact_key k where k.id = f.key_id
             and k.key = 'ssh-root-login-off' and f.valid_to < '200000-01-01Z'",
        "result of ssh-root-login-off",
        "removed",
    ),
    (
        "insert into host_fact select host_no, f.kind, key_id, value_id,
             valid_from + interval '1 microsecond', valid_to - interval '1 microsecond'
         from host_fact f join fact_key k on k.id = f.key_id
         where k.key = 'ssh-root-login-off' and f.valid_to < '200000-01-01Z'
         order by valid_from desc limit 1",
        "result of ssh-root-login-off",
        "added",
    ),
    (
        "update result_link set keys[1] = 'another-rule', hashes = array[sha256('x')]
         where sort = 1 and id = (select min(id) from result_link where sort = 1)",
        "link ",
        "does not give its hash",
    ),
    (
        "delete from result_link where id = (select min(id) from result_link where sort = 1)",
        "link ",
        "does not follow",
    ),
    (
        "update result_link set id = default where id = (select min(id) from result_link
             where sort = 1)",
        "link ",
        "does not follow",
    ),
    (
        "delete from result_link where id = (select max(id) from result_link)",
        "link ",
        "newest are missing",
    ),
    (
        "update result_seal set signature = set_byte(signature, 20, get_byte(signature, 20) # 1)
         where id = (select max(id) from result_seal)",
        "seal under link ",
        "signature",
    ),
];

/// Does each of them in a transaction that comes to nothing.
async fn tampered(collector: &TestCollector, agent: &TestAgent) {
    let (db, authority) = (collector.server().db(), collector.server().authority());
    let host_no: i32 = sqlx::query_scalar("select host_no from host")
        .fetch_one(db)
        .await
        .unwrap();
    let oldest = Keep::default().before(Kind::Proofs, SystemClock.now());
    let oldest = oldest.expect("not for ever");
    for (sql, place, what) in TAMPERED {
        let mut tx = db.begin().await.unwrap();
        sqlx::raw_sql(sql)
            .execute(&mut *tx)
            .await
            .unwrap_or_else(|e| panic!("{sql}: {e}"));
        let kept = collector::store::read::chain::of_host(&mut tx, agent.id, host_no, oldest);
        let report = chain::verify(&kept.await.unwrap(), &authority.certificate());
        let first = report.faults.first();
        let first = first.unwrap_or_else(|| panic!("nothing was found: {sql}"));
        assert!(
            first.place.starts_with(place) && first.what.contains(what),
            "{sql}: {first:?}"
        );
        tx.rollback().await.unwrap();
    }
}
