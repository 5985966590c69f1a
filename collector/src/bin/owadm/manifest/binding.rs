//! Bindings: which roles accounts have, and for which hosts. One that is said is there or is not; there is
//! nothing of it to change.

use serde::{Deserialize, de::IgnoredAny};
use serde_json::json;

use super::{Known, Sort, There, Thing, check_name, said};
use crate::{output::text, yaml::Yaml};

const ACCOUNTS: &str = "/api/v1/accounts";

/// A role of an account, everywhere unless a group is named.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Binding {
    #[serde(rename = "kind")]
    _kind: IgnoredAny,
    account: String,
    role: String,
    group: Option<String>,
}

impl Thing for Binding {
    const SORT: Sort = Sort::Binding;

    fn title(&self) -> String {
        let Self { account, role, .. } = self;
        match &self.group {
            Some(group) => format!("{account}: {role} in {group}"),
            None => format!("{account}: {role}"),
        }
    }

    fn entries(&self) -> Vec<(String, Yaml)> {
        said([
            ("account", Some(self.account.as_str().into())),
            ("role", Some(self.role.as_str().into())),
            ("group", self.group.as_deref().map(Yaml::from)),
        ])
    }

    fn called(&self, name: &str) -> bool {
        self.account == name
    }

    fn check(&self) -> Result<(), String> {
        check_name(&self.account)
    }

    /// Of accounts that the files speak of.
    fn is_governed(&self, known: &Known<'_>) -> bool {
        known.with_bindings.contains(&self.account)
    }

    fn groups(&self) -> Vec<&str> {
        self.group.as_deref().into_iter().collect()
    }

    fn ask(&self, known: &mut Known<'_>) {
        known.with_bindings.insert(self.account.clone());
    }

    async fn all(known: &mut Known<'_>) -> anyhow::Result<Vec<There<Self>>> {
        let mut found = Vec::new();
        for account in known.client.list(ACCOUNTS, &[], usize::MAX).await? {
            let name = text(&account, "name");
            // What an identity provider gives, it gives anew at each sign-in: that is not for files.
            let bindings = account["bindings"].as_array().into_iter().flatten();
            for binding in bindings.filter(|binding| binding["provider"].is_null()) {
                let path = format!("{ACCOUNTS}/{name}/bindings/{}", text(binding, "id"));
                let is = Self {
                    _kind: IgnoredAny,
                    account: name.clone(),
                    role: text(binding, "role"),
                    group: binding["group"]["name"].as_str().map(str::to_owned),
                };
                found.push(There {
                    path,
                    tag: None,
                    is,
                });
            }
        }
        Ok(found)
    }

    async fn put(&self, _: Option<&There<Self>>, known: &mut Known<'_>) -> anyhow::Result<()> {
        let group = self.group.as_deref().map(|name| known.group(name));
        let body = json!({"role": self.role, "group": group.transpose()?});
        let path = format!("{ACCOUNTS}/{}/bindings", self.account);
        known.client.post(&path, &body).await?;
        Ok(())
    }
}
