//! A host that says what it likes: enrolled for real, with a real key and certificate, and then
//! bound by nothing. What it writes are bytes, whatever they mean.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use quinn::{
    ClientConfig, Connection, ConnectionError, Endpoint, RecvStream, SendStream, TransportConfig,
    crypto::rustls::QuicClientConfig,
};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    SanType,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use shared::{
    chain::Signing,
    clock::{SharedClock, SystemClock, to_micros},
    id::{Epoch, HostId},
    tls,
    token::{Fingerprint, Token},
    wire::{
        self, AgentMessage, Body, CollectorMessage, EnrolRequest, Hello, IssueReply, Record,
        Refused, RenewRequest, Welcome,
    },
};

use crate::TestCollector;

/// How long the other side may take to say or do something.
const PATIENCE: Duration = Duration::from_secs(30);

/// A host's identity in the hands of a program that need not behave.
pub struct RawHost {
    pub id: HostId,
    /// What it says of its machine-id.
    pub machine: [u8; 32],
    address: SocketAddr,
    clock: SharedClock,
    authority: CertificateDer<'static>,
    certificate: CertificateDer<'static>,
    key: KeyPair,
}

/// Without the key.
impl std::fmt::Debug for RawHost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RawHost")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl RawHost {
    /// Enrols with a token of its own, on the system's clock.
    pub async fn enrol(collector: &TestCollector) -> Self {
        let token = collector.api.token(1).await;
        let address = collector.server().agents();
        Self::enrol_with(address, &token, SystemClock::shared())
            .await
            .expect("an enrolment")
    }

    /// Enrols with this token.
    ///
    /// # Errors
    /// The collector's refusal.
    pub async fn enrol_with(
        address: SocketAddr,
        token: &str,
        clock: SharedClock,
    ) -> Result<Self, Refused> {
        let pin = Token::parse(token).expect("a token").pin;
        Self::enrol_pinning(address, token, pin, clock).await
    }

    /// Enrols with this token and a pin that need not be the token's.
    ///
    /// # Errors
    /// The collector's refusal.
    pub async fn enrol_pinning(
        address: SocketAddr,
        token: &str,
        pin: Fingerprint,
        clock: SharedClock,
    ) -> Result<Self, Refused> {
        let (key, csr) = key_and_request();
        let machine = Fingerprint::of(&csr).0;
        let request = EnrolRequest {
            token: token.into(),
            csr,
            hostname: "raw".into(),
            machine,
            agent_version: "0.0.0".into(),
        };
        let config = tls::agent_enrolling(pin, clock.clone()).expect("TLS settings");
        let mut line = Line::open(address, config).await.expect("a connection");
        let issued = match line.ask(&wire::seal(&request).expect("a frame")).await {
            Some(IssueReply::Issued(issued)) => issued,
            Some(IssueReply::Refused(refused)) => return Err(refused),
            None => panic!("no answer: {:?}", line.connection.close_reason()),
        };
        Ok(Self {
            id: issued.host,
            machine,
            address,
            clock,
            authority: issued.authority.into(),
            certificate: issued.certificate.into(),
            key,
        })
    }

    /// The same identity with a certificate of another authority, which calls itself `issuer`.
    pub fn forged(&self, issuer: &str) -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::default();
        let uri = self.id.to_uri().try_into().expect("a URI");
        params.subject_alt_names = vec![SanType::URI(uri)];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let mut authority = CertificateParams::default();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority
            .distinguished_name
            .push(DnType::CommonName, issuer);
        let authority = Issuer::new(authority, KeyPair::generate().expect("a key"));
        let certificate = params.signed_by(&key, &authority).expect("a certificate");
        Self {
            certificate: certificate.der().clone(),
            key,
            ..self.copy()
        }
    }

    /// A copy of the identity, as of a cloned disk.
    pub fn copy(&self) -> Self {
        let key = KeyPair::try_from(self.key.serialize_der()).expect("the key");
        Self {
            key,
            clock: self.clock.clone(),
            authority: self.authority.clone(),
            certificate: self.certificate.clone(),
            ..*self
        }
    }

    /// A connection for one of the protocols, with the certificate. The collector may close it
    /// once it has seen that.
    ///
    /// # Errors
    /// quinn's, when the handshake fails before that.
    pub async fn dial(&self, alpn: &[u8]) -> Result<Line, ConnectionError> {
        Line::open(self.address, self.tls(alpn)).await
    }

    fn tls(&self, alpn: &[u8]) -> rustls::ClientConfig {
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.serialize_der()));
        let (authority, certificate) = (self.authority.clone(), self.certificate.clone());
        tls::agent(alpn, authority, certificate, key, self.clock.clone()).expect("TLS settings")
    }

    /// The TLS alert with which the collector refuses the certificate, which it must.
    pub async fn turned_away(&self, alpn: &[u8]) -> u8 {
        let closed = end(self.dial(alpn).await).await;
        (0..=u8::MAX)
            .find(|alert| agent::dial::is_alert(&closed, *alert))
            .unwrap_or_else(|| panic!("no alert: {closed}"))
    }

    /// A connection for one of the protocols, without a certificate.
    ///
    /// # Errors
    /// quinn's.
    pub async fn dial_bare(&self, alpn: &[u8]) -> Result<Line, ConnectionError> {
        let pin = Fingerprint::of(&self.authority);
        let config = tls::agent_enrolling(pin, self.clock.clone());
        let mut config = config.expect("TLS settings");
        config.alpn_protocols = vec![alpn.to_vec()];
        Line::open(self.address, config).await
    }

    /// A session that has not begun.
    pub async fn line(&self) -> Line {
        self.dial(tls::ALPN_SESSION).await.expect("a connection")
    }

    /// A session that has not begun, on a connection that takes one byte ahead of what is read.
    pub async fn narrow_line(&self) -> Line {
        let mut transport = TransportConfig::default();
        transport.stream_receive_window(1_u32.into());
        let tls = self.tls(tls::ALPN_SESSION);
        let line = Line::open_with(self.address, tls, transport).await;
        line.expect("a connection")
    }

    /// A session that has begun in a new epoch.
    pub async fn session(&self) -> Line {
        let mut line = self.line().await;
        line.say(&AgentMessage::Hello(self.hello())).await;
        line.welcomed().await;
        line
    }

    /// What the collector answers to a greeting on a connection of its own.
    pub async fn greet(&self, hello: Hello) -> Result<Welcome, Refused> {
        let mut line = self.line().await;
        line.say(&AgentMessage::Hello(hello)).await;
        match line.hear().await {
            Some(CollectorMessage::Welcome(welcome)) => Ok(welcome),
            Some(CollectorMessage::Refused(refused)) => Err(refused),
            other => panic!("{other:?}, {:?}", line.connection.close_reason()),
        }
    }

    /// The greeting of a host whose state is new.
    pub fn hello(&self) -> Hello {
        Hello {
            protocol: wire::PROTOCOL,
            host: self.id,
            agent_version: "0.0.0".into(),
            build: [0; 32],
            boot_id: String::new(),
            machine: self.machine,
            epoch: Epoch::random(),
            last_seq: 0,
            acked: 0,
            kinds: Vec::new(),
            sent_at: to_micros(self.clock.now()),
        }
    }

    /// Asks for another certificate; the key stays the same.
    pub async fn renew(&self) -> Result<Self, Refused> {
        let request = CertificateParams::default().serialize_request(&self.key);
        let csr = request.expect("a request").der().to_vec();
        let mut line = self.dial(tls::ALPN_RENEW).await.expect("a connection");
        let question = wire::seal(&RenewRequest { csr }).expect("a frame");
        match line.ask(&question).await {
            Some(IssueReply::Issued(issued)) => Ok(Self {
                certificate: issued.certificate.into(),
                ..self.copy()
            }),
            Some(IssueReply::Refused(refused)) => Err(refused),
            None => panic!("no answer: {:?}", line.connection.close_reason()),
        }
    }

    /// The right to sign for this host.
    pub fn signing(&self) -> Signing {
        self.signing_as(self.id)
    }

    /// The same key, and the claim to be another.
    pub fn signing_as(&self, id: HostId) -> Signing {
        let key = PrivatePkcs8KeyDer::from(self.key.serialize_der());
        Signing::new(id, key.into()).expect("a key")
    }

    /// A record as of now.
    pub fn record(&self, seq: u64, body: Body) -> Record {
        let at = to_micros(self.clock.now());
        Record { seq, at, body }
    }
}

