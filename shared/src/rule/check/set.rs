//! What there is, against what a site has declared.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Missing;
use crate::{cel::Expression, rule::expect::Scalar};

/// What there is on the host, by names, against those that the site has declared. Each that it has not is
/// an offender.
///
/// `declared` names a variable of type `list`. As long as a site has not set it, the rule is
/// `not_assessable`: what is right is the site's to say. A name that ends in `*` stands for all that
/// begin so. What could not be seen is no pass, and no failure where it alone is missing.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Set {
    pub of: SetOf,
    /// Only those of which this expression is true, `one` being the fact: `one.uid >= 1000`. For
    /// `accounts`, `login_accounts`, `groups`, `ports`, `packages` and `kernel_modules`.
    #[serde(rename = "where")]
    pub only: Option<Where>,
    /// The variable, as `$name`.
    pub declared: Scalar,
    /// `fail`: what is declared must be there; it need not, where it is not said.
    pub missing: Option<Missing>,
}

/// What is asked about.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SetOf {
    /// Names of `/etc/passwd`.
    Accounts,
    /// Those whose shell does not refuse.
    LoginAccounts,
    /// Names of `/etc/group`.
    Groups,
    /// Accounts in one of these groups, be it by their primary group. Without any of the groups the
    /// check is `not_applicable`.
    MembersOf(Vec<String>),
    /// Services of systemd that start without anybody asking, as `ssh.service`: what is enabled, and
    /// what another unit wants. Those of systemd itself are many: `systemd-*`.
    Services,
    /// Sockets that wait for others to speak first and that not only the host itself can reach, as
    /// `22/tcp`.
    Ports,
    /// Installed packages.
    Packages,
    /// Modules that the kernel has loaded, with `_` for `-`.
    KernelModules,
    /// Paths of programs that run as their owner, whoever starts them, below `/`.
    SetUidPrograms,
}

impl SetOf {
    /// What it is, in words.
    pub fn words(&self) -> String {
        match self {
            Self::Accounts => "account".into(),
            Self::LoginAccounts => "account with a shell".into(),
            Self::Groups => "group".into(),
            Self::MembersOf(groups) => format!("member of {}", groups.join(" or ")),
            Self::Services => "service that starts by itself".into(),
            Self::Ports => "open port".into(),
            Self::Packages => "package".into(),
            Self::KernelModules => "loaded module".into(),
            Self::SetUidPrograms => "set-uid program".into(),
        }
    }
}

/// An expression about one fact.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct Where(pub Expression);

impl Where {
    /// What the fact is called.
    pub const ONE: &str = "one";
}

impl TryFrom<String> for Where {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let cel = Expression::parse(&text, &[Self::ONE]).map_err(|error| error.to_string())?;
        if !cel.may_be_bool() {
            return Err("true or false is wanted: compare the value with one".into());
        }
        Ok(Self(cel))
    }
}

impl Set {
    pub(super) fn validate(&self) -> Result<(), String> {
        if self.declared.variable().is_none() {
            return Err("`declared`: a variable of the rule is wanted, as `$name`".into());
        }
        if self.missing == Some(Missing::NotApplicable) {
            return Err("`missing`: `fail` or `pass` is wanted".into());
        }
        let has_facts = !matches!(
            self.of,
            SetOf::MembersOf(_) | SetOf::Services | SetOf::SetUidPrograms
        );
        if self.only.is_some() && !has_facts {
            return Err("`where`: these are no facts that could be asked".into());
        }
        match &self.of {
            SetOf::MembersOf(groups) if groups.is_empty() => {
                Err("`members_of` names no group".into())
            }
            _ => Ok(()),
        }
    }
}

/// The names that a site has declared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Declared {
    names: Vec<String>,
    prefixes: Vec<String>,
}

impl Declared {
    /// What a list of names says of these things.
    ///
    /// # Errors
    /// A name that can be none, and what would be one.
    pub fn of(names: &[Scalar], things: &SetOf) -> Result<Self, String> {
        let mut declared = Self::default();
        for Scalar(name) in names {
            let (start, is_prefix) = match name.strip_suffix('*') {
                Some(start) => (start, true),
                None => (name.as_str(), false),
            };
            if start.is_empty() {
                return Err(format!(
                    "`{name}` is no name: it says nothing, or everything"
                ));
            }
            if start.contains('*') {
                return Err(format!("`{name}`: a `*` stands at the end alone"));
            }
            if *things == SetOf::Ports && !is_prefix && !is_port(name) {
                return Err(format!("`{name}` is not like `22/tcp`"));
            }
            let list = match is_prefix {
                true => &mut declared.prefixes,
                false => &mut declared.names,
            };
            list.push(start.to_owned());
        }
        Ok(declared)
    }

    /// Whether it says that this may be there.
    pub fn has(&self, name: &str) -> bool {
        self.names.iter().any(|one| one == name)
            || self.prefixes.iter().any(|start| name.starts_with(start))
    }

    /// What it says and what is not among these, as it is written.
    pub fn not_among(&self, names: &[&str]) -> Vec<String> {
        let exact = self
            .names
            .iter()
            .filter(|name| !names.contains(&name.as_str()));
        let starts = |start: &&String| !names.iter().any(|name| name.starts_with(start.as_str()));
        let prefixes = self.prefixes.iter().filter(starts);
        exact
            .cloned()
            .chain(prefixes.map(|start| format!("{start}*")))
            .collect()
    }
}

/// `22/tcp`
fn is_port(text: &str) -> bool {
    let (port, protocol) = text.split_once('/').unwrap_or_default();
    ["tcp", "udp"].contains(&protocol) && port.parse::<u16>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(names: &[&str], things: &SetOf) -> Result<Declared, String> {
        let names: Vec<_> = names.iter().map(|name| Scalar((*name).into())).collect();
        Declared::of(&names, things)
    }

    #[test]
    fn a_name_is_itself_and_one_with_a_star_what_begins_so() {
        let declared = of(&["ssh.service", "systemd-*"], &SetOf::Services).unwrap();
        for (name, has) in [
            ("ssh.service", true),
            ("ssh.service2", false),
            ("systemd-journald.service", true),
            ("systemd", false),
            ("", false),
        ] {
            assert_eq!(declared.has(name), has, "{name}");
        }
        assert_eq!(declared.not_among(&["systemd-a"]), ["ssh.service"]);
        assert_eq!(declared.not_among(&["ssh.service"]), ["systemd-*"]);
    }

    #[test]
    fn what_can_be_no_name_is_refused_with_what_would_be_one() {
        assert!(of(&["22/tcp", "80*"], &SetOf::Ports).is_ok());
        for (name, things, said) in [
            ("*", SetOf::Accounts, "everything"),
            ("", SetOf::Accounts, "says nothing"),
            ("a*b*", SetOf::Packages, "at the end alone"),
            ("a*b", SetOf::Packages, "at the end alone"),
            ("tcp/22", SetOf::Ports, "like `22/tcp`"),
            ("22", SetOf::Ports, "like `22/tcp`"),
        ] {
            let why = of(&[name], &things).unwrap_err();
            assert!(why.contains(said), "{name}: {why}");
        }
    }
}
