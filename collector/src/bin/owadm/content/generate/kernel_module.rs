//! Modules of the kernel that must not be used: `kernel_module`.

use serde::Deserialize;

use super::{
    Table,
    draft::{Case, Draft, text},
    yaml::map,
};

/// One rule.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    name: String,
    /// What it is for, as a title begins: `The filesystem UDF`.
    what: String,
    severity: String,
    why: String,
    subjects: Vec<String>,
}

pub(super) fn drafts(table: Table<Row>) -> Vec<Draft> {
    let draft = |row| draft(row, &table.category);
    table.rules.into_iter().map(draft).collect()
}

fn draft(row: Row, category: &str) -> Draft {
    let name = &row.name;
    let (dash, line) = (name.replace('_', "-"), name.replace('-', "_"));
    let conf = |said: String| text("/etc/modprobe.d/own.conf", said);
    let release = text("/proc/sys/kernel/osrelease", "6.1.0-own\n");
    let off = || conf(format!("install {name} /bin/false\n"));
    let cases = vec![
        Case::new("modprobe runs a program in its place", "pass", vec![off()]),
        Case::new(
            "the name is written with the other sign, and the program is true",
            "pass",
            vec![conf(format!(
                "install {} /usr/bin/true\n",
                if dash == *name { &line } else { &dash }
            ))],
        ),
        Case::new(
            "this kernel has no such module",
            "pass",
            vec![
                release.clone(),
                text(
                    "/lib/modules/6.1.0-own/modules.dep",
                    "kernel/fs/own/own.ko:\n",
                ),
            ],
        ),
        Case::new(
            "this kernel has the module, and nothing keeps it out",
            "fail",
            vec![
                release,
                text(
                    "/lib/modules/6.1.0-own/modules.dep",
                    format!("kernel/own/{dash}.ko.xz:\n"),
                ),
            ],
        ),
        Case::new(
            "it is loaded all the same",
            "fail",
            vec![
                off(),
                text("/proc/modules", format!("{line} 16384 0 - Live 0x0\n")),
            ],
        ),
        Case::new(
            "blacklisted alone, it is still loaded by its name",
            "fail",
            vec![conf(format!("blacklist {name}\n"))],
        ),
        Case::new(
            "the line is a comment, and a longer name is another module",
            "fail",
            vec![conf(format!(
                "#install {name} /bin/false\ninstall {name}x /bin/false\n"
            ))],
        ),
        Case::new(
            "the program in its place loads it",
            "fail",
            vec![conf(format!(
                "install {name} /sbin/modprobe --ignore-install {name}\n"
            ))],
        ),
        Case::absent("no file says anything", "fail", vec![conf(String::new())]),
    ];
    Draft {
        id: format!("kernel-module-{dash}-unusable"),
        title: format!("{} cannot be used", row.what),
        severity: row.severity,
        category: category.to_owned(),
        why: row.why,
        check: Some(map([(
            "kernel_module",
            map([("name", name.as_str().into())]),
        )])),
        subjects: row.subjects,
        cases,
        ..Draft::default()
    }
}
