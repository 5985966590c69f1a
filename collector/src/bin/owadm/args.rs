//! What can be asked on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, builder::FalseyValueParser};

use crate::{
    access::Access,
    apply::Apply,
    audit::Audit,
    bundle,
    content::Content,
    get::Get,
    keys::Keys,
    login::{Login, Logout},
    profile::ProfileCommand,
    publication,
    release::ReleaseCommand,
    rollout::Rollout,
    root,
    shell::{Completions, Man},
    target::Target,
};

/// Administer an OpenWatch collector.
#[derive(Parser)]
#[command(name = "owadm", version)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) target: Target,

    /// Print JSON instead of tables
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// Print no colours, also where a terminal shows them
    #[arg(long, global = true, env = "NO_COLOR", value_parser = FalseyValueParser::new())]
    pub(crate) no_color: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    #[command(flatten)]
    Collector(Collector),
    /// Rules and tables of controls in a folder
    #[command(subcommand)]
    Content(Content),
    /// Keys to sign with
    #[command(subcommand)]
    Keys(Keys),
    /// Root documents: whose signatures count
    #[command(subcommand)]
    Root(Roots),
    /// Content that a publisher signs
    #[command(subcommand)]
    Bundle(Bundles),
    /// Which builds of the agent are genuine
    #[command(subcommand)]
    Release(Releases),
    /// Sign in to a collector elsewhere, and have commands go there from now on
    Login(Login),
    /// Sign out again
    Logout(Logout),
    /// Collectors that were signed in to
    #[command(subcommand)]
    Profile(ProfileCommand),
    /// Print what a shell needs to complete commands
    Completions(Completions),
    /// Write a manual page for each command
    Man(Man),
}

/// Releases as documents, and on a collector.
#[derive(Debug, Subcommand)]
pub(crate) enum Releases {
    #[command(flatten)]
    Here(ReleaseCommand),
    #[command(flatten)]
    There(publication::Release),
}

/// Roots as documents, and on a collector.
#[derive(Debug, Subcommand)]
pub(crate) enum Roots {
    #[command(flatten)]
    Here(Box<root::RootCommand>),
    #[command(flatten)]
    There(publication::Root),
}

/// Bundles as files, and on a collector.
#[derive(Debug, Subcommand)]
pub(crate) enum Bundles {
    #[command(flatten)]
    Here(bundle::Bundle),
    #[command(flatten)]
    There(publication::Bundle),
}

