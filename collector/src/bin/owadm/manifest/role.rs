//! Roles: those that administrators make. What every installation has cannot be changed, and is not said.

use std::collections::BTreeSet;

use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, json};

use super::{Known, Sort, There, Thing, check_name, said, text};
use crate::{output, yaml::Yaml};

const PATH: &str = "/api/v1/roles";

/// A role.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Role {
    #[serde(rename = "kind")]
    _kind: IgnoredAny,
    name: String,
    #[serde(default)]
    description: String,
    /// Codes of permissions.
    permissions: BTreeSet<String>,
}

impl Thing for Role {
    const SORT: Sort = Sort::Role;

    fn title(&self) -> String {
        self.name.clone()
    }

    fn entries(&self) -> Vec<(String, Yaml)> {
        let permissions = self.permissions.iter().map(|one| one.as_str().into());
        said([
            ("name", Some(self.name.as_str().into())),
            ("description", text(&self.description)),
            ("permissions", Some(Yaml::List(permissions.collect()))),
        ])
    }

    fn check(&self) -> Result<(), String> {
        check_name(&self.name)
    }

    async fn all(known: &mut Known<'_>) -> anyhow::Result<Vec<There<Self>>> {
        let listed = known.client.list(PATH, &[], usize::MAX).await?;
        let made = listed.iter().filter(|role| role["built_in"] != true);
        made.map(|role| {
            let is = read(role)?;
            let path = format!("{PATH}/{}", is.name);
            Ok(There {
                path,
                tag: None,
                is,
            })
        })
        .collect()
    }

    async fn look(there: &mut There<Self>, known: &mut Known<'_>) -> anyhow::Result<()> {
        let (role, tag) = known.client.get_tagged(&there.path).await?;
        (there.is, there.tag) = (read(&role)?, tag);
        Ok(())
    }

    async fn put(&self, there: Option<&There<Self>>, known: &mut Known<'_>) -> anyhow::Result<()> {
        let mut body = json!({"description": self.description, "permissions": self.permissions});
        match there {
            Some(there) => {
                known
                    .client
                    .put(&there.path, there.tag.as_deref(), &body)
                    .await?
            }
            None => {
                body["name"] = self.name.as_str().into();
                known.client.post(PATH, &body).await?
            }
        };
        Ok(())
    }
}

/// A role as the API has it.
fn read(role: &Value) -> anyhow::Result<Role> {
    Ok(Role {
        _kind: IgnoredAny,
        name: output::text(role, "name"),
        description: role["description"].as_str().unwrap_or_default().into(),
        permissions: serde_json::from_value(role["permissions"].clone())?,
    })
}
