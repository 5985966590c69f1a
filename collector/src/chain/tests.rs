use std::collections::BTreeMap;

use chrono::TimeDelta;
use rcgen::{CertificateParams, KeyPair};
use rustls_pki_types::PrivatePkcs8KeyDer;
use shared::{
    chain::{Signing, Sort},
    clock::{Clock as _, SystemClock, from_micros, to_micros},
    id::Epoch,
    rule::result::KIND,
    wire::Opening,
};
use tempfile::TempDir;

use super::*;
use crate::authority::Authority;

/// A host that tells results, and a collector that keeps them, without anything between them.
pub(crate) struct World {
    pub(crate) kept: Kept,
    pub(crate) authority: Authority,
    certificate: CertificateDer<'static>,
    signing: Signing,
    begin: DateTime<Utc>,
    present: BTreeMap<String, (RowHash, DateTime<Utc>)>,
    seq: u64,
    _folder: TempDir,
}

/// The hash of a result that says this.
pub(crate) fn hash(rule: &str, n: u8) -> RowHash {
    RowHash::of(KIND, rule, &format!("{{\"verdict\":\"{n}\"}}"))
}

impl World {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::open(folder.path(), SystemClock::shared()).unwrap();
        let host = HostId::new();
        let (certificate, signing) = certified(&authority, host);
        let begin = from_micros(to_micros(SystemClock.now())).unwrap() - TimeDelta::seconds(100);
        let kept = Kept {
            host,
            links: Vec::new(),
            seals: Vec::new(),
            rows: Vec::new(),
            stand: Stand::default(),
            stale: false,
            oldest: begin - TimeDelta::days(100),
        };
        Self {
            kept,
            authority,
            certificate,
            signing,
            begin,
            present: BTreeMap::new(),
            seq: 0,
            _folder: folder,
        }
    }

    /// A host that told three rules, changed one, lost one, told all of them again in two parts,
    /// and sealed all but the last change.
    pub(crate) fn begun() -> Self {
        let mut world = Self::new();
        let (all, again) = (
            [("a", Some(1)), ("b", Some(1)), ("c", Some(1))],
            [("a", Some(2)), ("b", Some(1))],
        );
        world.tell(Sort::LastPart, &all);
        world.tell(Sort::Fresh, &[]);
        world.seal(None);
        world.tell(Sort::Delta, &[("a", Some(2))]);
        world.tell(Sort::Delta, &[("c", None)]);
        world.seal(None);
        world.tell(Sort::Part, &again[..1]);
        world.tell(Sort::LastPart, &again[1..]);
        world.tell(Sort::Delta, &[("b", Some(3))]);
        world.seal(None);
        world.tell(Sort::Delta, &[("a", Some(4))]);
        world
    }

    /// The next record.
    pub(crate) fn tell(&mut self, sort: Sort, rows: &[(&str, Option<u8>)]) {
        let within = self.kept.links.last().filter(|l| l.link.sort == Sort::Part);
        let at = match within {
            Some(part) => part.valid_from,
            None => self.begin + TimeDelta::seconds(self.seq as i64),
        };
        self.seq += 1;
        let rows = rows.iter().map(|(rule, n)| {
            let hash = n.map(|n| hash(rule, n));
            ((*rule).to_owned(), hash)
        });
        let link = Link {
            epoch: Epoch(7),
            seq: self.seq,
            at: to_micros(at),
            sort,
            rows: rows.collect(),
        };
        for (rule, hash) in &link.rows {
            if self.present.get(rule).map(|(hash, _)| *hash) != *hash {
                self.end(rule, at);
                self.present
                    .extend(hash.map(|hash| (rule.clone(), (hash, at))));
            }
        }
        let previous = self.kept.stand.head;
        self.kept.stand = self.kept.stand.with(&link);
        self.kept.links.push(KeptLink {
            link,
            previous,
            head: self.kept.stand.head,
            valid_from: at,
            recorded_at: at + TimeDelta::milliseconds(5),
        });
    }

    fn end(&mut self, rule: &str, at: DateTime<Utc>) {
        if let Some((hash, from)) = self.present.remove(rule) {
            self.kept.rows.push(row(rule, hash, from, Some(at)));
        }
    }

    pub(crate) fn seal(&mut self, opening: Option<Opening>) {
        let seal = self.signing.seal(self.kept.stand, opening).unwrap();
        self.kept.seals.push(KeptSeal {
            seal,
            replaces: None,
            certificate: Some(self.certificate.clone()),
            received_at: self.begin + TimeDelta::seconds(self.seq as i64),
        });
    }

    /// The host goes on from another link than the last one here.
    fn go_on_from(&mut self, stand: Stand, opening: Opening) {
        let replaces = Some(self.kept.stand.head);
        self.kept.stand = stand;
        self.seal(Some(opening));
        self.kept.seals.last_mut().unwrap().replaces = replaces;
    }

    /// What the tables would hold.
    fn kept(&self) -> Kept {
        let mut kept = self.kept.clone();
        let present = self.present.iter();
        kept.rows
            .extend(present.map(|(rule, (hash, from))| row(rule, *hash, *from, None)));
        kept
    }

    fn verify(&self, kept: &Kept) -> Report {
        verify(kept, &self.authority.certificate())
    }
}

