//! `bundle`: which content is in force, and content that somebody carries here.
//!
//! What is changed is changed by the daemon, if one runs; only then it is tried against what the daemon
//! has told last, and with its rights.

use std::path::PathBuf;

use clap::Subcommand;
use shared::{
    clock::{Clock as _, SystemClock},
    wire::ContentState,
};

use super::{Exit, Settings, complain, show, with};
use crate::{
    assign::Assigner,
    bundle::{
        Bundles, Ground,
        ask::{self, Answer, Ask},
        words,
    },
    comply::trial::Verdicts,
    config::Config,
    fault,
    host::Host,
    pipeline::{bundle_policy, trial_limits},
    state::{StateDir, StateError},
    status::Status,
};

#[derive(Debug, Subcommand)]
pub(super) enum Bundle {
    /// Say which bundle is in force, which are kept, and what came of the last offer. Ends with 1 where
    /// the one in force has expired.
    Status {
        /// As JSON.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        settings: Settings,
    },
    /// Put a bundle in force that is kept, until a newer one comes.
    Use {
        /// Its serial, as `status` has it.
        serial: u64,
        #[command(flatten)]
        settings: Settings,
    },
    /// Take a bundle from a file, as one that the collector offers: verified, tried, put in force.
    Import {
        /// A file NAME.owb.
        file: PathBuf,
        #[command(flatten)]
        settings: Settings,
    },
}

impl Bundle {
    pub(super) fn run(self) -> Exit {
        match self {
            Self::Status { json, settings } => with(&settings, |config| status(&config, json)),
            Self::Use { serial, settings } => {
                with(&settings, |config| change(&config, Ask::Use(serial), None))
            }
            Self::Import { file, settings } => {
                with(&settings, |config| change(&config, Ask::Import, Some(file)))
            }
        }
    }
}

fn status(config: &Config, json: bool) -> Exit {
    let state = match content_state(config) {
        Ok(state) => state,
        Err(why) => {
            complain(&why);
            return Exit::Wrong;
        }
    };
    let now = SystemClock.now();
    if json {
        let text = serde_json::to_string(&state).expect("it has no map and no float");
        show(&(text + "\n"));
    } else {
        show(&words::state(&state, now));
    }
    if words::is_stale(&state, now) {
        Exit::Wrong
    } else {
        Exit::Done
    }
}

/// What a running daemon says, or else what it would say.
fn content_state(config: &Config) -> Result<ContentState, String> {
    let state = StateDir::at(&config.state_dir);
    let said = |error: StateError| fault::words(&error);
    state.make().map_err(said)?;
    match state.lock() {
        Ok(_lock) => Ok(bundles(config, &state).state()),
        Err(StateError::InUse { .. }) => {
            let status = Status::load(&state).map_err(said)?;
            let status = status.ok_or("the agent has only just been started: ask again")?;
            Ok(status.content)
        }
        Err(error) => Err(said(error)),
    }
}

fn change(config: &Config, asked: Ask, file: Option<PathBuf>) -> Exit {
    let state = StateDir::at(&config.state_dir);
    let file = file.as_deref();
    let answer = match state.make().and_then(|()| state.lock()) {
        Ok(_lock) => {
            let bundles = bundles(config, &state);
            let archive = file.unwrap_or(state.path());
            Ok(ask::answer(
                &bundles,
                asked,
                archive,
                &ground(config, &state),
            ))
        }
        Err(StateError::InUse { .. }) => ask::ask(&state, asked, file),
        Err(error) => Err(fault::words(&error)),
    };
    match answer {
        Ok(Answer::InForce { serial, trial }) => {
            let tried = trial.map(|trial| format!(": {}", words::trial(&trial)));
            show(&format!(
                "bundle {serial} is in force{}\n",
                tried.unwrap_or_default()
            ));
            Exit::Done
        }
        Ok(Answer::Refused(why)) | Err(why) => {
            complain(&why);
            Exit::Wrong
        }
    }
}

fn bundles(config: &Config, state: &StateDir) -> Bundles {
    Bundles::open(state, bundle_policy(config), SystemClock::shared())
}

/// Without a daemon nobody knows what came of the content in force: it is decided too.
fn ground(config: &Config, state: &StateDir) -> Ground {
    let assigner = Assigner::open(state.clone(), config.control.accept_settings);
    Ground {
        host: Host::at(&config.collect.root, SystemClock::shared()),
        wanted: assigner.watch().borrow().clone(),
        known: Verdicts::new(),
        limits: trial_limits(config),
    }
}
