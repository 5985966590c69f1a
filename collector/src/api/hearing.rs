//! Of whom a follower of the live feed may hear.

use std::collections::HashSet;

use shared::id::HostId;
use sqlx::PgPool;
use uuid::Uuid;

use crate::{
    access::{Permission, Scope},
    api::identity::{Identity, Within},
    live::{Event, Message},
    store::read,
};

/// What a follower may hear of. Hosts are kept by their identities, so that a busy fleet costs the database
/// nothing: who follows asks anew each minute, and at once about a host that is new or itself another.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Hearing {
    /// `None` for every host.
    hosts: Option<Hosts>,
    rollouts: bool,
    /// Whose notifications.
    account: Option<Uuid>,
}

#[derive(Debug, PartialEq, Eq)]
struct Hosts {
    groups: Vec<i32>,
    ids: HashSet<Uuid>,
}

impl Hearing {
    /// What this one may hear of now, who may follow the hosts `within`.
    ///
    /// # Errors
    /// The database's.
    pub(crate) async fn of(
        db: &PgPool,
        identity: &Identity,
        within: &Within,
    ) -> sqlx::Result<Self> {
        let hosts = match within.groups() {
            None => None,
            Some(groups) => {
                let ids = read::host::identities(&mut *db.acquire().await?, &groups).await?;
                Some(Hosts { groups, ids })
            }
        };
        let rollouts = identity.grants.scope(Permission::RolloutsRead);
        let rollouts = rollouts == Some(&Scope::All);
        // What a token of theirs may not see changes nothing for it.
        let alerts = identity.grants.scope(Permission::AlertsRead);
        let account = alerts.and(identity.account);
        Ok(Self {
            hosts,
            rollouts,
            account,
        })
    }

    /// Whether it may hear this. When the database cannot be asked, it does not.
    pub(crate) async fn hears(&mut self, db: &PgPool, message: &Message) -> bool {
        let Message::Event(stamped) = message else {
            return true;
        };
        let (host, is_another) = match &stamped.event {
            Event::RolloutChanged { .. } => return self.rollouts,
            Event::Notified { accounts } => {
                return self.account.is_some_and(|own| accounts.contains(&own));
            }
            // Which hosts it is about can change with it: it says no more than that the list is another.
            Event::AlertChanged { .. }
            | Event::WaiverChanged { .. }
            | Event::DriftChanged { .. } => return true,
            Event::HostEnrolled { host } => (host, true),
            Event::HostChanged { host, kinds } => (host, kinds.is_empty()),
            Event::HostConnected { host }
            | Event::HostDisconnected { host }
            | Event::PostureChanged { host }
            | Event::HostRevoked { host } => (host, false),
        };
        let Some(hosts) = &mut self.hosts else {
            return true;
        };
        if is_another {
            hosts.look(db, *host).await;
        }
        hosts.ids.contains(&host.0)
    }
}

impl Hosts {
    /// Its labels or its groups may be others.
    async fn look(&mut self, db: &PgPool, host: HostId) {
        let found = async {
            let mut conn = db.acquire().await?;
            read::host::number(&mut conn, host, Some(&self.groups)).await
        };
        if let Ok(Some(_)) = found.await {
            self.ids.insert(host.0);
        } else {
            self.ids.remove(&host.0);
        }
    }
}
