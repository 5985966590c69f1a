//! What is to become of things of one kind: which are made, changed, deleted, and which are so already.

use std::collections::BTreeSet;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::{
    diff::unified,
    files::{Place, Wish},
};
use crate::{
    manifest::{Group, Known, There, Thing},
    output::printable,
};

/// What is to become of things of one kind.
pub(super) struct Plan<T> {
    /// As files say it, in the order in which it is made so, with what there is.
    steps: Vec<Step<T>>,
    /// What no file says, and goes.
    gone: Vec<There<T>>,
}

struct Step<T> {
    place: Place,
    before: Option<There<T>>,
    after: T,
}

/// What becomes of one thing, for people and programs.
pub(super) struct Told {
    kind: &'static str,
    title: String,
    pub(super) change: &'static str,
    pub(super) diff: String,
}

impl Told {
    pub(super) fn is_change(&self) -> bool {
        self.change != "unchanged"
    }

    pub(super) fn line(&self) -> String {
        format!("{} {}: {}", self.kind, printable(&self.title), self.change)
    }

    pub(super) fn json(&self) -> Value {
        let Self {
            kind,
            title,
            change,
            diff,
        } = self;
        json!({"kind": kind, "name": title, "change": change, "diff": diff})
    }
}

impl<T: Thing> Plan<T> {
    /// Compares what is wished with what there is. Nothing is looked up of a kind that no file speaks of.
    pub(super) async fn new(
        mut wishes: Vec<Wish<T>>,
        known: &mut Known<'_>,
        prune: bool,
        errors: &mut Vec<String>,
    ) -> anyhow::Result<Self> {
        if wishes.is_empty() {
            let (steps, gone) = (Vec::new(), Vec::new());
            return Ok(Self { steps, gone });
        }
        for Wish { place, is } in &mut wishes {
            match is.settle(known).await {
                Ok(()) => is.ask(known),
                Err(error) => {
                    let (kind, title) = (T::SORT.name(), is.title());
                    errors.push(format!("{place}: {kind} {title}: {error:#}"));
                }
            }
        }
        let mut there = T::all(known).await?;
        let mut steps = Vec::new();
        for Wish {
            place,
            is: mut after,
        } in wishes
        {
            let title = after.title();
            let same = there.extract_if(.., |one| one.is.title() == title);
            let mut same: Vec<_> = same.collect();
            if same.len() > 1 {
                let (kind, count) = (T::SORT.name(), same.len());
                errors.push(format!(
                    "{place}: there are {count} of {kind} {title}: delete all but one"
                ));
            }
            let before = same.pop();
            if let Some(before) = &before {
                after.complete(&before.is);
            }
            let mut step = Step {
                place,
                before,
                after,
            };
            if let Err(error) = step.look(known).await {
                let Step { place, .. } = &step;
                errors.push(format!("{place}: {} {title}: {error:#}", T::SORT.name()));
            }
            steps.push(step);
        }
        there.retain(|one| prune && one.is.is_governed(known));
        for one in &mut there {
            T::look(one, known).await?;
        }
        let gone = outermost_first(there);
        Ok(Self { steps, gone })
    }

    /// Refuses what needs a group that will not be there.
    pub(super) fn check_groups(&self, there: &BTreeSet<String>, errors: &mut Vec<String>) {
        for Step { place, after, .. } in &self.steps {
            for group in after.groups() {
                if !there.contains(group) {
                    let (kind, title) = (T::SORT.name(), after.title());
                    errors.push(format!(
                        "{place}: {kind} {title}: there is no group {group:?}"
                    ));
                }
            }
        }
    }

    /// Leaves what goes with its group to that.
    pub(super) fn forget_of(&mut self, there: &BTreeSet<String>) {
        let stays = |one: &There<T>| {
            one.is
                .groups()
                .into_iter()
                .all(|group| there.contains(group))
        };
        self.gone.retain(stays);
    }

    pub(super) fn told_put(&self) -> Vec<Told> {
        self.steps.iter().map(Step::told).collect()
    }

    pub(super) fn told_gone(&self) -> Vec<Told> {
        let told = self.gone.iter().map(|one| {
            let title = one.is.title();
            let name = format!("{} {title}", T::SORT.name());
            Told {
                kind: T::SORT.name(),
                title,
                change: "deleted",
                diff: unified((&name, &one.is.written()), ("/dev/null", "")),
            }
        });
        told.collect()
    }

