//! How hosts stand: a year of 200 hosts is told as hosts tell it, and the answers are held against going over everything.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};
use shared::{
    digest::Digest,
    fact::RowHash,
    id::{Epoch, HostId},
};
use uuid::Uuid;

use super::{Api, result::catalogue};
use crate::{
    deriver::Deriver,
    store::{
        dictionary::{Dictionary, NewRow},
        fact::{Batch, Op, Unit, apply},
    },
};

const HOSTS: i32 = 200;
const GROUPS: u64 = 5;
const CHANGES: i64 = 2_500;
const QUESTIONS: u64 = 1_000;
const VERDICTS: [&str; 6] = [
    "pass",
    "fail",
    "error",
    "not_applicable",
    "not_assessable",
    "manual",
];

/// Numbers that look random and are the same each time (xorshift64).
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }
}

/// A time in which something was so; to the end of time where it has no end.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) from: DateTime<Utc>,
    pub(super) to: Option<DateTime<Utc>>,
}

impl Span {
    pub(super) fn has(&self, at: DateTime<Utc>) -> bool {
        self.from <= at && self.to.is_none_or(|to| at < to)
    }
}

/// The fleet, and everything that was told.
pub(super) struct Fleet {
    pub(super) api: Api,
    deriver: Deriver,
    dictionary: Dictionary,
    seq: u64,
    /// Hosts that have told everything once.
    begun: BTreeSet<i32>,
    /// By host and rule.
    pub(super) told: BTreeMap<(i32, String), Vec<(Span, &'static str)>>,
    /// By group and host.
    members: BTreeMap<(u64, i32), Vec<Span>>,
    /// When hosts were not heard of.
    away: BTreeMap<i32, Vec<Span>>,
    revoked: BTreeMap<i32, DateTime<Utc>>,
}

pub(super) fn begin() -> DateTime<Utc> {
    "2025-03-01T00:00:00Z".parse().unwrap()
}

pub(super) fn host_id(host_no: i32) -> Uuid {
    Uuid::from_u128(0x7000_8000_0000_0000_0000 + u128::from(host_no.unsigned_abs()))
}

pub(super) fn group_id(group: u64) -> Uuid {
    Uuid::from_u128(0x9000_8000_0000_0000_0000 + u128::from(group))
}

pub(super) fn text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

impl Fleet {
    pub(super) async fn new() -> Self {
        let api = Api::new().await;
        let deriver = Deriver::new(
            api.db.clone(),
            api.clock.clone(),
            api.feed.clone(),
            api.metrics.clone(),
            Arc::new(catalogue()),
            api.alerter.clone(),
        );
        Self {
            dictionary: Dictionary::new(api.db.clone()),
            deriver,
            api,
            seq: 0,
            begun: BTreeSet::new(),
            told: BTreeMap::new(),
            members: BTreeMap::new(),
            away: BTreeMap::new(),
            revoked: BTreeMap::new(),
        }
    }

    pub(super) async fn hosts(&self, hosts: i32) {
        for host_no in 1..=hosts {
            sqlx::query(
                "insert into host (host_no, id, hostname, group_name, machine, agent_version, enrolled_at, last_seen_at)
                 overriding system value values ($1, $2, 'host-' || $1, '', '', '1', $3, $3)",
            )
            .bind(host_no)
            .bind(host_id(host_no))
            .bind(begin())
            .execute(&self.api.db)
            .await
            .unwrap();
            sqlx::query("insert into stream (host_no, epoch, applied_seq) values ($1, 1, 0)")
                .bind(host_no)
                .execute(&self.api.db)
                .await
                .unwrap();
        }
    }

    /// Two collectors look at once.
    pub(super) async fn look(&self) {
        let (one, other) = (self.deriver.clone(), self.deriver.clone());
        tokio::try_join!(one.look(), other.look()).unwrap();
        // Hosts that one left to the other are left to nobody.
        self.deriver.look().await.unwrap();
    }