/// One connection with its one stream.
#[derive(Debug)]
pub struct Line {
    _endpoint: Endpoint,
    pub connection: Connection,
    send: SendStream,
    receive: RecvStream,
}

impl Line {
    async fn open(address: SocketAddr, tls: rustls::ClientConfig) -> Result<Self, ConnectionError> {
        let mut transport = TransportConfig::default();
        // As an agent does: otherwise a session is over after half a minute.
        transport.keep_alive_interval(Some(Duration::from_secs(10)));
        Self::open_with(address, tls, transport).await
    }

    async fn open_with(
        address: SocketAddr,
        tls: rustls::ClientConfig,
        transport: TransportConfig,
    ) -> Result<Self, ConnectionError> {
        let crypto = QuicClientConfig::try_from(tls).expect("QUIC settings");
        let any = if address.is_ipv6() {
            "[::]:0"
        } else {
            "0.0.0.0:0"
        };
        let endpoint = Endpoint::client(any.parse().expect("an address")).expect("a socket");
        let mut config = ClientConfig::new(Arc::new(crypto));
        config.transport_config(Arc::new(transport));
        let connecting = endpoint.connect_with(config, address, tls::COLLECTOR_NAME);
        let connection = within("a handshake", connecting.expect("an attempt")).await?;
        let (send, receive) = connection.open_bi().await?;
        Ok(Self {
            _endpoint: endpoint,
            connection,
            send,
            receive,
        })
    }

