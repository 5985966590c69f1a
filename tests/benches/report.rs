//! Tables on standard output, in a form that can be put into a document as it is. The ratio comes
//! first: the other columns depend on the machine.

use std::{fmt::Display, fs, time::Duration};

/// A table that grows by rows.
#[derive(Debug)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns.
    pub(crate) fn new(columns: &[&str]) -> Self {
        let heads: Vec<String> = columns.iter().map(|&name| name.to_owned()).collect();
        let rules = columns.iter().map(|_| "---".to_owned()).collect();
        Self {
            rows: vec![heads, rules],
        }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: &[&dyn Display]) {
        self.rows
            .push(cells.iter().map(|cell| cell.to_string()).collect());
    }

    /// Prints it under a title.
    pub(crate) fn print(&self, title: &str) {
        say(&format!("\n### {title}\n"));
        let columns = self.rows[0].len();
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for row in &self.rows {
            let cells = row.iter().zip(&widths);
            let cells = cells.map(|(cell, &width)| format!("{cell:<width$}"));
            say(&format!("| {} |", cells.collect::<Vec<_>>().join(" | ")));
        }
    }
}

/// One line.
#[expect(clippy::print_stdout, reason = "the figures are the program's answer")]
pub(crate) fn say(line: &str) {
    println!("{line}");
}

/// What it runs on.
pub(crate) fn machine() {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpuinfo.lines().find_map(|line| {
        line.strip_prefix("model name")?
            .trim_start_matches([' ', '\t', ':'])
            .into()
    });
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let built = if cfg!(debug_assertions) {
        "debug build: the figures mean nothing"
    } else {
        "bench profile"
    };
    say(&format!(
        "{cores} cores ({}), Linux {}, {built}",
        model.unwrap_or("unknown"),
        kernel.trim()
    ));
}

/// The load average as a part begins, which says how far to trust what follows.
pub(crate) fn load(part: &str) {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: Vec<_> = load.split_whitespace().take(3).collect();
    say(&format!("\n## {part} (load average {})", load.join(" ")));
}

/// How many times `other` fits into `this`: `12.3x`.
pub(crate) fn ratio(this: f64, other: f64) -> String {
    match this / other {
        ratio if !ratio.is_finite() => "-".into(),
        ratio if ratio >= 100.0 => format!("{ratio:.0}x"),
        ratio if ratio >= 10.0 => format!("{ratio:.1}x"),
        ratio => format!("{ratio:.2}x"),
    }
}

/// A duration with three digits and its unit.
pub(crate) fn time(duration: Duration) -> String {
    let nanos = duration.as_secs_f64() * 1e9;
    let (value, unit) = match nanos {
        n if n < 1e3 => (n, "ns"),
        n if n < 1e6 => (n / 1e3, "us"),
        n if n < 1e9 => (n / 1e6, "ms"),
        n => (n / 1e9, "s"),
    };
    let digits = if value < 10.0 {
        2
    } else {
        usize::from(value < 100.0)
    };
    format!("{value:.digits$} {unit}")
}

/// A whole number with thousands apart: `12 345`.
pub(crate) fn count(number: f64) -> String {
    let digits = format!("{number:.0}");
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().collect();
    String::from_utf8_lossy(&groups.join(&b' ')).into_owned()
}

/// A number of bytes, for people.
pub(crate) fn bytes(number: f64) -> String {
    if number >= 1024.0 * 1024.0 {
        format!("{:.1} MiB", number / 1024.0 / 1024.0)
    } else {
        format!("{:.1} KiB", number / 1024.0)
    }
}
