//! What sshd's settings (sshd_config(5)) say about keys.
//!
//! Which `Match` block holds for a connection is not worked out: what stands in one is read as
//! well, and marked.

use std::path::PathBuf;

use shared::wire::Stale;

use crate::{host::Host, probe::sshd};

/// The settings that concern keys.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Config {
    /// Files of authorized keys, with `%h` and the like. Empty: sshd's default.
    pub authorized: Vec<Named>,
    /// Private keys of the host; their public parts are beside them.
    pub host_keys: Vec<String>,
    pub host_certificates: Vec<String>,
    /// Files of authorities whose certificates let users in.
    pub authorities: Vec<Named>,
    /// Programs that tell further authorized keys.
    pub commands: Vec<Named>,
    /// The files read, and those that would be.
    pub files: Vec<PathBuf>,
}

/// A value, and whether it is one of a `Match` block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub text: String,
    pub in_match: bool,
}

/// What was met outside of `Match` blocks: there the first value counts.
#[derive(Debug, Default)]
struct Seen {
    authorized: bool,
    authorities: bool,
    commands: bool,
}

impl Config {
    /// Reads the settings with everything that they include.
    ///
    /// # Errors
    /// Why a file could not be read. One that is not there has no settings.
    pub fn read(host: &Host) -> Result<Self, Stale> {
        let settings = sshd::Settings::read(host)?;
        let mut config = Self::default();
        let mut seen = Seen::default();
        for line in &settings.lines {
            config.setting(
                &line.keyword,
                &line.values,
                line.matching.is_some(),
                &mut seen,
            );
        }
        config.files = settings.files;
        Ok(config)
    }

    fn setting(&mut self, keyword: &str, values: &[String], in_match: bool, seen: &mut Seen) {
        let (list, seen, most) = match keyword {
            "authorizedkeysfile" => (&mut self.authorized, &mut seen.authorized, usize::MAX),
            "trustedusercakeys" => (&mut self.authorities, &mut seen.authorities, 1),
            // Of a program its arguments are left out.
            "authorizedkeyscommand" => (&mut self.commands, &mut seen.commands, 1),
            "hostkey" => return self.host_keys.extend(values.first().cloned()),
            "hostcertificate" => return self.host_certificates.extend(values.first().cloned()),
            _ => return,
        };
        if values.is_empty() || (*seen && !in_match) {
            return;
        }
        *seen |= !in_match;
        for value in values.iter().take(most) {
            let named = Named {
                text: value.clone(),
                in_match,
            };
            if !list.contains(&named) {
                list.push(named);
            }
        }
    }
}
