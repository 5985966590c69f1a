//! Maintenance windows. One is known by what it is for and its reason.

use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::{Value, json};

use super::{Known, Sort, There, Thing, said};
use crate::{
    output::text,
    yaml::{Yaml, map},
};

const PATH: &str = "/api/v1/maintenance";

/// A window.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Maintenance {
    #[serde(rename = "kind")]
    _kind: IgnoredAny,
    group: Option<String>,
    host: Option<String>,
    reason: String,
    /// As it was made, when it is left out.
    from: Option<DateTime<Utc>>,
    /// Open-ended, when it is left out.
    to: Option<DateTime<Utc>>,
    weekly: Option<Weekly>,
}

/// The part of each week in which it is open, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Weekly {
    weekday: u8,
    start_minute: u16,
    duration_minutes: u16,
}

impl Thing for Maintenance {
    const SORT: Sort = Sort::Maintenance;

    fn title(&self) -> String {
        let (group, host) = (self.group.as_deref(), self.host.as_deref());
        let of = group.or(host).unwrap_or_default();
        format!("{of}: {}", self.reason)
    }

    fn entries(&self) -> Vec<(String, Yaml)> {
        let instant = |at: &DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
        let instant =
            |at: &Option<DateTime<Utc>>| at.as_ref().map(|at| instant(at).as_str().into());
        let weekly = |weekly: &Weekly| {
            map([
                ("weekday", Yaml::Number(weekly.weekday.into())),
                ("start_minute", Yaml::Number(weekly.start_minute.into())),
                (
                    "duration_minutes",
                    Yaml::Number(weekly.duration_minutes.into()),
                ),
            ])
        };
        said([
            ("group", self.group.as_deref().map(Yaml::from)),
            ("host", self.host.as_deref().map(Yaml::from)),
            ("reason", Some(self.reason.as_str().into())),
            ("from", instant(&self.from)),
            ("to", instant(&self.to)),
            ("weekly", self.weekly.as_ref().map(weekly)),
        ])
    }

    fn check(&self) -> Result<(), String> {
        if self.group.is_some() == self.host.is_some() {
            return Err("name either a group or a host".into());
        }
        Ok(())
    }

    async fn settle(&mut self, known: &mut Known<'_>) -> anyhow::Result<()> {
        match &mut self.host {
            Some(host) => known.settle_host(host).await,
            None => Ok(()),
        }
    }

    fn groups(&self) -> Vec<&str> {
        self.group.as_deref().into_iter().collect()
    }

    fn called(&self, name: &str) -> bool {
        let names = [Some(&self.reason), self.group.as_ref(), self.host.as_ref()];
        names.contains(&Some(&name.to_owned()))
    }

    /// What began, began.
    fn complete(&mut self, there: &Self) {
        self.from = self.from.or(there.from);
    }

    async fn all(known: &mut Known<'_>) -> anyhow::Result<Vec<There<Self>>> {
        let mut found = Vec::new();
        for window in known.client.list(PATH, &[], usize::MAX).await? {
            let is = read(&window, known).await?;
            let path = format!("{PATH}/{}", text(&window, "id"));
            found.push(There {
                path,
                tag: None,
                is,
            });
        }
        Ok(found)
    }

    async fn look(there: &mut There<Self>, known: &mut Known<'_>) -> anyhow::Result<()> {
        let (window, tag) = known.client.get_tagged(&there.path).await?;
        (there.is, there.tag) = (read(&window, known).await?, tag);
        Ok(())
    }

    async fn put(&self, there: Option<&There<Self>>, known: &mut Known<'_>) -> anyhow::Result<()> {
        let body = self.body(known).await?;
        match there {
            Some(there) => {
                known
                    .client
                    .put(&there.path, there.tag.as_deref(), &body)
                    .await?
            }
            None => known.client.post(PATH, &body).await?,
        };
        Ok(())
    }
}

impl Maintenance {
    /// As the API takes it.
    async fn body(&self, known: &mut Known<'_>) -> anyhow::Result<Value> {
        let mut body = json!({
            "reason": self.reason, "from": self.from, "to": self.to, "weekly": self.weekly,
        });
        if let Some(group) = &self.group {
            body["group"] = known.group(group)?.into();
        }
        if let Some(host) = &self.host {
            body["host"] = known.host(host).await?.into();
        }
        Ok(body)
    }
}

/// A window as the API has it.
async fn read(window: &Value, known: &mut Known<'_>) -> anyhow::Result<Maintenance> {
    let group = window["group"]
        .as_str()
        .map(|id| known.group_name(id))
        .transpose()?;
    let host = match window["host"].as_str() {
        Some(id) => Some(known.host_name(id).await?),
        None => None,
    };
    let of = |field: &str| window[field].clone();
    Ok(Maintenance {
        _kind: IgnoredAny,
        group,
        host,
        reason: text(window, "reason"),
        from: serde_json::from_value(of("from"))?,
        to: serde_json::from_value(of("to"))?,
        weekly: serde_json::from_value(of("weekly"))?,
    })
}
