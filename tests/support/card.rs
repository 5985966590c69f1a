//! Smart cards: an authority, one below it, their lists of revoked certificates, and people's certificates.

use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams,
    SanType, SerialNumber,
};

/// The type of a user principal name.
const UPN: [u64; 10] = [1, 3, 6, 1, 4, 1, 311, 20, 2, 3];

/// Who issues cards, in a folder with `ca.pem`, `root.crl` and `cards.crl`.
pub struct CardOffice {
    folder: PathBuf,
    now: DateTime<Utc>,
    root: CertifiedIssuer<'static, KeyPair>,
    cards: CertifiedIssuer<'static, KeyPair>,
}

impl std::fmt::Debug for CardOffice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CardOffice")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

/// What is on a card.
#[derive(Debug, Clone)]
pub struct Card {
    /// Its number.
    pub serial: u64,
    /// The user principal name.
    pub upn: String,
    /// From when and until when it is good, from now.
    pub life: (TimeDelta, TimeDelta),
    pub usages: Vec<ExtendedKeyUsagePurpose>,
}

impl Card {
    /// A card as it should be.
    pub fn of(upn: &str, serial: u64) -> Self {
        Self {
            serial,
            upn: upn.into(),
            life: (TimeDelta::hours(-1), TimeDelta::days(1)),
            usages: vec![ExtendedKeyUsagePurpose::ClientAuth],
        }
    }
}

impl CardOffice {
    /// One that begins now, with empty lists.
    pub fn open(folder: &Path, now: DateTime<Utc>) -> Self {
        let root = authority("Root", now);
        let root = CertifiedIssuer::self_signed(root, key()).expect("a certificate");
        let cards = CertifiedIssuer::signed_by(authority("Cards", now), key(), &root);
        let office = Self {
            folder: folder.into(),
            now,
            root,
            cards: cards.expect("a certificate"),
        };
        std::fs::create_dir_all(folder).expect("a folder");
        std::fs::write(office.file("ca.pem"), office.root.pem()).expect("a file");
        office.list_root(&[]);
        office.list(&[], TimeDelta::days(1));
        office
    }

    /// A file of its folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// A person's certificate with those above it, and its key, PEM.
    pub fn issue(&self, card: &Card) -> String {
        let mut params = CertificateParams::default();
        params
            .distinguished_name
            .push(DnType::CommonName, &card.upn);
        params.serial_number = Some(SerialNumber::from(card.serial));
        params.subject_alt_names = vec![SanType::OtherName((UPN.into(), card.upn.as_str().into()))];
        params.extended_key_usages.clone_from(&card.usages);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.not_before = time(self.now + card.life.0);
        params.not_after = time(self.now + card.life.1);
        let key = key();
        let made = params.signed_by(&key, &self.cards).expect("a certificate");
        format!("{}{}{}", made.pem(), self.cards.pem(), key.serialize_pem())
    }

    /// Lists these cards as revoked, until somebody should list anew.
    pub fn list(&self, revoked: &[u64], until: TimeDelta) {
        let list = self
            .revoked(revoked, until)
            .signed_by(&self.cards)
            .expect("a list");
        // As others write it, and by taking the place of the one before.
        let unfinished = self.file("cards.new");
        std::fs::write(&unfinished, list.der()).expect("a file");
        std::fs::rename(unfinished, self.file("cards.crl")).expect("a file");
    }

    /// Lists these authorities as revoked.
    pub fn list_root(&self, revoked: &[u64]) {
        let list = self
            .revoked(revoked, TimeDelta::days(1))
            .signed_by(&self.root)
            .expect("a list");
        std::fs::write(self.file("root.crl"), list.pem().expect("a PEM")).expect("a file");
    }

    fn revoked(&self, revoked: &[u64], until: TimeDelta) -> CertificateRevocationListParams {
        let revoked = revoked.iter().map(|serial| RevokedCertParams {
            serial_number: SerialNumber::from(*serial),
            revocation_time: time(self.now),
            reason_code: None,
            invalidity_date: None,
        });
        CertificateRevocationListParams {
            this_update: time(self.now - TimeDelta::days(2)),
            next_update: time(self.now + until),
            crl_number: SerialNumber::from(1_u64),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        }
    }
}

fn authority(name: &str, now: DateTime<Utc>) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    // The number that `list_root` knows the authority for cards by.
    params.serial_number = Some(SerialNumber::from(1_000_u64));
    params.not_before = time(now - TimeDelta::days(2));
    params.not_after = time(now + TimeDelta::days(2));
    params
}

fn key() -> KeyPair {
    KeyPair::generate().expect("a key")
}

fn time(at: DateTime<Utc>) -> time::OffsetDateTime {
    time::OffsetDateTime::from_unix_timestamp(at.timestamp()).expect("a time")
}
