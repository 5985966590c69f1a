//! Things as files say them: what `owadm apply` takes and `owadm get -o yaml` writes. One file a kind.

/// Roles of accounts.
mod binding;

/// Groups of hosts.
mod group;

/// What the collector has, and what it is called there.
mod known;

/// Times in which hosts may be away.
mod maintenance;

/// What accounts can be allowed.
mod role;

/// What hosts are held to and report.
mod settings;

use anyhow::ensure;
use serde::de::DeserializeOwned;

pub(crate) use self::{
    binding::Binding, group::Group, known::Known, maintenance::Maintenance, role::Role,
    settings::Settings,
};
use crate::{
    client::Client,
    yaml::{self, Yaml},
};

/// A kind of thing that files can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    Group,
    Settings,
    Maintenance,
    Role,
    Binding,
}

impl Sort {
    /// All of them; each needs only those before it.
    pub(crate) const ALL: [Self; 5] = [
        Self::Group,
        Self::Settings,
        Self::Maintenance,
        Self::Role,
        Self::Binding,
    ];

    /// As files say it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Group => "Group",
            Self::Settings => "Settings",
            Self::Maintenance => "Maintenance",
            Self::Role => "Role",
            Self::Binding => "Binding",
        }
    }
}

/// A thing as files say it.
pub(crate) trait Thing: Clone + PartialEq + DeserializeOwned {
    const SORT: Sort;

    /// What it is known by among its kind: two that are called the same are one.
    fn title(&self) -> String;

    /// What is written of it, in order.
    fn entries(&self) -> Vec<(String, Yaml)>;

    /// Refuses what can be told to be wrong without a collector.
    ///
    /// # Errors
    /// What is wrong.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }

    /// Calls hosts as the collector's are called here.
    ///
    /// # Errors
    /// When there is none that is called so.
    async fn settle(&mut self, _known: &mut Known<'_>) -> anyhow::Result<()> {
        Ok(())
    }

    /// Tells what has to be looked up for it, apart from what is always.
    fn ask(&self, _known: &mut Known<'_>) {}

    /// Names of groups that must be there before it.
    fn groups(&self) -> Vec<&str> {
        Vec::new()
    }

    /// Whether people would call it so, among others.
    fn called(&self, name: &str) -> bool {
        self.title() == name
    }

    /// Whether it is for files of these things to delete it.
    fn is_governed(&self, _known: &Known<'_>) -> bool {
        true
    }

    /// Takes from the one that is there what this leaves open.
    fn complete(&mut self, _there: &Self) {}

    /// Those that the collector has.
    async fn all(known: &mut Known<'_>) -> anyhow::Result<Vec<There<Self>>>;

    /// Looks at it by itself, and takes down the tag of what it is, if it has not been yet.
    async fn look(_there: &mut There<Self>, _known: &mut Known<'_>) -> anyhow::Result<()> {
        Ok(())
    }

    /// Makes it so, unless somebody else has made it another since it was looked at.
    async fn put(&self, there: Option<&There<Self>>, known: &mut Known<'_>) -> anyhow::Result<()>;

    /// Deletes it, unless somebody has made it another since it was looked at.
    async fn remove(there: &There<Self>, known: &mut Known<'_>) -> anyhow::Result<()> {
        let (path, tag) = (&there.path, there.tag.as_deref());
        known.client.delete_if(path, tag).await.map(drop)
    }

    /// As a file says it.
    fn written(&self) -> String {
        let kind = ("kind".to_owned(), Self::SORT.name().into());
        let entries: Vec<_> = [kind].into_iter().chain(self.entries()).collect();
        yaml::file(&entries)
    }
}

/// A thing that the collector has.
#[derive(Debug, Clone)]
pub(crate) struct There<T> {
    /// Where in the API it is.
    pub(crate) path: String,
    /// Of what it is; `None` for what is never edited, and before it was looked at by itself.
    pub(crate) tag: Option<String>,
    pub(crate) is: T,
}

/// The file of all of a kind, or of those that are called so.
pub(crate) async fn file(
    client: &Client,
    sort: Sort,
    name: Option<&str>,
) -> anyhow::Result<String> {
    match sort {
        Sort::Group => all::<Group>(client, name).await,
        Sort::Settings => all::<Settings>(client, name).await,
        Sort::Maintenance => all::<Maintenance>(client, name).await,
        Sort::Role => all::<Role>(client, name).await,
        Sort::Binding => all::<Binding>(client, name).await,
    }
}

async fn all<T: Thing>(client: &Client, name: Option<&str>) -> anyhow::Result<String> {
    let mut known = Known::new(client).await?;
    let mut found = T::all(&mut known).await?;
    if let Some(name) = name {
        found.retain(|one| one.is.called(name));
        ensure!(!found.is_empty(), "there is no {} {name:?}", T::SORT.name());
    }
    let documents: Vec<_> = found.iter().map(|one| one.is.written()).collect();
    Ok(documents.join("---\n"))
}

/// What is said, without what is not.
fn said<const N: usize>(said: [(&str, Option<Yaml>); N]) -> Vec<(String, Yaml)> {
    let said = said.into_iter();
    said.filter_map(|(key, value)| Some((key.to_owned(), value?)))
        .collect()
}

/// A text, unless there is none.
fn text(text: &str) -> Option<Yaml> {
    (!text.is_empty()).then(|| text.into())
}

/// Refuses the name of an account or a role that could not be part of an address.
fn check_name(name: &str) -> Result<(), String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_@.".contains(c);
    if name.chars().all(fits) && name.chars().any(|c| c != '.') {
        Ok(())
    } else {
        Err(format!("{name:?} is no name: letters, digits and . - _ @"))
    }
}
