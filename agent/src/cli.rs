//! The commands. Each prints what it has to say and returns the process' exit code: 0 done or
//! stopped on request, 1 crashed or something is wrong, 2 bad settings or usage, 3 could not start.

/// `bundle`.
mod bundle;

/// `content`.
mod content;

/// `facts`.
mod facts;

/// `run`.
mod run;

/// `scan` and `explain`.
mod scan;

use std::{
    ffi::OsString,
    io::{Write as _, stderr, stdin, stdout},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Args, Parser, Subcommand};
use serde_json::Value;
use shared::clock::SystemClock;

use crate::{
    config::Config,
    defect::{self, Defects},
    doctor,
    fault::words,
    host::Host,
    identity, memory, probe,
    state::StateDir,
    status::Status,
};

/// Observes this host and tells the collector what changed.
#[derive(Debug, Parser)]
#[command(name = "openwatch-agent", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Observe this host, as a service does.
    Run(Settings),
    /// Enrol this host at a collector.
    Enroll {
        /// The collector, as HOST:PORT.
        #[arg(long)]
        collector: String,
        /// The enrolment token, as the collector's console shows it; `-` reads it from standard
        /// input, so that it is in no list of processes.
        #[arg(long)]
        token: String,
        /// Replace an identity that this host has already.
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        settings: Settings,
    },
    /// Say how the agent stands.
    Status {
        /// As the JSON document that the daemon writes.
        #[arg(long)]
        json: bool,
        #[command(flatten)]
        settings: Settings,
    },
    /// Print the facts that would be sent.
    Facts(facts::Facts),
    /// Decide rules here, or on the tree of a host. Ends with 0 where none fails, 1 where one does, 2
    /// where it could not run.
    Scan(scan::Scan),
    /// Say what a rule asks, and what it finds here.
    Explain(scan::Explain),
    /// Rules, for those who write them.
    #[command(subcommand)]
    Content(content::Content),
    /// The signed content that this host is held to.
    #[command(subcommand)]
    Bundle(bundle::Bundle),
    /// Print the settings in force.
    CheckConfig(Settings),
    /// Say what is wrong, and the mend.
    Doctor(Settings),
}

/// Where the settings come from.
#[derive(Debug, Args)]
struct Settings {
    /// The file of settings [default: /etc/openwatch-agent/agent.toml, if it exists].
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where identity, journal and status are kept.
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,
}

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Exit {
    Done = 0,
    Wrong = 1,
    Usage = 2,
    NotStarted = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// Runs the command in `arguments`, of which the first is the program.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    memory::settle();
    defect::begin_anew_after(Defects::told());
    match Cli::try_parse_from(arguments) {
        Ok(cli) => cli.command.execute().into(),
        Err(error) => {
            // A closed terminal cannot be told anything.
            let _ = error.print();
            ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(Exit::Usage as u8))
        }
    }
}

impl Command {
    fn execute(self) -> Exit {
        match self {
            Self::Run(settings) => with(&settings, run::run),
            Self::Enroll {
                collector,
                token,
                force,
                settings,
            } => with(&settings, |config| {
                enroll(&config, &collector, &token, force)
            }),
            Self::Status { json, settings } => with(&settings, |config| status(&config, json)),
            Self::Facts(facts) => facts.print(probe::all()),
            Self::Scan(scan) => scan.run(),
            Self::Explain(explain) => explain.run(),
            Self::Content(content) => content.run(),
            Self::Bundle(bundle) => bundle.run(),
            Self::CheckConfig(settings) => with(&settings, |config| {
                show(&lines(&config));
                Exit::Done
            }),
            Self::Doctor(settings) => with(&settings, |config| examine(&config)),
        }
    }
}

/// The machine, or the tree at `root`, but for what the agent has a defect in.
fn host_at(root: impl Into<PathBuf>) -> Host {
    Host::at(root, SystemClock::shared()).without(Defects::told())
}

impl Settings {
    /// The settings in force; what is wrong with them is said.
    fn load(&self) -> Result<Config, Exit> {
        let state_dir = self.state_dir.as_ref();
        let flags: Vec<_> = state_dir
            .map(|path| ("state_dir", path.to_string_lossy().into_owned()))
            .into_iter()
            .collect();
        Config::load(self.config.as_deref(), &flags).map_err(|error| {
            complain(&words(&error));
            Exit::Usage
        })
    }
}

fn with(settings: &Settings, command: impl FnOnce(Config) -> Exit) -> Exit {
    settings.load().map_or_else(|exit| exit, command)
}

fn enroll(config: &Config, collector: &str, token: &str, force: bool) -> Exit {
    let state = StateDir::at(&config.state_dir);
    let host = host_at(&config.collect.root);
    let mut read = String::new();
    let token = if token == "-" {
        if let Err(error) = stdin().read_line(&mut read) {
            complain(&format!("reading the token: {error}"));
            return Exit::Wrong;
        }
        &read
    } else {
        token
    };
    let Ok(runtime) = run::runtime() else {
        complain("the runtime does not start");
        return Exit::NotStarted;
    };
    match runtime.block_on(identity::enrol(&state, &host, collector, token, force)) {
        Ok(id) => {
            show(&format!("enrolled at {collector} as host {id}\n"));
            if state.is_locked() == Some(true) {
                show("the running agent uses it after: systemctl restart openwatch-agent\n");
            }
            Exit::Done
        }
        Err(error) => {
            complain(&words(&error));
            Exit::Wrong
        }
    }
}

fn status(config: &Config, json: bool) -> Exit {
    let state = StateDir::at(&config.state_dir);
    match Status::load(&state) {
        Ok(Some(status)) if json => {
            let text = serde_json::to_string(&status).expect("a status has no map and no float");
            show(&(text + "\n"));
            Exit::Done
        }
        Ok(Some(status)) => {
            use shared::clock::Clock as _;
            show(&status.render(state.is_locked(), SystemClock.now()));
            Exit::Done
        }
        Ok(None) => {
            complain(
                "there is no status: the agent has not run yet (`openwatch-agent doctor` says why)",
            );
            Exit::Wrong
        }
        Err(error) => {
            complain(&words(&error));
            Exit::Wrong
        }
    }
}

fn examine(config: &Config) -> Exit {
    let host = host_at(&config.collect.root);
    let Ok(runtime) = run::runtime() else {
        complain("the runtime does not start");
        return Exit::NotStarted;
    };
    let findings = runtime.block_on(doctor::examine(config, probe::all(), &host));
    for finding in &findings {
        show(&format!("{finding}\n"));
    }
    if doctor::is_wrong(&findings) {
        Exit::Wrong
    } else {
        Exit::Done
    }
}

/// The settings as lines that a file of settings could hold.
fn lines(config: &Config) -> String {
    fn add(text: &mut String, at: &str, value: &Value) {
        match value {
            Value::Object(fields) => {
                for (key, value) in fields {
                    let dot = if at.is_empty() { "" } else { "." };
                    add(text, &format!("{at}{dot}{key}"), value);
                }
            }
            value => text.push_str(&format!("{at} = {value}\n")),
        }
    }
    let mut text = String::new();
    let value = serde_json::to_value(config).expect("settings are texts and numbers");
    add(&mut text, "", &value);
    text
}

/// To standard output. A reader that has gone away (`| head`) is no error.
fn show(text: &str) {
    let _ = stdout().lock().write_all(text.as_bytes());
}

/// To standard error.
fn complain(text: &str) {
    let _ = writeln!(stderr(), "openwatch-agent: {text}");
}

#[cfg(test)]
mod tests;
