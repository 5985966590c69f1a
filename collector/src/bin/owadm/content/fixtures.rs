//! `content test`. Rules are decided by the agent's program and by nothing else, so it is the one
//! that runs.

use std::{
    env,
    io::{ErrorKind, Write as _, stderr},
    path::PathBuf,
    process::{Command, ExitCode},
};

use clap::Args;

/// The program that decides rules.
const AGENT: &str = "openwatch-agent";

/// The agent's word for "could not run": 1 means that a case came out otherwise.
const NOT_RUN: u8 = 2;

#[derive(Debug, Args)]
pub(crate) struct Asked {
    /// The content: a folder with `rules/`
    dir: PathBuf,
    /// Only this rule; may be given several times
    #[arg(long, value_name = "ID")]
    rule: Vec<String>,
    /// The agent's program; the one beside this program when it is not given, or that on PATH
    #[arg(long, value_name = "PATH")]
    agent: Option<PathBuf>,
}

/// Runs the agent. What it says and how it ends is passed on.
pub(super) fn run(asked: &Asked) -> anyhow::Result<ExitCode> {
    let program = asked.agent.clone().or_else(beside);
    let program = program.unwrap_or_else(|| AGENT.into());
    let mut command = Command::new(&program);
    command.args(["content", "test"]).arg(&asked.dir);
    for rule in &asked.rule {
        command.arg("--rule").arg(rule);
    }
    let why = match command.status() {
        Ok(status) => match status.code() {
            Some(code) => return Ok(u8::try_from(code).map_or(ExitCode::FAILURE, ExitCode::from)),
            None => format!("{} was ended: {status}", program.display()),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => format!(
            "{} is not there, and it is what decides rules: install {AGENT} on this machine, or \
             name its program with --agent PATH",
            program.display()
        ),
        Err(error) => format!("{} does not start: {error}", program.display()),
    };
    writeln!(stderr(), "owadm: {why}")?;
    Ok(NOT_RUN.into())
}

/// The agent's program in the folder of this one.
fn beside() -> Option<PathBuf> {
    let path = env::current_exe().ok()?.with_file_name(AGENT);
    path.is_file().then_some(path)
}
