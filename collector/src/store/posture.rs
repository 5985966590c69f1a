//! Rows of `posture`: what each host stands at through each lens, now and then.

/// The counts of a row that has all of their columns.
macro_rules! counts {
    ($row:expr) => {
        $crate::posture::Counts {
            passed: $row.passed,
            failed: $row.failed,
            error: $row.error,
            not_assessable: $row.not_assessable,
            not_applicable: $row.not_applicable,
            manual: $row.manual,
            weight_passed: $row.weight_passed,
            weight_failed: $row.weight_failed,
            failed_critical: $row.failed_critical,
            failed_high: $row.failed_high,
        }
    };
}

/// On how many hosts rules fail now.
pub mod failing;

/// What the API asks.
pub mod read;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::Value;
use shared::rule::result::KIND;
use sqlx::PgConnection;

use crate::posture::{Change, Counts, Lens, Told};

/// The numbers of `lenses`, in their order; those that are new are added.
///
/// # Errors
/// sqlx's.
pub async fn lenses(db: &mut PgConnection, lenses: &[Lens]) -> sqlx::Result<Vec<i16>> {
    let (sorts, keys): (Vec<&str>, Vec<&str>) = lenses.iter().map(Lens::name).unzip();
    sqlx::query!(
        // A conflict would take a number all the same, and there are only 32,767.
        "insert into posture_lens (sort, key)
         select * from unnest($1::text[], $2::text[]) as new (sort, key)
         where not exists (select from posture_lens old where old.sort = new.sort and old.key = new.key)
         on conflict do nothing",
        &sorts as &[&str],
        &keys as &[&str],
    )
    .execute(&mut *db)
    .await?;
    sqlx::query_scalar!(
        r#"select l.id from unnest($1::text[], $2::text[]) with ordinality as w (sort, key, n)
           join posture_lens l on l.sort = w.sort and l.key = w.key order by w.n"#,
        &sorts as &[&str],
        &keys as &[&str],
    )
    .fetch_all(db)
    .await
}

/// What hosts told of rules that did not end up to the instant beside each, by host; a host without an instant: all of it.
///
/// # Errors
/// sqlx's.
pub async fn told(
    db: &mut PgConnection,
    hosts: &[(i32, Option<DateTime<Utc>>)],
) -> sqlx::Result<BTreeMap<i32, Vec<Told>>> {
    let (numbers, froms): (Vec<i32>, Vec<_>) = hosts.iter().copied().unzip();
    let rows = sqlx::query!(
        r#"select f.host_no, k.key, v.value ->> 'verdict' as verdict, v.value -> 'values' as "values?",
                  f.valid_from, nullif(f.valid_to, 'infinity') as valid_to
           from unnest($1::integer[], $2::timestamptz[]) as w (host_no, after)
           join host_fact f on f.host_no = w.host_no and f.valid_to > coalesce(w.after, '-infinity')
           join fact_kind kind on kind.id = f.kind and kind.name = $3
           join fact_key k on k.id = f.key_id
           join fact_value v on v.id = f.value_id"#,
        &numbers,
        &froms as &[Option<DateTime<Utc>>],
        KIND,
    )
    .fetch_all(db)
    .await?;
    let mut told: BTreeMap<i32, Vec<Told>> = BTreeMap::new();
    for row in rows {
        let verdict = row.verdict.map(Value::String);
        told.entry(row.host_no).or_default().push(Told {
            key: row.key,
            verdict: verdict.and_then(|verdict| serde_json::from_value(verdict).ok()),
            values: row
                .values
                .and_then(|values| serde_json::from_value(values).ok())
                .unwrap_or_default(),
            from: row.valid_from,
            to: row.valid_to,
        });
    }
    Ok(told)
}

/// The present rows of hosts: by host, and by lens.
///
/// # Errors
/// sqlx's.
pub async fn present(
    db: &mut PgConnection,
    hosts: &[i32],
) -> sqlx::Result<BTreeMap<i32, BTreeMap<i16, Counts>>> {
    let rows = sqlx::query!(
        "select host_no, lens, passed, failed, error, not_assessable, not_applicable, manual,
                weight_passed, weight_failed, failed_critical, failed_high
         from posture where host_no = any($1) and valid_to = 'infinity'",
        hosts,
    )
    .fetch_all(db)
    .await?;
    let mut present: BTreeMap<i32, BTreeMap<i16, Counts>> = BTreeMap::new();
    for row in rows {
        let counts = counts!(row);
        present
            .entry(row.host_no)
            .or_default()
            .insert(row.lens, counts);
    }
    Ok(present)
}

