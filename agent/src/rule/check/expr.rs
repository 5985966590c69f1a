//! `expr`: an expression over facts. It passes where it is true; what could not be read, and what cannot
//! be asked of what was, is an `error` unless something else decides.

use std::cell::{OnceCell, RefCell};

use shared::{
    cel::{CelError, Expression, Names, Value, Why},
    rule::{
        check::{Expr, KINDS, SINGLE},
        result::Verdict,
    },
    wire::Stale,
};

use super::{
    super::source::{Row, Rows},
    Seen, Sources,
};
use crate::sca::secret;

/// Steps that an expression may take: half a second of a slow machine, and a thousand packages against a
/// hundred files each.
const STEPS: u32 = 1_000_000;

pub(super) fn judge(asked: &Expr, sources: &Sources<'_>) -> Seen {
    let words: Vec<_> = asked.cel.text().split_whitespace().collect();
    let expected = words.join(" ");
    let named = asked.cel.names();
    let kinds: Vec<(&'static str, OnceCell<Rows>)> = KINDS
        .into_iter()
        .filter(|kind| named.contains(kind))
        .map(|kind| (kind, OnceCell::new()))
        .collect();
    let unread = RefCell::new(None);
    let names = |name: &str| {
        let kind = kinds.iter().find(|(kind, _)| *kind == name);
        let (kind, rows) = kind.ok_or("it is no kind of facts")?;
        match rows.get_or_init(|| sources.rows(kind)).as_ref() {
            Ok(rows) => value(kind, rows),
            Err(stale) => {
                let told = format!("`{kind}` could not be read: {}", stale.detail);
                let (reason, detail) = (stale.reason, told.clone());
                unread.borrow_mut().get_or_insert(Stale { reason, detail });
                Err(told)
            }
        }
    };
    let seen = decide(&asked.cel, &names, &unread, expected);
    seen.read(
        kinds
            .iter()
            .filter(|(_, rows)| rows.get().is_some())
            .map(|(kind, _)| *kind),
    )
}

/// A kind as an expression has it.
fn value<'v>(kind: &str, rows: &'v [Row]) -> Result<Value<'v>, String> {
    let row = |row: &'v Row| Value::row(&row.key, &row.value);
    if !SINGLE.contains(&kind) {
        return Ok(Value::list(rows.iter().map(row)));
    }
    let single = rows.iter().find(|row| row.key == kind).map(row);
    single.ok_or_else(|| format!("nothing is known of `{kind}`"))
}

fn decide<'v>(
    cel: &'v Expression,
    names: &Names<'_, 'v>,
    unread: &RefCell<Option<Stale>>,
    expected: String,
) -> Seen {
    let passes = match cel.evaluate(names, STEPS) {
        Ok(Value::Bool(passes)) => passes,
        Ok(other) => {
            let what = format!("it gives a {}, and neither true nor false", other.sort());
            return Seen::verdict(Verdict::Error, expected, what);
        }
        Err(error) => return undecided(&error, unread, expected),
    };
    let why = cel.why(names, STEPS);
    let told = told(&why);
    let mut seen = if why.of == 0 {
        Seen::of(
            passes,
            expected,
            if told.is_empty() {
                format!("it is {passes}")
            } else {
                told
            },
        )
    } else {
        let mut seen = Seen::offenders(why.offenders, why.of, expected);
        if !told.is_empty() {
            seen.actual = format!("{}; {told}", seen.actual);
        }
        seen
    };
    seen.verdict = if passes { Verdict::Pass } else { Verdict::Fail };
    seen
}

/// What could not be read tells more than where in the expression it was asked.
fn undecided(error: &CelError, unread: &RefCell<Option<Stale>>, expected: String) -> Seen {
    match &*unread.borrow() {
        Some(stale) => Seen::stale(stale, expected),
        None => Seen::verdict(Verdict::Error, expected, error.to_string()),
    }
}

/// `os.id = "debian"; os.version = "12"`
fn told(why: &Why) -> String {
    let values = why.values.iter();
    let values: Vec<_> = values
        .map(|(name, value)| format!("{name} = {}", secret::valued(name, value)))
        .collect();
    values.join("; ")
}

#[cfg(test)]
mod tests;
