//! What `ip` and `ss` know: interfaces, addresses, routes and sockets.

use serde_json::Value;
use support::LiveHost;

use super::{json, list, row, text};

pub(super) fn interface(key: &str, value: &Value) -> String {
    let fields = [
        "ifindex",
        "mac",
        "mtu",
        "up",
        "operstate",
        "kind",
        "link_type",
        "master",
    ];
    format!("{key} {}", row(value, &fields))
}

pub(super) fn interfaces(host: &LiveHost) -> Vec<String> {
    let links = json(&host.run("ip", &["-d", "-j", "link"]));
    let link = |link: &Value| {
        let mut link = link.clone();
        link["up"] = list(&link, "flags").iter().any(|f| f == "UP").into();
        link["operstate"] = text(&link["operstate"]).to_lowercase().into();
        link["kind"] = link["linkinfo"]["info_kind"].clone();
        let fields = [
            "ifindex",
            "address",
            "mtu",
            "up",
            "operstate",
            "kind",
            "link_type",
            "master",
        ];
        format!("{} {}", text(&link["ifname"]), row(&link, &fields))
    };
    links.iter().map(link).collect()
}

pub(super) fn address(_: &str, value: &Value) -> String {
    let fields = [
        "interface",
        "family",
        "ip",
        "prefix",
        "scope",
        "broadcast",
        "peer",
    ];
    format!("{} secondary={}", row(value, &fields), value["secondary"])
}

pub(super) fn addresses(host: &LiveHost) -> Vec<String> {
    let links = json(&host.run("ip", &["-j", "addr"]));
    let of = |link: &Value| {
        let name = text(&link["ifname"]);
        let addresses = list(link, "addr_info").into_iter();
        addresses.map(move |address| {
            // Of one with a peer, ip calls the peer "address".
            let fields = [
                "family",
                "local",
                "prefixlen",
                "scope",
                "broadcast",
                "address",
            ];
            let secondary = address["secondary"] == true;
            format!("{name} | {} secondary={secondary}", row(&address, &fields))
        })
    };
    links.iter().flat_map(of).collect()
}

pub(super) fn route(_: &str, value: &Value) -> String {
    let mut value = value.clone();
    // ip leaves out what goes without saying.
    if value["family"] == "inet" && value["metric"] == 0 {
        value["metric"] = Value::Null;
    }
    if value["family"] == "inet6" {
        value["scope"] = Value::Null;
    }
    let fields = [
        "destination",
        "type",
        "gateway",
        "interface",
        "table",
        "protocol",
        "scope",
        "metric",
        "preferred_source",
    ];
    let hop = |hop: &Value| row(hop, &["gateway", "interface", "weight"]);
    let mut hops: Vec<_> = list(&value, "next_hops").iter().map(hop).collect();
    hops.sort();
    format!("{} {hops:?}", row(&value, &fields))
}

pub(super) fn routes(host: &LiveHost) -> Vec<String> {
    let mut rows = Vec::new();
    for (family, all, bits) in [("-4", "0.0.0.0/0", 32), ("-6", "::/0", 128)] {
        let arguments = [family, "-j", "-d", "route", "show", "table", "all"];
        for mut route in json(&host.run("ip", &arguments)) {
            if route["table"] == "local" {
                continue;
            }
            if route["table"].is_null() {
                route["table"] = "main".into();
            }
            route["dst"] = match text(&route["dst"]).as_str() {
                "default" => all.to_owned(),
                one if !one.contains('/') => format!("{one}/{bits}"),
                network => network.to_owned(),
            }
            .into();
            if family == "-6" {
                route["scope"] = Value::Null;
            }
            let fields = [
                "dst", "type", "gateway", "dev", "table", "protocol", "scope", "metric", "prefsrc",
            ];
            let hop = |hop: &Value| row(hop, &["gateway", "dev", "weight"]);
            let mut hops: Vec<_> = list(&route, "nexthops").iter().map(hop).collect();
            hops.sort();
            rows.push(format!("{} {hops:?}", row(&route, &fields)));
        }
    }
    rows
}

pub(super) fn listener(_: &str, value: &Value) -> String {
    let ip = text(&value["ip"]);
    // ss writes a star for a socket of IPv6 that takes IPv4 as well.
    let ip = match ip.as_str() {
        "::" if value["v6_only"] == false => "*".to_owned(),
        v6 if v6.contains(':') => format!("[{v6}]"),
        _ => ip,
    };
    let bound = value["interface"].as_str().map(|name| format!("%{name}"));
    let (protocol, bound) = (text(&value["protocol"]), bound.unwrap_or_default());
    format!("{protocol} {ip}{bound}:{}", value["port"])
}

pub(super) fn listeners(host: &LiveHost) -> Vec<String> {
    let listed = host.run("ss", &["-H", "-tuln"]);
    let socket = |line: &str| {
        let fields: Vec<_> = line.split_whitespace().collect();
        format!("{} {}", fields[0], fields[4])
    };
    let mut rows: Vec<_> = listed.lines().map(socket).collect();
    // Sockets that share an address are one fact.
    rows.sort();
    rows.dedup();
    rows
}
