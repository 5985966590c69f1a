//! Decides the rules again whenever something that they asked about has changed, and tells the
//! journal what came of it. Rules that walk filesystems are decided apart, so that the others need not
//! wait.

/// When rules are decided.
mod schedules;

/// The walk that is under way.
mod walking;

use std::{collections::BTreeMap, panic::resume_unwind, path::PathBuf, sync::Arc, time::Duration};

use shared::{
    rule::result::KIND,
    wire::{Stale, StaleReason},
};
use tokio::{
    sync::watch,
    task::spawn_blocking,
    time::{Instant, sleep, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};

use self::{
    schedules::Schedules,
    walking::{Turn, Walking},
};
use super::{
    content::Came,
    faults::JournalFaults,
    observe::{Blind, tell_blind},
};
use crate::{
    assign::Assigner,
    bundle::Bundles,
    comply::{Amended, Compliance, Whole, trial::spent},
    control::Control,
    host::Host,
    journal::{Journal, JournalError},
    probe::{Observation, Wake},
    rule::{sets::Wanted, standing::Changed},
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
    /// They say in which folder the rules are.
    pub(super) bundles: Bundles,
    /// What came of the rules is told here.
    pub(super) came: watch::Sender<Option<Came>>,
    pub(super) journal: Arc<Journal>,
    /// How long deciding them may take before that is said.
    pub(super) limit: Duration,
    pub(super) heard: watch::Receiver<Heard>,
    /// How often everything was read, whatever was heard.
    pub(super) reconciled: watch::Receiver<u64>,
    pub(super) control: watch::Receiver<Control>,
    /// What the host is held to.
    pub(super) wanted: watch::Receiver<Arc<Wanted>>,
    /// Hears what the content does not have of it.
    pub(super) assigner: Arc<Assigner>,
    pub(super) faults: JournalFaults,
    pub(super) blind: watch::Sender<Blind>,
}

/// What came of it.
enum Decided {
    Whole(Result<Whole, Stale>),
    Some(Amended),
}

impl Complier {
    pub(super) async fn run(self, token: CancellationToken) {
        token.run_until_cancelled(self.comply()).await;
    }

    async fn comply(mut self) {
        let mut files = Watch::of_paths(&self.host);
        let mut content = Watch::of_paths(&Host::live(self.host.clock().clone()));
        let mut in_force = self.bundles.content();
        let mut compliance = self.nothing();
        let mut cpu = Duration::ZERO;
        let mut schedules = Schedules::new();
        let mut changed = Changed::default();
        let mut heard = Heard::new();
        let mut on = self.adopt(true).await;
        let mut unheard = Instant::now() + UNHEARD;
        let mut walking = Walking::new();
        loop {
            let next = schedules.next().filter(|_| on);
            let until = next.map_or(unheard, |(at, _)| at.min(unheard));
            let mut walked = None;
            tokio::select! {
                _ = files.woken() => {
                    changed.paths = true;
                    schedules.some.stir(Instant::now());
                }
                _ = content.woken() => schedules.whole.stir(Instant::now()),
                Ok(()) = in_force.changed() => {
                    compliance.turn_to(in_force.borrow_and_update().clone());
                    schedules.demand_whole();
                }
                Ok(()) = self.heard.changed() => {
                    let now = self.heard.borrow_and_update().clone();
                    let new = now.iter().filter(|(kind, times)| heard.get(*kind) != Some(*times));
                    let new = new.map(|(kind, _)| *kind).filter(|kind| compliance.asks(kind));
                    let before = changed.kinds.len();
                    changed.kinds.extend(new);
                    if changed.kinds.len() > before {
                        schedules.some.stir(Instant::now());
                    }
                    heard = now;
                }
                Ok(()) = self.reconciled.changed() => schedules.demand_whole(),
                Ok(()) = self.control.changed() => {
                    let now = self.adopt(on).await;
                    if now && !on {
                        schedules.demand_whole();
                    }
                    on = now;
                }
                turn = walking.turn(on && compliance.is_to_walk()) => match turn {
                    Turn::MayBegin => {
                        if let Some(walk) = compliance.walk() {
                            walking.begin(walk);
                        }
                    }
                    // When the rules are decided again, they are walked for again.
                    Turn::Ended(_) if !on => {}
                    Turn::Ended(ended) => walked = Some(ended),
                },
                Ok(()) = self.wanted.changed() => schedules.some.stir(Instant::now()),
                () = sleep_until(until) => {}
            }
            let now = Instant::now();
            if now >= unheard {
                unheard = now + UNHEARD;
                changed.unheard = true;
                // An event that was missed costs no longer than this.
                changed.paths = true;
                schedules.some.demand(now);
            }
            let due = schedules.next().filter(|(at, _)| on && *at <= now);
            if due.is_some_and(|(_, whole)| whole) && !self.is_whole(&in_force).await {
                // What is in force instead is decided by at once, and finds what was heard just now.
                continue;
            }
            let kept = match (walked, due) {
                (Some(walked), _) => {
                    let some = Amended {
                        facts: compliance.walked(walked),
                        ..Amended::default()
                    };
                    self.keep(Decided::Some(some)).await
                }
                (None, Some((_, whole))) => {
                    // A decision of every rule is one of whatever changed before it too.
                    let changed = Some(std::mem::take(&mut changed)).filter(|_| !whole);
                    let begun = Instant::now();
                    schedules.begin(whole);
                    let (next, cost, decided) = self.decide(compliance, changed).await;
                    compliance = next;
                    if whole {
                        cpu = cost;
                    }
                    schedules.ended(whole, begun.elapsed());
                    match decided {
                        Ok(Some(decided)) => self.keep(decided).await,
                        Ok(None) => {
                            schedules.demand_whole();
                            Ok(())
                        }
                        Err(error) => Err(error),
                    }
                }
                (None, None) => continue,
            };
            if let Err(error) = kept {
                self.faults.failed(self.host.clock().now(), &error);
                sleep(JOURNAL_AGAIN).await;
                compliance.forget_what_was_told();
                schedules.demand_whole();
            } else if !compliance.is_empty() {
                self.came.send_replace(Some(Came {
                    content: compliance.content().to_owned(),
                    cpu,
                    is_to_walk: walking.is_under_way() || compliance.is_to_walk(),
                }));
            }
            let paths = |paths: Vec<PathBuf>| paths.into_iter().map(Wake::Path).collect::<Vec<_>>();
            if content.arm(KIND, &paths(compliance.folders())) && compliance.is_empty() {
                // The content may have come before anybody listened for it. Where there is none, to look
                // costs nothing.
                schedules.whole.stir(Instant::now());
            }
            if files.arm(KIND, &paths(compliance.paths())) {
                // Between the reading and this moment nobody listened to what is new.
                changed.paths = true;
                schedules.some.stir(Instant::now());
            }
            if compliance.is_pending() {
                schedules.some.stir(Instant::now());
            }
            tell_blind(&self.blind, KIND, files.blind(KIND));
        }
    }

    fn nothing(&self) -> Compliance {
        let content = self.bundles.content().borrow().clone();
        Compliance::new(self.host.clone(), content)
    }

    /// Whether what is in force is as it was signed. If not, something else is by now.
    async fn is_whole(&self, in_force: &watch::Receiver<PathBuf>) -> bool {
        let bundles = self.bundles.clone();
        // A defect there is no reason to decide nothing.
        let _ = spawn_blocking(move || bundles.check()).await;
        !in_force.has_changed().unwrap_or(false)
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
            if let Err(error) = self.keep(Decided::Whole(Err(stale))).await {
                self.faults.failed(self.host.clock().now(), &error);
            }
        }
        on
    }

    /// Decides the rules that what `changed` concerns; `None`: every one. What comes back as `None`
    /// cannot be told of single rules, and all have to be decided. Also how much processor time it took.
    async fn decide(
        &self,
        mut compliance: Compliance,
        changed: Option<Changed>,
    ) -> (Compliance, Duration, Result<Option<Decided>, JournalError>) {
        let journal = self.journal.clone();
        let wanted = self.wanted.borrow().clone();
        let mut run = spawn_blocking(move || {
            let begun = spent();
            let is_first = || journal.has_rows(KIND).is_ok_and(|has| !has);
            let seen = match changed {
                // What walks cost is in nobody's budget.
                None if is_first() => {
                    let first = compliance.first(&wanted);
                    return (compliance, Duration::ZERO, Ok(first));
                }
                None => Ok(compliance.whole(&wanted)),
                Some(changed) => Err(amended(&mut compliance, &wanted, &changed)),
            };
            (compliance, spent().saturating_sub(begun), seen)
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
                said = self.keep(Decided::Whole(stale)).await;
                run.await
            }
        };
        // A panic has ended the process, unless this is a test.
        let ended = ended.unwrap_or_else(|panic| resume_unwind(panic.into_panic()));
        let (compliance, cpu, seen) = ended;
        self.assigner
            .held(compliance.wanted(), compliance.unknown());
        let decided = match seen {
            // What came late is told all the same: asked again, it would be as late again.
            Ok(whole) => Some(Decided::Whole(whole)),
            // Single results do not say that all of them are known again.
            Err(some) => some.ok().filter(|_| !late).map(Decided::Some),
        };
        (compliance, cpu, said.map(|()| decided))
    }

    async fn keep(&self, decided: Decided) -> Result<(), JournalError> {
        let at = self.host.clock().now();
        let kept = self
            .journal
            .off_thread(move |journal| match decided {
                Decided::Whole(seen) => {
                    let seen = match seen {
                        Ok(mut whole) => {
                            whole.facts.extend(journal.known(KIND, &whole.kept)?);
                            whole.facts.sort();
                            Ok(whole.facts)
                        }
                        Err(stale) => Err(stale),
                    };
                    let kind = KIND;
                    journal.observe(&Observation { kind, at, seen }).map(drop)
                }
                Decided::Some(some) if some == Amended::default() => Ok(()),
                Decided::Some(Amended { facts, gone }) => {
                    debug!(
                        results = facts.len(),
                        gone = gone.len(),
                        "results are others"
                    );
                    journal.amend(KIND, at, &facts, &gone)
                }
            })
            .await;
        if kept.is_ok() {
            self.faults.mended();
        }
        kept
    }
}

/// What is otherwise since rules were last decided: because of what is wanted now, and of what changed.
fn amended(
    compliance: &mut Compliance,
    wanted: &Wanted,
    changed: &Changed,
) -> Result<Amended, Stale> {
    let mut turned = Amended::default();
    if compliance.wanted() != wanted {
        turned = compliance.turn(wanted)?;
    }
    let newer = compliance.again(changed)?;
    let is_newer = |key: &str| newer.iter().any(|fact| fact.key == key);
    turned.facts.retain(|fact| !is_newer(&fact.key));
    turned.facts.extend(newer);
    Ok(turned)
}

#[cfg(test)]
mod tests;
