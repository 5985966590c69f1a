//! What shells and `man` know of the commands.

use std::{fs, path::PathBuf};

use anyhow::Context as _;
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::{args::Cli, output::print};

/// For which shell.
#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

/// Where to.
#[derive(Debug, Args)]
pub(crate) struct Man {
    /// The folder to write them to, such as /usr/local/share/man/man1
    folder: PathBuf,
}

/// Prints a script that completes commands. Nothing is asked of any collector while one types.
pub(crate) fn completions(asked: &Completions) -> anyhow::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(asked.shell, &mut Cli::command(), "owadm", &mut script);
    print(&String::from_utf8(script)?)
}

/// Writes a page for each command.
pub(crate) fn man(asked: &Man) -> anyhow::Result<()> {
    let folder = &asked.folder;
    let name = || format!("writing to {}", folder.display());
    fs::create_dir_all(folder).with_context(name)?;
    clap_mangen::generate_to(Cli::command(), folder).with_context(name)
}
