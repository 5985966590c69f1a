//! `f:`: files that must be there, or have a line.

use std::path::Path;

use shared::{rule::result::Verdict, sca::Terms};

use super::{Answer, Machine, any_of, find, unseen};

/// By which policies tell Linux from others. On a tree nothing answers, and whose tree it is decides the
/// rest of what a policy requires.
const KERNEL: &str = "/proc/sys/kernel/ostype";

pub(super) fn ask(paths: &[String], terms: Option<&Terms>, machine: &Machine<'_>) -> Answer {
    any_of(paths.iter().map(|path| match terms {
        None => exists(path, machine),
        Some(terms) => has_line(path, terms, machine),
    }))
}

fn exists(path: &str, machine: &Machine<'_>) -> Answer {
    match machine.host.metadata(path) {
        Ok(metadata) if metadata.is_file() => Answer::Yes(format!("{path} is there")),
        Ok(_) => Answer::Open(Verdict::Error, format!("{path} is there, and no file")),
        Err(error) => match unseen(&error, machine) {
            Answer::Open(Verdict::NotApplicable, _) => Answer::No(format!("{path} is not there")),
            answer => answer,
        },
    }
}

fn has_line(path: &str, terms: &Terms, machine: &Machine<'_>) -> Answer {
    if path == KERNEL && !machine.host.is_live() {
        return find(terms, "Linux\n", path);
    }
    match (machine.text)(Path::new(path)).as_ref() {
        Ok(text) => find(terms, text, path),
        Err(error) => unseen(error, machine),
    }
}
