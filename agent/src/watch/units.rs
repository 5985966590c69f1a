//! systemd's signals, over the system bus: units that start, stop, appear, vanish, and files of
//! units that are enabled.

use std::{num::NonZeroUsize, time::Duration};

use futures_util::StreamExt as _;
use tokio::{sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;
use tracing::{debug, info};
use zbus::{
    Connection, MatchRule, MessageStream, connection::Builder, message::Type as MessageType,
};

use crate::host::Host;

/// How long after a bus went away it is called again.
const AGAIN: Duration = Duration::from_secs(10);

/// Signals that may wait. When there are more, the oldest go: one is as good as many.
const QUEUE: NonZeroUsize = NonZeroUsize::new(64).expect("not zero");

const BUS: [&str; 2] = [
    "/run/dbus/system_bus_socket",
    "/var/run/dbus/system_bus_socket",
];

const SYSTEMD: &str = "org.freedesktop.systemd1";
const MANAGER: &str = "/org/freedesktop/systemd1";
const MANAGER_INTERFACE: &str = "org.freedesktop.systemd1.Manager";

/// The task that listens.
#[derive(Debug)]
pub struct Units {
    host: Host,
    state: watch::Sender<State>,
}

/// Where it is heard.
#[derive(Debug, Clone)]
pub struct UnitsHeard(watch::Receiver<State>);

#[derive(Debug, Clone)]
struct State {
    /// Rises with each signal.
    signals: u64,
    /// Why none can be heard, for people.
    failure: Option<String>,
}

impl Units {
    /// A task for `host`'s systemd, and its end.
    pub fn new(host: &Host) -> (Self, UnitsHeard) {
        let state = watch::Sender::new(State {
            signals: 0,
            failure: Some("systemd has not been called yet".into()),
        });
        let heard = UnitsHeard(state.subscribe());
        let host = host.clone();
        (Self { host, state }, heard)
    }

    /// The end of a task that never runs.
    pub(super) fn unheard() -> UnitsHeard {
        let state = watch::Sender::new(State {
            signals: 0,
            failure: Some("nobody listens to systemd here".into()),
        });
        UnitsHeard(state.subscribe())
    }

    /// Listens until `token` is cancelled. A bus that goes away is called again.
    pub async fn run(self, token: CancellationToken) {
        if !self.host.is_live() {
            self.fail("a tree has no systemd that could tell".into());
            token.cancelled().await;
            return;
        }
        let listening = async {
            loop {
                let why = self.listen().await;
                self.fail(why);
                sleep(AGAIN).await;
            }
        };
        token.run_until_cancelled(listening).await;
    }

    /// Returns when the bus cannot be listened to any more, and why.
    async fn listen(&self) -> String {
        let Some(path) = BUS.into_iter().find(|path| self.host.path(path).exists()) else {
            return "there is no system bus".into();
        };
        let (_connection, mut signals) = match subscribe(path).await {
            Ok(subscribed) => subscribed,
            Err(error) => return format!("systemd does not tell of its units: {error}"),
        };
        debug!("listening to systemd");
        // What happened before nobody has told.
        self.state.send_modify(|state| {
            state.failure = None;
            state.signals += 1;
        });
        while let Some(signal) = signals.next().await {
            if signal.is_ok_and(|signal| concerns_services(&signal)) {
                self.state.send_modify(|state| state.signals += 1);
            }
        }
        "the system bus has gone away".into()
    }

    fn fail(&self, why: String) {
        if self.state.borrow().failure.as_ref() != Some(&why) {
            info!(why, "units are read on a timer");
        }
        self.state.send_modify(|state| {
            state.failure = Some(why);
            state.signals += 1;
        });
    }
}

impl UnitsHeard {
    /// A signal has come since the last call.
    pub(super) async fn heard(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending().await
        }
    }

    pub(super) fn failure(&self) -> Option<String> {
        self.0.borrow().failure.clone()
    }
}

async fn subscribe(path: &str) -> zbus::Result<(Connection, MessageStream)> {
    let address = format!("unix:path={path}");
    let connection = Builder::address(address.as_str()).build().await?;
    let rule = MatchRule::builder()
        .msg_type(MessageType::Signal)
        .sender(SYSTEMD)
        .path_namespace(MANAGER)
        .build()?;
    let signals = MessageStream::for_match_rule(rule, &connection, Some(QUEUE)).await?;
    // Without a subscriber systemd sends none.
    connection
        .call_method(
            Some(SYSTEMD),
            MANAGER,
            Some(MANAGER_INTERFACE),
            "Subscribe",
            &(),
        )
        .await?;
    Ok((connection, signals))
}

/// Whether a signal can mean a change of a service. Properties of other units change all the time:
/// a timer elapses, a mount is used.
fn concerns_services(signal: &zbus::Message) -> bool {
    let header = signal.header();
    match header.member().map(|member| member.as_str()) {
        // The path has every byte that is no letter or digit as `_` and two hexadecimal digits.
        Some("PropertiesChanged") => header
            .path()
            .is_some_and(|path| path.as_str().ends_with("_2eservice")),
        Some("UnitNew" | "UnitRemoved" | "JobRemoved" | "Reloading" | "UnitFilesChanged") => true,
        _ => false,
    }
}
