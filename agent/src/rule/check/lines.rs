//! `lines`: an expression that a line of some files must match, or that none may.

use shared::rule::check::{Lines, Missing, Presence};

use super::{Seen, Sources};

pub(super) fn judge(asked: &Lines, sources: &Sources<'_>) -> Seen {
    let expected = match asked.must {
        Presence::Present => "a line that matches",
        Presence::Absent => "no line that matches",
    };
    let comment = asked.comment.as_deref().unwrap_or("#");
    let mut read = Vec::new();
    let mut found = Vec::new();
    for pattern in &asked.files {
        let paths = match sources.paths(pattern) {
            Ok(paths) => paths,
            Err(error) => return Seen::unreadable(&error, expected).read([pattern]),
        };
        for path in paths {
            let text = sources.text(&path);
            let text = match text.as_ref() {
                Ok(text) => text,
                Err(error) if error.is_absent() => continue,
                Err(error) => return Seen::unreadable(error, expected).read([pattern]),
            };
            read.push(path.display().to_string());
            for (n, line) in text.lines().enumerate() {
                let said = line.trim();
                let is_comment = !comment.is_empty() && said.starts_with(comment);
                if !is_comment && asked.pattern.matches(said) {
                    found.push(format!("{}:{}: {said}", path.display(), n + 1));
                }
            }
        }
    }
    if read.is_empty() {
        let by_default = match asked.must {
            Presence::Present => Missing::Fail,
            Presence::Absent => Missing::Pass,
        };
        let means = asked.missing.unwrap_or(by_default);
        return Seen::missing(means, expected, "no such file is there").read(&asked.files);
    }
    let actual = match found.first() {
        None => "no line matches".to_owned(),
        Some(first) => first.clone(),
    };
    let passes = found.is_empty() == (asked.must == Presence::Absent);
    let mut seen = Seen::of(passes, expected, actual).read(read);
    if !passes {
        seen.offenders = found;
    }
    seen
}
