//! Starts collectors and agents for tests: real ones, in this process or as processes, on ports
//! that the system chooses, in temporary folders, each collector with a Postgres of its own.

/// Agents in this process.
pub mod agent;

/// A client of the API.
pub mod api;

/// The console in a browser.
pub mod browser;

/// Collectors in this process.
pub mod collector;

/// Agents and collectors as processes, to be killed.
pub mod process;

/// A folder that stands for a host, whose facts a test changes.
pub mod tree;

/// Waiting for what must come true.
pub mod wait;

pub use self::{
    agent::TestAgent, api::Api, collector::TestCollector, process::Process, tree::Tree, wait::until,
};
