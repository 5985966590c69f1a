//! One line of a check: `[not ]SORT:WHERE[ -> WHAT][ -> WHAT]`.

use super::{Command, Condition, Dialect, Edition, RegexType, matcher::Matcher, term::Terms};

/// Separates where is looked from what must be there.
const ARROW: &str = " -> ";

/// Most paths of one line.
const MAX_PATHS: usize = 64;

/// A line as the policy has it, its variables put in, and what it asks.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub text: String,
    /// Counted from 1, in the policy's file.
    pub at: Option<u64>,
    /// In words, where it cannot be understood.
    pub asks: Result<Asks, String>,
}

/// What a line asks.
#[derive(Debug, Clone, PartialEq)]
pub struct Asks {
    /// It holds when what it asks does not.
    pub negated: bool,
    pub of: Subject,
}

/// What is looked at.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// One of the files must be there, or must have a line of which the terms hold.
    File {
        paths: Vec<String>,
        terms: Option<Terms>,
    },
    /// One of the folders must be there; or have, however deep, a file of that name; of which a line
    /// fits.
    Folder {
        paths: Vec<String>,
        files: Option<(Name, Option<Terms>)>,
    },
    /// A line of what the command says must fit.
    Command { command: Command, terms: Terms },
    /// A program of a fitting name must run.
    Process(Terms),
    /// Windows has one.
    Registry,
}

/// Which names of files are meant.
#[derive(Debug, Clone, PartialEq)]
pub enum Name {
    /// The whole name.
    Is(String),
    /// An expression that may match anywhere in it.
    Matches(Matcher),
    Fits(Terms),
}

impl Name {
    /// Whether a file of this name is meant; a reason where that cannot be said.
    ///
    /// # Errors
    /// In words.
    pub fn is_of(&self, name: &str) -> Result<bool, String> {
        match self {
            Self::Is(whole) => Ok(whole == name),
            Self::Matches(matcher) => Ok(matcher.is_match(name)),
            Self::Fits(terms) => terms.fit(name),
        }
    }
}

/// What a line asks whose check has this condition.
pub(super) fn parse(text: &str, condition: Condition, dialect: Dialect) -> Result<Asks, String> {
    let (negated, rest) = match text.strip_prefix("not ").or(text.strip_prefix("NOT ")) {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text),
    };
    let Some((sort, rest)) = rest.split_once(':') else {
        return Err(
            "has no `:` after what it looks at: write `f:`, `d:`, `c:`, `p:` or `r:`".into(),
        );
    };
    // What is found counts against the check, so a lone `!r:` must not find too little.
    let counts_against = negated != (condition == Condition::None);
    let terms = |text: &str| Terms::parse(text, dialect, !counts_against);
    let of = match sort {
        "f" => {
            let (paths, what) = split(rest);
            Subject::File {
                paths: absolute(paths)?,
                terms: what.map(terms).transpose()?,
            }
        }
        "d" => {
            let (paths, what) = split(rest);
            let files = what.map(|what| {
                let (wanted, what) = split(what);
                Ok::<_, String>((name(wanted, dialect)?, what.map(terms).transpose()?))
            });
            Subject::Folder {
                paths: absolute(paths)?,
                files: files.transpose()?,
            }
        }
        "c" => match split(rest) {
            (command, Some(what)) => Subject::Command {
                command: Command::parse(command)?,
                terms: terms(what)?,
            },
            (_, None) => {
                return Err(
                    "says nothing of what the command must say: write ` -> ` and that".into(),
                );
            }
        },
        "p" => Subject::Process(terms(rest)?),
        "r" => Subject::Registry,
        "!f" | "!d" | "!c" | "!p" | "!r" => {
            return Err(
                "is negated with `!`, which means nothing here: write `not ` before it".into(),
            );
        }
        other => {
            return Err(format!(
                "`{other}:` is nothing to look at: there are `f:`, `d:`, `c:`, `p:` and `r:`"
            ));
        }
    };
    Ok(Asks { negated, of })
}

fn split(text: &str) -> (&str, Option<&str>) {
    match text.split_once(ARROW) {
        Some((place, what)) => (place, Some(what)),
        None => (text, None),
    }
}

/// The paths of a list with commas.
fn absolute(list: &str) -> Result<Vec<String>, String> {
    let paths: Vec<_> = list.split(',').map(str::trim).map(str::to_owned).collect();
    if paths.len() > MAX_PATHS {
        return Err(format!("names more than {MAX_PATHS} paths"));
    }
    for path in &paths {
        if path.starts_with('$') {
            return Err(format!("`{path}`: no variable of this name is declared"));
        }
        if path.contains("->") {
            return Err(format!("`{path}`: `->` wants a blank before and after it"));
        }
        if !path.starts_with('/') || path.split('/').any(|part| part == "..") {
            return Err(format!("`{path}` is not an absolute path without `..`"));
        }
    }
    Ok(paths)
}

/// What stands for names of files in a folder.
fn name(text: &str, dialect: Dialect) -> Result<Name, String> {
    let by_terms = ["r:", "n:", "!r:", "!n:"]
        .iter()
        .any(|head| text.starts_with(head));
    match dialect.edition {
        Edition::Five if !by_terms => {
            if text.is_empty() {
                return Err("names no file in the folder".into());
            }
            Ok(Name::Is(text.to_owned()))
        }
        Edition::Four if !by_terms => Ok(Name::Matches(Matcher::words(text)?)),
        Edition::Five => Ok(Name::Fits(Terms::parse(text, dialect, false)?)),
        Edition::Four => {
            let regex = RegexType::Osregex;
            let dialect = Dialect { regex, ..dialect };
            Ok(Name::Fits(Terms::parse(text, dialect, false)?))
        }
    }
}
