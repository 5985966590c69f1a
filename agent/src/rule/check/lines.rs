//! `lines`: an expression that a line of some files must match, or that none may, or whose matches
//! hold values that are compared.

use shared::rule::{
    check::{Lines, Missing, Presence},
    expect::Expect,
};

use super::{Seen, Sources};

/// A line that matches.
struct Found {
    told: String,
    /// What it says, where values are compared.
    values: Vec<String>,
}

pub(super) fn judge(asked: &Lines, expect: &Expect, sources: &Sources<'_>) -> Seen {
    let expected = match asked.must {
        Some(Presence::Present) => "a line that matches".to_owned(),
        Some(Presence::Absent) => "no line that matches".to_owned(),
        None => expect.to_string(),
    };
    let (read, found) = match find(asked, sources) {
        Ok(found) => found,
        Err(mut seen) => {
            seen.expected = expected;
            return seen;
        }
    };
    let none_there = read.is_empty();
    let looked_at = if none_there {
        asked.files.clone()
    } else {
        read
    };
    let Some(must) = asked.must else {
        return values(asked, expect, &found, expected, none_there).read(looked_at);
    };
    if none_there {
        let by_default = match must {
            Presence::Present => Missing::Fail,
            Presence::Absent => Missing::Pass,
        };
        let means = asked.missing.unwrap_or(by_default);
        return Seen::missing(means, expected, "no such file is there").read(looked_at);
    }
    let actual = match found.first() {
        None => "no line matches".to_owned(),
        Some(first) => first.told.clone(),
    };
    let passes = found.is_empty() == (must == Presence::Absent);
    let mut seen = Seen::of(passes, expected, actual).read(looked_at);
    if !passes {
        seen.offenders = found.into_iter().map(|found| found.told).collect();
    }
    seen
}

/// The files that were read, and their lines that match.
fn find(asked: &Lines, sources: &Sources<'_>) -> Result<(Vec<String>, Vec<Found>), Seen> {
    let comment = asked.comment.as_deref().unwrap_or("#");
    let mut read = Vec::new();
    let mut found = Vec::new();
    for pattern in &asked.files {
        let unreadable = |error: &_| Seen::unreadable(error, "").read([pattern]);
        let paths = sources.paths(pattern).map_err(|error| unreadable(&error))?;
        for path in paths {
            let text = sources.text(&path);
            let text = match text.as_ref() {
                Ok(text) => text,
                Err(error) if error.is_absent() => continue,
                Err(error) => return Err(unreadable(error)),
            };
            read.push(path.display().to_string());
            for (n, line) in text.lines().enumerate() {
                let said = line.trim();
                let is_comment = !comment.is_empty() && said.starts_with(comment);
                if is_comment || !asked.pattern.matches(said) {
                    continue;
                }
                let firsts = asked.must.is_none().then(|| asked.pattern.firsts(said));
                found.push(Found {
                    told: format!("{}:{}: {said}", path.display(), n + 1),
                    values: firsts.into_iter().flatten().map(str::to_owned).collect(),
                });
            }
        }
    }
    Ok((read, found))
}

/// Every value, each of which must be admitted.
fn values(
    asked: &Lines,
    expect: &Expect,
    found: &[Found],
    expected: String,
    none_there: bool,
) -> Seen {
    let Some(first) = found.first() else {
        let actual = if none_there {
            "no such file is there"
        } else {
            "no line matches"
        };
        return Seen::missing(asked.missing.unwrap_or(Missing::Fail), expected, actual);
    };
    let is_wrong = |found: &&Found| found.values.iter().any(|value| !expect.admits(value));
    let offenders: Vec<String> = found
        .iter()
        .filter(is_wrong)
        .map(|found| found.told.clone())
        .collect();
    let actual = offenders.first().unwrap_or(&first.told).clone();
    let mut seen = Seen::of(offenders.is_empty(), expected, actual);
    seen.offenders = offenders;
    seen
}

#[cfg(test)]
mod tests {
    use crate::rule::check::testing::{
        Verdict::{Error, Fail, NotApplicable, Pass},
        is,
    };

    const TIME: &str = "{lines: {files: [/etc/profile, /etc/profile.d/*.sh], pattern: '\\bTMOUT=(\\S*)', between: [1, 900]}}";

    #[test]
    fn every_value_of_every_file_must_be_admitted() {
        let own = |text: &'static str| ("/etc/profile.d/own.sh", text);
        is(Pass, TIME, &[own("TMOUT=600\nexport TMOUT\n")]);
        is(
            Pass,
            TIME,
            &[own("TMOUT=600\n"), ("/etc/profile", "# TMOUT=0\n")],
        );
        for bad in [
            "TMOUT=0",
            "TMOUT=901",
            "TMOUT=",
            "TMOUT=600; TMOUT=0",
            "TMOUT=6x",
        ] {
            is(Fail, TIME, &[("/etc/profile.d/own.sh", bad)]);
        }
        let outcome = is(
            Fail,
            TIME,
            &[own("TMOUT=600\n"), ("/etc/profile", "a\n TMOUT=0\n")],
        );
        assert_eq!(outcome.evidence[0].offenders, ["/etc/profile:2: TMOUT=0"]);
    }

    #[test]
    fn where_nothing_matches_the_rule_says_what_that_means() {
        is(Fail, TIME, &[("/etc/profile", "#TMOUT=600\n")]);
        is(Fail, TIME, &[("/etc/hostname", "")]);
        let na = TIME.replace("between", "missing: not_applicable, between");
        is(NotApplicable, &na, &[("/etc/profile", "XTMOUT=600\n")]);
        let pass = TIME.replace("between", "missing: pass, between");
        is(Pass, &pass, &[("/etc/profile", "\n")]);
        is(Fail, &pass, &[("/etc/profile", "TMOUT=0\n")]);
        is(Error, &pass, &[("/etc/profile/folder", "")]);
    }
}