/// An interval of a host's posture.
#[derive(Debug, Clone)]
struct Row {
    host_no: i32,
    lens: i16,
    from: DateTime<Utc>,
    /// `None` for the present one.
    to: Option<DateTime<Utc>>,
    counts: Counts,
}

/// Writes how hosts went on: of each host its changes as [`crate::posture::sweep`] tells them, `numbers` being the
/// lenses' numbers.
///
/// # Errors
/// sqlx's.
pub async fn write(
    db: &mut PgConnection,
    changes: &[(i32, Vec<Change>)],
    numbers: &[i16],
) -> sqlx::Result<()> {
    let (mut ended, mut rows) = (Vec::new(), Vec::<Row>::new());
    for (host_no, changes) in changes {
        // The last row of each lens, in `rows`.
        let mut open: BTreeMap<i16, Option<usize>> = BTreeMap::new();
        for change in changes {
            let lens = numbers[change.lens];
            match open.get(&lens) {
                None => ended.push((*host_no, lens, change.at)),
                Some(Some(last)) => rows[*last].to = Some(change.at),
                Some(None) => {}
            }
            let next = (!change.counts.is_nothing()).then_some(rows.len());
            open.insert(lens, next);
            if next.is_some() {
                rows.push(Row {
                    host_no: *host_no,
                    lens,
                    from: change.at,
                    to: None,
                    counts: change.counts,
                });
            }
        }
    }
    end(db, &ended).await?;
    insert(db, &rows).await
}

async fn end(db: &mut PgConnection, ended: &[(i32, i16, DateTime<Utc>)]) -> sqlx::Result<()> {
    if ended.is_empty() {
        return Ok(());
    }
    let hosts: Vec<i32> = ended.iter().map(|(host_no, ..)| *host_no).collect();
    let lenses: Vec<i16> = ended.iter().map(|(_, lens, _)| *lens).collect();
    let ats: Vec<_> = ended.iter().map(|(.., at)| *at).collect();
    sqlx::query!(
        "update posture p set valid_to = e.at
         from unnest($1::integer[], $2::smallint[], $3::timestamptz[]) as e (host_no, lens, at)
         where p.host_no = e.host_no and p.lens = e.lens and p.valid_to = 'infinity'",
        &hosts,
        &lenses,
        &ats,
    )
    .execute(db)
    .await
    .map(drop)
}

async fn insert(db: &mut PgConnection, rows: &[Row]) -> sqlx::Result<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let of = |field: fn(&Counts) -> i32| {
        rows.iter()
            .map(|row| field(&row.counts))
            .collect::<Vec<_>>()
    };
    let hosts: Vec<i32> = rows.iter().map(|row| row.host_no).collect();
    let lenses: Vec<i16> = rows.iter().map(|row| row.lens).collect();
    let froms: Vec<_> = rows.iter().map(|row| row.from).collect();
    let tos: Vec<_> = rows.iter().map(|row| row.to).collect();
    sqlx::query!(
        "insert into posture (host_no, lens, valid_from, valid_to, passed, failed, error, not_assessable,
                              not_applicable, manual, weight_passed, weight_failed, failed_critical, failed_high)
         select host_no, lens, valid_from, coalesce(valid_to, 'infinity'), passed, failed, error, not_assessable,
                not_applicable, manual, weight_passed, weight_failed, failed_critical, failed_high
         from unnest($1::integer[], $2::smallint[], $3::timestamptz[], $4::timestamptz[], $5::integer[],
                     $6::integer[], $7::integer[], $8::integer[], $9::integer[], $10::integer[],
                     $11::integer[], $12::integer[], $13::integer[], $14::integer[])
             as n (host_no, lens, valid_from, valid_to, passed, failed, error, not_assessable, not_applicable,
                   manual, weight_passed, weight_failed, failed_critical, failed_high)",
        &hosts,
        &lenses,
        &froms,
        &tos as &[Option<DateTime<Utc>>],
        &of(|counts| counts.passed),
        &of(|counts| counts.failed),
        &of(|counts| counts.error),
        &of(|counts| counts.not_assessable),
        &of(|counts| counts.not_applicable),
        &of(|counts| counts.manual),
        &of(|counts| counts.weight_passed),
        &of(|counts| counts.weight_failed),
        &of(|counts| counts.failed_critical),
        &of(|counts| counts.failed_high),
    )
    .execute(db)
    .await
    .map(drop)
}
