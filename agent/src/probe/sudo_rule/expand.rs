//! Aliases, written out. Pure.

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    ptr,
};

use super::entry::{Alias, AliasKind, Entry, Member, What};

/// How many members one list may grow to; each alias can name every other several times.
const MAX_MEMBERS: usize = 1 << 14;

/// How many members all lists may grow to together, each as often as it is written out.
const MAX_TOTAL: usize = 1 << 22;

/// How deep aliases may name aliases. sudo forbids circles only.
const MAX_DEPTH: usize = 64;

/// The aliases of one policy. Where they are defined does not matter, only that they are.
#[derive(Debug, Default)]
pub struct Aliases<'a> {
    named: BTreeMap<(AliasKind, &'a str), &'a [Member]>,
    total: Cell<usize>,
}

impl<'a> Aliases<'a> {
    pub fn of(entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        let mut named = BTreeMap::new();
        for entry in entries {
            if let Entry::Alias(Alias {
                kind,
                name,
                members,
            }) = entry
            {
                // sudo refuses a second definition; the first one stays.
                named
                    .entry((*kind, name.as_str()))
                    .or_insert(members.as_slice());
            }
        }
        Self {
            named,
            total: Cell::new(0),
        }
    }

    /// The members without aliases, each once, in an order in which the last that fits counts. A
    /// name in capitals that no alias has is a name. `None` when they are too many.
    pub fn expand(&self, kind: AliasKind, members: &[Member]) -> Option<Vec<Member>> {
        let mut found = Vec::new();
        let mut path = Vec::new();
        let mut steps = 0;
        self.walk(kind, members, false, &mut path, &mut steps, &mut found)?;
        self.total.set(self.total.get() + steps);
        if self.total.get() > MAX_TOTAL {
            return None;
        }
        let mut seen = BTreeSet::new();
        // The last one counts, so of equal ones the last is kept.
        found.reverse();
        found.retain(|member| seen.insert(member.to_string()));
        found.reverse();
        Some(found)
    }

    fn walk(
        &self,
        kind: AliasKind,
        members: &[Member],
        negated: bool,
        path: &mut Vec<&'a [Member]>,
        steps: &mut usize,
        found: &mut Vec<Member>,
    ) -> Option<()> {
        for member in members {
            *steps += 1;
            if *steps > MAX_MEMBERS {
                return None;
            }
            let alias = match &member.what {
                What::Alias(name) => self.named.get(&(kind, name.as_str())).copied(),
                _ => None,
            };
            match alias {
                Some(_) if path.len() == MAX_DEPTH => return None,
                Some(members) if !path.iter().any(|open| ptr::eq(*open, members)) => {
                    path.push(members);
                    let negated = negated ^ member.negated;
                    self.walk(kind, members, negated, path, steps, found)?;
                    path.pop();
                }
                // A circle, which sudo ignores.
                Some(_) => {}
                None => found.push(Member {
                    negated: negated ^ member.negated,
                    what: member.what.clone(),
                }),
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::sudo_rule::parse;

    fn expanded(text: &str) -> Option<String> {
        let entries = parse::file(text);
        let aliases = Aliases::of(&entries);
        let rule = entries.iter().find_map(|entry| match entry {
            Entry::Rule(rule) => Some(rule),
            _ => None,
        });
        let users = aliases.expand(AliasKind::User, &rule.unwrap().users)?;
        let users: Vec<_> = users.iter().map(ToString::to_string).collect();
        Some(users.join(" "))
    }

    #[test]
    fn aliases_are_written_out_wherever_they_are_defined() {
        let text =
            "A, !B, OTHER ALL = ALL\nUser_Alias A = x, !y : B = z, !%g, C\nUser_Alias C = y\n";
        assert_eq!(expanded(text).unwrap(), "x !z %g !y OTHER");
    }

    #[test]
    fn an_alias_of_another_sort_is_not_meant() {
        assert_eq!(expanded("Host_Alias A = x\nA ALL = ALL\n").unwrap(), "A");
    }

    #[test]
    fn circles_and_explosions_end() {
        assert_eq!(
            expanded("User_Alias A = x, B : B = A, y\nA ALL = ALL\n").unwrap(),
            "x y"
        );
        let mut text = String::from("A0 ALL = ALL\nUser_Alias A40 = x\n");
        for n in 0..40 {
            text.push_str(&format!("User_Alias A{n} = A{m}, A{m}\n", m = n + 1));
        }
        assert_eq!(expanded(&text), None);
    }
}
