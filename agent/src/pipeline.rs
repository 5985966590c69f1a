//! The daemon's tasks, and the only place that starts any: observe, comply, take bundles, measure, link,
//! renew, report.

/// Measuring how busy it is.
mod measure;

/// What the agent may use.
mod ceiling;

/// Looking at the host.
mod observe;

/// Taking bundles.
mod content;

/// Deciding the rules.
mod comply;

/// What goes wrong with the journal.
mod faults;

/// Renewing the certificate.
mod renewal;

/// Writing the status.
mod report;

/// When each kind is looked at next.
mod schedule;

/// One kind, and a look at it.
mod slot;

use std::{sync::Arc, time::Duration};

use shared::{lifecycle::Lifecycle, rule::result::KIND};
use tokio::sync::{Notify, watch};
use tracing::info;

use self::{
    ceiling::Limits,
    comply::{Complier, Heard},
    content::Taker,
    faults::JournalFaults,
    measure::Measurer,
    observe::{Blind, Ears, Observer, Pace, Told},
    renewal::Renewal,
    report::Report,
};
use crate::{
    assign::Assigner,
    bundle::{Bundles, Policy as ContentPolicy},
    comply::trial,
    config::Config,
    control::{Control, Controller, Policy},
    dial::{self, DialError, Traffic, Transport},
    host::Host,
    identity::{Identity, IdentityError, Machine},
    journal::{Journal, JournalError},
    link::{Link, LinkStatus, Settings, draw},
    metric::{Lane, Meter, Rate, Schedule},
    probe::Probe,
    rule::sets::Wanted,
    run::Life,
    state::{StateDir, StateError},
    watch::Units,
};

