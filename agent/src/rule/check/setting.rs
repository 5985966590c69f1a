//! `setting`: a key in files of settings, with fragments and precedence as the program has them.

use shared::rule::{
    check::{Form, Holds, Missing, Setting},
    expect::Expect,
};

use super::{Seen, Sources};

pub(super) fn judge(asked: &Setting, expect: &Expect, sources: &Sources<'_>) -> Seen {
    let expected = format!("{} {expect}", asked.key);
    let mut paths = match fragments(asked, sources) {
        Ok(fragments) => fragments,
        Err(seen) => return seen,
    };
    let at = if asked.file_is_last { paths.len() } else { 0 };
    paths.insert(at, asked.file.clone());
    let mut read = Vec::new();
    let mut lines: Vec<(Said, String)> = Vec::new();
    for path in paths {
        let text = sources.text(&path);
        match text.as_ref() {
            Ok(text) => lines.extend(values(asked, text).map(|said| (said, path.clone()))),
            Err(error) if error.is_absent() => continue,
            Err(error) => return Seen::unreadable(error, expected).read([path]),
        }
        read.push(path);
    }
    let none = read.is_empty();
    let refused = lines.iter().find(|(said, _)| said.is_err());
    let holds = refused.or(match asked.holds.unwrap_or(Holds::Last) {
        Holds::First => lines.first(),
        Holds::Last => lines.last(),
    });
    if let Some((said, path)) = holds {
        let (is, actual) = match said {
            Ok(value) => (expect.admits(value), shown(value).to_owned()),
            Err(Refused(line)) => (false, format!("`{line}`, which the program refuses,")),
        };
        return Seen::of(is, expected, format!("{actual} in {path}")).read(read);
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

/// What a line says of the key.
type Said = Result<String, Refused>;

/// A line that the program does not take for one, and ends.
struct Refused(String);

/// Everything that the text says of the key, in order.
fn values<'a>(asked: &'a Setting, text: &'a str) -> impl Iterator<Item = Said> + 'a {
    let mut section = String::new();
    text.split('\n').filter_map(move |whole| {
        let line = whole.trim();
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
        let within = asked
            .section
            .as_ref()
            .is_none_or(|wanted| *wanted == section);
        if !within {
            return None;
        }
        match asked.form {
            Form::Equals => keyed(line.split('#').next()?, &asked.key).map(Ok),
            Form::Assigned | Form::Ini => {
                let (key, value) = line.split_once('=')?;
                (key.trim() == asked.key).then(|| Ok(value.trim().to_owned()))
            }
            Form::Shell => {
                let value = whole.trim_start().strip_prefix(&asked.key)?;
                Some(Ok(word(value.strip_prefix('=')?)))
            }
            Form::Spaced => spaced(whole, &asked.key),
            Form::Words => {
                let (key, value) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
                (key == asked.key).then(|| Ok(value.trim().to_owned()))
            }
        }
    })
}

/// The value of a key that ends at a blank or at `=`.
fn keyed(line: &str, key: &str) -> Option<String> {
    let rest = line.trim().strip_prefix(key)?;
    if rest.is_empty() {
        return Some("yes".into());
    }
    let value = rest.trim_start();
    let (value, sign) = match value.strip_prefix('=') {
        Some(value) => (value.trim_start(), true),
        None => (value, false),
    };
    (sign || rest.starts_with(char::is_whitespace)).then(|| value.to_owned())
}

/// The word of a shell with which the text begins.
fn word(text: &str) -> String {
    let quote = text.chars().next().filter(|c| ['"', '\''].contains(c));
    let word = match quote {
        Some(quote) => text[1..].split(quote).next(),
        None => text.split([' ', '\t', ';']).next(),
    };
    word.unwrap_or_default().to_owned()
}

/// Words between blanks alone: a tab and the end of another system's line are part of a word.
fn spaced(line: &str, key: &str) -> Option<Said> {
    let ends = |c: char| c.is_whitespace() || c == '=';
    let name = line.trim_start().split(ends).next()?;
    if !name.eq_ignore_ascii_case(key) {
        return None;
    }
    let words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
    Some(match *words {
        [first, "=", value] if first == name && !value.contains(['\t', '\r']) => {
            Ok(value.to_owned())
        }
        _ => Err(Refused(line.escape_debug().to_string())),
    })
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
    fn what_follows_a_mark_is_a_comment_where_the_program_has_it_so() {
        let check =
            |form: &str| format!("{{setting: {{file: /a, form: {form}, key: K, is: \"27\"}}}}");
        is(Pass, &check("equals"), &[("/a", "K = 27 # as agreed\n")]);
        is(Pass, &check("equals"), &[("/a", "K = 27#\n")]);
        is(Fail, &check("words"), &[("/a", "K 27 # as agreed\n")]);
        is(Fail, &check("assigned"), &[("/a", "K = 27 # as agreed\n")]);
        is(Fail, &check("spaced"), &[("/a", "K = 27 # as agreed\n")]);
        is(Pass, &check("shell"), &[("/a", "K=27 # as agreed\n")]);
        let ini = "{setting: {file: /a, form: ini, section: S, key: K, is: \"yes\"}}";
        is(Pass, ini, &[("/a", "[S]\nK=yes\n")]);
        is(Fail, ini, &[("/a", "[S]\nK=yes # x\n")]);
        let flag = "{setting: {file: /a, form: equals, key: audit, is: \"yes\"}}";
        is(Pass, flag, &[("/a", "audit # as agreed\n")]);
        is(Fail, flag, &[("/a", "audits\n")]);
    }

    #[test]
    fn quotes_are_part_of_a_value_but_in_a_shell() {
        for form in ["equals", "assigned", "words", "spaced"] {
            let check = format!("{{setting: {{file: /a, form: {form}, key: K, is: \"15\"}}}}");
            is(Fail, &check, &[("/a", "K = \"15\"\n")]);
            is(Fail, &check, &[("/a", "K \"15\"\n")]);
        }
        let ini = "{setting: {file: /a, form: ini, section: S, key: K, is: none}}";
        is(Fail, ini, &[("/a", "[S]\nK=\"none\"\n")]);
        let shell = "{setting: {file: /a, form: shell, key: K, is: \"15\"}}";
        for text in ["K=\"15\"", "K='15'", " K=15"] {
            is(Pass, shell, &[("/a", text)]);
        }
        for text in ["K = 15", "KK=15", "K=15x", "K='1'5"] {
            is(Fail, shell, &[("/a", text)]);
        }
    }

    #[test]
    fn a_key_ends_at_a_blank_or_at_the_sign() {
        let check = "{setting: {file: /a, form: equals, key: deny, is: \"3\"}}";
        for text in [
            "deny=3",
            "deny = 3\r\n",
            "\tdeny\t=\t3",
            "deny 3",
            "deny = 0\ndeny 3",
        ] {
            is(Pass, check, &[("/a", text)]);
        }
        for text in ["denys = 3", "deny = 3\ndeny 0", "xdeny = 3", "deny"] {
            is(Fail, check, &[("/a", text)]);
        }
    }

    #[test]
    fn what_the_programs_of_audit_refuse_fails() {
        let check = "{setting: {file: /a, form: spaced, key: freq, is: \"50\", default: \"50\"}}";
        for text in [
            "freq = 50",
            "  FREQ   =  50  ",
            "",
            "frequency=9",
            "# freq=9",
        ] {
            is(Pass, check, &[("/a", text)]);
        }
        for text in [
            "freq=50",
            "freq\t=\t50",
            "\tfreq = 50",
            "freq = 50 more",
            "freq = 50\r\n",
            "freq = 50\t",
            "freq",
            "freq=50\nfreq = 50",
        ] {
            is(Fail, check, &[("/a", text)]);
        }
        let outcome = is(Fail, check, &[("/a", "freq=50\n")]);
        assert!(
            outcome
                .because
                .contains("`freq=50`, which the program refuses")
        );
    }

    #[test]
    fn the_file_is_read_where_the_program_reads_it() {
        let check = |last: bool| {
            format!(
                "{{setting: {{file: /a, drop_ins: [/a.d], file_is_last: {last}, form: equals, key: k, \
                 is: \"1\"}}}}"
            )
        };
        let good_last = [("/a", "k = 1\n"), ("/a.d/z.conf", "k = 2\n")];
        is(Pass, &check(true), &good_last);
        is(Fail, &check(false), &good_last);
        let good_first = [("/a", "k = 2\n"), ("/a.d/z.conf", "k = 1\n")];
        is(Fail, &check(true), &good_first);
        is(Pass, &check(false), &good_first);
        is(Pass, &check(true), &[("/a.d/z.conf", "k = 1\n")]);
    }
}
