//! The grammar of sudoers(5), as sudo 1.9 has it. Pure.
//!
//! What is inherited from one command to the next (the user it runs as, tags, options) is written
//! out, and commands that have all of that in common are one rule.

use std::mem;

/// Users, hosts and commands.
mod member;

use member::{command, host, is_alias, list, plain_command, user};

use super::{
    cursor::{Cursor, Error},
    entry::{Alias, AliasKind, Entry, Members, Operator, Rule, Scope, Setting, Tags, Terms},
};

/// Options of a command that have a value.
const OPTIONS: [&str; 10] = [
    "ROLE",
    "TYPE",
    "APPARMOR_PROFILE",
    "PRIVS",
    "LIMITPRIVS",
    "TIMEOUT",
    "NOTBEFORE",
    "NOTAFTER",
    "CWD",
    "CHROOT",
];

const ALIASES: [(&str, AliasKind); 5] = [
    ("User_Alias", AliasKind::User),
    ("Runas_Alias", AliasKind::Runas),
    ("Host_Alias", AliasKind::Host),
    ("Cmnd_Alias", AliasKind::Command),
    ("Cmd_Alias", AliasKind::Command),
];

/// All entries of one file, in its order.
pub fn file(text: &str) -> Vec<Entry> {
    let mut cursor = Cursor::new(text);
    let mut entries = Vec::new();
    while !cursor.is_at_end() {
        let begun = entries.len();
        let line = cursor.line();
        let read = entry(&mut cursor, &mut entries);
        if let Err(what) = read.and_then(|()| line_end(&mut cursor)) {
            entries.truncate(begun);
            entries.push(Entry::Error { line, what });
        }
        cursor.skip_line();
    }
    entries
}

fn line_end(cursor: &mut Cursor<'_>) -> Result<(), Error> {
    cursor
        .is_at_line_end()
        .then_some(())
        .ok_or("something after the end of the entry")
}

fn entry(cursor: &mut Cursor<'_>, entries: &mut Vec<Entry>) -> Result<(), Error> {
    if let Some(include) = include(cursor)? {
        entries.push(include);
        return Ok(());
    }
    if cursor.is_at_line_end() {
        return Ok(());
    }
    let mut ahead = *cursor;
    let keyword = ahead.run(|c| c.is_ascii_alphanumeric() || c == '_');
    if let Some((_, kind)) = ALIASES.iter().find(|(name, _)| *name == keyword) {
        *cursor = ahead;
        return aliases(cursor, *kind, entries);
    }
    let scope = match ahead.peek() {
        Some(' ' | '\t' | '\\') => Some(Scope::Global),
        Some(':') => Some(Scope::User),
        Some('@') => Some(Scope::Host),
        Some('>') => Some(Scope::Runas),
        Some('!') => Some(Scope::Command),
        _ => None,
    };
    match scope.filter(|_| keyword == "Defaults") {
        Some(scope) => {
            *cursor = ahead;
            settings(cursor, scope, entries)
        }
        None => rules(cursor, entries),
    }
}

/// `@include`, or `#include`, which is no comment where white space follows.
fn include(cursor: &mut Cursor<'_>) -> Result<Option<Entry>, Error> {
    let mut ahead = *cursor;
    let line = ahead.line();
    let old = ahead.starts_with("#include");
    if !old {
        ahead.blanks();
    }
    if !(ahead.eat("#include") || ahead.eat("@include")) {
        return Ok(None);
    }
    let folder = ahead.eat("dir");
    if !ahead.blanks() && (old || ahead.peek() != Some('"')) {
        return Ok(None);
    }
    let path = if ahead.peek() == Some('"') {
        ahead.quoted()?
    } else {
        ahead.include().0
    };
    if path.is_empty() {
        return Err("an include without a path");
    }
    *cursor = ahead;
    Ok(Some(Entry::Include { folder, path, line }))
}

fn aliases(
    cursor: &mut Cursor<'_>,
    kind: AliasKind,
    entries: &mut Vec<Entry>,
) -> Result<(), Error> {
    loop {
        cursor.blanks();
        let (name, plain) = cursor.word();
        if !plain || !is_alias(&name) || name == "ALL" {
            return Err("the name of an alias begins with a capital letter and has no small ones");
        }
        expect(cursor, "=", "expected = after the name of the alias")?;
        let members = list(cursor, |cursor| match kind {
            AliasKind::User | AliasKind::Runas => user(cursor),
            AliasKind::Host => host(cursor),
            AliasKind::Command => command(cursor),
        })?;
        entries.push(Entry::Alias(Alias {
            kind,
            name,
            members,
        }));
        cursor.blanks();
        if !cursor.eat(":") {
            return Ok(());
        }
    }
}

