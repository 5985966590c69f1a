//! Rules of regular families, written from reviewed tables: `families/<table>.yaml` becomes
//! `rules/<category>/<id>.yaml` and `<id>.tests.yaml`. What comes out are ordinary rules, which are
//! committed; a test holds that they are what the tables say.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;

use crate::{output::Output, yaml};

/// Events that the kernel must record.
mod audit_rule;

/// Owner, group and mode of files.
mod file;

/// Owner, group and mode of all below some folders.
mod find;

/// Modules of the kernel that must not be used.
mod kernel_module;

/// Mount points and their options.
mod mount;

/// Programs that must be there, or must not.
mod program;

/// Keys in files of settings.
mod setting;

/// Settings of the SSH server.
mod sshd;

/// Settings of the kernel.
mod sysctl;

/// A rule with its tests, on the way to its files.
mod draft;

use draft::Draft;

/// Begins each file that comes from a table, so that nobody changes it by hand, and so that one whose
/// row is gone can be told from one that a person wrote.
const MARK: &str = "# Written by `owadm content generate` from families/";

/// A table whose rules have nothing in common but their category.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table<R> {
    #[serde(rename = "family")]
    _family: String,
    category: String,
    rules: Vec<R>,
}

/// What every table says of itself.
#[derive(Deserialize)]
struct Head {
    family: Family,
}

/// Who makes rules of a table.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Family {
    AuditRule,
    File,
    Find,
    KernelModule,
    Mount,
    Program,
    Setting,
    Sshd,
    Sysctl,
}

/// The texts of files by their paths below the folder of content.
type Files = BTreeMap<PathBuf, String>;

/// Writes the files of every table below `folder`, removes those whose row is gone, and says how many
/// rules that were.
pub(super) fn run(folder: &Path, output: &Output) -> anyhow::Result<()> {
    let (written, removed) = write(folder)?;
    let told = format!("{written} rules written, {removed} removed");
    output.object(&json!({"written": written, "removed": removed}), &told)
}

/// How many rules were written, and how many removed.
///
/// # Errors
/// When a table is none, two rows make one file, or a file cannot be written.
fn write(folder: &Path) -> anyhow::Result<(usize, usize)> {
    let made = files(folder)?;
    let mut gone = 0;
    for path in marked(folder)? {
        if !made.contains_key(&path) {
            let path = folder.join(path);
            fs::remove_file(&path).with_context(|| format!("removing {}", path.display()))?;
            gone += 1;
        }
    }
    for (path, text) in &made {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).with_context(|| format!("making {}", parent.display()))?;
        }
        fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    // A rule is two files.
    Ok((made.len() / 2, gone / 2))
}

/// What the tables below `folder` make.
fn files(folder: &Path) -> anyhow::Result<Files> {
    let tables = folder.join("families");
    let listed = fs::read_dir(&tables).with_context(|| format!("reading {}", tables.display()))?;
    let mut paths = listed
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<Vec<_>>>()?;
    paths.retain(|path| path.extension().is_some_and(|e| e == "yaml"));
    paths.sort();
    let mut files = Files::new();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let text = fs::read_to_string(&path);
        let text = text.with_context(|| format!("reading {}", path.display()))?;
        let drafts = drafts(&text).with_context(|| path.display().to_string())?;
        for draft in drafts {
            for (path, text) in draft.files() {
                let text = format!("{MARK}{name}: change the row there.\n{text}");
                if files.insert(path.clone(), text).is_some() {
                    bail!("two rows make {}", path.display());
                }
            }
        }
    }
    Ok(files)
}

fn drafts(text: &str) -> anyhow::Result<Vec<Draft>> {
    let head: Head = parse(text)?;
    Ok(match head.family {
        Family::AuditRule => audit_rule::drafts(parse(text)?),
        Family::File => file::drafts(parse(text)?),
        Family::Find => find::drafts(parse(text)?),
        Family::KernelModule => kernel_module::drafts(parse(text)?),
        Family::Mount => mount::drafts(parse(text)?),
        Family::Program => program::drafts(parse(text)?),
        Family::Setting => setting::drafts(parse(text)?),
        Family::Sshd => sshd::drafts(parse(text)?),
        Family::Sysctl => sysctl::drafts(parse(text)?),
    })
}

fn parse<T: DeserializeOwned>(text: &str) -> anyhow::Result<T> {
    shared::yaml::from_str(text).map_err(|error| anyhow::anyhow!(error.to_string()))
}

/// The files below `folder` that come from tables.
fn marked(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let rules = folder.join("rules");
    let mut found = Vec::new();
    if !rules.exists() {
        return Ok(found);
    }
    for category in fs::read_dir(&rules)? {
        let category = category?.path();
        if !category.is_dir() {
            continue;
        }
        for file in fs::read_dir(&category)? {
            let path = file?.path();
            let text = fs::read_to_string(&path);
            let text = text.with_context(|| format!("reading {}", path.display()))?;
            if text.starts_with(MARK) {
                found.push(path.strip_prefix(folder)?.to_owned());
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_rules_are_what_the_tables_say() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/content");
        let made = files(&folder).unwrap();
        assert!(made.len() > 400, "{} files", made.len());
        let mend = "run `owadm content generate shared/content` and commit what it writes";
        for (path, text) in &made {
            let committed = fs::read_to_string(folder.join(path)).unwrap_or_default();
            assert!(committed == *text, "{}: {mend}", path.display());
        }
        for path in marked(&folder).unwrap() {
            assert!(made.contains_key(&path), "{}: {mend}", path.display());
        }
    }

    #[test]
    fn a_row_that_is_gone_takes_its_files_along_and_others_stay() {
        let folder = tempfile::tempdir().unwrap();
        let table = folder.path().join("families/modules.yaml");
        fs::create_dir_all(table.parent().unwrap()).unwrap();
        let row = |name: &str| {
            format!(
                "  - {{name: {name}, what: {name}, severity: low, why: Because., subjects: []}}\n"
            )
        };
        let head = "family: kernel_module\ncategory: kernel\nrules:\n";
        fs::write(&table, format!("{head}{}{}", row("udf"), row("hfs"))).unwrap();
        write(folder.path()).unwrap();
        let own = folder.path().join("rules/kernel/own.yaml");
        fs::write(&own, "id: own\n").unwrap();
        fs::write(&table, format!("{head}{}", row("udf"))).unwrap();
        assert_eq!(write(folder.path()).unwrap(), (1, 1));
        assert!(own.exists());
        let is = |name: &str| folder.path().join("rules/kernel").join(name).exists();
        assert!(
            is("kernel-module-udf-unusable.yaml") && is("kernel-module-udf-unusable.tests.yaml")
        );
        assert!(!is("kernel-module-hfs-unusable.yaml"));
    }

    #[test]
    fn a_table_with_an_unknown_key_is_refused_with_its_name() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("families")).unwrap();
        let text = "family: sysctl\ncategory: kernel\nrules: []\nrulez: []\n";
        fs::write(folder.path().join("families/bad.yaml"), text).unwrap();
        let told = format!("{:#}", files(folder.path()).unwrap_err());
        assert!(
            told.contains("bad.yaml") && told.contains("rulez"),
            "{told}"
        );
    }
}
