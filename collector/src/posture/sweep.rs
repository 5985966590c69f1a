use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use shared::rule::{
    result::{Verdict, parts},
    variable::Values,
};

use super::{Counts, Lens, Lenses, seen_key};

/// What a host told of a rule, and the time in which it was so.
#[derive(Debug, Clone)]
pub struct Told {
    /// See [`shared::rule::result::key`].
    pub key: String,
    /// `None` for one that this collector does not know.
    pub verdict: Option<Verdict>,
    /// Those of the rule's variables that it was decided with.
    pub values: Values,
    /// Inclusive.
    pub from: DateTime<Utc>,
    /// Exclusive; `None` when it is so still.
    pub to: Option<DateTime<Utc>>,
}

/// From `at` on a host stands so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    pub at: DateTime<Utc>,
    /// Its place in [`Lenses::all`].
    pub lens: usize,
    pub counts: Counts,
}

/// How a host's posture went on behind the instant `from`, up to which it is known; `None` for all of it. Instants rise,
/// and of each lens and instant there is one change, which differs from the one before it, or from how it stood
/// at `from`; a lens that stood otherwise by `known` begins with a change at `anew`.
///
/// `wanted` tells with which values a profile wants a rule decided on this host.
pub fn sweep(
    lenses: &Lenses,
    told: &[Told],
    from: Option<DateTime<Utc>>,
    known: &BTreeMap<usize, Counts>,
    anew: DateTime<Utc>,
    wanted: impl Fn(&str, &str) -> Option<Values>,
) -> Vec<Change> {
    let mut host = Standing {
        lenses,
        wanted: &wanted,
        rules: BTreeMap::new(),
        counts: vec![Counts::default(); lenses.all().len()],
    };
    let began = |one: &Told| from.is_some_and(|from| one.from <= from);
    for one in told.iter().filter(|one| began(one)) {
        host.set(one, true);
    }
    let mut changes = Vec::new();
    let mut stood: Vec<Counts> = (0..lenses.all().len())
        .map(|lens| known.get(&lens).copied().unwrap_or_default())
        .collect();
    let mut instants: BTreeMap<DateTime<Utc>, (Vec<&Told>, Vec<&Told>)> = BTreeMap::new();
    for one in told {
        if let Some(to) = one.to {
            instants.entry(to).or_default().0.push(one);
        }
        if !began(one) {
            instants.entry(one.from).or_default().1.push(one);
        }
    }
    // Where other rules count than when it was written, all is told anew once.
    let all = 0..lenses.all().len();
    let mut anew_too = from.is_some() && host.counts != stood;
    if anew_too && instants.keys().next().is_none_or(|first| anew < *first) {
        host.tell(anew, all.clone(), &mut stood, &mut changes);
        anew_too = false;
    }
    for (at, (ended, begun)) in instants {
        let mut touched = BTreeSet::new();
        if std::mem::take(&mut anew_too) {
            touched.extend(all.clone());
        }
        for one in ended {
            touched.extend(host.set(one, false));
        }
        for one in begun {
            touched.extend(host.set(one, true));
        }
        host.tell(at, touched, &mut stood, &mut changes);
    }
    changes
}

/// How a host stands at an instant.
struct Standing<'a, W> {
    lenses: &'a Lenses,
    wanted: &'a W,
    /// By rule and key.
    rules: BTreeMap<&'a str, BTreeMap<&'a str, &'a Told>>,
    counts: Vec<Counts>,
}

impl<'a, W: Fn(&str, &str) -> Option<Values>> Standing<'a, W> {
    /// A result begins to be so, or ends. Returns the lenses that the rule is seen through.
    fn set(&mut self, one: &'a Told, begins: bool) -> &'a [usize] {
        let (rule, _) = parts(&one.key);
        let Some((severity, places)) = self.lenses.rules.get(rule) else {
            return &[];
        };
        for sign in [-1, 1] {
            for &place in places {
                if let Some(counts) = self.seen(rule, place) {
                    self.counts[place].add(counts, *severity, sign);
                }
            }
            if sign == -1 {
                let keys = self.rules.entry(rule).or_default();
                match begins {
                    true => keys.insert(&one.key, one),
                    // Unless another began at that instant.
                    false => keys.remove(one.key.as_str()),
                };
            }
        }
        places
    }

    /// The verdict of a rule through a lens; `None` where it has none.
    fn seen(&self, rule: &str, place: usize) -> Option<Option<Verdict>> {
        let keys = self.rules.get(rule)?;
        let plain = || keys.get(rule).map(|told| told.verdict);
        let Lens::Profile(profile) = &self.lenses.all()[place] else {
            return plain();
        };
        if keys.len() < 2 && plain().is_some() {
            return plain();
        }
        let wanted = (self.wanted)(profile, rule);
        let results = keys.iter().map(|(key, told)| (*key, &told.values));
        let seen = seen_key(rule, profile, wanted.as_ref(), results)?;
        keys.get(seen).map(|told| told.verdict)
    }

    fn tell(
        &self,
        at: DateTime<Utc>,
        touched: impl IntoIterator<Item = usize>,
        stood: &mut [Counts],
        changes: &mut Vec<Change>,
    ) {
        for lens in touched {
            let counts = self.counts[lens];
            if stood[lens] != counts {
                stood[lens] = counts;
                changes.push(Change { at, lens, counts });
            }
        }
    }
}
