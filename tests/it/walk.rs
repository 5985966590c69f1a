//! What people do with the console, from the first sign-in on: in a real browser, over a real collector, with real agents.

/// A fleet with a past.
mod fleet;

use std::{env, path::Path};

use serde_json::json;
use shared::clock::SystemClock;
use support::{
    TestCollector, browser,
    process::{Process, binary},
};

use self::fleet::Walked;

/// Runs a line that enrols as somebody does who pastes it into a shell, and starts the agent.
async fn enrol(line: &str, folder: &Path) -> Process {
    let programs = binary("");
    let path = format!("{}:{}", programs.display(), env::var("PATH").unwrap());
    let state = folder.display().to_string();
    let pasted = tokio::process::Command::new("sh")
        .args(["-c", &format!("{line} --state-dir {state}")])
        .env("PATH", path)
        .output()
        .await
        .unwrap();
    assert!(pasted.status.success(), "{pasted:?}");
    let args = ["run", "--state-dir", &state];
    Process::start("openwatch-agent", args, &folder.join("agent.log"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_administrator_signs_in_and_enrols_the_first_host() {
    let flags = [
        // The line that is pasted names the address at which the console was found.
        ("agents.listen", "127.0.0.1:0".into()),
        ("https.listen", "127.0.0.1:0".into()),
        ("passwords.given", "once".into()),
        ("sign_in.second_factor", "required".into()),
    ];
    let collector = TestCollector::start_set(SystemClock::shared(), &flags).await;
    let account = json!({"name": "admin"});
    let account = collector.api.post("/api/v1/accounts", &account).await;
    let environment = [
        ("OPENWATCH_URL", collector.browser().base().to_owned()),
        ("OPENWATCH_USER", "admin".into()),
        (
            "OPENWATCH_PASSWORD",
            account["password"].as_str().unwrap().into(),
        ),
    ];
    let environment = environment
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let folder = tempfile::tempdir().unwrap();
    let mut agent = None;
    let said = browser::play("newcomer.mjs", &environment, async |cue| {
        let line = cue.strip_prefix("paste ").expect("a cue that is known");
        agent = Some(enrol(line, folder.path()).await);
    })
    .await;
    browser::log(&said);
    drop(agent);
    collector.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_administrator_works_with_the_fleet() {
    let mut walked = Walked::start().await;
    let environment = walked.environment().await;
    let environment: Vec<_> = environment
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let said = browser::play("walk.mjs", &environment, async |cue| match cue {
        "weaken" => walked.weaken(),
        "mend" => walked.mend(),
        "update" => walked.update(),
        "month" => walked.month(),
        "halt" => walked.halt().await,
        "resume" => walked.resume().await,
        other => panic!("nobody knows the cue {other:?}"),
    })
    .await;
    browser::log(&said);
    walked.stop().await;
}
