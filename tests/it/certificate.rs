//! Signing in with a certificate, on the listener for that: real TLS, a real authority and its lists.

use std::{fs, net::SocketAddr};

use chrono::TimeDelta;
use reqwest::{Client, Identity, Response};
use serde_json::{Value, json};
use shared::clock::{Clock as _, SystemClock};
use support::{Api, Card, CardOffice, TestCollector};
use tempfile::TempDir;

/// A collector with a listener for cards, and who issues them.
struct Site {
    collector: TestCollector,
    office: CardOffice,
    cards: SocketAddr,
    _files: TempDir,
}

async fn site(more: &[(&'static str, String)]) -> Site {
    let files = tempfile::tempdir().unwrap();
    let office = CardOffice::open(files.path(), SystemClock.now());
    let path = |name: &str| format!("[{:?}]", office.file(name));
    let lists = [office.file("root.crl"), office.file("cards.crl")];
    let mut flags = vec![
        ("https.origin", "https://localhost:0".into()),
        ("client_certificates.listen", "[::1]:0".into()),
        ("client_certificates.ca_files", path("ca.pem")),
        ("client_certificates.crl_files", format!("{lists:?}")),
    ];
    flags.extend_from_slice(more);
    let collector = TestCollector::start_set(SystemClock::shared(), &flags).await;
    for name in ["alice", "bob"] {
        collector
            .api
            .post(
                "/api/v1/accounts",
                &json!({"name": name, "role": "operator"}),
            )
            .await;
    }
    Site {
        cards: collector.server().cards().unwrap(),
        collector,
        office,
        _files: files,
    }
}

impl Site {
    /// A browser with a card in its reader.
    fn client(&self, pem: Option<&str>) -> Client {
        let authority = self
            .collector
            .server()
            .authority()
            .certificate_pem()
            .as_bytes();
        let client = Client::builder()
            .tls_certs_only([reqwest::Certificate::from_pem(authority).unwrap()])
            .cookie_store(true)
            .resolve("localhost", self.cards);
        let client = match pem {
            Some(pem) => client.identity(Identity::from_pem(pem.as_bytes()).unwrap()),
            None => client,
        };
        client.build().unwrap()
    }

    async fn post(&self, client: &Client, address: SocketAddr) -> reqwest::Result<Response> {
        let url = format!(
            "https://localhost:{}/api/v1/session/certificate",
            address.port()
        );
        client
            .post(url)
            .header("X-OpenWatch-Request", "1")
            .send()
            .await
    }

    /// What comes of signing in: who one is, or the code of the refusal; `None` when TLS itself refused.
    async fn sign_in(&self, pem: &str) -> Option<Result<String, String>> {
        let answer = self.post(&self.client(Some(pem)), self.cards).await.ok()?;
        Some(outcome(answer).await)
    }

    async fn card(&self, card: &Card) -> Option<Result<String, String>> {
        self.sign_in(&self.office.issue(card)).await
    }
}

async fn outcome(answer: Response) -> Result<String, String> {
    let ok = answer.status().is_success();
    let body: Value = answer.json().await.unwrap();
    let text = |field: &str| body[field].as_str().unwrap().to_owned();
    if ok {
        Ok(text("name"))
    } else {
        Err(text("code"))
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_that_is_good_signs_in_and_no_other() {
    let site = site(&[("client_certificates.account", "{upn}".into())]).await;
    let alice = Card::of("alice", 1);
    let pem = site.office.issue(&alice);
    let client = site.client(Some(&pem));
    let answer = site.post(&client, site.cards).await.unwrap();
    let set = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    for attribute in ["HttpOnly", "Secure", "SameSite=Strict", "Path=/"] {
        assert!(set.contains(attribute), "{set}");
    }
    assert_eq!(outcome(answer).await, Ok("alice".into()));
    // The cookie is good at the console's own address.
    let base = site.collector.browser().base().to_owned();
    let who: Value = client
        .get(format!("{base}/api/v1/session"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(
        (&who["name"], &who["how"]),
        (&json!("alice"), &json!("certificate"))
    );
    // There a card counts for nothing.
    let elsewhere = site
        .post(&client, site.collector.server().https())
        .await
        .unwrap();
    assert_eq!(outcome(elsewhere).await, Err("certificate_needed".into()));
    // And here nobody comes without.
    assert!(site.post(&site.client(None), site.cards).await.is_err());

    let other = tempfile::tempdir().unwrap();
    let other = CardOffice::open(other.path(), SystemClock.now());
    assert_eq!(
        site.sign_in(&other.issue(&alice)).await,
        None,
        "another authority"
    );
    let day = TimeDelta::days(1);
    let minute = TimeDelta::minutes(1);
    let none: Vec<rcgen::ExtendedKeyUsagePurpose> = Vec::new();
    let server = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
    for (case, card) in [
        (
            "expired",
            Card {
                life: (-day, -minute),
                ..alice.clone()
            },
        ),
        (
            "not yet good",
            Card {
                life: (minute, day),
                ..alice.clone()
            },
        ),
        (
            "for nothing",
            Card {
                usages: none,
                ..alice.clone()
            },
        ),
        (
            "for servers",
            Card {
                usages: server,
                ..alice.clone()
            },
        ),
    ] {
        assert_eq!(site.card(&card).await, None, "{case}");
    }
    // A person's card is no authority, whatever is below it.
    let alone = pem
        .split_inclusive("-----END CERTIFICATE-----\n")
        .next()
        .unwrap();
    let key = &pem[pem.find("-----BEGIN PRIVATE").unwrap()..];
    assert_eq!(
        site.sign_in(&format!("{alone}{key}")).await,
        None,
        "nothing in between"
    );

    for nobody in ["mallory", "", "Alice"] {
        let refused = site.card(&Card::of(nobody, 2)).await;
        assert_eq!(refused, Some(Err("bad_certificate".into())), "{nobody}");
    }
    let db = site.collector.database().await;
    sqlx::query("update account set disabled_at = now() where name = 'alice'")
        .execute(&db)
        .await
        .unwrap();
    assert_eq!(
        site.card(&alice).await,
        Some(Err("bad_certificate".into())),
        "locked"
    );
    let told: Vec<String> =
        sqlx::query_scalar("select actor from audit_record where outcome = 'refused' order by seq")
            .fetch_all(&db)
            .await
            .unwrap();
    // Nobody: a session without a card, and a card without a name.
    assert_eq!(told, ["", "mallory", "", "Alice", "alice"]);
    db.close().await;
    site.collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_on_a_list_is_refused_from_the_moment_that_the_list_is_there() {
    let site = site(&[]).await;
    let (alice, bob) = (Card::of("alice", 1), Card::of("bob", 2));
    let held = site.client(Some(&site.office.issue(&alice)));
    assert_eq!(
        outcome(site.post(&held, site.cards).await.unwrap()).await,
        Ok("alice".into())
    );
    let day = TimeDelta::days(1);

    site.office.list(&[1], day);
    assert_eq!(site.card(&alice).await, None);
    // A connection that is open still is no way around.
    assert_eq!(
        outcome(site.post(&held, site.cards).await.unwrap()).await,
        Err("bad_certificate".into())
    );
    assert_eq!(site.card(&bob).await, Some(Ok("bob".into())));

    // Old lists, none, and what is no list: nobody can be told from those who are on it.
    site.office.list(&[], -TimeDelta::hours(1));
    assert_eq!(site.card(&bob).await, None, "stale");
    fs::remove_file(site.office.file("cards.crl")).unwrap();
    assert_eq!(site.card(&bob).await, None, "missing");
    fs::write(site.office.file("cards.crl"), "no list").unwrap();
    assert_eq!(site.card(&bob).await, None, "no list");
    fs::copy(site.office.file("root.crl"), site.office.file("cards.crl")).unwrap();
    assert_eq!(site.card(&bob).await, None, "none of this authority");
    site.office.list(&[], day);
    assert_eq!(
        site.card(&alice).await,
        Some(Ok("alice".into())),
        "put right"
    );

    site.office.list_root(&[1_000]);
    assert_eq!(
        site.card(&bob).await,
        None,
        "the authority in between is revoked"
    );
    site.collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_can_be_set_that_old_lists_do_and_which_name_is_whose() {
    let site = site(&[
        ("client_certificates.stale_crl", "accept".into()),
        ("client_certificates.account", "{subject}".into()),
        (
            "client_certificates.accounts",
            "[{holder = \"CN=1234567890@mil\", account = \"bob\"}]".into(),
        ),
    ])
    .await;
    site.office.list(&[1], -TimeDelta::hours(1));
    assert_eq!(
        site.card(&Card::of("1234567890@mil", 2)).await,
        Some(Ok("bob".into()))
    );
    assert_eq!(
        site.card(&Card::of("1234567890@mil", 1)).await,
        None,
        "on the old list"
    );
    assert_eq!(
        site.card(&Card::of("bob", 3)).await,
        Some(Err("bad_certificate".into()))
    );
    let ways = site
        .collector
        .browser()
        .get("/api/v1/session/providers")
        .await;
    let cards = format!("https://localhost:{}", site.cards.port());
    assert_eq!(
        ways["certificate"],
        json!({"origin": cards, "console": site.collector.browser().base(), "here": false})
    );
    site.collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_listener_there_are_no_cards() {
    let collector = TestCollector::start().await;
    let browser: Api = collector.browser();
    assert_eq!(
        browser.get("/api/v1/session/providers").await["certificate"],
        Value::Null
    );
    let answer = browser
        .send(reqwest::Method::POST, "/api/v1/session/certificate", None)
        .await;
    assert_eq!(outcome(answer).await, Err("certificate_needed".into()));
    collector.stop().await;
}
