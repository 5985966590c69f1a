//! The link to the collector: connects, greets, sends what waits in the journal, and takes
//! acknowledgements and requests. When it breaks it comes back by itself, after a wait that spreads
//! a fleet.
//!
//! It never gives up, and never sends what the journal does not hold.

/// Content that the collector offers.
mod content;

/// Metrics within a session.
mod metric;

/// The chain over results within a session.
mod seal;

/// One session.
mod session;

/// What is under way.
mod window;

use std::{sync::Arc, time::Duration};

use chrono::{DateTime, Utc};
use quinn::ConnectionError;
use serde::{Deserialize, Serialize};
use shared::{
    backoff::Backoff,
    clock::SharedClock,
    tls::ALPN_SESSION,
    token::Fingerprint,
    wire::{Refusal, Refused, WireError},
};
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    assign::Assigner,
    bundle::Bundles,
    control::Controller,
    dial::{self, DialError, Traffic, Transport, alert},
    fault::{Fault, words},
    identity::{Identity, Machine, mend},
    journal::{Journal, JournalError, Position},
    metric::Lane,
    run::Life,
};

/// A delay that a collector asks for is honoured up to this.
const LONGEST_DELAY: Duration = Duration::from_secs(3600);

/// Why a session could not begin, or broke.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    #[error("reaching the collector")]
    Dial(#[source] DialError),
    #[error("preparing TLS")]
    Tls(#[source] rustls::Error),
    #[error("the connection was lost")]
    Lost(#[source] DialError),
    #[error("talking to the collector")]
    Talk(#[source] WireError),
    #[error("sealing the results")]
    Seal(#[source] rustls::Error),
    #[error("using the journal")]
    Journal(#[source] JournalError),
    #[error("the collector did not answer the greeting in time")]
    Late,
    #[error("the collector ended the session without a reason")]
    Ended,
    #[error("the collector spoke out of order")]
    OutOfOrder,
    #[error("the collector wants protocol {0}, which this agent does not speak")]
    Protocol(u16),
    #[error("the collector acknowledged record {0}, which was never sent")]
    AckOfUnsent(u64),
}

impl LinkError {
    /// How the collector closed the connection because of this host's certificate, if it did.
    fn turned_away(&self) -> Option<&ConnectionError> {
        match self {
            Self::Dial(DialError::TurnedAway { source, .. })
            | Self::Lost(DialError::TurnedAway { source, .. }) => Some(source),
            _ => None,
        }
    }
}

/// How a session ended that did not break.
#[derive(Debug)]
enum Ended {
    /// The agent was asked to stop.
    Stopped,
    /// There is a new certificate.
    Renewed,
    /// The journal has moved on under the session.
    Restart,
    /// The collector asked for a new epoch, and the journal has begun one.
    NewEpoch,
    Refused(Refused),
}

/// The link's settings.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// Most bytes sent and not acknowledged.
    pub in_flight_bytes: u64,
    pub transport: Transport,
    pub backoff_first: Duration,
    pub backoff_most: Duration,
}

/// How the link stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LinkStatus {
    pub state: LinkState,
    /// What went wrong last, also when all is well again.
    pub last_error: Option<Fault>,
    /// By how much the host's clock was ahead of the collector's at the last greeting,
    /// milliseconds.
    pub clock_ahead_ms: Option<i64>,
}

/// Whether there is a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    Connecting,
    Connected {
        since: DateTime<Utc>,
        address: String,
    },
    Waiting {
        until: DateTime<Utc>,
    },
}

/// What the link works with.
#[derive(Debug)]
pub struct Link {
    pub settings: Settings,
    pub journal: Arc<Journal>,
    pub identity: watch::Receiver<Arc<Identity>>,
    /// Instead of the identity's collector, when set.
    pub address: Option<String>,
    pub machine: Machine,
    pub clock: SharedClock,
    /// Told when the collector says that the certificate has expired.
    pub renew: Arc<Notify>,
    pub status: watch::Sender<LinkStatus>,
    pub position: watch::Receiver<Position>,
    /// How often everything was read, whatever was heard.
    pub reconciled: watch::Receiver<u64>,
    /// Minutes of metrics. They go when no record waits.
    pub lane: Arc<Lane>,
    /// Counts what the sessions cost.
    pub traffic: Traffic,
    /// What the collector is told of this process, at the beginning and at the end.
    pub life: Arc<Life>,
    /// Takes the collector's settings.
    pub controller: Arc<Controller>,
    /// Takes what the host is held to.
    pub assigner: Arc<Assigner>,
    /// Takes bundles of content.
    pub bundles: Bundles,
}

impl LinkStatus {
    /// Before the first attempt.
    pub fn begin() -> Self {
        Self {
            state: LinkState::Connecting,
            last_error: None,
            clock_ahead_ms: None,
        }
    }

    fn is_connected(&self) -> bool {
        matches!(self.state, LinkState::Connected { .. })
    }
}

impl Link {
    /// Keeps a session with the collector until `token` is cancelled.
    pub async fn run(mut self, token: CancellationToken) {
        let mut backoff = Backoff::new(self.settings.backoff_first, self.settings.backoff_most);
        while !token.is_cancelled() {
            self.status.send_modify(|s| s.state = LinkState::Connecting);
            self.identity.mark_unchanged();
            let result = self.attempt(&token).await;
            // A collector that welcomes and then refuses would otherwise be called every second.
            let refused = matches!(result, Ok(Ended::Refused(_)));
            if self.status.borrow().is_connected() && !refused {
                backoff.reset();
            }
            if token.is_cancelled() {
                break;
            }
            let wait = self.judge(&result, &mut backoff);
            self.status.send_modify(|status| {
                status.state = LinkState::Waiting {
                    until: self.clock.now() + wait,
                };
            });
            tokio::select! {
                () = token.cancelled() => {}
                () = tokio::time::sleep(wait) => {}
                Ok(()) = self.identity.changed() => {}
            }
        }
        self.status.send_modify(|s| s.state = LinkState::Connecting);
    }

    async fn attempt(&mut self, token: &CancellationToken) -> Result<Ended, LinkError> {
        let identity = Arc::clone(&self.identity.borrow());
        let address = self.address.as_ref().unwrap_or(&identity.collector).clone();
        let tls = identity
            .tls(ALPN_SESSION, self.clock.clone())
            .map_err(LinkError::Tls)?;
        let dialled = tokio::select! {
            () = token.cancelled() => return Ok(Ended::Stopped),
            dialled = dial::dial(&address, tls, self.settings.transport) => {
                dialled.map_err(LinkError::Dial)?
            }
        };
        self.traffic.opened(&dialled.connection);
        let result = session::run(self, &identity, &dialled.connection, token).await;
        self.traffic.closed();
        let reason = match &result {
            Ok(Ended::Stopped) => "stopping",
            Ok(Ended::Renewed) => "renewed",
            _ => "session ended",
        };
        dialled.close(0, reason).await;
        result
    }

    /// Says what happened, where people look, and returns how long to wait.
    fn judge(&self, result: &Result<Ended, LinkError>, backoff: &mut Backoff) -> Duration {
        let wait = backoff.next(draw());
        match result {
            Ok(Ended::Refused(refused)) => {
                let message = format!("refused: {}; {}", refused.message, mend(refused.reason));
                warn!(reason = ?refused.reason, message = refused.message, "collector refuses");
                self.fault(message);
                self.wait_after(refused, wait)
            }
            Ok(_) => wait,
            Err(error) => {
                warn!(error = error as &dyn std::error::Error, "no session");
                self.fault(words(error));
                // A verifier may refuse at the handshake, before there is a message.
                let refused = |alert| {
                    error
                        .turned_away()
                        .is_some_and(|e| dial::is_alert(e, alert))
                };
                if refused(alert::CERTIFICATE_EXPIRED) {
                    self.renew.notify_one();
                }
                if refused(alert::CERTIFICATE_REVOKED) {
                    self.settings.backoff_most
                } else {
                    wait
                }
            }
        }
    }

    fn wait_after(&self, refused: &Refused, drawn: Duration) -> Duration {
        let asked = Duration::from_millis(refused.retry_after_ms.unwrap_or(0).into());
        let asked = asked.min(LONGEST_DELAY);
        match refused.reason {
            Refusal::HostRevoked | Refusal::HostQuarantined => {
                self.settings.backoff_most.max(asked)
            }
            Refusal::CertificateExpired => {
                self.renew.notify_one();
                drawn.max(asked)
            }
            _ => drawn.max(asked),
        }
    }

    fn fault(&self, message: String) {
        let at = self.clock.now();
        self.status
            .send_modify(|status| status.last_error = Some(Fault { at, message }));
    }
}

/// Whether the collector at `address` answers and descends from the authority that `identity`
/// trusts. It stops short of a session, which could be taken for a second machine with the same
/// identity.
///
/// # Errors
/// [`LinkError`].
pub async fn reach(
    address: &str,
    identity: &Identity,
    clock: SharedClock,
) -> Result<(), LinkError> {
    let pin = Fingerprint::of(identity.authority());
    let tls = shared::tls::agent_enrolling(pin, clock).map_err(LinkError::Tls)?;
    let dialled = dial::dial(address, tls, Transport::default())
        .await
        .map_err(LinkError::Dial)?;
    dialled.close(0, "doctor").await;
    Ok(())
}

/// The one place that draws the spread of a wait, for [`Backoff::next`].
pub fn draw() -> u64 {
    getrandom::u64().unwrap_or_else(|error| {
        // No randomness is no reason to stay away; the longest wait is the gentle choice.
        info!(error = %error, "no randomness for the wait");
        u64::MAX
    })
}

#[cfg(test)]
pub(crate) mod tests;
