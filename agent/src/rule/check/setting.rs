//! `setting`: a key in files of settings, with fragments and precedence as the program has them.

use shared::rule::{
    check::{Form, Holds, Missing, Setting},
    expect::Expect,
};

use super::{Seen, Sources};

pub(super) fn judge(asked: &Setting, expect: &Expect, sources: &Sources<'_>) -> Seen {
    let expected = format!("{} {expect}", asked.key);
    let mut paths = vec![asked.file.clone()];
    match fragments(asked, sources) {
        Ok(fragments) => paths.extend(fragments),
        Err(seen) => return seen,
    }
    let mut read = Vec::new();
    let mut lines: Vec<(String, String)> = Vec::new();
    for path in paths {
        let text = sources.text(&path);
        match text.as_ref() {
            Ok(text) => lines.extend(values(asked, text).map(|value| (value, path.clone()))),
            Err(error) if error.is_absent() => continue,
            Err(error) => return Seen::unreadable(error, expected).read([path]),
        }
        read.push(path);
    }
    let none = read.is_empty();
    let holds = match asked.holds.unwrap_or(Holds::Last) {
        Holds::First => lines.first(),
        Holds::Last => lines.last(),
    };
    if let Some((value, path)) = holds {
        return Seen::of(
            expect.admits(value),
            expected,
            format!("{} in {path}", shown(value)),
        )
        .read(read);
    }
    let looked_at = if none { vec![asked.file.clone()] } else { read };
    if let Some(default) = &asked.default {
        let actual = format!("not set, which means {}", shown(&default.0));
        return Seen::of(expect.admits(&default.0), expected, actual).read(looked_at);
    }
    let actual = if none {
        format!("{} is not there", asked.file)
    } else {
        "not set".into()
    };
    Seen::missing(asked.missing.unwrap_or(Missing::Fail), expected, actual).read(looked_at)
}

/// Fragments by name, each name from the first folder that has it.
fn fragments(asked: &Setting, sources: &Sources<'_>) -> Result<Vec<String>, Seen> {
    let folders: Vec<&str> = asked
        .drop_ins
        .iter()
        .flatten()
        .map(String::as_str)
        .collect();
    match crate::probe::fragment::paths(sources.host(), &folders, ".conf") {
        Ok(paths) => Ok(paths
            .into_iter()
            .flat_map(|paths| paths.into_values())
            .collect()),
        Err(stale) => Err(Seen::stale(&stale, "fragments").read(folders)),
    }
}

/// Every value that the text gives the key, in order.
fn values<'a>(asked: &'a Setting, text: &'a str) -> impl Iterator<Item = String> + 'a {
    let mut section = String::new();
    text.lines().filter_map(move |line| {
        let line = line.trim();
        if line.starts_with(['#', ';']) {
            return None;
        }
        if let Some(name) = line
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
        {
            name.trim().clone_into(&mut section);
            return None;
        }
        let (key, value) = match asked.form {
            Form::Words => line.split_once(char::is_whitespace).unwrap_or((line, "")),
            Form::Equals | Form::Ini => line.split_once('=').unwrap_or((line, "yes")),
        };
        let within = asked
            .section
            .as_ref()
            .is_none_or(|wanted| *wanted == section);
        let value = match asked.form {
            // systemd takes what follows for a part of the value.
            Form::Ini => value.trim(),
            Form::Words | Form::Equals => without_comment(value).trim(),
        };
        let value = value.trim_matches('"');
        (within && key.trim() == asked.key).then(|| value.to_owned())
    })
}

/// Up to a `#` that follows a blank.
fn without_comment(value: &str) -> &str {
    let blank = |c: char| c.is_whitespace();
    let mut marks = value.match_indices('#').map(|(at, _)| at);
    let begins = marks.find(|at| value[..*at].ends_with(blank));
    begins.map_or(value, |at| &value[..at])
}

fn shown(value: &str) -> &str {
    if value.is_empty() { "nothing" } else { value }
}

#[cfg(test)]
mod tests {
    use crate::rule::check::testing::{
        Verdict::{Fail, Pass},
        is,
    };

    #[test]
    fn what_follows_a_mark_is_a_comment_but_of_systemd() {
        let words = "{setting: {file: /a, form: words, key: UMASK, is: \"027\"}}";
        is(Pass, words, &[("/a", "UMASK 027\t# as agreed\n")]);
        is(Fail, words, &[("/a", "UMASK 027#\n")]);
        let ini = "{setting: {file: /a, form: ini, section: S, key: K, is: \"yes\"}}";
        is(Pass, ini, &[("/a", "[S]\nK=yes\n")]);
        is(Fail, ini, &[("/a", "[S]\nK=yes # x\n")]);
    }
}
