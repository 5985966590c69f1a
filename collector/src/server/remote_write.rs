//! The settings of remote write, checked.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use reqwest::Url;

use crate::{
    config::RemoteWrite,
    outbound::{Outbound, OutboundError},
    remote::{Login, Settings},
};

/// What is set; `None` when metrics go nowhere else.
///
/// # Errors
/// What does not fit together.
pub(super) fn settings(
    config: &RemoteWrite,
    outbound: &Outbound,
) -> anyhow::Result<Option<Settings>> {
    if config.url.is_empty() {
        return Ok(None);
    }
    let url: Url = config.url.parse().context("metrics.remote_write.url")?;
    match outbound.check(&url, true) {
        // Nothing is sent there, and the sender says so; hosts are watched all the same.
        Ok(()) | Err(OutboundError::Refused(_)) => {}
        Err(error) => return Err(error).context("metrics.remote_write.url"),
    }
    let path = |text: &str| Some(PathBuf::from(text)).filter(|_| !text.is_empty());
    let token = path(&config.bearer_token_file);
    let password = path(&config.password_file);
    let login = match (token, config.user.as_str(), password) {
        (None, "", None) => Login::Nobody,
        (Some(token), "", None) => Login::Bearer(token),
        (None, user, Some(password)) if !user.is_empty() => Login::Basic(user.into(), password),
        _ => bail!(
            "metrics.remote_write: either bearer_token_file, or user and password_file, or neither"
        ),
    };
    Ok(Some(Settings {
        url,
        login,
        ca_file: path(&config.ca_file),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(url: &str, token: &str, user: &str, password: &str) -> RemoteWrite {
        RemoteWrite {
            url: url.into(),
            bearer_token_file: token.into(),
            user: user.into(),
            password_file: password.into(),
            ca_file: String::new(),
        }
    }

    #[test]
    fn nothing_is_sent_unless_an_address_is_set() {
        assert!(
            settings(&config("", "/t", "", ""), &Outbound::default())
                .unwrap()
                .is_none()
        );
    }

    #[test]
    fn one_login_or_none_and_only_http() {
        let login = |token, user, password| {
            let config = config("http://[::1]:9090/write", token, user, password);
            let settings = settings(&config, &Outbound::default());
            settings.map(|settings| settings.unwrap().login)
        };
        assert!(matches!(login("", "", ""), Ok(Login::Nobody)));
        assert!(matches!(login("/t", "", ""), Ok(Login::Bearer(_))));
        assert!(matches!(login("", "ann", "/p"), Ok(Login::Basic(..))));
        for (token, user, password) in [("/t", "ann", "/p"), ("", "ann", ""), ("", "", "/p")] {
            let error = login(token, user, password).unwrap_err().to_string();
            assert!(error.contains("metrics.remote_write"), "{error}");
        }
        for url in ["ftp://x/", "x", "https://ann:hunter2@x/", "https://ann@x/"] {
            let error = settings(&config(url, "", "", ""), &Outbound::default()).unwrap_err();
            let error = format!("{error:#}");
            assert!(error.contains("metrics.remote_write.url"), "{error}");
            assert!(!error.contains("hunter2"), "{error}");
        }
    }
}
