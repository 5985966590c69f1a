//! Content: rules and tables of controls in a folder. No collector is asked.

/// Whether it loads.
mod check;

/// Which controls the rules cover.
mod coverage;

/// Tables of controls from tables with tabs.
mod controls;

/// What rules come to on their small hosts.
mod fixtures;

/// Rules of regular families, from tables.
mod generate;

/// Rules of policies of others.
mod import;

/// The format, for editors.
mod schema;

use std::{
    io::{Write as _, stderr},
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::anyhow;
use clap::Subcommand;
use shared::rule::load::{Content as Loaded, Tests};

use crate::output::Output;

#[derive(Debug, Subcommand)]
pub(crate) enum Content {
    /// Load a folder of content and say everything that is wrong with it
    Check {
        /// The content: a folder with `rules/` and `frameworks/`
        dir: PathBuf,
    },
    /// Decide each rule on the small hosts that lie beside it, and compare
    Test(fixtures::Asked),
    /// Write the rules that the tables in `families/` stand for
    Generate {
        /// The content: a folder with `families/` and `rules/`
        dir: PathBuf,
    },
    /// Write rules of what others wrote
    #[command(subcommand)]
    Import(import::Import),
    /// Print a JSON Schema of the format, for editors
    Schema {
        #[arg(value_enum)]
        of: schema::Of,
    },
    /// Say how many controls of each benchmark the rules cover
    Coverage(coverage::Asked),
    /// Print the table of controls KEY of a table with tabs, for `frameworks/KEY.yaml`
    ImportControls {
        /// Columns: control, levels, status, automated, subjects, values; and perhaps title, from
        tsv: PathBuf,
        /// Such as cis_debian12: of the benchmark and of what it is written for
        key: String,
        /// Where the numbers come from, for the head of the file
        #[arg(long, value_name = "TEXT")]
        source: Option<String>,
    },
}

pub(crate) fn run(command: Content, output: &Output) -> anyhow::Result<ExitCode> {
    match command {
        Content::Check { dir } => check::run(&dir, output)?,
        Content::Test(asked) => return fixtures::run(&asked),
        Content::Generate { dir } => generate::run(&dir, output)?,
        Content::Import(asked) => import::run(&asked, output)?,
        Content::Schema { of } => schema::run(of, output)?,
        Content::Coverage(asked) => coverage::run(&asked, output)?,
        Content::ImportControls { tsv, key, source } => {
            controls::run(&tsv, &key, source.as_deref())?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Loads a folder of content. What is wrong with it is told, each on its line.
pub(crate) fn load(dir: &Path) -> anyhow::Result<Loaded> {
    Loaded::load(dir, Tests::With).map_err(|problems| {
        for problem in &problems {
            // Nowhere is left to say that this cannot be said.
            let _ = writeln!(stderr(), "{problem}");
        }
        anyhow!("{} wrong in {}", problems.len(), dir.display())
    })
}
