//! An SMTP server as a process: Python's `aiosmtpd`, which `./dev test` installs.

use std::{path::Path, process::Stdio};

use rcgen::{CertificateParams, KeyPair};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader, Lines},
    process::{Child, ChildStdout, Command},
};

/// Who may send, and with which password.
pub const USER: &str = "openwatch";
pub const PASSWORD: &str = "only for tests";

/// A running server, which takes messages from those alone who have encrypted the connection and signed in.
#[derive(Debug)]
pub struct SmtpServer {
    pub port: u16,
    /// Who vouches for its certificate: it does itself.
    pub ca_pem: String,
    output: Lines<BufReader<ChildStdout>>,
    _process: Child,
    _folder: TempDir,
}

impl SmtpServer {
    /// `security` is `starttls` or `tls`.
    ///
    /// # Panics
    /// When it is not installed.
    pub async fn start(security: &str) -> Self {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let python = crate::process::binary("../aiosmtpd").join("bin/python");
        assert!(
            python.exists(),
            "aiosmtpd is missing: run `./dev test`, or its `pip install` (need_aiosmtpd in ./dev)"
        );
        let folder = tempfile::tempdir().expect("a folder");
        let key = KeyPair::generate().expect("a key");
        let certificate = CertificateParams::new(["localhost".into()]).expect("a name");
        let certificate = certificate.self_signed(&key).expect("a certificate").pem();
        std::fs::write(folder.path().join("certificate.pem"), &certificate).expect("a file");
        std::fs::write(folder.path().join("key.pem"), key.serialize_pem()).expect("a file");
        let mut process = Command::new(python)
            .arg(here.join("support/smtp-server.py"))
            .arg(folder.path())
            .args([security, USER, PASSWORD])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("Python, which ./dev test installs");
        let output = BufReader::new(process.stdout.take().expect("piped"));
        let mut server = Self {
            port: 0,
            ca_pem: certificate,
            output: output.lines(),
            _process: process,
            _folder: folder,
        };
        let said = server.line().await;
        let port = said.strip_prefix("listening ").expect("a port");
        server.port = port.parse().expect("a port");
        server
    }

    /// The next message that it has taken.
    pub async fn message(&mut self) -> Value {
        let line = self.line().await;
        serde_json::from_str(&line).expect("JSON")
    }

    async fn line(&mut self) -> String {
        let line = self.output.next_line().await.expect("its output");
        line.expect("it lives")
    }
}
