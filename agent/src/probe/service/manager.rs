//! Questions to systemd over D-Bus, on the system bus. The socket that systemd keeps for root beside
//! it, which would serve hosts without a bus, does not speak D-Bus strictly enough for zbus.

use std::{io, time::Duration};

use shared::wire::{Stale, StaleReason};
use tokio::{runtime, time};
use zbus::{
    Connection, OwnedObjectPath, Signature, connection::Builder, message::Body,
    wire::serialized::Data,
};

use crate::{host::Host, probe};

/// How long systemd may take. It answers in milliseconds, but not while it is reloading.
const PATIENCE: Duration = Duration::from_secs(10);

const BUS: [&str; 2] = [
    "/run/dbus/system_bus_socket",
    "/var/run/dbus/system_bus_socket",
];

const PATH: &str = "/org/freedesktop/systemd1";
const DESTINATION: &str = "org.freedesktop.systemd1";
const INTERFACE: &str = "org.freedesktop.systemd1.Manager";

const LIST_UNITS: &str = "ListUnits";
const LIST_SERVICE_FILES: &str = "ListUnitFilesByPatterns";
const LIST_FILES: &str = "ListUnitFiles";

/// Why systemd could not be asked.
#[derive(Debug, thiserror::Error)]
enum ManagerError {
    #[error("starting a runtime for D-Bus: {0}")]
    Runtime(#[source] io::Error),
    #[error("connecting to {path}: {source}")]
    Connect { path: String, source: zbus::Error },
    #[error("{method} of systemd: {source}")]
    Call {
        method: &'static str,
        source: zbus::Error,
    },
    #[error("systemd did not answer within {} s", PATIENCE.as_secs())]
    TimedOut,
}

/// All that is asked.
#[derive(Debug, Default)]
pub struct Answer {
    pub units: Vec<Unit>,
    pub files: Vec<UnitFile>,
}

/// A unit that systemd has loaded.
#[derive(Debug, Default)]
pub struct Unit {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) load_state: String,
    pub(super) active_state: String,
    pub(super) sub_state: String,
}

/// A file that systemd would load a unit from.
#[derive(Debug, Clone)]
pub struct UnitFile {
    pub(super) path: String,
    pub(super) state: String,
}

/// Name, description, load state, active state, sub state, unit followed, object; job's number,
/// type and object.
type ListedUnit = (
    String,
    String,
    String,
    String,
    String,
    String,
    OwnedObjectPath,
    u32,
    String,
    OwnedObjectPath,
);

/// Asks systemd; `files` when they are known. Blocking, on a thread that no runtime drives.
pub(super) fn ask(host: &Host, files: Option<Vec<UnitFile>>) -> Result<Answer, Stale> {
    let path = BUS.into_iter().find(|path| host.path(path).exists());
    let path = path.ok_or_else(|| probe::unavailable("systemd runs, but no system bus does"))?;
    // A runtime of its own: probes are blocking, and their thread may have none.
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| stale(&ManagerError::Runtime(error)))?;
    let answer = runtime.block_on(patiently(path, files));
    answer.map_err(|error| stale(&error))
}

async fn patiently(path: &str, files: Option<Vec<UnitFile>>) -> Result<Answer, ManagerError> {
    let answer = time::timeout(PATIENCE, talk(path, files)).await;
    answer.unwrap_or(Err(ManagerError::TimedOut))
}

async fn talk(path: &str, files: Option<Vec<UnitFile>>) -> Result<Answer, ManagerError> {
    let address = format!("unix:path={path}");
    let connection = Builder::address(address.as_str())
        .method_timeout(PATIENCE)
        .build()
        .await
        .map_err(|source| ManagerError::Connect {
            path: path.to_owned(),
            source,
        })?;
    let listed = call(&connection, LIST_UNITS, &()).await?;
    let units = units(listed.data(), listed.signature()).map_err(in_reply_to(LIST_UNITS))?;
    let files = match files {
        Some(known) => known,
        None => unit_files(&connection).await?,
    };
    Ok(Answer { units, files })
}

