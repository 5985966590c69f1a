//! What follows from bindings: which permission holds where.

use std::collections::{BTreeMap, BTreeSet};

use super::permission::{Permission, Reach};

/// Which hosts a permission holds for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Every host, and what belongs to none.
    All,
    /// The hosts of these groups, by their short numbers.
    Groups(BTreeSet<i32>),
}

impl Scope {
    /// What both hold for. Groups are compared by their numbers, so that it may be less than the hosts that
    /// two groups have in common, and never more.
    fn intersect(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::All, scope) | (scope, Self::All) => scope.clone(),
            (Self::Groups(a), Self::Groups(b)) => {
                Self::Groups(a.intersection(b).copied().collect())
            }
        }
    }

    fn unite(&mut self, other: &Self) {
        match (&mut *self, other) {
            (Self::Groups(mine), Self::Groups(others)) => mine.extend(others),
            (mine, Self::All) => *mine = Self::All,
            (Self::All, Self::Groups(_)) => {}
        }
    }

    /// The groups whose hosts it holds for, as SQL takes them; `None` for every host.
    pub fn groups(&self) -> Option<Vec<i32>> {
        match self {
            Self::All => None,
            Self::Groups(groups) => Some(groups.iter().copied().collect()),
        }
    }
}

/// What somebody may do, and where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants(BTreeMap<Permission, Scope>);

impl Grants {
    /// Everything, everywhere.
    pub fn all() -> Self {
        let all = Permission::ALL.iter().map(|of| (*of, Scope::All));
        Self(all.collect())
    }

    /// Adds what one binding gives.
    pub fn add(&mut self, permissions: &[Permission], scope: &Scope) {
        for permission in permissions {
            let scope = match (permission.reach(), scope) {
                (Reach::Fleet, Scope::Groups(_)) => continue,
                (Reach::Any, _) => &Scope::All,
                (Reach::Fleet | Reach::Hosts, scope) => scope,
            };
            match self.0.get_mut(permission) {
                Some(held) => held.unite(scope),
                None => drop(self.0.insert(*permission, scope.clone())),
            }
        }
    }

    /// Where a permission holds; `None` when it holds nowhere.
    pub fn scope(&self, permission: Permission) -> Option<&Scope> {
        self.0.get(&permission)
    }

    /// What both give: a token gives no more than its maker has.
    pub fn intersect(&self, other: &Self) -> Self {
        let both = self.0.iter().filter_map(|(permission, scope)| {
            let scope = scope.intersect(other.0.get(permission)?);
            let empty = matches!(&scope, Scope::Groups(groups) if groups.is_empty());
            (!empty).then_some((*permission, scope))
        });
        Self(both.collect())
    }

    /// Whether everything that `other` gives is given by these too.
    pub fn covers(&self, other: &Self) -> bool {
        self.lacks(other).is_none()
    }

    /// The first permission that `other` gives and these do not, or not for as much.
    pub fn lacks(&self, other: &Self) -> Option<Permission> {
        let held = |permission, scope: &Scope| {
            let held: Option<&Scope> = self.0.get(permission);
            held.is_some_and(|held| held.intersect(scope) == *scope)
        };
        let mut lacking = other
            .0
            .iter()
            .filter(|(permission, scope)| !held(permission, scope));
        lacking.next().map(|(permission, _)| *permission)
    }

    /// Each permission that holds anywhere, with where.
    pub fn iter(&self) -> impl Iterator<Item = (Permission, &Scope)> {
        self.0
            .iter()
            .map(|(permission, scope)| (*permission, scope))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn groups(groups: &[i32]) -> Scope {
        Scope::Groups(groups.iter().copied().collect())
    }

    fn of(permissions: &[Permission], scope: &Scope) -> Grants {
        let mut grants = Grants::default();
        grants.add(permissions, scope);
        grants
    }

    #[test]
    fn what_is_about_the_fleet_is_not_given_for_a_group() {
        let grants = of(Permission::ALL, &groups(&[1]));
        for permission in Permission::ALL {
            let expected = match permission.reach() {
                Reach::Fleet => None,
                Reach::Any => Some(Scope::All),
                Reach::Hosts => Some(groups(&[1])),
            };
            assert_eq!(grants.scope(*permission).cloned(), expected, "{permission}");
        }
    }

    fn scopes() -> impl Strategy<Value = Scope> {
        prop_oneof![
            1 => Just(Scope::All),
            3 => proptest::collection::btree_set(1..5, 1..4).prop_map(Scope::Groups),
        ]
    }

    fn grants() -> impl Strategy<Value = Grants> {
        let some = proptest::sample::subsequence(Permission::ALL.to_vec(), 0..8);
        proptest::collection::vec((some, scopes()), 0..4).prop_map(|bindings| {
            let mut grants = Grants::default();
            for (permissions, scope) in bindings {
                grants.add(&permissions, &scope);
            }
            grants
        })
    }

    proptest! {
        #[test]
        fn what_two_have_in_common_is_no_more_than_either(a in grants(), b in grants()) {
            let both = a.intersect(&b);
            prop_assert!(a.covers(&both) && b.covers(&both));
            prop_assert_eq!(&both, &b.intersect(&a));
            prop_assert_eq!(a.covers(&b), a.intersect(&b) == b);
        }

        #[test]
        fn another_binding_takes_nothing_away(a in grants(), scope in scopes()) {
            let mut more = a.clone();
            more.add(Permission::ALL, &scope);
            prop_assert!(more.covers(&a));
        }
    }
}
