//! Lists of the API as files: which lists, in which forms, and what is in them. Pure.

/// Workbooks.
mod workbook;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use utoipa::ToSchema;

pub use self::workbook::{Workbook, WorkbookError};

/// A list of the API that can be kept as a question and taken away as a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ExportList)]
pub enum List {
    Hosts,
    Results,
    PostureHosts,
    Events,
    Alerts,
    Facts,
    Audit,
}

/// A column of a table, and where its value stands in an item.
pub type Column = (&'static str, &'static str);

impl List {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Hosts,
        Self::Results,
        Self::PostureHosts,
        Self::Events,
        Self::Alerts,
        Self::Facts,
        Self::Audit,
    ];

    /// As everybody writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hosts => "hosts",
            Self::Results => "results",
            Self::PostureHosts => "posture_hosts",
            Self::Events => "events",
            Self::Alerts => "alerts",
            Self::Facts => "facts",
            Self::Audit => "audit",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|list| list.name() == name)
    }

    /// Where the API has it.
    pub fn path(self) -> &'static str {
        match self {
            Self::Hosts => "/api/v1/hosts",
            Self::Results => "/api/v1/results",
            Self::PostureHosts => "/api/v1/posture/hosts",
            Self::Events => "/api/v1/events",
            Self::Alerts => "/api/v1/alerts",
            Self::Facts => "/api/v1/facts",
            Self::Audit => "/api/v1/audit",
        }
    }

    /// What a table of it has, in this order.
    pub fn columns(self) -> &'static [Column] {
        match self {
            Self::Hosts => &[
                ("id", "/id"),
                ("hostname", "/hostname"),
                ("os_name", "/os_name"),
                ("state", "/state"),
                ("since", "/since"),
                ("group", "/group"),
                ("groups", "/groups"),
                ("labels", "/labels"),
                ("agent_version", "/agent_version"),
                ("content_serial", "/content_serial"),
                ("content_stale", "/content_stale"),
                ("build", "/build"),
                ("clock_wrong", "/clock_wrong"),
                ("stale_kinds", "/stale_kinds"),
                ("enrolled_at", "/enrolled_at"),
                ("last_seen_at", "/last_seen_at"),
            ],
            Self::Results => &[
                ("host", "/host/id"),
                ("hostname", "/host/hostname"),
                ("rule", "/rule"),
                ("profile", "/profile"),
                ("status", "/status"),
                ("because", "/because"),
                ("valid_from", "/valid_from"),
            ],
            Self::PostureHosts => &[
                ("host", "/host/id"),
                ("hostname", "/host/hostname"),
                ("score", "/score"),
                ("weighted_score", "/weighted_score"),
                ("passed", "/passed"),
                ("failed", "/failed"),
                ("error", "/error"),
                ("not_assessable", "/not_assessable"),
                ("not_applicable", "/not_applicable"),
                ("manual", "/manual"),
                ("failed_critical", "/failed_critical"),
                ("failed_high", "/failed_high"),
                ("silent", "/silent"),
                ("since", "/since"),
            ],
            Self::Events => &[
                ("id", "/id"),
                ("host", "/host/id"),
                ("hostname", "/host/hostname"),
                ("code", "/code"),
                ("severity", "/severity"),
                ("subject", "/subject"),
                ("text", "/text"),
                ("before", "/before"),
                ("after", "/after"),
                ("occurred_at", "/occurred_at"),
                ("recorded_at", "/recorded_at"),
                ("maintenance", "/maintenance"),
            ],
            Self::Alerts => &[
                ("id", "/id"),
                ("title", "/title"),
                ("alert_type", "/alert_type"),
                ("severity", "/severity"),
                ("state", "/state"),
                ("subjects", "/subjects"),
                ("rule_name", "/rule_name"),
                ("assignee", "/assignee"),
                ("acknowledged_by", "/acknowledged_by"),
                ("snoozed_until", "/snoozed_until"),
                ("opened_at", "/opened_at"),
                ("changed_at", "/changed_at"),
                ("resolved_at", "/resolved_at"),
            ],
            Self::Facts => &[
                ("host", "/host/id"),
                ("hostname", "/host/hostname"),
                ("key", "/key"),
                ("value", "/value"),
                ("valid_from", "/valid_from"),
            ],
            Self::Audit => &[
                ("stream", "/stream"),
                ("seq", "/seq"),
                ("at", "/at"),
                ("actor", "/actor"),
                ("how", "/how"),
                ("action", "/action"),
                ("outcome", "/outcome"),
                ("target_kind", "/target/kind"),
                ("target_id", "/target/id"),
                ("target_name", "/target/name"),
                ("address", "/address"),
                ("request", "/request"),
            ],
        }
    }
}