/// What a collector is asked.
#[derive(Debug, Subcommand)]
pub(crate) enum Collector {
    /// Show what there is: hosts, groups, rollouts and so on
    Get(Get),
    /// Have the collector be as files say
    Apply(Apply),
    /// Enrolment tokens
    #[command(subcommand)]
    Token(Token),
    /// Hosts
    #[command(subcommand)]
    Host(Host),
    /// What a host is, or was
    Facts(Facts),
    /// What changed on a host, newest first
    Changes(Changes),
    /// What came of the rules on a host, or had come at an instant
    Results(Results),
    /// What came of one rule on a host: the evidence, and what was before
    Result(OneResult),
    /// What proves to anybody that a host told a result
    #[command(subcommand)]
    Proof(Proof),
    /// How bundles come to the fleet, ring by ring
    #[command(subcommand)]
    Rollout(Rollout),
    /// Part of [`Releases`].
    #[command(skip)]
    Release(publication::Release),
    /// Part of [`Bundles`].
    #[command(skip)]
    Bundle(publication::Bundle),
    /// Part of [`Roots`].
    #[command(skip)]
    Root(publication::Root),
    /// What was done and refused, and whether anybody changed what is written down
    #[command(subcommand)]
    Audit(Audit),
    /// The certificate authority that hosts trust
    #[command(subcommand)]
    Ca(Ca),
    /// Who may do what, and why
    #[command(subcommand)]
    Access(Access),
    /// Accounts of administrators
    #[command(subcommand)]
    Admin(Admin),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Issue a token; its text is shown once
    Create {
        /// What to call it
        #[arg(default_value = "owadm")]
        name: String,
        /// The group of the hosts that enrol with it
        #[arg(long, default_value = "default")]
        group: String,
        /// How many hosts may enrol with it
        #[arg(long, default_value_t = 1, value_name = "N")]
        max_uses: i32,
        /// For how long, such as 90s, 30m, 12h or 7d
        #[arg(long, default_value = "1h", value_name = "TIME", value_parser = seconds)]
        expires_in: i64,
    },
    /// List tokens, newest first
    List,
    /// Withdraw a token
    Revoke {
        /// The token's identity, as `token list` shows it
        id: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Host {
    /// List hosts
    List {
        /// A part of the name, operating system or group
        query: Option<String>,
    },
    /// Show one host
    Show {
        /// Name or identity
        host: String,
    },
    /// Withdraw a host's certificates and close its connection
    Revoke {
        /// Name or identity
        host: String,
    },
    /// Clear a host's quarantine, once it is known why another machine had its certificate
    Release {
        /// Name or identity
        host: String,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Facts {
    /// Name or identity
    pub(crate) host: String,
    /// Only this kind
    #[arg(long)]
    pub(crate) kind: Option<String>,
    /// The instant, such as 2026-03-03T14:05:00Z; now when it is not given
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Results {
    #[command(subcommand)]
    pub(crate) verify: Option<ResultsCommand>,
    /// Name or identity
    #[arg(required = true)]
    pub(crate) host: Option<String>,
    /// Only these: pass, fail, error, not_applicable, not_assessable, manual
    #[arg(long)]
    pub(crate) status: Option<String>,
    /// Only of rules of this profile, such as cis-debian12-l1-server
    #[arg(long)]
    pub(crate) profile: Option<String>,
    /// The instant, such as 2026-03-03T14:05:00Z; now when it is not given
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ResultsCommand {
    /// Hold what is kept of results against what the hosts' keys vouch for
    Verify {
        /// Name or identity
        #[arg(required_unless_present = "all")]
        host: Option<String>,
        /// Every host
        #[arg(long, conflicts_with = "host")]
        all: bool,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Proof {
    /// Print the proof of a result, a JSON document
    Show(OneResult),
    /// Check a proof; needs no collector
    Verify {
        /// The document
        file: PathBuf,
        /// The authority that is trusted, PEM, as `owadm ca show` prints it
        #[arg(long, value_name = "FILE")]
        authority: Option<PathBuf>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct OneResult {
    /// Name or identity of the host
    pub(crate) host: String,
    /// The rule's id
    pub(crate) rule: String,
    /// The instant, such as 2026-03-03T14:05:00Z; now when it is not given
    #[arg(long, value_name = "TIME")]
    pub(crate) at: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Changes {
    /// Name or identity
    pub(crate) host: String,
    /// Only this kind
    #[arg(long)]
    pub(crate) kind: Option<String>,
    /// Changes from then on
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,
    /// Changes before then
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 50, value_name = "N")]
    pub(crate) limit: usize,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Ca {
    /// Show its fingerprint and certificate
    Show,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Admin {
    /// Make an account, or give one another password
    Create {
        /// What it signs in as
        name: String,
        /// A file with its password; one is made and shown when it is not given
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
        /// Give an existing account another password and sign it out everywhere
        #[arg(long)]
        reset: bool,
    },
    /// Make an account whose person chooses its password with a link, which is good once
    Invite {
        /// What it signs in as
        name: String,
        /// The role that a new account has, everywhere
        #[arg(long, default_value = "viewer", value_name = "ROLE")]
        role: String,
        /// For an account that is there: to choose another password
        #[arg(long, conflicts_with = "role")]
        reset: bool,
    },
    /// The account for when nobody can sign in otherwise. Only through the local socket
    #[command(subcommand)]
    BreakGlass(BreakGlass),
}

#[derive(Debug, Subcommand)]
pub(crate) enum BreakGlass {
    /// Make it; its password is shown once: print it, seal it, put it in a safe
    Create {
        /// What it signs in as
        #[arg(default_value = "break-glass")]
        name: String,
    },
}

/// `90s`, `30m`, `12h`, `7d`.
pub(crate) fn seconds(text: &str) -> Result<i64, String> {
    let why = || format!("{text:?} is not a time such as 90s, 30m, 12h or 7d");
    let unit = text.chars().next_back().ok_or_else(why)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return Err(why()),
    };
    let number: i64 = text[..text.len() - 1].parse().map_err(|_| why())?;
    number.checked_mul(seconds).ok_or_else(why)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn times_have_units() {
        assert_eq!(seconds("90s"), Ok(90));
        assert_eq!(seconds("7d"), Ok(7 * 86_400));
        for text in ["", "5", "h", "5w", "1.5h", "99999999999999999d", "5é"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }

    /// What a command names for itself would be taken for what is said of the collector.
    #[test]
    fn no_command_has_an_argument_of_the_name_of_a_global_one() {
        fn below(command: &clap::Command, globals: &[&str]) {
            for sub in command.get_subcommands() {
                let own = sub.get_arguments().map(|arg| arg.get_id().as_str());
                let taken: Vec<_> = own.filter(|id| globals.contains(id)).collect();
                assert!(taken.is_empty(), "{}: {taken:?}", sub.get_name());
                below(sub, globals);
            }
        }
        let command = Cli::command();
        let globals = command.get_arguments().filter(|arg| arg.is_global_set());
        let globals: Vec<_> = globals.map(|arg| arg.get_id().as_str()).collect();
        assert!(globals.contains(&"url"));
        below(&command, &globals);
    }
}
