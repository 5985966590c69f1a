//! Content over the wire, from a collector that says what it likes: a bundle is fetched by what is
//! missing, or it is refused and what was in force stays so.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::TimeDelta;
use ed25519_dalek::SigningKey;
use quinn::SendStream;
use shared::{
    bundle::{File, Hash, MAX_MANIFEST, Manifest},
    trust::{Key, Part, PublicKey, Root, Signature, Signed, Sort},
    wire::{
        self, CollectorMessage, ContentHash, ContentRefusal, ContentState, Fetch, Fetched,
        MAX_PAYLOAD, Offer, OfferStage, Packed, Resume,
    },
};

use super::{
    collector::Session,
    noon,
    sessions::{Setting, World},
    within,
};
use crate::{
    bundle::Ground,
    comply::trial::{Limits, Verdicts},
    host::Host,
};

/// A bundle, and what a collector needs to offer it.
struct Bundle {
    offer: Offer,
    document: Vec<u8>,
    signatures: Vec<u8>,
    files: BTreeMap<ContentHash, Vec<u8>>,
}

fn key(n: u8) -> SigningKey {
    SigningKey::from_bytes(&[n; 32])
}

/// Root `version`, in which key `n` may do everything, signed by the keys `by`.
pub(super) fn root(version: u32, n: u8, by: &[u8]) -> Signed {
    let public = PublicKey::from(key(n).verifying_key());
    let part = Part {
        threshold: 1,
        keys: [public.id()].into(),
    };
    let name = format!("key {n}");
    let root = Root {
        format: 1,
        version,
        created: noon(),
        expires: noon() + TimeDelta::days(365),
        keys: [(public.id(), Key { name, public })].into(),
        root: part.clone(),
        publisher: part,
        release: None,
        revoked: Vec::new(),
    };
    let document = serde_json::to_vec(&root).unwrap();
    sign(document, Sort::Root, by)
}

fn sign(document: Vec<u8>, sort: Sort, by: &[u8]) -> Signed {
    let sign = |n: &u8| Signature::sign(&key(*n), sort, &document);
    let signatures = by.iter().map(sign).collect();
    Signed {
        document,
        signatures,
    }
}

/// A bundle with these files, signed by key `by`.
fn bundle_by(by: u8, serial: u64, files: &[(&str, &str)]) -> Bundle {
    let manifest = Manifest {
        format: 1,
        serial,
        created: noon(),
        expires: noon() + TimeDelta::days(30),
        minimum_agent: "0.1.0".parse().unwrap(),
        features: Vec::new(),
        note: String::new(),
        files: files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), File::of(text.as_bytes())))
            .collect(),
    };
    let signed = sign(manifest.write().unwrap(), Sort::Bundle, &[by]);
    let bytes = files.iter().map(|(_, text)| text.as_bytes());
    Bundle {
        offer: Offer {
            serial,
            manifest: Hash::of(&signed.document).0,
            root: 1,
            trial: false,
            order: [serial as u8; 16],
        },
        signatures: signed.signatures_file(),
        document: signed.document,
        files: bytes.map(|b| (Hash::of(b).0, b.to_vec())).collect(),
    }
}

/// As the root of these tests wants it.
fn bundle(serial: u64, files: &[(&str, &str)]) -> Bundle {
    bundle_by(1, serial, files)
}

/// None of them is a rule: nothing comes of them.
const FILES: [(&str, &str); 3] = [
    ("rules/a/a.txt", "a"),
    ("rules/a/b.txt", "bb"),
    ("rules/a/c.txt", "ccc"),
];

/// Answers that are what was asked, or are not.
impl Bundle {
    fn manifest(&self) -> Fetched {
        Fetched::Manifest {
            document: Packed::Whole(self.document.clone()),
            signatures: self.signatures.clone(),
        }
    }

    fn some(&self, hashes: &[ContentHash]) -> Fetched {
        Fetched::Files(hashes.iter().map(|hash| self.files[hash].clone()).collect())
    }

    /// Answers the next question for the manifest.
    async fn gives_manifest(&self, session: &mut Session) -> Option<ContentHash> {
        let (question, mut send) = session.question().await;
        let Fetch::Manifest { manifest, basis } = question else {
            panic!("{question:?}");
        };
        assert_eq!(manifest, self.offer.manifest);
        answer(&mut send, &self.manifest()).await;
        basis
    }