    /// Makes it so; counts what is done.
    pub(super) async fn put(&self, known: &mut Known<'_>, done: &mut usize) -> anyhow::Result<()> {
        for step in self.steps.iter().filter(|step| step.is_change()) {
            let put = step.after.put(step.before.as_ref(), known).await;
            put.with_context(|| {
                format!("{}: {} {}", step.place, T::SORT.name(), step.after.title())
            })?;
            *done += 1;
        }
        Ok(())
    }

    /// Deletes what goes; counts what is done.
    pub(super) async fn remove(
        &self,
        known: &mut Known<'_>,
        done: &mut usize,
    ) -> anyhow::Result<()> {
        for one in &self.gone {
            let removed = T::remove(one, known).await;
            removed.with_context(|| format!("deleting {} {}", T::SORT.name(), one.is.title()))?;
            *done += 1;
        }
        Ok(())
    }
}

impl<T: Thing> Step<T> {
    /// Where it is to be changed, compares with what there is by itself: only that has a tag.
    async fn look(&mut self, known: &mut Known<'_>) -> anyhow::Result<()> {
        if !self.is_change() {
            return Ok(());
        }
        match &mut self.before {
            Some(before) => T::look(before, known).await,
            None => Ok(()),
        }
    }

    fn is_change(&self) -> bool {
        self.before
            .as_ref()
            .is_none_or(|before| before.is != self.after)
    }

    fn told(&self) -> Told {
        let title = self.after.title();
        let name = format!("{} {title}", T::SORT.name());
        let (before, change) = match &self.before {
            Some(_) if !self.is_change() => (None, "unchanged"),
            Some(before) => (Some(before.is.written()), "changed"),
            None => (Some(String::new()), "made"),
        };
        let diff = before.map(|before| {
            let was = if before.is_empty() {
                "/dev/null"
            } else {
                &name
            };
            let becomes = format!("{name} ({})", self.place);
            unified((was, &before), (&becomes, &self.after.written()))
        });
        Told {
            kind: T::SORT.name(),
            title,
            change,
            diff: diff.unwrap_or_default(),
        }
    }
}

impl Plan<Group> {
    /// The groups that there are once this is carried out.
    pub(super) fn titles_after(&self, known: &Known<'_>) -> BTreeSet<String> {
        let mut titles: BTreeSet<String> = known.group_names().into_iter().collect();
        for gone in &self.gone {
            titles.remove(&gone.is.title());
        }
        titles.extend(self.steps.iter().map(|step| step.after.title()));
        titles
    }
}

/// Things in an order in which none changes by that another goes before it.
fn outermost_first<T: Thing>(mut gone: Vec<There<T>>) -> Vec<There<T>> {
    let mut ordered = Vec::new();
    while !gone.is_empty() {
        let inner: BTreeSet<String> = gone
            .iter()
            .flat_map(|one| one.is.groups())
            .map(str::to_owned)
            .collect();
        let before = ordered.len();
        ordered.extend(gone.extract_if(.., |one| !inner.contains(&one.is.title())));
        // The API lets no group be in itself.
        if ordered.len() == before {
            ordered.append(&mut gone);
        }
    }
    ordered
}

/// Groups in an order in which each comes after those that are in it.
pub(super) fn nested_first(
    mut wishes: Vec<Wish<Group>>,
    errors: &mut Vec<String>,
) -> Vec<Wish<Group>> {
    let mut ordered: Vec<Wish<Group>> = Vec::new();
    loop {
        let left: BTreeSet<String> = wishes.iter().map(|wish| wish.is.title()).collect();
        let is_ready = |wish: &mut Wish<Group>| {
            !wish
                .is
                .groups()
                .into_iter()
                .any(|group| left.contains(group))
        };
        let ready: Vec<_> = wishes.extract_if(.., is_ready).collect();
        if ready.is_empty() {
            break;
        }
        ordered.extend(ready);
    }
    if let Some(first) = wishes.first() {
        let names: Vec<_> = wishes.iter().map(|wish| wish.is.title()).collect();
        errors.push(format!(
            "{}: groups are in each other: {}",
            first.place,
            names.join(", ")
        ));
    }
    ordered
}
