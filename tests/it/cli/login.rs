//! Who signs in to stay, and who comes with a token.

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

use reqwest::Method;
use serde_json::{Value, json};
use support::TestCollector;
use tempfile::TempDir;

use super::ran::{Ran, owadm, run};

/// A machine of an administrator's, with a home, and an account on the collector.
struct Desk {
    collector: TestCollector,
    home: TempDir,
    url: String,
    authority: String,
    password: String,
}

impl Desk {
    async fn new() -> Self {
        let collector = TestCollector::start().await;
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("password");
        fs::write(&path, "four words that nobody guesses\n").unwrap();
        let password = path.display().to_string();
        let create = ["admin", "create", "alice", "--password-file", &password];
        owadm(&collector, &create).await.text();
        Self {
            url: format!("https://{}", collector.server().https()),
            authority: collector
                .folder()
                .join("keys/authority.pem")
                .display()
                .to_string(),
            collector,
            home,
            password,
        }
    }

    /// `owadm` there, with nothing that names a collector.
    async fn run(&self, args: &[&str]) -> Ran {
        self.run_with(args, &[]).await
    }

    async fn run_with(&self, args: &[&str], env: &[(&str, &str)]) -> Ran {
        let home = self.home.path().display().to_string();
        let env = [&[("XDG_CONFIG_HOME", home.as_str())], env].concat();
        run("owadm", args, &env, "").await
    }

    /// The arguments of signing in as alice.
    fn alice<'a>(&'a self, name: &'a str) -> Vec<&'a str> {
        vec![
            "login",
            name,
            "--url",
            &self.url,
            "--ca-file",
            &self.authority,
            "--user",
            "alice",
            "--user-password-file",
            &self.password,
        ]
    }

    fn profiles(&self) -> PathBuf {
        self.home.path().join("openwatch/owadm.json")
    }

    /// An API token of alice's with these permissions, in a file.
    async fn token(&self, permissions: &[&str]) -> String {
        let browser = self.collector.browser();
        let password = fs::read_to_string(&self.password).unwrap();
        let credentials = json!({"name": "alice", "password": password.trim_end()});
        browser.post("/api/v1/session", &credentials).await;
        let asked = json!({"name": "ci", "permissions": permissions});
        let made = browser.post("/api/v1/account/tokens", &asked).await;
        let ended = browser.send(Method::DELETE, "/api/v1/session", None).await;
        assert!(ended.status().is_success());
        let path = self.home.path().join("token");
        fs::write(&path, made["token"].as_str().unwrap()).unwrap();
        path.display().to_string()
    }