    /// Hears which files are missing next, and where to give them.
    async fn asked(&self, session: &mut Session) -> (Vec<ContentHash>, SendStream) {
        match session.question().await {
            (Fetch::Files(hashes), send) => (hashes, send),
            (other, _) => panic!("{other:?}"),
        }
    }

    /// Gives everything that is asked for.
    async fn gives(&self, session: &mut Session) {
        self.gives_manifest(session).await;
        let (hashes, mut send) = self.asked(session).await;
        answer(&mut send, &self.some(&hashes)).await;
    }
}

async fn answer(send: &mut SendStream, message: &Fetched) {
    wire::write(send, message).await.unwrap();
}

impl World {
    /// A session of an agent that trusts root 1.
    async fn welcomed(&self) -> Session {
        let mut session = self.collector.session().await;
        session.welcome_now(Resume::After(0)).await;
        session
    }

    /// Puts a bundle in force, as those do who try it.
    fn put_in_force(&self, bundle: &Bundle) {
        let ground = Ground {
            host: Host::at(self.folder.path(), self.clock.clone()),
            wanted: Arc::default(),
            known: Verdicts::new(),
            limits: Limits {
                cpu: Duration::from_secs(5),
                errors: 3,
                errors_percent: 1,
            },
        };
        let (stage, _) = self.bundles.take(&bundle.offer, &ground).unwrap();
        assert_eq!(stage, OfferStage::InForce);
    }
}

async fn offer(session: &mut Session, offer: &Offer) {
    session.say(&CollectorMessage::Offer(offer.clone())).await;
}

/// What the agent says once the offer has come so far.
async fn comes(session: &mut Session, offer: &Offer, stage: OfferStage) -> ContentState {
    loop {
        let state = session.state().await;
        let outcome = state.offer.as_ref();
        let outcome = outcome.filter(|outcome| outcome.order == offer.order);
        match outcome.map(|outcome| outcome.stage) {
            Some(now) if now == stage => return state,
            Some(refused @ OfferStage::Refused(_)) => {
                panic!("{refused:?}: {}", outcome.unwrap().detail)
            }
            _ => {}
        }
    }
}

/// The agent says why it does not take the offer, and nothing is to be tried.
async fn refuses(world: &World, session: &mut Session, one: &Offer, why: ContentRefusal) -> String {
    let state = comes(session, one, OfferStage::Refused(why)).await;
    let ready = world.bundles.ready().borrow().clone();
    assert!(ready.is_none_or(|ready| ready.order != one.order));
    state.offer.unwrap().detail
}

#[tokio::test]
async fn what_is_offered_is_fetched_whole_and_then_to_be_tried() {
    let world = World::new();
    let mut session = world.welcomed().await;
    assert_eq!(session.state().await.in_force, None);
    let one = bundle(1, &FILES);
    offer(&mut session, &one.offer).await;
    assert_eq!(one.gives_manifest(&mut session).await, None);
    let (hashes, mut send) = one.asked(&mut session).await;
    assert_eq!(hashes.len(), 3);
    answer(&mut send, &one.some(&hashes[..1])).await;
    answer(&mut send, &one.some(&hashes[1..])).await;
    comes(&mut session, &one.offer, OfferStage::Trying).await;
    let mut ready = world.bundles.ready();
    let ready = within("it is to be tried", ready.wait_for(Option::is_some)).await;
    assert_eq!(*ready.unwrap(), Some(one.offer));
}

#[tokio::test]
async fn of_the_next_bundle_only_what_differs_is_fetched() {
    let world = World::new();
    let mut session = world.welcomed().await;
    let one = bundle(1, &FILES);
    offer(&mut session, &one.offer).await;
    one.gives(&mut session).await;
    comes(&mut session, &one.offer, OfferStage::Trying).await;
    world.put_in_force(&one);

    let two = bundle(2, &[FILES[0], FILES[1], ("rules/a/c.txt", "changed")]);
    offer(&mut session, &two.offer).await;
    let (question, mut send) = session.question().await;
    let Fetch::Manifest { basis, .. } = question else {
        panic!("{question:?}");
    };
    assert_eq!(basis, Some(one.offer.manifest));
    let mut pack = zstd::bulk::Compressor::with_dictionary(3, &one.document).unwrap();
    let packed = pack.compress(&two.document).unwrap();
    assert!(packed.len() < two.document.len() / 3, "{}", packed.len());
    let against = Fetched::Manifest {
        document: Packed::Against(packed),
        signatures: two.signatures.clone(),
    };
    answer(&mut send, &against).await;
    let (hashes, mut send) = two.asked(&mut session).await;
    assert_eq!(hashes, [Hash::of(b"changed").0]);
    answer(&mut send, &two.some(&hashes)).await;
    comes(&mut session, &two.offer, OfferStage::Trying).await;
}

