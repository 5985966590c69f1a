//! Settings: of the fleet, of a group, or of a host by itself. Profiles that hosts are held to are among them.

use openwatch_collector::settings::Layer;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

use super::{Known, Sort, There, Thing, said};
use crate::yaml::Yaml;

/// What is set for the fleet, unless a group or a host is named.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    #[serde(rename = "kind")]
    _kind: IgnoredAny,
    group: Option<String>,
    host: Option<String>,
    settings: Layer,
}

impl Thing for Settings {
    const SORT: Sort = Sort::Settings;

    fn title(&self) -> String {
        match (&self.group, &self.host) {
            (Some(group), _) => format!("group {group}"),
            (None, Some(host)) => format!("host {host}"),
            (None, None) => "fleet".into(),
        }
    }

    fn entries(&self) -> Vec<(String, Yaml)> {
        let layer = serde_json::to_value(&self.settings).unwrap_or_default();
        let mut layer = Yaml::from(layer);
        open(&mut layer);
        said([
            ("group", self.group.as_deref().map(Yaml::from)),
            ("host", self.host.as_deref().map(Yaml::from)),
            ("settings", Some(layer)),
        ])
    }

    fn check(&self) -> Result<(), String> {
        if self.group.is_some() && self.host.is_some() {
            return Err("name a group or a host, or neither for the whole fleet".into());
        }
        let (layer, held) = (&self.settings, &self.settings.compliance);
        if (self.group.is_some() || self.host.is_some()) && !layer.drift.is_silent() {
            return Err("drift: it is set for the whole fleet alone".into());
        }
        layer.drift.check()?;
        layer.check().map_err(|error| error.to_string())?;
        held.check().map_err(|error| error.to_string())
    }

    fn called(&self, name: &str) -> bool {
        let named = self.group.as_deref().or(self.host.as_deref());
        named.unwrap_or("fleet") == name
    }

    fn ask(&self, known: &mut Known<'_>) {
        known.with_settings.extend(self.host.clone());
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

    async fn all(known: &mut Known<'_>) -> anyhow::Result<Vec<There<Self>>> {
        let mut places = vec![(None, None, "/api/v1/settings".to_owned())];
        for group in known.group_names() {
            let path = format!("/api/v1/groups/{}/settings", known.group(&group)?);
            places.push((Some(group), None, path));
        }
        for host in known.with_settings.clone() {
            let path = format!("/api/v1/hosts/{}/settings", known.host(&host).await?);
            places.push((None, Some(host), path));
        }
        let mut found = Vec::new();
        for (group, host, path) in places {
            let (mut kept, tag) = known.client.get_tagged(&path).await?;
            if kept["updated_at"] != Value::Null {
                let settings = serde_json::from_value(kept["settings"].take())?;
                let _kind = IgnoredAny;
                let is = Self {
                    _kind,
                    group,
                    host,
                    settings,
                };
                found.push(There { path, tag, is });
            }
        }
        Ok(found)
    }

    async fn put(&self, there: Option<&There<Self>>, known: &mut Known<'_>) -> anyhow::Result<()> {
        let path = match (&self.group, &self.host) {
            (Some(group), _) => format!("/api/v1/groups/{}/settings", known.group(group)?),
            (None, Some(host)) => format!("/api/v1/hosts/{}/settings", known.host(host).await?),
            (None, None) => "/api/v1/settings".into(),
        };
        let (tag, body) = (
            there.and_then(|there| there.tag.as_deref()),
            serde_json::to_value(&self.settings)?,
        );
        known.client.put(&path, tag, &body).await?;
        Ok(())
    }
}

/// A line for each thing that is set, two levels deep.
fn open(layer: &mut Yaml) {
    let each = |value: &mut Yaml| {
        if let Yaml::Map(entries) = value {
            *value = Yaml::Open(std::mem::take(entries));
        }
    };
    each(layer);
    if let Yaml::Open(entries) = layer {
        entries.iter_mut().for_each(|(_, value)| each(value));
    }
}