fn settings(cursor: &mut Cursor<'_>, scope: Scope, entries: &mut Vec<Entry>) -> Result<(), Error> {
    let members: Members = if scope == Scope::Global {
        [].into()
    } else {
        cursor.eat(":");
        cursor.eat("@");
        cursor.eat(">");
        if scope == Scope::Command {
            cursor.eat("!");
        }
        list(cursor, |cursor| match scope {
            Scope::Host => host(cursor),
            Scope::Command => plain_command(cursor),
            Scope::User | Scope::Runas | Scope::Global => user(cursor),
        })?
        .into()
    };
    loop {
        cursor.blanks();
        let off = cursor.negation();
        let name = cursor
            .run(|c| c.is_ascii_lowercase() || c == '_')
            .to_owned();
        if name.is_empty() {
            return Err("expected the name of a setting");
        }
        cursor.blanks();
        let operator = if cursor.eat("+=") {
            Operator::Add
        } else if cursor.eat("-=") {
            Operator::Remove
        } else if cursor.eat("=") {
            Operator::Set
        } else if off {
            Operator::Off
        } else {
            Operator::On
        };
        let value = match operator {
            Operator::On | Operator::Off => None,
            _ if off => return Err("a setting that is switched off has no value"),
            _ => Some(value(cursor)?),
        };
        entries.push(Entry::Setting(Setting {
            scope,
            members: members.clone(),
            name,
            operator,
            value,
        }));
        cursor.blanks();
        if !cursor.eat(",") {
            return Ok(());
        }
    }
}

fn value(cursor: &mut Cursor<'_>) -> Result<String, Error> {
    cursor.blanks();
    if cursor.peek() == Some('"') {
        return cursor.quoted();
    }
    let (text, _) = cursor.setting();
    if text.is_empty() {
        Err("expected a value")
    } else {
        Ok(text)
    }
}

fn rules(cursor: &mut Cursor<'_>, entries: &mut Vec<Entry>) -> Result<(), Error> {
    let users: Members = list(cursor, user)?.into();
    loop {
        let hosts: Members = list(cursor, host)?.into();
        expect(cursor, "=", "expected = after the hosts")?;
        let mut terms = Terms::default();
        let mut commands = Vec::new();
        loop {
            let next = self::terms(cursor, &terms)?;
            let command = command(cursor)?;
            if next != terms && !commands.is_empty() {
                entries.push(Entry::Rule(Rule {
                    users: users.clone(),
                    hosts: hosts.clone(),
                    terms,
                    commands: mem::take(&mut commands),
                }));
            }
            terms = next;
            commands.push(command);
            cursor.blanks();
            if !cursor.eat(",") {
                break;
            }
        }
        entries.push(Entry::Rule(Rule {
            users: users.clone(),
            hosts,
            terms,
            commands,
        }));
        cursor.blanks();
        if !cursor.eat(":") {
            return Ok(());
        }
    }
}

/// What is before a command, and what of the command before it goes on.
fn terms(cursor: &mut Cursor<'_>, before: &Terms) -> Result<Terms, Error> {
    cursor.blanks();
    let mut terms = Terms::default();
    if cursor.eat("(") {
        (terms.runas_users, terms.runas_groups) = runas(cursor)?;
        cursor.blanks();
    } else {
        terms.runas_users.clone_from(&before.runas_users);
        terms.runas_groups.clone_from(&before.runas_groups);
    }
    while let Some(name) = ahead(cursor, "=") {
        let Some(option) = OPTIONS.into_iter().find(|option| *option == name) else {
            break;
        };
        skip(cursor, option, "=");
        let value = match cursor.peek() {
            Some('"') => cursor.quoted()?,
            Some('/') => cursor.path(),
            _ => cursor.word().0,
        };
        if value.is_empty() {
            return Err("expected a value of the option");
        }
        terms.options.insert(option, value);
        cursor.blanks();
    }
    for (option, value) in &before.options {
        terms.options.entry(option).or_insert_with(|| value.clone());
    }
    let mut tags = Tags::default();
    while let Some(name) = ahead(cursor, ":") {
        if !tags.set(name) {
            break;
        }
        skip(cursor, name, ":");
    }
    tags.inherit(&before.tags);
    terms.tags = tags;
    Ok(terms)
}

/// The word in capitals that is next, if this mark comes after it.
fn ahead<'a>(cursor: &Cursor<'a>, mark: &str) -> Option<&'a str> {
    let mut ahead = *cursor;
    let name = ahead.run(|c| c.is_ascii_uppercase() || c == '_');
    ahead.blanks();
    ahead.starts_with(mark).then_some(name)
}

fn skip(cursor: &mut Cursor<'_>, name: &str, mark: &str) {
    cursor.eat(name);
    cursor.blanks();
    cursor.eat(mark);
    cursor.blanks();
}

/// `users:groups)`, each of which can be left out.
type Runas = (Option<Members>, Members);

fn runas(cursor: &mut Cursor<'_>) -> Result<Runas, Error> {
    cursor.blanks();
    let users = if matches!(cursor.peek(), Some(':' | ')')) {
        Vec::new()
    } else {
        list(cursor, user)?
    };
    cursor.blanks();
    let groups = if cursor.eat(":")
        && !{
            cursor.blanks();
            cursor.starts_with(")")
        } {
        list(cursor, user)?
    } else {
        Vec::new()
    };
    expect(cursor, ")", "expected ) after the users to run as")?;
    Ok((Some(users.into()), groups.into()))
}

fn expect(cursor: &mut Cursor<'_>, mark: &str, error: Error) -> Result<(), Error> {
    cursor.blanks();
    cursor.eat(mark).then_some(()).ok_or(error)
}
