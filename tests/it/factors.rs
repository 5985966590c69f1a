//! What people show beside their password, with the programs that others use for it.

use serde_json::{Value, json};
use shared::clock::{Clock as _, SystemClock};
use support::{TestCollector, api::Api, browser};
use tokio::process::Command;

/// What `oathtool` says is the code of a secret, so many seconds from now.
async fn oathtool(secret: &str, offset_s: i64) -> String {
    let at = SystemClock.now().timestamp() + offset_s;
    let output = Command::new("oathtool")
        .args(["--totp", "--base32", "--now", &format!("@{at}"), secret])
        .output()
        .await
        .expect("oathtool, which ./dev test installs");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout)
        .expect("digits")
        .trim()
        .to_owned()
}

async fn sign_in(browser: &Api, password: &str, code: Option<&str>) -> (u16, Value) {
    let mut body = json!({"name": "alice", "password": password});
    if let Some(code) = code {
        body["code"] = code.into();
    }
    let answer = browser
        .send(reqwest::Method::POST, "/api/v1/session", Some(&body))
        .await;
    let status = answer.status().as_u16();
    (status, answer.json().await.expect("JSON"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn oathtool_and_the_collector_agree_on_codes() {
    let collector = TestCollector::start().await;
    let made = collector
        .api
        .post("/api/v1/accounts", &json!({"name": "alice"}))
        .await;
    let password = made["password"].as_str().expect("a password");
    let browser = collector.browser();
    assert_eq!(sign_in(&browser, password, None).await.0, 200);
    let begun = browser.post("/api/v1/account/totp", &json!({})).await;
    let secret = begun["secret"].as_str().expect("a secret");
    let confirm = json!({"code": oathtool(secret, 0).await});
    let codes = browser.post("/api/v1/account/totp/confirm", &confirm).await;
    assert_eq!(codes["backup_codes"].as_array().expect("codes").len(), 10);

    let stranger = collector.browser();
    let (status, refused) = sign_in(&stranger, password, None).await;
    assert_eq!((status, &refused["code"]), (401, &json!("code_needed")));
    let replayed = confirm["code"].as_str();
    let (status, refused) = sign_in(&stranger, password, replayed).await;
    assert_eq!((status, &refused["code"]), (401, &json!("bad_code")));
    // That of the next step, which a clock that is ahead shows already: nobody waits for it.
    let next = oathtool(secret, 30).await;
    let (status, entered) = sign_in(&stranger, password, Some(&next)).await;
    assert_eq!((status, &entered["how"]), (200, &json!("password+code")));
    let far = oathtool(secret, 3600).await;
    let (status, refused) = sign_in(&collector.browser(), password, Some(&far)).await;
    assert_eq!((status, &refused["code"]), (401, &json!("bad_code")));
    let backup = codes["backup_codes"][0].as_str();
    let (status, entered) = sign_in(&collector.browser(), password, backup).await;
    assert_eq!(
        (status, &entered["how"]),
        (200, &json!("password+backup_code"))
    );
    let (status, refused) = sign_in(&collector.browser(), password, backup).await;
    assert_eq!((status, &refused["code"]), (401, &json!("bad_code")));
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_shows_codes_passkeys_and_security_keys() {
    let origin = ("https.origin", "https://localhost:0".into());
    let collector = TestCollector::start_set(SystemClock::shared(), &[origin]).await;
    let made = collector
        .api
        .post("/api/v1/accounts", &json!({"name": "alice"}))
        .await;
    browser::run(
        "factors.mjs",
        &[
            ("OPENWATCH_URL", collector.browser().base()),
            ("OPENWATCH_USER", "alice"),
            (
                "OPENWATCH_PASSWORD",
                made["password"].as_str().expect("a password"),
            ),
        ],
    )
    .await;
    collector.stop().await;
}
