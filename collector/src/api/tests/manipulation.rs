//! The audit log, manipulated in a hundred ways by who owns the database: each is found, and named.

use std::ops::RangeInclusive;

use proptest::{prelude::*, sample::Index, strategy::ValueTree as _, test_runner::TestRunner};
use serde_json::{Value, json};

use super::Api;
use crate::audit;

/// How many ways.
const WAYS: usize = 100;

/// A record as the table has it.
#[derive(Debug, Clone, sqlx::FromRow)]
struct Kept {
    stream: String,
    seq: i64,
    at: chrono::DateTime<chrono::Utc>,
    body: String,
    hash: Vec<u8>,
    /// Else than what the record says.
    #[sqlx(skip)]
    actor: Option<String>,
}

/// One chain, and where it is said to end.
#[derive(Debug, Clone)]
struct Chain {
    rows: Vec<Kept>,
    head: (i64, Vec<u8>),
}

#[derive(Debug, Clone)]
enum Way {
    /// The text, with everything that is taken out of it.
    Body(Index),
    /// A column that is searched.
    Column(Index),
    Time(Index),
    Hash(Index, Index),
    Delete(Index, Index),
    /// The texts of two records.
    Swap(Index, Index),
    /// All of two records but their numbers.
    Exchange(Index, Index),
    /// To a number behind all others.
    Renumber(Index),
    /// And the numbers of all behind it put right.
    DeleteAndCloseUp(Index),
    /// With a hash that fits, and the numbers of all behind it put right.
    Insert(Index),
    /// Under the number of another.
    Twice(Index),
    /// To a chain of another name.
    Elsewhere(Index),
    /// The tail, with the head put right.
    Truncate(Index),
    /// From a record on, with all hashes and the head put right.
    Rewrite(Index),
    /// Everything, with the head put right.
    Empty,
    Head(bool),
}

fn way() -> impl Strategy<Value = Way> {
    let at = any::<Index>;
    prop_oneof![
        at().prop_map(Way::Body),
        at().prop_map(Way::Column),
        at().prop_map(Way::Time),
        (at(), at()).prop_map(|(at, bit)| Way::Hash(at, bit)),
        (at(), at()).prop_map(|(from, to)| Way::Delete(from, to)),
        (at(), at()).prop_map(|(one, other)| Way::Swap(one, other)),
        (at(), at()).prop_map(|(one, other)| Way::Exchange(one, other)),
        at().prop_map(Way::Renumber),
        at().prop_map(Way::DeleteAndCloseUp),
        at().prop_map(Way::Insert),
        at().prop_map(Way::Twice),
        at().prop_map(Way::Elsewhere),
        at().prop_map(Way::Truncate),
        at().prop_map(Way::Rewrite),
        Just(Way::Empty),
        any::<bool>().prop_map(Way::Head),
    ]
}

impl Chain {
    /// Does it, and returns the numbers of which one must be named.
    fn manipulate(&mut self, way: &Way) -> RangeInclusive<i64> {
        let count = self.rows.len();
        let last = self.rows[count - 1].seq;
        let two = |one: &Index, other: &Index| {
            let one = one.index(count);
            (one, (one + 1 + other.index(count - 1)) % count)
        };
        let rows = &mut self.rows;
        match way {
            Way::Body(at) => {
                let row = &mut rows[at.index(count)];
                row.body = forged(&row.body);
                row.seq..=row.seq
            }
            Way::Column(at) => {
                let row = &mut rows[at.index(count)];
                row.actor = Some("mallory".into());
                row.seq..=row.seq
            }
            Way::Time(at) => {
                let row = &mut rows[at.index(count)];
                row.at += chrono::TimeDelta::microseconds(1);
                row.seq..=row.seq
            }
            Way::Hash(at, bit) => {
                let row = &mut rows[at.index(count)];
                let bit = bit.index(256);
                row.hash[bit / 8] ^= 1 << (bit % 8);
                row.seq..=row.seq
            }
            Way::Delete(from, to) => {
                let from = from.index(count);
                let to = from + to.index(count - from);
                let gone = rows[from].seq..=rows[to].seq;
                rows.drain(from..=to);
                gone
            }
            Way::Swap(one, other) => {
                let (one, other) = two(one, other);
                let body = rows[one].body.clone();
                rows[one].body = std::mem::replace(&mut rows[other].body, body);
                rows[one].seq..=rows[one].seq
            }
            Way::Exchange(one, other) => {
                let (one, other) = two(one, other);
                let (seq, to) = (rows[one].seq, rows[other].seq);
                (rows[one].seq, rows[other].seq) = (to, seq);
                seq..=seq
            }
            Way::Renumber(at) => {
                let row = &mut rows[at.index(count)];
                let was = row.seq;
                row.seq = last + 5;
                // The last one leaves a gap before itself.
                was..=last + 5
            }
            Way::DeleteAndCloseUp(at) => {
                let at = at.index(count);
                let gone = rows.remove(at).seq;
                for row in &mut rows[at..] {
                    row.seq -= 1;
                }
                self.end();
                gone..=gone
            }
            Way::Insert(at) => {
                let at = at.index(count);
                let seq = rows[at].seq;
                let mut new = rows[at].clone();
                new.body = forged(&new.body);
                let before = at
                    .checked_sub(1)
                    .map_or(Vec::new(), |at| rows[at].hash.clone());
                new.hash = audit::hash(&before, &new.body).to_vec();
                for row in &mut rows[at..] {
                    row.seq += 1;
                }
                rows.insert(at, new);
                self.end();
                // The record behind it does not follow any more.
                seq..=seq + 1
            }
            Way::Twice(at) => {
                let at = at.index(count);
                let row = rows[at].clone();
                let seq = row.seq;
                rows.insert(at, row);
                seq..=seq
            }
            Way::Elsewhere(at) => {
                let row = &mut rows[at.index(count)];
                row.stream = "hidden".into();
                row.seq..=row.seq
            }
            Way::Truncate(at) => {
                let keep = at.index(count);
                let first = rows[keep].seq;
                rows.truncate(keep);
                self.end();
                first..=last
            }
            Way::Rewrite(at) => {
                let at = at.index(count);
                rows[at].body = forged(&rows[at].body);
                for n in at..count {
                    let before = n
                        .checked_sub(1)
                        .map_or(Vec::new(), |n| rows[n].hash.clone());
                    rows[n].hash = audit::hash(&before, &rows[n].body).to_vec();
                }
                let seq = rows[at].seq;
                self.end();
                seq..=seq
            }
            Way::Empty => {
                rows.clear();
                self.end();
                1..=last
            }
            Way::Head(is_forward) => {
                self.head.0 += if *is_forward { 3 } else { -1 };
                last..=last + 3
            }
        }
    }

