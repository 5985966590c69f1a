//! The log: structured lines on standard error, for journald or a terminal.

use std::io::{IsTerminal, stderr};

use tracing_subscriber::{
    filter::{ParseError, Targets},
    fmt::layer,
    prelude::*,
};

/// Starts logging at `filter` (`info`, `debug`, `openwatch_agent=debug,warn`).
///
/// # Errors
/// The filter's own message when it cannot be parsed.
pub fn init(filter: &str) -> Result<(), ParseError> {
    let filter: Targets = filter.parse()?;
    let lines = layer()
        .with_writer(stderr)
        .with_ansi(stderr().is_terminal());
    let lines = tracing_subscriber::registry().with(lines.with_filter(filter));
    // A second call, as from two servers in one test process, keeps the first log.
    let _ = lines.try_init();
    Ok(())
}
