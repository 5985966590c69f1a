//! The console's browser tests, which are a program of their own: `collector/web/e2e/run.mjs`.

use std::{
    env, fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    process::Command,
};

use crate::process::binary;

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
    play(program, environment, async |cue| {
        panic!("nobody knows the cue {cue:?}")
    })
    .await
}

/// The same with a program that gives cues, for what happens outside the browser: it says a line `cue: WORDS`, and goes
/// on when `cued` has returned.
///
/// # Panics
/// As [`run`].
pub async fn play(
    program: &str,
    environment: &[(&str, &str)],
    mut cued: impl AsyncFnMut(&str),
) -> String {
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
    let mut running = Command::new("node")
        .arg(Path::new("e2e").join(program))
        .current_dir(&web)
        .env("OPENWATCH_SHOTS", pictures())
        .envs(environment.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // The test may be ended from outside; the browser must not outlive it.
        .kill_on_drop(true)
        .spawn()
        .expect("node, which ./dev test installs");
    let mut go = running.stdin.take().expect("its input");
    let lines = BufReader::new(running.stdout.take().expect("its output"));
    let mut errors = running.stderr.take().expect("its errors");
    let (mut said, mut complaints) = (String::new(), String::new());
    let listening = async {
        let mut lines = lines.lines();
        while let Some(line) = lines.next_line().await.expect("a text") {
            if let Some(cue) = line.strip_prefix("cue: ") {
                cued(cue).await;
                go.write_all(b"\n").await.expect("it waits");
            } else {
                // Also told when the test fails at a cue.
                let _ = writeln!(io::stdout(), "{line}");
                said += &line;
                said.push('\n');
            }
        }
    };
    let (_, read) = tokio::join!(listening, errors.read_to_string(&mut complaints));
    read.expect("a text");
    let status = running.wait().await.expect("its end");
    assert!(status.success(), "{said}{complaints}");
    said
}

/// Where a test's pictures are kept: `target/pictures`, in a folder that is called as the test.
fn pictures() -> PathBuf {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("unnamed").replace("::", ".");
    let folder = binary("").join("../pictures").join(test);
    env::var_os("OPENWATCH_SHOTS").map_or(folder, PathBuf::from)
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
