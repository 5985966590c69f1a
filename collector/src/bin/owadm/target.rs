//! Which collector, and as whom. What the command line says comes before what the environment says, and
//! either before the profile that was signed in to last.

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, anyhow, bail};
use clap::{ArgMatches, Args, parser::ValueSource};
use zeroize::Zeroizing;

use crate::profile::{Admits, Profile, Profiles};

/// Where a collector is reached on its own machine.
const SOCKET: &str = "/var/lib/openwatch-collector/admin.sock";

/// Which collector, and as whom.
#[derive(Args)]
pub(crate) struct Target {
    /// The collector's local socket; /var/lib/openwatch-collector/admin.sock when nothing is said
    #[arg(long, global = true, env = "OWADM_SOCKET", value_name = "PATH")]
    socket: Option<PathBuf>,

    /// A collector elsewhere, https://HOST:PORT
    #[arg(long, global = true, env = "OWADM_URL")]
    pub(crate) url: Option<String>,

    /// A collector that `owadm login` has signed in to
    #[arg(long, global = true, env = "OWADM_PROFILE", value_name = "NAME")]
    on: Option<String>,

    /// The certificate authority to trust, PEM; the system's when it is not given
    #[arg(long, global = true, env = "OWADM_CA_FILE", value_name = "FILE")]
    pub(crate) ca_file: Option<PathBuf>,

    /// The account to sign in to
    #[arg(long, global = true, env = "OWADM_USER", value_name = "NAME")]
    pub(crate) user: Option<String>,

    /// A file with the account's password
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) user_password_file: Option<PathBuf>,

    /// The account's password
    #[arg(
        long,
        global = true,
        env = "OWADM_PASSWORD",
        hide = true,
        hide_env_values = true
    )]
    pub(crate) user_password: Option<String>,

    /// A file with an API token, instead of an account
    #[arg(long, global = true, env = "OWADM_TOKEN_FILE", value_name = "FILE")]
    pub(crate) token_file: Option<PathBuf>,

    /// An API token
    #[arg(
        long,
        global = true,
        env = "OWADM_TOKEN",
        hide = true,
        hide_env_values = true
    )]
    token: Option<String>,

    /// Where settings are kept
    #[arg(long, global = true, env = "XDG_CONFIG_HOME", hide = true)]
    config_home: Option<PathBuf>,

    /// What the command line itself says of all this.
    #[arg(skip)]
    said: BTreeSet<&'static str>,
}

/// The way to a collector.
pub(crate) enum Door {
    Socket(PathBuf),
    Elsewhere(Elsewhere),
}

/// A collector that is reached over HTTPS.
pub(crate) struct Elsewhere {
    pub(crate) url: String,
    /// The authority that is trusted, PEM; the system's without one.
    pub(crate) authority: Option<String>,
    pub(crate) who: Who,
    /// The profile that it comes from.
    pub(crate) profile: Option<String>,
}

/// What lets one in.
pub(crate) enum Who {
    Token(Zeroizing<String>),
    /// The cookie of a session that stays.
    Session(Zeroizing<String>),
    /// A session for this command alone.
    Password {
        user: String,
        password: Zeroizing<String>,
    },
}

impl Target {
    /// Remembers what the command line itself says.
    pub(crate) fn hear(&mut self, matches: &ArgMatches) {
        let names = [
            "socket",
            "url",
            "on",
            "ca_file",
            "user",
            "user_password_file",
            "token_file",
        ];
        let said = |name: &&str| matches.value_source(name) == Some(ValueSource::CommandLine);
        self.said = names.into_iter().filter(said).collect();
    }

    /// The way to the collector that is meant.
    ///
    /// # Errors
    /// When two are named, when what lets one in is missing, and when a file cannot be read.
    pub(crate) fn door(&self) -> anyhow::Result<Door> {
        let (socket, url, profile) = (&self.socket, &self.url, &self.on);
        match self.meant()? {
            Some("socket") => Ok(Door::Socket(socket.clone().unwrap_or_default())),
            Some("url") => Ok(Door::Elsewhere(Elsewhere {
                url: url.clone().unwrap_or_default(),
                authority: self.authority()?,
                who: self.who()?,
                profile: None,
            })),
            named => {
                let alone = ["ca_file", "user", "user_password_file", "token_file"];
                if let Some(flag) = alone.into_iter().find(|flag| self.said.contains(flag)) {
                    let flag = flag.replace('_', "-");
                    bail!("--{flag} is for a collector that --url names");
                }
                let known = Profiles::load(&self.profiles()?)?;
                let current = || known.current.clone();
                match named.map_or_else(current, |_| profile.clone()) {
                    Some(name) => Ok(Door::Elsewhere(Elsewhere::of(known.find(&name)?, &name)?)),
                    None => Ok(Door::Socket(SOCKET.into())),
                }
            }
        }
    }

