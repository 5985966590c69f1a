//! What somebody may do, and why.

use clap::Subcommand;
use serde_json::Value;

use crate::{
    client::Client,
    host,
    output::{Output, text},
};

/// Who may do what.
#[derive(Debug, Subcommand)]
pub(crate) enum Access {
    /// Explain what an account may do, and through which of its bindings
    Explain {
        /// The account's name
        account: String,
        /// Name or identity of a host: what it may do there
        host: Option<String>,
    },
}

pub(crate) async fn run(client: &Client, command: Access, output: &Output) -> anyhow::Result<()> {
    let Access::Explain { account, host } = command;
    let host = match host {
        Some(host) => Some(host::find(client, &host).await?.to_string()),
        None => None,
    };
    let mut query = vec![("account", account.as_str())];
    query.extend(host.as_deref().map(|host| ("host", host)));
    let answer = client.get("/api/v1/access", &query).await?;
    let permissions = answer["permissions"].as_array();
    let head = ["PERMISSION", "MAY", "WHY"];
    let row = |permission: &Value| {
        let may = permission["allowed"] == true;
        [
            text(permission, "permission"),
            if may { "yes" } else { "no" }.into(),
            why(permission, answer["locked"] == true),
        ]
    };
    output.answer(&answer, head, permissions.map_or(&[], Vec::as_slice), row)
}

/// Of what gives it, or else of what does not, all of it.
fn why(permission: &Value, locked: bool) -> String {
    if locked {
        return "the account is locked".into();
    }
    let because: Vec<&Value> = permission["because"]
        .as_array()
        .into_iter()
        .flatten()
        .collect();
    let gives = |reason: &&Value| reason["gives"] == permission["allowed"];
    let said: Vec<_> = because.into_iter().filter(gives).map(reason).collect();
    if said.is_empty() {
        return "none of its roles has it".into();
    }
    said.join("; ")
}

fn reason(reason: &Value) -> String {
    let role = text(reason, "role");
    let group = text(&reason["group"], "name");
    match reason["why"].as_str().unwrap_or_default() {
        "everything" => format!("{role} everywhere"),
        "no_host" => format!("{role}; it is about no host"),
        "group" => format!("{role} for group {group:?}"),
        "member_by_hand" => format!("{role} for group {group:?}, of which the host is a member"),
        "member_by_labels" => format!("{role} for group {group:?}, which its labels match"),
        "member_by_expression" => format!("{role} for group {group:?}, by its expression"),
        "member_by_nesting" => format!("{role} for group {group:?}, by a group that is in it"),
        "no_member" => format!("{role} only for group {group:?}, to which it does not belong"),
        "only_everywhere" => format!("{role} only for group {group:?}; it takes one everywhere"),
        other => format!("{role} for group {group:?}: {other}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_gives_it_is_told_and_else_what_does_not() {
        let because = json!([
            {"role": "viewer", "group": {"name": "web"}, "gives": true, "why": "member_by_labels"},
            {"role": "admin", "group": {"name": "db"}, "gives": false, "why": "no_member"},
        ]);
        let told = |allowed, because: &Value, locked| {
            why(&json!({"allowed": allowed, "because": because}), locked)
        };
        assert_eq!(
            told(true, &because, false),
            "viewer for group \"web\", which its labels match"
        );
        assert_eq!(
            told(false, &json!([because[1]]), false),
            "admin only for group \"db\", to which it does not belong"
        );
        assert_eq!(told(false, &json!([]), false), "none of its roles has it");
        assert_eq!(told(false, &because, true), "the account is locked");
    }
}
