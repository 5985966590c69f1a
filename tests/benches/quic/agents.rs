//! Agents reduced to what a collector sees of them: an identity, a connection, a greeting, records.
//! Many share one socket, because the number of open files is limited.

use std::{
    net::Ipv6Addr,
    ops::Range,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::Context as _;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use quinn::{
    ClientConfig, Connection, Endpoint, RecvStream, SendStream, TransportConfig,
    crypto::rustls::QuicClientConfig,
};
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use shared::{
    clock::{Clock as _, SystemClock, to_micros},
    fact::Fact,
    id::{Epoch, HostId},
    tls,
    token::Token,
    wire::{
        self, AgentMessage, CollectorMessage, EnrolRequest, Hello, IssueReply, PROTOCOL, Resume,
        Welcome,
    },
};
use support::Api;

use super::door::Door;
use crate::sample;

/// Agents that are being served at once. Well below the number from which the collector asks
/// callers to prove their address first.
const ABREAST: usize = 64;
/// Sockets.
const ENDPOINTS: usize = 8;
/// As the agent's own.
const KEEP_ALIVE: Duration = Duration::from_secs(20);
const IDLE: Duration = Duration::from_secs(65);

/// Enrolled agents.
#[derive(Debug, Clone)]
pub(crate) struct Fleet {
    endpoints: Vec<Endpoint>,
    agents: Vec<Agent>,
}

#[derive(Debug, Clone)]
struct Agent {
    host: HostId,
    machine: [u8; 32],
    config: ClientConfig,
    endpoint: usize,
}

/// An open session.
#[derive(Debug)]
pub(crate) struct Session {
    _connection: Connection,
    send: SendStream,
    recv: RecvStream,
}

impl Fleet {
    /// Some of the agents.
    pub(crate) fn part(&self, range: Range<usize>) -> Self {
        Self {
            endpoints: self.endpoints.clone(),
            agents: self.agents[range].to_vec(),
        }
    }
}

/// Enrols `n` agents with one token.
///
/// # Errors
/// When one is refused.
pub(crate) async fn enrol(door: &Door, n: usize) -> anyhow::Result<Fleet> {
    let token = Api::local(&door.socket).token(n.try_into()?).await;
    let pin = Token::parse(&token)?.pin;
    let config = config(tls::agent_enrolling(pin, SystemClock::shared())?)?;
    let endpoints = (0..ENDPOINTS)
        .map(|_| Endpoint::client((Ipv6Addr::UNSPECIFIED, 0).into()))
        .collect::<Result<Vec<_>, _>>()?;
    let agents = stream::iter(0..n)
        .map(|n| enrol_one(door, &endpoints, &config, &token, n))
        .buffer_unordered(ABREAST)
        .try_collect()
        .await?;
    Ok(Fleet { endpoints, agents })
}

async fn enrol_one(
    door: &Door,
    endpoints: &[Endpoint],
    enrolling: &ClientConfig,
    token: &str,
    n: usize,
) -> anyhow::Result<Agent> {
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
    let csr = CertificateParams::default().serialize_request(&key)?;
    let mut machine = [0; 32];
    machine[..8].copy_from_slice(&n.to_le_bytes());
    let request = EnrolRequest {
        token: token.into(),
        csr: csr.der().to_vec(),
        hostname: format!("host-{n}"),
        machine,
        agent_version: "0.1.0".into(),
    };
    let endpoint = n % endpoints.len();
    let connection = dial(door, &endpoints[endpoint], enrolling).await?;
    let (mut send, mut recv) = connection.open_bi().await?;
    wire::write(&mut send, &request).await?;
    send.finish()?;
    let issued = match wire::read(&mut recv).await? {
        Some(IssueReply::Issued(issued)) => issued,
        other => anyhow::bail!("no certificate: {other:?}"),
    };
    connection.close(0_u8.into(), b"done");
    let tls = tls::agent(
        tls::ALPN_SESSION,
        CertificateDer::from(issued.authority),
        CertificateDer::from(issued.certificate),
        PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())),
        SystemClock::shared(),
    )?;
    Ok(Agent {
        host: issued.host,
        machine,
        config: config(tls)?,
        endpoint,
    })
}

fn config(tls: rustls::ClientConfig) -> anyhow::Result<ClientConfig> {
    let mut config = ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls)?));
    let mut transport = TransportConfig::default();
    transport
        .keep_alive_interval(Some(KEEP_ALIVE))
        .max_idle_timeout(Some(IDLE.try_into()?));
    config.transport_config(Arc::new(transport));
    Ok(config)
}

async fn dial(
    door: &Door,
    endpoint: &Endpoint,
    config: &ClientConfig,
) -> anyhow::Result<Connection> {
    let dialling = endpoint.connect_with(config.clone(), door.agents, tls::COLLECTOR_NAME)?;
    Ok(dialling.await?)
}

/// Completes every agent's handshake, and says no more.
///
/// # Errors
/// When one fails.
pub(crate) async fn knock(door: &Door, fleet: &Fleet) -> anyhow::Result<()> {
    stream::iter(&fleet.agents)
        .map(|agent| async move {
            let connection = dial(door, &fleet.endpoints[agent.endpoint], &agent.config).await?;
            connection.close(0_u8.into(), b"done");
            anyhow::Ok(())
        })
        .buffer_unordered(ABREAST)
        .try_collect()
        .await
}

/// Opens every agent's session.
///
/// # Errors
/// When one is refused.
pub(crate) async fn connect(door: &Door, fleet: &Fleet) -> anyhow::Result<Vec<Session>> {
    stream::iter(&fleet.agents)
        .map(|agent| open(door, &fleet.endpoints[agent.endpoint], agent))
        .buffer_unordered(ABREAST)
        .try_collect()
        .await
}

async fn open(door: &Door, endpoint: &Endpoint, agent: &Agent) -> anyhow::Result<Session> {
    let connection = dial(door, endpoint, &agent.config).await?;
    let (mut send, mut recv) = connection.open_bi().await?;
    let hello = Hello {
        protocol: PROTOCOL,
        host: agent.host,
        agent_version: "0.1.0".into(),
        build: [0; 32],
        boot_id: "0".into(),
        machine: agent.machine,
        epoch: Epoch::random(),
        last_seq: 0,
        acked: 0,
        kinds: Vec::new(),
        sent_at: now(),
    };
    wire::write(&mut send, &AgentMessage::Hello(hello)).await?;
    match wire::read(&mut recv).await? {
        Some(CollectorMessage::Welcome(Welcome {
            resume: Resume::After(0),
            ..
        })) => Ok(Session {
            _connection: connection,
            send,
            recv,
        }),
        other => anyhow::bail!("not welcome: {other:?}"),
    }
}

/// Each session sends the packages of one host, all at once. How long each took until the
/// acknowledgement.
///
/// # Errors
/// When a record is not acknowledged.
pub(crate) async fn report(
    sessions: &mut [Session],
    hosts: &[Vec<Fact>],
) -> anyhow::Result<Vec<Duration>> {
    let all = sessions.iter_mut().zip(hosts);
    let all = all.map(|(session, facts)| async move {
        let started = Instant::now();
        let record = sample::snapshot(1, now(), facts);
        wire::write(&mut session.send, &AgentMessage::Records(vec![record])).await?;
        let answer: CollectorMessage = wire::read(&mut session.recv).await?.context("an answer")?;
        anyhow::ensure!(
            answer == CollectorMessage::Ack(1),
            "not acknowledged: {answer:?}"
        );
        Ok(started.elapsed())
    });
    futures_util::future::try_join_all(all).await
}

fn now() -> i64 {
    to_micros(SystemClock.now())
}
