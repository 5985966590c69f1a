//! The parser of cron's tables (crontab(5)) and of anacron's (anacrontab(5)). Pure.
//!
//! A line that cron would skip is skipped here too: nothing is run by it.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// Words for a time, instead of five fields.
const WORDS: [&str; 8] = [
    "@reboot",
    "@yearly",
    "@annually",
    "@monthly",
    "@weekly",
    "@daily",
    "@midnight",
    "@hourly",
];

/// Which table it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table<'a> {
    /// Of the host: the user is the sixth field.
    System,
    /// Of this user.
    User(&'a str),
    /// Of anacron: days, minutes of delay, identifier, command.
    Anacron,
}

/// One line that runs something.
#[derive(Debug, PartialEq, Eq)]
pub struct Entry {
    pub schedule: String,
    pub user: String,
    /// Of anacron only: what it is called.
    pub identifier: Option<String>,
    /// The first word of the command, where it is a plain one.
    pub program: Option<String>,
    /// SHA-256 of the whole command, in hexadecimal.
    pub command_sha256: String,
    /// What the lines before it set.
    pub environment: Environment,
}

/// Settings of a table that say how its commands are run.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Environment {
    pub shell: Option<String>,
    pub path: Option<String>,
    pub mailto: Option<String>,
}

/// All lines of a table that run something.
pub fn entries(text: &str, table: Table<'_>) -> Vec<Entry> {
    let mut environment = Environment::default();
    let mut entries = Vec::new();
    for line in text.lines() {
        let line = line.trim_start_matches([' ', '\t']).trim_end();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some((name, value)) = assignment(line) {
            environment.set(name, value);
        } else if let Some(mut entry) = entry(line, table) {
            entry.environment = environment.clone();
            entries.push(entry);
        }
    }
    entries
}

impl Environment {
    fn set(&mut self, name: &str, value: &str) {
        let place = match name {
            "SHELL" => &mut self.shell,
            "PATH" => &mut self.path,
            "MAILTO" => &mut self.mailto,
            // The rest is the command's own, and may be a password.
            _ => return,
        };
        *place = Some(value.to_owned());
    }
}

/// `NAME = value`, either of them in quotes. No time begins with a letter.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once('=')?;
    let name = unquoted(name.trim());
    is_name(name).then(|| (name, unquoted(value.trim())))
}

fn unquoted(text: &str) -> &str {
    ['"', '\'']
        .iter()
        .find_map(|quote| text.strip_prefix(*quote)?.strip_suffix(*quote))
        .unwrap_or(text)
}

