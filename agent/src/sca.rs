//! Lines of policies in Wazuh's grammar, decided on a host: whether what a line asks for is there.
//!
//! Three answers are possible, and the third has reasons of several sorts. As with Wazuh, a file, a
//! folder or a program that is not there makes a line `not_applicable` when it asks what is in it. What
//! is there and could not be read, understood or waited for is an `error`, or `not_assessable` where a
//! right is missing; with Wazuh some of these pass.

/// What commands say.
mod command;

/// Lines of files.
mod file;

/// Files in folders.
mod folder;

/// Programs that run.
mod process;

/// What is not told of lines that were found.
pub(crate) mod secret;

use std::{path::Path, rc::Rc};

use shared::{
    rule::result::Verdict,
    sca::{Asks, Subject, Terms},
};

pub use self::command::Commands;
use crate::host::{Host, HostError};

/// Whether what a line asks for is there, with what was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Yes(String),
    No(String),
    /// It could not be said, which makes this verdict where nothing else decides.
    Open(Verdict, String),
}

/// What lines are asked of.
pub struct Machine<'a> {
    pub host: &'a Host,
    /// The whole of a file, read once for all who ask.
    pub text: &'a dyn Fn(&Path) -> Rc<Result<String, HostError>>,
    pub commands: &'a Commands,
    /// Whether the policy was named by who may run its commands.
    pub may_run: bool,
}

impl std::fmt::Debug for Machine<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Machine")
            .field("host", self.host)
            .field("may_run", &self.may_run)
            .finish_non_exhaustive()
    }
}

/// Whether a line holds on this machine.
pub fn ask(asks: &Asks, machine: &Machine<'_>) -> Answer {
    let answer = match &asks.of {
        Subject::File { paths, terms } => file::ask(paths, terms.as_ref(), machine),
        Subject::Folder { paths, files } => folder::ask(paths, files.as_ref(), machine),
        Subject::Command { command, terms } => command::ask(command, terms, machine),
        Subject::Process(terms) => process::ask(terms, machine),
        Subject::Registry => Answer::Open(
            Verdict::NotApplicable,
            "the registry is Windows', and this is Linux".into(),
        ),
    };
    match answer {
        Answer::Yes(seen) if asks.negated => Answer::No(seen),
        Answer::No(seen) if asks.negated => Answer::Yes(seen),
        answer => answer,
    }
}

/// What is looked at, as evidence names it.
pub fn place(asks: &Asks) -> Vec<String> {
    match &asks.of {
        Subject::File { paths, .. } | Subject::Folder { paths, .. } => paths.clone(),
        Subject::Command { command, .. } => {
            vec![format!("what `{}` says", command::shown(command))]
        }
        Subject::Process(_) => vec!["/proc".into()],
        Subject::Registry => Vec::new(),
    }
}

/// The answer of several places: one that is found decides, then the worst reason for which one
/// could not be seen.
fn any_of(answers: impl IntoIterator<Item = Answer>) -> Answer {
    let mut open: Option<(Verdict, String)> = None;
    let mut not = Vec::new();
    for answer in answers {
        match answer {
            found @ Answer::Yes(_) => return found,
            Answer::No(seen) => not.push(seen),
            Answer::Open(verdict, why) => {
                if open
                    .as_ref()
                    .is_none_or(|(known, _)| worse(verdict, *known))
                {
                    open = Some((verdict, why));
                }
            }
        }
    }
    match open {
        Some((verdict, why)) => Answer::Open(verdict, why),
        None => Answer::No(not.join("; ")),
    }
}

/// Whether a reason says less about the machine than another.
pub fn worse(one: Verdict, other: Verdict) -> bool {
    let rank = |verdict| match verdict {
        Verdict::Error => 0,
        Verdict::NotAssessable => 1,
        _ => 2,
    };
    rank(one) < rank(other)
}

/// Whether a line of `text` fits, where `place` is whence it comes.
fn find(terms: &Terms, text: &str, place: &str) -> Answer {
    use shared::sca::Came;
    let line = |n: usize| secret::shown(place, text.lines().nth(n - 1).unwrap_or_default());
    match terms.find(text.lines()) {
        Came::Yes(Some(n)) => Answer::Yes(format!("{place}:{n}: {}", line(n))),
        Came::Yes(None) => Answer::Yes(format!("no line of {place} is otherwise")),
        Came::No(Some(n)) => Answer::No(format!("{place}:{n}: {}", line(n))),
        Came::No(None) if text.is_empty() => Answer::No(format!("{place} is empty")),
        Came::No(None) => {
            let many = text.lines().count();
            Answer::No(format!("none of the {many} lines of {place} fits"))
        }
        Came::Open(why) => {
            let why = secret::shown(place, &why);
            Answer::Open(Verdict::Error, format!("{place}: {why}"))
        }
    }
}

/// Why something could not be seen that is asked for what is in it.
fn unseen(error: &HostError, machine: &Machine<'_>) -> Answer {
    let made_up = |path: &Path| {
        ["/proc", "/sys"]
            .iter()
            .any(|kernel| path.starts_with(kernel))
    };
    match error {
        error if error.is_denied() => Answer::Open(Verdict::NotAssessable, error.to_string()),
        HostError::Open { path, .. }
            if error.is_absent() && !machine.host.is_live() && made_up(path) =>
        {
            let why = format!("{}: of a tree no kernel runs", path.display());
            Answer::Open(Verdict::NotAssessable, why)
        }
        HostError::Open { path, .. } if error.is_absent() => Answer::Open(
            Verdict::NotApplicable,
            format!("{} is not there", path.display()),
        ),
        error => Answer::Open(Verdict::Error, error.to_string()),
    }
}

#[cfg(test)]
mod tests;
