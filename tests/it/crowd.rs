//! What the console makes of a fleet that no page can hold: in a real browser, over a real collector.

use serde_json::json;
use shared::clock::SystemClock;
use support::{TestCollector, browser, crowd};

/// So many that no list holds them, and that a collector which is not optimised still answers soon.
const HOSTS: i32 = 20_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_fleet_is_scrolled_filtered_chosen_taken_away_and_drawn() {
    let collector = TestCollector::start_set(SystemClock::shared(), &crowd::settings()).await;
    crowd::gather(&collector, HOSTS).await;
    let account = json!({"name": "admin"});
    let account = collector.api.post("/api/v1/accounts", &account).await;
    let address = collector.browser();
    let environment = [
        ("OPENWATCH_URL", address.base()),
        ("OPENWATCH_USER", "admin"),
        (
            "OPENWATCH_PASSWORD",
            account["password"].as_str().expect("a password"),
        ),
        ("OPENWATCH_PATIENCE_MS", "30000"),
    ];
    browser::log(&browser::run("crowd.mjs", &environment).await);
    collector.stop().await;
}
