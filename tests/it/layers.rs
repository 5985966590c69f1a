//! Which module may use which, as a test. This table is the dependency diagram of
//! docs/architecture.md: data flows down each list, a module uses only what is named beside it,
//! and a new edge is a decision that is explained in its commit.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

type Layers = &'static [(&'static str, &'static [&'static str])];

const SHARED: Layers = &[
    ("hex", &[]),
    ("id", &[]),
    ("clock", &[]),
    ("fact", &["hex"]),
    ("digest", &["hex", "fact"]),
    ("yaml", &[]),
    ("cel", &[]),
    ("sca", &["yaml"]),
    ("rule", &["yaml", "cel", "sca"]),
    ("version", &[]),
    ("wire", &["id", "digest", "fact"]),
    ("metric", &["wire"]),
    ("token", &["hex", "clock"]),
    ("tls", &["clock", "token"]),
    ("chain", &["hex", "id", "fact", "rule", "wire", "tls"]),
    ("trust", &["hex"]),
    ("bundle", &["hex", "rule", "wire", "trust"]),
    ("release", &["trust", "bundle"]),
    ("backoff", &[]),
    ("config", &[]),
    ("lifecycle", &[]),
    ("log", &[]),
];

const AGENT: Layers = &[
    ("config", &[]),
    ("defect", &[]),
    ("host", &["defect"]),
    ("memory", &[]),
    ("probe", &["defect", "host"]),
    ("sca", &["host"]),
    ("rule", &["defect", "host", "probe", "sca"]),
    ("comply", &["host", "rule"]),
    ("scan", &["host", "rule"]),
    ("content", &["host", "rule"]),
    ("watch", &["host", "probe"]),
    ("metric", &["host", "probe"]),
    ("state", &[]),
    ("fault", &[]),
    ("bundle", &["host", "rule", "comply", "state", "fault"]),
    ("diff", &[]),
    ("journal", &["probe", "diff", "state", "fault"]),
    ("run", &["host", "state"]),
    ("control", &["state", "fault"]),
    ("assign", &["rule", "state", "fault"]),
    ("dial", &["fault"]),
    ("identity", &["host", "state", "dial"]),
    (
        "link",
        &[
            "metric", "bundle", "journal", "run", "control", "assign", "identity", "dial", "fault",
        ],
    ),
    (
        "status",
        &[
            "bundle", "journal", "control", "identity", "link", "state", "fault",
        ],
    ),
    (
        "pipeline",
        &[
            "config", "host", "memory", "probe", "rule", "comply", "watch", "metric", "state",
            "fault", "bundle", "journal", "run", "control", "assign", "dial", "identity", "link",
            "status",
        ],
    ),
    (
        "doctor",
        &[
            "config", "host", "probe", "state", "fault", "bundle", "dial", "identity", "link",
            "status",
        ],
    ),
    (
        "cli",
        &[
            "config", "defect", "host", "memory", "probe", "comply", "scan", "content", "metric",
            "state", "fault", "bundle", "assign", "identity", "status", "pipeline", "doctor",
        ],
    ),
];

const COLLECTOR: Layers = &[
    ("config", &[]),
    ("stamp", &[]),
    ("postgres", &[]),
    ("authority", &[]),
    ("factor", &[]),
    ("metrics", &[]),
    ("live", &[]),
    ("liveness", &[]),
    ("settings", &[]),
    ("maintenance", &[]),
    ("retention", &[]),
    ("membership", &[]),
    ("rollout", &[]),
    ("catalogue", &[]),
    ("posture", &["catalogue"]),
    ("event", &[]),
    ("export", &[]),
    ("waiver", &[]),
    ("drift", &["event", "maintenance", "settings"]),
    ("alert", &["drift"]),
    ("activity", &["event"]),
    ("chain", &[]),
    ("proof", &["chain"]),
    ("job", &[]),
    ("notice", &[]),
    ("syslog", &[]),
    ("access", &[]),
    ("audit", &[]),
    (
        "store",
        &[
            "liveness",
            "settings",
            "maintenance",
            "retention",
            "membership",
            "rollout",
            "posture",
            "event",
            "drift",
            "alert",
            "waiver",
            "chain",
            "job",
            "notice",
            "access",
            "audit",
        ],
    ),
    ("notary", &["audit", "metrics", "store", "syslog"]),
    ("publication", &["store"]),
    ("fleet", &["store"]),
    ("jobs", &["job", "metrics", "store"]),
    ("outbound", &[]),
    (
        "notify",
        &[
            "access",
            "authority",
            "job",
            "jobs",
            "metrics",
            "notice",
            "outbound",
            "store",
            "syslog",
        ],
    ),
    ("oidc", &["outbound"]),
    ("client_certificate", &["stamp"]),
    ("remote", &["store", "metrics", "outbound"]),
    ("ingest", &["store", "live", "metrics", "remote"]),
    (
        "link",
        &[
            "authority",
            "chain",
            "fleet",
            "ingest",
            "live",
            "liveness",
            "metrics",
            "retention",
            "settings",
            "store",
        ],
    ),
    (
        "conductor",
        &["audit", "fleet", "live", "metrics", "rollout", "store"],
    ),
    ("registrar", &["fleet", "live", "metrics", "store"]),
    (
        "alerter",
        &["alert", "catalogue", "drift", "live", "notice", "store"],
    ),
    (
        "deriver",
        &[
            "alerter",
            "catalogue",
            "drift",
            "event",
            "live",
            "metrics",
            "posture",
            "settings",
            "store",
        ],
    ),
    ("housekeeper", &["audit", "fleet", "retention", "store"]),
    (
        "one_machine",
        &[
            "audit",
            "authority",
            "conductor",
            "publication",
            "rollout",
            "store",
        ],
    ),
    ("console", &[]),
    (
        "api",
        &[
            "access",
            "activity",
            "alert",
            "alerter",
            "audit",
            "authority",
            "catalogue",
            "chain",
            "client_certificate",
            "conductor",
            "drift",
            "event",
            "export",
            "factor",
            "fleet",
            "housekeeper",
            "live",
            "liveness",
            "metrics",
            "notary",
            "oidc",
            "outbound",
            "posture",
            "proof",
            "rollout",
            "settings",
            "maintenance",
            "retention",
            "membership",
            "job",
            "jobs",
            "notice",
            "notify",
            "store",
            "publication",
            "registrar",
            "console",
            "waiver",
        ],
    ),
    ("https", &["api", "client_certificate", "metrics", "stamp"]),
    (
        "server",
        &[
            "config",
            "postgres",
            "authority",
            "catalogue",
            "metrics",
            "live",
            "store",
            "notary",
            "fleet",
            "jobs",
            "outbound",
            "client_certificate",
            "remote",
            "ingest",
            "link",
            "conductor",
            "registrar",
            "alerter",
            "deriver",
            "factor",
            "housekeeper",
            "retention",
            "one_machine",
            "console",
            "api",
            "https",
        ],
    ),
];

