//! Files as administrators leave them; `tests/it/https.rs` looks at what browsers are shown.

use std::error::Error as _;

use rcgen::{CertificateParams, KeyPair};
use shared::clock::{Clock as _, SystemClock};
use tempfile::TempDir;

use super::*;

struct Place {
    folder: TempDir,
    files: Files,
    metrics: Arc<Metrics>,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let files = Files {
            certificate: folder.path().join("chain.pem"),
            key: folder.path().join("key.pem"),
        };
        Self {
            folder,
            files,
            metrics: Arc::default(),
        }
    }

    fn open(&self) -> Result<OwnCertificate, CertificateError> {
        OwnCertificate::open(
            self.files.clone(),
            SystemClock::shared(),
            self.metrics.clone(),
        )
    }

    /// In the place of what is there, as a tool that renews certificates writes it.
    fn write(&self, path: &Path, text: &str) {
        let unfinished = self.folder.path().join("new");
        fs::write(&unfinished, text).unwrap();
        fs::rename(unfinished, path).unwrap();
    }
}

/// A certificate for so many days from now, and its key, PEM.
fn made(days: i64) -> (String, String) {
    let mut params = CertificateParams::new(["localhost".into()]).unwrap();
    let now = time::OffsetDateTime::from_unix_timestamp(SystemClock.now().timestamp()).unwrap();
    params.not_before = now - time::Duration::days(30);
    params.not_after = now + time::Duration::days(days);
    let key = KeyPair::generate().unwrap();
    let pem = params.self_signed(&key).unwrap().pem();
    (pem, key.serialize_pem())
}

#[test]
fn what_cannot_be_used_is_named() {
    let place = Place::new();
    let Files { certificate, key } = &place.files;
    let says = || place.open().unwrap_err().to_string();
    assert!(says().contains("chain.pem"), "{}", says());
    let (pem, own) = made(1);
    place.write(certificate, "no certificate");
    place.write(key, &own);
    assert!(says().contains("no certificate"), "{}", says());
    place.write(certificate, &pem);
    place.write(key, "no key");
    assert!(
        says().contains("key.pem holds no private key"),
        "{}",
        says()
    );
    place.write(key, &made(1).1);
    let error = place.open().unwrap_err();
    assert!(error.to_string().contains("with each other"), "{error}");
    assert!(error.source().is_some(), "{error:?}");
    place.write(key, &own);
    assert!(place.open().is_ok());
}

#[test]
fn it_is_told_until_when_a_certificate_is_good_also_when_that_is_over() {
    let place = Place::new();
    for days in [-1, 10] {
        let (pem, key) = made(days);
        place.write(&place.files.certificate, &pem);
        place.write(&place.files.key, &key);
        let until = SystemClock.now().timestamp() + days * 24 * 3600;
        // An expired one is shown all the same: whoever set it reads why browsers refuse it.
        place.open().unwrap();
        let told = place.metrics.https_certificate_not_after.get();
        assert!((until - told).abs() < 60, "{told} {until}");
    }
}

#[test]
fn a_pair_of_which_one_half_came_first_is_taken_when_the_other_is_there() {
    let place = Place::new();
    let ((first, its_key), (second, other_key)) = (made(1), made(2));
    place.write(&place.files.certificate, &first);
    place.write(&place.files.key, &its_key);
    let own = place.open().unwrap();
    let der = |pem: &str| CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
    place.write(&place.files.certificate, &second);
    assert_eq!(own.now().cert, [der(&first)]);
    fs::remove_file(&place.files.key).unwrap();
    assert_eq!(own.now().cert, [der(&first)]);
    place.write(&place.files.key, &other_key);
    assert_eq!(own.now().cert, [der(&second)]);
}
