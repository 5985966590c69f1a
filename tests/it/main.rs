//! Everything that crosses a process, a network or a database.
#![expect(clippy::unwrap_used, reason = "a test's helpers fail as the test does")]

mod layers;

mod accounts;
mod alert;
mod assignment;
mod audit;
mod bell;
mod bundle;
mod bundle_local;
mod certificate;
mod chain;
mod cli;
mod comply;
mod console;
mod content;
mod document;
mod drift;
mod enrolment;
mod factors;
mod fetch;
mod group;
mod hostile;
mod https;
mod kill;
mod live;
mod liveness;
mod metrics;
mod notification;
mod offline;
mod one_machine;
mod openscap;
mod personal_mail;
mod posture;
mod publish;
mod release;
mod renewal;
mod repair;
mod report;
mod rollout;
mod seal;
mod settings;
mod sso;
mod stop;
mod trust;
mod waiver;
