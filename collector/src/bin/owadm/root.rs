//! `owadm root`: root documents, which say whose signatures count. No collector is asked.
//!
//! The roots of a fleet are a folder: `1.json`, `2.json` and so on, with `N.json.sig` beside each.

/// The first root, and the next.
mod make;

/// What a root says, and what it lacks.
mod show;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Subcommand;
use shared::trust::{MAX_ROOT, Role, Root, Sort};

use crate::{documents, output::Output, signer::With};

#[derive(Debug, Subcommand)]
pub(crate) enum RootCommand {
    /// Make the first root of a fleet, DIR/1.json
    New(make::New),
    /// Make the root that follows the newest of DIR
    Next(make::Next),
    /// Sign a root, with a key of its own or of the one before
    Sign {
        /// The root: DIR/N.json
        file: PathBuf,
        #[command(flatten)]
        with: With,
    },
    /// Show what a root says, and how many signatures it lacks
    Show {
        /// The root: DIR/N.json
        file: PathBuf,
    },
    /// Check that each root of DIR follows the one before
    Verify {
        /// The folder of roots
        dir: PathBuf,
        /// The root that is trusted; the first of DIR when it is not given
        #[arg(long, value_name = "FILE")]
        root: Option<PathBuf>,
    },
}

pub(crate) fn run(command: RootCommand, output: &Output) -> anyhow::Result<()> {
    match command {
        RootCommand::New(asked) => make::first(&asked, output),
        RootCommand::Next(asked) => make::next(&asked, output),
        RootCommand::Sign { file, with } => sign(&file, &with, output),
        RootCommand::Show { file } => show::run(&file, output),
        RootCommand::Verify { dir, root } => show::verify(&dir, root.as_deref(), output),
    }
}

/// A root that is trusted because it was named.
pub(crate) fn pinned(file: &Path) -> anyhow::Result<Root> {
    let document = documents::read_file(file, MAX_ROOT)?;
    Root::pinned(&document).with_context(|| file.display().to_string())
}

fn sign(file: &Path, with: &With, output: &Output) -> anyhow::Result<()> {
    let mut signed = documents::read(file, MAX_ROOT)?;
    let root = Root::pinned(&signed.document).with_context(|| file.display().to_string())?;
    let before = before(file, &root)?;
    let signer = with.open()?;
    let id = signer.public.id();
    let counts = |root: &Root| root.root.keys.contains(&id) && !root.has_revoked(id);
    if !counts(&root) && !before.as_ref().is_some_and(counts) {
        let name = root.name(id);
        bail!(
            "{name} is no root key of root {} nor of the one before",
            root.version
        );
    }
    signed.add(signer.sign(Sort::Root, &signed.document)?);
    documents::write_signatures(file, &signed)?;
    show::run(file, output)
}

/// The root before, if it lies in the same folder.
fn before(file: &Path, root: &Root) -> anyhow::Result<Option<Root>> {
    let folder = file.parent().unwrap_or(Path::new(""));
    let before = documents::root_file(folder, root.version - 1);
    before.exists().then(|| pinned(&before)).transpose()
}

/// What a role is called on the command line.
fn called(role: Role) -> &'static str {
    match role {
        Role::Root => "root",
        Role::Publisher => "publisher",
        Role::Release => "release",
    }
}