    /// Writes bytes, whatever they are. A connection that is closed already takes none.
    pub async fn write(&mut self, bytes: &[u8]) {
        let _ = within("room to write", self.send.write_all(bytes)).await;
    }

    /// Writes a message.
    pub async fn say(&mut self, message: &AgentMessage) {
        self.write(&wire::seal(message).expect("a frame")).await;
    }

    /// Ends the stream of what it says.
    pub fn finish(&mut self) {
        let _ = self.send.finish();
    }

    /// The next message; `None` when the collector has ended the stream or the connection.
    pub async fn hear(&mut self) -> Option<CollectorMessage> {
        within("an answer", wire::read(&mut self.receive))
            .await
            .unwrap_or_default()
    }

    /// The next message, whenever it comes.
    pub async fn listen(&mut self) -> Option<CollectorMessage> {
        wire::read(&mut self.receive).await.unwrap_or_default()
    }

    /// The welcome that must come next.
    pub async fn welcomed(&mut self) -> Welcome {
        match self.hear().await {
            Some(CollectorMessage::Welcome(welcome)) => welcome,
            other => panic!("{other:?}, {:?}", self.connection.close_reason()),
        }
    }

    /// What the collector says before it ends the session; `None` when it only closes.
    pub async fn refused(&mut self) -> Option<Refused> {
        while let Some(message) = self.hear().await {
            if let CollectorMessage::Refused(refused) = message {
                return Some(refused);
            }
        }
        None
    }

    /// Asks for a certificate with these bytes.
    pub async fn ask(&mut self, question: &[u8]) -> Option<IssueReply> {
        self.write(question).await;
        self.finish();
        within("an answer", wire::read(&mut self.receive))
            .await
            .unwrap_or_default()
    }

    /// How the connection ended. It must, soon.
    pub async fn closed(&self) -> ConnectionError {
        within("the end of the connection", self.connection.closed()).await
    }

    /// The code with which the collector closed the connection, which it must, soon.
    pub async fn close_code(&self) -> u64 {
        code(&self.closed().await)
    }
}

/// How a connection ended that the collector closes at once: before there was a line, or after.
pub async fn end(dialled: Result<Line, ConnectionError>) -> ConnectionError {
    match dialled {
        Ok(line) => line.closed().await,
        Err(error) => error,
    }
}

/// The code with which the collector closed a connection.
pub fn code(closed: &ConnectionError) -> u64 {
    match closed {
        ConnectionError::ApplicationClosed(close) => close.error_code.into(),
        other => panic!("closed otherwise: {other}"),
    }
}

/// A key, and a request for a certificate for it.
pub fn key_and_request() -> (KeyPair, Vec<u8>) {
    let key = KeyPair::generate().expect("a key");
    let request = CertificateParams::default().serialize_request(&key);
    let request = request.expect("a request").der().to_vec();
    (key, request)
}

/// Waits for the other side, and says what did not come.
pub(crate) async fn within<F: IntoFuture>(what: &str, future: F) -> F::Output {
    tokio::time::timeout(PATIENCE, future)
        .await
        .unwrap_or_else(|_| panic!("{what} did not come within {PATIENCE:?}"))
}
