//! Renews the certificate at two thirds of its life, or when the collector says that it has
//! expired.

use std::{sync::Arc, time::Duration};

use shared::{backoff::Backoff, clock::SharedClock};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    fault::Fault,
    identity::{EnrolError, Identity, renew},
    link::draw,
    state::StateDir,
};

/// How often the clock is looked at. Not one long sleep: clocks are set, machines are suspended, and
/// a clock that jumps past the end of the certificate should not leave the host outside for long.
const LOOK: Duration = Duration::from_secs(10);
/// The waits after failures. There are ten days for it.
const FIRST_WAIT: Duration = Duration::from_secs(30);
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// What renews the certificate.
pub(super) struct Renewal {
    pub(super) state: StateDir,
    pub(super) identity: watch::Sender<Arc<Identity>>,
    /// Instead of the identity's collector, when set.
    pub(super) address: Option<String>,
    pub(super) clock: SharedClock,
    /// Rung when the collector says that the certificate has expired.
    pub(super) bell: Arc<Notify>,
    /// Why it could not be renewed, until it was.
    pub(super) fault: watch::Sender<Option<Fault>>,
}

impl Renewal {
    pub(super) async fn run(self, token: CancellationToken) {
        let mut backoff = Backoff::new(FIRST_WAIT, LONGEST_WAIT);
        let mut asked = false;
        loop {
            let due = self.identity.borrow().renew_at() <= self.clock.now();
            let mut wait = LOOK;
            if due || asked {
                let renewed = tokio::select! {
                    biased;
                    () = token.cancelled() => return,
                    renewed = self.renew() => renewed,
                };
                match renewed {
                    Ok(()) => backoff.reset(),
                    Err(error) => {
                        self.failed(&error);
                        wait = backoff.next(draw());
                    }
                }
            }
            asked = tokio::select! {
                biased;
                () = token.cancelled() => return,
                () = tokio::time::sleep(wait) => false,
                () = self.bell.notified(), if wait == LOOK => true,
            };
        }
    }

    async fn renew(&self) -> Result<(), EnrolError> {
        let present = Arc::clone(&self.identity.borrow());
        // Somebody may have enrolled this host anew meanwhile. That must not be overwritten.
        let kept = Identity::load(&self.state).map_err(EnrolError::Present)?;
        if let Some(kept) = kept.filter(|kept| !kept.is_same(&present)) {
            info!(host.id = %kept.host, "identity replaced");
            self.identity.send_replace(Arc::new(kept));
            return Ok(());
        }
        let address = self.address.as_ref().unwrap_or(&present.collector);
        let renewed = renew(&present, address, self.clock.clone()).await?;
        renewed.save(&self.state).map_err(EnrolError::State)?;
        info!(not_after = %renewed.not_after, "certificate renewed");
        self.identity.send_replace(Arc::new(renewed));
        self.fault.send_replace(None);
        Ok(())
    }

    fn failed(&self, error: &EnrolError) {
        warn!(
            error = error as &dyn std::error::Error,
            "certificate not renewed"
        );
        let fault = Fault::new(self.clock.now(), error);
        self.fault.send_replace(Some(fault));
    }
}
