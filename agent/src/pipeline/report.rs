//! Writes the status, for `openwatch-agent status`, whenever it has changed.

use std::{error::Error, future::pending, sync::Arc, time::Duration};

use shared::{clock::SharedClock, wire::ContentState};
use tokio::{sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::observe::Blind;
use crate::{
    control::Control,
    fault::Fault,
    identity::Identity,
    journal::{Journal, Summary},
    link::LinkStatus,
    rule::sets::Wanted,
    state::{Lock, StateDir},
    status::Status,
};

/// How long after a look the next one is, however much changes; and how soon a status that could not
/// be written is tried again.
const PAUSE: Duration = Duration::from_secs(2);

/// What writes the status.
pub(super) struct Report {
    pub(super) state: StateDir,
    pub(super) journal: Arc<Journal>,
    pub(super) identity: watch::Receiver<Arc<Identity>>,
    /// Instead of the identity's collector, when set.
    pub(super) address: Option<String>,
    pub(super) link: watch::Receiver<LinkStatus>,
    pub(super) control: watch::Receiver<Control>,
    pub(super) wanted: watch::Receiver<Arc<Wanted>>,
    pub(super) content: watch::Receiver<ContentState>,
    pub(super) journal_fault: watch::Receiver<Option<Fault>>,
    pub(super) renew_fault: watch::Receiver<Option<Fault>>,
    pub(super) blind: watch::Receiver<Blind>,
    pub(super) clock: SharedClock,
    /// The claim on the state folder, as long as somebody writes to it.
    pub(super) lock: Lock,
}

impl Report {
    pub(super) async fn run(mut self, token: CancellationToken) {
        let mut commits = self.journal.commits();
        let mut written: Option<Status> = None;
        let mut failing = false;
        loop {
            let stopping = token.is_cancelled();
            let status = self.gather().await;
            if !written
                .as_ref()
                .is_some_and(|old| old.says_the_same(&status))
            {
                match self.write(&status).await {
                    Ok(()) => {
                        written = Some(status);
                        failing = false;
                    }
                    // Once: the disk may be full for days.
                    Err(error) if !failing => {
                        warn!(error = &*error, "status not written");
                        failing = true;
                    }
                    Err(_) => {}
                }
            }
            if stopping {
                drop(self.lock);
                return;
            }
            let due = async {
                sleep(PAUSE).await;
                if !failing {
                    self.changed(&mut commits).await;
                }
            };
            token.run_until_cancelled(due).await;
        }
    }

    /// Returns when something that the status tells may have changed.
    async fn changed(&mut self, commits: &mut watch::Receiver<u64>) {
        tokio::select! {
            () = of(commits) => {}
            () = of(&mut self.identity) => {}
            () = of(&mut self.link) => {}
            () = of(&mut self.control) => {}
            () = of(&mut self.wanted) => {}
            () = of(&mut self.content) => {}
            () = of(&mut self.journal_fault) => {}
            () = of(&mut self.renew_fault) => {}
            () = of(&mut self.blind) => {}
        }
    }

    async fn gather(&self) -> Status {
        let journal: Option<Summary> = self.journal.off_thread(|j| j.summary()).await.ok();
        let identity = Arc::clone(&self.identity.borrow());
        let wanted = self.wanted.borrow().clone();
        Status {
            version: env!("CARGO_PKG_VERSION").into(),
            pid: std::process::id(),
            written_at: self.clock.now(),
            host: identity.host,
            collector: self.address.as_ref().unwrap_or(&identity.collector).clone(),
            certificate_expires: identity.not_after,
            link: self.link.borrow().clone(),
            control: self.control.borrow().clone(),
            profiles: wanted.profiles.clone(),
            variables: wanted.variables.clone(),
            content: self.content.borrow().clone(),
            journal,
            journal_error: self.journal_fault.borrow().clone(),
            renew_error: self.renew_fault.borrow().clone(),
            blind: self.blind.borrow().clone(),
        }
    }

    async fn write(&self, status: &Status) -> Result<(), Box<dyn Error + Send + Sync>> {
        let (state, status) = (self.state.clone(), status.clone());
        tokio::task::spawn_blocking(move || status.save(&state)).await??;
        Ok(())
    }
}

/// Returns when there is something new. What nobody tells any more is never new.
async fn of<T>(told: &mut watch::Receiver<T>) {
    if told.changed().await.is_err() {
        pending().await
    }
}
