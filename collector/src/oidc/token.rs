//! What a provider signs of a person, and what it must say to be believed (OpenID Connect Core 1.0, 3.1.3.7).

use chrono::{DateTime, Utc};
use openidconnect::{
    AdditionalClaims, ClaimsVerificationError, ClientId, EmptyExtraTokenFields, IdToken,
    IdTokenClaims, IdTokenFields, IdTokenVerifier, IssuerUrl, Nonce, SignatureVerificationError,
    StandardTokenResponse, TokenResponse as _,
    core::{
        CoreGenderClaim, CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm, CoreTokenType,
    },
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Client, OidcError, Person, Remembered, SKEW, Why};

/// Those whose keys a provider can publish.
const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];
/// Longest name of a person at a provider, bytes; OpenID Connect says so.
const MAX_SUBJECT: usize = 255;

/// Claims that OpenID Connect does not define.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Further(Map<String, Value>);

impl AdditionalClaims for Further {}

pub(super) type Statement =
    IdToken<Further, CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm>;

/// What comes for a code.
pub(super) type TokenResponse = StandardTokenResponse<
    IdTokenFields<
        Further,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

/// Why a statement is not believed.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It is signed with a key that the provider does not publish.
    UnknownKey(String),
    Other(Why, String),
}

impl From<Refusal> for OidcError {
    fn from(refusal: Refusal) -> Self {
        let (why, detail) = match refusal {
            Refusal::UnknownKey(detail) => (Why::Signature, detail),
            Refusal::Other(why, detail) => (why, detail),
        };
        Self::Token { why, detail }
    }
}

/// The signed statement in an answer.
///
/// # Errors
/// [`OidcError::NoToken`].
pub(super) fn statement(answer: &TokenResponse) -> Result<&Statement, OidcError> {
    answer.id_token().ok_or(OidcError::NoToken)
}

/// The person of a statement that is believed.
///
/// # Errors
/// [`Refusal`].
pub(super) fn check(
    statement: &Statement,
    client: &Client,
    keys: &CoreJsonWebKeySet,
    sent: Remembered<'_>,
    now: DateTime<Utc>,
) -> Result<Person, Refusal> {
    let form = |detail: String| Refusal::Other(Why::Form, detail);
    let issuer = IssuerUrl::new(client.issuer.clone()).map_err(|error| form(error.to_string()))?;
    // Never with the client's secret: it would be a key for signatures then.
    let id = ClientId::new(client.id.clone());
    let verifier = IdTokenVerifier::new_public_client(id, issuer, keys.clone())
        .set_allowed_algs(ALGORITHMS)
        .set_time_fn(move || now - SKEW)
        .set_issue_time_verifier_fn(move |at| issued(at, sent.begun_at, now))
        .set_auth_time_verifier_fn(move |at| authenticated(at, sent, now));
    let nonce = Nonce::new(sent.nonce.into());
    let claims = statement.claims(&verifier, &nonce).map_err(refusal)?;
    if claims
        .authorized_party()
        .is_some_and(|party| party.as_str() != client.id)
    {
        return Err(Refusal::Other(
            Why::Audience,
            "azp names another client".into(),
        ));
    }
    let subject = claims.subject().as_str();
    if subject.is_empty() || subject.len() > MAX_SUBJECT {
        return Err(Refusal::Other(
            Why::Subject,
            "sub is empty or too long".into(),
        ));
    }
    let all = as_map(claims).map_err(|error| form(error.to_string()))?;
    if all.get("nbf").is_some_and(|from| begins_later(from, now)) {
        return Err(Refusal::Other(Why::Time, "nbf is in the future".into()));
    }
    Ok(Person {
        subject: subject.into(),
        authenticated_at: claims.auth_time(),
        claims: all,
    })
}

fn issued(at: DateTime<Utc>, begun_at: DateTime<Utc>, now: DateTime<Utc>) -> Result<(), String> {
    if at > now + SKEW {
        Err("iat is in the future".into())
    } else if at + SKEW < begun_at {
        Err("iat is before the browser was sent".into())
    } else {
        Ok(())
    }
}

fn authenticated(
    at: Option<DateTime<Utc>>,
    sent: Remembered<'_>,
    now: DateTime<Utc>,
) -> Result<(), String> {
    match at {
        Some(at) if at > now + SKEW => Err("auth_time is in the future".into()),
        Some(at) if sent.fresh && at + SKEW < sent.begun_at => {
            Err("the person has not shown anew who they are".into())
        }
        None if sent.fresh => Err("auth_time is missing".into()),
        _ => Ok(()),
    }
}

fn begins_later(from: &Value, now: DateTime<Utc>) -> bool {
    let from = from.as_f64().unwrap_or(f64::INFINITY);
    let latest = (now + SKEW).timestamp() as f64;
    from > latest
}

fn as_map(
    claims: &IdTokenClaims<Further, CoreGenderClaim>,
) -> serde_json::Result<Map<String, Value>> {
    match serde_json::to_value(claims)? {
        Value::Object(map) => Ok(map),
        _ => Ok(Map::new()),
    }
}

fn refusal(error: ClaimsVerificationError) -> Refusal {
    use ClaimsVerificationError as E;
    let detail = error.to_string();
    match error {
        E::SignatureVerification(SignatureVerificationError::NoMatchingKey) => {
            Refusal::UnknownKey("no key of the provider fits".into())
        }
        E::SignatureVerification(cause) => Refusal::Other(Why::Signature, cause.to_string()),
        E::InvalidNonce(_) => Refusal::Other(Why::Nonce, detail),
        E::InvalidIssuer(_) => Refusal::Other(Why::Issuer, detail),
        E::InvalidAudience(_) => Refusal::Other(Why::Audience, detail),
        E::Expired(_) | E::InvalidAuthTime(_) => Refusal::Other(Why::Time, detail),
        E::InvalidSubject(_) => Refusal::Other(Why::Subject, detail),
        _ => Refusal::Other(Why::Form, detail),
    }
}
