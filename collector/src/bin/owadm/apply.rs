//! `owadm apply`: has a collector be as files say. What is so already is left alone, so that the same files
//! again change nothing.

/// What differs.
mod diff;

/// What files say.
mod files;

/// What is to become of things of one kind.
mod plan;

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::json;

use self::{
    files::Wishes,
    plan::{Plan, Told},
};
use crate::{
    client::Client,
    manifest::{Binding, Group, Known, Maintenance, Role, Settings},
    output::Output,
};

/// What is to be applied, and how far.
#[derive(Debug, Args)]
pub(crate) struct Apply {
    /// A file of YAML documents, a folder of them, or - for standard input; repeat it for more
    #[arg(short, long = "file", value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Only show what would change
    #[arg(long)]
    dry_run: bool,
    /// Delete as well what the collector has and the files have not, of the kinds that they have
    #[arg(long)]
    prune: bool,
}

/// What is to become of everything.
struct Plans {
    groups: Plan<Group>,
    settings: Plan<Settings>,
    maintenance: Plan<Maintenance>,
    roles: Plan<Role>,
    bindings: Plan<Binding>,
}

pub(crate) async fn run(client: &Client, asked: Apply, output: &Output) -> anyhow::Result<()> {
    let mut errors = Vec::new();
    let wishes = files::read(&asked.files, &mut errors);
    // What cannot be read is not worth asking a collector about.
    refuse(&errors)?;
    let mut known = Known::new(client).await?;
    let plans = Plans::new(wishes, &mut known, asked.prune, &mut errors).await?;
    refuse(&errors)?;
    let told = plans.told();
    if asked.dry_run {
        return show(&told, true, output);
    }
    let mut done = 0;
    let ended = plans.carry_out(&mut known, &mut done).await;
    let all = told.iter().filter(|one| one.is_change()).count();
    ended.with_context(|| format!("{done} of {all} changes were made"))?;
    show(&told, false, output)
}

/// Ends with all that is wrong.
fn refuse(errors: &[String]) -> anyhow::Result<()> {
    if !errors.is_empty() {
        bail!("nothing was changed:\n{}", errors.join("\n"));
    }
    Ok(())
}

impl Plans {
    async fn new(
        wishes: Wishes,
        known: &mut Known<'_>,
        prune: bool,
        errors: &mut Vec<String>,
    ) -> anyhow::Result<Self> {
        let groups = Plan::new(
            plan::nested_first(wishes.groups, errors),
            known,
            prune,
            errors,
        )
        .await?;
        // Groups that are there once the first plan is carried out.
        let there = groups.titles_after(known);
        let mut plans = Self {
            groups,
            settings: Plan::new(wishes.settings, known, prune, errors).await?,
            maintenance: Plan::new(wishes.maintenance, known, prune, errors).await?,
            roles: Plan::new(wishes.roles, known, prune, errors).await?,
            bindings: Plan::new(wishes.bindings, known, prune, errors).await?,
        };
        plans.groups.check_groups(&there, errors);
        plans.settings.check_groups(&there, errors);
        plans.maintenance.check_groups(&there, errors);
        plans.bindings.check_groups(&there, errors);
        // What was set for a group goes with it.
        plans.settings.forget_of(&there);
        plans.maintenance.forget_of(&there);
        plans.bindings.forget_of(&there);
        Ok(plans)
    }

    fn told(&self) -> Vec<Told> {
        let made = [
            self.groups.told_put(),
            self.settings.told_put(),
            self.maintenance.told_put(),
            self.roles.told_put(),
            self.bindings.told_put(),
        ];
        let gone = [
            self.bindings.told_gone(),
            self.roles.told_gone(),
            self.maintenance.told_gone(),
            self.settings.told_gone(),
            self.groups.told_gone(),
        ];
        made.into_iter().chain(gone).flatten().collect()
    }

    /// Makes everything so, what others need first; counts what is done.
    async fn carry_out(&self, known: &mut Known<'_>, done: &mut usize) -> anyhow::Result<()> {
        self.groups.put(known, done).await?;
        self.settings.put(known, done).await?;
        self.maintenance.put(known, done).await?;
        self.roles.put(known, done).await?;
        self.bindings.put(known, done).await?;
        self.bindings.remove(known, done).await?;
        self.roles.remove(known, done).await?;
        self.maintenance.remove(known, done).await?;
        self.settings.remove(known, done).await?;
        self.groups.remove(known, done).await
    }
}

fn show(told: &[Told], dry: bool, output: &Output) -> anyhow::Result<()> {
    if output.is_json() {
        let items: Vec<_> = told.iter().map(Told::json).collect();
        return output.object(&json!({"dry_run": dry, "items": items}), "");
    }
    let count = |change: &str| told.iter().filter(|one| one.change == change).count();
    let (made, changed, deleted) = (count("made"), count("changed"), count("deleted"));
    let mut lines: Vec<String> = Vec::new();
    for one in told.iter().filter(|one| one.is_change()) {
        if dry {
            lines.push(diff::shown(&one.diff, output.is_coloured()));
        } else {
            lines.push(one.line());
        }
    }
    let would = if dry { "would be " } else { "" };
    lines.push(if made + changed + deleted == 0 {
        format!("Nothing to do: all {} are so already.", told.len())
    } else {
        let same = told.len() - made - changed - deleted;
        format!("{made} {would}made, {changed} {would}changed, {deleted} {would}deleted; {same} are so already.")
    });
    output.object(&json!(null), &lines.join("\n"))
}
