//! What is waived of how hosts stand, as answers need it.

use std::collections::BTreeMap;

use serde::Serialize;
use shared::rule::variable::Values;
use sqlx::PgConnection;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    api::time::Time,
    catalogue::Catalogue,
    posture::{Lens, Overlay, Waived},
    store::{
        settings,
        waiver::overlay::{Mark, Over, overlays},
    },
};

/// What is waived, by place: see [`Over`].
#[derive(Debug)]
pub(crate) struct Waivers {
    overlays: BTreeMap<i64, Overlay>,
    /// The variables that are set for hosts on which that matters.
    sets: BTreeMap<i32, Values>,
}

impl Waivers {
    /// What is waived of these hosts.
    ///
    /// # Errors
    /// The database's.
    pub(crate) async fn load(conn: &mut PgConnection, over: Over<'_>) -> sqlx::Result<Self> {
        let overlays = overlays(&mut *conn, over).await?;
        let several = overlays.values().flat_map(|overlay| &overlay.several);
        let mut hosts: Vec<i32> = several.map(|several| several.host_no).collect();
        hosts.sort_unstable();
        hosts.dedup();
        let sets = match hosts.as_slice() {
            [] => BTreeMap::new(),
            hosts => settings::variables(conn, hosts).await?,
        };
        Ok(Self { overlays, sets })
    }

    /// What of it is seen at a place through a lens.
    pub(crate) fn at(&self, place: i64, lens: &Lens, catalogue: &Catalogue) -> Waived {
        let overlay = self.overlays.get(&place);
        overlay.map_or_else(Waived::default, |overlay| {
            overlay.through(lens, catalogue, &self.sets)
        })
    }
}

/// By which waiver a failing result is waived.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub(crate) struct WaivedBy {
    /// The one that lasts longest.
    waiver: Uuid,
    /// From here on it is waived no more.
    until: Time,
}

impl From<Mark> for WaivedBy {
    fn from(mark: Mark) -> Self {
        Self {
            waiver: mark.waiver,
            until: mark.until.into(),
        }
    }
}
