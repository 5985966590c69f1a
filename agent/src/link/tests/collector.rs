//! A collector that does what the test says, over real QUIC and TLS.

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use ed25519_dalek::SigningKey;
use quinn::{
    Connection, ConnectionError, Endpoint, RecvStream, SendStream, ServerConfig,
    crypto::rustls::{HandshakeData, QuicServerConfig},
};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateSigningRequestParams, DnType, IsCa, Issuer,
    KeyPair, SanType,
};
use rustls::Error;
use rustls_pki_types::{CertificateDer, CertificateSigningRequestDer, PrivatePkcs8KeyDer};
use serde::{Serialize, de::DeserializeOwned};
use shared::{
    clock::SharedClock,
    id::HostId,
    tls::{self, Admission, COLLECTOR_NAME, ClientVerifier},
    token::{Fingerprint, Token},
    wire::{
        self, AgentMessage, CollectorMessage, ContentState, Fetch, Hello, IssueReply, Issued,
        Metrics, Record, Refusal, Refused, RenewRequest, Resume, Seal, Welcome,
    },
};

use super::{noon, within};

/// An authority and what it issues.
pub(crate) struct Authority {
    pub(crate) certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(DnType::CommonName, "Test authority");
        validity(
            &mut params,
            noon() - TimeDelta::days(1),
            noon() + TimeDelta::days(3650),
        );
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().der().clone();
        let issuer = Issuer::new(params, key);
        Self {
            certificate,
            issuer,
        }
    }

    /// A certificate for `host` from `from` to `to`, for the key of the request.
    pub(crate) fn issue(
        &self,
        host: HostId,
        csr: &[u8],
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> Issued {
        let csr = CertificateSigningRequestDer::from(csr);
        let mut request = CertificateSigningRequestParams::from_der(&csr).unwrap();
        request.params.subject_alt_names = vec![SanType::URI(host.to_uri().try_into().unwrap())];
        validity(&mut request.params, from, to);
        let certificate = request.signed_by(&self.issuer).unwrap();
        Issued {
            host,
            certificate: certificate.der().to_vec(),
            authority: self.certificate.to_vec(),
        }
    }

    /// As [`Self::issue`], for the thirty days around [`noon`].
    pub(crate) fn issue_now(&self, host: HostId, csr: &[u8]) -> Issued {
        let from = noon() - TimeDelta::days(1);
        self.issue(host, csr, from, from + TimeDelta::days(30))
    }

    /// A token that pins this authority.
    pub(crate) fn token(&self) -> String {
        let token = Token {
            pin: Fingerprint::of(&self.certificate),
            id: uuid::Uuid::from_u128(1),
            expires: noon() + TimeDelta::hours(1),
        };
        token.sign(&SigningKey::from_bytes(&[7; 32]))
    }
}

fn validity(params: &mut CertificateParams, from: DateTime<Utc>, to: DateTime<Utc>) {
    let instant = |at: DateTime<Utc>| {
        rcgen::date_time_ymd(1970, 1, 1) + Duration::from_secs(at.timestamp() as u64)
    };
    params.not_before = instant(from);
    params.not_after = instant(to);
}

/// Lets in every certificate of the authority, within a grace of thirty days.
#[derive(Debug)]
struct Everybody;

impl Admission for Everybody {
    fn grace_s(&self) -> u64 {
        30 * 86_400
    }

    fn admit(&self, _: &CertificateDer<'_>) -> Result<(), Error> {
        Ok(())
    }
}

/// The collector.
pub(crate) struct Collector {
    pub(crate) authority: Authority,
    pub(crate) address: String,
    endpoint: Endpoint,
    clock: SharedClock,
}

impl Collector {
    pub(crate) fn start(clock: SharedClock) -> Self {
        let authority = Authority::new();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([COLLECTOR_NAME.to_owned()]).unwrap();
        validity(
            &mut params,
            noon() - TimeDelta::days(1),
            noon() + TimeDelta::days(365),
        );
        let own = params.signed_by(&key, &authority.issuer).unwrap();
        let verifier = ClientVerifier::new(authority.certificate.clone(), Everybody).unwrap();
        let tls = tls::collector(
            vec![own.der().clone(), authority.certificate.clone()],
            PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
            Arc::new(verifier),
            clock.clone(),
        )
        .unwrap();
        let crypto = QuicServerConfig::try_from(tls).unwrap();
        let config = ServerConfig::with_crypto(Arc::new(crypto));
        let endpoint = Endpoint::server(config, "127.0.0.1:0".parse().unwrap()).unwrap();
        Self {
            authority,
            address: endpoint.local_addr().unwrap().to_string(),
            endpoint,
            clock,
        }
    }

    /// The next connection that completes its handshake.
    pub(crate) async fn connection(&self) -> Connection {
        let incoming = within("an agent calls", self.endpoint.accept()).await;
        incoming.unwrap().await.unwrap()
    }

    /// The next connection, which the agent is expected not to complete.
    pub(crate) async fn turned_away(&self) -> Result<Connection, ConnectionError> {
        let incoming = within("an agent calls", self.endpoint.accept()).await;
        incoming.unwrap().await
    }

    /// The next session, with its greeting.
    pub(crate) async fn session(&self) -> Session {
        let connection = self.connection().await;
        assert_eq!(alpn(&connection), tls::ALPN_SESSION);
        let streams = within("an agent opens a stream", connection.accept_bi()).await;
        let (send, receive) = streams.unwrap();
        let mut session = Session {
            connection,
            send,
            receive,
            hello: None,
            server_time: self.clock.now().timestamp_micros(),
        };
        match session.read().await {
            Some(AgentMessage::Hello(hello)) => session.hello = Some(hello),
            other => panic!("no greeting but {other:?}"),
        }
        session
    }

