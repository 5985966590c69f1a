//! How people come to an account, from the administrator's command to what they see.

use support::{TestCollector, browser};

use crate::cli::ran::owadm;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_chooses_a_password_with_a_link_and_sees_which_account_is_for_emergencies() {
    let collector = TestCollector::start().await;
    let invite = ["admin", "invite", "alice", "--json"];
    let link = owadm(&collector, &invite).await.json();
    owadm(&collector, &invite)
        .await
        .ended(1, &["account_exists"]);
    let reset = ["admin", "invite", "alice", "--reset"];
    owadm(&collector, &reset).await.ended(1, &["no_password"]);
    let create = ["admin", "break-glass", "create", "--json"];
    let emergency = owadm(&collector, &create).await.json();
    browser::run(
        "accounts.mjs",
        &[
            ("OPENWATCH_URL", collector.browser().base()),
            ("OPENWATCH_USER", "alice"),
            ("OPENWATCH_LINK", link["path"].as_str().unwrap()),
            ("OPENWATCH_EMERGENCY", "break-glass"),
            (
                "OPENWATCH_EMERGENCY_PASSWORD",
                emergency["password"].as_str().unwrap(),
            ),
        ],
    )
    .await;
    // There is a password now: the next link is for another one.
    let again = owadm(&collector, &reset).await.text();
    assert!(again.contains("/invitation#owi_"), "{again}");
    collector.stop().await;
}
