use std::{fs, path::Path};

use chrono::TimeDelta;
use rcgen::{CertificateParams, KeyPair};
use shared::{
    clock::SharedClock,
    id::HostId,
    tls::{ALPN_ENROL, ALPN_RENEW},
    wire::{EnrolRequest, IssueReply, Issued, Refusal, Refused, RenewRequest},
};
use tempfile::TempDir;

use super::{
    clock,
    collector::{Authority, Collector},
    noon,
};
use crate::{
    host::Host,
    identity::{self, EnrolError, FILE, Identity, enrol, renew},
    state::StateDir,
};

struct Place {
    folder: TempDir,
    state: StateDir,
    host: Host,
    clock: SharedClock,
    collector: Collector,
}

fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let clock: SharedClock = clock();
    Place {
        state: StateDir::at(folder.path().join("state")),
        host: Host::at(folder.path().join("root"), clock.clone()),
        collector: Collector::start(clock.clone()),
        clock,
        folder,
    }
}

impl Place {
    /// Enrols, while the collector answers with what `answer` makes of the request.
    async fn enrol(
        &self,
        force: bool,
        answer: impl FnOnce(EnrolRequest) -> IssueReply,
    ) -> Result<HostId, EnrolError> {
        let token = self.collector.authority.token();
        let asking = enrol(
            &self.state,
            &self.host,
            &self.collector.address,
            &token,
            force,
        );
        let answering = self.collector.answer(ALPN_ENROL, answer);
        tokio::join!(asking, answering).0
    }

    fn issue(&self, host: HostId) -> impl FnOnce(EnrolRequest) -> IssueReply + '_ {
        move |request| IssueReply::Issued(self.collector.authority.issue_now(host, &request.csr))
    }

    fn nothing_was_written(&self) -> bool {
        is_empty(self.state.path()) && is_empty(&self.folder.path().join("root"))
    }
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none())
}

fn other_csr() -> Vec<u8> {
    let key = KeyPair::generate().unwrap();
    let request = CertificateParams::default().serialize_request(&key);
    request.unwrap().der().to_vec()
}

#[tokio::test]
async fn an_enrolled_host_keeps_its_identity_for_its_owner_alone() {
    let place = place();
    let host = HostId::new();
    assert_eq!(place.enrol(false, place.issue(host)).await.unwrap(), host);
    let identity = Identity::load(&place.state).unwrap().unwrap();
    assert_eq!(identity.host, host);
    assert_eq!(identity.collector, place.collector.address);
    assert_eq!(identity.renew_at(), noon() + TimeDelta::days(19));
    assert_eq!(place.state.mode(FILE), Some(0o600));
}

#[tokio::test]
async fn a_second_enrolment_needs_force() {
    let place = place();
    let first = place
        .enrol(false, place.issue(HostId::new()))
        .await
        .unwrap();
    let token = place.collector.authority.token();
    let again = enrol(
        &place.state,
        &place.host,
        &place.collector.address,
        &token,
        false,
    )
    .await;
    assert!(matches!(again, Err(EnrolError::Already(host)) if host == first));
    let second = place.enrol(true, place.issue(HostId::new())).await.unwrap();
    assert_ne!(first, second);
}

#[tokio::test]
async fn a_collector_of_another_authority_is_refused_before_the_token_is_shown() {
    let place = place();
    let token = Authority::new().token();
    let asking = enrol(
        &place.state,
        &place.host,
        &place.collector.address,
        &token,
        false,
    );
    let (error, seen) = tokio::join!(asking, place.collector.turned_away());
    assert!(seen.is_err(), "the handshake was completed");
    let error = error.unwrap_err();
    let text = crate::fault::words(&error);
    assert!(
        text.contains("not the collector that this host trusts"),
        "{text}"
    );
    assert!(place.nothing_was_written());
}

#[tokio::test]
async fn a_refusal_is_said_with_its_mend_and_nothing_is_written() {
    let place = place();
    let error = place
        .enrol(false, |_| {
            IssueReply::Refused(Refused {
                reason: Refusal::TokenExpired,
                message: "the token expired yesterday".into(),
                retry_after_ms: None,
            })
        })
        .await
        .unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("expired yesterday") && text.contains("new token"),
        "{text}"
    );
    assert!(place.nothing_was_written());
}

