//! `firewall`: what becomes of a packet that no rule decides on, by the facts of kind `firewall_rule`.

use serde_json::Value;
use shared::rule::{
    check::{Firewall, FirewallFamily, FirewallHook, Missing},
    result::Verdict,
};

use super::{super::source::Row, Seen, Sources};

const REFUSES: [&str; 3] = ["drop", "reject", "deny"];

/// Fields of a rule that ask something of a packet.
const ASKS: [&str; 8] = [
    "protocol",
    "source",
    "destination",
    "in_interface",
    "out_interface",
    "source_ports",
    "destination_ports",
    "states",
];

pub(super) fn judge(asked: &Firewall, sources: &Sources<'_>) -> Seen {
    let families = asked.families.as_deref().unwrap_or(&FirewallFamily::ALL);
    let names: Vec<_> = families.iter().map(|family| family.name()).collect();
    let expected = format!("{} of {} refused", asked.hook.name(), names.join(" and "));
    let read = ["firewall_rule"];
    let rows = sources.rows("firewall_rule");
    let rows = match rows.as_ref() {
        Ok(rows) => rows,
        Err(_) if !sources.host().is_live() => {
            let why = "what is in force can be asked of the running machine alone, \
                       and neither ufw nor firewalld is configured here";
            return Seen::verdict(Verdict::NotAssessable, expected, why).read(read);
        }
        Err(stale) => return Seen::stale(stale, expected).read(read),
    };
    let seen = if sources.host().is_live() {
        in_force(asked, families, rows, expected)
    } else {
        configured(asked.hook, rows, expected)
    };
    seen.read(read)
}

