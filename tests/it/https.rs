//! The certificate that browsers are shown, from files that are replaced while connections are open.

use std::{fs, net::SocketAddr, path::Path};

use chrono::TimeDelta;
use reqwest::{Certificate, Client, tls::TlsInfo};
use shared::clock::{Clock as _, SystemClock};
use support::{CardOffice, TestCollector};

/// A certificate and its key, PEM.
struct Pair {
    certificate: String,
    key: String,
}

impl Pair {
    fn new(days: i64) -> Self {
        let mut params = rcgen::CertificateParams::new(["localhost".into()]).unwrap();
        let until = SystemClock.now() + TimeDelta::days(days);
        params.not_after = time::OffsetDateTime::from_unix_timestamp(until.timestamp()).unwrap();
        let key = rcgen::KeyPair::generate().unwrap();
        Self {
            certificate: params.self_signed(&key).unwrap().pem(),
            key: key.serialize_pem(),
        }
    }

    fn write(&self, folder: &Path) {
        fs::write(folder.join("chain.pem"), &self.certificate).unwrap();
        fs::write(folder.join("key.pem"), &self.key).unwrap();
    }

    /// A browser that trusts this one alone.
    fn browser(&self, address: SocketAddr) -> Client {
        let root = Certificate::from_pem(self.certificate.as_bytes()).unwrap();
        Client::builder()
            .tls_certs_only([root])
            .resolve("localhost", address)
            .tls_info(true)
            .build()
            .unwrap()
    }
}

/// What the connection of an answer was opened with; `None` when there is none.
async fn shown(browser: &Client, address: SocketAddr) -> Option<Vec<u8>> {
    let url = format!("https://localhost:{}/healthz", address.port());
    let answer = browser.get(url).send().await.ok()?;
    assert_eq!(answer.status(), 200);
    let info = answer.extensions().get::<TlsInfo>().unwrap();
    info.peer_certificate().map(<[u8]>::to_vec)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_exchanged_without_a_restart_and_a_broken_one_never_comes_in_force() {
    let files = tempfile::tempdir().unwrap();
    let office = CardOffice::open(&files.path().join("cards"), SystemClock.now());
    let (old, new) = (Pair::new(5), Pair::new(50));
    old.write(files.path());
    let path = |name: &str| files.path().join(name).display().to_string();
    let flags = [
        ("https.certificate", path("chain.pem")),
        ("https.key", path("key.pem")),
        ("https.origin", "https://localhost:0".into()),
        ("client_certificates.listen", "[::1]:0".into()),
        (
            "client_certificates.ca_files",
            format!("[{:?}]", office.file("ca.pem")),
        ),
    ];
    let collector = TestCollector::start_set(SystemClock::shared(), &flags).await;
    let server = collector.server();
    let address = server.https();
    let before = old.browser(address);
    let first = shown(&before, address).await.unwrap();

    // The key is missing: the old pair stays, for whoever comes.
    fs::write(files.path().join("key.pem"), "").unwrap();
    fs::write(files.path().join("chain.pem"), &new.certificate).unwrap();
    let late = old.browser(address);
    assert_eq!(shown(&late, address).await.unwrap(), first);

    new.write(files.path());
    // Connections that are open go on.
    assert_eq!(shown(&before, address).await.unwrap(), first);
    let second = shown(&new.browser(address), address).await.unwrap();
    assert_ne!(first, second);
    assert_eq!(shown(&old.browser(address), address).await, None);
    // So does the listener for cards show it; who has none is refused behind the handshake's first half.
    let cards = server.cards().unwrap();
    let url = format!("https://localhost:{}/healthz", cards.port());
    for (trusts, is_shown) in [(&old, false), (&new, true)] {
        let refused = trusts.browser(cards).get(&url).send().await.unwrap_err();
        let distrusts = format!("{refused:?}").contains("InvalidCertificate");
        assert_eq!(distrusts, !is_shown, "{refused:?}");
    }

    let counted = new.browser(address);
    let url = format!("https://localhost:{}/metrics", address.port());
    let text = counted.get(url).send().await.unwrap().text().await.unwrap();
    let name = "openwatch_https_certificate_not_after_timestamp_seconds ";
    let until = text.lines().find_map(|line| line.strip_prefix(name));
    let left = until.unwrap().parse::<i64>().unwrap() - SystemClock.now().timestamp();
    assert!((49..=50).contains(&(left / 86_400)), "{left}");
    collector.stop().await;
}
