//! Signing in to a collector elsewhere, to stay.
//!
//! A person has a session, as in a browser: it ends when it is not used, it is in the list of one's sessions
//! and can be ended there, and for what is dangerous its person must have signed in lately. A token that could
//! do as much for as long would be a worse thing to have in a file. Programs have tokens, made for what
//! they do, which stay where they are kept.

use std::{fs, path::PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::Value;

use crate::{
    client::{self, Client},
    output::{Output, printable, text, time},
    passphrase::ask,
    profile::{Admits, Profile, Profiles, sign_out},
    target::{Target, read_secret},
};

/// The name of a profile that nobody named.
const DEFAULT: &str = "default";

/// Who signs in, and what that is called.
#[derive(Debug, Args)]
pub(crate) struct Login {
    /// What to call it; the profile that is in use, or `default`, when it is not given
    name: Option<String>,
    /// The code of an authenticator, or a backup code, where the account has one
    #[arg(long)]
    code: Option<String>,
}

/// Who signs out.
#[derive(Debug, Args)]
pub(crate) struct Logout {
    /// The profile; the one that is in use when it is not given
    name: Option<String>,
}

pub(crate) async fn run(target: &Target, asked: Login, output: &Output) -> anyhow::Result<()> {
    let path = target.profiles()?;
    let mut known = Profiles::load(&path)?;
    let name = asked.name.clone().or_else(|| known.current.clone());
    let name = name.unwrap_or_else(|| DEFAULT.into());
    let before = known.profiles.get(&name).cloned();
    let url = target
        .url
        .clone()
        .or_else(|| before.as_ref().map(|before| before.url.clone()));
    let url = url.context("sign in where? Name the collector with --url https://HOST:PORT")?;
    let same = before.as_ref().filter(|before| before.url == url);
    let authority = target.authority()?;
    let authority = authority.or_else(|| same.and_then(|before| before.authority.clone()));
    let (admits, session) = match token_file(target, same)? {
        Some(file) => {
            let client = Client::with_token(&url, authority.as_deref(), &read_secret(&file)?)?;
            let session = client.get("/api/v1/session", &[]).await;
            (
                Admits::TokenFile(file),
                session.context("trying the token")?,
            )
        }
        None => {
            let user = user(target, same)?;
            let (cookie, session) =
                sign_in(target, &asked, &url, authority.as_deref(), &user).await?;
            let cookie = Some(cookie);
            (Admits::Session { user, cookie }, session)
        }
    };
    if let Some(before) = &before {
        sign_out(before).await;
    }
    let said = format!(
        "Signed in to {} as {}, until {}. Commands go there now, as profile {name} says.",
        printable(&url),
        printable(&text(&session, "name")),
        time(&session, "expires_at")
    );
    known.profiles.insert(
        name.clone(),
        Profile {
            url,
            authority,
            admits,
        },
    );
    known.current = Some(name);
    known.save(&path)?;
    output.object(&session, &said)
}

pub(crate) async fn out(target: &Target, asked: Logout, output: &Output) -> anyhow::Result<()> {
    let path = target.profiles()?;
    let mut known = Profiles::load(&path)?;
    let name = asked.name.or_else(|| known.current.clone());
    let name = name.context("no profile is in use; name one of `owadm profile list`")?;
    let mut profile = known.find(&name)?.clone();
    let Admits::Session { cookie, .. } = &mut profile.admits else {
        bail!("profile {name} has a token, which ends when it is withdrawn");
    };
    let cookie = cookie.take();
    sign_out(known.find(&name)?).await;
    known.profiles.insert(name.clone(), profile);
    known.save(&path)?;
    let said = match cookie {
        Some(_) => format!("Signed out of {name}."),
        None => format!("Nobody was signed in to {name}."),
    };
    output.object(&serde_json::json!({"profile": name}), &said)
}

/// The file of the token that is to be used, if one is.
fn token_file(target: &Target, same: Option<&Profile>) -> anyhow::Result<Option<PathBuf>> {
    let before = same.and_then(|before| match &before.admits {
        Admits::TokenFile(file) => Some(file.clone()),
        Admits::Session { .. } => None,
    });
    let file = target.token_file.clone();
    let file = file.or_else(|| before.filter(|_| target.user.is_none()));
    // It is asked for from other folders as well.
    let whole = file
        .map(|file| fs::canonicalize(&file).with_context(|| format!("reading {}", file.display())));
    whole.transpose()
}

fn user(target: &Target, same: Option<&Profile>) -> anyhow::Result<String> {
    let before = same.and_then(|before| match &before.admits {
        Admits::Session { user, .. } => Some(user.clone()),
        Admits::TokenFile(_) => None,
    });
    let user = target.user.clone().or(before);
    user.context("sign in as whom? Name an account with --user, or a token with --token-file")
}

/// The session's cookie, and what it is.
async fn sign_in(
    target: &Target,
    asked: &Login,
    url: &str,
    authority: Option<&str>,
    user: &str,
) -> anyhow::Result<(String, Value)> {
    let password = match target.password()? {
        Some(password) => password,
        None => ask(&format!("Password of {user}"), "--user-password-file")?,
    };
    let code = asked.code.as_deref();
    let begun = client::sign_in(url, authority, user, &password, code).await;
    match begun {
        Err(error) if code.is_none() && client::code(&error) == Some("code_needed") => {
            let code = ask("Code", "--code")?;
            client::sign_in(url, authority, user, &password, Some(&code)).await
        }
        other => other,
    }
}
