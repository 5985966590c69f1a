use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::{
    catalogue::Catalogue,
    drift::{
        About, Direction, Drift, Level, Sort, fall,
        state::{Cause, Explanation, explain},
    },
    settings::Limits,
    store::{
        self,
        drift::{Fell, Story},
        event::Change,
        rollout::reached::{Has, reached},
    },
};

/// Tells changes of hosts that are drift in the stories that they belong to, and how much these matter now. Returns the
/// stories that are others.
///
/// # Errors
/// sqlx's.
pub(super) async fn write(
    db: &mut PgConnection,
    catalogue: &Catalogue,
    drifted: &[(&Change, Drift)],
    now: DateTime<Utc>,
) -> sqlx::Result<Vec<Uuid>> {
    if drifted.is_empty() {
        return Ok(Vec::new());
    }
    // Held until the commit: who comes next sees the stories that begin here.
    store::drift::hold(db).await?;
    let limits = store::drift::limits(db).await?;
    let since = now - limits.window;
    let explanations = explanations(db, drifted).await?;
    let falls = falls(db, drifted, since).await?;
    let stories = stories(db, catalogue, drifted, &limits, now).await?;
    let changes = drifted.iter().zip(explanations);
    let changes = changes.map(|((change, drift), explanation)| {
        let fall = match drift.about.sort {
            Sort::Verdict => falls.get(&change.host_no).copied().unwrap_or(0),
            Sort::Value | Sort::Fact => 0,
        };
        store::drift::Change {
            drift_no: stories[&drift.about],
            host_no: change.host_no,
            change_id: change.id,
            key: &change.key,
            before_id: change.before_id,
            after_id: change.after_id,
            text: &drift.text,
            fall,
            level: Level::of(drift.about.direction, fall, &limits),
            rule_changed: drift.rule_changed,
            occurred_at: change.occurred_at,
            explanation,
        }
    });
    store::drift::add(db, &changes.collect::<Vec<_>>(), now).await?;
    let fell = falls.iter().flat_map(|(host_no, fall)| {
        [Direction::Worse, Direction::Better].map(|direction| Fell {
            host_no: *host_no,
            direction,
            fall: *fall,
            level: Level::of(direction, *fall, &limits),
        })
    });
    let weighed = store::drift::weigh_anew(db, &fell.collect::<Vec<_>>(), since).await?;
    let touched: BTreeSet<i64> = stories.into_values().chain(weighed).collect();
    store::drift::sum(db, &Vec::from_iter(touched)).await
}

/// The numbers of the stories that changes belong to; those that are not open begin.
async fn stories<'a>(
    db: &mut PgConnection,
    catalogue: &Catalogue,
    drifted: &'a [(&Change, Drift)],
    limits: &Limits,
    now: DateTime<Utc>,
) -> sqlx::Result<BTreeMap<&'a About, i64>> {
    let mut firsts: BTreeMap<&About, (&Change, &Drift)> = BTreeMap::new();
    for (change, drift) in drifted {
        firsts.entry(&drift.about).or_insert((change, drift));
    }
    let about: Vec<&About> = firsts.keys().copied().collect();
    let open = store::drift::open(db, &about, now - limits.window).await?;
    let mut stories = BTreeMap::new();
    for ((about, (change, drift)), open) in firsts.into_iter().zip(open) {
        let no = match open {
            Some(no) => no,
            None => {
                let rule = catalogue.rules.get(&about.subject);
                let rule = rule.filter(|_| about.sort != Sort::Fact);
                let story = Story {
                    drift,
                    kind: &change.kind,
                    title: drift.title(rule.map(|entry| &*entry.rule.title)),
                    many: limits.hosts,
                };
                store::drift::begin(db, &story, now).await?
            }
        };
        stories.insert(about, no);
    }
    Ok(stories)
}

/// By how much the scores of hosts with other verdicts fell since an instant.
async fn falls(
    db: &mut PgConnection,
    drifted: &[(&Change, Drift)],
    since: DateTime<Utc>,
) -> sqlx::Result<BTreeMap<i32, i32>> {
    let turned = drifted
        .iter()
        .filter(|(_, drift)| drift.about.sort == Sort::Verdict);
    let hosts: BTreeSet<i32> = turned.map(|(change, _)| change.host_no).collect();
    let stood = store::drift::stood(db, &Vec::from_iter(hosts), since).await?;
    let falls = stood.into_iter();
    Ok(falls
        .map(|(host_no, stood)| (host_no, fall(stood.then, stood.now)))
        .collect())
}

/// What explains each change.
async fn explanations(
    db: &mut PgConnection,
    drifted: &[(&Change, Drift)],
) -> sqlx::Result<Vec<Option<Explanation>>> {
    let hosts: BTreeSet<i32> = drifted.iter().map(|(change, _)| change.host_no).collect();
    let times = || drifted.iter().map(|(change, _)| change.occurred_at);
    let windows = match times().min().zip(times().max()) {
        Some((first, last)) => {
            store::maintenance::around(db, &Vec::from_iter(hosts), first, last).await?
        }
        None => HashMap::new(),
    };
    let changed: Vec<(usize, Has)> = drifted
        .iter()
        .enumerate()
        .filter(|(_, (_, drift))| drift.rule_changed)
        .filter_map(|(place, (change, _))| {
            let content = change.after.as_ref()?.get("content")?;
            let has = Has {
                host_no: change.host_no,
                content: content.as_str()?.to_owned(),
            };
            Some((place, has))
        })
        .collect();
    let files: Vec<Has> = changed.iter().map(|(_, has)| has.clone()).collect();
    let mut rollouts = HashMap::new();
    for found in reached(db, &files).await? {
        let place = usize::try_from(found.place).ok();
        let Some((place, _)) = place.and_then(|place| changed.get(place)) else {
            continue;
        };
        let explanation = Explanation {
            cause: Cause::Rollout,
            id: found.rollout,
            name: format!("serial {}", found.serial),
        };
        rollouts.insert(*place, explanation);
    }
    let each = drifted.iter().enumerate();
    let each = each.map(|(place, (change, _))| {
        let windows = windows.get(&change.host_no).map_or(&[][..], Vec::as_slice);
        explain(change.occurred_at, rollouts.remove(&place), windows)
    });
    Ok(each.collect())
}
