//! The installation's own certificate authority, and the key that signs enrolment tokens.
//!
//! Both are made at the first start and kept in the data directory with mode 0600. Losing them
//! means enrolling every host again; whoever reads them can admit hosts and pose as the collector
//! to agents, and can change nothing on any host.

mod mac;
mod vault;

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use ed25519_dalek::{
    SigningKey, VerifyingKey,
    pkcs8::{DecodePrivateKey, EncodePrivateKey, spki::der::pem::LineEnding},
};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256,
    SanType, SerialNumber,
};
use rustls_pki_types::{
    CertificateDer, CertificateSigningRequestDer, PrivateKeyDer, pem::PemObject,
};
use shared::{
    clock::SharedClock,
    id::HostId,
    tls::COLLECTOR_NAME,
    token::{Fingerprint, Token, TokenError},
};
use uuid::Uuid;

pub use self::{
    mac::{MARK, Mac},
    vault::Vault,
};

/// Life of a host's certificate, days. It renews itself at two thirds.
const HOST_DAYS: i64 = 30;
/// Life of the collector's own certificates, days. They are made anew at each start.
const OWN_DAYS: i64 = 397;
/// Life of the authority, years.
const AUTHORITY_YEARS: i32 = 20;
/// A certificate begins this long before it is made, for hosts whose clocks are behind.
const BACKDATE: TimeDelta = TimeDelta::hours(24);

/// Why a certificate could not be made, or the keys not be read.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    #[error("{doing} {path}")]
    File {
        doing: &'static str,
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{path} holds no usable key or certificate")]
    Unusable { path: PathBuf },
    #[error("the request is not a signed PKCS#10 request with a P-256 key")]
    Request,
    #[error("making a certificate")]
    Make(#[source] rcgen::Error),
}

/// A certificate that was just made for a host.
#[derive(Debug, Clone)]
pub struct HostCertificate {
    pub der: CertificateDer<'static>,
    pub fingerprint: Fingerprint,
    pub not_after: DateTime<Utc>,
}

/// The authority and the token key.
#[derive(Debug, Clone)]
pub struct Authority(Arc<Inner>);

struct Inner {
    issuer: Issuer<'static, KeyPair>,
    der: CertificateDer<'static>,
    pem: String,
    token_key: SigningKey,
    reset_key: [u8; 32],
    vault: Vault,
    mac: Mac,
    clock: SharedClock,
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inner")
            .field("der", &Fingerprint::of(&self.der))
            .finish_non_exhaustive()
    }
}

