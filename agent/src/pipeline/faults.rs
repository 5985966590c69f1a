//! Why the journal cannot be written at present: said once, whoever meets it and however often.

use std::error::Error;

use chrono::{DateTime, Utc};
use tokio::sync::watch;
use tracing::{info, warn};

use crate::fault::Fault;

/// Where it is said.
#[derive(Debug, Clone)]
pub(super) struct JournalFaults(pub(super) watch::Sender<Option<Fault>>);

impl JournalFaults {
    /// It could not be written.
    pub(super) fn failed(&self, now: DateTime<Utc>, error: &(dyn Error + 'static)) {
        if self.0.borrow().is_none() {
            warn!(error, "journal cannot be written, will try again");
        }
        self.0.send_modify(|fault| {
            fault.get_or_insert_with(|| Fault::new(now, error));
        });
    }

    /// It was written.
    pub(super) fn mended(&self) {
        if self.0.send_if_modified(|fault| fault.take().is_some()) {
            info!("journal can be written again");
        }
    }
}
