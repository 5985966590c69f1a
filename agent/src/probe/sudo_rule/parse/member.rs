//! Users, hosts and commands, of which the lists of a sudoers file consist. Pure.

use crate::probe::sudo_rule::{
    cursor::{Cursor, Error},
    entry::{Member, What},
};

/// Digests, and how many bytes each has.
const DIGESTS: [(&str, usize); 4] = [
    ("sha224", 28),
    ("sha256", 32),
    ("sha384", 48),
    ("sha512", 64),
];

pub(super) fn list<'a>(
    cursor: &mut Cursor<'a>,
    member: impl Fn(&mut Cursor<'a>) -> Result<Member, Error>,
) -> Result<Vec<Member>, Error> {
    let mut members = Vec::new();
    loop {
        cursor.blanks();
        members.push(member(cursor)?);
        // What follows a list can need the blanks before it.
        let mut ahead = *cursor;
        ahead.blanks();
        if !ahead.eat(",") {
            return Ok(members);
        }
        *cursor = ahead;
    }
}

pub(super) fn user(cursor: &mut Cursor<'_>) -> Result<Member, Error> {
    let negated = cursor.negation();
    let name = |text| What::Name(text);
    let what = match cursor.peek() {
        Some('"') => name(cursor.quoted()?),
        Some('/') => return Err("expected a user, found a path"),
        Some('#') => name(number(cursor)?),
        Some('%') => {
            cursor.eat("%");
            let foreign = if cursor.eat(":") { ":" } else { "" };
            let group = match cursor.peek() {
                Some('#') => number(cursor)?,
                Some('"') => cursor.quoted()?,
                _ => cursor.word().0,
            };
            if group.is_empty() {
                return Err("empty group");
            }
            name(format!("%{foreign}{group}"))
        }
        _ => word(cursor, "expected a user")?,
    };
    Ok(Member { negated, what })
}

/// `#1000`.
fn number(cursor: &mut Cursor<'_>) -> Result<String, Error> {
    cursor.eat("#");
    let minus = if cursor.eat("-") { "-" } else { "" };
    match cursor.run(|c| c.is_ascii_digit()) {
        "" => Err("expected a number after #"),
        digits => Ok(format!("#{minus}{digits}")),
    }
}

pub(super) fn host(cursor: &mut Cursor<'_>) -> Result<Member, Error> {
    let negated = cursor.negation();
    let mut ahead = *cursor;
    let address = ahead.run(|c| c.is_ascii_hexdigit() || matches!(c, ':' | '.' | '/'));
    let network = address.split('/').next().unwrap_or_default();
    let what = if network.parse::<std::net::Ipv6Addr>().is_ok() {
        *cursor = ahead;
        What::Name(address.to_owned())
    } else if cursor.peek() == Some('"') {
        What::Name(cursor.quoted()?)
    } else {
        word(cursor, "expected a host")?
    };
    Ok(Member { negated, what })
}

fn word(cursor: &mut Cursor<'_>, error: Error) -> Result<What, Error> {
    let (text, plain) = cursor.word();
    match text.as_str() {
        "" => Err(error),
        "+" => Err("empty netgroup"),
        "ALL" if plain => Ok(What::All),
        name if plain && is_alias(name) => Ok(What::Alias(text)),
        _ => Ok(What::Name(text)),
    }
}

pub(super) fn is_alias(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_uppercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
}

pub(super) fn command(cursor: &mut Cursor<'_>) -> Result<Member, Error> {
    let digests = digests(cursor)?;
    let negated = cursor.negation();
    let what = match cursor.peek() {
        Some('/') => {
            let path = cursor.path();
            if path.ends_with('/') {
                What::Command(path)
            } else {
                What::Command(path + &cursor.arguments()?)
            }
        }
        Some('^') => {
            let regex = cursor.regex()?;
            What::Command(regex + &cursor.arguments()?)
        }
        _ => match word(cursor, "expected a command")? {
            What::Name(name) if name == "sudoedit" || name == "list" => {
                What::Command(name + &cursor.arguments()?)
            }
            What::Name(_) => return Err("expected a fully-qualified path name"),
            other => other,
        },
    };
    let what = match what {
        _ if digests.is_empty() => what,
        What::Command(text) => What::Command(digests + &text),
        What::All => What::Command(digests + "ALL"),
        What::Alias(_) | What::Name(_) => return Err("a digest requires a path name"),
    };
    Ok(Member { negated, what })
}

/// A command of a `Defaults!` line, which has neither digest nor arguments.
pub(super) fn plain_command(cursor: &mut Cursor<'_>) -> Result<Member, Error> {
    let negated = cursor.negation();
    let what = match cursor.peek() {
        Some('/') => What::Command(cursor.path()),
        Some('^') => What::Command(cursor.regex()?),
        _ => match word(cursor, "expected a command")? {
            What::Name(name) if name == "sudoedit" => What::Command(name),
            What::Name(_) => return Err("expected a fully-qualified path name"),
            other => other,
        },
    };
    Ok(Member { negated, what })
}

/// `sha256:…, sha512:… `, ready to be before the command; empty where there is none.
fn digests(cursor: &mut Cursor<'_>) -> Result<String, Error> {
    let mut digests = String::new();
    loop {
        let mut ahead = *cursor;
        let name = ahead.run(|c| c.is_ascii_alphanumeric());
        ahead.blanks();
        let known = DIGESTS.into_iter().find(|(known, _)| *known == name);
        let Some((name, bytes)) = known.filter(|_| ahead.eat(":")) else {
            return Ok(digests);
        };
        ahead.blanks();
        let digest = ahead.run(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '='));
        let padded = digest.ends_with('=');
        let base64 = if padded {
            4 * bytes.div_ceil(3)
        } else {
            (4 * bytes).div_ceil(3)
        };
        let hex = digest.len() == 2 * bytes && digest.bytes().all(|b| b.is_ascii_hexdigit());
        if !hex && digest.len() != base64 {
            return Err("a digest of the wrong length");
        }
        digests.push_str(&format!("{name}:{digest} "));
        ahead.blanks();
        if ahead.eat(",") {
            digests.truncate(digests.len() - 1);
            digests.push_str(", ");
            ahead.blanks();
        }
        *cursor = ahead;
    }
}
