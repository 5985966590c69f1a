//! A collector in this process, with a private Postgres that need not survive a power cut.

use std::{os::unix::fs::PermissionsExt, path::Path, time::Duration};

use collector::{config::Config, server::Server};
use shared::{
    clock::{SharedClock, SystemClock},
    lifecycle::{Ended, Lifecycle},
};
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use tempfile::TempDir;

use crate::Api;

/// A running collector.
#[derive(Debug)]
pub struct TestCollector {
    folder: TempDir,
    server: Option<Server>,
    lifecycle: Lifecycle,
    clock: SharedClock,
    /// What is set besides.
    flags: Vec<(&'static str, String)>,
    /// As the local administrator.
    pub api: Api,
}

impl TestCollector {
    /// A collector on the system's clock.
    pub async fn start() -> Self {
        Self::start_with(SystemClock::shared()).await
    }

    /// A collector on `clock`.
    pub async fn start_with(clock: SharedClock) -> Self {
        Self::start_set(clock, &[]).await
    }

    /// A collector on `clock`, with these settings besides.
    pub async fn start_set(clock: SharedClock, flags: &[(&'static str, String)]) -> Self {
        install_provider();
        let folder = tempfile::tempdir().expect("a folder");
        // The account that runs Postgres passes through it.
        let open = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(folder.path(), open).expect("a mode");
        let (server, lifecycle) = start(with(folder.path(), "[::1]:0", flags), &clock).await;
        let api = Api::local(server.socket());
        Self {
            folder,
            server: Some(server),
            lifecycle,
            clock,
            flags: flags.to_vec(),
            api,
        }
    }

    /// Another collector of the same installation: on the same database, with the same keys.
    pub async fn beside(&self) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let keys = folder.path().join("keys");
        std::fs::create_dir(&keys).expect("a folder");
        for key in std::fs::read_dir(self.folder.path().join("keys")).expect("keys") {
            let path = key.expect("a key").path();
            std::fs::copy(&path, keys.join(path.file_name().expect("a name"))).expect("a copy");
        }
        let socket = self.folder.path().join("postgres/socket");
        let url = format!(
            "postgres:///openwatch?host={}&user=openwatch",
            socket.display()
        );
        let flags = vec![
            ("database.url", url),
            ("agents.reconnect_grace_s", "2".into()),
        ];
        let clock = self.clock.clone();
        let (server, lifecycle) = start(with(folder.path(), "[::1]:0", &flags), &clock).await;
        let api = Api::local(server.socket());
        Self {
            folder,
            server: Some(server),
            lifecycle,
            clock,
            flags,
            api,
        }
    }

    /// The running server.
    pub fn server(&self) -> &Server {
        self.server.as_ref().expect("it runs")
    }

    /// What agents dial.
    pub fn agents(&self) -> String {
        self.server().agents().to_string()
    }

    /// Its data directory.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its private Postgres.
    pub async fn database(&self) -> PgPool {
        let options = PgConnectOptions::new_without_pgpass()
            .socket(self.folder.path().join("postgres/socket"))
            .username("openwatch")
            .database("openwatch");
        let pool = PgPoolOptions::new().max_connections(1);
        pool.connect_with(options).await.expect("a database")
    }

    /// A browser that has not signed in.
    pub fn browser(&self) -> Api {
        Api::https(
            self.server().https(),
            self.server().authority().certificate_pem(),
        )
    }

    /// Stops it the clean way, and keeps what it stored.
    pub async fn halt(&mut self) -> Stopped {
        let server = self.server.take().expect("it runs");
        let (agents, https) = (server.agents().to_string(), server.https().to_string());
        let lifecycle = std::mem::take(&mut self.lifecycle);
        assert_eq!(
            lifecycle.stop(Duration::from_secs(10)).await,
            Ended::Stopped
        );
        server.stop().await;
        Stopped { agents, https }
    }

    /// Starts it again where agents and browsers expect it.
    pub async fn resume(&mut self, stopped: Stopped) {
        let mut flags = self.flags.clone();
        flags.push(("https.listen", stopped.https));
        let config = with(self.folder.path(), &stopped.agents, &flags);
        let (server, lifecycle) = start(config, &self.clock).await;
        (self.server, self.lifecycle) = (Some(server), lifecycle);
    }

    /// Stops it for good.
    pub async fn stop(mut self) {
        self.halt().await;
    }
}

/// A collector that is stopped and can be started again.
#[derive(Debug)]
pub struct Stopped {
    agents: String,
    https: String,
}

/// Settings for a collector in `folder` whose agents come to `agents`.
pub fn config(folder: &Path, agents: &str) -> Config {
    with(folder, agents, &[])
}

fn with(folder: &Path, agents: &str, more: &[(&'static str, String)]) -> Config {
    let mut flags = vec![
        ("data_dir", folder.display().to_string()),
        ("agents.listen", agents.into()),
        ("https.listen", "[::1]:0".into()),
        // Tests sign in with what an account was made with.
        ("passwords.given", "kept".into()),
        (
            "database.options",
            "[\"fsync=off\", \"shared_buffers=32MB\"]".into(),
        ),
    ];
    flags.extend_from_slice(more);
    Config::load(None, &flags).expect("settings")
}

async fn start(config: Config, clock: &SharedClock) -> (Server, Lifecycle) {
    let lifecycle = Lifecycle::default();
    let server = Server::start(config, clock.clone(), &lifecycle).await;
    (server.expect("a collector"), lifecycle)
}

/// reqwest takes the process's provider.
pub fn install_provider() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}
