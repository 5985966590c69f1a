//! Whether the agent alone is stopped, or the host with it.
//!
//! systemd is asked over the system bus which jobs it has: a host that goes down has one for
//! `reboot.target` or its like. No program is run. Whatever cannot be learnt in time is taken for
//! the ordinary: somebody stopped the agent. A wrong guess costs a word in the console, no more.

use std::time::Duration;

use shared::wire::Ending;
use tokio::time::timeout;
use zbus::{Connection, OwnedObjectPath, connection::Builder};

use crate::host::Host;

/// How long the bus may take. The service manager waits for this process meanwhile.
const PATIENCE: Duration = Duration::from_secs(1);

/// On a host that goes down the folder of the bus may be the only one of the two that is left.
const BUS: [&str; 2] = [
    "/run/dbus/system_bus_socket",
    "/var/run/dbus/system_bus_socket",
];

/// Number, unit, type, state, object of the job, object of the unit.
type Job = (
    u32,
    String,
    String,
    String,
    OwnedObjectPath,
    OwnedObjectPath,
);

/// Why the process is asked to stop.
pub(super) async fn find(host: &Host) -> Ending {
    if host.path("/run/systemd/system").is_dir() {
        // What a tree's files say of systemd is not what the machine's systemd does.
        if !host.is_live() {
            return Ending::Stopped;
        }
        let path = BUS.into_iter().find(|path| host.path(path).exists());
        return match path {
            Some(path) => match timeout(PATIENCE, ask(path)).await {
                Ok(Ok(ending)) => ending,
                Ok(Err(_)) | Err(_) => Ending::Stopped,
            },
            None => Ending::Stopped,
        };
    }
    from_runlevel(host)
}

async fn ask(path: &str) -> zbus::Result<Ending> {
    let address = format!("unix:path={path}");
    let bus = Builder::address(address.as_str())
        .method_timeout(PATIENCE)
        .build()
        .await?;
    let jobs: Vec<Job> = call(&bus, "ListJobs").await?;
    Ok(from_jobs(
        jobs.iter().map(|job| (job.1.as_str(), job.2.as_str())),
    ))
}

async fn call<T>(bus: &Connection, method: &str) -> zbus::Result<T>
where
    T: for<'d> serde::Deserialize<'d> + zbus::Type,
{
    let manager = Some("org.freedesktop.systemd1.Manager");
    let systemd = Some("org.freedesktop.systemd1");
    let path = "/org/freedesktop/systemd1";
    let reply = bus.call_method(systemd, path, manager, method, &()).await?;
    reply.body().deserialize()
}

/// From the units of systemd's jobs and the jobs' types. Every way down starts `shutdown.target`;
/// those that come back up have a target of their own beside it.
fn from_jobs<'a>(jobs: impl Iterator<Item = (&'a str, &'a str)>) -> Ending {
    let mut found = Ending::Stopped;
    for (unit, _) in jobs.filter(|(_, kind)| *kind == "start") {
        match unit {
            "reboot.target" | "kexec.target" | "soft-reboot.target" => {
                return Ending::HostRebooting;
            }
            "shutdown.target" | "poweroff.target" | "halt.target" | "final.target" => {
                found = Ending::HostShutdown;
            }
            _ => {}
        }
    }
    found
}

/// Without systemd: the run level that `init` noted in utmp, or the one that OpenRC enters.
fn from_runlevel(host: &Host) -> Ending {
    for path in ["/run/utmp", "/var/run/utmp"] {
        if let Ok(utmp) = host.read(path, 1 << 20) {
            match runlevel(&utmp) {
                Some(b'6') => return Ending::HostRebooting,
                Some(b'0') => return Ending::HostShutdown,
                _ => break,
            }
        }
    }
    match host.read_text("/run/openrc/softlevel", 256) {
        Ok(level) if level.trim() == "reboot" => Ending::HostRebooting,
        Ok(level) if level.trim() == "shutdown" => Ending::HostShutdown,
        _ => Ending::Stopped,
    }
}

/// The run level in the last record of that type: `struct utmp` of Linux is 384 bytes on every
/// architecture with 32-bit times in it, begins with a type of two bytes (1: `RUN_LVL`), and has in
/// the process number behind four bytes the level as its lowest byte (utmp(5)).
fn runlevel(utmp: &[u8]) -> Option<u8> {
    let records = utmp.chunks_exact(384).rev();
    let mut levels = records.filter(|record| {
        record
            .first_chunk()
            .is_some_and(|kind| i16::from_ne_bytes(*kind) == 1)
    });
    let pid = levels.next()?.get(4..8)?.first_chunk()?;
    i32::from_ne_bytes(*pid).to_le_bytes().first().copied()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use proptest::prelude::*;
    use shared::clock::SystemClock;

    use super::*;

    #[test]
    fn jobs_tell_a_reboot_from_a_shutdown_from_a_stop() {
        for (jobs, ending) in [
            (&[][..], Ending::Stopped),
            (&[("openwatch-agent.service", "stop")], Ending::Stopped),
            (
                &[("agent.service", "restart"), ("reboot.target", "stop")],
                Ending::Stopped,
            ),
            (
                &[("shutdown.target", "start"), ("poweroff.target", "start")],
                Ending::HostShutdown,
            ),
            (
                &[("shutdown.target", "start"), ("reboot.target", "start")],
                Ending::HostRebooting,
            ),
            (&[("kexec.target", "start")], Ending::HostRebooting),
        ] {
            assert_eq!(from_jobs(jobs.iter().copied()), ending, "{jobs:?}");
        }
    }

    fn record(kind: i16, pid: i32) -> Vec<u8> {
        let mut record = vec![0; 384];
        record[..2].copy_from_slice(&kind.to_ne_bytes());
        record[4..8].copy_from_slice(&pid.to_ne_bytes());
        record
    }

    #[tokio::test]
    async fn without_systemd_the_run_level_tells() {
        let folder = tempfile::tempdir().unwrap();
        let host = Host::at(folder.path(), SystemClock::shared());
        assert_eq!(find(&host).await, Ending::Stopped);
        fs::create_dir_all(folder.path().join("run/openrc")).unwrap();
        let level = folder.path().join("run/openrc/softlevel");
        for (text, ending) in [
            ("default\n", Ending::Stopped),
            ("shutdown\n", Ending::HostShutdown),
            ("reboot\n", Ending::HostRebooting),
        ] {
            fs::write(&level, text).unwrap();
            assert_eq!(find(&host).await, ending, "{text}");
        }
        fs::remove_file(level).unwrap();
        let before = i32::from(b'2') << 8;
        for (level, ending) in [
            (b'2', Ending::Stopped),
            (b'0', Ending::HostShutdown),
            (b'6', Ending::HostRebooting),
        ] {
            let records = [
                record(2, 0),
                record(1, i32::from(b'2')),
                record(1, before | i32::from(level)),
                record(7, 4711),
            ];
            fs::write(folder.path().join("run/utmp"), records.concat()).unwrap();
            assert_eq!(find(&host).await, ending, "{level}");
        }
        fs::create_dir_all(folder.path().join("run/systemd/system")).unwrap();
        assert_eq!(find(&host).await, Ending::Stopped, "a tree of systemd's");
    }

    proptest! {
        #[test]
        fn no_utmp_panics(bytes: Vec<u8>) {
            let _ = runlevel(&bytes);
        }
    }
}
