//! Enrolment and renewal: a request with a public key comes in, a certificate goes out.

use quinn::{Connection, RecvStream, SendStream};
use serde::de::DeserializeOwned;
use shared::{
    id::HostId,
    token,
    wire::{self, EnrolRequest, IssueReply, Issued, Refusal, Refused, RenewRequest, WireError},
};
use tracing::info;

use super::{Context, Ended, GREETING, LINGER, clean, internal, malformed, refuse, refused};
use crate::{
    authority::{AuthorityError, HostCertificate},
    fleet::{self, Close},
    live::Event,
    store::{self, certificate::Member, host::NewHost, token::Use},
};

/// Admits a new host that shows a token.
pub(super) async fn enrol(context: &Context, connection: &Connection) -> Result<(), Ended> {
    let (request, mut send, _recv) = request::<EnrolRequest>(context, connection).await?;
    let reply = admit(context, request).await;
    answer(context, connection, &mut send, reply).await
}

/// Gives a host a new certificate.
pub(super) async fn renew(
    context: &Context,
    connection: &Connection,
    member: Member,
) -> Result<(), Ended> {
    let (request, mut send, _recv) = request::<RenewRequest>(context, connection).await?;
    let reply = renewed(context, member, &request.csr).await;
    answer(context, connection, &mut send, reply).await
}

async fn request<M: DeserializeOwned>(
    context: &Context,
    connection: &Connection,
) -> Result<(M, SendStream, RecvStream), Ended> {
    let asked = tokio::time::timeout(GREETING, async {
        let (send, mut recv) = connection
            .accept_bi()
            .await
            .map_err(|error| Ended::Broken(WireError::Io(error.into())))?;
        Ok((wire::read::<M>(&mut recv).await, send, recv))
    });
    let Ok(asked) = asked.await else {
        fleet::close(connection, Close::Refused);
        return Err(Ended::Refused);
    };
    let (request, mut send, recv) = asked?;
    match request {
        Ok(Some(request)) => Ok((request, send, recv)),
        Ok(None) => Err(Ended::Broken(WireError::Truncated)),
        Err(error @ WireError::Io(_)) => Err(Ended::Broken(error)),
        Err(error) => {
            let refused = malformed(context, error.to_string());
            Err(refuse(context, connection, &mut send, refused, IssueReply::Refused).await)
        }
    }
}

async fn answer(
    context: &Context,
    connection: &Connection,
    send: &mut SendStream,
    reply: Result<Issued, Refused>,
) -> Result<(), Ended> {
    let issued = match reply {
        Ok(issued) => issued,
        Err(no) => return Err(refuse(context, connection, send, no, IssueReply::Refused).await),
    };
    wire::write(send, &IssueReply::Issued(issued))
        .await
        .map_err(Ended::Broken)?;
    let _ = send.finish();
    let _ = tokio::time::timeout(LINGER, send.stopped()).await;
    Ok(())
}

async fn admit(context: &Context, request: EnrolRequest) -> Result<Issued, Refused> {
    let now = context.clock.now();
    let token = context
        .authority
        .verify_token(&request.token)
        .map_err(|error| {
            let message = format!("{error}; ask its administrator for a new enrolment line");
            refused(Refusal::TokenUnknown, message)
        })?;
    if token.expires <= now {
        return Err(refused(Refusal::TokenExpired, expired(token.expires)));
    }
    let host = HostId::new();
    let made = issue(context, host, &request.csr)?;
    let member = store_new(context, &request, &token, host, &made).await?;
    context.fleet.enlist(made.fingerprint, member);
    context.metrics.enrolments.inc();
    context.feed.publish(Event::HostEnrolled { host });
    info!(host.id = %host, hostname = %request.hostname, "host enrolled");
    Ok(issued(context, host, &made))
}

