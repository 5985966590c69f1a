//! Starts collectors and agents for tests: real ones, in this process or as processes, on ports
//! that the system chooses, in temporary folders, each collector with a Postgres of its own.

/// Agents in this process.
pub mod agent;

/// A client of the API.
pub mod api;

/// The console in a browser.
pub mod browser;

/// Smart cards, and who issues them.
pub mod card;

/// Collectors in this process.
pub mod collector;

/// Many hosts that no agent stands behind.
pub mod crowd;

/// A stream on which a host asks for content.
pub mod fetching;

/// A provider of OpenID Connect.
pub mod identity_provider;

/// A host in namespaces, whose files, packages and addresses a test changes.
pub mod namespace;

/// Agents and collectors as processes, to be killed.
pub mod process;

/// A publisher of bundles.
pub mod publisher;

/// A host that says what it likes.
pub mod raw;

/// A line that a test can cut.
pub mod relay;

/// An SMTP server.
pub mod smtp_server;

/// A folder that stands for a host, whose facts a test changes.
pub mod tree;

/// A live host with a collector and an agent on it.
pub mod watched;

/// Waiting for what must come true.
pub mod wait;

/// A receiver of webhooks.
pub mod webhook_server;

pub use self::{
    agent::TestAgent,
    api::Api,
    card::{Card, CardOffice},
    collector::TestCollector,
    fetching::Fetching,
    identity_provider::IdentityProvider,
    namespace::LiveHost,
    process::{CollectorProcess, Process},
    publisher::Publisher,
    raw::RawHost,
    relay::Relay,
    smtp_server::SmtpServer,
    tree::Tree,
    wait::{decided, until},
    watched::Watched,
    webhook_server::WebhookServer,
};

/// OpenSCAP's data stream for this machine's release, where `./dev` has put one.
pub fn openscap_stream() -> Option<std::path::PathBuf> {
    let folder = process::binary("..").join("openscap");
    let files = std::fs::read_dir(folder).ok()?;
    files
        .filter_map(|file| Some(file.ok()?.path()))
        .find(|path| path.extension().is_some_and(|e| e == "xml"))
}

/// The rules that are shipped.
pub fn content() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/content")
}
