//! `file`: existence, type, owner and mode. A stricter mode than asked passes.

use std::{fs::Metadata, os::unix::fs::MetadataExt as _};

use shared::rule::{
    check::{File, FileType, Missing},
    expect::{self, Scalar},
    result::Verdict,
    variable::Values,
};

use super::{Seen, Sources, accounts::Names};

pub(super) fn judge(asked: &File, values: &Values, sources: &Sources<'_>) -> Seen {
    let expected = expected(asked);
    let words = match expect::bound(asked.words.as_slice(), values) {
        Ok(words) => words.into_iter().next(),
        Err(why) => return Seen::verdict(Verdict::Error, expected, why),
    };
    let names = Names::read(sources);
    let mut looked_at = 0;
    let mut offenders = Vec::new();
    let mut absent = Vec::new();
    for pattern in &asked.paths {
        let paths = match sources.paths(pattern) {
            Ok(paths) => paths,
            Err(error) => return Seen::unreadable(&error, expected).read([pattern]),
        };
        for path in paths {
            let shown = path.display();
            let metadata = match sources.metadata(&path) {
                Ok(metadata) => metadata,
                Err(error) if error.is_absent() => {
                    absent.push(shown.to_string());
                    continue;
                }
                Err(error) => return Seen::unreadable(&error, expected).read([pattern]),
            };
            looked_at += 1;
            if !asked.exists {
                offenders.push(format!("{shown} is there"));
                continue;
            }
            let mut wrong = wrong(asked, &metadata, &names);
            if let Some(Scalar(words)) = &words {
                let text = sources.text(&path);
                match text.as_ref() {
                    Ok(text) if text.split_whitespace().eq(words.split_whitespace()) => {}
                    Ok(_) => wrong.push("says something else".to_owned()),
                    Err(error) => return Seen::unreadable(error, expected).read([pattern]),
                }
            }
            if !wrong.is_empty() {
                offenders.push(format!("{shown}: {}", wrong.join(", ")));
            }
        }
    }
    if !asked.exists {
        let actual = match offenders.as_slice() {
            [] => "none is there".to_owned(),
            found => found.join(", "),
        };
        let mut seen = Seen::of(offenders.is_empty(), expected, actual).read(&asked.paths);
        seen.offenders = offenders;
        return seen;
    }
    // A pattern that finds nothing has no file that is not as it must be.
    let has_plain = asked
        .paths
        .iter()
        .any(|path| !path.contains(['*', '?', '[']));
    let means = asked.missing.unwrap_or(if has_plain {
        Missing::Fail
    } else {
        Missing::Pass
    });
    let gone = format!(
        "{} not there",
        if absent.is_empty() {
            "files".into()
        } else {
            absent.join(", ")
        }
    );
    match means {
        Missing::Fail => offenders.extend(absent.iter().map(|path| format!("{path} is not there"))),
        means if looked_at == 0 => return Seen::missing(means, expected, gone).read(&asked.paths),
        _ => {}
    }
    if looked_at == 0 {
        let mut seen = Seen::of(
            offenders.is_empty() && means != Missing::Fail,
            expected,
            gone,
        );
        seen.offenders = offenders;
        return seen.read(&asked.paths);
    }
    let of = looked_at
        + if means == Missing::Fail {
            absent.len()
        } else {
            0
        };
    let told = offenders.first().cloned();
    let mut seen = Seen::offenders(offenders, of, expected).read(&asked.paths);
    if let (1, Some(told)) = (of, told) {
        seen.actual = told;
    }
    seen
}

/// What of a file is not as it must be, with what it is.
fn wrong(asked: &File, metadata: &Metadata, names: &Names) -> Vec<String> {
    let mut wrong = Vec::new();
    let sort_fits = match asked.sort {
        None => true,
        Some(FileType::File) => metadata.is_file(),
        Some(FileType::Folder) => metadata.is_dir(),
    };
    if !sort_fits {
        wrong.push("of another type".to_owned());
    }
    let mode = metadata.mode() & 0o7777;
    if asked.mode_at_most.is_some_and(|most| mode & !most.0 != 0) {
        wrong.push(format!("mode {mode:04o}"));
    }
    let owner = |wanted: &Option<Vec<Scalar>>, id: u32, name: Option<&str>, what: &str| {
        let is = |scalar: &Scalar| name == Some(&scalar.0) || scalar.0 == id.to_string();
        let fits = wanted.as_ref().is_none_or(|wanted| wanted.iter().any(is));
        (!fits).then(|| format!("{what} {}", name.map_or(id.to_string(), str::to_owned)))
    };
    wrong.extend(owner(
        &asked.owner,
        metadata.uid(),
        names.user(metadata.uid()),
        "owner",
    ));
    wrong.extend(owner(
        &asked.group,
        metadata.gid(),
        names.group(metadata.gid()),
        "group",
    ));
    wrong
}

fn expected(asked: &File) -> String {
    if !asked.exists {
        return "not there".into();
    }
    let mut parts = Vec::new();
    let list = |list: &[Scalar]| {
        let names: Vec<_> = list.iter().map(|scalar| scalar.0.as_str()).collect();
        names.join(" or ")
    };
    parts.extend(
        asked
            .mode_at_most
            .map(|mode| format!("mode {:04o} or stricter", mode.0)),
    );
    parts.extend(
        asked
            .owner
            .as_deref()
            .map(|owner| format!("owner {}", list(owner))),
    );
    parts.extend(
        asked
            .group
            .as_deref()
            .map(|group| format!("group {}", list(group))),
    );
    parts.extend(
        asked
            .words
            .as_ref()
            .map(|_| "the words that are asked for".to_owned()),
    );
    if parts.is_empty() {
        "there".into()
    } else {
        parts.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Verdict::*, is};

    #[test]
    fn what_a_file_says_is_compared_by_its_words() {
        let check = "{file: {paths: [/etc/issue], words: 'You are being watched.'}}";
        is(
            Pass,
            check,
            &[("/etc/issue", "You are\n  being watched.\n\n")],
        );
        is(
            Fail,
            check,
            &[("/etc/issue", "You are being watched. Or not.\n")],
        );
        is(Fail, check, &[("/etc/issue", "You are beingwatched.\n")]);
        is(Fail, check, &[("/etc/issue", "")]);
        is(Fail, check, &[("/etc/hostname", "")]);
        is(Error, check, &[("/etc/issue/folder", "")]);
    }
}
