use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use uuid::Uuid;

use crate::{
    api::tests::{
        posture::{Dice, Fleet, Span, begin, group_id, host_id, text},
        result::catalogue,
    },
    catalogue::Catalogue,
    posture::weight,
};

const HOSTS: i32 = 12;
const GROUPS: u64 = 3;
const CHANGES: i64 = 150;
const WAIVERS: u64 = 40;
const QUESTIONS: u64 = 300;
const VERDICTS: [&str; 4] = ["pass", "fail", "fail", "error"];
/// A further set of values, which the profile `strict` has.
const FURTHER: &str = "few-tries@strict";

/// Whom a waiver is for.
#[derive(Debug, Clone, Copy)]
enum Whom {
    Host(i32),
    Group(u64),
    Fleet,
}

/// A waiver, and when it counts.
#[derive(Debug)]
struct Waiver {
    whom: Whom,
    rules: Vec<String>,
    spans: Span,
}

struct World {
    fleet: Fleet,
    content: Catalogue,
    /// By group and host.
    members: BTreeMap<(u64, i32), Span>,
    waivers: Vec<Waiver>,
}

/// What one counts by hand.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
struct Sum {
    passed: i64,
    failed: i64,
    waived: i64,
    heavy: (i64, i64, i64),
}

impl Sum {
    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.waived += other.waived;
        self.heavy.0 += other.heavy.0;
        self.heavy.1 += other.heavy.1;
        self.heavy.2 += other.heavy.2;
    }

    /// What an answer has to say.
    fn check(&self, said: &Value, of: &str) {
        let share = |passed: i64, failed: i64| {
            (passed + failed > 0).then(|| 100.0 * passed as f64 / (passed + failed) as f64)
        };
        let count = |field: &str| said[field].as_i64().unwrap();
        assert_eq!(
            (count("passed"), count("failed"), count("waived")),
            (self.passed, self.failed, self.waived),
            "{of}"
        );
        let (passed, failed, waived) = self.heavy;
        for (field, score) in [
            ("score", share(self.passed, self.failed)),
            (
                "score_with_waivers",
                share(self.passed, self.failed - self.waived),
            ),
            ("weighted_score", share(passed, failed)),
            (
                "weighted_score_with_waivers",
                share(passed, failed - waived),
            ),
        ] {
            // Read from a text, its last digit may be another.
            let near = match (said[field].as_f64(), score) {
                (Some(said), Some(score)) => (said - score).abs() < 1e-9,
                (said, score) => said == score,
            };
            assert!(near, "{field} {of}: {} and not {score:?}", said[field]);
        }
    }
}

impl World {
    fn belongs(&self, group: u64, host_no: i32, at: DateTime<Utc>) -> bool {
        let span = self.members.get(&(group, host_no));
        span.is_some_and(|span| span.has(at))
    }

    fn is_waived(&self, host_no: i32, rule: &str, at: DateTime<Utc>) -> bool {
        self.waivers.iter().any(|waiver| {
            let covers = match waiver.whom {
                Whom::Host(only) => only == host_no,
                Whom::Group(group) => self.belongs(group, host_no, at),
                Whom::Fleet => true,
            };
            covers && waiver.spans.has(at) && waiver.rules.iter().any(|one| one == rule)
        })
    }

