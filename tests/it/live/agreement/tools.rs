//! The tool that knows each kind, and its rows in words that facts can be put into.

use serde_json::Value;
use support::LiveHost;

use super::Pair;

pub(super) const PAIRS: &[Pair] = &[
    Pair {
        kind: "os",
        ours: |_, value| row(value, &OS),
        theirs: os,
    },
    Pair {
        kind: "package",
        ours: package,
        theirs: |host| lines(&host.run("dpkg-query", &["-W", DPKG])),
    },
    Pair {
        kind: "user",
        ours: |key, value| {
            let fields = ["uid", "gid", "gecos", "home", "shell"];
            format!("{} {}", name(key), row(value, &fields))
        },
        theirs: |host| {
            let listed = host.run("getent", &["-s", "files", "passwd"]);
            let user = |line: &str| {
                let fields: Vec<_> = line.split(':').collect();
                format!("{} {}", fields[0], fields[2..].join(" | "))
            };
            listed.lines().map(user).collect()
        },
    },
    Pair {
        kind: "group",
        ours: |key, value| {
            let members: Vec<_> = list(value, "members").iter().map(text).collect();
            format!("{} {} {}", name(key), value["gid"], members.join(","))
        },
        theirs: |host| {
            let listed = host.run("getent", &["-s", "files", "group"]);
            let group = |line: &str| {
                let fields: Vec<_> = line.split(':').collect();
                let mut members: Vec<_> = fields[3].split(',').collect();
                members.sort_unstable();
                format!("{} {} {}", fields[0], fields[2], members.join(","))
            };
            listed.lines().map(group).collect()
        },
    },
    Pair {
        kind: "interface",
        ours: |key, value| {
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
        },
        theirs: interfaces,
    },
    Pair {
        kind: "address",
        ours: |_, value| {
            let fields = [
                "interface",
                "family",
                "ip",
                "prefix",
                "scope",
                "broadcast",
                "peer",
            ];
            let (fields, secondary) = (row(value, &fields), &value["secondary"]);
            format!("{fields} secondary={secondary}")
        },
        theirs: addresses,
    },
    Pair {
        kind: "route",
        ours: route,
        theirs: routes,
    },
    Pair {
        kind: "listener",
        ours: listener,
        theirs: |host| {
            let socket = |line: &str| {
                let fields: Vec<_> = line.split_whitespace().collect();
                format!("{} {}", fields[0], fields[4])
            };
            let mut rows: Vec<_> = host
                .run("ss", &["-H", "-tuln"])
                .lines()
                .map(socket)
                .collect();
            // Sockets that share an address are one fact.
            rows.sort();
            rows.dedup();
            rows
        },
    },
    Pair {
        kind: "mount",
        ours: mount,
        theirs: mounts,
    },
];

const OS: [&str; 9] = [
    "hostname",
    "kernel",
    "architecture",
    "id",
    "version",
    "codename",
    "pretty_name",
    "boot_id",
    "boot_time",
];

fn os(host: &LiveHost) -> Vec<String> {
    let script = ". /etc/os-release; uname -n; uname -r; uname -m; echo \"$ID\"; \
        echo \"$VERSION_ID\"; echo \"$VERSION_CODENAME\"; echo \"$PRETTY_NAME\"; \
        cat /proc/sys/kernel/random/boot_id; sed -n 's/^btime //p' /proc/stat";
    let said = host.run("sh", &["-c", script]);
    vec![said.lines().collect::<Vec<_>>().join(" | ")]
}

const DPKG: &str = concat!(
    "-f=${Package}:${Architecture} ${Version} | ${db:Status-Want} | ${db:Status-Status} | ",
    "${source:Package} | ${source:Version} | ${Installed-Size}\\n"
);

fn package(key: &str, value: &Value) -> String {
    let fields = ["version", "want", "status", "source", "source_version"];
    let kib = value["installed_bytes"].as_u64().map(|n| n / 1024);
    let kib = kib.map(|n| n.to_string()).unwrap_or_default();
    format!("{key} {} | {kib}", row(value, &fields))
}

fn interfaces(host: &LiveHost) -> Vec<String> {
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

fn addresses(host: &LiveHost) -> Vec<String> {
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

fn route(_: &str, value: &Value) -> String {
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

fn routes(host: &LiveHost) -> Vec<String> {
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

fn listener(_: &str, value: &Value) -> String {
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

fn mount(_: &str, value: &Value) -> String {
    let root = match text(&value["root"]).as_str() {
        "/" => String::new(),
        root => format!("[{root}]"),
    };
    let options: Vec<_> = list(value, "options").iter().map(text).collect();
    format!(
        "{} | {}{root} | {} | {}",
        text(&value["target"]),
        text(&value["source"]),
        text(&value["fstype"]),
        options.join(",")
    )
}

fn mounts(host: &LiveHost) -> Vec<String> {
    // The kernel's own table, not libmount's idea of what the administrator did.
    let table = [
        "--json",
        "--list",
        "--tab-file",
        "/proc/self/mountinfo",
        "-o",
        "TARGET,SOURCE,FSTYPE,OPTIONS",
    ];
    let found: Value = serde_json::from_str(&host.run("findmnt", &table)).unwrap();
    let mount = |mount: &Value| {
        let options = text(&mount["options"]);
        let mut options: Vec<_> = options.split(',').collect();
        options.sort_unstable();
        options.dedup();
        let fields = row(mount, &["target", "source", "fstype"]);
        format!("{fields} | {}", options.join(","))
    };
    list(&found, "filesystems").iter().map(mount).collect()
}

/// The fields of a row, in this order.
fn row(value: &Value, fields: &[&str]) -> String {
    let fields: Vec<_> = fields.iter().map(|name| text(&value[*name])).collect();
    fields.join(" | ")
}

/// A word without its quotes; nothing for null.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// A list, empty where there is none.
fn list(value: &Value, name: &str) -> Vec<Value> {
    value[name].as_array().cloned().unwrap_or_default()
}

/// The key of a name's second line is `name:2`.
fn name(key: &str) -> &str {
    key.split(':').next().unwrap_or_default()
}

fn json(text: &str) -> Vec<Value> {
    serde_json::from_str(text).unwrap()
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}