/// Why the agent could not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("using the state folder")]
    State(#[source] StateError),
    #[error("reading this host's identity; `openwatch-agent enroll --force` makes a new one")]
    Identity(#[source] IdentityError),
    #[error(
        "this host is not enrolled: run `openwatch-agent enroll --collector HOST:PORT --token TOKEN`"
    )]
    NotEnrolled,
    #[error("`collector.address`")]
    Address(#[source] DialError),
    #[error("opening the journal")]
    Journal(#[source] JournalError),
}

/// A running agent. It runs until its lifecycle stops.
#[derive(Debug)]
pub struct Agent {
    /// What it remembers.
    pub journal: Arc<Journal>,
    /// How its link stands.
    pub link: watch::Receiver<LinkStatus>,
    /// Who it is, as it is renewed.
    pub identity: watch::Receiver<Arc<Identity>>,
    /// What the collector's settings and the host's own make together.
    pub control: watch::Receiver<Control>,
    /// What it is held to.
    pub wanted: watch::Receiver<Arc<Wanted>>,
    /// The bundles that it has.
    pub bundles: Bundles,
}

impl Agent {
    /// Starts the agent's tasks on `lifecycle`. `probes` are run on `host`, whose clock is the
    /// agent's.
    ///
    /// # Errors
    /// [`StartError`], in words; nothing was started.
    pub fn start(
        config: Config,
        probes: &'static [&'static dyn Probe],
        host: Host,
        lifecycle: &Lifecycle,
    ) -> Result<Self, StartError> {
        let address = config.collector.address();
        if let Some(address) = &address {
            dial::check_address(address).map_err(StartError::Address)?;
        }
        let state = StateDir::at(&config.state_dir);
        state.make().map_err(StartError::State)?;
        let identity = Identity::load(&state).map_err(StartError::Identity)?;
        let identity = identity.ok_or(StartError::NotEnrolled)?;
        let lock = state.lock().map_err(StartError::State)?;
        let clock = host.clock().clone();
        let journal = Journal::open(state.path(), config.outbox.max_bytes, clock.clone());
        let journal = Arc::new(journal.map_err(StartError::Journal)?);
        let machine = Machine::read(&host);
        let life = Life::begin(host.clone(), state.clone(), &machine.boot_id);
        let life = Arc::new(life.map_err(StartError::State)?);
        let policy = Policy {
            accept_settings: config.control.accept_settings,
            disabled: config.collect.disabled.iter().cloned().collect(),
        };
        let kinds = probes.iter().map(|probe| probe.kind());
        let kinds = kinds.chain([KIND]);
        let controller = Arc::new(Controller::open(state.clone(), policy, kinds));
        let control = controller.watch();
        let accepts = config.control.accept_settings;
        let assigner = Arc::new(Assigner::open(state.clone(), accepts));
        let bundles = Bundles::open(&state, bundle_policy(&config), clock.clone());
        info!(host.id = %identity.host, probes = probes.len(), "agent starts");

        let id = identity.host;
        let identity = watch::Sender::new(Arc::new(identity));
        let link_status = watch::Sender::new(LinkStatus::begin());
        let journal_fault = watch::Sender::new(None);
        let renew_fault = watch::Sender::new(None);
        let blind = watch::Sender::new(Blind::new());
        let reconciled = watch::Sender::new(0);
        let bell = Arc::new(Notify::new());
        let lane = Arc::new(Lane::new(
            usize::try_from(config.metrics.keep_minutes).unwrap_or(usize::MAX),
        ));
        let traffic = Traffic::default();
        let agent = Self {
            journal: journal.clone(),
            link: link_status.subscribe(),
            identity: identity.subscribe(),
            control: controller.watch(),
            wanted: assigner.watch(),
            bundles: bundles.clone(),
        };
        let report = Report {
            state: state.clone(),
            journal: journal.clone(),
            identity: identity.subscribe(),
            address: address.clone(),
            link: link_status.subscribe(),
            control: controller.watch(),
            wanted: assigner.watch(),
            content: bundles.said(),
            journal_fault: journal_fault.subscribe(),
            renew_fault: renew_fault.subscribe(),
            blind: blind.subscribe(),
            clock: clock.clone(),
            lock,
        };
        let link = Link {
            settings: settings(&config),
            position: journal.position(),
            identity: identity.subscribe(),
            address: address.clone(),
            machine,
            clock: clock.clone(),
            renew: bell.clone(),
            status: link_status,
            journal: journal.clone(),
            reconciled: reconciled.subscribe(),
            lane: lane.clone(),
            traffic: traffic.clone(),
            life: life.clone(),
            controller,
            assigner: assigner.clone(),
            bundles: bundles.clone(),
        };
        let came = watch::Sender::new(None);
        let taker = Taker {
            bundles: bundles.clone(),
            state: state.clone(),
            host: host.clone(),
            journal: journal.clone(),
            wanted: assigner.watch(),
            limits: trial_limits(&config),
            came: came.subscribe(),
        };
        let renewal = Renewal {
            state,
            identity,
            address,
            clock,
            bell,
            fault: renew_fault,
        };
        // How busy a tree of files is, nobody can say.
        if host.is_live() {
            let traffic = Arc::new(move || traffic.totals());
            let measurer = Measurer {
                meter: Meter::new(host.clone(), traffic),
                host: host.clone(),
                lane,
                own: Rate {
                    enabled: config.metrics.enabled,
                    send_every: config.metrics.send_every(),
                },
                control: control.clone(),
                schedule: Schedule::new(draw()),
            };
            let period = config.metrics.sample();
            lifecycle.spawn("measure", |token| measurer.run(period, token));
        }
        let pace = Pace {
            host: id,
            limit: config.collect.timeout(),
            interval: config.collect.interval(),
            reconciliation: config.collect.reconciliation(),
            limits: Limits {
                cpu_percent: config.limits.cpu_percent,
                memory: config.limits.memory_mib << 20,
            },
        };
        let faults = JournalFaults(journal_fault);
        let heard = watch::Sender::new(Heard::new());
        let complier = Complier {
            host: host.clone(),
            bundles,
            came,
            journal: journal.clone(),
            limit: config.rules.timeout(),
            heard: heard.subscribe(),
            reconciled: reconciled.subscribe(),
            control: control.clone(),
            wanted: assigner.watch(),
            assigner,
            faults: faults.clone(),
            blind: blind.clone(),
        };
        let told = Told {
            faults,
            heard,
            blind,
            reconciled,
        };
        let (units, heard) = Units::new(&host);
        let ears = Ears {
            units: heard,
            control,
        };
        let observer = Observer::new(probes, host, journal, pace, ears, told);
        lifecycle.spawn("units", |token| units.run(token));
        lifecycle.spawn("observe", |token| observer.run(token));
        lifecycle.spawn("comply", |token| complier.run(token));
        lifecycle.spawn("content", |token| taker.run(token));
        lifecycle.spawn("link", |token| link.run(token));
        lifecycle.spawn("renew", |token| renewal.run(token));
        lifecycle.spawn("report", |token| report.run(token));
        lifecycle.spawn("life", |token| async move {
            token.cancelled().await;
            life.end().await;
        });
        Ok(agent)
    }
}

/// What the settings say of bundles.
pub fn bundle_policy(config: &Config) -> ContentPolicy {
    ContentPolicy {
        root: config.content.root.clone(),
        offers: config.content.offers,
        installed: config.rules.content.clone(),
    }
}

/// What the settings say of trials.
pub fn trial_limits(config: &Config) -> trial::Limits {
    let content = &config.content;
    trial::Limits {
        cpu: Duration::from_millis(content.trial_cpu_ms),
        errors: content.trial_errors,
        errors_percent: content.trial_errors_percent,
    }
}

fn settings(config: &Config) -> Settings {
    let link = &config.link;
    Settings {
        in_flight_bytes: link.in_flight_bytes,
        transport: Transport {
            keep_alive: Duration::from_secs(link.keep_alive_s),
            idle_timeout: Duration::from_secs(link.idle_timeout_s),
        },
        backoff_first: Duration::from_millis(link.backoff_first_ms),
        backoff_most: Duration::from_millis(link.backoff_most_ms),
    }
}

#[cfg(test)]
mod tests;
