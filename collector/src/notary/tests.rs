//! The notary over a database of its own.

use std::fs;

use chrono::TimeDelta;
use ed25519_dalek::pkcs8::DecodePublicKey as _;
use shared::clock::{Clock as _, ManualClock};

use super::*;
use crate::{
    audit::{Act, Author, Outcome},
    store::test_db::{Server, test_pool},
};

struct Office {
    db: PgPool,
    clock: Arc<ManualClock>,
    metrics: Arc<Metrics>,
    folder: tempfile::TempDir,
    _server: Server,
}

impl Office {
    async fn new() -> Self {
        let (db, server) = test_pool().await;
        Self {
            db,
            clock: ManualClock::at("2026-03-03T14:05:00Z".parse().unwrap()),
            metrics: Arc::default(),
            folder: tempfile::tempdir().unwrap(),
            _server: server,
        }
    }

    fn notary(&self) -> Notary {
        let (db, clock, metrics) = (self.db.clone(), self.clock.clone(), self.metrics.clone());
        let key = SigningKey::from_bytes(&[7; 32]);
        Notary::open(key, self.folder.path(), db, clock, metrics).unwrap()
    }

    async fn write(&self, records: usize) {
        let author = Author::itself("test");
        for _ in 0..records {
            let mut tx = self.db.begin().await.unwrap();
            let act = Act::access("session.begin", Outcome::Done);
            store::audit::note(&mut tx, &author, act, self.clock.now())
                .await
                .unwrap();
            tx.commit().await.unwrap();
        }
    }

    async fn sql(&self, text: &'static str) {
        sqlx::raw_sql(text).execute(&self.db).await.unwrap();
    }

    fn text(&self) -> String {
        fs::read_to_string(self.folder.path().join("checkpoints.jsonl")).unwrap()
    }
}

async fn seqs(notary: &Notary) -> Vec<i64> {
    let kept = notary.checkpoints().await.unwrap();
    assert!(kept.strangers.is_empty(), "{kept:?}");
    kept.checkpoints.iter().map(Checkpoint::seq).collect()
}

#[tokio::test]
async fn what_is_new_is_signed_once_also_by_the_next_process() {
    let office = Office::new().await;
    let notary = office.notary();
    assert_eq!(notary.sign().await.unwrap(), 0, "nothing was written");
    office.write(3).await;
    assert_eq!(notary.sign().await.unwrap(), 1);
    assert_eq!(notary.sign().await.unwrap(), 0);
    let next = office.notary();
    office.write(2).await;
    assert_eq!(next.sign().await.unwrap(), 1);
    assert_eq!(seqs(&next).await, [3, 5]);
    assert_eq!(office.metrics.audit_checkpoints.get(), 2);
}

#[tokio::test]
async fn a_line_that_a_crash_cut_off_is_signed_again() {
    let office = Office::new().await;
    office.write(1).await;
    office.notary().sign().await.unwrap();
    office.write(1).await;
    office.notary().sign().await.unwrap();
    let path = office.folder.path().join("checkpoints.jsonl");
    let text = office.text();
    fs::write(&path, &text[..text.len() - 10]).unwrap();
    let notary = office.notary();
    assert_eq!(seqs(&notary).await, [1]);
    notary.sign().await.unwrap();
    assert_eq!(seqs(&notary).await, [1, 2]);
}

#[tokio::test]
async fn nothing_is_signed_of_a_chain_that_was_changed() {
    let office = Office::new().await;
    let notary = office.notary();
    office.write(3).await;
    notary.sign().await.unwrap();
    office.write(3).await;
    office
        .sql("alter table audit_record disable trigger all")
        .await;
    office
        .sql("grant update on audit_record to current_user")
        .await;
    office
        .sql("update audit_record set body = replace(body, 'test', 'none') where seq = 5")
        .await;
    assert_eq!(notary.sign().await.unwrap(), 0);
    assert_eq!(office.metrics.audit_broken.get(), 1);
    assert_eq!(seqs(&notary).await, [3]);
    // As it was, it is signed.
    office
        .sql("update audit_record set body = replace(body, 'none', 'test') where seq = 5")
        .await;
    assert_eq!(notary.sign().await.unwrap(), 1);
    assert_eq!(office.metrics.audit_broken.get(), 0);
}

#[tokio::test]
async fn a_chain_that_was_cut_off_is_not_signed_though_its_head_was_put_right() {
    let office = Office::new().await;
    let notary = office.notary();
    office.write(3).await;
    notary.sign().await.unwrap();
    office
        .sql("alter table audit_record disable trigger all")
        .await;
    office
        .sql("grant delete on audit_record to current_user")
        .await;
    office.sql("delete from audit_record where seq = 3").await;
    office
        .sql("update audit_stream s set seq = 2, hash = r.hash from audit_record r where r.stream = s.name and r.seq = 2")
        .await;
    assert_eq!(notary.sign().await.unwrap(), 0);
    // At another instant: the same record in the same place would be what it was.
    office.clock.advance(TimeDelta::seconds(1));
    office.write(2).await;
    assert_eq!(
        notary.sign().await.unwrap(),
        0,
        "it goes on from another head"
    );
    assert_eq!(office.metrics.audit_broken.get(), 1);
}

#[tokio::test]
async fn the_key_that_verifies_is_beside_the_file() {
    let office = Office::new().await;
    let notary = office.notary();
    let pem = fs::read_to_string(office.folder.path().join("public.pem")).unwrap();
    assert_eq!(
        VerifyingKey::from_public_key_pem(&pem).unwrap(),
        notary.key()
    );
}
