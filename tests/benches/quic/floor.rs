//! The floor of a handshake: the same one (both ends' settings, keys, certificates and the
//! collector's look at its fleet) between two buffers in memory, without QUIC, sockets, tasks and a
//! database.

use std::{
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use chrono::TimeDelta;
use collector::{
    authority::Authority,
    fleet::{self, Fleet},
    store::certificate::Member,
};
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::{
    ClientConfig, ClientConnection, ServerConfig, ServerConnection,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer, ServerName},
};
use shared::{clock::SystemClock, id::HostId, tls};

/// Handshakes on each core.
const HANDSHAKES: u32 = 1_000;

/// What the handshake costs in memory.
#[derive(Debug)]
pub(crate) struct Floor {
    /// Both ends, with every core at work.
    pub(crate) each: Duration,
    /// CPU of the collector's end.
    pub(crate) server: Duration,
}

/// Measures it.
///
/// # Errors
/// rustls' and those of the authority.
pub(crate) fn measure() -> anyhow::Result<Floor> {
    let (client, server) = configs()?;
    let cores = thread::available_parallelism()?.get();
    let started = Instant::now();
    let served = thread::scope(|scope| {
        let work = || -> anyhow::Result<Duration> {
            let (before, started) = (cpu()?, Instant::now());
            let served = (0..HANDSHAKES).map(|_| handshake(&client, &server));
            let served: Duration = served.sum::<anyhow::Result<_>>()?;
            // The clock on the wall goes on while a neighbour has the core; its proportions hold.
            let share = served.as_secs_f64() / started.elapsed().as_secs_f64();
            Ok((cpu()? - before).mul_f64(share))
        };
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        let ended = workers.into_iter().map(|worker| worker.join());
        ended
            .map(|served| served.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .sum::<anyhow::Result<Duration>>()
    })?;
    let handshakes = HANDSHAKES * u32::try_from(cores)?;
    Ok(Floor {
        each: started.elapsed() / handshakes,
        server: served / handshakes,
    })
}

/// CPU that this thread has used.
fn cpu() -> anyhow::Result<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanos = text.split(' ').next().context("a number")?;
    Ok(Duration::from_nanos(nanos.parse()?))
}

fn configs() -> anyhow::Result<(Arc<ClientConfig>, Arc<ServerConfig>)> {
    let clock = SystemClock::shared();
    let folder = tempfile::tempdir()?;
    let authority = Authority::open(folder.path(), clock.clone())?;
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let csr = CertificateParams::default().serialize_request(&key)?;
    let host = HostId::new();
    let issued = authority.issue_host(host, csr.der())?;
    let fleet = Fleet::new(TimeDelta::days(30));
    let member = Member {
        host,
        host_no: 1,
        not_after: issued.not_after,
    };
    fleet.enlist(issued.fingerprint, member);
    let verifier = Arc::new(fleet::verifier(&fleet, authority.certificate())?);
    let (chain, own) = authority.issue_agents_door()?;
    let server = tls::collector(chain, own, verifier, clock.clone())?;
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let authority = authority.certificate();
    let client = tls::agent(tls::ALPN_SESSION, authority, issued.der, key, clock)?;
    Ok((Arc::new(client), Arc::new(server)))
}

/// One handshake. How long its server's end took on the wall.
fn handshake(client: &Arc<ClientConfig>, server: &Arc<ServerConfig>) -> anyhow::Result<Duration> {
    let name = ServerName::try_from(tls::COLLECTOR_NAME)?;
    let mut client = ClientConnection::new(client.clone(), name)?;
    let mut served = Duration::ZERO;
    let started = Instant::now();
    let mut server = ServerConnection::new(server.clone())?;
    served += started.elapsed();
    let mut wire = Vec::new();
    while client.is_handshaking() || server.is_handshaking() {
        while client.wants_write() {
            client.write_tls(&mut wire)?;
        }
        let started = Instant::now();
        let mut bytes = &wire[..];
        while !bytes.is_empty() {
            server.read_tls(&mut bytes)?;
            server.process_new_packets()?;
        }
        wire.clear();
        while server.wants_write() {
            server.write_tls(&mut wire)?;
        }
        served += started.elapsed();
        let mut bytes = &wire[..];
        while !bytes.is_empty() {
            client.read_tls(&mut bytes)?;
            client.process_new_packets()?;
        }
        wire.clear();
    }
    Ok(served)
}