fn is_name(text: &str) -> bool {
    let mut letters = text.chars();
    letters
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && letters.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn entry(line: &str, table: Table<'_>) -> Option<Entry> {
    let mut rest = line;
    let mut next = || {
        let (word, after) = rest.split_once([' ', '\t'])?;
        rest = after.trim_start_matches([' ', '\t']);
        Some(word)
    };
    let first = next()?;
    let mut identifier = None;
    let schedule = if table == Table::Anacron {
        let is_number = first.bytes().all(|byte| byte.is_ascii_digit());
        let delay = next()?;
        identifier = Some(next()?.to_owned());
        let is_period = is_number || WORDS.contains(&first);
        let is_delay = delay.bytes().all(|byte| byte.is_ascii_digit());
        (is_period && is_delay).then(|| first.to_owned())?
    } else if first.starts_with('@') {
        WORDS.contains(&first).then(|| first.to_owned())?
    } else {
        // A minus before the first says only that nothing is written to the log.
        let mut fields = vec![first.strip_prefix('-').unwrap_or(first)];
        for _ in 1..5 {
            fields.push(next()?);
        }
        fields
            .iter()
            .all(|field| is_time(field))
            .then(|| fields.join(" "))?
    };
    let user = match table {
        Table::System => next()?,
        Table::User(user) => user,
        Table::Anacron => "root",
    };
    let command = rest;
    (!command.is_empty()).then(|| Entry {
        schedule,
        user: user.to_owned(),
        identifier,
        program: program(command),
        command_sha256: hash(command),
        environment: Environment::default(),
    })
}

fn is_time(field: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "*/,-~".contains(c);
    let first = field.chars().next();
    first.is_some_and(|c| c.is_ascii_alphanumeric() || c == '*' || c == '~')
        && field.chars().all(allowed)
}

/// The first word of a command after its `NAME=value`s. `None` where it is not plain: a word in
/// quotes or with an expansion is not taken apart, because what is cut from it may be a secret.
fn program(command: &str) -> Option<String> {
    let mut rest = command;
    loop {
        let end = rest.find([' ', '\t']).unwrap_or(rest.len());
        let word = &rest[..end];
        let is_assignment = word.split_once('=').is_some_and(|(name, _)| is_name(name));
        if is_assignment {
            if word.contains(['"', '\'', '`', '$', '\\', '(']) {
                return None;
            }
            rest = rest[end..].trim_start_matches([' ', '\t']);
            continue;
        }
        // What ends a command, or is the input of one.
        let word = word.split([';', '|', '&', '>', '<', '%']).next()?;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._+@-[:".contains(c);
        return (!word.is_empty() && word.chars().all(is_plain)).then(|| word.to_owned());
    }
}

fn hash(command: &str) -> String {
    let mut text = String::with_capacity(64);
    for byte in Sha256::digest(command.as_bytes()) {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::probe::live;

    fn seen(text: &str, table: Table<'_>) -> Vec<(String, String, Option<String>)> {
        let entries = entries(text, table).into_iter();
        entries.map(|e| (e.schedule, e.user, e.program)).collect()
    }

    #[test]
    fn lines_of_the_hosts_table_have_a_user() {
        for (line, expected) in [
            (
                "17 *\t* * *\troot\tcd / && run-parts /etc/cron.hourly",
                Some(("17 * * * *", "root", "cd")),
            ),
            (
                "-*/10 0-5 1,15 jan mon www /usr/bin/php x",
                Some(("*/10 0-5 1,15 jan mon", "www", "/usr/bin/php")),
            ),
            (
                "@reboot root /opt/a;/opt/b",
                Some(("@reboot", "root", "/opt/a")),
            ),
            (
                "0~30 * * * * root A=1 B=2 run",
                Some(("0~30 * * * *", "root", "run")),
            ),
            ("@never root x", None),
            ("* * * * root x", None),
            ("* * * * * root", None),
            ("* * * * $x root run it", None),
            ("# * * * * * root x y", None),
            ("", None),
        ] {
            let found = seen(line, Table::System);
            let found = found
                .first()
                .map(|(s, u, p)| (s.as_str(), u.as_str(), p.as_deref().unwrap()));
            assert_eq!(found, expected, "{line}");
        }
    }

    #[test]
    fn settings_hold_for_the_lines_after_them() {
        let text = "@daily one x\nMAILTO = \"\"\nSHELL=/bin/bash\n 'PATH'='/bin:/sbin'\nTOKEN=hunter2\n@daily two x\n";
        let entries = entries(text, Table::User("ann"));
        assert_eq!(entries[0].environment, Environment::default());
        assert_eq!(entries[1].environment.mailto.as_deref(), Some(""));
        assert_eq!(entries[1].environment.path.as_deref(), Some("/bin:/sbin"));
        assert!(!format!("{entries:?}").contains("hunter2"));
        assert_eq!(entries[0].user, "ann");
    }

    #[test]
    fn anacron_has_days_or_a_word_and_an_identifier() {
        let text =
            "1\t5\tcron.daily\tnice run-parts /etc/cron.daily\n@monthly 45 m.x run\nx 5 a b\n";
        let entries = entries(text, Table::Anacron);
        let seen: Vec<_> = entries
            .iter()
            .map(|e| (e.schedule.as_str(), e.identifier.as_deref().unwrap()))
            .collect();
        assert_eq!(seen, [("1", "cron.daily"), ("@monthly", "m.x")]);
        assert_eq!(entries[0].program.as_deref(), Some("nice"));
    }

    #[test]
    fn a_word_that_is_not_plain_is_not_taken_apart() {
        for (command, expected) in [
            ("/usr/bin/a --password=hunter2", Some("/usr/bin/a")),
            ("P=hunter2 /usr/bin/a", Some("/usr/bin/a")),
            ("P=\"hunter2 more\" /usr/bin/a", None),
            ("P=$(cat hunter2 more) /usr/bin/a", None),
            ("P=hunter2\\ more /usr/bin/a", None),
            ("'hunter2 x' y", None),
            ("[ -x /usr/bin/a ] && /usr/bin/a", Some("[")),
            ("a%hunter2", Some("a")),
            ("P=hunter2", None),
            (";", None),
        ] {
            let found = program(command);
            assert_eq!(found.as_deref(), expected, "{command}");
        }
    }

    #[test]
    fn a_changed_argument_changes_the_hash_alone() {
        let of = |text: &str| entries(text, Table::User("a")).remove(0);
        let (first, second) = (of("@daily x 1"), of("@daily x 2"));
        assert_ne!(first.command_sha256, second.command_sha256);
        assert_eq!(first.program, second.program);
        assert_eq!(
            hash(""),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }

    #[test]
    fn inputs_that_once_were_trouble_do_not_panic() {
        live::replay("crontab", |bytes| {
            let text = String::from_utf8_lossy(bytes);
            for table in [Table::System, Table::User("a"), Table::Anacron] {
                entries(&text, table);
            }
        });
    }

    proptest! {
        #[test]
        fn any_table_is_read_without_panic(text: String) {
            entries(&text, Table::System);
            entries(&text, Table::Anacron);
        }

        #[test]
        fn anything_that_looks_like_a_line_is_read_without_panic(text in "[@*0-9a-z=\"'%é \t-]{0,40}") {
            entries(&text, Table::System);
            entries(&text, Table::User("a"));
        }

        #[test]
        fn no_argument_is_ever_handed_out(secret in "[a-zA-Z0-9]{12,40}", head in "(x|A=1 x|x;|A=\"b |x -p )") {
            let text = format!("* * * * * {head} {secret}");
            let told = format!("{:?}", entries(&text, Table::User("u")));
            prop_assert!(!told.contains(&secret), "{}", told);
        }
    }
}
