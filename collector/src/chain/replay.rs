//! The results that the links give, interval by interval, held against those that the tables have.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use shared::{chain::Sort, fact::RowHash};

use super::{Kept, KeptLink, KeptRow, Report};

/// A result for a time.
#[derive(Debug, Clone)]
struct Interval<'a> {
    rule: &'a str,
    hash: RowHash,
    from: DateTime<Utc>,
    to: Option<DateTime<Utc>>,
    /// Whether a link that is kept told it.
    told: bool,
}

pub(super) fn replay(kept: &Kept, report: &mut Report) {
    let Some(begin) = kept.links.first().map(|link| link.valid_from) else {
        report.untold = kept.rows.len();
        return;
    };
    let mut tables: BTreeMap<(DateTime<Utc>, &str), &KeptRow> = BTreeMap::new();
    for row in &kept.rows {
        if row.valid_to.is_some_and(|to| to < begin) {
            report.untold += 1;
        } else if tables.insert((row.valid_from, &row.rule), row).is_some() {
            report.fault(place(&row.rule, row.valid_from), "is there twice");
        }
    }
    let mut expected = intervals(kept, begin);
    expected.sort_by_key(|one| (one.from, one.rule));
    for one in expected {
        let row = tables.remove(&(one.from, one.rule));
        report.untold += usize::from(!one.told && row.is_some());
        if let Some(what) = differs(&one, row, kept.oldest) {
            report.fault(place(one.rule, one.from), what);
        }
    }
    for ((from, rule), _) in tables {
        report.fault(
            place(rule, from),
            "was told by no link: it was added, or begins at another time",
        );
    }
}

fn differs(
    told: &Interval<'_>,
    row: Option<&KeptRow>,
    oldest: DateTime<Utc>,
) -> Option<&'static str> {
    let Some(row) = row else {
        let gone = told.to.is_some_and(|to| to < oldest);
        return (!gone).then_some("is not there, and a link tells it: it was removed");
    };
    if row.named != told.hash {
        Some("is another one than the host told: it was changed")
    } else if row.says != Some(told.hash) {
        Some("does not say what the host told: its value in the dictionary was changed")
    } else if row.valid_to != told.to {
        Some("ends at another time than the host told")
    } else {
        None
    }
}

fn place(rule: &str, from: DateTime<Utc>) -> String {
    format!(
        "result of {rule} from {}",
        from.format("%Y-%m-%d %H:%M:%S%.6fZ")
    )
}

/// Every interval that the links give. What there was just before them is taken as it is.
fn intervals(kept: &Kept, begin: DateTime<Utc>) -> Vec<Interval<'_>> {
    let mut replay = Replay::default();
    for row in kept.rows.iter().filter(|row| row.valid_from < begin) {
        if row.valid_to.is_none_or(|to| to >= begin) {
            let present = Interval {
                rule: &row.rule,
                hash: row.named,
                from: row.valid_from,
                to: None,
                told: false,
            };
            replay.present.insert(&row.rule, present);
        }
    }
    for link in &kept.links {
        replay.link(link);
    }
    replay.past.extend(replay.present.into_values());
    replay.past
}

#[derive(Debug, Default)]
struct Replay<'a> {
    present: BTreeMap<&'a str, Interval<'a>>,
    past: Vec<Interval<'a>>,
    /// Rules of the snapshot whose last part has not come.
    parts: BTreeSet<&'a str>,
}

impl<'a> Replay<'a> {
    fn link(&mut self, kept: &'a KeptLink) {
        let at = kept.valid_from;
        for (rule, hash) in &kept.link.rows {
            match hash {
                Some(hash) => self.set(rule, *hash, at),
                None => self.end(rule, at),
            }
        }
        match kept.link.sort {
            Sort::Part | Sort::LastPart => {
                self.parts
                    .extend(kept.link.rows.iter().map(|(rule, _)| &**rule));
            }
            Sort::Delta | Sort::Fresh | Sort::Stale => return,
        }
        if kept.link.sort == Sort::LastPart {
            let whole = std::mem::take(&mut self.parts);
            let gone = self.present.keys().filter(|rule| !whole.contains(*rule));
            for rule in gone.copied().collect::<Vec<_>>() {
                self.end(rule, at);
            }
        }
    }

    fn set(&mut self, rule: &'a str, hash: RowHash, at: DateTime<Utc>) {
        if let Some(present) = self.present.get_mut(rule)
            && present.hash == hash
        {
            present.told = true;
            return;
        }
        self.end(rule, at);
        let new = Interval {
            rule,
            hash,
            from: at,
            to: None,
            told: true,
        };
        self.present.insert(rule, new);
    }

    fn end(&mut self, rule: &str, at: DateTime<Utc>) {
        if let Some(mut ended) = self.present.remove(rule) {
            ended.to = Some(at);
            self.past.push(ended);
        }
    }
}
