//! Wires the parts of a collector together, in the order in which they start; the only file that
//! spawns.

/// The listener for people with certificates.
mod cards;

/// The database.
mod database;

/// What the settings say of remote write.
mod remote_write;

use std::{
    net::{SocketAddr, TcpListener},
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use chrono::TimeDelta;
use shared::{clock::SharedClock, lifecycle::Lifecycle};
use sqlx::PgPool;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{debug, info, warn};
use url::Url;

use self::database::Database;
use crate::{
    alerter::Alerter,
    api,
    authority::{self, Authority},
    catalogue::Catalogue,
    conductor::Conductor,
    config::{Config, Content, Given, Rate, SecondFactor},
    deriver::Deriver,
    factor::passkey::Passkeys,
    fleet::Fleet,
    housekeeper::Housekeeper,
    https::{self, OwnCertificate},
    ingest::{Ingest, MetricIngest},
    jobs::Jobs,
    link::{self, Downloads},
    live::{Event, Feed},
    metrics::Metrics,
    notary::{Notary, syslog::Syslog},
    one_machine::OneMachine,
    outbound::Outbound,
    registrar::Registrar,
    remote::Remote,
    retention::{Keep, Kind},
    store::{
        self,
        metric::rollup::{self, Step},
    },
};

/// How often it is noted which hosts are connected.
const HEARTBEAT: Duration = Duration::from_secs(60);
/// How often minutes of metrics are rolled up.
const FIVE_MINUTES: Duration = Duration::from_secs(300);
const HOUR: Duration = Duration::from_secs(3600);
/// A running collector.
#[derive(Debug)]
pub struct Server {
    agents: SocketAddr,
    https: SocketAddr,
    cards: Option<SocketAddr>,
    socket: PathBuf,
    authority: Authority,
    notary: Notary,
    requests: TaskTracker,
    db: PgPool,
    postgres: Option<Database>,
}

impl Server {
    /// Starts everything, and returns when it can be used. The tasks stop with `lifecycle`;
    /// [`Server::stop`] then ends what they needed.
    ///
    /// # Errors
    /// What could not be started, and why.
    pub async fn start(
        config: Config,
        clock: SharedClock,
        lifecycle: &Lifecycle,
    ) -> anyhow::Result<Self> {
        // Before anything is made or started that would have to end again.
        let outbound = Outbound::new(&config.outbound.allow).context("outbound.allow")?;
        let folder = config.data_dir.clone();
        make_data_dir(&folder)?;
        let (options, postgres) = database::open(&config).await?;
        let which = match postgres {
            Some(_) => "the private Postgres",
            None => "database.url",
        };
        let db = store::open(options).await.context(which)?;
        let grace = TimeDelta::days(config.agents.renewal_grace_days.into());
        let housekeeper = Housekeeper::new(db.clone(), clock.clone(), keep(&config), grace);
        housekeeper.tidy().await.context("preparing the tables")?;

        let authority = Authority::open(&folder.join("keys"), clock.clone())?;
        let fleet = Fleet::new(grace);
        for (fingerprint, member) in store::certificate::all(&mut *db.acquire().await?).await? {
            fleet.enlist(fingerprint, member);
        }
        let settings = store::settings::changes(&mut *db.acquire().await?).await?;
        let feed = Feed::new(clock.clone());
        let metrics = Arc::new(Metrics::default());
        let ingest = Ingest::start(&db, &clock, lifecycle, &feed, &metrics);
        let remote = remote_write::settings(&config.metrics.remote_write, &outbound)?;
        let remote = Remote::start(remote, &outbound, &db, lifecycle, &metrics)
            .context("metrics.remote_write")?;
        let metric_ingest = MetricIngest::start(&db, &clock, lifecycle, &metrics, remote);

        let door = link::Context {
            db: db.clone(),
            clock: clock.clone(),
            authority: authority.clone(),
            fleet: fleet.clone(),
            ingest,
            metric_ingest,
            feed: feed.clone(),
            metrics: metrics.clone(),
            downloads: downloads(&config.content),
            keep: keep(&config),
            stopping: lifecycle.token(),
        };
        let endpoint = link::listen(config.agents.listen, &door)?;
        let agents = endpoint.local_addr()?;
        lifecycle.spawn("agents", |token| link::serve(endpoint, door, token));

        let notary = notary(&config, &db, &clock, &metrics, lifecycle)?;
        let catalogue = Catalogue::load(&config.content.dir)
            .with_context(|| format!("content.dir, {}", config.content.dir.display()))?;
        info!(
            rules = catalogue.rules.len(),
            frameworks = catalogue.frameworks.len(),
            "content"
        );
        let catalogue = Arc::new(catalogue);
        let https = listen_https(&config)?;
        let origin = origin(&config, https.local_addr()?)?;
        let alerter = Alerter::new(
            db.clone(),
            clock.clone(),
            feed.clone(),
            catalogue.clone(),
            &origin,
        );
        let deriver = Deriver::new(
            db.clone(),
            clock.clone(),
            feed.clone(),
            metrics.clone(),
            catalogue.clone(),
            alerter.clone(),
        );
        lifecycle.spawn("deriver", |token| deriver.run(token));
        let alerts = alerter.clone();
        lifecycle.spawn("alerts", |token| alerts.run(token));
        let cards = cards::open(&config.client_certificates, &origin, &clock)?;
        let registrar = Registrar::new(db.clone(), fleet.clone(), feed.clone(), metrics.clone());
        let state = api::AppState {
            registrar: registrar.clone(),
            alerter,
            housekeeper: housekeeper.clone(),
            db: db.clone(),
            clock: clock.clone(),
            fleet: fleet.clone(),
            feed: feed.clone(),
            skew: TimeDelta::seconds(config.agents.clock_skew_s.into()),
            patience: TimeDelta::hours(config.content.behind_hours.into()),
            one_machine: config.content.one_machine,
            two_people: config.content.two_people,
            authority: authority.clone(),
            agents_address: agents_address(&config, agents),
            limits: api::Limits::new(rate(&config.api.identity), rate(&config.api.address)),
            refusals: api::Refusals::new(db.clone(), clock.clone(), metrics.clone()),
            notary: notary.clone(),
            metrics,
            requests: TaskTracker::new(),
            keep: keep(&config),
            catalogue,
            breached: Arc::new(breached(&config.passwords.refused_file)?),
            passkeys: Passkeys::new(&origin).context("https.origin")?,
            required: api::Required {
                factor: config.sign_in.second_factor == SecondFactor::Required,
                own_password: config.passwords.given == Given::Once,
            },
            origin,
            cards: cards.as_ref().map(|door| door.cards.clone()),
            outbound,
        };
        let jobs = Jobs {
            db: db.clone(),
            clock: clock.clone(),
            metrics: state.metrics.clone(),
            work: Arc::new([
                Arc::new(state.deliveries()),
                Arc::new(state.letters()),
                Arc::new(state.exports()),
            ]),
        };
        lifecycle.spawn("jobs", |token| jobs.run(token));
        let refusals = state.refusals.clone();
        lifecycle.spawn("refusals", |token| refusals.run(token));
        let own = own_certificate(&config, &authority, &clock, &state.metrics)?;
        let https = serve_https(https, own.clone(), &state, lifecycle)?;
        let cards = cards
            .map(|door| serve_cards(door, own, &state, lifecycle))
            .transpose()?;
        let socket = serve_local(&folder, &state, lifecycle)?;

        for (name, step, period) in [
            ("metrics by five minutes", Step::FiveMinutes, FIVE_MINUTES),
            ("metrics by the hour", Step::Hour, HOUR),
        ] {
            let pool = db.clone();
            lifecycle.spawn(name, move |token| roll_up(pool, step, period, token));
        }
        let conductor = Conductor {
            db: db.clone(),
            clock: clock.clone(),
            fleet: fleet.clone(),
            feed: feed.clone(),
            metrics: state.metrics.clone(),
            two_people: config.content.two_people,
        };
        if config.content.one_machine {
            warn!(
                "this collector signs content by itself: who controls it decides what hosts are held to"
            );
            let signer = OneMachine::open(&folder.join("keys"), conductor.clone())?;
            let content = config.content.dir.clone();
            lifecycle.spawn("one-machine mode", |token| signer.run(content, token));
        }
        lifecycle.spawn("rollouts", |token| conductor.run(token));
        lifecycle.spawn("groups", |token| registrar.run(token));
        let (pool, seen, now, told) = (db.clone(), fleet.clone(), clock.clone(), feed);
        let heart = Heart {
            db: pool,
            fleet: seen,
            clock: now,
            feed: told,
            grace: Duration::from_secs(config.agents.reconnect_grace_s.into()),
            settings,
        };
        lifecycle.spawn("heartbeat", |token| heart.beat(token));
        lifecycle.spawn("housekeeping", |token| housekeeper.run(fleet, token));
        info!(%agents, %https, socket = %socket.display(), "collector is up");
        Ok(Self {
            agents,
            https,
            cards,
            socket,
            authority,
            notary,
            requests: state.requests,
            db,
            postgres,
        })
    }

    /// Where agents are served (UDP).
    pub fn agents(&self) -> SocketAddr {
        self.agents
    }

    /// Where the console and the API are served (TCP).
    pub fn https(&self) -> SocketAddr {
        self.https
    }

    /// Where people sign in with certificates (TCP), if anywhere.
    pub fn cards(&self) -> Option<SocketAddr> {
        self.cards
    }

    /// The local administrator's socket.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// The installation's authority.
    pub fn authority(&self) -> &Authority {
        &self.authority
    }

    /// The database, for tests that look behind the API.
    pub fn db(&self) -> &PgPool {
        &self.db
    }

    /// Ends what the tasks needed. Call it when the lifecycle has stopped.
    pub async fn stop(self) {
        // Each ends by itself, within the time that a request may take.
        self.requests.close();
        self.requests.wait().await;
        // What the last requests wrote.
        if let Err(error) = self.notary.sign().await {
            let error = &error as &dyn std::error::Error;
            warn!(
                error,
                "the audit log's last records are signed after the next start"
            );
        }
        self.db.close().await;
        let _ = std::fs::remove_file(&self.socket);
        if let Some(postgres) = self.postgres {
            postgres.stop().await;
        }
    }
}

fn make_data_dir(folder: &Path) -> anyhow::Result<()> {
    // Others may pass through to the private Postgres, and list nothing.
    let made = std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o711)
        .create(folder);
    made.with_context(|| format!("making {} (data_dir)", folder.display()))
}

