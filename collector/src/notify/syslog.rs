use std::{io, sync::Arc};

use chrono::{DateTime, Utc};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::{io::AsyncWriteExt as _, net::TcpStream, time::timeout};
use tokio_rustls::TlsConnector;

use super::{PATIENCE, Said, Sender, Verdict, told};
use crate::{
    notice::{Notice, Severity, channel::Syslog},
    outbound::OutboundError,
    syslog,
};

/// Why a message is not sent.
#[derive(Debug, thiserror::Error)]
enum SyslogError {
    #[error(transparent)]
    Outbound(#[from] OutboundError),
    #[error("the authorities are no PEM certificates")]
    Authorities(#[source] Box<dyn std::error::Error + Send + Sync>),
    #[error("preparing TLS")]
    Tls(#[from] rustls::Error),
    #[error("the host is no name that a certificate could have")]
    Name(#[from] rustls::pki_types::InvalidDnsNameError),
    #[error("sending the message")]
    Send(#[from] io::Error),
}

impl Sender {
    /// A server says nothing: a message is told when the connection has taken it.
    pub(super) async fn log(&self, to: &Syslog, notice: &Notice, now: DateTime<Utc>) -> Said {
        let priority = syslog::priority(to.facility, severity(notice.severity));
        let text = told(notice).to_string();
        let sort = notice.phase.name();
        let message = syslog::message(priority, (now, &self.hostname), sort, &text);
        match timeout(PATIENCE, self.write(to, &syslog::framed(&message))).await {
            Ok(Ok(())) => Said::new(None, "sent", Verdict::Taken),
            Ok(Err(SyslogError::Outbound(error))) => error.into(),
            Ok(Err(error)) => {
                let passes = matches!(error, SyslogError::Send(_));
                let verdict = if passes {
                    Verdict::Later(None)
                } else {
                    Verdict::Never
                };
                Said::nothing(&error, verdict)
            }
            Err(_) => Said::late(),
        }
    }

    async fn write(&self, to: &Syslog, frame: &str) -> Result<(), SyslogError> {
        let addresses = self.outbound.resolve(&to.host, to.port).await?;
        if !to.tls {
            let mut stream = TcpStream::connect(&addresses[..]).await?;
            stream.write_all(frame.as_bytes()).await?;
            return Ok(stream.shutdown().await?);
        }
        let connector = TlsConnector::from(Arc::new(tls(to.ca_pem.as_deref())?));
        let name = ServerName::try_from(to.host.clone())?;
        let stream = TcpStream::connect(&addresses[..]).await?;
        let mut stream = connector.connect(name, stream).await?;
        stream.write_all(frame.as_bytes()).await?;
        stream.flush().await?;
        Ok(stream.shutdown().await?)
    }
}

/// TLS with these authorities only, or with those of the system.
fn tls(ca_pem: Option<&str>) -> Result<ClientConfig, SyslogError> {
    let builder = ClientConfig::builder_with_provider(shared::tls::provider())
        .with_safe_default_protocol_versions()?;
    let Some(pem) = ca_pem else {
        return Ok(builder.with_platform_verifier()?.with_no_client_auth());
    };
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate = certificate.map_err(|error| SyslogError::Authorities(error.into()))?;
        roots.add(certificate)?;
    }
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}

fn severity(severity: Severity) -> u8 {
    match severity {
        Severity::Critical => 2,
        Severity::High => 3,
        Severity::Medium => 4,
        Severity::Low => 5,
        Severity::Info => 6,
    }
}
