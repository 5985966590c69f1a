use serde_json::Value as Json;

use super::*;
use crate::probe::{hostile, live, netlink::Answer};

/// What identifies a route, from either side; ip leaves out what goes without saying.
fn line(value: &Json, names: [&str; 8]) -> String {
    let text = |name: &str| match &value[name] {
        Json::String(text) => text.clone(),
        Json::Null => String::new(),
        other => other.to_string(),
    };
    names.map(text).join(" ")
}

#[test]
fn the_live_machine_has_what_ip_route_lists() {
    let ours = || {
        let facts = live::facts(&Routes);
        facts
            .iter()
            .map(|(_, value)| {
                let mut value = value.clone();
                let hops = value["next_hops"].as_array().unwrap().len();
                if value["family"] == "inet" && value["metric"] == 0 {
                    value["metric"] = Json::Null;
                }
                if value["family"] == "inet6" {
                    value["scope"] = Json::Null;
                }
                let names = [
                    "type",
                    "destination",
                    "gateway",
                    "interface",
                    "table",
                    "protocol",
                    "scope",
                    "metric",
                ];
                format!("{} {hops}", line(&value, names))
            })
            .collect()
    };
    live::agree(ours, || {
        let mut rows = Vec::new();
        for (family, all, bits) in [("-4", "0.0.0.0/0", 32), ("-6", "::/0", 128)] {
            let arguments = [family, "-j", "-d", "route", "show", "table", "all"];
            let listed = live::tool("ip", &arguments)?;
            let listed: Json = serde_json::from_str(&listed).unwrap();
            for mut route in listed.as_array().unwrap().clone() {
                if route["table"] == "local" {
                    continue;
                }
                if route["table"].is_null() {
                    route["table"] = "main".into();
                }
                let destination = route["dst"].as_str().unwrap();
                route["dst"] = match destination {
                    "default" => all.to_owned(),
                    one if !one.contains('/') => format!("{one}/{bits}"),
                    network => network.to_owned(),
                }
                .into();
                if family == "-6" {
                    route["scope"] = Json::Null;
                }
                if route["gateway"].is_null() {
                    route["gateway"] = route["via"]["host"].clone();
                }
                let hops = route["nexthops"].as_array().map_or(0, Vec::len);
                let names = [
                    "type", "dst", "gateway", "dev", "table", "protocol", "scope", "metric",
                ];
                rows.push(format!("{} {hops}", line(&route, names)));
            }
        }
        Some(rows)
    });
}

#[test]
fn keys_tell_apart_what_the_kernel_tells_apart() {
    let main = Value {
        table: "main".into(),
        kind: "unicast".into(),
        destination: network(None, 0, false),
        gateway: Some("192.0.2.1".parse().unwrap()),
        interface: Some("eth0".into()),
        metric: Some(100),
        ..Value::default()
    };
    assert_eq!(
        main.key(),
        "main 0.0.0.0/0 via 192.0.2.1 dev eth0 metric 100"
    );
    let others = [
        Value {
            metric: Some(200),
            ..main.clone()
        },
        Value {
            table: "7".into(),
            ..main.clone()
        },
        Value {
            tos: 16,
            ..main.clone()
        },
        Value {
            kind: "prohibit".into(),
            ..main.clone()
        },
        Value {
            interface: None,
            ..main.clone()
        },
        Value {
            source: Some(network(None, 8, true)),
            ..main.clone()
        },
    ];
    for other in others {
        assert_ne!(other.key(), main.key());
    }
}

#[test]
fn a_thousand_bad_answers_of_the_kernel_harm_no_route() {
    let names = (0..8).map(|index| (index, format!("eth{index}"))).collect();
    let (refused, rows) = hostile::answers("netlink", |bytes| {
        let mut answer = Answer::new("routes", HEADER);
        answer.take(bytes)?;
        facts(&answer.rows().unwrap_or_default(), &names)
    });
    assert!(refused > 0 && rows > 0, "{refused} refused, {rows} rows");
}
