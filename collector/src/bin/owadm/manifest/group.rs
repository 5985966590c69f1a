//! Groups of hosts. Who belongs to one by hand is said only where a file says `members`: hosts that enrol are
//! put into groups as well.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, json};

use super::{Known, Sort, There, Thing, said, text};
use crate::{output, yaml::Yaml};

const PATH: &str = "/api/v1/groups";
/// Most hosts that the API takes at once.
const AT_ONCE: usize = 10_000;

/// A group.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Group {
    #[serde(rename = "kind")]
    _kind: IgnoredAny,
    name: String,
    #[serde(default)]
    description: String,
    #[serde(default)]
    precedence: i32,
    /// Hosts with all these labels belong to it.
    r#match: Option<BTreeMap<String, String>>,
    /// Hosts of which this is true belong to it.
    expression: Option<String>,
    /// Names of groups whose hosts belong to it.
    #[serde(default)]
    groups: BTreeSet<String>,
    /// Names or identities of hosts that belong to it by hand.
    members: Option<BTreeSet<String>>,
}

impl Thing for Group {
    const SORT: Sort = Sort::Group;

    fn title(&self) -> String {
        self.name.clone()
    }

    fn entries(&self) -> Vec<(String, Yaml)> {
        let list = |names: &BTreeSet<String>| {
            Yaml::List(names.iter().map(|name| name.as_str().into()).collect())
        };
        let labels = |labels: &BTreeMap<String, String>| {
            let pairs = labels
                .iter()
                .map(|(key, value)| (key.clone(), value.as_str().into()));
            Yaml::Map(pairs.collect())
        };
        said([
            ("name", Some(self.name.as_str().into())),
            ("description", text(&self.description)),
            (
                "precedence",
                (self.precedence != 0).then(|| Yaml::Number(self.precedence.into())),
            ),
            ("match", self.r#match.as_ref().map(labels)),
            ("expression", self.expression.as_deref().map(Yaml::from)),
            (
                "groups",
                (!self.groups.is_empty()).then(|| list(&self.groups)),
            ),
            ("members", self.members.as_ref().map(list)),
        ])
    }

    async fn settle(&mut self, known: &mut Known<'_>) -> anyhow::Result<()> {
        let members = self.members.take();
        for mut host in members.iter().flatten().cloned() {
            known.settle_host(&mut host).await?;
            self.members.get_or_insert_default().insert(host);
        }
        if members.is_some() {
            self.members.get_or_insert_default();
        }
        Ok(())
    }

    fn ask(&self, known: &mut Known<'_>) {
        if self.members.is_some() {
            known.with_members.insert(self.name.clone());
        }
    }

    fn groups(&self) -> Vec<&str> {
        self.groups.iter().map(String::as_str).collect()
    }

    fn complete(&mut self, there: &Self) {
        if self.members.is_none() {
            self.members.clone_from(&there.members);
        }
    }

    async fn all(known: &mut Known<'_>) -> anyhow::Result<Vec<There<Self>>> {
        let mut found = Vec::new();
        for group in known.listed.clone() {
            let path = format!("{PATH}/{}", output::text(&group, "id"));
            let mut is = read(&group, known)?;
            if known.with_members.contains(&is.name) {
                is.members = Some(members(&path, known).await?);
            }
            found.push(There {
                path,
                tag: None,
                is,
            });
        }
        Ok(found)
    }

    async fn look(there: &mut There<Self>, known: &mut Known<'_>) -> anyhow::Result<()> {
        let (group, tag) = known.client.get_tagged(&there.path).await?;
        let members = there.is.members.take();
        (there.is, there.tag) = (read(&group, known)?, tag);
        there.is.members = members;
        Ok(())
    }

    async fn put(&self, there: Option<&There<Self>>, known: &mut Known<'_>) -> anyhow::Result<()> {
        let body = self.body(known)?;
        let group = match there {
            Some(there) => {
                known
                    .client
                    .put(&there.path, there.tag.as_deref(), &body)
                    .await?
            }
            None => known.client.post(PATH, &body).await?,
        };
        known.made(&group);
        let path = format!("{PATH}/{}/members", output::text(&group, "id"));
        let none = BTreeSet::new();
        let before = there
            .and_then(|there| there.is.members.as_ref())
            .unwrap_or(&none);
        let Some(after) = &self.members else {
            return Ok(());
        };
        for (how, hosts) in [("add", after - before), ("remove", before - after)] {
            let mut ids = Vec::new();
            for host in &hosts {
                ids.push(known.host(host).await?);
            }
            for some in ids.chunks(AT_ONCE) {
                known.client.post(&path, &json!({how: some})).await?;
            }
        }
        Ok(())
    }
}

impl Group {
    /// As the API takes it. What is not said is not sent, so that a collector of before takes it too.
    fn body(&self, known: &Known<'_>) -> anyhow::Result<Value> {
        let mut body = json!({
            "name": self.name, "description": self.description, "precedence": self.precedence,
            "match": self.r#match,
        });
        if let Some(expression) = &self.expression {
            body["expression"] = expression.as_str().into();
        }
        if !self.groups.is_empty() {
            let ids = self.groups.iter().map(|name| known.group(name));
            body["groups"] = json!(ids.collect::<anyhow::Result<Vec<_>>>()?);
        }
        Ok(body)
    }
}

/// A group as the API has it.
fn read(group: &Value, known: &Known<'_>) -> anyhow::Result<Group> {
    let nested = group["groups"].as_array().into_iter().flatten();
    let nested = nested
        .filter_map(Value::as_str)
        .map(|id| known.group_name(id));
    Ok(Group {
        name: output::text(group, "name"),
        description: group["description"].as_str().unwrap_or_default().into(),
        precedence: serde_json::from_value(group["precedence"].clone())?,
        r#match: serde_json::from_value(group["match"].clone())?,
        expression: group["expression"].as_str().map(str::to_owned),
        groups: nested.collect::<anyhow::Result<_>>()?,
        ..Group::default()
    })
}

/// Who belongs to it by hand.
async fn members(path: &str, known: &mut Known<'_>) -> anyhow::Result<BTreeSet<String>> {
    let listed = known
        .client
        .list(&format!("{path}/members"), &[], usize::MAX)
        .await?;
    let mut names = BTreeSet::new();
    let by_hand = |member: &&Value| {
        let why = member["why"].as_array();
        member["by_hand"] == true || why.is_some_and(|why| why.contains(&"hand".into()))
    };
    for member in listed.iter().filter(by_hand) {
        names.insert(known.host_name(&output::text(member, "id")).await?);
    }
    Ok(names)
}
