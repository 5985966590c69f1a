//! The authority and the accounts.

use serde_json::json;

use crate::{
    args::Admin,
    client::{Client, read_password},
    output::{Output, text},
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
    let Admin::Create {
        name,
        password_file,
        reset,
    } = command;
    let mut body = json!({"name": name, "reset": reset});
    if let Some(path) = password_file {
        body["password"] = read_password(&path)?.into();
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
