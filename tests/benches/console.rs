//! The console over 100,000 hosts, in a real browser: `collector/web/e2e/measure.mjs` says what it measures.

use serde_json::json;
use shared::clock::SystemClock;
use support::{TestCollector, browser, crowd};

use crate::report::say;

const HOSTS: i32 = 100_000;

/// Measures the console. What it needs beside the benchmarks is Chromium, and the console as it is built.
///
/// # Errors
/// None; it panics when something cannot be measured at all.
pub(crate) fn run() -> anyhow::Result<()> {
    tokio::runtime::Runtime::new()?.block_on(async {
        // As a server of this size is set; a flush is the disk's matter.
        let options = json!(["fsync=off", "shared_buffers=1GB", "work_mem=32MB"]);
        let mut flags = crowd::settings();
        flags.push(("database.options", options.to_string()));
        let collector = TestCollector::start_set(SystemClock::shared(), &flags).await;
        let began = std::time::Instant::now();
        crowd::gather(&collector, HOSTS).await;
        let took = began.elapsed().as_secs();
        say(&format!("\n{HOSTS} hosts written in {took} s."));
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
        ];
        // It prints its own table.
        browser::run("measure.mjs", &environment).await;
        collector.stop().await;
        Ok(())
    })
}
