//! Lists of revoked certificates. Their files are looked at before each use: who writes them need not tell us.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
};

use rustls::{
    Error, RootCertStore,
    server::{WebPkiClientVerifier, danger::ClientCertVerifier},
};
use rustls_pki_types::{CertificateRevocationListDer, pem::PemObject};
use tracing::{error, info};

use super::{CertificateFault, read};
use crate::stamp::Stamp;

/// Checks chains by the lists as they are now.
#[derive(Debug)]
pub(super) struct Revoked {
    roots: Arc<RootCertStore>,
    files: Vec<PathBuf>,
    stale_refuses: bool,
    current: Mutex<Current>,
}

#[derive(Debug)]
struct Current {
    stamps: Vec<Option<Stamp>>,
    /// `None` while a list cannot be used.
    verifier: Option<Arc<dyn ClientCertVerifier>>,
}

impl Revoked {
    /// By the lists in these files.
    ///
    /// # Errors
    /// [`CertificateFault`].
    pub(super) fn open(
        roots: RootCertStore,
        files: Vec<PathBuf>,
        stale_refuses: bool,
    ) -> Result<Self, CertificateFault> {
        let roots = Arc::new(roots);
        let stamps = files.iter().map(|file| Stamp::of(file)).collect();
        let verifier = Some(load(&roots, &files, stale_refuses)?);
        let current = Mutex::new(Current { stamps, verifier });
        Ok(Self {
            roots,
            files,
            stale_refuses,
            current,
        })
    }

    /// What checks chains by the lists as they are now.
    ///
    /// # Errors
    /// While a list cannot be used: nobody can be told from those who are on it.
    pub(super) fn verifier(&self) -> Result<Arc<dyn ClientCertVerifier>, Error> {
        let stamps: Vec<_> = self.files.iter().map(|file| Stamp::of(file)).collect();
        let mut current = self.current.lock().expect("no panic while held");
        if current.stamps != stamps {
            let loaded = load(&self.roots, &self.files, self.stale_refuses);
            match &loaded {
                Ok(_) => info!(
                    lists = self.files.len(),
                    "lists of revoked certificates read anew"
                ),
                Err(error) => {
                    let error = error as &dyn std::error::Error;
                    error!(
                        error,
                        "nobody signs in with a certificate until this is put right"
                    );
                }
            }
            *current = Current {
                stamps,
                verifier: loaded.ok(),
            };
        }
        let unusable = || Error::General("a list of revoked certificates cannot be used".into());
        current.verifier.clone().ok_or_else(unusable)
    }
}

fn load(
    roots: &Arc<RootCertStore>,
    files: &[PathBuf],
    stale_refuses: bool,
) -> Result<Arc<dyn ClientCertVerifier>, CertificateFault> {
    let mut lists = Vec::new();
    for file in files {
        let unusable = || CertificateFault::List { path: file.clone() };
        let bytes = read(file)?;
        let found = lists_in(&bytes).ok_or_else(unusable)?;
        // By itself, so that what is wrong has a name.
        build(roots, found.clone(), stale_refuses).map_err(|_| unusable())?;
        lists.extend(found);
    }
    build(roots, lists, stale_refuses)
        .map_err(|error| CertificateFault::Tls(Error::General(error.to_string())))
}

fn build(
    roots: &Arc<RootCertStore>,
    lists: Vec<CertificateRevocationListDer<'static>>,
    stale_refuses: bool,
) -> Result<Arc<dyn ClientCertVerifier>, rustls::server::VerifierBuilderError> {
    let provider = shared::tls::provider();
    let mut builder =
        WebPkiClientVerifier::builder_with_provider(roots.clone(), provider).with_crls(lists);
    if stale_refuses {
        builder = builder.enforce_revocation_expiration();
    }
    builder.build()
}

/// PEM, one or several, or DER.
fn lists_in(bytes: &[u8]) -> Option<Vec<CertificateRevocationListDer<'static>>> {
    if !bytes.starts_with(b"\x30") {
        let found: Result<Vec<_>, _> =
            CertificateRevocationListDer::pem_slice_iter(bytes).collect();
        return found.ok().filter(|found| !found.is_empty());
    }
    Some(vec![CertificateRevocationListDer::from(bytes.to_vec())])
}
