//! `d:`: folders that must be there, have a file of a name, or a line in such a file, however deep.

use std::{
    cell::RefCell,
    collections::BTreeSet,
    ffi::OsString,
    path::{Path, PathBuf},
    time::Duration,
};

use shared::{
    rule::result::Verdict,
    sca::{Name, Terms},
};

use super::{Answer, Machine, any_of, find, unseen};
use crate::host::walk::{Bounds, Shown, Way};

/// What one folder may take: `/etc` of a large host has some thousand entries.
const BOUNDS: Bounds = Bounds {
    entries: 200_000,
    time: Duration::from_secs(10),
};

/// Most bytes that are read of the files of one folder.
const MAX_BYTES: u64 = 64 << 20;

/// Most bytes of one of them, as of every file that a rule reads.
const MAX_FILE: u64 = 8 << 20;

pub(super) fn ask(
    paths: &[String],
    files: Option<&(Name, Option<Terms>)>,
    machine: &Machine<'_>,
) -> Answer {
    any_of(paths.iter().map(|path| match files {
        None => exists(path, machine),
        Some((name, terms)) => has_file(path, name, terms.as_ref(), machine),
    }))
}

fn exists(path: &str, machine: &Machine<'_>) -> Answer {
    match machine.host.metadata(path) {
        Ok(metadata) if metadata.is_dir() => Answer::Yes(format!("{path} is there")),
        Ok(_) => Answer::Open(Verdict::Error, format!("{path} is there, and no folder")),
        Err(error) => match unseen(&error, machine) {
            Answer::Open(Verdict::NotApplicable, _) => Answer::No(format!("{path} is not there")),
            answer => answer,
        },
    }
}

/// Stays on the filesystem of the folder, and remembers what it did not go into: a server that is away
/// would be waited for.
#[derive(Default)]
struct Within(RefCell<Vec<PathBuf>>);

impl Way for Within {
    fn left_out(&self, _: &Path) -> Option<&BTreeSet<OsString>> {
        None
    }

    fn crosses_into(&self, path: &Path) -> bool {
        self.0.borrow_mut().push(path.to_owned());
        false
    }
}

fn has_file(folder: &str, name: &Name, terms: Option<&Terms>, machine: &Machine<'_>) -> Answer {
    match machine.host.metadata(folder) {
        Ok(metadata) if !metadata.is_dir() => {
            return Answer::Open(Verdict::Error, format!("{folder} is there, and no folder"));
        }
        Ok(_) => {}
        Err(error) => return unseen(&error, machine),
    }
    let way = Within::default();
    let mut meant = Vec::new();
    let mut unnamed = None;
    let walked = machine
        .host
        .walk(Path::new(folder), BOUNDS, &way, &mut |entry| {
            let Some(last) = entry.name() else {
                return;
            };
            if matches!(entry.shown, Shown::Folder(_)) {
                return;
            }
            match name.is_of(&last.to_string_lossy()) {
                Ok(true) => meant.push((entry.path(), entry.shown)),
                Ok(false) => {}
                Err(why) => {
                    unnamed.get_or_insert(format!("{}: {why}", entry.path().display()));
                }
            }
        });
    let walked = match walked {
        Ok(walked) => walked,
        Err(error) => return unseen(&error, machine),
    };
    meant.sort_by(|(one, _), (other, _)| one.cmp(other));
    let many = meant.len();
    let found = any_of(in_files(meant, terms, machine));
    let open = |verdict, why| Answer::Open(verdict, why);
    match found {
        Answer::No(_) => {}
        found => return found,
    }
    if let Some(why) = walked.ended.or(unnamed) {
        return open(
            Verdict::Error,
            format!("{folder} was not looked through: {why}"),
        );
    }
    if let Some(path) = walked.denied {
        let why = format!("{} may not be looked into", path.display());
        return open(Verdict::NotAssessable, why);
    }
    if let Some(path) = way.0.into_inner().first() {
        let why = format!(
            "{} is another filesystem, into which is not looked",
            path.display()
        );
        return open(Verdict::Error, why);
    }
    Answer::No(match (many, terms) {
        (0, _) | (_, None) => format!("no file of that name is in {folder}"),
        (many, Some(_)) => format!("no line of {many} files of that name in {folder} fits"),
    })
}

/// What each of the files answers, as long as somebody asks.
fn in_files<'a>(
    files: Vec<(PathBuf, Shown)>,
    terms: Option<&'a Terms>,
    machine: &'a Machine<'_>,
) -> impl Iterator<Item = Answer> + 'a {
    let mut left = MAX_BYTES;
    files.into_iter().filter_map(move |(path, shown_as)| {
        let shown = path.display().to_string();
        // A link is looked through, as the programs do that read such folders; one to a folder is not
        // a part of this folder, and one to nothing is nothing.
        let is_file = match shown_as {
            Shown::Folder(_) | Shown::Other => false,
            Shown::File(_) => true,
            Shown::Link => match machine.host.metadata(&path) {
                Ok(metadata) if metadata.is_dir() => return None,
                Ok(metadata) => metadata.is_file(),
                Err(error) if error.is_absent() => return None,
                Err(error) => return Some(unseen(&error, machine)),
            },
        };
        if !is_file {
            return Some(Answer::Open(Verdict::Error, format!("{shown} is no file")));
        }
        let Some(terms) = terms else {
            return Some(Answer::Yes(format!("{shown} is there")));
        };
        // Not kept: of a large folder that would be a lot, and hardly anybody asks again.
        Some(match machine.host.read_text(&path, MAX_FILE.min(left)) {
            Ok(text) => {
                left -= (text.len() as u64).min(left);
                find(terms, &text, &shown)
            }
            Err(error) if error.is_absent() => return None,
            Err(error) => unseen(&error, machine),
        })
    })
}
