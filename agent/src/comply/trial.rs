//! Every rule of other content decided beside what is in force, to know what would become of the results
//! before any is told. Rules that walk filesystems are left as they are: a walk costs more than all else.

use std::{collections::BTreeMap, path::Path, thread, time::Duration};

use nix::{
    libc,
    time::{ClockId, clock_gettime},
};
use serde::Deserialize;
use shared::{
    fact::Fact,
    rule::result::Verdict,
    wire::{ContentRefusal, MAX_TURNS, Stale, StaleReason, Trial, Turn},
};

use super::{Compliance, Whole};
use crate::{host::Host, rule::sets::Wanted};

/// What is known of results, by their keys.
pub type Verdicts = BTreeMap<String, Verdict>;

/// What content may cost, and how much of it may go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Processor time of deciding every rule once.
    pub cpu: Duration,
    /// So many more results may be an error than before, in any case.
    pub errors: u32,
    /// Or so many of all, percent.
    pub errors_percent: u32,
}

/// The verdicts of results.
pub fn verdicts(results: impl IntoIterator<Item = Fact>) -> Verdicts {
    #[derive(Deserialize)]
    struct Decided {
        verdict: Verdict,
    }
    let verdict = |fact: &Fact| serde_json::from_str(&fact.value).map(|one: Decided| one.verdict);
    // One that cannot be read is of an agent that is not this one, and will be told anew.
    let results = results.into_iter().filter_map(|fact| {
        let verdict = verdict(&fact).ok()?;
        Some((fact.key, verdict))
    });
    results.collect()
}

/// How many of them are an error.
pub fn errors(of: &Verdicts) -> u32 {
    let errors = of.values().filter(|verdict| **verdict == Verdict::Error);
    errors.count() as u32
}

/// Decides the rules in `content` on a thread of its own, after everybody else who wants the processor,
/// and compares with what was known `before`. It ends when it has cost what it may.
///
/// # Errors
/// Why the rules cannot be decided at all.
pub fn trial(
    host: &Host,
    content: &Path,
    wanted: &Wanted,
    before: &Verdicts,
    limits: &Limits,
) -> Result<Trial, Stale> {
    let (whole, cpu) = decide(host, content, wanted, limits.cpu)?;
    Ok(compare(whole, before, cpu))
}

/// What comes of the rules in `content`; nothing where they cannot be decided.
pub fn verdicts_of(host: &Host, content: &Path, wanted: &Wanted) -> Verdicts {
    let decided = decide(host, content, wanted, Duration::MAX);
    decided.map_or_else(|_| Verdicts::new(), |(whole, _)| verdicts(whole.facts))
}

fn decide(
    host: &Host,
    content: &Path,
    wanted: &Wanted,
    most: Duration,
) -> Result<(Whole, Duration), Stale> {
    let decide = || {
        give_way();
        let begun = spent();
        let mut compliance = Compliance::new(host.clone(), content.to_owned());
        let go_on = || spent().saturating_sub(begun) <= most;
        let whole = compliance.whole_while(wanted, go_on)?;
        Ok((whole, spent().saturating_sub(begun)))
    };
    let ended = thread::scope(|scope| scope.spawn(decide).join());
    ended.unwrap_or_else(|_| {
        Err(Stale {
            reason: StaleReason::Failed,
            detail: "the rules have met a defect; the agent's log has its message".into(),
        })
    })
}

/// Whether content may come in force after such a trial, or stay so.
///
/// # Errors
/// Why not, in words.
pub fn judge(trial: &Trial, limits: &Limits) -> Result<(), (ContentRefusal, String)> {
    let (cpu, most) = (u128::from(trial.cpu_ms), limits.cpu.as_millis());
    if cpu > most {
        let words = format!(
            "to decide its rules takes more than {most} ms of the processor (`content.trial_cpu_ms`)"
        );
        return Err((ContentRefusal::Budget, words));
    }
    let part = u64::from(trial.results) * u64::from(limits.errors_percent) / 100;
    let more = u64::from(limits.errors).max(part);
    let (errors, before) = (u64::from(trial.errors), u64::from(trial.errors_before));
    if errors > before + more {
        let words = format!(
            "{errors} of {} results are an error, and {before} were before it; {more} more are the most \
             (`content.trial_errors`)",
            trial.results
        );
        return Err((ContentRefusal::Errors, words));
    }
    Ok(())
}

/// Processor time that this thread has used.
pub fn spent() -> Duration {
    let used = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID);
    used.map_or(Duration::ZERO, Duration::from)
}

fn compare(Whole { facts, kept }: Whole, before: &Verdicts, cpu: Duration) -> Trial {
    let mut after = verdicts(facts);
    // What is walked for stays until it is.
    for key in kept {
        if let Some(verdict) = before.get(&key) {
            after.insert(key, *verdict);
        }
    }
    let keys = before
        .keys()
        .chain(after.keys().filter(|key| !before.contains_key(*key)));
    let name = |verdict: Option<&Verdict>| verdict.map(|verdict| verdict.name().to_owned());
    let turns = keys.filter(|key| before.get(*key) != after.get(*key));
    let mut turns: Vec<_> = turns
        .map(|key| Turn {
            rule: key.clone(),
            from: name(before.get(key)),
            to: name(after.get(key)),
        })
        .collect();
    let turning = turns.iter().filter(|turn| turn.from.is_some()).count() as u32;
    turns.truncate(MAX_TURNS);
    Trial {
        results: after.len() as u32,
        errors: errors(&after),
        // Where nothing was known, nothing gets worse.
        errors_before: errors(if before.is_empty() { &after } else { before }),
        cpu_ms: u32::try_from(cpu.as_micros().div_ceil(1000)).unwrap_or(u32::MAX),
        turning,
        turns,
    }
}

/// From now on this thread takes the processor when nobody else wants it.
#[expect(unsafe_code, reason = "a function of the C library")]
fn give_way() {
    // SAFETY: setpriority(2) takes three numbers; of process 0 it means the thread that calls it.
    unsafe {
        libc::setpriority(libc::PRIO_PROCESS, 0, 19);
    }
}
