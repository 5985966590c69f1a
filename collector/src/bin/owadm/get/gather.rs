//! What the API has in several places.

use serde_json::{Value, json};

use crate::{client::Client, output::text};

/// What is set for the fleet and for each group, with whose it is as `of`.
pub(super) async fn settings(
    client: &Client,
    filters: &[(&str, &str)],
) -> anyhow::Result<Vec<Value>> {
    let mut places = vec![("fleet".to_owned(), "/api/v1/settings".to_owned())];
    for group in client.list("/api/v1/groups", &[], usize::MAX).await? {
        let path = format!("/api/v1/groups/{}/settings", text(&group, "id"));
        places.push((text(&group, "name"), path));
    }
    let mut found = Vec::new();
    for (of, path) in places {
        let mut kept = client.get(&path, filters).await?;
        if kept["updated_at"] != Value::Null {
            kept["of"] = of.into();
            found.push(kept);
        }
    }
    Ok(found)
}

/// The bindings of each account, with whose they are as `account`.
pub(super) async fn bindings(
    client: &Client,
    filters: &[(&str, &str)],
) -> anyhow::Result<Vec<Value>> {
    let mut found = Vec::new();
    for account in client.list("/api/v1/accounts", filters, usize::MAX).await? {
        for binding in account["bindings"].as_array().into_iter().flatten() {
            let group = &binding["group"]["name"];
            let mut told = binding.clone();
            told["account"] = account["name"].clone();
            told["group"] = json!(group);
            found.push(told);
        }
    }
    Ok(found)
}