async fn unit_files(connection: &Connection) -> Result<Vec<UnitFile>, ManagerError> {
    // Of every file that it lists, systemd looks for links to it in a dozen folders.
    let services = (Vec::<&str>::new(), vec!["*.service"]);
    let (method, listed) = match call(connection, LIST_SERVICE_FILES, &services).await {
        // systemd before 230.
        Err(ManagerError::Call { source, .. }) if is_unknown(&source) => {
            (LIST_FILES, call(connection, LIST_FILES, &()).await?)
        }
        listed => (LIST_SERVICE_FILES, listed?),
    };
    files(listed.data(), listed.signature()).map_err(in_reply_to(method))
}

async fn call(
    connection: &Connection,
    method: &'static str,
    arguments: &(impl serde::Serialize + zbus::DynamicType),
) -> Result<Body, ManagerError> {
    let reply = connection
        .call_method(Some(DESTINATION), PATH, Some(INTERFACE), method, arguments)
        .await
        .map_err(in_reply_to(method))?;
    Ok(reply.body())
}

fn in_reply_to(method: &'static str) -> impl Fn(zbus::Error) -> ManagerError {
    move |source| ManagerError::Call { method, source }
}

/// The units in the body of a reply to `ListUnits`. Pure.
///
/// # Errors
/// When it is no such list.
pub fn units(body: &Data<'_, '_>, signature: &Signature) -> zbus::Result<Vec<Unit>> {
    let (listed, _) = body.deserialize_for_dynamic_signature(signature)?;
    let listed: Vec<ListedUnit> = listed;
    let unit = |(name, description, load_state, active_state, sub_state, ..): ListedUnit| Unit {
        name,
        description,
        load_state,
        active_state,
        sub_state,
    };
    Ok(listed.into_iter().map(unit).collect())
}

/// The unit files in the body of a reply to `ListUnitFiles` or `ListUnitFilesByPatterns`. Pure.
///
/// # Errors
/// When it is no such list.
pub fn files(body: &Data<'_, '_>, signature: &Signature) -> zbus::Result<Vec<UnitFile>> {
    let (listed, _) = body.deserialize_for_dynamic_signature(signature)?;
    let listed: Vec<(String, String)> = listed;
    let file = |(path, state)| UnitFile { path, state };
    Ok(listed.into_iter().map(file).collect())
}

fn is_unknown(error: &zbus::Error) -> bool {
    matches!(error, zbus::Error::MethodError(name, ..)
        if name.as_str() == "org.freedesktop.DBus.Error.UnknownMethod")
}

fn stale(error: &ManagerError) -> Stale {
    let reason = match error {
        ManagerError::TimedOut => StaleReason::TimedOut,
        ManagerError::Runtime(_) => StaleReason::Failed,
        ManagerError::Connect { source, .. } | ManagerError::Call { source, .. } => reason(source),
    };
    Stale {
        reason,
        detail: error.to_string(),
    }
}

fn reason(error: &zbus::Error) -> StaleReason {
    if let zbus::Error::MethodError(name, ..) = error {
        return match name.as_str() {
            "org.freedesktop.DBus.Error.AccessDenied" => StaleReason::Denied,
            "org.freedesktop.DBus.Error.ServiceUnknown" => StaleReason::Unavailable,
            "org.freedesktop.DBus.Error.NoReply" => StaleReason::TimedOut,
            _ => StaleReason::Failed,
        };
    }
    let said = match error {
        zbus::Error::InputOutput(said) | zbus::Error::Connection(said, _) => Some(said.kind()),
        _ => None,
    };
    match said {
        Some(io::ErrorKind::PermissionDenied) => StaleReason::Denied,
        Some(io::ErrorKind::TimedOut) => StaleReason::TimedOut,
        Some(io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            StaleReason::Unavailable
        }
        _ => StaleReason::Failed,
    }
}

#[cfg(test)]
mod tests;