    fn verdict(&self, host_no: i32, key: &str, at: DateTime<Utc>) -> Option<&'static str> {
        let spans = self.fleet.told.get(&(host_no, key.to_owned()))?;
        let now = spans.iter().find(|(span, _)| span.has(at));
        now.map(|(_, verdict)| *verdict)
    }

    /// Of the results of one host through a lens, `is_strict` for the profile that has values of its own.
    fn host(
        &self,
        host_no: i32,
        rules: &BTreeSet<String>,
        is_strict: bool,
        at: DateTime<Utc>,
    ) -> Sum {
        let mut sum = Sum::default();
        for rule in rules {
            let further = self.verdict(host_no, FURTHER, at);
            let further = further.filter(|_| is_strict && rule == "few-tries");
            let verdict = further.or_else(|| self.verdict(host_no, rule, at));
            let weighs = i64::from(weight(self.content.rules[rule].rule.severity));
            match verdict {
                Some("pass") => {
                    sum.passed += 1;
                    sum.heavy.0 += weighs;
                }
                Some("fail") => {
                    sum.failed += 1;
                    sum.heavy.1 += weighs;
                    if self.is_waived(host_no, rule, at) {
                        sum.waived += 1;
                        sum.heavy.2 += weighs;
                    }
                }
                _ => {}
            }
        }
        sum
    }

    /// Hosts, what they told, groups and waivers, by dice.
    async fn thrown(dice: &mut Dice) -> Self {
        let mut fleet = Fleet::new().await;
        fleet.hosts(HOSTS).await;
        let content = catalogue();
        let mut keys: Vec<String> = content.rules.keys().cloned().collect();
        keys.push(FURTHER.into());
        let one_of =
            |dice: &mut Dice, many: usize| usize::try_from(dice.roll(many as u64)).unwrap();
        for host_no in 1..=HOSTS {
            let first: Vec<_> = keys
                .iter()
                .map(|key| (key.clone(), Some(VERDICTS[one_of(dice, 4)])))
                .collect();
            fleet
                .tell(host_no, begin() + TimeDelta::seconds(1), &first)
                .await;
        }
        for n in 0..CHANGES {
            let at = begin() + TimeDelta::hours(1 + n);
            let host_no = 1 + i32::try_from(dice.roll(HOSTS.unsigned_abs().into())).unwrap();
            let key = keys[one_of(dice, keys.len())].clone();
            let verdict = VERDICTS.get(one_of(dice, 5)).copied();
            fleet.tell(host_no, at, &[(key, verdict)]).await;
        }
        fleet.look().await;
        let mut world = Self {
            fleet,
            content,
            members: BTreeMap::new(),
            waivers: Vec::new(),
        };
        world.plant_groups(dice).await;
        world.plant_waivers(dice).await;
        world
    }

    fn span(dice: &mut Dice) -> Span {
        let hours = |dice: &mut Dice| TimeDelta::hours(i64::try_from(dice.roll(200)).unwrap());
        let from = begin() + hours(dice);
        let to = from + TimeDelta::hours(1) + hours(dice);
        Span { from, to: Some(to) }
    }

    async fn plant_groups(&mut self, dice: &mut Dice) {
        let db = &self.fleet.api.db;
        for group in 1..=GROUPS {
            sqlx::query(
                "insert into host_group (group_no, id, name, description, precedence, created_at)
                 overriding system value values ($1, $2, 'group ' || $1, '', 0, $3)",
            )
            .bind(i32::try_from(group).unwrap())
            .bind(group_id(group))
            .bind(begin())
            .execute(db)
            .await
            .unwrap();
            for host_no in 1..=HOSTS {
                let span = Self::span(dice);
                sqlx::query("insert into group_host_period (group_no, host_no, valid_from, valid_to) values ($1, $2, $3, $4)")
                    .bind(i32::try_from(group).unwrap())
                    .bind(host_no)
                    .bind(span.from)
                    .bind(span.to)
                    .execute(db)
                    .await
                    .unwrap();
                self.members.insert((group, host_no), span);
            }
        }
    }

    async fn plant_waivers(&mut self, dice: &mut Dice) {
        let rules: Vec<String> = self.content.rules.keys().cloned().collect();
        for n in 0..WAIVERS {
            let whom = match dice.roll(5) {
                0 => Whom::Fleet,
                1 | 2 => Whom::Group(1 + dice.roll(GROUPS)),
                _ => Whom::Host(1 + i32::try_from(dice.roll(HOSTS.unsigned_abs().into())).unwrap()),
            };
            // Those for few hours at once, so that there are instants at which nothing of a rule is waived.
            let mut spans = Self::span(dice);
            if matches!(whom, Whom::Fleet) {
                spans.to = Some(spans.from + TimeDelta::hours(20));
            }
            let some: BTreeSet<String> = (0..=dice.roll(2))
                .map(|_| rules[usize::try_from(dice.roll(rules.len() as u64)).unwrap()].clone())
                .collect();
            let some: Vec<String> = some.into_iter().collect();
            let (scope, id, host_no, group_no) = match whom {
                Whom::Host(host_no) => ("host", Some(host_id(host_no)), Some(host_no), None),
                Whom::Group(group) => (
                    "group",
                    Some(group_id(group)),
                    None,
                    Some(i32::try_from(group).unwrap()),
                ),
                Whom::Fleet => ("fleet", None, None, None),
            };
            // Half of them are revoked before their time.
            let end = spans.to.unwrap();
            let is_revoked = n % 2 == 0;
            let expires = if is_revoked {
                end + TimeDelta::days(3)
            } else {
                end
            };
            sqlx::query(
                "insert into waiver (id, scope, scope_id, scope_name, host_no, group_no, framework, control, rules, reason,
                     compensating_control, risk_acceptance, evidence, days, state, requested_at, requester, requested_by,
                     approved_at, expires_at, ended_at, approver, approved_by)
                 values ($1, $2, $3, '', $4, $5, 'f', $6, $7, '', '', '', '', 1, $8, $9, $10, 'alice', $9, $11,
                     coalesce($12, 'infinity'), $13, 'bob')",
            )
            .bind(Uuid::from_u128(n.into()))
            .bind(scope)
            .bind(id)
            .bind(host_no)
            .bind(group_no)
            .bind(n.to_string())
            .bind(&some)
            .bind(if is_revoked { "revoked" } else { "approved" })
            .bind(spans.from)
            .bind(Uuid::from_u128(1))
            .bind(expires)
            .bind(is_revoked.then_some(end))
            .bind(Uuid::from_u128(2))
            .execute(&self.fleet.api.db)
            .await
            .unwrap();
            self.waivers.push(Waiver {
                whom,
                rules: some,
                spans,
            });
        }
        // And some that nobody ever approved.
        sqlx::raw_sql(
            "insert into waiver (id, scope, scope_name, rule, rules, reason, compensating_control, risk_acceptance,
                 evidence, days, state, requested_at, requester, requested_by)
             select gen_random_uuid(), 'fleet', '', 'few-tries', array['few-tries'], '', '', '', '', 9, state,
                 '2025-03-01Z', gen_random_uuid(), '' from unnest(array['requested', 'rejected', 'withdrawn']) as state",
        )
        .execute(&self.fleet.api.db)
        .await
        .unwrap();
    }
}