fn row(rule: &str, hash: RowHash, from: DateTime<Utc>, to: Option<DateTime<Utc>>) -> KeptRow {
    KeptRow {
        rule: rule.into(),
        named: hash,
        says: Some(hash),
        valid_from: from,
        valid_to: to,
    }
}

fn certified(authority: &Authority, host: HostId) -> (CertificateDer<'static>, Signing) {
    let key = KeyPair::generate().unwrap();
    let csr = CertificateParams::default()
        .serialize_request(&key)
        .unwrap();
    let made = authority.issue_host(host, csr.der()).unwrap();
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    (made.der, Signing::new(host, key.into()).unwrap())
}

#[test]
fn what_a_host_told_fits_and_what_it_did_not_seal_is_counted() {
    let world = World::begun();
    let report = world.verify(&world.kept());
    assert_eq!(report.faults, []);
    assert_eq!((report.links, report.sealed, report.seals), (8, 7, 3));
    assert_eq!((report.rows, report.untold), (6, 0));
    assert_eq!(report.breaks, []);
    let none = World::new();
    assert_eq!(none.verify(&none.kept()), Report::default());
}

/// What somebody does to the tables.
type Tamper = fn(&mut Kept);

/// What it is, what is done, and what the first fault names and says.
const TAMPERED: [(&str, Tamper, &str, &str); 22] = [
    (
        "another value for a result",
        |kept| kept.rows[0].named = hash("a", 9),
        "result of a ",
        "was changed",
    ),
    (
        "another value under the same name in the dictionary",
        |kept| kept.rows[0].says = Some(hash("a", 9)),
        "result of a ",
        "dictionary",
    ),
    (
        "a value that is none",
        |kept| kept.rows[0].says = None,
        "result of a ",
        "dictionary",
    ),
    (
        "a result less",
        |kept| drop(kept.rows.remove(1)),
        "result of c ",
        "removed",
    ),
    (
        "a present result less",
        |kept| drop(kept.rows.pop()),
        "result of b ",
        "removed",
    ),
    (
        "a result more",
        |kept| {
            let mut row = kept.rows[0].clone();
            row.rule = "z".into();
            kept.rows.push(row);
        },
        "result of z ",
        "added",
    ),
    (
        "a result twice",
        |kept| kept.rows.push(kept.rows[0].clone()),
        "result of a ",
        "twice",
    ),
    (
        "a result that begins later",
        |kept| kept.rows[2].valid_from += TimeDelta::seconds(1),
        "result of b ",
        "removed",
    ),
    (
        "a result that ends later",
        |kept| kept.rows[0].valid_to = None,
        "result of a ",
        "ends at another time",
    ),
    (
        "a link less",
        |kept| drop(kept.links.remove(2)),
        "link 4 of",
        "does not follow",
    ),
    (
        "a link twice",
        |kept| kept.links.insert(2, kept.links[2].clone()),
        "link 3 of",
        "does not follow",
    ),
    (
        "two links exchanged",
        |kept| kept.links.swap(2, 3),
        "link 4 of",
        "does not follow",
    ),
    (
        "a link that tells something else",
        |kept| kept.links[2].link.rows[0].1 = Some(hash("a", 9)),
        "link 3 of",
        "does not give its hash",
    ),
    (
        "a link of another time",
        |kept| kept.links[3].link.at -= 1,
        "link 4 of",
        "does not give its hash",
    ),
    (
        "a link whose results begin earlier",
        |kept| kept.links[2].valid_from -= TimeDelta::seconds(9),
        "link 3 of",
        "begin before",
    ),
    (
        "the newest link less",
        |kept| drop(kept.links.pop()),
        "link 8 of",
        "newest are missing",
    ),
    (
        "the newest links less, with their seal and all traces in the stream",
        |kept| {
            kept.links.truncate(6);
            kept.stand.head = kept.links[5].head;
        },
        "seal under link 7",
        "the link is not here",
    ),
    (
        "a seal of other bytes",
        |kept| kept.seals[1].seal.signature[20] ^= 1,
        "seal under link 4",
        "signature is not the host's",
    ),
    (
        "a seal without its certificate",
        |kept| kept.seals[1].certificate = None,
        "seal under link 4",
        "certificate is not there",
    ),
    (
        "a seal of another time than its certificate's",
        |kept| kept.seals[0].received_at -= TimeDelta::days(40),
        "seal under link 2",
        "not for that time",
    ),
    (
        "results that are said to be out of date",
        |kept| kept.stale = true,
        "whether the rules",
        "said last",
    ),
    (
        "the tables of another host",
        |kept| kept.host = HostId::new(),
        "seal under link 2",
        "another host's",
    ),
];

