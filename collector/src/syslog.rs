//! Messages as syslog servers take them (RFC 5424), and their frames (RFC 6587 and RFC 5425). Pure.

use chrono::{DateTime, SecondsFormat, Utc};

/// The number of a facility, 0 to 23, and a severity, 0 to 7.
pub fn priority(facility: u8, severity: u8) -> u8 {
    facility * 8 + severity
}

/// A message with `sort` as its identifier and a text of one line, of something that happened `at` this machine,
/// which calls itself `hostname`.
pub fn message(
    priority: u8,
    (at, hostname): (DateTime<Utc>, &str),
    sort: &str,
    text: &str,
) -> String {
    let at = at.to_rfc3339_opts(SecondsFormat::Micros, true);
    let process = std::process::id();
    format!("<{priority}>1 {at} {hostname} openwatch-collector {process} {sort} - {text}")
}

/// A message behind its length, as streams of them have it.
pub fn framed(message: &str) -> String {
    format!("{} {message}", message.len())
}
