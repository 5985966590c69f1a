//! The listener for people with certificates.

use std::{
    net::{SocketAddr, TcpListener},
    sync::Arc,
};

use anyhow::Context as _;
use shared::clock::SharedClock;
use tracing::warn;
use url::Url;

use crate::{
    api::Cards,
    client_certificate::{Certificates, Settings},
    config::{ClientCertificates, StaleCrl},
};

/// A listener that is bound, and who may come through it.
pub(super) struct Door {
    pub(super) listener: TcpListener,
    pub(super) address: SocketAddr,
    pub(super) cards: Arc<Cards>,
}

/// What is set; `None` when there is no such listener. `console` is where browsers find the console.
///
/// # Errors
/// What cannot be used.
pub(super) fn open(
    config: &ClientCertificates,
    console: &str,
    clock: &SharedClock,
) -> anyhow::Result<Option<Door>> {
    if config.listen.is_empty() {
        return Ok(None);
    }
    let settings = Settings {
        ca_files: config.ca_files.clone(),
        crl_files: config.crl_files.clone(),
        stale_refuses: config.stale_crl == StaleCrl::Refuse,
        account: config.account.clone(),
    };
    let certificates =
        Certificates::open(&settings, clock.clone()).context("client_certificates")?;
    if settings.crl_files.is_empty() {
        warn!("certificates are never revoked: client_certificates.crl_files names no list");
    }
    let address: SocketAddr = config
        .listen
        .parse()
        .context("client_certificates.listen is no address")?;
    let listener = TcpListener::bind(address)
        .with_context(|| format!("TCP {address} (client_certificates.listen)"))?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let mut origin: Url = console.parse()?;
    let _ = origin.set_port(Some(address.port()));
    let accounts = config
        .accounts
        .iter()
        .map(|of| (of.holder.clone(), of.account.clone()));
    let cards = Cards {
        certificates,
        accounts: accounts.collect(),
        origin: origin.origin().ascii_serialization(),
    };
    Ok(Some(Door {
        listener,
        address,
        cards: Arc::new(cards),
    }))
}
