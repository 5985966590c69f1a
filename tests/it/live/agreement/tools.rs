//! The tool that knows each kind, and its rows in words that facts can be put into.

/// What `ip` and `ss` know.
mod network;

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
        ours: network::interface,
        theirs: network::interfaces,
    },
    Pair {
        kind: "address",
        ours: network::address,
        theirs: network::addresses,
    },
    Pair {
        kind: "route",
        ours: network::route,
        theirs: network::routes,
    },
    Pair {
        kind: "listener",
        ours: network::listener,
        theirs: network::listeners,
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
