//! `c:`: what a command says, on either output.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc, time::Duration};

use shared::{
    rule::result::Verdict,
    sca::{Command, Terms},
};

use super::{Answer, Machine, find};
use crate::host::{
    Host,
    command::Said,
    program::{Limits, ProgramError, is_refusal},
};

/// What one command may take.
const LIMITS: Limits = Limits {
    patience: Duration::from_secs(10),
    max: 1 << 20,
};

/// Only this is given lines that are no plain words, and only of policies that somebody named.
const SHELL: &str = "/bin/sh";

type Came = Rc<Result<Said, ProgramError>>;

/// What commands said, each run once for an evaluation: a policy asks `sshd -T` thirty times.
#[derive(Debug, Default)]
pub struct Commands(RefCell<BTreeMap<String, Came>>);

impl Commands {
    fn run(&self, command: &Command, host: &Host) -> Came {
        let shown = shown(command);
        if let Some(came) = self.0.borrow().get(&shown) {
            return came.clone();
        }
        let came = match command {
            Command::Words(words) => match words.split_first() {
                Some((program, arguments)) => host.listen(program, arguments, LIMITS),
                None => host.listen("", &[], LIMITS),
            },
            Command::Shell(line) => host.listen(SHELL, &["-c".into(), line.clone()], LIMITS),
        };
        let came = Rc::new(came);
        self.0.borrow_mut().insert(shown, came.clone());
        came
    }
}

/// A command on one line.
pub(super) fn shown(command: &Command) -> String {
    match command {
        Command::Words(words) => {
            let quoted = |word: &String| {
                if word.is_empty() || word.contains([' ', '\t', '\'', '"']) {
                    format!("{word:?}")
                } else {
                    word.clone()
                }
            };
            words.iter().map(quoted).collect::<Vec<_>>().join(" ")
        }
        Command::Shell(line) => line.clone(),
    }
}

pub(super) fn ask(command: &Command, terms: &Terms, machine: &Machine<'_>) -> Answer {
    if !machine.host.is_live() {
        let why = "of a tree nothing is run, and what a command would say is not known";
        return Answer::Open(Verdict::NotAssessable, why.into());
    }
    if !machine.may_run {
        let why = "commands of imported rules are not run: name the policy with `scan --sca`";
        return Answer::Open(Verdict::NotAssessable, why.into());
    }
    let shown = format!("`{}`", shown(command));
    let came = machine.commands.run(command, machine.host);
    let said = match came.as_ref() {
        Ok(said) => said,
        Err(error) if error.is_absent() => {
            let why = format!("{shown}: the program is not there");
            return Answer::Open(Verdict::NotApplicable, why);
        }
        Err(error) if error.is_denied() => {
            return Answer::Open(Verdict::NotAssessable, error.to_string());
        }
        Err(error) => return Answer::Open(Verdict::Error, format!("{shown}: {error}")),
    };
    // What a shell says of programs that it did not find, and a program of rights that it lacks, is no
    // answer.
    let failed = said.status.is_some_and(|status| !status.success());
    let is_answer = |line: &&str| !(is_not_found(line) || failed && is_refusal(line));
    let answers: Vec<_> = said.text.lines().filter(is_answer).collect();
    match find(terms, &answers.join("\n"), &shown) {
        // What was found is there, whatever else the command would have said.
        Answer::Yes(seen) if !terms.want_none() => Answer::Yes(seen),
        answer => incomplete(said, &shown).unwrap_or(answer),
    }
}

/// Why what a command said is not all that there is to know.
fn incomplete(said: &Said, shown: &str) -> Option<Answer> {
    let Some(status) = said.status else {
        let why = format!("{shown} says more than {} bytes", LIMITS.max);
        return Some(Answer::Open(Verdict::Error, why));
    };
    if status.code() == Some(127) || said.text.lines().any(is_not_found) {
        let why = format!("{shown}: a program in it is not there");
        return Some(Answer::Open(Verdict::NotApplicable, why));
    }
    if status.code().is_none() {
        let why = format!("{shown} was ended by a signal ({status})");
        return Some(Answer::Open(Verdict::Error, why));
    }
    let refusal = said.text.lines().find(|line| is_refusal(line));
    if let Some(line) = refusal.filter(|_| !status.success()) {
        return Some(Answer::Open(
            Verdict::NotAssessable,
            format!("{shown}: {line}"),
        ));
    }
    None
}

/// Whether a shell says with this that it did not find what it was to run, wherever in its line that
/// stood. Where it was the last of the line, the shell ends with 127 too.
fn is_not_found(line: &str) -> bool {
    let shells = ["sh: ", "/bin/sh: ", "bash: "];
    let ends = [": not found", ": command not found"];
    shells.iter().any(|shell| line.starts_with(shell)) && ends.iter().any(|end| line.ends_with(end))
}