#[test]
fn shared() {
    check("shared", SHARED);
}

#[test]
fn agent() {
    check("agent", AGENT);
}

#[test]
fn collector() {
    check("collector", COLLECTOR);
}

fn check(krate: &str, allowed: Layers) {
    let src = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .join(krate)
        .join("src");
    let lib = fs::read_to_string(src.join("lib.rs")).expect("a lib.rs");
    let declared: BTreeSet<&str> = lib
        .lines()
        .filter_map(|line| {
            line.trim_start_matches("pub ")
                .strip_prefix("mod ")?
                .strip_suffix(';')
        })
        .collect();
    let listed: BTreeSet<&str> = allowed.iter().map(|(module, _)| *module).collect();
    assert_eq!(
        declared, listed,
        "{krate}/src/lib.rs and this table name different modules"
    );

    for (module, may_use) in allowed {
        for file in sources(&src, module) {
            let text = fs::read_to_string(&file).expect("a source");
            for used in crate_modules(text.split("#[cfg(test)]").next().unwrap_or_default()) {
                assert!(
                    used == *module || may_use.contains(&used) || !declared.contains(used),
                    "{} uses crate::{used}",
                    file.display()
                );
            }
        }
    }
}

/// A file that no `mod` names is not compiled, and its tests pass by never running.
#[test]
fn every_file_is_a_module_of_something() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for folder in [
        "agent/src",
        "collector/src",
        "shared/src",
        "tests/it",
        "tests/support",
        "tests/benches",
    ] {
        let top = root.join(folder);
        let mut folders = vec![top.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|e| e == "rs") {
                    assert!(is_declared(&top, &path), "{}", path.display());
                }
            }
        }
    }
}

/// Whether a `mod` above it names the file, or it is where a crate begins.
fn is_declared(top: &Path, file: &Path) -> bool {
    let (folder, name) = (
        file.parent().expect("a folder"),
        file.file_stem().expect("a name").to_string_lossy(),
    );
    if ["lib", "main"].contains(&&*name) {
        return true;
    }
    let beside = folder.with_extension("rs");
    let mut above = vec![folder.join("main.rs"), folder.join("lib.rs")];
    if folder != top {
        above.push(beside);
    }
    let said = format!("mod {name};");
    let names_it = |text: String| text.lines().any(|line| line.trim_start().ends_with(&said));
    above
        .iter()
        .filter_map(|path| fs::read_to_string(path).ok())
        .any(names_it)
}

/// `module.rs` and everything under `module/`, without tests: they may use what they like.
fn sources(src: &Path, module: &str) -> Vec<PathBuf> {
    let mut found = vec![src.join(format!("{module}.rs"))];
    let mut folders = vec![src.join(module)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path)
            } else {
                found.push(path)
            }
        }
    }
    let is_test = |path: &Path| {
        path.iter()
            .any(|part| part.to_string_lossy().starts_with("test"))
    };
    let inside = |path: &Path| path.strip_prefix(src).unwrap_or(path).to_path_buf();
    found.retain(|path| path.extension().is_some_and(|e| e == "rs") && path.exists());
    found.retain(|path| !is_test(&inside(path)));
    found
}

/// The `x` of each `crate::x` and of each `crate::{x, y::z}`.
fn crate_modules(code: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for rest in code.split("crate::").skip(1) {
        let Some(list) = rest.strip_prefix('{') else {
            found.push(name(rest));
            continue;
        };
        let mut depth = 1;
        found.push(name(list));
        for (at, c) in list.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 1 => break,
                '}' => depth -= 1,
                ',' if depth == 1 => found.push(name(&list[at + 1..])),
                _ => {}
            }
        }
    }
    found
}

fn name(text: &str) -> &str {
    let text = text.trim_start();
    &text[..text
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(text.len())]
}
