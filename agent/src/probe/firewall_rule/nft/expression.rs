//! A rule's expressions: their words, the fields that they fill, and what moves in them. Pure.

use serde_json::Value as Json;

use crate::probe::firewall_rule::ruleset::Rule;

/// Statements that neither ask nor decide.
const BESIDE: [&str; 5] = ["counter", "log", "comment", "notrack", "last"];

/// Statements that ask something that no field tells.
const ASKS: [&str; 6] = ["limit", "quota", "ct count", "connlimit", "xt", "vmap"];

/// Takes out what changes while packets pass, and comments.
pub(super) fn still(value: &mut Json) {
    match value {
        Json::Array(list) => list.iter_mut().for_each(still),
        Json::Object(map) => {
            for name in ["used", "used_unit", "expires", "handle", "comment"] {
                map.remove(name);
            }
            for (name, inner) in map.iter_mut() {
                let counts = matches!(name.as_str(), "counter" | "last") && inner.is_object();
                if counts {
                    *inner = Json::Null;
                } else {
                    still(inner);
                }
            }
        }
        _ => {}
    }
}

/// Fills the fields of a rule.
pub(super) fn describe(expressions: &[Json], rule: &mut Rule) {
    let mut texts = Vec::new();
    let mut action = None;
    let mut logs = false;
    for (name, body) in expressions.iter().filter_map(statement) {
        texts.push(statement_words(name, body));
        match name {
            "match" => rule.has_other_matches |= !fill(body, rule),
            "jump" | "goto" => {
                rule.target = body["target"].as_str().map(str::to_owned);
                action = Some(name);
            }
            // A target of iptables that nft has no word for, where it says which.
            "xt" if body["type"] == "target" => action = body["name"].as_str(),
            _ if ASKS.contains(&name) => {
                rule.has_other_matches = true;
                if name == "vmap" {
                    action = Some(name);
                }
            }
            "log" => logs = true,
            _ if BESIDE.contains(&name) => {}
            _ => action = Some(name),
        }
    }
    let otherwise = if logs { "log" } else { "continue" };
    rule.action = action.unwrap_or(otherwise).to_ascii_lowercase();
    rule.text = texts.join(" ");
}

/// `{"name": body}`, or a bare name.
fn statement(expression: &Json) -> Option<(&str, &Json)> {
    match expression {
        Json::String(name) => Some((name, &Json::Null)),
        Json::Object(map) => map.iter().next().map(|(name, body)| (name.as_str(), body)),
        _ => None,
    }
}

/// Puts what a match asks into the field for it; `false` where there is none, or it is taken.
fn fill(body: &Json, rule: &mut Rule) -> bool {
    let not = match body["op"].as_str() {
        Some("==" | "in") | None => "",
        Some("!=") => "!",
        Some(_) => return false,
    };
    let left = &body["left"];
    let inner = |name: &str, key: &str| left[name][key].as_str();
    let payload = inner("payload", "protocol").zip(inner("payload", "field"));
    let field = match (payload, inner("meta", "key"), inner("ct", "key")) {
        (Some((protocol, field @ ("sport" | "dport"))), ..) => {
            if protocol != "th" {
                let known = rule.protocol.get_or_insert_with(|| protocol.to_owned());
                if known != protocol {
                    return false;
                }
            }
            if field == "sport" {
                &mut rule.source_ports
            } else {
                &mut rule.destination_ports
            }
        }
        (Some(("ip" | "ip6", "saddr")), ..) => &mut rule.source,
        (Some(("ip" | "ip6", "daddr")), ..) => &mut rule.destination,
        (Some(("ip", "protocol") | ("ip6", "nexthdr")), ..) | (_, Some("l4proto"), _) => {
            &mut rule.protocol
        }
        (_, Some("iif" | "iifname"), _) => &mut rule.in_interface,
        (_, Some("oif" | "oifname"), _) => &mut rule.out_interface,
        (.., Some("state")) => &mut rule.states,
        _ => return false,
    };
    let asked = format!("{not}{}", list(&body["right"]));
    if let Some(known) = field {
        return *known == asked;
    }
    *field = Some(asked);
    true
}

/// The words of a value, a set without its braces.
fn list(value: &Json) -> String {
    let inner = value.get("set").unwrap_or(value);
    match inner {
        Json::Array(all) => all.iter().map(words).collect::<Vec<_>>().join(", "),
        one => words(one),
    }
}

/// nft's words for a value.
pub(super) fn words(value: &Json) -> String {
    let joined = |all: &Json, between: &str| match all {
        Json::Array(all) => all.iter().map(words).collect::<Vec<_>>().join(between),
        one => words(one),
    };
    let map = match value {
        Json::String(text) => return text.clone(),
        Json::Array(_) => return joined(value, ", "),
        Json::Object(map) if map.len() == 1 => map,
        // An element with more than its value.
        Json::Object(map) if map.contains_key("val") => return words(&map["val"]),
        other => return other.to_string(),
    };
    let Some((name, body)) = map.iter().next() else {
        return String::new();
    };
    match name.as_str() {
        "prefix" => format!("{}/{}", words(&body["addr"]), body["len"]),
        "range" => joined(body, "-"),
        "set" => format!("{{ {} }}", joined(body, ", ")),
        "concat" => joined(body, " . "),
        "elem" | "val" => words(body),
        "payload" => match (body["protocol"].as_str(), body["field"].as_str()) {
            (Some(protocol), Some(field)) => format!("{protocol} {field}"),
            _ => body.to_string(),
        },
        "meta" => match body["key"].as_str() {
            Some(key @ ("iif" | "iifname" | "oif" | "oifname")) => key.to_owned(),
            Some(key) => format!("meta {key}"),
            None => body.to_string(),
        },
        "ct" => match body["key"].as_str() {
            Some(key) => format!("ct {key}"),
            None => body.to_string(),
        },
        "&" | "|" | "^" | "<<" | ">>" => joined(body, &format!(" {name} ")),
        _ => value.to_string(),
    }
}

fn statement_words(name: &str, body: &Json) -> String {
    match (name, body) {
        ("match", _) => {
            let operator = match body["op"].as_str() {
                Some("==" | "in") | None => String::new(),
                Some(other) => format!("{other} "),
            };
            format!(
                "{} {operator}{}",
                words(&body["left"]),
                words(&body["right"])
            )
        }
        ("jump" | "goto", _) => format!("{name} {}", words(&body["target"])),
        (_, Json::Null) => name.to_owned(),
        _ => format!("{name} {}", words(body)),
    }
}