    async fn sessions(&self) -> i64 {
        let db = self.collector.database().await;
        let count = sqlx::query_scalar("select count(*) from session")
            .fetch_one(&db)
            .await;
        db.close().await;
        count.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_signs_in_once_and_commands_go_there_until_it_is_over() {
    let desk = Desk::new().await;
    let said = desk.run(&desk.alice("lab")).await.text();
    assert!(
        said.contains("as alice, until") && said.contains("profile lab"),
        "{said}"
    );
    let mode = fs::metadata(desk.profiles()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "others may not read it");
    let kept = fs::read_to_string(desk.profiles()).unwrap();
    assert!(!kept.contains("four words"), "a password is not kept");

    let hosts = desk.run(&["host", "list", "--json"]).await.json();
    assert_eq!(hosts, json!({"items": []}));
    assert_eq!(
        desk.sessions().await,
        1,
        "the session is used, and no other begun"
    );
    // Signing in again is a new session, and the end of the one before.
    desk.run(&["login", "--user-password-file", &desk.password])
        .await
        .text();
    assert_eq!(desk.sessions().await, 1);
    let known = desk.run(&["profile", "list", "--json"]).await.json();
    let told =
        json!({"name": "lab", "url": desk.url, "user": "alice", "by": "session", "current": true});
    assert_eq!(known["items"], json!([told]));

    // A second collector would be a second profile; this machine's socket is none.
    desk.run(&desk.alice("other")).await.text();
    desk.run(&["--on", "lab", "ca", "show"]).await.text();
    desk.run_with(&["ca", "show"], &[("OWADM_PROFILE", "lab")])
        .await
        .text();
    desk.run(&["profile", "use", "lab"]).await.text();
    desk.run(&["profile", "remove", "other"]).await.text();
    assert_eq!(desk.sessions().await, 1, "a profile's session goes with it");
    desk.run(&["--on", "other", "ca", "show"])
        .await
        .ended(1, &["no profile \"other\"", "owadm profile list"]);
    desk.run(&["profile", "leave"]).await.text();
    desk.run(&["ca", "show"]).await.ended(1, &["admin.sock"]);
    desk.run(&["profile", "use", "lab"]).await.text();

    desk.run(&["logout"]).await.text();
    assert_eq!(desk.sessions().await, 0);
    desk.run(&["ca", "show"])
        .await
        .ended(1, &["nobody is signed in to lab", "owadm login lab"]);
    desk.collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_not_let_in_keeps_nothing() {
    let desk = Desk::new().await;
    let wrong = desk.home.path().join("wrong");
    fs::write(&wrong, "other words that nobody guesses\n").unwrap();
    let mut args = desk.alice("lab");
    let wrong = wrong.display().to_string();
    *args.last_mut().unwrap() = &wrong;
    desk.run(&args)
        .await
        .ended(1, &["signing in", "bad_credentials"]);
    desk.run(&["login", "lab", "--user", "alice"])
        .await
        .ended(1, &["--url"]);
    desk.run(&["login", "lab", "--url", &desk.url])
        .await
        .ended(1, &["--user", "--token-file"]);
    let plain = desk.url.replace("https", "http");
    let mut args = desk.alice("lab");
    args[3] = &plain;
    desk.run(&args).await.ended(1, &["only https:// is spoken"]);
    assert!(!desk.profiles().exists());

    // The collector ends a session; the profile says what to do.
    desk.run(&desk.alice("lab")).await.text();
    let db = desk.collector.database().await;
    sqlx::query("delete from session")
        .execute(&db)
        .await
        .unwrap();
    db.close().await;
    desk.run(&["ca", "show"])
        .await
        .ended(1, &["lets nobody in any more", "owadm login lab"]);
    fs::set_permissions(desk.profiles(), fs::Permissions::from_mode(0o644)).unwrap();
    desk.run(&["ca", "show"]).await.ended(1, &["chmod 600"]);
    desk.collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_comes_with_a_token_and_may_what_the_token_says() {
    let desk = Desk::new().await;
    let token = desk.token(&["hosts.read"]).await;
    let at = ["--url", &desk.url, "--ca-file", &desk.authority];
    let by_file = [&at[..], &["--token-file", &token]].concat();
    let hosts = desk
        .run(&[&by_file[..], &["get", "hosts", "-o", "json"]].concat())
        .await
        .json();
    assert_eq!(hosts, json!({"items": []}));
    desk.run(&[&by_file[..], &["get", "groups"]].concat())
        .await
        .ended(1, &["groups.read", "forbidden"]);
    let text = fs::read_to_string(&token).unwrap();
    let env = [("OWADM_TOKEN", text.trim_end())];
    desk.run_with(&[&at[..], &["get", "hosts"]].concat(), &env)
        .await
        .text();
    assert_eq!(desk.sessions().await, 0, "a token is no session");

    let login = [&["login", "ci"], &by_file[..]].concat();
    desk.run(&login).await.text();
    desk.run(&["get", "hosts"]).await.text();
    let kept: Value = serde_json::from_slice(&fs::read(desk.profiles()).unwrap()).unwrap();
    assert!(
        !kept.to_string().contains("owt_"),
        "the token stays where it is: {kept}"
    );
    desk.run(&["logout"]).await.ended(1, &["has a token"]);

    fs::write(&token, "owt_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n").unwrap();
    desk.run(&["get", "hosts"])
        .await
        .ended(1, &["unauthenticated", "owadm login ci"]);
    desk.run(&login).await.ended(1, &["trying the token"]);
    fs::remove_file(&token).unwrap();
    desk.run(&["get", "hosts"])
        .await
        .ended(1, &["reading", &token]);
    desk.collector.stop().await;
}
