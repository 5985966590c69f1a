//! That nobody gives themselves more by saying who belongs to which group.
//!
//! A binding gives a role for the hosts of a group. Who may name members, set labels or define groups could
//! so put a host where they have more than over it until then. Whoever holds everything everywhere gains
//! nothing by it, and is asked nothing.

use std::collections::{BTreeMap, HashSet};

use sqlx::PgConnection;

use crate::{
    access::{Permission, Scope},
    api::{error::ApiError, identity::Identity},
    store,
};

/// Which hosts somebody holds which permissions over, at one moment of a transaction.
#[derive(Debug)]
pub(crate) struct Holding(Vec<Held>);

#[derive(Debug)]
struct Held {
    /// One of those that are held so.
    permission: Permission,
    groups: Vec<i32>,
    hosts: HashSet<i32>,
}

impl Holding {
    /// What the account behind this identity holds, whatever a token of it gives: who moves a host with a
    /// token can come back without. Nobody else moves hosts until the transaction ends.
    ///
    /// # Errors
    /// The database's.
    pub(crate) async fn of(db: &mut PgConnection, identity: &Identity) -> sqlx::Result<Self> {
        store::group::register::hold(db).await?;
        let Some(account) = identity.account else {
            return Ok(Self(Vec::new()));
        };
        let grants = store::access::grants(db, account).await?;
        let groups = grants.iter().filter_map(|(permission, scope)| match scope {
            Scope::All => None,
            Scope::Groups(groups) => Some((groups.clone(), permission)),
        });
        let mut held = Vec::new();
        for (groups, permission) in groups.collect::<BTreeMap<_, _>>() {
            let groups: Vec<i32> = groups.into_iter().collect();
            let hosts = store::group::hosts(db, &groups).await?;
            held.push(Held {
                permission,
                groups,
                hosts: hosts.into_iter().collect(),
            });
        }
        Ok(Self(held))
    }

    /// Refuses what was done since in this transaction, if they hold a permission over a host now that
    /// they did not hold over it then.
    ///
    /// # Errors
    /// [`ApiError::OwnScope`], and the database's.
    pub(crate) async fn no_more(self, db: &mut PgConnection) -> Result<(), ApiError> {
        for held in self.0 {
            let now = store::group::hosts(db, &held.groups).await?;
            if now.iter().any(|host| !held.hosts.contains(host)) {
                return Err(ApiError::OwnScope(held.permission));
            }
        }
        Ok(())
    }
}