/// Signs the audit log, and has it sent to syslog.
fn notary(
    config: &Config,
    db: &PgPool,
    clock: &SharedClock,
    metrics: &Arc<Metrics>,
    lifecycle: &Lifecycle,
) -> anyhow::Result<Notary> {
    let key = authority::open_key(&config.data_dir.join("keys/audit.pem"))?;
    let folder = config.data_dir.join("audit");
    let notary = Notary::open(key, &folder, db.clone(), clock.clone(), metrics.clone())?;
    let signs = notary.clone();
    lifecycle.spawn("audit log", |token| signs.run(token));
    if !config.audit.syslog.is_empty() {
        let address = config.audit.syslog.parse();
        let syslog = Syslog {
            address: address
                .map_err(anyhow::Error::msg)
                .context("audit.syslog")?,
            db: db.clone(),
            clock: clock.clone(),
            hostname: hostname(),
            folder,
        };
        lifecycle.spawn("syslog", |token| syslog.run(token));
    }
    Ok(notary)
}

fn listen_https(config: &Config) -> anyhow::Result<TcpListener> {
    let address = config.https.listen;
    let listener =
        TcpListener::bind(address).with_context(|| format!("TCP {address} (https.listen)"))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Where browsers find the console.
fn origin(config: &Config, bound: SocketAddr) -> anyhow::Result<String> {
    let set = config.https.origin.as_str();
    let mut origin: Url = match set {
        "" => format!("https://{}:{}", hostname(), bound.port()).parse()?,
        set => set.parse().context("https.origin")?,
    };
    // For tests, which do not know the port before it is bound.
    if origin.port() == Some(0) {
        let _ = origin.set_port(Some(bound.port()));
    }
    let bare = origin.path() == "/" && origin.query().is_none() && origin.fragment().is_none();
    let nobody = origin.username().is_empty() && origin.password().is_none();
    if origin.scheme() != "https" || !bare || !nobody {
        bail!("https.origin is {set:?}, and must be \"https://HOST\" or \"https://HOST:PORT\"");
    }
    Ok(origin.origin().ascii_serialization())
}

fn serve_https(
    listener: TcpListener,
    own: Arc<OwnCertificate>,
    state: &api::AppState,
    lifecycle: &Lifecycle,
) -> anyhow::Result<SocketAddr> {
    let tls = https::tls_config(own)?;
    let bound = listener.local_addr()?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let router = api::router(state.clone());
    lifecycle.spawn("https", |token| {
        https::serve_https(listener, tls, router, token)
    });
    Ok(bound)
}

/// What both listeners show to browsers.
fn own_certificate(
    config: &Config,
    authority: &Authority,
    clock: &SharedClock,
    metrics: &Arc<Metrics>,
) -> anyhow::Result<Arc<OwnCertificate>> {
    let (clock, metrics) = (clock.clone(), metrics.clone());
    if !config.https.certificate.is_empty() {
        let files = https::Files {
            certificate: config.https.certificate.clone().into(),
            key: config.https.key.clone().into(),
        };
        let own = OwnCertificate::open(files, clock, metrics);
        return Ok(Arc::new(own.context("https.certificate and https.key")?));
    }
    let mut names = vec![
        hostname(),
        "localhost".into(),
        "127.0.0.1".into(),
        "::1".into(),
    ];
    names.extend(config.https.names.iter().cloned());
    let issued = authority.issue_https(&names).context("https.names")?;
    Ok(Arc::new(OwnCertificate::fixed(issued, clock, metrics)?))
}

fn serve_cards(
    door: cards::Door,
    own: Arc<OwnCertificate>,
    state: &api::AppState,
    lifecycle: &Lifecycle,
) -> anyhow::Result<SocketAddr> {
    let tls = door.cards.certificates.tls(own)?;
    let listener = tokio::net::TcpListener::from_std(door.listener)?;
    let router = api::router(state.clone());
    lifecycle.spawn("certificates", |token| {
        https::serve_https(listener, tls, router, token)
    });
    Ok(door.address)
}

fn serve_local(
    folder: &Path,
    state: &api::AppState,
    lifecycle: &Lifecycle,
) -> anyhow::Result<PathBuf> {
    let path = folder.join("admin.sock");
    // Left by a killed collector: the lock on the data keeps a second one from getting here.
    let _ = std::fs::remove_file(&path);
    let listener = tokio::net::UnixListener::bind(&path)
        .with_context(|| format!("the local socket {}", path.display()))?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    let router = api::local_router(state.clone());
    lifecycle.spawn("local", |token| https::serve_unix(listener, router, token));
    Ok(path)
}

fn agents_address(config: &Config, bound: SocketAddr) -> String {
    match config.agents.address.as_str() {
        "" => format!("{}:{}", hostname(), bound.port()),
        address => address.into(),
    }
}

fn hostname() -> String {
    nix::unistd::gethostname()
        .ok()
        .and_then(|name| name.into_string().ok())
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| "localhost".into())
}