/// What a file is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ExportFormat)]
pub enum Format {
    /// A table for spreadsheets. Lines before it that begin with `#` say what it is.
    #[default]
    Csv,
    /// One object, with `meta` and `items`.
    Json,
    /// `{"meta": …}`, and an item a line.
    Ndjson,
    /// A workbook, with a sheet of the items and one that says what they are.
    Xlsx,
}

impl Format {
    const ALL: [Self; 4] = [Self::Csv, Self::Json, Self::Ndjson, Self::Xlsx];

    /// As everybody writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Xlsx => "xlsx",
        }
    }

    /// The one of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    /// Its media type, and how files of it end.
    pub fn media_type(self) -> (&'static str, &'static str) {
        match self {
            Self::Csv => ("text/csv; charset=utf-8", "csv"),
            Self::Json => ("application/json", "json"),
            Self::Ndjson => ("application/x-ndjson", "ndjson"),
            Self::Xlsx => (
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                "xlsx",
            ),
        }
    }
}

/// What a file says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Meta {
    pub list: List,
    pub filters: BTreeMap<String, String>,
    /// When it was asked for, as the API writes instants.
    pub at: String,
    /// By whom.
    pub by: String,
    /// The name of the question, if it was a kept one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub query: Option<String>,
}

impl Meta {
    /// Each thing with its name.
    pub fn lines(&self) -> Vec<(String, String)> {
        let mut lines = vec![
            ("list".to_owned(), self.list.name().to_owned()),
            ("at".to_owned(), self.at.clone()),
            ("by".to_owned(), self.by.clone()),
        ];
        lines.extend(
            self.query
                .iter()
                .map(|name| ("query".to_owned(), name.clone())),
        );
        let filters = self.filters.iter();
        lines.extend(filters.map(|(name, value)| (format!("filter {name}"), value.clone())));
        lines
    }
}

/// What stands before the first item.
///
/// # Errors
/// serde's, which would be a defect.
pub fn head(format: Format, meta: &Meta) -> serde_json::Result<String> {
    Ok(match format {
        Format::Csv => {
            let about = meta.lines().into_iter();
            let about: String = about
                .map(|(name, value)| format!("# {}: {}\r\n", one_line(&name), one_line(&value)))
                .collect();
            let names = meta.list.columns().iter().map(|(name, _)| *name);
            let names: Vec<&str> = names.collect();
            format!("{about}{}\r\n", names.join(","))
        }
        Format::Json => format!("{{\"meta\":{},\"items\":[", serde_json::to_string(meta)?),
        Format::Ndjson => format!("{}\n", json!({ "meta": meta })),
        Format::Xlsx => String::new(),
    })
}

/// One item; `first` is the first of all.
pub fn item(format: Format, list: List, item: &Value, first: bool) -> String {
    match format {
        Format::Csv => {
            let cells = cells(list, item).into_iter();
            let cells: Vec<String> = cells.map(|text| csv_cell(&text)).collect();
            cells.join(",") + "\r\n"
        }
        Format::Json => format!("{}\n{item}", if first { "" } else { "," }),
        Format::Ndjson => format!("{item}\n"),
        Format::Xlsx => String::new(),
    }
}

/// What stands behind the last item.
pub fn tail(format: Format) -> &'static str {
    match format {
        Format::Json => "\n]}\n",
        Format::Csv | Format::Ndjson | Format::Xlsx => "",
    }
}

/// The columns of an item: texts as they are, lists of texts with `, ` between, and the rest as JSON.
pub fn cells(list: List, item: &Value) -> Vec<String> {
    let columns = list.columns().iter();
    columns
        .map(|(_, place)| match item.pointer(place) {
            None | Some(Value::Null) => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(Value::Array(all)) if all.iter().all(Value::is_string) => {
                let texts: Vec<&str> = all.iter().filter_map(Value::as_str).collect();
                texts.join(", ")
            }
            Some(other) => other.to_string(),
        })
        .collect()
}

/// A cell after RFC 4180. A text that a spreadsheet would take for a formula gets an apostrophe before it.
pub fn csv_cell(text: &str) -> String {
    let quoted = text.replace('"', "\"\"");
    format!("\"{}{quoted}\"", if is_formula(text) { "'" } else { "" })
}

/// Whether a spreadsheet may take a text for a formula. A number is none.
fn is_formula(text: &str) -> bool {
    let is_number = text.strip_prefix(['+', '-']).is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_digit())
            && rest.chars().all(|c| c.is_ascii_digit() || c == '.')
    });
    text.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_number
}

fn one_line(text: &str) -> String {
    text.replace(['\r', '\n'], " ")
}

#[cfg(test)]
mod tests;
