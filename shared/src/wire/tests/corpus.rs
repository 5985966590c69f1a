//! Replays the seeds of the fuzz targets (`fuzz/`), and what they have found: `good-` must be
//! accepted, `bad-` must be refused, and any other name must only not panic.

use std::{fmt::Debug, fs, path::Path};

use ed25519_dalek::SigningKey;
use serde::{Serialize, de::DeserializeOwned};

use super::*;
use crate::{
    fact::{canonical, parse_canonical},
    metric::Decoder,
    token::Token,
};

/// Calls `accepts` with each file of `testdata/fuzz/TARGET`.
pub(crate) fn replay(target: &str, accepts: impl Fn(&[u8]) -> bool) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/fuzz");
    let folder = folder.join(target);
    let (mut good, mut bad) = (0, 0);
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let accepted = accepts(&fs::read(&path).unwrap());
        let name = path.file_name().unwrap().to_string_lossy();
        if name.starts_with("good-") {
            good += 1;
            assert!(accepted, "{target}: {name} is refused");
        } else if name.starts_with("bad-") {
            bad += 1;
            assert!(!accepted, "{target}: {name} is accepted");
        }
    }
    assert!(good > 0 && bad > 0, "{target}: {good} good, {bad} bad");
}

/// Whether it opens; what opens must survive another journey.
fn opens<M: Serialize + DeserializeOwned + PartialEq + Debug>(bytes: &[u8]) -> bool {
    let opened = open::<M>(bytes);
    if let Ok(message) = &opened {
        assert_eq!(&open::<M>(&seal(message).unwrap()).unwrap(), message);
    }
    opened.is_ok()
}

#[test]
fn what_agents_may_send_is_opened_or_refused() {
    replay("agent_message", opens::<AgentMessage>);
}

#[test]
fn what_agents_may_send_as_metrics_is_read_or_refused() {
    replay("metric_columns", |frame| {
        let Ok(AgentMessage::Metrics(message)) = open(frame) else {
            return false;
        };
        let read = Decoder::<String>::default().minutes(&message, str::to_owned);
        let rows = read.iter().flatten().flat_map(|minute| &minute.rows);
        for (_, row) in rows {
            assert!(row.min.is_finite() && row.min <= row.mean && row.mean <= row.max);
        }
        read.is_ok()
    });
}

#[test]
fn what_collectors_may_send_is_opened_or_refused() {
    replay("collector_message", opens::<CollectorMessage>);
}

#[test]
fn what_agents_may_ask_for_is_opened_or_refused() {
    replay("fetch", opens::<Fetch>);
}

#[test]
fn what_collectors_may_answer_is_opened_or_refused() {
    replay("fetched", opens::<Fetched>);
}

#[test]
fn what_anybody_may_send_to_enrol_is_opened_or_refused() {
    replay("enrol_request", opens::<EnrolRequest>);
}

#[test]
fn what_anybody_may_show_as_a_token_is_parsed_or_refused() {
    let key = SigningKey::from_bytes(&[7; 32]).verifying_key();
    replay("token", |bytes| {
        let Ok(text) = str::from_utf8(bytes) else {
            return false;
        };
        assert!(Token::verify(text, &key).is_err(), "nobody signed {text}");
        Token::parse(text).is_ok()
    });
}

#[test]
fn what_a_host_may_send_as_a_value_is_canonical_or_refused() {
    replay("fact", |bytes| {
        let Ok(text) = str::from_utf8(bytes) else {
            return false;
        };
        let parsed = parse_canonical(text);
        if let Ok(value) = &parsed {
            assert_eq!(canonical(value).unwrap(), text);
        }
        parsed.is_ok()
    });
}