/// What is done for all hosts again and again.
struct Heart {
    db: PgPool,
    fleet: Fleet,
    clock: SharedClock,
    feed: Feed,
    /// How long hosts have to come back to another collector, or to this one after a restart.
    grace: Duration,
    /// How often settings had changed at the last beat; at first, before any session looked.
    settings: i64,
}

impl Heart {
    async fn beat(mut self, token: CancellationToken) {
        let started = Instant::now();
        // Twice within the grace: a host that another collector has is noted in time.
        let pause = HEARTBEAT.min(self.grace / 2);
        while token
            .run_until_cancelled(tokio::time::sleep(pause))
            .await
            .is_some()
        {
            let settled = started.elapsed() >= self.grace;
            if let Err(error) = self.once(settled).await {
                let error = &error as &dyn std::error::Error;
                warn!(error, "could not note who is connected");
            }
        }
    }

    /// `settled`: whether hosts have had time to come back.
    async fn once(&mut self, settled: bool) -> sqlx::Result<()> {
        let connected = self.fleet.connected_numbers();
        let now = self.clock.now();
        // By itself: it touches every connected host's row, and sessions wait for those.
        store::host::seen(&mut *self.db.acquire().await?, &connected, now).await?;
        let mut db = self.db.begin().await?;
        let grace = TimeDelta::from_std(self.grace).unwrap_or(TimeDelta::MAX);
        let lapsed = if settled {
            store::liveness::sweep(&mut db, now - grace).await?
        } else {
            Vec::new()
        };
        let changes = store::settings::changes(&mut db).await?;
        db.commit().await?;
        for host in lapsed {
            let kinds = Vec::new();
            self.feed.publish(Event::HostChanged { host, kinds });
        }
        // Of another collector, if this one has rung for its own already: sessions look and find
        // nothing new.
        if std::mem::replace(&mut self.settings, changes) != changes {
            self.fleet.ring_all();
        }
        Ok(())
    }
}

