//! Settings of the kernel: what they are now, and what the host's files set them to at boot.
//!
//! Only the names of an allow-list are read, those that rules ask for. Of the settings that each
//! network interface has, `all` and `default` are read: those are what rules name, and interfaces
//! of containers come and go by the minute.

use std::{
    borrow::Cow,
    hash::{DefaultHasher, Hasher as _},
    sync::LazyLock,
    time::Duration,
};

use serde::Serialize;
use shared::{fact::Fact, wire::Stale};

use crate::{
    host::{Host, HostError},
    probe::{
        self, Probe, Wake,
        fragment::{self, Fragment},
    },
};

/// Names that are read.
mod names;

/// The parser of `sysctl.d`.
pub mod setting;

use names::NAMES;
use setting::Setting;

/// Reads kind `sysctl`.
#[derive(Debug, Clone, Copy)]
pub struct Sysctls;

/// Files of `/proc/sys` are at most a page.
const MAX_VALUE: u64 = 4096;

/// Lines about one setting that are told.
const MAX_ASSIGNMENTS: usize = 50;

/// Longest value and path in one of them that is told whole, bytes.
const MAX_TEXT: usize = 500;

/// The order in which a file hides another of its name (sysctl.d(5)).
const FOLDERS: [&str; 5] = [
    "/etc/sysctl.d",
    "/run/sysctl.d",
    "/usr/local/lib/sysctl.d",
    "/usr/lib/sysctl.d",
    "/lib/sysctl.d",
];

const LEGACY: &str = "/etc/sysctl.conf";

/// Where systemd's own program is. It does not read [`LEGACY`]; others read it last.
const SYSTEMD: [&str; 2] = [
    "/usr/lib/systemd/systemd-sysctl",
    "/lib/systemd/systemd-sysctl",
];

const UFW: [&str; 3] = [
    "/etc/ufw/ufw.conf",
    "/etc/default/ufw",
    "/etc/ufw/sysctl.conf",
];

/// The value of one fact. The key is the name with dots: `net.ipv4.ip_forward`.
#[derive(Debug, Serialize)]
struct Value<'a> {
    /// The value in force, white space as single spaces.
    running: Option<String>,
    /// Why that is what it is: `known`, `absent` (this kernel has no such setting), `denied` (it
    /// has, and the agent may not read it), `unknown` (the kernel cannot be asked).
    running_state: &'static str,
    /// What the files set it to at boot; `None` where they leave it as it is.
    configured: Option<Cow<'a, str>>,
    /// The file that sets it so.
    configured_in: Option<&'a str>,
    /// Every line about it, in the order in which they are read: the last need not win, since
    /// one that names the setting beats one with a pattern. Of very many the last.
    assignments: Vec<Assignment<'a>>,
}

#[derive(Debug, Serialize)]
struct Assignment<'a> {
    file: &'a str,
    /// Its name there, normalised: `net/ipv4/conf/*/rp_filter`.
    pattern: Cow<'a, str>,
    /// `None` where the line takes the setting out of the reach of patterns.
    value: Option<Cow<'a, str>>,
}

/// A setting and the file that it stands in.
type Sourced = (String, Setting);

/// Every name that is asked for, and the files that set one.
static SOURCES: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let name = |name: &&str| &*format!("/proc/sys/{}", setting::path(name)).leak();
    let files = [
        "/etc/sysctl.d/*.conf",
        "/run/sysctl.d/*.conf",
        "/usr/local/lib/sysctl.d/*.conf",
        "/usr/lib/sysctl.d/*.conf",
        "/lib/sysctl.d/*.conf",
        LEGACY,
        "/etc/ufw/ufw.conf",
        "/etc/default/ufw",
        "/etc/ufw/sysctl.conf (or the IPT_SYSCTL of /etc/default/ufw)",
    ];
    NAMES.iter().map(name).chain(files).collect()
});

