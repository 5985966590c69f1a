//! Tables for people, JSON for programs.

use std::io::{self, Write, stdout};

use serde_json::{Value, json};

/// Where answers go, and in which form.
#[derive(Debug)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// A list: with `--json` as it came, otherwise a table of `row`.
    pub(crate) fn list<const N: usize>(
        &self,
        head: [&str; N],
        items: &[Value],
        row: impl Fn(&Value) -> [String; N],
    ) -> anyhow::Result<()> {
        let whole = if self.json {
            json!({"items": items})
        } else {
            Value::Null
        };
        self.answer(&whole, head, items, row)
    }

    /// An answer that is about a list: with `--json` as it came, otherwise a table of `row`.
    pub(crate) fn answer<const N: usize>(
        &self,
        value: &Value,
        head: [&str; N],
        items: &[Value],
        row: impl Fn(&Value) -> [String; N],
    ) -> anyhow::Result<()> {
        if self.json {
            return self.object(value, "");
        }
        let rows: Vec<[String; N]> = items.iter().map(row).collect();
        quiet(write!(stdout(), "{}", table(head, rows)))
    }

    /// One thing: with `--json` as it came, otherwise `text`.
    pub(crate) fn object(&self, value: &Value, text: &str) -> anyhow::Result<()> {
        if self.json {
            quiet(writeln!(stdout(), "{value:#}"))
        } else {
            quiet(writeln!(stdout(), "{text}"))
        }
    }
}

/// A reader that has seen enough, such as `head`, is no failure.
fn quiet(written: io::Result<()>) -> anyhow::Result<()> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// A field as text; nothing for null.
pub(crate) fn text(value: &Value, field: &str) -> String {
    match &value[field] {
        Value::Null => "-".into(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// An instant, to the second: `2026-03-03 14:05:00Z`.
pub(crate) fn time(value: &Value, field: &str) -> String {
    let text = text(value, field);
    match text.get(..19) {
        Some(seconds) => format!("{}Z", seconds.replace('T', " ")),
        None => text,
    }
}

/// Without what would steer the terminal: a host may call itself anything.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

fn table<const N: usize>(head: [&str; N], rows: Vec<[String; N]>) -> String {
    let rows: Vec<[String; N]> = [head.map(String::from)]
        .into_iter()
        .chain(rows)
        .map(|row| row.map(|cell| printable(&cell)))
        .collect();
    let mut widths = [0; N];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (width, cell) in widths.iter().zip(&row) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width + 2 - cell.chars().count()));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = vec![["web-1".into(), "online".into()], ["é".into(), "x".into()]];
        assert_eq!(
            table(["NAME", "STATE"], rows),
            "NAME   STATE\nweb-1  online\né      x\n"
        );
    }

    #[test]
    fn a_host_cannot_steer_the_terminal() {
        let rows = vec![["\u{1b}[2Jroot\n".into()]];
        assert_eq!(table(["NAME"], rows), "NAME\n\u{fffd}[2Jroot\u{fffd}\n");
    }

    #[test]
    fn times_are_shown_to_the_second() {
        let value = json!({"at": "2026-03-03T14:05:00.123456Z", "never": null});
        assert_eq!(time(&value, "at"), "2026-03-03 14:05:00Z");
        assert_eq!(time(&value, "never"), "-");
    }
}
