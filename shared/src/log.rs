//! The log: structured lines on standard error, for journald or a terminal.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::EnvFilter;

/// Starts logging at `filter` (`info`, `debug`, `openwatch_agent=debug,warn`).
///
/// # Errors
/// The filter's own message when it cannot be parsed.
pub fn init(filter: &str) -> Result<(), tracing_subscriber::filter::ParseError> {
    let filter = EnvFilter::builder().parse(filter)?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal());
    // A second call, as from two servers in one test process, keeps the first log.
    let _ = lines.try_init();
    Ok(())
}