/// Takes one use of the token and adds the host, both or neither.
async fn store_new(
    context: &Context,
    request: &EnrolRequest,
    token: &token::Token,
    host: HostId,
    made: &HostCertificate,
) -> Result<Member, Refused> {
    let now = context.clock.now();
    let failed = |error: sqlx::Error| internal(&error);
    let mut db = context.db.begin().await.map_err(failed)?;
    let hash = token::hash(&request.token);
    let group = match store::token::take(&mut db, token.id, hash, now)
        .await
        .map_err(failed)?
    {
        Use::Taken { group_name } => group_name,
        Use::Unknown => {
            let message = "the token does not exist any more; create another one";
            return Err(refused(Refusal::TokenUnknown, message));
        }
        Use::Expired { at } => return Err(refused(Refusal::TokenExpired, expired(at))),
        Use::UsedUp { max_uses } => {
            let message = format!(
                "the token was good for {max_uses} hosts, all enrolled; create another one"
            );
            return Err(refused(Refusal::TokenUsedUp, message));
        }
        Use::Revoked { at } => {
            let message = format!(
                "the token was revoked at {}; create another one",
                at.to_rfc3339()
            );
            return Err(refused(Refusal::TokenRevoked, message));
        }
    };
    let hostname = clean(&request.hostname);
    let new = NewHost {
        id: host,
        hostname: &hostname,
        group_name: &group,
        machine: request.machine,
        agent_version: &clean(&request.agent_version),
        at: now,
    };
    let host_no = store::host::insert(&mut db, &new).await.map_err(failed)?;
    store::group::join(&mut db, host_no, &group, now)
        .await
        .map_err(failed)?;
    store::certificate::insert(&mut db, made.fingerprint, host_no, now, made.not_after)
        .await
        .map_err(failed)?;
    db.commit().await.map_err(failed)?;
    Ok(Member {
        host,
        host_no,
        not_after: made.not_after,
    })
}

async fn renewed(context: &Context, member: Member, csr: &[u8]) -> Result<Issued, Refused> {
    let failed = |error: sqlx::Error| internal(&error);
    let made = issue(context, member.host, csr)?;
    let mut db = context.db.begin().await.map_err(failed)?;
    let standing = store::host::standing(&mut db, member.host_no)
        .await
        .map_err(failed)?;
    if standing.is_none_or(|standing| standing.revoked_at.is_some()) {
        return Err(refused(
            Refusal::HostRevoked,
            "the host was revoked; enrol it again",
        ));
    }
    let now = context.clock.now();
    store::certificate::insert(
        &mut db,
        made.fingerprint,
        member.host_no,
        now,
        made.not_after,
    )
    .await
    .map_err(failed)?;
    // Before the commit, which lets a revocation that waits for the host's row go on: it then
    // finds this certificate among those to strike.
    let not_after = made.not_after;
    let member = Member {
        not_after,
        ..member
    };
    context.fleet.enlist(made.fingerprint, member);
    if let Err(error) = db.commit().await {
        context.fleet.strike(made.fingerprint);
        return Err(failed(error));
    }
    info!(host.id = %member.host, not_after = %made.not_after, "certificate renewed");
    Ok(issued(context, member.host, &made))
}

fn issue(context: &Context, host: HostId, csr: &[u8]) -> Result<HostCertificate, Refused> {
    context
        .authority
        .issue_host(host, csr)
        .map_err(|error| match error {
            AuthorityError::Request => refused(Refusal::CsrInvalid, error.to_string()),
            _ => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "no certificate was made"
                );
                refused(
                    Refusal::Internal,
                    "the collector could not make a certificate; see its log",
                )
            }
        })
}

fn issued(context: &Context, host: HostId, made: &HostCertificate) -> Issued {
    let authority = context.authority.certificate().to_vec();
    Issued {
        host,
        certificate: made.der.to_vec(),
        authority,
    }
}

fn expired(at: chrono::DateTime<chrono::Utc>) -> String {
    format!(
        "the token expired at {}; create another one",
        at.to_rfc3339()
    )
}