    /// Which of the three ways is meant: the one on the command line, or else in the environment.
    fn meant(&self) -> anyhow::Result<Option<&'static str>> {
        let given = [
            ("socket", self.socket.is_some()),
            ("url", self.url.is_some()),
            ("on", self.on.is_some()),
        ];
        let said: Vec<_> = given
            .iter()
            .filter(|(name, _)| self.said.contains(name))
            .collect();
        let found = if said.is_empty() {
            given.iter().filter(|(_, given)| *given).collect()
        } else {
            said
        };
        match found[..] {
            [] => Ok(None),
            [(one, _)] => Ok(Some(one)),
            [(one, _), (other, _), ..] => {
                bail!(
                    "two collectors are named, by --{one} and by --{other} (or by OWADM_SOCKET, OWADM_URL, OWADM_PROFILE): name one"
                )
            }
        }
    }

    /// What lets one in at a URL.
    fn who(&self) -> anyhow::Result<Who> {
        if let Some(file) = &self.token_file
            && !self.said.contains("user")
        {
            return read_secret(file).map(Who::Token);
        }
        if let Some(token) = &self.token
            && !self.said.contains("user")
        {
            return Ok(Who::Token(token.clone().into()));
        }
        let user = self.user.clone().ok_or_else(|| {
            anyhow!(
                "nobody is named to be: name an account with --user, or a token with --token-file"
            )
        })?;
        let password = self.password()?.ok_or_else(|| {
            anyhow!("no password: name a file with --user-password-file, or set OWADM_PASSWORD")
        })?;
        Ok(Who::Password { user, password })
    }

    /// The account's password, if one is given.
    pub(crate) fn password(&self) -> anyhow::Result<Option<Zeroizing<String>>> {
        let file = self.user_password_file.as_deref().map(read_secret);
        let given = || self.user_password.clone().map(Zeroizing::new);
        Ok(file.transpose()?.or_else(given))
    }

    /// The authority that is named, PEM.
    pub(crate) fn authority(&self) -> anyhow::Result<Option<String>> {
        let read = |path: &PathBuf| {
            fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))
        };
        self.ca_file.as_ref().map(read).transpose()
    }

    /// Where profiles are kept.
    pub(crate) fn profiles(&self) -> anyhow::Result<PathBuf> {
        let home = || env::home_dir().map(|home| home.join(".config"));
        let folder = self.config_home.clone().or_else(home);
        let folder = folder.context("there is no home to keep profiles in: set XDG_CONFIG_HOME")?;
        Ok(folder.join("openwatch/owadm.json"))
    }
}

impl Elsewhere {
    /// What a profile says.
    fn of(profile: &Profile, name: &str) -> anyhow::Result<Self> {
        let again = || format!("nobody is signed in to {name}; `owadm login {name}` does that");
        let who = match &profile.admits {
            Admits::Session { cookie, .. } => {
                Who::Session(cookie.clone().with_context(again)?.into())
            }
            Admits::TokenFile(file) => Who::Token(read_secret(file)?),
        };
        Ok(Self {
            url: profile.url.clone(),
            authority: profile.authority.clone(),
            who,
            profile: Some(name.into()),
        })
    }
}

/// The first line of a file.
pub(crate) fn read_secret(path: &Path) -> anyhow::Result<Zeroizing<String>> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let text = Zeroizing::new(text);
    let line = text.lines().next().unwrap_or_default().to_owned();
    if line.is_empty() {
        bail!("{}: the first line is empty", path.display());
    }
    Ok(line.into())
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, FromArgMatches as _};

    use super::*;
    use crate::args::Cli;

    /// The way that a command line means, with no profile.
    fn door(args: &[&str]) -> anyhow::Result<Door> {
        let args = [
            &["owadm", "--config-home", "/nonexistent"],
            args,
            &["ca", "show"],
        ]
        .concat();
        let matches = Cli::command().get_matches_from(args);
        let mut cli = Cli::from_arg_matches(&matches)?;
        cli.target.hear(&matches);
        cli.target.door()
    }

    fn refused(args: &[&str]) -> String {
        match door(args) {
            Ok(_) => panic!("{args:?} is a way"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn without_a_word_it_is_the_socket_of_this_machine() {
        assert!(matches!(door(&[]).unwrap(), Door::Socket(path) if path == Path::new(SOCKET)));
    }

    #[test]
    fn one_collector_is_named_and_what_lets_one_in_there() {
        let url = ["--url", "https://c"];
        assert!(refused(&url).contains("--token-file"));
        assert!(refused(&[&url[..], &["--user", "a"]].concat()).contains("--user-password-file"));
        let whole = [&url[..], &["--user", "a", "--user-password", "p"]].concat();
        let Door::Elsewhere(found) = door(&whole).unwrap() else {
            panic!("a socket")
        };
        assert!(matches!(found.who, Who::Password { user, .. } if user == "a"));
        assert!(
            refused(&[&whole[..], &["--socket", "/s"]].concat()).contains("--socket and by --url")
        );
        assert!(refused(&[&whole[..], &["--on", "p"]].concat()).contains("--url and by --on"));
        assert!(refused(&["--user", "a"]).contains("--user is for"));
        assert!(refused(&["--on", "p", "--token-file", "f"]).contains("--token-file is for"));
        assert!(refused(&["--on", "p"]).contains("no profile \"p\""));
    }
}
