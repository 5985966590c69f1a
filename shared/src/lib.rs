//! What the agent and the collector must agree on, and nothing that only one of them needs.

/// Bytes as digits.
mod hex;

/// Who a host is, and which life of its state a record belongs to.
pub mod id;

/// Time as a parameter.
pub mod clock;

/// A fact, its canonical form and its hash.
pub mod fact;

/// The order-independent digest of a kind's rows.
pub mod digest;

/// YAML into types, with places in its errors.
pub mod yaml;

/// Expressions that users write, over values of JSON.
pub mod cel;

/// Policies in Wazuh's grammar.
pub mod sca;

/// Rules: what must hold of a host.
pub mod rule;

/// Versions of packages.
pub mod version;

/// Frames and messages.
pub mod wire;

/// Metrics of a host: names, minutes, columns.
pub mod metric;

/// Enrolment tokens.
pub mod token;

/// The TLS settings of both ends, side by side.
pub mod tls;

/// The signed chain over results.
pub mod chain;

/// Keys, and what is signed with them.
pub mod trust;

/// Bundles of content.
pub mod bundle;

/// Which programs are the agent.
pub mod release;

/// How long to wait before the next attempt.
pub mod backoff;

/// Layered settings: defaults, file, environment.
pub mod config;

/// Starting and stopping tasks.
pub mod lifecycle;

/// The log.
pub mod log;
