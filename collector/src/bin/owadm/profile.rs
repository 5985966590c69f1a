//! Collectors that are known by a name, with what lets one in there: a file that only its owner may read.

use std::{
    collections::BTreeMap,
    fs::{self, DirBuilder, File},
    io::{ErrorKind, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use clap::Subcommand;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    client::Client,
    documents::beside,
    output::{Output, text},
    target::Target,
};

/// What is asked about profiles.
#[derive(Debug, Subcommand)]
pub(crate) enum ProfileCommand {
    /// List profiles; the one that commands go to is marked
    List,
    /// Have commands go to a profile from now on
    Use {
        /// Its name, as `profile list` shows it
        name: String,
    },
    /// Have commands go to this machine's socket again
    Leave,
    /// Sign out and forget a profile
    Remove {
        /// Its name, as `profile list` shows it
        name: String,
    },
}

/// All profiles.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profiles {
    /// Where commands go that name nothing else.
    pub(crate) current: Option<String>,
    pub(crate) profiles: BTreeMap<String, Profile>,
}

/// A collector, and what lets one in.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Profile {
    pub(crate) url: String,
    /// The authority that is trusted, PEM; the system's without one.
    pub(crate) authority: Option<String>,
    pub(crate) admits: Admits,
}

/// What lets one in.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Admits {
    /// A person's session, as a browser has one.
    Session {
        user: String,
        /// Gone once it was signed out.
        cookie: Option<String>,
    },
    /// A program's token, which stays where it is kept.
    TokenFile(PathBuf),
}

impl Profiles {
    /// Those of a file; none when there is no file.
    ///
    /// # Errors
    /// When it cannot be read, others can read it too, or it is no such file.
    pub(crate) fn load(path: &Path) -> anyhow::Result<Self> {
        let name = || path.display().to_string();
        let file = match File::open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            file => file.with_context(name)?,
        };
        if file.metadata()?.permissions().mode() & 0o077 != 0 {
            bail!(
                "{0} lets one in, and others may read it: `chmod 600 {0}`",
                name()
            );
        }
        serde_json::from_reader(file).with_context(name)
    }

    /// Keeps them, whole or not at all.
    pub(crate) fn save(&self, path: &Path) -> anyhow::Result<()> {
        let name = || format!("writing {}", path.display());
        if let Some(folder) = path.parent() {
            let mut private = DirBuilder::new();
            private
                .recursive(true)
                .mode(0o700)
                .create(folder)
                .with_context(name)?;
        }
        let new = beside(path, "new");
        let mut open = File::options();
        open.write(true).create(true).truncate(true).mode(0o600);
        let mut file = open.open(&new).with_context(name)?;
        let bytes = serde_json::to_vec_pretty(self)?;
        file.write_all(&bytes)
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::rename(&new, path))
            .with_context(name)
    }

    /// The one of that name.
    ///
    /// # Errors
    /// When there is none.
    pub(crate) fn find(&self, name: &str) -> anyhow::Result<&Profile> {
        self.profiles.get(name).with_context(|| {
            format!("there is no profile {name:?}; `owadm profile list` shows those that there are")
        })
    }
}

impl Profile {
    fn user(&self) -> &str {
        match &self.admits {
            Admits::Session { user, .. } => user,
            Admits::TokenFile(_) => "-",
        }
    }

    fn told(&self, name: &str, current: bool) -> Value {
        let by = match &self.admits {
            Admits::Session { cookie: None, .. } => "signed out".into(),
            Admits::Session { .. } => "session".into(),
            Admits::TokenFile(file) => format!("token in {}", file.display()),
        };
        json!({"name": name, "url": self.url, "user": self.user(), "by": by, "current": current})
    }
}

pub(crate) async fn run(
    target: &Target,
    command: ProfileCommand,
    output: &Output,
) -> anyhow::Result<()> {
    let path = target.profiles()?;
    let mut known = Profiles::load(&path)?;
    let said = match command {
        ProfileCommand::List => return list(&known, output),
        ProfileCommand::Use { name } => {
            let url = known.find(&name)?.url.clone();
            known.current = Some(name.clone());
            format!("Commands go to {url} now, as profile {name} says.")
        }
        ProfileCommand::Leave => {
            known.current = None;
            "Commands go to this machine's socket now.".into()
        }
        ProfileCommand::Remove { name } => {
            sign_out(known.find(&name)?).await;
            known.profiles.remove(&name);
            known.current = known.current.take().filter(|current| *current != name);
            format!("Profile {name} is forgotten.")
        }
    };
    known.save(&path)?;
    output.object(&json!({"current": known.current}), &said)
}

fn list(known: &Profiles, output: &Output) -> anyhow::Result<()> {
    let told = known
        .profiles
        .iter()
        .map(|(name, profile)| profile.told(name, known.current.as_ref() == Some(name)));
    let told: Vec<_> = told.collect();
    output.list(["", "NAME", "URL", "USER", "BY"], &told, |profile| {
        let mark = if profile["current"] == true { "*" } else { "" };
        [
            mark.into(),
            text(profile, "name"),
            text(profile, "url"),
            text(profile, "user"),
            text(profile, "by"),
        ]
    })
}

/// Ends a profile's session, if the collector can be asked: it ends by itself otherwise.
pub(crate) async fn sign_out(profile: &Profile) {
    if let Admits::Session {
        cookie: Some(cookie),
        ..
    } = &profile.admits
        && let Ok(client) = Client::with_session(&profile.url, profile.authority.as_deref(), cookie)
    {
        let _ = client.delete("/api/v1/session").await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lets_one_in_is_kept_from_others() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("openwatch/owadm.json");
        let mut known = Profiles::load(&path).unwrap();
        known.current = Some("lab".into());
        let admits = Admits::Session {
            user: "alice".into(),
            cookie: Some("secret".into()),
        };
        let lab = Profile {
            url: "https://c".into(),
            authority: None,
            admits,
        };
        known.profiles.insert("lab".into(), lab);
        for _ in 0..2 {
            known.save(&path).unwrap();
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
        }
        let again = Profiles::load(&path).unwrap();
        assert_eq!(again.find("lab").unwrap().user(), "alice");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let error = Profiles::load(&path).err().unwrap().to_string();
        assert!(error.contains("chmod 600"), "{error}");
    }
}
