//! ufw's files: whether it is told to be on, what it does by default, and its rules as its own
//! `ufw status` shows them. What of it is in force, the kernel's rules tell.

use serde::Serialize;

use super::ruleset::{Rule, Ruleset};
use crate::{
    host::{Host, HostError},
    probe::sysctl::setting::shell_value,
};

const SWITCH: &str = "/etc/ufw/ufw.conf";
const DEFAULTS: &str = "/etc/default/ufw";
const RULES: [(&str, &str); 2] = [
    ("/etc/ufw/user.rules", "ip"),
    ("/etc/ufw/user6.rules", "ip6"),
];

/// What is watched.
pub(super) const FILES: [&str; 4] = [SWITCH, DEFAULTS, RULES[0].0, RULES[1].0];

const MAX_FILE: u64 = 16 << 20;

/// What ufw is told as a whole.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Settings {
    /// Whether it starts at boot.
    pub(super) enabled: bool,
    /// What becomes of a packet that no rule decides on: `drop`, `accept`, `reject`. `None` where
    /// the file does not say.
    default_input: Option<String>,
    default_output: Option<String>,
    default_forward: Option<String>,
    ipv6: Option<bool>,
    /// `off`, `low`, `medium`, `high`, `full`.
    log_level: Option<String>,
}

/// Reads all of it. `None` where ufw is not installed.
pub(super) fn read(host: &Host, rules: &mut Ruleset) -> Result<Option<Settings>, HostError> {
    let Some(switch) = optional(host, SWITCH)? else {
        return Ok(None);
    };
    let defaults = optional(host, DEFAULTS)?.unwrap_or_default();
    for (file, family) in RULES {
        let text = optional(host, file)?.unwrap_or_default();
        for rule in tuples(&text, family) {
            if rules.is_full() {
                break;
            }
            let identity = rule.text.clone();
            rules.rule(rule, &identity);
        }
    }
    let word = |text: &str, name: &str| shell_value(text, name).map(|w| w.to_ascii_lowercase());
    let policy = |name: &str| word(&defaults, &format!("DEFAULT_{name}_POLICY"));
    Ok(Some(Settings {
        enabled: word(&switch, "ENABLED").as_deref() == Some("yes"),
        default_input: policy("INPUT"),
        default_output: policy("OUTPUT"),
        default_forward: policy("FORWARD"),
        ipv6: word(&defaults, "IPV6").map(|word| word == "yes"),
        log_level: word(&switch, "LOGLEVEL"),
    }))
}

fn optional(host: &Host, path: &str) -> Result<Option<String>, HostError> {
    match host.read_text(path, MAX_FILE) {
        Err(error) if error.is_absent() => Ok(None),
        read => read.map(Some),
    }
}

/// The rules in a file: each stands in a line `### tuple ### …` above what is made of it.
pub fn tuples(text: &str, family: &str) -> Vec<Rule> {
    let lines = text.lines();
    let tuples = lines.filter_map(|line| line.strip_prefix("### tuple ###"));
    tuples.filter_map(|words| tuple(words, family)).collect()
}

/// `allow tcp 22 0.0.0.0/0 any 10.0.0.0/8 in_eth0 comment=…`: action, protocol, to which port of
/// whom, from which port of whom, perhaps two names of applications, direction.
fn tuple(text: &str, family: &str) -> Option<Rule> {
    let words = text.split_whitespace();
    let words: Vec<_> = words.filter(|word| !word.starts_with("comment=")).collect();
    let [action, protocol, to_port, to, from_port, from, rest @ ..] = &words[..] else {
        return None;
    };
    let (direction, action) = match action.split_once(':') {
        Some((direction @ "route", action)) => (Some(direction), action),
        _ => (None, *action),
    };
    // What is logged as well is `deny_log` or `deny_log-all`.
    let action = action.split('_').next().unwrap_or_default();
    let way = rest.last().copied().unwrap_or("in");
    let (way, interfaces) = way.split_once('_').unwrap_or((way, ""));
    // Of what is routed both interfaces: `in_eth0!out_eth1`.
    let mut interfaces = interfaces.split('!');
    let first = interfaces.next().filter(|name| !name.is_empty());
    let second = interfaces.next().and_then(|name| name.strip_prefix("out_"));
    let (into, out) = if way == "out" {
        (None, first)
    } else {
        (first, second)
    };
    let asked = |word: &str| {
        let is_any = matches!(word, "any" | "0.0.0.0/0" | "::/0");
        (!is_any).then(|| word.to_owned())
    };
    let ports = |word: &str| asked(word).map(|list| list.replace(':', "-").replace(',', ", "));
    Some(Rule {
        framework: "ufw",
        family: family.to_owned(),
        chain: direction.unwrap_or(way).to_owned(),
        protocol: asked(protocol),
        source: asked(from),
        destination: asked(to),
        in_interface: into.map(str::to_owned),
        out_interface: out.map(str::to_owned),
        source_ports: ports(from_port),
        destination_ports: ports(to_port),
        // Too many attempts of one source are refused.
        has_other_matches: action == "limit",
        action: match action {
            "allow" | "limit" => "accept".into(),
            "deny" => "drop".into(),
            other => other.to_owned(),
        },
        text: words.join(" "),
        ..Rule::default()
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::probe::live;

    #[test]
    fn tuples_are_what_ufw_status_shows() {
        let text = "### tuple ### allow tcp 22 0.0.0.0/0 any 10.0.0.0/8 in_eth0 comment=68756e74657232\n\
            -A ufw-user-input -p tcp -j ACCEPT\n\
            ### tuple ### limit any 80,8000:8100 0.0.0.0/0 any 0.0.0.0/0 Nginx%20Full - in\n\
            ### tuple ### route:deny_log udp any 10.0.0.2 53 0.0.0.0/0 in_eth0!out_eth1\n\
            ### tuple ### reject any any 1.2.3.4 any 0.0.0.0/0 out_wg0\n\
            ### tuple ### short\n";
        let rules = tuples(text, "ip");
        assert_eq!(rules.len(), 4);
        let [ssh, web, route, out] = &rules[..] else {
            panic!()
        };
        assert_eq!(ssh.in_interface.as_deref(), Some("eth0"));
        assert_eq!(
            (ssh.source.as_deref(), ssh.action.as_str()),
            (Some("10.0.0.0/8"), "accept")
        );
        assert_eq!(web.destination_ports.as_deref(), Some("80, 8000-8100"));
        assert!(web.has_other_matches && !ssh.has_other_matches);
        assert_eq!(
            (route.chain.as_str(), route.action.as_str()),
            ("route", "drop")
        );
        assert_eq!(route.out_interface.as_deref(), Some("eth1"));
        assert_eq!(route.source_ports.as_deref(), Some("53"));
        assert_eq!(
            (out.chain.as_str(), out.out_interface.as_deref()),
            ("out", Some("wg0"))
        );
        assert!(!format!("{rules:?}").contains("68756e74657232"));
    }

    #[test]
    fn inputs_that_once_were_trouble_do_not_panic() {
        live::replay("ufw-rules", |bytes| {
            let text = String::from_utf8_lossy(bytes);
            tuples(&text, "ip");
            shell_value(&text, "ENABLED");
        });
    }

    proptest! {
        #[test]
        fn any_file_is_read_without_panic(text in "(### tuple ###)?[a-z0-9_:!% \n]{0,60}") {
            tuples(&text, "ip");
        }
    }
}