async fn roll_up(db: PgPool, step: Step, period: Duration, token: CancellationToken) {
    while token
        .run_until_cancelled(tokio::time::sleep(period))
        .await
        .is_some()
    {
        // What is cut off here is done by the next run.
        match token.run_until_cancelled(rollup::run(&db, step)).await {
            Some(Ok(Some(rolled))) => {
                let stretches = rolled.stretches;
                debug!(step_s = step.seconds(), stretches, "metrics rolled up");
            }
            Some(Ok(None)) | None => {}
            Some(Err(error)) => warn!(
                error = &error as &dyn std::error::Error,
                "metrics not rolled up"
            ),
        }
    }
}

fn downloads(content: &Content) -> Downloads {
    Downloads::new(
        content.downloads.into(),
        u64::from(content.rate_kib_s) << 10,
    )
}

fn rate(rate: &Rate) -> api::Rate {
    api::Rate {
        per_minute: rate.requests_per_minute,
        burst: rate.burst,
    }
}

fn keep(config: &Config) -> Keep {
    Keep::default()
        .months(config.history.months)
        .with(Kind::MinuteMetrics, Some(config.metrics.raw_hours))
        .with(
            Kind::FiveMinuteMetrics,
            Some(config.metrics.five_minute_days),
        )
        .with(Kind::HourMetrics, Some(config.metrics.hour_months))
}

fn breached(file: &str) -> anyhow::Result<api::Breached> {
    if file.is_empty() {
        return Ok(api::Breached::default());
    }
    let breached = api::Breached::with_file(Path::new(file));
    breached.with_context(|| format!("passwords.refused_file, {file}"))
}
