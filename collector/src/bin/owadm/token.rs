//! Enrolment tokens.

use serde_json::json;

use crate::{
    args::Token,
    client::Client,
    output::{Output, printable, text, time},
};

const PATH: &str = "/api/v1/enrollment-tokens";

pub(crate) async fn run(client: &Client, command: Token, output: &Output) -> anyhow::Result<()> {
    match command {
        Token::Create {
            name,
            group,
            max_uses,
            expires_in,
        } => {
            let body = json!({
                "name": name, "group": group, "max_uses": max_uses, "expires_in_s": expires_in,
            });
            let issued = client.post(PATH, &body).await?;
            let said = format!(
                "Token {} for {} host(s) of group {:?}, until {}. Run on each host:\n\n{}",
                text(&issued, "id"),
                text(&issued, "max_uses"),
                text(&issued, "group"),
                time(&issued, "expires_at"),
                printable(&text(&issued, "command")),
            );
            output.object(&issued, &said)
        }
        Token::List => {
            let tokens = client.list(PATH, &[], usize::MAX).await?;
            let head = ["ID", "NAME", "GROUP", "STATE", "USES", "EXPIRES", "BY"];
            output.list(head, &tokens, |token| {
                [
                    text(token, "id"),
                    text(token, "name"),
                    text(token, "group"),
                    text(token, "state"),
                    format!("{}/{}", text(token, "uses"), text(token, "max_uses")),
                    time(token, "expires_at"),
                    text(token, "created_by"),
                ]
            })
        }
        Token::Revoke { id } => {
            let id: uuid::Uuid = id.parse().map_err(|_| {
                anyhow::anyhow!("{id:?} is not a token's identity; see `owadm token list`")
            })?;
            client.delete(&format!("{PATH}/{id}")).await?;
            output.object(&json!({"id": id}), &format!("Token {id} is withdrawn."))
        }
    }
}