    fn end(&mut self) {
        let last = self.rows.last();
        self.head = last.map_or((0, Vec::new()), |row| (row.seq, row.hash.clone()));
    }
}

/// The same record of somebody else.
fn forged(body: &str) -> String {
    let mut says: Value = serde_json::from_str(body).unwrap();
    says["actor"] = "mallory".into();
    says.to_string()
}

impl Api {
    async fn chain(&self) -> Chain {
        let rows =
            sqlx::query_as("select * from audit_record where stream = 'change' order by seq");
        let mut chain = Chain {
            rows: rows.fetch_all(&self.db).await.unwrap(),
            head: (0, Vec::new()),
        };
        chain.end();
        chain
    }

    async fn write(&self, chain: &Chain) {
        let mut tx = self.db.begin().await.unwrap();
        sqlx::raw_sql("delete from audit_record where stream <> 'access'")
            .execute(&mut *tx)
            .await
            .unwrap();
        for row in &chain.rows {
            sqlx::query(
                "insert into audit_record
                 (stream, seq, at, body, hash, actor, action, outcome, target_kind, target_id, address)
                 select $1, $2, $3, $4, $5, coalesce($6, b ->> 'actor'), b ->> 'action', b ->> 'outcome',
                     b #>> '{target,kind}', b #>> '{target,id}', b ->> 'address'
                 from (select $4::jsonb as b) as body",
            )
            .bind(&row.stream)
            .bind(row.seq)
            .bind(row.at)
            .bind(&row.body)
            .bind(&row.hash)
            .bind(&row.actor)
            .execute(&mut *tx)
            .await
            .unwrap();
        }
        sqlx::query("update audit_stream set seq = $1, hash = $2 where name = 'change'")
            .bind(chain.head.0)
            .bind(&chain.head.1)
            .execute(&mut *tx)
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    /// What the verifier says.
    async fn verified(&self) -> (Vec<Value>, Value) {
        let text = self.get("/api/v1/audit/verify").await.ok();
        let lines = text.as_str().unwrap().lines();
        let mut lines: Vec<Value> = lines
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let done = lines.pop().unwrap()["done"].take();
        let faults = lines.iter_mut().map(|line| line["fault"].take());
        (faults.filter(Value::is_object).collect(), done)
    }
}

#[tokio::test]
async fn each_of_a_hundred_manipulations_is_found_and_named() {
    let api = Api::new().await;
    for n in 0..30 {
        let token = json!({"name": format!("rack {n}")});
        api.post("/api/v1/enrollment-tokens", token).await.ok();
        if n % 4 == 3 {
            api.notary.sign().await.unwrap();
        }
    }
    api.notary.sign().await.unwrap();
    let good = api.chain().await;
    let (faults, done) = api.verified().await;
    assert_eq!(faults, [] as [Value; 0]);
    let witnessed = json!({"access": 0, "change": 30});
    assert_eq!(
        done,
        json!({"records": 30, "faults": 0, "witnessed": witnessed})
    );

    // What the owner can do.
    api.sql(
        "alter table audit_record disable trigger all;
         alter table audit_record drop constraint audit_record_pkey;
         alter table audit_record alter column actor drop expression,
             alter column action drop expression, alter column outcome drop expression,
             alter column target_kind drop expression, alter column target_id drop expression,
             alter column address drop expression",
    )
    .await;
    let mut runner = TestRunner::deterministic();
    for n in 0..WAYS {
        let way = way().new_tree(&mut runner).unwrap().current();
        let mut chain = good.clone();
        let touched = chain.manipulate(&way);
        api.write(&chain).await;
        let (faults, done) = api.verified().await;
        let named = faults.iter().any(|fault| {
            let number = |field: &str| fault[field].as_i64().unwrap();
            let is_here = fault["stream"] == "change" || fault["stream"] == "hidden";
            is_here && number("first") <= *touched.end() && *touched.start() <= number("last")
        });
        assert!(
            named,
            "{n}: {way:?} of {touched:?} is not among {faults:#?}"
        );
        assert_eq!(done["faults"], faults.len());
    }
    api.write(&good).await;
    assert_eq!(
        api.verified().await.0,
        [] as [Value; 0],
        "as it was, it is good"
    );
}
