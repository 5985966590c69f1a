//! A provider of OpenID Connect as a process: npm's `oidc-provider`, which `./dev test` installs.

use std::{path::Path, process::Stdio};

use rcgen::{CertificateParams, KeyPair};
use reqwest::{Client, StatusCode, Url, header, redirect};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
};

/// What it knows the collector by.
pub const CLIENT: &str = "openwatch";
/// And its secret.
pub const SECRET: &str = "only for tests";

/// A running provider.
#[derive(Debug)]
pub struct IdentityProvider {
    pub issuer: String,
    /// Who vouches for its certificate: it does itself.
    pub ca_pem: String,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
    _process: Child,
    _folder: TempDir,
}

impl IdentityProvider {
    /// A provider that sends browsers back to `redirect_uri`.
    ///
    /// # Panics
    /// When it is not installed.
    pub async fn start(redirect_uri: &str) -> Self {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let modules = crate::process::binary("../oidc-provider");
        assert!(
            modules.join("node_modules/oidc-provider").exists(),
            "oidc-provider is missing: run `./dev test`, or its `npm install` (need_tests in ./dev)"
        );
        let folder = tempfile::tempdir().expect("a folder");
        let key = KeyPair::generate().expect("a key");
        let certificate = CertificateParams::new(["localhost".into()]).expect("a name");
        let certificate = certificate.self_signed(&key).expect("a certificate").pem();
        std::fs::write(folder.path().join("certificate.pem"), &certificate).expect("a file");
        std::fs::write(folder.path().join("key.pem"), key.serialize_pem()).expect("a file");
        let mut process = Command::new("node")
            .arg(here.join("support/oidc-provider.mjs"))
            .arg(modules)
            .arg(folder.path())
            .args([CLIENT, SECRET, redirect_uri])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("node, which ./dev test installs");
        let input = process.stdin.take().expect("piped");
        let output = BufReader::new(process.stdout.take().expect("piped"));
        let mut provider = Self {
            issuer: String::new(),
            ca_pem: certificate,
            input,
            output: output.lines(),
            _process: process,
            _folder: folder,
        };
        let said = provider.line().await;
        let port = said.strip_prefix("listening ").expect("a port");
        provider.issuer = format!("https://localhost:{port}");
        provider
    }

    /// Has it sign something else from now on.
    pub async fn change(&mut self, how: &Value) {
        let line = format!("{how}\n");
        self.input
            .write_all(line.as_bytes())
            .await
            .expect("it listens");
        assert_eq!(self.line().await, "changed");
    }

    /// What it says next, but for the advice that it gives to those who run it.
    async fn line(&mut self) -> String {
        loop {
            let line = self.output.next_line().await.expect("its output");
            let line = line.expect("it lives");
            if !line.starts_with("oidc-provider ") {
                return line;
            }
        }
    }

    /// What `name` does who is sent to `url`: signs in, agrees, and is sent back; where to.
    ///
    /// # Panics
    /// When it does not go as it should.
    pub async fn sign_in(&self, url: &str, name: &str) -> String {
        let authority = reqwest::Certificate::from_pem(self.ca_pem.as_bytes()).expect("a PEM");
        let browser = Client::builder()
            .tls_certs_only([authority])
            .cookie_store(true)
            .redirect(redirect::Policy::none())
            .build()
            .expect("a client");
        let mut at: Url = url.parse().expect("an address");
        for _ in 0..10 {
            if !at.as_str().starts_with(&self.issuer) {
                return at.into();
            }
            let answer = browser.get(at.clone()).send().await.expect("an answer");
            let answer = if answer.status() == StatusCode::OK {
                let page = answer.text().await.expect("a page");
                let form = "application/x-www-form-urlencoded";
                let entered = browser.post(at.clone()).header(header::CONTENT_TYPE, form);
                entered
                    .body(entries(&page, name))
                    .send()
                    .await
                    .expect("an answer")
            } else {
                answer
            };
            assert!(
                answer.status().is_redirection(),
                "{at}: {}",
                answer.status()
            );
            let next = answer.headers()[header::LOCATION]
                .to_str()
                .expect("an address");
            at = at.join(next).expect("an address");
        }
        panic!("sent here and there: {at}")
    }
}

/// What is entered into its pages: who one is, and then that one agrees.
fn entries(page: &str, name: &str) -> String {
    let mut form: Url = "https://form.example".parse().expect("an address");
    if page.contains("name=\"login\"") {
        let entries = [("prompt", "login"), ("login", name), ("password", "any")];
        form.query_pairs_mut().extend_pairs(entries);
    } else {
        form.query_pairs_mut().append_pair("prompt", "consent");
    }
    form.query().expect("entries").to_owned()
}