#[test]
fn whatever_is_done_to_the_tables_is_found_and_named() {
    let world = World::begun();
    for (what, tamper, place, says) in TAMPERED {
        let mut kept = world.kept();
        tamper(&mut kept);
        let report = world.verify(&kept);
        let first = report.faults.first();
        let first = first.unwrap_or_else(|| panic!("{what}: nothing was found"));
        assert!(
            first.place.starts_with(place) && first.what.contains(says),
            "{what}: {first:?}"
        );
    }
}

#[test]
fn another_authority_s_certificates_seal_nothing() {
    let (world, other) = (World::begun(), World::new());
    let report = verify(&world.kept(), &other.authority.certificate());
    assert_eq!((report.faults.len(), report.sealed), (3, 0));
    assert!(
        report.faults[0].what.contains("did not issue"),
        "{report:?}"
    );
}

#[test]
fn a_host_that_goes_on_with_another_chain_is_told_and_is_no_fault() {
    let mut world = World::begun();
    let earlier = Stand {
        epoch: Epoch(7),
        seq: 3,
        head: world.kept.links[2].head,
    };
    world.go_on_from(earlier, Opening::Continues);
    world.go_on_from(Stand::default(), Opening::New);
    world.tell(Sort::LastPart, &[("a", Some(4)), ("b", Some(3))]);
    world.seal(None);
    let report = world.verify(&world.kept());
    assert_eq!(report.faults, []);
    let because: Vec<_> = report.breaks.iter().map(|one| one.because).collect();
    assert!(because[0].contains("not the last one"), "{because:?}");
    assert!(because[1].contains("held no chain"), "{because:?}");
    // The last of the first chain was never sealed, and will never be.
    assert_eq!((report.links, report.sealed), (9, 8));

    // That it went on so cannot be left out.
    let mut kept = world.kept();
    kept.seals.retain(|seal| seal.replaces.is_none());
    let report = world.verify(&kept);
    assert!(
        report.faults[0].place.starts_with("link 9 of"),
        "{report:?}"
    );
}

#[test]
fn what_was_there_before_the_first_link_is_proved_by_nothing_until_it_is_told_again() {
    let mut world = World::begun();
    let first = world.kept.links[0].valid_from - TimeDelta::seconds(50);
    let before = |rule: &str, to| row(rule, hash(rule, 1), first, to);
    world
        .kept
        .rows
        .push(before("y", Some(first + TimeDelta::seconds(1))));
    let report = world.verify(&world.kept());
    assert_eq!((report.untold, &report.faults[..]), (1, &[][..]));

    // Alive when the chain began: ended by a snapshot that does not have it, as the links say.
    let begin = world.kept.links[0].valid_from;
    world.kept.rows.push(before("z", Some(begin)));
    let report = world.verify(&world.kept());
    assert_eq!((report.untold, &report.faults[..]), (2, &[][..]));
    world.kept.rows.last_mut().unwrap().valid_to = None;
    let report = world.verify(&world.kept());
    assert!(report.faults[0].what.contains("another time"), "{report:?}");
}

#[test]
fn what_the_retention_took_is_no_fault() {
    let world = World::begun();
    let mut kept = world.kept();
    // The months of the first two links and of their seal have gone.
    kept.links.drain(..2);
    kept.seals.remove(0);
    let report = world.verify(&kept);
    assert_eq!(report.faults, []);
    // What was there is told again by the snapshot, but for what ended before that.
    assert_eq!((report.links, report.sealed, report.untold), (6, 5, 2));
    let second = hash("a", 2);
    kept.rows.retain(|row| row.named != second);
    assert!(!world.verify(&kept).faults.is_empty());
    kept.oldest = world.begin + TimeDelta::days(1);
    let report = world.verify(&kept);
    assert_eq!(report.faults, []);
}