impl Authority {
    /// The authority in `folder`, made when the folder has none.
    ///
    /// # Errors
    /// [`AuthorityError`].
    pub fn open(folder: &Path, clock: SharedClock) -> Result<Self, AuthorityError> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(|e| file("making", folder, e))?;
        let (key_path, pem_path) = (folder.join("authority.key"), folder.join("authority.pem"));
        if !pem_path.exists() {
            let (key, pem) = make_authority(clock.now()).map_err(AuthorityError::Make)?;
            write_new(&key_path, key.serialize_pem().as_bytes(), 0o600)?;
            // Last: its presence says that both are complete.
            write_new(&pem_path, pem.as_bytes(), 0o644)?;
        }
        let pem = read(&pem_path)?;
        let unusable = |path: &Path| AuthorityError::Unusable { path: path.into() };
        let key = KeyPair::from_pem(&read(&key_path)?).map_err(|_| unusable(&key_path))?;
        let der =
            CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| unusable(&pem_path))?;
        let issuer = Issuer::from_ca_cert_der(&der, key).map_err(|_| unusable(&pem_path))?;
        let token_key = open_key(&folder.join("token.key"))?;
        let reset_key = open_secret(&folder.join("reset.key"))?;
        let vault = Vault::open(&folder.join("vault.key"))?;
        let mac = Mac::new(&open_secret(&folder.join("mac.key"))?);
        Ok(Self(Arc::new(Inner {
            issuer,
            der,
            pem,
            token_key,
            reset_key,
            vault,
            mac,
            clock,
        })))
    }

    /// What agents pin.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.0.der)
    }

    /// The authority's certificate.
    pub fn certificate(&self) -> CertificateDer<'static> {
        self.0.der.clone()
    }

    /// The authority's certificate, for browsers and `owadm --ca-file`.
    pub fn certificate_pem(&self) -> &str {
        &self.0.pem
    }

    /// The key for QUIC's stateless resets. It outlives the process, so that a collector that was
    /// killed and started again can tell its agents at once that their connections are gone; they
    /// would wait for the idle timeout otherwise.
    pub fn reset_key(&self) -> &[u8; 32] {
        &self.0.reset_key
    }

    /// The key for secrets in the tables.
    pub fn vault(&self) -> &Vault {
        &self.0.vault
    }

    /// The key for what comes back unchanged.
    pub fn mac(&self) -> &Mac {
        &self.0.mac
    }

    /// The text of the token `id`.
    pub fn sign_token(&self, id: Uuid, expires: DateTime<Utc>) -> String {
        Token {
            pin: self.fingerprint(),
            id,
            expires,
        }
        .sign(&self.0.token_key)
    }

    /// The token in `text`, if this installation issued it.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn verify_token(&self, text: &str) -> Result<Token, TokenError> {
        Token::verify(text, &VerifyingKey::from(&self.0.token_key))
    }

    /// A certificate for `host`. Of the request only the public key is used.
    ///
    /// # Errors
    /// [`AuthorityError::Request`] when the request is not signed with the P-256 key it names.
    pub fn issue_host(&self, host: HostId, csr: &[u8]) -> Result<HostCertificate, AuthorityError> {
        let request = CertificateSigningRequestDer::from(csr);
        let request = CertificateSigningRequestParams::from_der(&request)
            .map_err(|_| AuthorityError::Request)?;
        if rcgen::PublicKeyData::algorithm(&request.public_key) != &PKCS_ECDSA_P256_SHA256 {
            return Err(AuthorityError::Request);
        }
        let not_after = self.0.clock.now() + TimeDelta::days(HOST_DAYS);
        let mut params = self.leaf(&host.to_string(), not_after);
        let uri = host.to_uri().try_into().map_err(AuthorityError::Make)?;
        params.subject_alt_names = vec![SanType::URI(uri)];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let made = params.signed_by(&request.public_key, &self.0.issuer);
        let der = made.map_err(AuthorityError::Make)?.der().clone();
        Ok(HostCertificate {
            fingerprint: Fingerprint::of(&der),
            der,
            not_after,
        })
    }

    /// The collector's chain and key for agents.
    ///
    /// # Errors
    /// [`AuthorityError::Make`].
    pub fn issue_agents_door(&self) -> Result<Identity, AuthorityError> {
        self.issue_server(&[COLLECTOR_NAME.into()])
    }

    /// The collector's chain and key for browsers and programs, good for these names and
    /// addresses.
    ///
    /// # Errors
    /// [`AuthorityError::Make`], also when a name is none.
    pub fn issue_https(&self, names: &[String]) -> Result<Identity, AuthorityError> {
        self.issue_server(names)
    }

    fn issue_server(&self, names: &[String]) -> Result<Identity, AuthorityError> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).map_err(AuthorityError::Make)?;
        let common_name = names.first().map_or("openwatch", String::as_str);
        let mut params = self.leaf(common_name, self.0.clock.now() + TimeDelta::days(OWN_DAYS));
        params.subject_alt_names = CertificateParams::new(names)
            .map_err(AuthorityError::Make)?
            .subject_alt_names;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let made = params
            .signed_by(&key, &self.0.issuer)
            .map_err(AuthorityError::Make)?;
        let chain = vec![made.der().clone(), self.certificate()];
        let key = PrivateKeyDer::try_from(key.serialize_der())
            .map_err(|_| AuthorityError::Make(rcgen::Error::CouldNotParseKeyPair))?;
        Ok((chain, key))
    }

    fn leaf(&self, common_name: &str, not_after: DateTime<Utc>) -> CertificateParams {
        let mut params = CertificateParams::default();
        params
            .distinguished_name
            .push(DnType::CommonName, common_name);
        params.not_before = time(self.0.clock.now() - BACKDATE);
        params.not_after = time(not_after);
        params.serial_number = Some(SerialNumber::from(Uuid::new_v4().as_bytes().to_vec()));
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        params
    }
}

/// A certificate chain, the collector's own first, and its key.
pub type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn make_authority(now: DateTime<Utc>) -> Result<(KeyPair, String), rcgen::Error> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::CommonName, "OpenWatch authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = time(now - BACKDATE);
    params.not_after = time(now.with_year(now.year() + AUTHORITY_YEARS).unwrap_or(now));
    let certificate = params.self_signed(&key)?;
    Ok((key, certificate.pem()))
}

/// rcgen counts in `time`'s type. Certificates know no fractions of a second.
fn time(at: DateTime<Utc>) -> ::time::OffsetDateTime {
    ::time::OffsetDateTime::from_unix_timestamp(at.timestamp())
        .unwrap_or(::time::OffsetDateTime::UNIX_EPOCH)
}

