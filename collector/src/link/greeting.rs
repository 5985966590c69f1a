//! The beginning of a session: `Hello`, and `Welcome` or a refusal.

use chrono::{DateTime, Utc};
use quinn::{Connection, RecvStream, SendStream};
use shared::{
    clock::to_micros,
    rule::result::KIND,
    wire::{
        self, AgentMessage, CollectorMessage, Hello, Refusal, Refused, Resume, Welcome, WireError,
    },
};
use sqlx::PgConnection;
use tracing::warn;

use super::{Context, Ended, clean, internal, malformed, refuse, refused};
use crate::{
    live::Event,
    retention::{Kind, before},
    store::{self, certificate::Member},
};

/// A session that is welcomed.
pub(super) struct Opened {
    pub(super) hello: Hello,
    /// When it was heard.
    pub(super) greeted: DateTime<Utc>,
    pub(super) resume: Resume,
    /// Kinds whose digests differ.
    pub(super) differing: Vec<String>,
    pub(super) send: SendStream,
    pub(super) recv: RecvStream,
}

/// Hears who calls, and answers.
///
/// # Errors
/// [`Ended`], when it was refused or the connection broke.
pub(super) async fn open(
    context: &Context,
    connection: &Connection,
    member: Member,
) -> Result<Opened, Ended> {
    let broken = |error: quinn::ConnectionError| Ended::Broken(WireError::Io(error.into()));
    let (mut send, mut recv) = connection.accept_bi().await.map_err(broken)?;
    let hello = match wire::read(&mut recv).await {
        Ok(Some(AgentMessage::Hello(hello))) => Ok(hello),
        Ok(None) => return Err(Ended::Broken(WireError::Truncated)),
        Ok(Some(_)) => Err(malformed(context, "a session begins with Hello")),
        Err(error @ WireError::Io(_)) => return Err(Ended::Broken(error)),
        Err(error) => Err(malformed(context, error.to_string())),
    };
    let greeted = context.clock.now();
    let welcomed = match hello {
        Ok(hello) => welcome(context, member, &hello)
            .await
            .map(|welcome| (hello, welcome)),
        Err(refused) => Err(refused),
    };
    let (hello, (welcome, differing)) = match welcomed {
        Ok(welcomed) => welcomed,
        Err(no) => {
            let wrap = CollectorMessage::Refused;
            return Err(refuse(context, connection, &mut send, no, wrap).await);
        }
    };
    let resume = welcome.resume;
    wire::write(&mut send, &CollectorMessage::Welcome(welcome))
        .await
        .map_err(Ended::Broken)?;
    Ok(Opened {
        hello,
        greeted,
        resume,
        differing,
        send,
        recv,
    })
}

/// Results, when all of them were last told so long ago that what proves them will go before them.
async fn renews_results(
    context: &Context,
    db: &mut PgConnection,
    host_no: i32,
) -> sqlx::Result<Option<String>> {
    let keep = store::retention::keep(&mut *db, context.keep).await?;
    // For ever: it never goes.
    let Some(months) = keep.of(Kind::Proofs) else {
        return Ok(None);
    };
    let oldest = before(Kind::Proofs, months / 2, context.clock.now());
    let old = store::stream::results_are_old(db, host_no, oldest).await?;
    Ok(old.then(|| KIND.to_owned()))
}

/// Checks who calls, and finds where its stream goes on.
async fn welcome(
    context: &Context,
    member: Member,
    hello: &Hello,
) -> Result<(Welcome, Vec<String>), Refused> {
    let now = context.clock.now();
    if hello.host != member.host {
        let message = format!(
            "the certificate belongs to {}, not to {}",
            member.host, hello.host
        );
        return Err(refused(Refusal::HostMismatch, message));
    }
    if member.not_after <= now {
        let message = format!("the certificate ended at {}; renew it", member.not_after);
        return Err(refused(Refusal::CertificateExpired, message));
    }
    if hello.protocol == 0 {
        return Err(refused(
            Refusal::ProtocolUnsupported,
            "protocol 0 does not exist",
        ));
    }
    let failed = |error: sqlx::Error| internal(&error);
    let mut db = context.db.begin().await.map_err(failed)?;
    let standing = store::host::standing(&mut db, member.host_no)
        .await
        .map_err(failed)?;
    let Some(standing) = standing.filter(|standing| standing.revoked_at.is_none()) else {
        return Err(refused(
            Refusal::HostRevoked,
            "the host was revoked; enrol it again",
        ));
    };
    if standing.machine != hello.machine {
        let why = "a machine with another machine-id presented this host's certificate";
        store::host::quarantine(&mut db, member.host_no, why)
            .await
            .map_err(failed)?;
        db.commit().await.map_err(failed)?;
        // The host itself is another, and none of its facts.
        let kinds = Vec::new();
        context.feed.publish(Event::HostChanged {
            host: member.host,
            kinds,
        });
        warn!("{why}: a clone, or a restored disk");
        let message =
            format!("{why}; enrol this machine anew with `openwatch-agent enroll --force`");
        return Err(refused(Refusal::HostQuarantined, message));
    }
    let (version, build) = (clean(&hello.agent_version), &hello.build);
    store::host::arrived(&mut db, member.host_no, &version, build, now)
        .await
        .map_err(failed)?;
    let call = store::stream::Call {
        epoch: hello.epoch,
        last_seq: hello.last_seq,
        acked: hello.acked,
    };
    let resume = store::stream::open(&mut db, member.host_no, call)
        .await
        .map_err(failed)?;
    let differing = match resume {
        Resume::After(applied) => {
            store::stream::differing(&mut db, member.host_no, applied, &hello.kinds)
                .await
                .map_err(failed)?
        }
        Resume::NewEpoch => Vec::new(),
    };
    let renewed = renews_results(context, &mut db, member.host_no);
    let differing = differing.into_iter().chain(renewed.await.map_err(failed)?);
    let differing = differing.collect();
    db.commit().await.map_err(failed)?;
    let protocol = hello.protocol.min(wire::PROTOCOL);
    Ok((
        Welcome {
            protocol,
            resume,
            server_time: to_micros(now),
        },
        differing,
    ))
}
