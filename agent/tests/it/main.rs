//! The program itself: signals, exit codes, what the service manager hears, and rules by hand.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail with their test")]

mod written;

mod content;
mod sca;
mod scan;

use std::{
    os::unix::net::UnixDatagram,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use openwatch_agent::{identity::Identity, state::StateDir};
use rcgen::{CertificateParams, KeyPair, SanType};
use rustls_pki_types::PrivatePkcs8KeyDer;
use shared::id::HostId;

/// An identity that nobody will accept, which is enough to start with.
fn enrol(state: &StateDir) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::default();
    params.subject_alt_names = vec![SanType::URI(HostId::new().to_uri().try_into().unwrap())];
    let certificate = params.self_signed(&key).unwrap().der().clone();
    let key = PrivatePkcs8KeyDer::from(key.serialize_der());
    Identity::new("127.0.0.1:1", certificate.clone(), certificate, key)
        .unwrap()
        .save(state)
        .unwrap();
}

/// The next word to the service manager.
fn heard(manager: &UnixDatagram) -> String {
    let mut word = [0; 64];
    let length = manager.recv(&mut word).unwrap();
    String::from_utf8_lossy(&word[..length]).trim().to_owned()
}

#[test]
fn sigterm_stops_a_running_agent_with_0_within_five_seconds() {
    let folder = tempfile::tempdir().unwrap();
    enrol(&StateDir::at(folder.path()));
    let socket = folder.path().join("notify");
    let manager = UnixDatagram::bind(&socket).unwrap();
    manager
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    let mut agent = Command::new(env!("CARGO_BIN_EXE_openwatch-agent"))
        .args(["run", "--state-dir"])
        .arg(folder.path())
        .env("NOTIFY_SOCKET", &socket)
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    assert_eq!(heard(&manager), "READY=1");
    let asked = Instant::now();
    let process = Pid::from_raw(agent.id().try_into().unwrap());
    kill(process, Signal::SIGTERM).unwrap();
    assert_eq!(heard(&manager), "STOPPING=1");
    assert_eq!(agent.wait().unwrap().code(), Some(0));
    assert!(asked.elapsed() < Duration::from_secs(5));
}

#[test]
fn an_agent_that_is_not_enrolled_exits_with_3() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_openwatch-agent"))
        .args(["run", "--state-dir"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(log.contains("openwatch-agent enroll"), "{log}");
}
