use axum::{
    Json,
    extract::{Path, State},
};
use chrono::DateTime;
use serde::Deserialize;
use shared::{
    clock::{SharedClock, from_micros},
    id::HostId,
};
use sqlx::PgPool;
use utoipa::IntoParams;

use crate::{
    api::{
        Keeping,
        error::{ApiError, Problem},
        identity::Within,
        input::Query,
        time::Time,
    },
    authority::Authority,
    proof::{FORMAT, Proof, ProofLink, ProofSeal, hex, pem_of},
    retention::Kind,
    store::read::{self, chain::Span},
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ProofQuery {
    /// As it was then; the present when it is left out.
    #[param(value_type = Option<Time>, inline)]
    at: Option<Time>,
}

/// Get what proves that a host told a result: `owadm proof verify` checks it without a collector.
#[utoipa::path(get, path = "/api/v1/hosts/{id}/results/{rule}/proof", tag = "results",
    params(("id" = Uuid, Path), ("rule" = String, Path), ProofQuery),
    responses((status = 200, body = Proof),
        (status = 400, body = Problem, content_type = "application/problem+json"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`host_not_found`, or `rule_not_found`: nothing had come of it there"),
        (status = 409, body = Problem, content_type = "application/problem+json",
            description = "`not_proved`: no seal stands for it, or what is kept does not fit it"),
        (status = 410, body = Problem, content_type = "application/problem+json",
            description = "`past_gone`: not everything of that instant is kept any more")))]
pub(crate) async fn get_result_proof(
    within: Within,
    Path((id, rule)): Path<(String, String)>,
    State(db): State<PgPool>,
    State(authority): State<Authority>,
    State(clock): State<SharedClock>,
    State(keeping): State<Keeping>,
    Query(query): Query<ProofQuery>,
) -> Result<Json<Proof>, ApiError> {
    let no_host = || ApiError::HostNotFound(id.clone());
    let host: HostId = id.parse().map_err(|_| no_host())?;
    let mut tx = read::snapshot(&db).await?;
    let host_no = read::host::number(&mut tx, host, within.groups().as_deref())
        .await?
        .ok_or_else(no_host)?;
    let now = clock.now();
    let at = keeping.asked(&mut tx, Kind::Facts, query.at, now).await?;
    let Some(place) = read::chain::place(&mut tx, host_no, &rule, at).await? else {
        return Err(ApiError::RuleNotFound(rule));
    };
    let none = "the host has set no seal under it; older agents set none, and what was told before \
                the history that is kept has lost its own";
    let (span, seal) = place.sealed.ok_or(ApiError::NotProved(none.into()))?;
    let links = read::chain::links(&mut tx, host_no, span).await?;
    let (from, to) = (seal, seal);
    let seals = read::chain::seals(&mut tx, host_no, Span { from, to }).await?;
    let gone = || ApiError::NotProved("its link or its seal is not there any more".into());
    let (told, following) = links.split_first().ok_or_else(gone)?;
    let seal = seals.first().ok_or_else(gone)?;
    let certificate = seal.certificate.as_ref().ok_or_else(gone)?;
    let proof = Proof {
        format: FORMAT,
        host: host.0,
        rule,
        record: place.record,
        hash: hex(&place.hash.0),
        link: ProofLink {
            epoch: told.link.epoch.0.to_string(),
            seq: told.link.seq,
            at: from_micros(told.link.at).unwrap_or(DateTime::UNIX_EPOCH),
            sort: told.link.sort as u8,
            previous: told.previous.to_string(),
            leaves: told.link.leaves().iter().map(hex).collect(),
        },
        following: following
            .iter()
            .map(|next| hex(&next.link.hash().0))
            .collect(),
        seal: ProofSeal::new(&seal.seal, seal.received_at),
        certificate_pem: pem_of(certificate),
        authority_pem: authority.certificate_pem().to_owned(),
    };
    // What would convince nobody is not handed out as a proof.
    match proof.verify(Some(&authority.certificate())) {
        Ok(_) => Ok(Json(proof)),
        Err(error) => Err(ApiError::NotProved(error.to_string().into())),
    }
}