    /// Renews the certificate of who calls for that; anybody else is sent away.
    pub(crate) async fn renews(
        &self,
        connection: &Connection,
        host: HostId,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
    ) -> bool {
        if alpn(connection) != tls::ALPN_RENEW {
            connection.close(1_u8.into(), b"not now");
            return false;
        }
        let (mut send, mut receive) = connection.accept_bi().await.unwrap();
        let request: RenewRequest = wire::read(&mut receive).await.unwrap().unwrap();
        let reply = IssueReply::Issued(self.authority.issue(host, &request.csr, from, to));
        wire::write(&mut send, &reply).await.unwrap();
        send.finish().unwrap();
        connection.closed().await;
        true
    }

    /// Answers one enrolment or renewal.
    pub(crate) async fn answer<R: DeserializeOwned, A: Serialize>(
        &self,
        protocol: &[u8],
        answer: impl FnOnce(R) -> A,
    ) {
        let connection = self.connection().await;
        assert_eq!(alpn(&connection), protocol);
        let (mut send, mut receive) = connection.accept_bi().await.unwrap();
        let request = wire::read(&mut receive).await.unwrap().unwrap();
        wire::write(&mut send, &answer(request)).await.unwrap();
        send.finish().unwrap();
        connection.closed().await;
    }
}

fn alpn(connection: &Connection) -> Vec<u8> {
    let data = connection.handshake_data().unwrap();
    data.downcast::<HandshakeData>().unwrap().protocol.unwrap()
}

/// One session, from the collector's side.
pub(crate) struct Session {
    pub(crate) connection: Connection,
    send: SendStream,
    receive: RecvStream,
    hello: Option<Hello>,
    server_time: i64,
}

impl Session {
    pub(crate) fn hello(&self) -> &Hello {
        self.hello.as_ref().unwrap()
    }

    /// Welcomes in the first version of the protocol, which has records and nothing else.
    pub(crate) async fn welcome(&mut self, resume: Resume) {
        self.welcome_with(1, resume).await;
    }

    /// Welcomes in the newest version, and hears how the agent lives and what its chain goes on from.
    pub(crate) async fn welcome_now(&mut self, resume: Resume) -> Seal {
        self.welcome_with(wire::PROTOCOL, resume).await;
        let said = self.read().await;
        assert!(matches!(said, Some(AgentMessage::Run(_))), "{said:?}");
        self.seal().await
    }

    /// The next seal.
    pub(crate) async fn seal(&mut self) -> Seal {
        match self.read().await {
            Some(AgentMessage::Seal(seal)) => seal,
            other => panic!("no seal but {other:?}"),
        }
    }

    pub(crate) async fn welcome_with(&mut self, protocol: u16, resume: Resume) {
        let welcome = Welcome {
            protocol,
            resume,
            server_time: self.server_time,
        };
        self.say(&CollectorMessage::Welcome(welcome)).await;
    }

    /// Ends its side of the stream.
    pub(crate) fn finish(&mut self) {
        self.send.finish().unwrap();
    }

    pub(crate) async fn say(&mut self, message: &CollectorMessage) {
        wire::write(&mut self.send, message).await.unwrap();
    }

    /// Refuses, and closes once that was heard.
    pub(crate) async fn refuse(mut self, reason: Refusal, retry_after_ms: Option<u32>) {
        let refused = Refused {
            reason,
            message: "the test says no".into(),
            retry_after_ms,
        };
        self.say(&CollectorMessage::Refused(refused)).await;
        within("the agent leaves", self.connection.closed()).await;
    }

    /// The next message but those of content; `None` when the agent has ended the session.
    pub(crate) async fn read(&mut self) -> Option<AgentMessage> {
        loop {
            match self.read_any().await {
                // It may come between anything.
                Some(AgentMessage::Content(_)) => {}
                other => return other,
            }
        }
    }

    /// What the agent says of its content next.
    pub(crate) async fn state(&mut self) -> ContentState {
        loop {
            match self.read_any().await {
                Some(AgentMessage::Content(state)) => return state,
                Some(_) => {}
                None => panic!("the session ended"),
            }
        }
    }

    async fn read_any(&mut self) -> Option<AgentMessage> {
        within("the agent speaks", wire::read(&mut self.receive))
            .await
            .unwrap_or(None)
    }

    /// The next question for content, and where to answer it.
    pub(crate) async fn question(&mut self) -> (Fetch, SendStream) {
        let stream = within("the agent asks", self.connection.accept_bi()).await;
        let (send, mut receive) = stream.unwrap();
        let question = within("a question", wire::read(&mut receive)).await;
        (question.unwrap().expect("a question"), send)
    }

    /// The next records; `None` when the agent has ended the session.
    pub(crate) async fn records(&mut self) -> Option<Vec<Record>> {
        match self.read().await {
            Some(AgentMessage::Records(records)) => Some(records),
            Some(other) => panic!("no records but {other:?}"),
            None => None,
        }
    }

    /// The next minutes of metrics.
    pub(crate) async fn metrics(&mut self) -> Metrics {
        match self.read().await {
            Some(AgentMessage::Metrics(metrics)) => metrics,
            other => panic!("no metrics but {other:?}"),
        }
    }

    /// Records up to and including `seq`.
    pub(crate) async fn records_to(&mut self, seq: u64) -> Vec<Record> {
        let mut all: Vec<Record> = Vec::new();
        while all.last().is_none_or(|record| record.seq < seq) {
            all.extend(self.records().await.expect("the session goes on"));
        }
        all
    }
}
