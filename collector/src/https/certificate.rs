//! The certificate that is shown to browsers and programs: of the installation's own authority, or of files. The
//! files are looked at before each use, so that it is enough to replace them; connections that are open stay.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use rustls::{
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use shared::clock::SharedClock;
use tracing::{error, info, warn};
use x509_parser::prelude::{FromDer as _, X509Certificate};

use crate::{metrics::Metrics, stamp::Stamp};

/// Why a certificate cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    #[error("reading {path}")]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{path} holds no certificate in PEM")]
    NoCertificate { path: PathBuf },
    #[error("{path} holds no private key in PEM; one that is encrypted cannot be used")]
    NoKey { path: PathBuf },
    #[error("the certificate and the key cannot be used with each other")]
    Pair(#[source] rustls::Error),
    #[error("the certificate cannot be read")]
    Unreadable,
}

/// Where a certificate and its key are, PEM. The certificates above it follow it in its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// What is shown to who connects.
#[derive(Debug)]
pub struct OwnCertificate {
    files: Option<Files>,
    clock: SharedClock,
    metrics: Arc<Metrics>,
    current: Mutex<Current>,
}

#[derive(Debug)]
struct Current {
    /// What the files were when they were last read, be it that they could not be used.
    stamps: Option<Stamps>,
    shown: Arc<CertifiedKey>,
}

type Stamps = [Option<Stamp>; 2];

impl OwnCertificate {
    /// This chain, its own certificate first, until the end.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn fixed(
        (chain, key): (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>),
        clock: SharedClock,
        metrics: Arc<Metrics>,
    ) -> Result<Self, CertificateError> {
        let shown = pair(chain, key)?;
        Self::new(None, None, shown, clock, metrics)
    }

    /// What these files hold, now and whenever they are others.
    ///
    /// # Errors
    /// [`CertificateError`].
    pub fn open(
        files: Files,
        clock: SharedClock,
        metrics: Arc<Metrics>,
    ) -> Result<Self, CertificateError> {
        // Before they are read: what is written meanwhile is read again.
        let stamps = files.stamps();
        let shown = files.read()?;
        Self::new(Some(files), Some(stamps), shown, clock, metrics)
    }

    fn new(
        files: Option<Files>,
        stamps: Option<Stamps>,
        shown: CertifiedKey,
        clock: SharedClock,
        metrics: Arc<Metrics>,
    ) -> Result<Self, CertificateError> {
        let shown = Arc::new(shown);
        let current = Mutex::new(Current {
            stamps,
            shown: shown.clone(),
        });
        let own = Self {
            files,
            clock,
            metrics,
            current,
        };
        own.measure(&shown)?;
        Ok(own)
    }

    /// Tells until when a certificate is good, and warns of one that is not any more.
    fn measure(&self, shown: &CertifiedKey) -> Result<(), CertificateError> {
        let own = shown.cert.first().ok_or(CertificateError::Unreadable)?;
        let (_, parsed) =
            X509Certificate::from_der(own).map_err(|_| CertificateError::Unreadable)?;
        let until = parsed.validity().not_after.timestamp();
        if until <= self.clock.now().timestamp() {
            warn!(
                not_after = %parsed.validity().not_after,
                "the certificate for HTTPS has expired: browsers refuse it"
            );
        }
        self.metrics.https_certificate_not_after.set(until);
        Ok(())
    }

    /// What is to be shown now. Files that cannot be used leave it as it was.
    fn now(&self) -> Arc<CertifiedKey> {
        let mut current = self.current.lock().expect("no panic while held");
        let Some(files) = &self.files else {
            return current.shown.clone();
        };
        let stamps = Some(files.stamps());
        if current.stamps != stamps {
            current.stamps = stamps;
            let read = files.read();
            match read.and_then(|read| self.measure(&read).map(|()| read)) {
                Ok(read) => {
                    info!("the certificate for HTTPS was read anew");
                    current.shown = Arc::new(read);
                }
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    error!(error, "the certificate for HTTPS stays as it was");
                }
            }
        }
        current.shown.clone()
    }
}

impl ResolvesServerCert for OwnCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.now())
    }
}

impl Files {
    fn stamps(&self) -> Stamps {
        [&self.certificate, &self.key].map(|file| Stamp::of(file))
    }

    fn read(&self) -> Result<CertifiedKey, CertificateError> {
        let none = || CertificateError::NoCertificate {
            path: self.certificate.clone(),
        };
        let pem = read(&self.certificate)?;
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
        let chain = chain.ok().filter(|chain| !chain.is_empty());
        let key = PrivateKeyDer::from_pem_slice(&read(&self.key)?);
        let key = key.map_err(|_| CertificateError::NoKey {
            path: self.key.clone(),
        })?;
        pair(chain.ok_or_else(none)?, key)
    }
}

fn pair(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<CertifiedKey, CertificateError> {
    CertifiedKey::from_der(chain, key, &shared::tls::provider()).map_err(CertificateError::Pair)
}

fn read(path: &Path) -> Result<Vec<u8>, CertificateError> {
    fs::read(path).map_err(|source| CertificateError::Read {
        path: path.into(),
        source,
    })
}

#[cfg(test)]
mod tests;
