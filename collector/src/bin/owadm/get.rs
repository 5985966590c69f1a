//! `owadm get`: what a collector has, in the form that is wanted. Whatever the API's lists can be asked for can
//! be asked for here.

/// What the API has in several places.
mod gather;

/// What there is to get.
mod kind;

/// The forms.
mod show;

use anyhow::{bail, ensure};
use clap::{Args, ValueEnum};
use serde_json::Value;

use self::kind::{KINDS, Kind, Source};
use crate::{
    client::Client,
    host, manifest,
    output::{Output, json, print},
};

/// What is to be got, and how it is shown.
#[derive(Debug, Args)]
pub(crate) struct Get {
    /// hosts, groups, settings, maintenance, waivers, roles, bindings, accounts, tokens, enrolment-tokens, rollouts,
    /// bundles, roots, releases, rules, frameworks or profiles
    #[arg(value_parser = kind)]
    kind: &'static Kind,
    /// One of them, by name or identity; all when it is not given
    name: Option<String>,
    /// How to show it
    #[arg(short, long, default_value = "table", value_enum)]
    output: Form,
    /// Only those that the API finds with this parameter, such as state=online or q=web
    #[arg(short = 'w', long = "where", value_name = "NAME=VALUE", value_parser = filter)]
    filters: Vec<(String, String)>,
    /// At most so many
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

/// How answers are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// Columns for people
    Table,
    /// More columns
    Wide,
    /// As the API has it
    Json,
    /// What `owadm apply` takes, where it takes such a thing; otherwise as the API has it
    Yaml,
    /// The names alone
    Name,
}

pub(crate) async fn run(client: &Client, asked: Get, output: &Output) -> anyhow::Result<()> {
    let Get {
        kind,
        name,
        filters,
        limit,
        ..
    } = asked;
    let form = if output.is_json() {
        Form::Json
    } else {
        asked.output
    };
    let choosy = !filters.is_empty() || limit.is_some();
    if form == Form::Yaml
        && let Some(sort) = kind.manifest
    {
        ensure!(
            !choosy,
            "what can be applied is shown whole: --where and --limit do not go with -o yaml"
        );
        return print(&manifest::file(client, sort, name.as_deref()).await?);
    }
    let items = match &name {
        Some(name) => {
            ensure!(
                !choosy,
                "what is named is not looked for: --where and --limit do not go with a name"
            );
            named(client, kind, name).await?
        }
        None => all(client, kind, &filters, limit.unwrap_or(usize::MAX)).await?,
    };
    match (form, &items[..]) {
        (Form::Table, _) => show::table(kind, &items, false),
        (Form::Wide, _) => show::table(kind, &items, true),
        (Form::Name, _) => show::names(kind, &items),
        (Form::Json, [one]) if name.is_some() => json(one),
        (Form::Json, _) => json(&serde_json::json!({"items": items})),
        (Form::Yaml, [one]) if name.is_some() => show::yaml(one),
        (Form::Yaml, _) => show::yaml(&Value::Array(items)),
    }
}

/// All that the filters let through, at most so many.
async fn all(
    client: &Client,
    kind: &Kind,
    filters: &[(String, String)],
    most: usize,
) -> anyhow::Result<Vec<Value>> {
    let filters: Vec<_> = filters
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let mut items = match kind.source {
        Source::List => client.list(kind.path, &filters, most).await?,
        Source::Whole => {
            let mut whole = client.get(kind.path, &filters).await?;
            let items = whole["items"].take();
            items.as_array().cloned().unwrap_or_default()
        }
        Source::Settings => gather::settings(client, &filters).await?,
        Source::Bindings => gather::bindings(client, &filters).await?,
    };
    items.truncate(most);
    Ok(items)
}

/// The one of this name, or the bindings of this account.
async fn named(client: &Client, kind: &Kind, name: &str) -> anyhow::Result<Vec<Value>> {
    if kind.path == host::PATH {
        let id = host::find(client, name).await?;
        return Ok(vec![client.get(&format!("{}/{id}", kind.path), &[]).await?]);
    }
    let mut found = all(client, kind, &[], usize::MAX).await?;
    found.retain(|item| kind.called(item, name));
    match found.len() {
        0 => bail!(
            "there is no {} {name:?}; see `owadm get {}`",
            kind.one,
            kind.many
        ),
        1 => Ok(found),
        _ if kind.source == Source::Bindings => Ok(found),
        _ => bail!(
            "several {} are called {name:?}; name one by its identity",
            kind.many
        ),
    }
}

fn kind(text: &str) -> Result<&'static Kind, String> {
    KINDS
        .iter()
        .find(|kind| kind.one == text || kind.many == text)
        .ok_or_else(|| {
            let known: Vec<_> = KINDS.iter().map(|kind| kind.many).collect();
            format!("there are {}", known.join(", "))
        })
}

/// `NAME=VALUE`.
fn filter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.into(), value.into())),
        _ => Err(format!("{text:?} is not NAME=VALUE")),
    }
}
