//! Random histories: whatever is observed, sent, lost and killed in whatever order, the collector
//! ends with the host's rows, and no transition reaches it twice.

use std::collections::BTreeMap;

use proptest::{collection, prelude::*};

use super::{
    super::{Journal, Position},
    Disk, at, failed,
    model::Collector,
    seen,
};

const KINDS: [&str; 3] = ["package", "user", "result"];

#[derive(Debug, Clone)]
enum Step {
    Observe(usize, BTreeMap<String, u8>),
    Fail(usize),
    /// The collector gets this many records, and the agent hears of it, or does not.
    Send {
        records: usize,
        acknowledged: bool,
    },
    /// The connection is made anew.
    Reconnect,
    Refresh(usize),
    NewEpoch,
    /// The power goes.
    Crash,
    /// The disk takes this many more writes, for one pass.
    Fill(u64, usize, BTreeMap<String, u8>),
}

fn step() -> impl Strategy<Value = Step> {
    let rows = || collection::btree_map("[a-e]", 0_u8..4, 0..5);
    prop_oneof![
        6 => (0..KINDS.len(), rows()).prop_map(|(kind, rows)| Step::Observe(kind, rows)),
        1 => (0..KINDS.len()).prop_map(Step::Fail),
        5 => (0_usize..6, any::<bool>())
            .prop_map(|(records, acknowledged)| Step::Send { records, acknowledged }),
        2 => Just(Step::Reconnect),
        1 => (0..KINDS.len()).prop_map(Step::Refresh),
        1 => Just(Step::NewEpoch),
        2 => Just(Step::Crash),
        1 => (0_u64..12, 0..KINDS.len(), rows())
            .prop_map(|(writes, kind, rows)| Step::Fill(writes, kind, rows)),
    ]
}

/// The journal, the collector, and what is true.
struct World {
    disk: Disk,
    journal: Journal,
    bound: u64,
    collector: Collector,
    /// The session: the position at which it began, and the last sequence number sent in it.
    session: Option<(Position, u64)>,
    /// The rows as last remembered.
    host: BTreeMap<&'static str, BTreeMap<String, u8>>,
    /// How many transitions there were.
    transitions: usize,
    now: i64,
}

impl World {
    fn new(bound: u64) -> Self {
        let disk = Disk::default();
        let journal = disk.journal(bound).unwrap();
        Self {
            disk,
            journal,
            bound,
            collector: Collector::default(),
            session: None,
            host: BTreeMap::new(),
            transitions: 0,
            now: 0,
        }
    }

    fn run(&mut self, step: Step) {
        self.now += 1;
        match step {
            Step::Observe(kind, rows) => self.observe(KINDS[kind], rows, false),
            Step::Fail(kind) => {
                self.journal
                    .observe(&failed(KINDS[kind], self.now))
                    .unwrap();
            }
            Step::Send {
                records,
                acknowledged,
            } => self.send(records, acknowledged),
            Step::Reconnect => self.session = None,
            Step::Refresh(kind) => self.journal.refresh(KINDS[kind], at(self.now)).unwrap(),
            Step::NewEpoch => self.journal.new_epoch(at(self.now)).unwrap(),
            Step::Crash => {
                self.disk.crash();
                self.journal = self.disk.journal(self.bound).unwrap();
                self.session = None;
            }
            Step::Fill(writes, kind, rows) => {
                self.disk.fill_after(writes);
                self.observe(KINDS[kind], rows, true);
                self.disk.free();
            }
        }
    }

    fn observe(&mut self, kind: &'static str, rows: BTreeMap<String, u8>, may_fail: bool) {
        let texts: Vec<_> = rows
            .iter()
            .map(|(key, n)| (key.clone(), format!("{{\"n\":{n}}}")))
            .collect();
        let facts: Vec<_> = texts
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        match self.journal.observe(&seen(kind, self.now, &facts)) {
            Ok(_) => {
                let old = self.host.insert(kind, rows.clone()).unwrap_or_default();
                let gone = old.keys().filter(|key| !rows.contains_key(*key)).count();
                let changed = rows.iter().filter(|(key, n)| old.get(*key) != Some(*n));
                self.transitions += gone + changed.count();
            }
            Err(error) => assert!(may_fail, "{error:?}"),
        }
    }

    /// What a session does: greet, send in order, and begin anew when the epoch has changed.
    fn send(&mut self, records: usize, acknowledged: bool) {
        let position = *self.journal.position().borrow();
        if self
            .session
            .is_none_or(|(began, _)| began.epoch != position.epoch)
        {
            let after = self.collector.greet(position.epoch);
            self.journal
                .resume_after(position.epoch, after, at(self.now))
                .unwrap();
            self.collector.open(self.journal.chain().unwrap());
            self.session = Some((position, after));
        }
        let Some((_, sent)) = &mut self.session else {
            return;
        };
        for pending in self
            .journal
            .pending(*sent, usize::MAX)
            .unwrap()
            .into_iter()
            .take(records)
        {
            *sent = pending.record.seq;
            self.collector.receive(pending.record);
        }
        if acknowledged {
            let (epoch, collector) = (position.epoch, &self.collector);
            self.journal
                .acknowledge(epoch, collector.applied(), collector.stand_in(epoch))
                .unwrap();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, max_shrink_iters: 2000, ..ProptestConfig::default() })]

    #[test]
    fn the_collector_ends_with_the_rows_of_the_host(
        bound in prop_oneof![Just(300_u64), Just(64 << 20)],
        steps in collection::vec(step(), 1..40),
    ) {
        let mut world = World::new(bound);
        let epochs = steps.iter().filter(|step| matches!(step, Step::NewEpoch)).count();
        for step in steps {
            world.run(step);
        }
        world.send(usize::MAX, true);
        prop_assert_eq!(world.journal.summary().unwrap().pending_records, 0);
        prop_assert_eq!(world.journal.summary().unwrap().pending_bytes, 0);
        for (kind, rows) in &world.host {
            let expected: BTreeMap<_, _> = rows
                .iter()
                .map(|(key, n)| (key.clone(), format!("{{\"n\":{n}}}")))
                .collect();
            prop_assert_eq!(world.collector.rows(kind), &expected);
        }
        // Only what was folded, or dropped for a new epoch, before it was known to have arrived can
        // break the chain; and both sides have the same one again.
        prop_assert!(bound < 1000 || world.collector.breaks <= epochs);
        prop_assert_eq!(world.journal.chain().unwrap().stand, world.collector.stand());
        // Folding and new epochs may skip a transition; nothing may repeat one.
        prop_assert!(world.collector.transitions.len() <= world.transitions);
    }
}