#[tokio::test]
async fn both_scores_are_what_going_over_everything_gives() {
    let mut dice = Dice(0x00a1_1ced_0bad_cafe);
    let world = World::thrown(&mut dice).await;
    let all: BTreeSet<String> = world.content.rules.keys().cloned().collect();
    let mut lenses = vec![("all", String::new(), all)];
    for key in world.content.frameworks.keys() {
        let rules = world.content.rules_of(key).unwrap();
        lenses.push((
            "framework",
            key.clone(),
            rules.into_iter().map(str::to_owned).collect(),
        ));
    }
    for (key, held) in &world.content.profiles {
        lenses.push(("profile", key.clone(), held.rules.clone()));
    }
    let mut told = (0, 0);
    for n in 0..QUESTIONS {
        let at = begin() + TimeDelta::seconds(i64::try_from(dice.roll(420 * 3600)).unwrap());
        let (sort, key, rules) = &lenses[usize::try_from(dice.roll(lenses.len() as u64)).unwrap()];
        let is_strict = key == "strict";
        let query = if *sort == "all" {
            String::new()
        } else {
            format!("{sort}={key}&")
        };
        let naive = |host_no| world.host(host_no, rules, is_strict, at);
        let together = |hosts: &dyn Fn(i32) -> bool| {
            let mut sum = Sum::default();
            (1..=HOSTS)
                .filter(|host_no| hosts(*host_no))
                .for_each(|host_no| sum.add(naive(host_no)));
            sum
        };
        let at_text = text(at);
        let get = async |path: String| (world.fleet.api.get(&path).await.ok(), path);
        match n % 5 {
            0 => {
                let (said, path) = get(format!("/api/v1/posture?{query}at={at_text}")).await;
                together(&|_| true).check(&said, &path);
                told.0 += said["waived"].as_i64().unwrap();
                told.1 += said["failed"].as_i64().unwrap();
            }
            1 => {
                let group = 1 + dice.roll(GROUPS);
                let id = group_id(group);
                let (said, path) =
                    get(format!("/api/v1/posture?{query}group={id}&at={at_text}")).await;
                together(&|host_no| world.belongs(group, host_no, at)).check(&said, &path);
            }
            2 => {
                let host_no = 1 + i32::try_from(dice.roll(HOSTS.unsigned_abs().into())).unwrap();
                let (said, path) = get(format!(
                    "/api/v1/hosts/{}/posture?at={at_text}",
                    host_id(host_no)
                ))
                .await;
                let of = said["lenses"].as_array().unwrap().iter();
                let mut of = of.filter(|lens| lens["sort"] == *sort && lens["key"] == *key);
                match of.next() {
                    Some(lens) => naive(host_no).check(lens, &format!("{path} {key}")),
                    None => assert_eq!(naive(host_no), Sum::default(), "{path} {key}"),
                }
            }
            3 => {
                let (said, path) = get(format!("/api/v1/posture/hosts?{query}at={at_text}")).await;
                for one in said["items"].as_array().unwrap() {
                    let host_no =
                        (1..=HOSTS).find(|no| one["host"]["id"] == host_id(*no).to_string());
                    naive(host_no.unwrap()).check(one, &path);
                }
            }
            _ => {
                let (said, path) = get(format!("/api/v1/posture/lenses?at={at_text}")).await;
                let of = said["lenses"].as_array().unwrap().iter();
                let mut of = of.filter(|lens| lens["sort"] == *sort && lens["key"] == *key);
                let sum = together(&|_| true);
                match of.next() {
                    Some(lens) => sum.check(lens, &format!("{path} {key}")),
                    None => assert_eq!(sum, Sum::default(), "{path} {key}"),
                }
            }
        }
    }
    let (waived, failed) = told;
    assert!(
        waived > 30 && failed > waived * 5 / 4,
        "there was something to ask about: {told:?}"
    );
}