#[tokio::test]
async fn an_answer_that_does_not_fit_is_refused_and_nothing_is_written() {
    type Answer = fn(&Place, EnrolRequest) -> Issued;
    type Expected = fn(&EnrolError) -> bool;
    let answers: [(Answer, Expected); 4] = [
        (
            |place, _| {
                let authority = &place.collector.authority;
                authority.issue_now(HostId::new(), &other_csr())
            },
            |error| matches!(error, EnrolError::OtherKey),
        ),
        (
            |_, request| Authority::new().issue_now(HostId::new(), &request.csr),
            |error| matches!(error, EnrolError::OtherAuthority),
        ),
        (
            |place, request| Issued {
                host: HostId::new(),
                ..place
                    .collector
                    .authority
                    .issue_now(HostId::new(), &request.csr)
            },
            |error| matches!(error, EnrolError::OtherHost),
        ),
        (
            |place, _| Issued {
                host: HostId::new(),
                certificate: vec![1, 2, 3],
                authority: place.collector.authority.certificate.to_vec(),
            },
            |error| matches!(error, EnrolError::Certificate(_)),
        ),
    ];
    for (answer, expected) in answers {
        let place = place();
        let error = place
            .enrol(false, |request| IssueReply::Issued(answer(&place, request)))
            .await
            .unwrap_err();
        assert!(expected(&error), "{error:?}");
        assert!(place.nothing_was_written());
    }
}

#[tokio::test]
async fn a_text_that_is_no_token_is_refused_without_a_call() {
    let place = place();
    let error = enrol(
        &place.state,
        &place.host,
        "nowhere.invalid:1",
        "hunter2",
        false,
    )
    .await;
    assert!(matches!(error, Err(EnrolError::Token(_))));
}

#[tokio::test]
async fn a_renewal_changes_key_and_certificate_together() {
    let place = place();
    let host = HostId::new();
    place.enrol(false, place.issue(host)).await.unwrap();
    let old = Identity::load(&place.state).unwrap().unwrap();
    let renewing = renew(&old, &old.collector, place.clock.clone());
    let answering = place.collector.answer(ALPN_RENEW, |request: RenewRequest| {
        let to = noon() + TimeDelta::days(60);
        let authority = &place.collector.authority;
        IssueReply::Issued(authority.issue(host, &request.csr, noon(), to))
    });
    let renewed = tokio::join!(renewing, answering).0.unwrap();
    renewed.save(&place.state).unwrap();
    let new = Identity::load(&place.state).unwrap().unwrap();
    assert_eq!(
        (new.host, new.not_after),
        (host, noon() + TimeDelta::days(60))
    );
    assert_ne!(new.public_key().unwrap(), old.public_key().unwrap());
    // rustls refuses a key that does not fit its certificate.
    new.tls(ALPN_RENEW, place.clock.clone()).unwrap();
}

#[tokio::test]
async fn a_renewal_cannot_turn_a_host_into_another() {
    let place = place();
    place
        .enrol(false, place.issue(HostId::new()))
        .await
        .unwrap();
    let old = Identity::load(&place.state).unwrap().unwrap();
    let renewing = renew(&old, &old.collector, place.clock.clone());
    let answering = place.collector.answer(ALPN_RENEW, |request: RenewRequest| {
        let authority = &place.collector.authority;
        IssueReply::Issued(authority.issue_now(HostId::new(), &request.csr))
    });
    let error = tokio::join!(renewing, answering).0.unwrap_err();
    assert!(matches!(error, EnrolError::OtherHost), "{error:?}");
}

#[tokio::test]
async fn a_damaged_identity_is_an_error_and_not_a_host_without_one() {
    let place = place();
    place
        .enrol(false, place.issue(HostId::new()))
        .await
        .unwrap();
    let whole = place.state.read(FILE).unwrap().unwrap();
    for end in [0, 20, whole.len() / 3, whole.len() / 2, whole.len() - 60] {
        place
            .state
            .write(FILE, &whole[..end], identity::MODE)
            .unwrap();
        assert!(Identity::load(&place.state).is_err(), "cut at {end}");
    }
}
