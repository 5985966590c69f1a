//! An agent in this process.

use std::{path::Path, sync::Arc, time::Duration};

use agent::{
    config::Config,
    control::Control,
    host::Host,
    identity,
    journal::Journal,
    pipeline::Agent,
    probe::{self, Probe},
    rule::sets::Wanted,
    state::StateDir,
};
use shared::{
    id::HostId,
    lifecycle::{Ended, Lifecycle},
};
use tempfile::TempDir;

use crate::{Api, TestCollector};

/// A running agent.
#[expect(missing_debug_implementations, reason = "probes have nothing to show")]
pub struct TestAgent {
    folder: TempDir,
    host: Host,
    probes: Probes,
    /// What is set otherwise than in [`config`].
    change: fn(&mut Config),
    running: Option<(Agent, Lifecycle)>,
    /// Who it is.
    pub id: HostId,
}

type Probes = &'static [&'static dyn Probe];

impl TestAgent {
    /// Enrols `host` and starts an agent with every probe.
    pub async fn start(collector: &TestCollector, host: Host) -> Self {
        Self::start_with(collector, host, probe::all()).await
    }

    /// Enrols `host` and starts an agent with these probes.
    pub async fn start_with(collector: &TestCollector, host: Host, probes: Probes) -> Self {
        Self::enrol(&collector.api, &collector.agents(), host, probes, |_| ()).await
    }

    /// The same at a collector that is known by its API and by where agents come to.
    pub async fn start_at(api: &Api, agents: &str, host: Host) -> Self {
        Self::enrol(api, agents, host, probe::all(), |_| ()).await
    }

    /// The same with every probe, and with settings that are changed.
    pub async fn start_set(collector: &TestCollector, host: Host, change: fn(&mut Config)) -> Self {
        let (api, agents) = (&collector.api, collector.agents());
        Self::enrol(api, &agents, host, probe::all(), change).await
    }

    async fn enrol(
        api: &Api,
        agents: &str,
        host: Host,
        probes: Probes,
        change: fn(&mut Config),
    ) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let token = api.token(1).await;
        let state = StateDir::at(folder.path());
        let id = identity::enrol(&state, &host, agents, &token, false)
            .await
            .expect("an enrolment");
        let mut agent = Self {
            folder,
            host,
            probes,
            change,
            running: None,
            id,
        };
        agent.resume();
        agent
    }

    /// Its state folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What it remembers.
    pub fn journal(&self) -> Arc<Journal> {
        self.running.as_ref().expect("it runs").0.journal.clone()
    }

    /// What is set for it.
    pub fn control(&self) -> Control {
        let (agent, _) = self.running.as_ref().expect("it runs");
        agent.control.borrow().clone()
    }

    /// What it is held to.
    pub fn wanted(&self) -> Wanted {
        let (agent, _) = self.running.as_ref().expect("it runs");
        agent.wanted.borrow().as_ref().clone()
    }

    /// Stops it the clean way, and keeps its state.
    pub async fn halt(&mut self) {
        let (agent, lifecycle) = self.running.take().expect("it runs");
        drop(agent);
        assert_eq!(
            lifecycle.stop(Duration::from_secs(10)).await,
            Ended::Stopped
        );
    }

    /// Starts it again.
    pub fn resume(&mut self) {
        let lifecycle = Lifecycle::default();
        let mut config = config(self.folder.path());
        (self.change)(&mut config);
        let agent = Agent::start(config, self.probes, self.host.clone(), &lifecycle);
        self.running = Some((agent.expect("an agent"), lifecycle));
    }

    /// Stops it for good.
    pub async fn stop(mut self) {
        self.halt().await;
    }
}

/// Settings of an agent that does not wait long for anything.
pub fn config(folder: &Path) -> Config {
    let mut config = Config::defaults(folder);
    config.metrics.sample_s = 1;
    config.link.backoff_first_ms = 50;
    config.link.backoff_most_ms = 500;
    config
}
