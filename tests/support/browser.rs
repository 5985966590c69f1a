//! The console's browser tests, which are a program of their own: `collector/web/e2e/run.mjs`.

use std::{
    env, fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::process::Command;

/// What the browser is to look at, and as whom.
#[derive(Debug)]
pub struct Sight<'a> {
    /// The console, `https://HOST:PORT`.
    pub url: &'a str,
    pub user: &'a str,
    pub password: &'a str,
    /// The name of the host that is looked at.
    pub host: &'a str,
    /// A line for the shell that changes a fact of that host.
    pub change: &'a str,
}

/// Runs the browser tests.
///
/// # Panics
/// With all they said when one of them fails, and when the console is not built.
pub async fn look(sight: Sight<'_>) {
    let said = run(
        "run.mjs",
        &[
            ("OPENWATCH_URL", sight.url),
            ("OPENWATCH_USER", sight.user),
            ("OPENWATCH_PASSWORD", sight.password),
            ("OPENWATCH_HOST", sight.host),
            ("OPENWATCH_CHANGE_CMD", sight.change),
        ],
    )
    .await;
    log(&said);
}

/// Runs a program of `collector/web/e2e` with this in its environment, and returns what it said.
///
/// # Panics
/// With all that, when it fails, and when the console is not built.
pub async fn run(program: &str, environment: &[(&str, &str)]) -> String {
    let web = Path::new(env!("CARGO_MANIFEST_DIR")).join("../collector/web");
    for (part, command) in [
        ("node_modules/playwright-core", "npm ci"),
        ("dist/index.html", "npm run build"),
    ] {
        assert!(
            web.join(part).exists(),
            "{part} is missing: run `{command}` in collector/web, or all of `./dev test`"
        );
    }
    let output = Command::new("node")
        .arg(Path::new("e2e").join(program))
        .current_dir(&web)
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        // The test may be ended from outside; the browser must not outlive it.
        .kill_on_drop(true)
        .output()
        .await
        .expect("node, which ./dev test installs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{complaints}");
    said
}

/// Adds what a program of browser tests said to the file that `OPENWATCH_E2E_LOG` names: `./dev test` adds up the
/// last lines, `N passed, N failed`.
pub fn log(said: &str) {
    let Some(log) = env::var_os("OPENWATCH_E2E_LOG").map(PathBuf::from) else {
        return;
    };
    let mut file = fs::File::options()
        .create(true)
        .append(true)
        .open(log)
        .expect("a log");
    file.write_all(said.as_bytes()).expect("a log");
}
