//! Signing in at a real provider of OpenID Connect, as browsers do.

use reqwest::{Client, Response, header, redirect};
use serde_json::{Value, json};
use shared::clock::SystemClock;
use support::{
    IdentityProvider, TestCollector, browser,
    identity_provider::{CLIENT, SECRET},
};

/// A collector that lets people in whom the provider calls staff.
async fn collector_and_provider() -> (TestCollector, IdentityProvider) {
    let flags = [
        ("outbound.allow", "[\"127.0.0.1\", \"::1\"]".into()),
        ("https.origin", "https://localhost:0".into()),
    ];
    let collector = TestCollector::start_set(SystemClock::shared(), &flags).await;
    let back = format!(
        "{}/api/v1/session/oidc/corp/callback",
        collector.browser().base()
    );
    let provider = IdentityProvider::start(&back).await;
    let made = collector
        .api
        .post(
            "/api/v1/identity-providers",
            &json!({
                "name": "corp", "title": "Corporate sign-in", "issuer": provider.issuer,
                "client_id": CLIENT, "client_secret": SECRET, "ca_pem": provider.ca_pem,
                "just_in_time": true, "mappings": [{"value": "staff", "role": "operator"}],
            }),
        )
        .await;
    assert_eq!(made["redirect_uri"], back);
    (collector, provider)
}

/// A browser that goes where it is sent one step at a time.
struct Browser {
    client: Client,
    base: String,
}

impl Browser {
    fn new(collector: &TestCollector) -> Self {
        let pem = collector.server().authority().certificate_pem().as_bytes();
        let client = Client::builder()
            .tls_certs_only([reqwest::Certificate::from_pem(pem).unwrap()])
            .cookie_store(true)
            .resolve("localhost", collector.server().https())
            .redirect(redirect::Policy::none())
            .build()
            .unwrap();
        let base = collector.browser().base().to_owned();
        Self { client, base }
    }

    async fn begin(&self) -> String {
        let path = "/api/v1/session/oidc/corp/begin?to=/hosts";
        location(&self.get(&format!("{}{path}", self.base)).await)
    }

    async fn get(&self, url: &str) -> Response {
        self.client.get(url).send().await.unwrap()
    }

    /// There, back, and where it is sent then.
    async fn sign_in(&self, provider: &IdentityProvider, name: &str) -> String {
        let back = provider.sign_in(&self.begin().await, name).await;
        location(&self.get(&back).await)
    }

    /// Who it is signed in as.
    async fn who(&self) -> Option<Value> {
        let answer = self.get(&format!("{}/api/v1/session", self.base)).await;
        answer.error_for_status().ok()?.json().await.ok()
    }
}

fn location(answer: &Response) -> String {
    assert_eq!(answer.status(), 303);
    answer.headers()[header::LOCATION]
        .to_str()
        .unwrap()
        .to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn people_sign_in_at_a_real_provider_and_nothing_else_lets_them_in() {
    let (collector, mut provider) = collector_and_provider().await;
    let browser = Browser::new(&collector);
    assert_eq!(browser.sign_in(&provider, "alice+staff").await, "/hosts");
    let who = browser.who().await.unwrap();
    assert_eq!(
        (&who["name"], &who["how"]),
        (&json!("alice"), &json!("oidc:corp"))
    );
    let stranger = Browser::new(&collector);
    let refused = async |browser: &Browser, name: &str| {
        let to = browser.sign_in(&provider, name).await;
        assert_eq!(browser.who().await, None);
        to
    };
    assert_eq!(
        refused(&stranger, "bob+guests").await,
        "/sign-in?refused=no_access"
    );

    // Once, by the browser that was sent, with what it was sent with, from who was asked.
    let back = provider
        .sign_in(&stranger.begin().await, "alice+staff")
        .await;
    let other = Browser::new(&collector);
    other.begin().await;
    assert_eq!(location(&other.get(&back).await), "/sign-in?refused=state");
    assert!(back.contains("&iss="), "it names itself: {back}");
    let code = back
        .split_once("code=")
        .unwrap()
        .1
        .split('&')
        .next()
        .unwrap();
    for (change, code) in [
        // That anybody can make a browser ask, and it takes nothing from the sign-in under way.
        (back.replace("state=", "state=x"), "state"),
        (back.replace("&iss=", "&iss=x"), "mix_up"),
    ] {
        assert_eq!(
            location(&stranger.get(&change).await),
            format!("/sign-in?refused={code}")
        );
    }
    // That it came back with another issuer has used it up.
    assert_eq!(
        location(&stranger.get(&back).await),
        "/sign-in?refused=state"
    );
    let late = provider
        .sign_in(&stranger.begin().await, "alice+staff")
        .await;
    let theirs = late
        .split_once("code=")
        .unwrap()
        .1
        .split('&')
        .next()
        .unwrap();
    let stolen = late.replace(theirs, code);
    assert_eq!(
        location(&stranger.get(&stolen).await),
        "/sign-in?refused=provider"
    );
    let silent = provider
        .sign_in(&stranger.begin().await, "alice+staff")
        .await;
    let silent = silent.split("&iss=").next().unwrap();
    assert_eq!(
        location(&stranger.get(silent).await),
        "/sign-in?refused=mix_up"
    );

    let past = chrono_seconds() - 120;
    for change in [
        json!({"claims": {"nonce": "another"}}),
        json!({"claims": {"nonce": null}}),
        json!({"claims": {"iss": "https://evil.example"}}),
        json!({"claims": {"aud": "another"}}),
        json!({"claims": {"aud": [CLIENT, "another"]}}),
        json!({"claims": {"exp": past}}),
        json!({"claims": {"iat": past}}),
        json!({"key": "other"}),
        json!({"key": "other", "head": {"kid": "unknown"}}),
        json!({"key": "none"}),
    ] {
        provider.change(&change).await;
        let to = stranger.sign_in(&provider, "alice+staff").await;
        assert!(to.starts_with("/sign-in?refused="), "{change}: {to}");
        assert_eq!(stranger.who().await, None, "{change}");
    }
    provider.change(&json!({})).await;
    assert_eq!(stranger.sign_in(&provider, "alice+staff").await, "/hosts");
    assert_eq!(stranger.who().await.unwrap()["name"], "alice");
    collector.stop().await;
}

fn chrono_seconds() -> i64 {
    shared::clock::Clock::now(&SystemClock).timestamp()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_real_browser_signs_in_by_a_button() {
    let (collector, provider) = collector_and_provider().await;
    browser::run(
        "sso-run.mjs",
        &[
            ("OPENWATCH_URL", collector.browser().base()),
            ("OPENWATCH_PERSON", "alice+staff"),
        ],
    )
    .await;
    drop(provider);
    collector.stop().await;
}