#[tokio::test]
async fn after_a_break_only_what_has_not_come_is_asked_for_again() {
    let world = World::new();
    let mut session = world.welcomed().await;
    let one = bundle(1, &FILES);
    offer(&mut session, &one.offer).await;
    one.gives_manifest(&mut session).await;
    let (hashes, mut send) = one.asked(&mut session).await;
    answer(&mut send, &one.some(&hashes[..1])).await;
    // The stream breaks, and the session goes on.
    send.finish().unwrap();
    one.gives_manifest(&mut session).await;
    let (again, mut send) = one.asked(&mut session).await;
    assert_eq!(again, hashes[1..]);
    answer(&mut send, &one.some(&again[..1])).await;
    send.finish().unwrap();
    one.gives_manifest(&mut session).await;
    let (rest, _unanswered) = one.asked(&mut session).await;
    assert_eq!(rest, hashes[2..]);
    // Now the session breaks too.
    session.connection.close(1_u8.into(), b"pulled");
    let mut session = world.welcomed().await;
    offer(&mut session, &one.offer).await;
    one.gives_manifest(&mut session).await;
    let (rest, mut send) = one.asked(&mut session).await;
    assert_eq!(rest, hashes[2..]);
    answer(&mut send, &one.some(&rest)).await;
    comes(&mut session, &one.offer, OfferStage::Trying).await;
}

#[tokio::test]
async fn a_collector_that_is_busy_is_asked_again() {
    let world = World::new();
    let mut session = world.welcomed().await;
    let one = bundle(1, &FILES);
    offer(&mut session, &one.offer).await;
    let (_, mut send) = session.question().await;
    answer(&mut send, &Fetched::Busy(10)).await;
    one.gives_manifest(&mut session).await;
    let (_, mut send) = one.asked(&mut session).await;
    answer(&mut send, &Fetched::Busy(10)).await;
    one.gives(&mut session).await;
    comes(&mut session, &one.offer, OfferStage::Trying).await;
}

#[tokio::test]
async fn the_newest_offer_takes_the_place_of_one_that_is_withheld() {
    let world = World::new();
    let mut session = world.welcomed().await;
    let (one, two) = (bundle(1, &FILES), bundle(2, &FILES));
    offer(&mut session, &one.offer).await;
    let (_, _withheld) = session.question().await;
    offer(&mut session, &two.offer).await;
    two.gives(&mut session).await;
    comes(&mut session, &two.offer, OfferStage::Trying).await;
}

#[tokio::test]
async fn roots_are_followed_one_by_one_and_no_other_way() {
    let world = World::new();
    let mut session = world.welcomed().await;
    let mut one = bundle_by(3, 1, &FILES);
    one.offer.root = 3;
    offer(&mut session, &one.offer).await;
    let (question, mut send) = session.question().await;
    assert_eq!(question, Fetch::Roots { after: 1 });
    for next in [root(2, 2, &[1, 2]), root(3, 3, &[2, 3])] {
        let signatures = next.signatures_file();
        let document = next.document;
        let message = Fetched::Root {
            document,
            signatures,
        };
        answer(&mut send, &message).await;
    }
    one.gives(&mut session).await;
    let state = comes(&mut session, &one.offer, OfferStage::Trying).await;
    assert_eq!(state.root.unwrap().version, 3);
}

#[tokio::test]
async fn a_root_that_the_one_before_did_not_sign_is_refused() {
    let world = World::new();
    let mut session = world.welcomed().await;
    let mut one = bundle_by(2, 1, &FILES);
    one.offer.root = 2;
    offer(&mut session, &one.offer).await;
    let (_, mut send) = session.question().await;
    let own = root(2, 2, &[2]);
    let signatures = own.signatures_file();
    let document = own.document;
    let message = Fetched::Root {
        document,
        signatures,
    };
    answer(&mut send, &message).await;
    refuses(&world, &mut session, &one.offer, ContentRefusal::Root).await;
    assert_eq!(world.bundles.newest_root(), 1);
}