    /// As a session brings it: a verdict of each of these rules, or none any more.
    pub(super) async fn tell(
        &mut self,
        host_no: i32,
        at: DateTime<Utc>,
        verdicts: &[(String, Option<&'static str>)],
    ) {
        let row = |rule: &str, verdict: &str| {
            let value = json!({"because": "", "content": "0", "evidence": [], "verdict": verdict});
            NewRow {
                hash: RowHash::of("result", rule, &value.to_string()),
                kind: "result".into(),
                key: rule.into(),
                value: value.to_string(),
            }
        };
        let (mut set, mut gone) = (Vec::new(), Vec::new());
        for (rule, verdict) in verdicts {
            let of = self.told.entry((host_no, rule.clone())).or_default();
            let last = of.last().filter(|(span, _)| span.to.is_none());
            if last.map(|(_, verdict)| *verdict) == *verdict {
                continue;
            }
            if let Some((span, _)) = of.last_mut() {
                span.to.get_or_insert(at);
            }
            match verdict {
                Some(verdict) => {
                    of.push((Span { from: at, to: None }, verdict));
                    set.push(row(rule, verdict));
                }
                None => gone.push(rule.clone()),
            }
        }
        self.seq += 1;
        let op = if self.begun.insert(host_no) {
            Op::Replace {
                kind: "result".into(),
                rows: set.clone(),
                digest: Digest::default(),
            }
        } else {
            Op::Delta {
                kind: "result".into(),
                set: set.clone(),
                gone: gone.clone(),
                digest: Digest::default(),
            }
        };
        let kinds = BTreeSet::from(["result".to_owned()]);
        let gone = gone.into_iter().map(|key| ("result".to_owned(), key));
        let rows: BTreeMap<_, _> = set.iter().map(|row| (row.hash, row)).collect();
        let resolved = self
            .dictionary
            .resolve(&kinds, &gone.collect(), &rows)
            .await
            .unwrap();
        let batch = Batch {
            host: HostId(host_id(host_no)),
            host_no,
            epoch: Epoch(1),
            units: vec![Unit {
                seq: self.seq,
                at,
                op,
                links: Vec::new(),
            }],
            seal: None,
        };
        let mut tx = self.api.db.begin().await.unwrap();
        apply(&mut tx, &[batch], &resolved, at).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// How many results of each verdict a host had at an instant, of these rules.
    fn naive(
        &self,
        host_no: i32,
        rules: &BTreeSet<&str>,
        at: DateTime<Utc>,
    ) -> BTreeMap<&'static str, i64> {
        let mut counts = BTreeMap::new();
        let of_host = self
            .told
            .range((host_no, String::new())..(host_no + 1, String::new()));
        for ((_, rule), spans) in of_host {
            let now = spans.iter().find(|(span, _)| span.has(at));
            if let Some((_, verdict)) = now.filter(|_| rules.contains(rule.as_str())) {
                *counts.entry(*verdict).or_default() += 1;
            }
        }
        counts
    }

    /// The same of the hosts of a group that count.
    fn naive_together(
        &self,
        group: u64,
        rules: &BTreeSet<&str>,
        at: DateTime<Utc>,
    ) -> (i64, i64, BTreeMap<&'static str, i64>) {
        let (mut hosts, mut silent, mut sum) = (0, 0, BTreeMap::new());
        for host_no in 1..=HOSTS {
            let spans = self.members.get(&(group, host_no));
            let belongs = spans.is_some_and(|spans| spans.iter().any(|span| span.has(at)));
            if !belongs
                || self
                    .revoked
                    .get(&host_no)
                    .is_some_and(|revoked| *revoked <= at)
            {
                continue;
            }
            hosts += 1;
            let away = self.away.get(&host_no).into_iter().flatten();
            if away
                .clone()
                .any(|span| span.has(at) && span.from + TimeDelta::hours(24) <= at)
            {
                silent += 1;
                continue;
            }
            for (verdict, count) in self.naive(host_no, rules, at) {
                *sum.entry(verdict).or_default() += count;
            }
        }
        (hosts, silent, sum)
    }
}

/// What an answer says, in the same form; what is zero left out.
fn said(tally: &Value) -> BTreeMap<&'static str, i64> {
    let fields = [
        "passed",
        "failed",
        "error",
        "not_applicable",
        "not_assessable",
        "manual",
    ];
    let names = [
        "pass",
        "fail",
        "error",
        "not_applicable",
        "not_assessable",
        "manual",
    ];
    let counts = names
        .into_iter()
        .zip(fields.map(|field| tally[field].as_i64().unwrap()));
    counts.filter(|(_, count)| *count > 0).collect()
}

#[tokio::test]
async fn a_year_is_answered_as_going_over_everything_would() {
    let mut fleet = Fleet::new().await;
    let mut dice = Dice(0x5eed_0123_4567_89ab);
    fleet.hosts(HOSTS).await;
    let content = catalogue();
    let all: BTreeSet<&str> = content.rules.keys().map(String::as_str).collect();
    let rules: Vec<String> = all.iter().map(|rule| (*rule).to_owned()).collect();
    for host_no in 1..=HOSTS {
        let first = rules.iter().map(|rule| {
            let verdict = VERDICTS
                .get(usize::try_from(dice.roll(7)).unwrap())
                .copied();
            (rule.clone(), verdict)
        });
        let first: Vec<_> = first.filter(|(_, verdict)| verdict.is_some()).collect();
        fleet
            .tell(host_no, begin() + TimeDelta::seconds(1), &first)
            .await;
    }
    let year = TimeDelta::days(365).num_seconds();
    for n in 0..CHANGES {
        let at = begin() + TimeDelta::seconds(60 + n * year / CHANGES);
        let host_no = 1 + i32::try_from(dice.roll(200)).unwrap();
        let some = (0..=dice.roll(3)).map(|_| {
            let rule = &rules[usize::try_from(dice.roll(rules.len() as u64)).unwrap()];
            let verdict = VERDICTS
                .get(usize::try_from(dice.roll(7)).unwrap())
                .copied();
            (rule.clone(), verdict)
        });
        let some: BTreeMap<_, _> = some.collect();
        fleet.tell(host_no, at, &Vec::from_iter(some)).await;
        // Now and then, so that it goes on from what it wrote.
        if dice.roll(100) == 0 {
            fleet.look().await;
        }
    }
    fleet.look().await;
    let somewhen = |dice: &mut Dice| {
        begin() + TimeDelta::seconds(i64::try_from(dice.roll(365 * 86_400)).unwrap())
    };
    for group in 1..=GROUPS {
        sqlx::query(
            "insert into host_group (group_no, id, name, description, precedence, created_at)
             overriding system value values ($1, $2, 'group ' || $1, '', 0, $3)",
        )
        .bind(i32::try_from(group).unwrap())
        .bind(group_id(group))
        .bind(begin())
        .execute(&fleet.api.db)
        .await
        .unwrap();
        for host_no in 1..=HOSTS {
            let mut ends = [
                somewhen(&mut dice),
                somewhen(&mut dice),
                somewhen(&mut dice),
            ];
            ends.sort();
            let spans = [
                Span {
                    from: ends[0],
                    to: Some(ends[1]),
                },
                Span {
                    from: ends[2],
                    to: None,
                },
            ];
            for span in spans {
                sqlx::query(
                    "insert into group_host_period (group_no, host_no, valid_from, valid_to)
                     values ($1, $2, $3, coalesce($4, 'infinity'))",
                )
                .bind(i32::try_from(group).unwrap())
                .bind(host_no)
                .bind(span.from)
                .bind(span.to)
                .execute(&fleet.api.db)
                .await
                .unwrap();
            }
            fleet.members.insert((group, host_no), spans.to_vec());
        }
    }
    for host_no in 1..=HOSTS {
        let from = somewhen(&mut dice);
        let span = Span {
            from,
            to: (dice.roll(3) > 0)
                .then(|| from + TimeDelta::hours(1 + i64::try_from(dice.roll(2000)).unwrap())),
        };
        sqlx::query(
            "insert into liveness (host_no, state, detail, valid_from, valid_to, maintenance)
             values ($1, 'link_lost', '', $2, coalesce($3, 'infinity'), false)",
        )
        .bind(host_no)
        .bind(span.from)
        .bind(span.to)
        .execute(&fleet.api.db)
        .await
        .unwrap();
        fleet.away.insert(host_no, vec![span]);
        if dice.roll(20) == 0 {
            let at = somewhen(&mut dice);
            sqlx::query("update host set revoked_at = $2 where host_no = $1")
                .bind(host_no)
                .bind(at)
                .execute(&fleet.api.db)
                .await
                .unwrap();
            fleet.revoked.insert(host_no, at);
        }
    }

    let frameworks: Vec<&String> = content.frameworks.keys().collect();
    let mut told = 0;
    for n in 0..QUESTIONS {
        let at = begin() - TimeDelta::days(2)
            + TimeDelta::seconds(i64::try_from(dice.roll(369 * 86_400)).unwrap());
        let framework = frameworks[usize::try_from(dice.roll(frameworks.len() as u64)).unwrap()];
        let of = content.rules_of(framework).unwrap();
        if n % 2 == 0 {
            let host_no = 1 + i32::try_from(dice.roll(200)).unwrap();
            let path = format!("/api/v1/hosts/{}/posture?at={}", host_id(host_no), text(at));
            let answer = fleet.api.get(&path).await.ok();
            let lens = |sort: &str, key: &str| {
                let lenses = answer["lenses"].as_array().unwrap();
                let one = lenses
                    .iter()
                    .find(|lens| lens["sort"] == sort && lens["key"] == key);
                one.map_or_else(BTreeMap::new, said)
            };
            assert_eq!(lens("all", ""), fleet.naive(host_no, &all, at), "{path}");
            let naive = fleet.naive(host_no, &of, at);
            assert_eq!(lens("framework", framework), naive, "{path} {framework}");
            told += naive.len();
        } else {
            let group = 1 + dice.roll(GROUPS);
            let path = format!(
                "/api/v1/posture?framework={framework}&group={}&at={}",
                group_id(group),
                text(at)
            );
            let answer = fleet.api.get(&path).await.ok();
            let (hosts, silent, naive) = fleet.naive_together(group, &of, at);
            assert_eq!(said(&answer), naive, "{path}");
            assert_eq!(
                (&answer["hosts"], &answer["silent"]),
                (&json!(hosts), &json!(silent)),
                "{path}"
            );
            let count = |verdict| naive.get(verdict).copied().unwrap_or(0);
            let (passed, failed) = (count("pass"), count("fail"));
            let score =
                (passed + failed > 0).then(|| 100.0 * passed as f64 / (passed + failed) as f64);
            // Read from a text, its last digit may be another.
            let near = match (answer["score"].as_f64(), score) {
                (Some(said), Some(score)) => (said - score).abs() < 1e-9,
                (said, score) => said == score,
            };
            assert!(near, "{path}: {} and not {score:?}", answer["score"]);
            told += naive.len();
        }
    }
    assert!(
        told > 1_000,
        "the questions had something to ask about: {told}"
    );
}