impl Probe for Sysctls {
    fn kind(&self) -> &'static str {
        "sysctl"
    }

    fn sources(&self) -> &'static [&'static str] {
        &SOURCES
    }

    fn wakes(&self, _: &Host) -> Vec<Wake> {
        let files = FOLDERS.into_iter().chain([LEGACY]).chain(UFW);
        let mut wakes: Vec<_> = files.map(Wake::path).collect();
        wakes.push(Wake::Peek(Duration::from_secs(30)));
        wakes
    }

    fn peek(&self, host: &Host) -> Option<u64> {
        let mut hash = DefaultHasher::new();
        for name in NAMES {
            let (running, state) = running(host, name).ok()?;
            hash.write(running.unwrap_or_default().as_bytes());
            hash.write(state.as_bytes());
        }
        Some(hash.finish())
    }

    fn read(&self, host: &Host) -> Result<Vec<Fact>, Stale> {
        let configured = configured(host)?;
        let is_kernel = host.resolve("/proc/sys/kernel").is_ok();
        let Some(settings) = configured.or(is_kernel.then(Vec::new)) else {
            return Err(probe::unavailable(
                "neither /proc/sys nor a sysctl.d is there",
            ));
        };
        let mut facts = Vec::with_capacity(NAMES.len());
        for name in NAMES {
            let (running, state) = running(host, name)?;
            let path = setting::path(name);
            let about = || settings.iter().filter(|(_, s)| s.is_about(&path));
            let wins = effective(&settings, &path);
            let value = Value {
                running,
                running_state: if is_kernel { state } else { "unknown" },
                configured: wins.and_then(|(_, setting)| setting.told()),
                configured_in: wins.map(|(file, _)| file.as_str()),
                assignments: about()
                    .skip(about().count().saturating_sub(MAX_ASSIGNMENTS))
                    .map(|(file, setting)| Assignment {
                        file,
                        pattern: probe::clipped(&setting.path, MAX_TEXT),
                        value: setting.told(),
                    })
                    .collect(),
            };
            facts.push(probe::fact(self.kind(), name, &value)?);
        }
        Ok(facts)
    }
}

impl Setting {
    fn told(&self) -> Option<Cow<'_, str>> {
        let value = self.value.as_deref()?;
        Some(probe::clipped(value, MAX_TEXT))
    }
}

/// The line that decides, as systemd-sysctl has it: the last that names the setting, else the last
/// pattern that fits.
fn effective<'a>(settings: &'a [Sourced], path: &str) -> Option<&'a Sourced> {
    let mut lines = settings.iter().rev();
    let explicit = lines.find(|(_, setting)| setting.path == path);
    let pattern = || settings.iter().rev().find(|(_, s)| s.is_about(path));
    let wins = explicit.or_else(pattern)?;
    wins.1.value.is_some().then_some(wins)
}

/// What the kernel says, and the state of that.
fn running(host: &Host, name: &str) -> Result<(Option<String>, &'static str), HostError> {
    match host.read_text(format!("/proc/sys/{}", setting::path(name)), MAX_VALUE) {
        Ok(text) => {
            let words: Vec<_> = text.split_whitespace().collect();
            Ok((Some(words.join(" ")), "known"))
        }
        Err(error) if error.is_absent() => Ok((None, "absent")),
        Err(error) if error.is_denied() => Ok((None, "denied")),
        // A few settings answer with an error where the processor lacks what they set.
        Err(HostError::Read { .. }) => Ok((None, "absent")),
        Err(error) => Err(error),
    }
}

/// All lines of all files in the order in which they are applied; `None` where there is no file
/// and no folder for one.
fn configured(host: &Host) -> Result<Option<Vec<Sourced>>, Stale> {
    let mut fragments = fragment::read(host, &FOLDERS, ".conf")?;
    let is_systemd = SYSTEMD.iter().any(|path| host.resolve(path).is_ok());
    if !is_systemd && let Some(legacy) = single(host, LEGACY)? {
        fragments.get_or_insert_default().push(legacy);
    }
    if let Some(ufw) = ufw(host)? {
        fragments.get_or_insert_default().push(ufw);
    }
    Ok(fragments.map(|fragments| {
        let lines = fragments.iter().flat_map(|fragment| {
            let settings = setting::lines(&fragment.text);
            settings.map(|setting| (fragment.path.clone(), setting))
        });
        lines.collect()
    }))
}

fn single(host: &Host, path: &str) -> Result<Option<Fragment>, HostError> {
    fragment::fragment(host, String::new(), path.to_owned())
}

/// The settings that ufw makes when it starts, which is after all others, if it is enabled.
fn ufw(host: &Host) -> Result<Option<Fragment>, HostError> {
    let [switch, defaults, usual] = UFW;
    let value = |fragment: Option<Fragment>, name: &str| {
        let text = fragment.map(|fragment| fragment.text).unwrap_or_default();
        setting::shell_value(&text, name)
    };
    let enabled = value(single(host, switch)?, "ENABLED");
    if !enabled.is_some_and(|word| word.eq_ignore_ascii_case("yes")) {
        return Ok(None);
    }
    let path = value(single(host, defaults)?, "IPT_SYSCTL");
    let path = path.filter(|path| path.starts_with("/etc/"));
    single(host, path.as_deref().unwrap_or(usual))
}

#[cfg(test)]
mod tests;