#[tokio::test]
async fn a_bundle_of_somebody_else_is_refused_before_any_file_is_fetched() {
    let world = World::new();
    let mut session = world.welcomed().await;
    let one = bundle_by(2, 1, &FILES);
    offer(&mut session, &one.offer).await;
    one.gives_manifest(&mut session).await;
    refuses(&world, &mut session, &one.offer, ContentRefusal::Signatures).await;
}

#[tokio::test]
async fn another_bundle_than_the_one_offered_is_refused() {
    let world = World::new();
    let mut session = world.welcomed().await;
    let (one, two) = (bundle(1, &FILES), bundle(2, &FILES));
    offer(&mut session, &one.offer).await;
    let (_, mut send) = session.question().await;
    answer(&mut send, &two.manifest()).await;
    refuses(&world, &mut session, &one.offer, ContentRefusal::Malformed).await;
}

#[tokio::test]
async fn an_old_bundle_that_is_offered_again_is_refused() {
    let world = World::new();
    let mut session = world.welcomed().await;
    let (old, new) = (bundle(1, &FILES), bundle(2, &FILES));
    for one in [&old, &new] {
        offer(&mut session, &one.offer).await;
        one.gives_manifest(&mut session).await;
        if one.offer.serial == 1 {
            let (hashes, mut send) = one.asked(&mut session).await;
            answer(&mut send, &one.some(&hashes)).await;
        }
        comes(&mut session, &one.offer, OfferStage::Trying).await;
        world.put_in_force(one);
    }
    // The very same offer has had its answer; under another name it is looked at.
    let mut again = old.offer.clone();
    again.order = [9; 16];
    offer(&mut session, &again).await;
    old.gives_manifest(&mut session).await;
    let words = refuses(&world, &mut session, &again, ContentRefusal::Older).await;
    assert!(words.contains('2'), "{words}");
    assert_eq!(world.bundles.state().in_force.unwrap().serial, 2);
}

#[tokio::test]
async fn nothing_is_fetched_where_offers_are_switched_off() {
    let world = World::set(Setting {
        offers: false,
        ..Setting::default()
    });
    let mut session = world.welcomed().await;
    let one = bundle(1, &FILES);
    offer(&mut session, &one.offer).await;
    let words = refuses(&world, &mut session, &one.offer, ContentRefusal::Switched).await;
    assert!(words.contains("content.offers"), "{words}");
    let asks = tokio::time::timeout(Duration::from_millis(200), session.question()).await;
    assert!(asks.is_err(), "a question");
}

#[tokio::test]
async fn an_offer_in_a_session_of_an_older_protocol_ends_it() {
    let world = World::new();
    let mut session = world.collector.session().await;
    let protocol = wire::CONTENT_SINCE - 1;
    session.welcome_with(protocol, Resume::After(0)).await;
    offer(&mut session, &bundle(1, &FILES).offer).await;
    within("the agent leaves", session.connection.closed()).await;
}

/// What a collector answers to the question for files, and why that is refused.
async fn refused_for(answers: impl Fn(&Bundle, &[ContentHash]) -> Fetched, why: ContentRefusal) {
    let world = World::new();
    let mut session = world.welcomed().await;
    let one = bundle(1, &FILES);
    offer(&mut session, &one.offer).await;
    one.gives_manifest(&mut session).await;
    let (hashes, mut send) = one.asked(&mut session).await;
    answer(&mut send, &answers(&one, &hashes)).await;
    refuses(&world, &mut session, &one.offer, why).await;
    assert_eq!(world.bundles.state().in_force, None);
}

#[tokio::test]
async fn other_bytes_than_the_hash_says_are_refused() {
    let other = |one: &Bundle, hashes: &[ContentHash]| {
        let mut bytes = one.files[&hashes[0]].clone();
        bytes[0] ^= 1;
        Fetched::Files(vec![bytes])
    };
    refused_for(other, ContentRefusal::Malformed).await;
}

