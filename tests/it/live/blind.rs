//! An agent for which the kernel has no inotify instance left reads on a timer, and says why and
//! what mends it.

use std::fs;

use serde_json::Value;
use support::{LiveHost, Watched, process::binary, until};

/// Runs the agent as a user of its own, of whose inotify instances another program has taken all.
/// Limits are counted by user: no other test meets this one.
const EXHAUSTED: &str = r#"
chown -R 54321 "$0/agent" "$0/agent.toml"
setpriv --reuid 54321 --clear-groups perl -e '
    my %init = (x86_64 => 294, aarch64 => 26);
    chomp(my $machine = `uname -m`);
    open my $limit, "<", "/proc/sys/fs/inotify/max_user_instances";
    my $taken = 0;
    while (syscall($init{$machine}, 0) >= 0) { $taken++ }
    open my $done, ">", "/run/taken"; print $done $taken; close $done;
    sleep' &
while [ ! -s /run/taken ]; do sleep 0.05; done
exec setpriv --reuid 54321 --clear-groups "$@"
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_that_cannot_hear_of_files_says_so_and_what_mends_it() {
    let Some(host) = LiveHost::start() else {
        return;
    };
    host.run("chmod", &["1777", "/run"]);
    let folder = host.folder().display().to_string();
    let watched = Watched::traced(host, &["sh", "-c", EXHAUSTED, &folder]).await;
    let status = watched.host.folder().join("agent/status.json");
    let why = until("a kind that is read on a timer", async || {
        let status = fs::read_to_string(&status).unwrap_or_default();
        let status: Value = serde_json::from_str(&status).unwrap_or_default();
        let why = status["blind"]["group"].as_str().map(str::to_owned);
        why.ok_or((status, watched.agent.said()))
    })
    .await;
    assert!(why.contains("fs.inotify.max_user_instances"), "{why}");
    let groups = watched.api.facts(&watched.id, "group").await;
    assert!(groups.contains_key("root"), "it is read nevertheless");
    let told = watched.agent_says(&["status"]);
    assert!(told.contains("on a timer: no inotify instance"), "{told}");
    // Other findings may be wrong here, and its exit says so.
    let doctor = "\"$0\" doctor --config \"$1\" || true";
    let (agent, settings) = (binary("openwatch-agent"), format!("{folder}/agent.toml"));
    let agent = agent.to_str().unwrap();
    let said = watched.host.run("sh", &["-c", doctor, agent, &settings]);
    let finding = said
        .lines()
        .position(|line| line.contains("group: changes are seen late"));
    let mend = finding.and_then(|at| said.lines().nth(at + 1));
    let mend = mend.unwrap_or_else(|| panic!("{said}"));
    assert!(
        mend.contains("sysctl fs.inotify.max_user_instances="),
        "{mend}"
    );
}
