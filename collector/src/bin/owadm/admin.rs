//! The authority and the accounts.

use std::path::Path;

use serde_json::json;

use crate::{
    args::{Admin, BreakGlass},
    client::Client,
    output::{Output, text},
    target::read_secret,
};

pub(crate) async fn show_authority(client: &Client, output: &Output) -> anyhow::Result<()> {
    let authority = client.get("/api/v1/authority", &[]).await?;
    let said = format!(
        "SHA-256 {}\n{}",
        text(&authority, "fingerprint"),
        text(&authority, "certificate_pem").trim_end(),
    );
    output.object(&authority, &said)
}

pub(crate) async fn run(client: &Client, command: Admin, output: &Output) -> anyhow::Result<()> {
    match command {
        Admin::Create {
            name,
            password_file,
            reset,
        } => create(client, &name, password_file.as_deref(), reset, output).await,
        Admin::Invite { name, role, reset } => invite(client, &name, &role, reset, output).await,
        Admin::BreakGlass(BreakGlass::Create { name }) => break_glass(client, &name, output).await,
    }
}

async fn create(
    client: &Client,
    name: &str,
    password_file: Option<&Path>,
    reset: bool,
    output: &Output,
) -> anyhow::Result<()> {
    let mut body = json!({"name": name, "reset": reset});
    if let Some(path) = password_file {
        body["password"] = read_secret(path)?.as_str().into();
    }
    if !reset {
        body["role"] = "admin".into();
    }
    let account = client.post("/api/v1/accounts", &body).await?;
    let done = if reset {
        "has another password"
    } else {
        "is made"
    };
    let said = match account["password"].as_str() {
        Some(password) => format!("Account {name} {done}. Its password, shown once:\n\n{password}"),
        None => format!("Account {name} {done}."),
    };
    output.object(&account, &said)
}

/// The link of somebody whose account is made before, if it is not there.
async fn invite(
    client: &Client,
    name: &str,
    role: &str,
    reset: bool,
    output: &Output,
) -> anyhow::Result<()> {
    if !reset {
        let account = json!({"name": name, "role": role, "without_password": true});
        client.post("/api/v1/accounts", &account).await?;
    }
    let purpose = if reset { "reset" } else { "invitation" };
    let path = format!("/api/v1/accounts/{name}/{purpose}");
    let link = client.post(&path, &json!({})).await?;
    let said = format!(
        "Give {name} this link of the console, which is good once and until {}:\n\n{}",
        text(&link, "expires_at"),
        text(&link, "path"),
    );
    output.object(&link, &said)
}

async fn break_glass(client: &Client, name: &str, output: &Output) -> anyhow::Result<()> {
    let account = client
        .post("/api/v1/break-glass", &json!({"name": name}))
        .await?;
    let said = format!(
        "Account {name} for emergencies is made. Whoever signs in to it may do everything, and everybody \
         is told. Its password, shown once:\n\n{}",
        text(&account, "password"),
    );
    output.object(&account, &said)
}
