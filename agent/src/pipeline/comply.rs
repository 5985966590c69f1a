//! Decides the rules again whenever something that they asked about has changed, and tells the
//! journal what came of it.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use shared::{
    rule::result::KIND,
    wire::{Stale, StaleReason},
};
use tokio::{
    sync::watch,
    task::spawn_blocking,
    time::{Instant, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};

use super::{
    faults::JournalFaults,
    observe::{Blind, tell_blind},
    schedule::{Look, Schedule},
};
use crate::{
    comply::Compliance,
    control::Control,
    host::Host,
    journal::{Journal, JournalError},
    probe::{Observation, Wake},
    rule::standing::Changed,
    watch::Watch,
};

/// How often what nobody tells of is asked again: what the kernel has in force. It costs some 10 ms.
const UNHEARD: Duration = Duration::from_secs(300);

/// How long a journal that could not be written is left alone.
const JOURNAL_AGAIN: Duration = Duration::from_secs(10);

/// How often the rows of each kind have changed.
pub(super) type Heard = BTreeMap<&'static str, u64>;

/// What decides the rules.
pub(super) struct Complier {
    pub(super) host: Host,
    /// The folder with the rules.
    pub(super) content: PathBuf,
    pub(super) journal: Arc<Journal>,
    /// How long deciding them may take before that is said.
    pub(super) limit: Duration,
    pub(super) heard: watch::Receiver<Heard>,
    /// How often everything was read, whatever was heard.
    pub(super) reconciled: watch::Receiver<u64>,
    pub(super) control: watch::Receiver<Control>,
    pub(super) faults: JournalFaults,
    pub(super) blind: watch::Sender<Blind>,
}

/// What is to be decided.
#[derive(Debug, Default)]
struct Due {
    /// Everything, whatever has changed.
    whole: bool,
    changed: Changed,
}

/// What came of it.
enum Decided {
    Whole(Observation),
    Some(Vec<shared::fact::Fact>),
}

impl Complier {
    pub(super) async fn run(self, token: CancellationToken) {
        token.run_until_cancelled(self.comply()).await;
    }

    async fn comply(mut self) {
        let mut files = Watch::of_paths(&self.host);
        let mut content = Watch::of_paths(&Host::live(self.host.clock().clone()));
        let mut compliance = self.nothing();
        let mut schedule = Schedule::new(Instant::now());
        let mut due = Due {
            whole: true,
            ..Due::default()
        };
        let mut heard = Heard::new();
        let mut on = self.adopt(true).await;
        let mut unheard = Instant::now() + UNHEARD;
        loop {
            let next = schedule.next(1).filter(|_| on).map(|(at, _)| at);
            let until = next.map_or(unheard, |at| at.min(unheard));
            tokio::select! {
                _ = files.woken() => {
                    due.changed.paths = true;
                    schedule.stir(Instant::now());
                }
                _ = content.woken() => {
                    due.whole = true;
                    schedule.stir(Instant::now());
                }
                Ok(()) = self.heard.changed() => {
                    let now = self.heard.borrow_and_update().clone();
                    let new = now.iter().filter(|(kind, times)| heard.get(*kind) != Some(*times));
                    let new = new.map(|(kind, _)| *kind).filter(|kind| compliance.asks(kind));
                    let before = due.changed.kinds.len();
                    due.changed.kinds.extend(new);
                    if due.changed.kinds.len() > before {
                        schedule.stir(Instant::now());
                    }
                    heard = now;
                }
                Ok(()) = self.reconciled.changed() => {
                    due.whole = true;
                    schedule.demand(Instant::now());
                }
                Ok(()) = self.control.changed() => {
                    let now = self.adopt(on).await;
                    due.whole |= now && !on;
                    on = now;
                }
                () = sleep_until(until) => {}
            }
            let now = Instant::now();
            if now >= unheard {
                unheard = now + UNHEARD;
                due.changed.unheard = true;
                // An event that was missed costs no longer than this.
                due.changed.paths = true;
                schedule.demand(now);
            }
            if !on || schedule.next(1).is_none_or(|(at, _)| at > now) {
                continue;
            }
            schedule.begin(Look::Read);
            let begun = Instant::now();
            let asked = std::mem::take(&mut due);
            let (next, decided) = self.decide(compliance, asked).await;
            compliance = next;
            schedule.read(Instant::now(), begun.elapsed());
            let kept = match decided {
                Ok(Some(decided)) => self.keep(decided).await,
                Ok(None) => {
                    due.whole = true;
                    schedule.demand(Instant::now());
                    Ok(())
                }
                Err(error) => Err(error),
            };
            if let Err(error) = kept {
                self.faults.failed(self.host.clock().now(), &error);
                due.whole = true;
                tokio::time::sleep(JOURNAL_AGAIN).await;
                schedule.demand(Instant::now());
            }
            let paths = |paths: Vec<PathBuf>| paths.into_iter().map(Wake::Path).collect::<Vec<_>>();
            content.arm(KIND, &paths(compliance.folders()));
            if files.arm(KIND, &paths(compliance.paths())) {
                // Between the reading and this moment nobody listened to what is new.
                due.changed.paths = true;
                schedule.stir(Instant::now());
            }
            tell_blind(&self.blind, KIND, files.blind(KIND));
        }
    }

    fn nothing(&self) -> Compliance {
        Compliance::new(self.host.clone(), self.content.clone())
    }

    /// Whether the settings have the rules decided. Where they were and no longer are, the results
    /// stay, and say that nobody looks at them.
    async fn adopt(&mut self, was: bool) -> bool {
        let on = self.control.borrow_and_update().kind(KIND).enabled;
        if was && !on {
            info!("the settings switch the rules off");
            let stale = Stale {
                reason: StaleReason::Unavailable,
                detail: "switched off by the settings of this host".into(),
            };
            let off = Decided::Whole(self.observed(Err(stale)));
            if let Err(error) = self.keep(off).await {
                self.faults.failed(self.host.clock().now(), &error);
            }
        }
        on
    }

    /// Decides what is due. `None`: that cannot be told of single rules, and all have to be.
    async fn decide(
        &self,
        mut compliance: Compliance,
        due: Due,
    ) -> (Compliance, Result<Option<Decided>, JournalError>) {
        let mut run = spawn_blocking(move || {
            let seen = if due.whole {
                Ok(compliance.whole())
            } else {
                Err(compliance.again(&due.changed))
            };
            (compliance, seen)
        });
        let mut said = Ok(());
        let mut late = false;
        let ended = match timeout(self.limit, &mut run).await {
            Ok(ended) => ended,
            Err(_) => {
                late = true;
                let detail = format!(
                    "the rules were not decided within {} s",
                    self.limit.as_secs()
                );
                let reason = StaleReason::TimedOut;
                let stale = Err(Stale { reason, detail });
                said = self.keep(Decided::Whole(self.observed(stale))).await;
                run.await
            }
        };
        match ended {
            // What came late is told all the same: asked again, it would be as late again.
            Ok((compliance, Ok(whole))) => {
                let decided = Decided::Whole(self.observed(whole));
                (compliance, said.map(|()| Some(decided)))
            }
            // Single results do not say that all of them are known again.
            Ok((compliance, Err(some))) => {
                let some = some.ok().filter(|_| !late).map(Decided::Some);
                (compliance, said.map(|()| some))
            }
            Err(_) => {
                let stale = Stale {
                    reason: StaleReason::Failed,
                    detail: "the rules have met a defect; the agent's log has its message".into(),
                };
                let decided = Decided::Whole(self.observed(Err(stale)));
                (self.nothing(), said.map(|()| Some(decided)))
            }
        }
    }

    fn observed(&self, seen: Result<Vec<shared::fact::Fact>, Stale>) -> Observation {
        Observation {
            kind: KIND,
            at: self.host.clock().now(),
            seen,
        }
    }

    async fn keep(&self, decided: Decided) -> Result<(), JournalError> {
        let at = self.host.clock().now();
        let kept = self
            .journal
            .off_thread(move |journal| match decided {
                Decided::Whole(observation) => journal.observe(&observation).map(drop),
                Decided::Some(facts) if facts.is_empty() => Ok(()),
                Decided::Some(facts) => {
                    debug!(rules = facts.len(), "rules have another result");
                    journal.amend(KIND, at, &facts)
                }
            })
            .await;
        if kept.is_ok() {
            self.faults.mended();
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use shared::clock::SystemClock;

    use super::*;

    const RULE: &str = "id: named\ntitle: It has a name\nseverity: low\ncategory: system\n\
        why: Because.\ncheck: {file: {paths: [/etc/hostname]}}\n";

    #[tokio::test]
    async fn what_is_decided_too_late_is_told_and_not_decided_again_for_that() {
        let folder = tempfile::tempdir().unwrap();
        let rules = folder.path().join("content/rules/system");
        fs::create_dir_all(&rules).unwrap();
        fs::write(rules.join("named.yaml"), RULE).unwrap();
        let clock = SystemClock::shared();
        let journal = Journal::open(folder.path(), 1 << 20, clock.clone()).unwrap();
        let complier = Complier {
            host: Host::at(folder.path(), clock),
            content: folder.path().join("content"),
            journal: Arc::new(journal),
            limit: Duration::ZERO,
            heard: watch::Sender::new(Heard::new()).subscribe(),
            reconciled: watch::Sender::new(0).subscribe(),
            control: watch::Sender::new(Control::default()).subscribe(),
            faults: JournalFaults(watch::Sender::new(None)),
            blind: watch::Sender::new(Blind::new()),
        };
        let due = Due {
            whole: true,
            ..Due::default()
        };
        let (_, decided) = complier.decide(complier.nothing(), due).await;
        let decided = decided.unwrap().expect("the results, however late");
        complier.keep(decided).await.unwrap();
        let kinds = complier.journal.summary().unwrap().kinds;
        assert_eq!((kinds[0].rows, &kinds[0].stale), (1, &None));
    }
}