#[tokio::test]
async fn files_in_another_order_are_refused() {
    let turned = |one: &Bundle, hashes: &[ContentHash]| {
        let turned: Vec<_> = hashes.iter().rev().copied().collect();
        one.some(&turned)
    };
    refused_for(turned, ContentRefusal::Malformed).await;
}

#[tokio::test]
async fn a_piece_larger_than_its_file_is_refused() {
    let longer = |one: &Bundle, hashes: &[ContentHash]| {
        let mut bytes = one.files[&hashes[0]].clone();
        bytes.resize(900_000, b'x');
        Fetched::Files(vec![bytes])
    };
    refused_for(longer, ContentRefusal::Malformed).await;
}

#[tokio::test]
async fn more_files_than_were_asked_for_and_none_at_all_are_refused() {
    let more = |one: &Bundle, hashes: &[ContentHash]| {
        let all = hashes.iter().chain(&hashes[..1]).copied();
        one.some(&all.collect::<Vec<_>>())
    };
    refused_for(more, ContentRefusal::Malformed).await;
    // Endlessly nothing would hold the agent as long as the collector likes.
    refused_for(|_, _| Fetched::Files(Vec::new()), ContentRefusal::Malformed).await;
}

#[tokio::test]
async fn what_the_collector_offers_and_does_not_have_is_refused_as_incomplete() {
    let missing = |_: &Bundle, hashes: &[ContentHash]| Fetched::Missing(hashes[0]);
    refused_for(missing, ContentRefusal::Incomplete).await;
}

#[tokio::test]
async fn a_manifest_that_unpacks_without_end_is_refused() {
    let world = World::new();
    let mut session = world.welcomed().await;
    let one = bundle(1, &FILES);
    offer(&mut session, &one.offer).await;
    one.gives(&mut session).await;
    comes(&mut session, &one.offer, OfferStage::Trying).await;
    world.put_in_force(&one);
    let two = bundle(2, &FILES);
    offer(&mut session, &two.offer).await;
    let (_, mut send) = session.question().await;
    let bomb = zstd::bulk::compress(&vec![0; MAX_MANIFEST + 1], 3).unwrap();
    let bomb = Fetched::Manifest {
        document: Packed::Against(bomb),
        signatures: two.signatures.clone(),
    };
    answer(&mut send, &bomb).await;
    let words = refuses(&world, &mut session, &two.offer, ContentRefusal::Malformed).await;
    assert!(words.contains("unpacked"), "{words}");
}

#[tokio::test]
async fn a_manifest_as_what_differs_from_one_that_is_not_here_is_refused() {
    let world = World::new();
    let mut session = world.welcomed().await;
    let one = bundle(1, &FILES);
    offer(&mut session, &one.offer).await;
    let (_, mut send) = session.question().await;
    let against = Fetched::Manifest {
        document: Packed::Against(vec![1, 2, 3]),
        signatures: one.signatures.clone(),
    };
    answer(&mut send, &against).await;
    refuses(&world, &mut session, &one.offer, ContentRefusal::Malformed).await;
}

#[tokio::test]
async fn endless_data_is_not_read_beyond_what_was_asked() {
    let world = World::new();
    let mut session = world.welcomed().await;
    let one = bundle(1, &FILES);
    offer(&mut session, &one.offer).await;
    one.gives_manifest(&mut session).await;
    let (hashes, mut send) = one.asked(&mut session).await;
    answer(&mut send, &one.some(&hashes)).await;
    let flood = vec![0; 64 << 10];
    within("the agent wants no more", async {
        while send.write_all(&flood).await.is_ok() {}
    })
    .await;
    comes(&mut session, &one.offer, OfferStage::Trying).await;
}

#[tokio::test]
async fn a_frame_above_the_limit_ends_its_stream_and_the_agent_asks_again() {
    let world = World::new();
    let mut session = world.welcomed().await;
    let one = bundle(1, &FILES);
    offer(&mut session, &one.offer).await;
    let (_, mut send) = session.question().await;
    let length = (MAX_PAYLOAD as u32 + 1).to_le_bytes();
    let header = [&b"OW\x01\x00"[..], &length].concat();
    send.write_all(&header).await.unwrap();
    one.gives(&mut session).await;
    comes(&mut session, &one.offer, OfferStage::Trying).await;
}
