//! Tables for people, JSON for programs.

use std::io::{self, IsTerminal as _, Write, stdout};

use serde_json::{Value, json};

/// Where answers go, and in which form.
#[derive(Debug)]
pub(crate) struct Output {
    json: bool,
    plain: bool,
}

impl Output {
    /// `plain` is without colours, also where a terminal shows them.
    pub(crate) fn new(json: bool, plain: bool) -> Self {
        Self { json, plain }
    }

    /// Whether JSON is wanted.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Whether colours are seen.
    pub(crate) fn is_coloured(&self) -> bool {
        !self.plain && stdout().is_terminal()
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
        let rows = items.iter().map(|item| Vec::from(row(item)));
        let head = Vec::from(head.map(String::from));
        print(&table([head].into_iter().chain(rows)))
    }

    /// One thing: with `--json` as it came, otherwise `text`.
    pub(crate) fn object(&self, value: &Value, text: &str) -> anyhow::Result<()> {
        if self.json {
            json(value)
        } else {
            print(&format!("{text}\n"))
        }
    }
}

/// Prints a value as JSON.
pub(crate) fn json(value: &Value) -> anyhow::Result<()> {
    print(&format!("{value:#}\n"))
}

/// Prints text.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    quiet(write!(stdout(), "{text}"))
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
    to_the_second(&text(value, field))
}

/// A text that is an instant, to the second; another as it is.
pub(crate) fn to_the_second(text: &str) -> String {
    let is_instant = text.ends_with('Z') && text.as_bytes().get(10) == Some(&b'T');
    match text.get(..19).filter(|_| is_instant) {
        Some(seconds) => format!("{}Z", seconds.replace('T', " ")),
        None => text.to_owned(),
    }
}

/// Without what would steer the terminal: a host may call itself anything.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}

/// Rows as lines, each column as wide as its widest cell.
pub(crate) fn table(rows: impl Iterator<Item = Vec<String>>) -> String {
    let shown = |row: Vec<String>| row.iter().map(|cell| printable(cell)).collect();
    let rows: Vec<Vec<String>> = rows.map(shown).collect();
    let mut widths = Vec::new();
    for row in &rows {
        widths.resize(row.len().max(widths.len()), 0);
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
        let rows = [["NAME", "STATE"], ["web-1", "online"], ["é", "x"]];
        let rows = rows.map(|row| row.map(String::from).into());
        assert_eq!(
            table(rows.into_iter()),
            "NAME   STATE\nweb-1  online\né      x\n"
        );
    }

    #[test]
    fn a_host_cannot_steer_the_terminal() {
        let rows = [vec!["\u{1b}[2Jroot\n".into()]];
        assert_eq!(table(rows.into_iter()), "\u{fffd}[2Jroot\u{fffd}\n");
    }

    #[test]
    fn times_are_shown_to_the_second() {
        let value = json!({"at": "2026-03-03T14:05:00.123456Z", "never": null});
        assert_eq!(time(&value, "at"), "2026-03-03 14:05:00Z");
        assert_eq!(time(&value, "never"), "-");
    }
}