/// An Ed25519 key in a file, PKCS#8, that only its owner reads; made when there is none.
///
/// # Errors
/// When it cannot be read or made, or is none.
pub fn open_key(path: &Path) -> Result<SigningKey, AuthorityError> {
    let unusable = || AuthorityError::Unusable { path: path.into() };
    if !path.exists() {
        let key = SigningKey::from_bytes(&*random(path)?);
        let pem = key.to_pkcs8_pem(LineEnding::LF).map_err(|_| unusable())?;
        write_new(path, pem.as_bytes(), 0o600)?;
    }
    SigningKey::from_pkcs8_pem(&read(path)?).map_err(|_| unusable())
}

fn open_secret(path: &Path) -> Result<[u8; 32], AuthorityError> {
    if !path.exists() {
        write_new(path, &random(path)?[..], 0o600)?;
    }
    let bytes = fs::read(path).map_err(|e| file("reading", path, e))?;
    bytes
        .try_into()
        .map_err(|_| AuthorityError::Unusable { path: path.into() })
}

fn random(path: &Path) -> Result<zeroize::Zeroizing<[u8; 32]>, AuthorityError> {
    let mut bytes = zeroize::Zeroizing::new([0; 32]);
    getrandom::fill(&mut *bytes).map_err(|e| file("making", path, io::Error::other(e)))?;
    Ok(bytes)
}

/// Writes a file whole or not at all.
fn write_new(path: &Path, bytes: &[u8], mode: u32) -> Result<(), AuthorityError> {
    let unfinished = path.with_extension("unfinished");
    let _ = fs::remove_file(&unfinished);
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(&unfinished)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .and_then(|()| fs::rename(&unfinished, path))
        .map_err(|e| file("writing", path, e))
}

fn read(path: &Path) -> Result<String, AuthorityError> {
    fs::read_to_string(path).map_err(|e| file("reading", path, e))
}

fn file(doing: &'static str, path: &Path, source: io::Error) -> AuthorityError {
    AuthorityError::File {
        doing,
        path: path.into(),
        source,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use shared::clock::SystemClock;

    use super::*;

    fn authority() -> (tempfile::TempDir, Authority) {
        let folder = tempfile::tempdir().unwrap();
        let authority = Authority::open(folder.path(), SystemClock::shared()).unwrap();
        (folder, authority)
    }

    #[test]
    fn it_is_the_same_after_a_restart_and_its_keys_are_private() {
        let (folder, first) = authority();
        let second = Authority::open(folder.path(), SystemClock::shared()).unwrap();
        assert_eq!(first.fingerprint(), second.fingerprint());
        let token = first.sign_token(Uuid::nil(), DateTime::UNIX_EPOCH);
        assert_eq!(
            second.verify_token(&token).unwrap().pin,
            first.fingerprint()
        );
        for name in [
            "authority.key",
            "token.key",
            "reset.key",
            "vault.key",
            "mac.key",
        ] {
            let mode = fs::metadata(folder.path().join(name))
                .unwrap()
                .permissions()
                .mode();
            assert_eq!(mode & 0o777, 0o600, "{name}");
        }
    }

    #[test]
    fn a_host_certificate_names_the_host_and_lasts_thirty_days() {
        let (_folder, authority) = authority();
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let csr = CertificateParams::default()
            .serialize_request(&key)
            .unwrap();
        let host = HostId::new();
        let made = authority.issue_host(host, csr.der()).unwrap();
        let (_, parsed) = x509_parser::parse_x509_certificate(&made.der).unwrap();
        let names = parsed.subject_alternative_name().unwrap().unwrap();
        assert_eq!(names.value.general_names.len(), 1);
        assert!(format!("{:?}", names.value.general_names[0]).contains(&host.to_uri()));
        assert_eq!(
            parsed.validity().not_after.timestamp(),
            made.not_after.timestamp()
        );
    }

    #[test]
    fn a_request_that_is_not_signed_with_its_own_p256_key_is_refused() {
        let (_folder, authority) = authority();
        let key = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
        let other = CertificateParams::default()
            .serialize_request(&key)
            .unwrap();
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
        let mut damaged = CertificateParams::default()
            .serialize_request(&key)
            .unwrap()
            .der()
            .to_vec();
        *damaged.last_mut().unwrap() ^= 1;
        for csr in [other.der().as_ref(), &damaged, b"", b"junk"] {
            let error = authority.issue_host(HostId::new(), csr).unwrap_err();
            assert!(matches!(error, AuthorityError::Request), "{error}");
        }
    }
}
