//! `owadm bundle`: content that a publisher signs. No collector is asked.

/// From content to a bundle.
mod build;

/// What differs between two.
mod diff;

/// A publisher's signature.
mod sign;

/// Whether a host would take it.
mod verify;

use std::path::PathBuf;

use clap::Subcommand;

use crate::{output::Output, signer::With};

#[derive(Debug, Subcommand)]
pub(crate) enum Bundle {
    /// Make a bundle that nobody signed yet
    Build(build::Asked),
    /// Sign a bundle; each publisher does
    #[command(visible_alias = "cosign")]
    Sign {
        /// The bundle
        file: PathBuf,
        #[command(flatten)]
        with: With,
    },
    /// Say whether hosts would take a bundle
    Verify(verify::Asked),
    /// Say what a bundle changes: which rules become stricter, which ask something else
    Diff {
        /// The bundle before
        old: PathBuf,
        /// The bundle after it
        new: PathBuf,
    },
}

pub(crate) fn run(command: Bundle, output: &Output) -> anyhow::Result<()> {
    match command {
        Bundle::Build(asked) => build::run(&asked, output),
        Bundle::Sign { file, with } => sign::run(&file, &with, output),
        Bundle::Verify(asked) => verify::run(&asked, output),
        Bundle::Diff { old, new } => diff::run(&old, &new, output),
    }
}
