//! What the collector has, and what it is called there: files say names, the API identities.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, bail};
use serde_json::Value;

use crate::{client::Client, host, output::text};

/// The names of things on a collector.
pub(crate) struct Known<'c> {
    pub(crate) client: &'c Client,
    /// As the API lists them.
    pub(super) listed: Vec<Value>,
    /// Identities by name.
    groups: BTreeMap<String, String>,
    /// Identity and name of each, once somebody asked for one.
    hosts: Option<Vec<(String, String)>>,
    /// Groups whose members by hand matter.
    pub(super) with_members: BTreeSet<String>,
    /// Hosts whose own settings matter.
    pub(super) with_settings: BTreeSet<String>,
    /// Accounts whose roles are spoken of.
    pub(super) with_bindings: BTreeSet<String>,
}

impl<'c> Known<'c> {
    /// With the groups that there are.
    pub(crate) async fn new(client: &'c Client) -> anyhow::Result<Self> {
        let listed = client.list("/api/v1/groups", &[], usize::MAX).await?;
        let names = listed
            .iter()
            .map(|group| (text(group, "name"), text(group, "id")));
        Ok(Self {
            client,
            groups: names.collect(),
            listed,
            hosts: None,
            with_members: BTreeSet::new(),
            with_settings: BTreeSet::new(),
            with_bindings: BTreeSet::new(),
        })
    }

    /// The names of all groups.
    pub(crate) fn group_names(&self) -> Vec<String> {
        self.groups.keys().cloned().collect()
    }

    /// The identity of a group.
    pub(super) fn group(&self, name: &str) -> anyhow::Result<&str> {
        let id = self.groups.get(name);
        id.map(String::as_str)
            .with_context(|| format!("there is no group {name:?}"))
    }

    /// The name of a group.
    pub(super) fn group_name(&self, id: &str) -> anyhow::Result<String> {
        let found = self.groups.iter().find(|(_, known)| *known == id);
        let (name, _) = found.with_context(|| format!("there is no group {id}"))?;
        Ok(name.clone())
    }

    /// Remembers a group that was made.
    pub(super) fn made(&mut self, group: &Value) {
        self.groups.insert(text(group, "name"), text(group, "id"));
    }

    /// The identity of a host that is called so, or has it.
    pub(super) async fn host(&mut self, name: &str) -> anyhow::Result<String> {
        let hosts = self.hosts().await?;
        let named: Vec<_> = hosts
            .iter()
            .filter(|(id, called)| id == name || called == name)
            .collect();
        match named[..] {
            [(id, _)] => Ok(id.clone()),
            [] => bail!("there is no host {name:?}"),
            _ => bail!("several hosts are called {name:?}; name one by its identity"),
        }
    }

    /// What files call a host: its name, or its identity where others have that name too.
    pub(super) async fn host_name(&mut self, id: &str) -> anyhow::Result<String> {
        let hosts = self.hosts().await?;
        let found = hosts.iter().find(|(known, _)| known == id);
        let Some((_, name)) = found else {
            return Ok(id.to_owned());
        };
        let alone = hosts.iter().filter(|(_, called)| called == name).count() == 1;
        Ok(if alone { name } else { id }.to_owned())
    }

    /// What files call the host that is called so, or has this identity.
    ///
    /// # Errors
    /// When there is none, or there are several.
    pub(super) async fn settle_host(&mut self, name: &mut String) -> anyhow::Result<()> {
        let id = self.host(name).await?;
        *name = self.host_name(&id).await?;
        Ok(())
    }

    async fn hosts(&mut self) -> anyhow::Result<&[(String, String)]> {
        if self.hosts.is_none() {
            let hosts = self.client.list(host::PATH, &[], usize::MAX).await?;
            let hosts = hosts
                .iter()
                .map(|host| (text(host, "id"), text(host, "hostname")));
            self.hosts = Some(hosts.collect());
        }
        Ok(self.hosts.as_deref().unwrap_or_default())
    }
}
