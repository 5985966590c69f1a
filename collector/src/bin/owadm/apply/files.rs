//! What files say: YAML documents, each with a `kind`. Everything that is wrong is told, with its place.

use std::{
    fmt, fs,
    io::{Read as _, stdin},
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use serde::Deserialize;
use shared::yaml::{self, Document, Spanned};

use crate::{
    documents::read_file,
    manifest::{Binding, Group, Maintenance, Role, Settings, Sort, Thing},
};

/// Largest file, bytes.
const MOST: usize = 16 << 20;

/// Where something is said.
#[derive(Debug, Clone)]
pub(super) struct Place {
    file: String,
    line: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// What is said, and where.
#[derive(Debug, Clone)]
pub(super) struct Wish<T> {
    pub(super) place: Place,
    pub(super) is: T,
}

/// Everything that is said.
#[derive(Default)]
pub(super) struct Wishes {
    pub(super) groups: Vec<Wish<Group>>,
    pub(super) settings: Vec<Wish<Settings>>,
    pub(super) maintenance: Vec<Wish<Maintenance>>,
    pub(super) roles: Vec<Wish<Role>>,
    pub(super) bindings: Vec<Wish<Binding>>,
}

/// What every document says.
#[derive(Deserialize)]
struct Head {
    kind: Spanned<String>,
}

/// What all files say. What is wrong goes to `errors`.
pub(super) fn read(paths: &[PathBuf], errors: &mut Vec<String>) -> Wishes {
    let mut wishes = Wishes::default();
    for path in paths {
        match texts(path) {
            Ok(texts) => {
                for (name, text) in texts {
                    wishes.add(&name, &text, errors);
                }
            }
            Err(error) => errors.push(format!("{error:#}")),
        }
    }
    wishes
}

impl Wishes {
    fn add(&mut self, file: &str, text: &str, errors: &mut Vec<String>) {
        let place = |line: Option<u64>| Place {
            file: file.to_owned(),
            line: line.unwrap_or(1),
        };
        let documents = match yaml::documents(text) {
            Ok(documents) => documents,
            Err(error) => return errors.push(format!("{}: {error}", place(error.line))),
        };
        for document in documents {
            let head = match document.read::<Head>() {
                Ok(head) => head,
                Err(error) => {
                    errors.push(format!("{}: {error}", place(error.line)));
                    continue;
                }
            };
            let known = Sort::ALL.into_iter();
            let Some(sort) = known.clone().find(|sort| sort.name() == head.kind.value) else {
                let names: Vec<_> = known.map(Sort::name).collect();
                let (at, kind) = (place(Some(head.kind.line)), head.kind.value);
                let names = names.join(", ");
                errors.push(format!(
                    "{at}: the kind {kind:?} is not known here; there are {names}"
                ));
                continue;
            };
            let at = place(Some(document.line()));
            match sort {
                Sort::Group => add(&mut self.groups, &document, at, errors),
                Sort::Settings => add(&mut self.settings, &document, at, errors),
                Sort::Maintenance => add(&mut self.maintenance, &document, at, errors),
                Sort::Role => add(&mut self.roles, &document, at, errors),
                Sort::Binding => add(&mut self.bindings, &document, at, errors),
            }
        }
    }
}

fn add<T: Thing>(
    wishes: &mut Vec<Wish<T>>,
    document: &Document<'_>,
    place: Place,
    errors: &mut Vec<String>,
) {
    let is: T = match document.read() {
        Ok(is) => is,
        Err(error) => {
            let line = error.line.unwrap_or(place.line);
            return errors.push(format!("{}: {error}", Place { line, ..place }));
        }
    };
    let (kind, title) = (T::SORT.name(), is.title());
    if let Err(why) = is.check() {
        errors.push(format!("{place}: {kind} {title}: {why}"));
    }
    if let Some(other) = wishes.iter().find(|other| other.is.title() == title) {
        errors.push(format!(
            "{place}: {kind} {title} is at {} already",
            other.place
        ));
    }
    wishes.push(Wish { place, is });
}

/// The texts at a path, with their names: of a file, of a folder's files, of standard input.
fn texts(path: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let name = || format!("reading {}", path.display());
    if path == Path::new("-") {
        let mut text = String::new();
        stdin()
            .take(MOST as u64)
            .read_to_string(&mut text)
            .with_context(name)?;
        return Ok(vec![("standard input".into(), text)]);
    }
    if !path.is_dir() {
        let text = String::from_utf8(read_file(path, MOST)?);
        let text = text.with_context(|| format!("{} is no text", path.display()))?;
        return Ok(vec![(path.display().to_string(), text)]);
    }
    let entries = fs::read_dir(path).with_context(name)?;
    let mut below = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<std::io::Result<Vec<_>>>()
        .with_context(name)?;
    below.sort();
    let is_yaml = |path: &PathBuf| {
        path.is_dir()
            || path
                .extension()
                .is_some_and(|end| end == "yaml" || end == "yml")
    };
    let mut found = Vec::new();
    for path in below.into_iter().filter(is_yaml) {
        found.append(&mut texts(&path)?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Wishes, Vec<String>) {
        let (mut wishes, mut errors) = (Wishes::default(), Vec::new());
        wishes.add("a.yaml", text, &mut errors);
        (wishes, errors)
    }

    #[test]
    fn everything_that_is_wrong_is_told_with_its_place() {
        let (_, errors) = read(
            "kind: Group\nname: web\nprecedense: 3\n\
             ---\nkind: AlertRule\nname: x\n\
             ---\nname: nothing\n\
             ---\nkind: Settings\ngroup: web\nsettings:\n  reconcile_s: 5\n\
             ---\nkind: Settings\nsettings:\n  kinds:\n    os: {every: 5}\n\
             ---\nkind: Maintenance\nreason: none\n\
             ---\nkind: Binding\naccount: ../x\nrole: admin\n\
             ---\nkind: Group\nname: twice\n\
             ---\nkind: Group\nname: twice\n",
        );
        let told = [
            ("a.yaml:3:", "precedense"),
            (
                "a.yaml:5:",
                "the kind \"AlertRule\" is not known here; there are Group, Settings",
            ),
            ("a.yaml:8:", "kind"),
            ("a.yaml:10:", "Settings group web: "),
            ("a.yaml:18:", "every"),
            ("a.yaml:20:", "either a group or a host"),
            ("a.yaml:23:", "is no name"),
            ("a.yaml:30:", "Group twice is at a.yaml:27 already"),
        ];
        assert_eq!(errors.len(), told.len(), "{errors:#?}");
        for ((place, part), error) in told.iter().zip(&errors) {
            assert!(
                error.starts_with(place) && error.contains(part),
                "{place} {part}: {error}"
            );
        }
    }

    #[test]
    fn what_is_written_is_read_as_it_was() {
        let text = "kind: Group\nname: web\ndescription: of the web\nprecedence: 10\n\
            match: {role: web}\nexpression: os.id == \"debian\"\ngroups: [a, b]\n\
            members: [web-1]\n";
        let (wishes, errors) = read(text);
        assert_eq!(errors, [""; 0]);
        let written = wishes.groups[0].is.written();
        let (again, errors) = read(&written);
        assert_eq!(errors, [""; 0], "{written}");
        assert!(again.groups[0].is == wishes.groups[0].is, "{written}");
        let (nothing, errors) = read("---\n# a comment\n---\n");
        assert!(errors.is_empty() && nothing.groups.is_empty());
    }
}
