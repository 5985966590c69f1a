//! A record as it is exported and sent to syslog: a line of JSON that can be verified anywhere.

use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use super::verify::Row;

/// A record with its place, as JSON in one line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    pub stream: String,
    pub seq: i64,
    /// Hexadecimal.
    hash: String,
    /// The record's text as it is: its hash is over each of its characters.
    record: Box<RawValue>,
}

impl Line {
    /// The line of a record of this chain.
    ///
    /// # Errors
    /// serde's, which would be a defect.
    pub fn new(stream: &str, row: &Row) -> serde_json::Result<Self> {
        // What is no JSON any more, because somebody changed it, goes out as a text.
        let record = RawValue::from_string(row.body.clone());
        Ok(Self {
            stream: stream.into(),
            seq: row.seq,
            hash: row.hash.iter().map(|byte| format!("{byte:02x}")).collect(),
            record: record.or_else(|_| to_raw_value(&row.body))?,
        })
    }

    /// The record of a line.
    pub fn row(&self) -> Row {
        let digits = self.hash.as_bytes().chunks(2);
        let bytes = digits.map(|pair| {
            let pair = std::str::from_utf8(pair).ok()?;
            u8::from_str_radix(pair, 16).ok()
        });
        Row {
            seq: self.seq,
            hash: bytes.collect::<Option<_>>().unwrap_or_default(),
            body: self.record.get().into(),
            columns: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_the_same_to_the_character_after_a_journey() {
        for body in [r#"{"b": "\u00e9",  "a":1}"#, "no JSON {"] {
            let row = Row {
                seq: 7,
                hash: vec![0, 255, 18],
                body: body.into(),
                columns: None,
            };
            let line = serde_json::to_string(&Line::new("access", &row).unwrap()).unwrap();
            assert!(!line.contains('\n'), "{line}");
            let back: Line = serde_json::from_str(&line).unwrap();
            let back = back.row();
            assert_eq!((back.seq, &back.hash), (7, &row.hash));
            assert_eq!(back.body == body, body.starts_with('{'), "{line}");
        }
    }
}
