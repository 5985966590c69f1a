//! The collector. Data flows down this list: each module reads from the ones above it.

/// Settings.
pub mod config;

/// Whether a file is another than before.
pub mod stamp;

/// The private Postgres.
pub mod postgres;

/// The certificate authority and the token key.
pub mod authority;

/// What people show beside their password.
pub mod factor;

/// What the process counts about itself.
pub mod metrics;

/// What happens, as it happens.
pub mod live;

/// What a host's silence means.
pub mod liveness;

/// Settings of hosts, in layers.
pub mod settings;

/// Times in which hosts may be away.
pub mod maintenance;

/// How long each kind of history is kept.
pub mod retention;

/// Which hosts belong to a group by its expression.
pub mod membership;

/// How a bundle comes to the fleet.
pub mod rollout;

/// Rules and frameworks, for people.
pub mod catalogue;

/// How hosts stand against what they are held to.
pub mod posture;

/// What changes of hosts mean to people.
pub mod event;

/// What of a host is no longer as it was.
pub mod drift;
/// Lists as files.
pub mod export;

/// What is to be told of hosts.
pub mod alert;

/// One feed over all that happens.
pub mod activity;
/// Failures that are accepted for a while.
pub mod waiver;

/// The chain over a host's results, held against itself.
pub mod chain;

/// One result, with all that proves who told it.
pub mod proof;

/// Work that is done later, and what becomes of it.
pub mod job;

/// What people and programs elsewhere are told of alerts.
pub mod notice;

/// Messages as syslog servers take them.
pub mod syslog;

/// All SQL.
pub mod access;
pub mod audit;
pub mod store;

/// Signs what the audit log has come to.
pub mod notary;

/// Roots and bundles, held against what is known and kept.
pub mod publication;

/// Certificates that are let in, hosts that are connected: in memory.
pub mod fleet;

/// Does what is to be done later.
pub mod jobs;

/// The one way out to addresses that somebody enters.
pub mod outbound;

/// Tells them.
pub mod notify;

/// Signing in at an OpenID Connect provider.
pub mod oidc;

/// Signing in with a certificate.
pub mod client_certificate;

/// Metrics for a Prometheus elsewhere.
pub mod remote;

/// From records to rows.
pub mod ingest;

/// The door for agents: sessions, enrolment, renewal.
pub mod link;

/// Moves rollouts on.
pub mod conductor;

/// Keeps who belongs to which group true.
pub mod registrar;

/// Opens and ends alerts.
pub mod alerter;

/// Writes what follows from what hosts tell.
pub mod deriver;

/// Lets go of what is too old.
pub mod housekeeper;

/// Content that the collector signs by itself.
pub mod one_machine;

/// The console's files.
pub mod console;

/// The JSON API.
pub mod api;

/// Accepting HTTPS and local connections.
pub mod https;

/// Wires the parts together.
pub mod server;
