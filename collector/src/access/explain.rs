//! Why somebody may do what they may: the same answer as [`super::Grants`], with its reasons.

use uuid::Uuid;

use super::permission::{Permission, Reach};

/// A binding, and what its role lets one do.
#[derive(Debug, Clone)]
pub struct Binding {
    pub id: Uuid,
    pub role: String,
    pub permissions: Vec<Permission>,
    /// For the hosts of this group; `None` for everything.
    pub group: Option<i32>,
}

/// Why a binding gives a permission, or does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// It holds for everything.
    Everything,
    /// The permission is about no host, so that any binding gives it.
    NoHost,
    /// It holds for the hosts of its group.
    Group,
    /// The host belongs to its group.
    Member,
    /// The host does not belong to its group.
    NoMember,
    /// The permission is about the whole fleet, and the binding for a group.
    OnlyEverywhere,
}

impl Because {
    /// Whether the binding gives it.
    pub fn gives(self) -> bool {
        !matches!(self, Self::NoMember | Self::OnlyEverywhere)
    }
}

impl Binding {
    /// Whether this binding gives a permission, and why; `None` where its role does not name it.
    /// `groups`: those of the host that is asked about; `None` where it is about none.
    pub fn explain(&self, permission: Permission, groups: Option<&[i32]>) -> Option<Because> {
        self.permissions.contains(&permission).then(|| {
            match (permission.reach(), self.group, groups) {
                (Reach::Any, ..) => Because::NoHost,
                (_, None, _) => Because::Everything,
                (Reach::Fleet, Some(_), _) => Because::OnlyEverywhere,
                (Reach::Hosts, Some(_), None) => Because::Group,
                (Reach::Hosts, Some(group), Some(groups)) if groups.contains(&group) => {
                    Because::Member
                }
                (Reach::Hosts, Some(_), Some(_)) => Because::NoMember,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::access::{Grants, Scope};

    fn bindings() -> impl Strategy<Value = Vec<Binding>> {
        let permissions = proptest::sample::subsequence(Permission::ALL.to_vec(), 0..8);
        let binding = (permissions, proptest::option::of(1..5)).prop_map(|(permissions, group)| {
            let (id, role) = (Uuid::nil(), String::new());
            Binding {
                id,
                role,
                permissions,
                group,
            }
        });
        proptest::collection::vec(binding, 0..5)
    }

    proptest! {
        #[test]
        fn it_explains_what_is_decided(
            bindings in bindings(),
            groups in proptest::option::of(proptest::collection::vec(1..5, 0..3)),
        ) {
            let mut grants = Grants::default();
            for binding in &bindings {
                let group = |group| Scope::Groups([group].into());
                grants.add(&binding.permissions, &binding.group.map_or(Scope::All, group));
            }
            for permission in Permission::ALL {
                let decided = match (grants.scope(*permission), &groups) {
                    (None, _) => false,
                    (Some(Scope::All), _) | (Some(_), None) => true,
                    (Some(Scope::Groups(of)), Some(host)) => host.iter().any(|one| of.contains(one)),
                };
                let mut reasons =
                    bindings.iter().filter_map(|b| b.explain(*permission, groups.as_deref()));
                prop_assert_eq!(reasons.any(Because::gives), decided, "{}", permission);
            }
        }
    }
}