/// By the chains that the kernel holds.
fn in_force(asked: &Firewall, families: &[FirewallFamily], rows: &[Row], expected: String) -> Seen {
    let is_asked = |row: &&Row| {
        let value = &row.value;
        value["item"] == "chain" && value["hook"] == asked.hook.name() && value["dormant"] != true
    };
    let chains: Vec<&Row> = rows.iter().filter(is_asked).collect();
    if chains.is_empty() {
        let means = asked.missing.unwrap_or(Missing::Fail);
        let actual = format!("no chain sees what is {}", asked.hook.name());
        return Seen::missing(means, expected, actual);
    }
    let (mut told, mut offenders, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    for family in families {
        let of_family = |row: &&&Row| {
            let own = row.value["family"].as_str().unwrap_or_default();
            own == family.name() || own == "inet"
        };
        let ends: Vec<_> = chains
            .iter()
            .filter(of_family)
            .map(|row| end(row, rows))
            .collect();
        let refusing = ends.iter().find_map(|end| match end {
            End::Refuses(by) => Some(by),
            _ => None,
        });
        let is_unknown = ends.iter().any(|end| matches!(end, End::Unknown));
        match refusing {
            Some(by) => told.push(format!("{} {by}", family.name())),
            None if is_unknown => unknown.push(family.name()),
            None => offenders.push(format!("{} is let through", family.name())),
        }
    }
    if offenders.is_empty() && !unknown.is_empty() {
        let why = format!(
            "the chains of {} are too long to be told",
            unknown.join(" and ")
        );
        return Seen::verdict(Verdict::Error, expected, why);
    }
    let actual = if offenders.is_empty() {
        told.join(", ")
    } else {
        offenders.join(", ")
    };
    let mut seen = Seen::of(offenders.is_empty(), expected, actual);
    seen.offenders = offenders;
    seen
}

/// What becomes of a packet that no condition of a chain fits.
enum End {
    Refuses(String),
    LetsThrough,
    Unknown,
}

fn end(chain: &Row, rows: &[Row]) -> End {
    let Some(order) = chain.value["order"].as_array() else {
        return End::Unknown;
    };
    for word in order.iter().filter_map(Value::as_str) {
        let key = format!("{} {word}", chain.key);
        let Some(rule) = rows.iter().find(|row| row.key == key).map(|row| &row.value) else {
            return End::Unknown;
        };
        let asks = rule["has_other_matches"] == true
            || rule["opaque"] == true
            || ASKS.iter().any(|field| !rule[*field].is_null());
        match rule["action"].as_str().unwrap_or_default() {
            _ if asks => {}
            action if REFUSES.contains(&action) => {
                return End::Refuses(format!("by a rule of {}", chain.key));
            }
            "accept" => return End::LetsThrough,
            // What a chain that is jumped to does with it is decided there, or it comes back.
            _ => {}
        }
    }
    match chain.value["policy"].as_str() {
        Some("drop") => End::Refuses(format!("by the policy of {}", chain.key)),
        _ => End::LetsThrough,
    }
}

/// By what ufw or firewalld is told.
fn configured(hook: FirewallHook, rows: &[Row], expected: String) -> Seen {
    let named = |key: &str| rows.iter().find(|row| row.key == key).map(|row| &row.value);
    if let Some(ufw) = named("ufw").filter(|ufw| ufw["enabled"] == true) {
        let policy = ufw[format!("default_{}", hook.name())]
            .as_str()
            .unwrap_or("not set");
        return Seen::of(REFUSES.contains(&policy), expected, format!("ufw {policy}"));
    }
    let zone = rows
        .iter()
        .find(|row| row.value["item"] == "zone" && row.value["is_default"] == true);
    match (zone, hook) {
        (Some(zone), FirewallHook::Input) => {
            let target = zone.value["target"].as_str().unwrap_or_default();
            let name = zone.value["zone"].as_str().unwrap_or_default();
            let actual = format!("firewalld, zone {name}, {target}");
            Seen::of(target != "ACCEPT", expected, actual)
        }
        (Some(_), _) => {
            let why = format!(
                "what firewalld does with {} is not in its zones",
                hook.name()
            );
            Seen::verdict(Verdict::Error, expected, why)
        }
        (None, _) => Seen::of(false, expected, "neither ufw nor firewalld is on"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::testing, *};

    fn chain(family: &str, policy: Option<&str>, order: &[&str]) -> Row {
        Row {
            key: format!("nftables:{family} t input"),
            value: json!({"item": "chain", "family": family, "hook": "input", "policy": policy,
                          "dormant": false, "order": order}),
        }
    }

    fn rule(family: &str, word: &str, action: &str, ports: Option<&str>) -> Row {
        Row {
            key: format!("nftables:{family} t input {word}"),
            value: json!({"item": "rule", "action": action, "destination_ports": ports,
                          "has_other_matches": false, "opaque": false}),
        }
    }

    fn verdict(rows: &[Row]) -> Verdict {
        let asked: Firewall = serde_json::from_str(r#"{"hook": "input"}"#).unwrap();
        in_force(&asked, &FirewallFamily::ALL, rows, String::new()).verdict
    }

    #[test]
    fn both_families_must_be_refused_by_policy_or_by_a_last_rule() {
        assert_eq!(verdict(&[chain("inet", Some("drop"), &[])]), Verdict::Pass);
        assert_eq!(
            verdict(&[chain("ip", Some("drop"), &[])]),
            Verdict::Fail,
            "ip6"
        );
        let both = [
            chain("ip", Some("drop"), &[]),
            chain("ip6", Some("drop"), &[]),
        ];
        assert_eq!(verdict(&both), Verdict::Pass);
        assert_eq!(verdict(&[]), Verdict::Fail);
        let last = [
            chain("inet", Some("accept"), &["a", "b"]),
            rule("inet", "a", "accept", Some("22")),
            rule("inet", "b", "reject", None),
        ];
        assert_eq!(verdict(&last), Verdict::Pass);
        let open = [
            chain("inet", Some("drop"), &["a"]),
            rule("inet", "a", "accept", None),
        ];
        assert_eq!(
            verdict(&open),
            Verdict::Fail,
            "all is let through before the policy"
        );
        let some = [
            chain("inet", Some("accept"), &["a"]),
            rule("inet", "a", "drop", Some("23")),
        ];
        assert_eq!(verdict(&some), Verdict::Fail);
        let mut asleep = chain("inet", Some("drop"), &[]);
        asleep.value["dormant"] = json!(true);
        assert_eq!(verdict(&[asleep]), Verdict::Fail);
        let mut long = chain("inet", Some("accept"), &[]);
        long.value["order"] = Value::Null;
        assert_eq!(verdict(&[long]), Verdict::Error);
    }

    #[test]
    fn of_a_tree_what_ufw_or_firewalld_is_told_decides() {
        use Verdict::{Error, Fail, NotAssessable, Pass};
        let check = "{firewall: {hook: input}}";
        let on = ("/etc/ufw/ufw.conf", "ENABLED=yes\n");
        let policy = |text: &'static str| ("/etc/default/ufw", text);
        testing::is(
            Pass,
            check,
            &[on, policy("DEFAULT_INPUT_POLICY=\"DROP\"\n")],
        );
        testing::is(
            Fail,
            check,
            &[on, policy("DEFAULT_INPUT_POLICY=\"ACCEPT\"\n")],
        );
        testing::is(
            Fail,
            check,
            &[on, policy("#DEFAULT_INPUT_POLICY=\"DROP\"\n")],
        );
        testing::is(
            Fail,
            check,
            &[on, policy("DEFAULT_INPUT_POLICY_X=\"DROP\"\n")],
        );
        let off = ("/etc/ufw/ufw.conf", "ENABLED=no\n");
        testing::is(
            Fail,
            check,
            &[off, policy("DEFAULT_INPUT_POLICY=\"DROP\"\n")],
        );
        let firewalld = ("/etc/firewalld/firewalld.conf", "DefaultZone=public\n");
        let zone = |text: &'static str| ("/etc/firewalld/zones/public.xml", text);
        testing::is(
            Pass,
            check,
            &[firewalld, zone("<zone><short>P</short></zone>")],
        );
        testing::is(Fail, check, &[firewalld, zone("<zone target=\"ACCEPT\"/>")]);
        testing::is(
            Error,
            "{firewall: {hook: output}}",
            &[firewalld, zone("<zone/>")],
        );
        testing::is(NotAssessable, check, &[("/etc/passwd", "")]);
    }
}
