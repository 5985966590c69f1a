//! What a provider publishes of itself: its endpoints and its keys.

use chrono::{DateTime, Utc};
use openidconnect::{
    AdditionalProviderMetadata, DiscoveryError, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    HttpRequest, IssuerUrl, ProviderMetadata, StandardErrorResponse,
    core::{
        CoreAuthDisplay, CoreAuthPrompt, CoreClaimName, CoreClaimType, CoreClientAuthMethod,
        CoreErrorResponseType, CoreGenderClaim, CoreGrantType, CoreJsonWebKey, CoreJsonWebKeySet,
        CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreResponseMode,
        CoreResponseType, CoreRevocableToken, CoreRevocationErrorResponse,
        CoreSubjectIdentifierType, CoreTokenIntrospectionResponse,
    },
};
use serde::{Deserialize, Serialize};
use url::Url;

use super::{
    Client, OidcError, call,
    token::{Further, TokenResponse},
};
use crate::outbound::{self, Outbound, OutboundError};

/// What is read of the document besides what OpenID Connect itself defines.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Besides {
    /// RFC 9207: each answer names its issuer.
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for Besides {}

type Metadata = ProviderMetadata<
    Besides,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// The questions that are asked of it.
pub(super) type Flow = openidconnect::Client<
    Further,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    TokenResponse,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// A provider, as it said that it is.
#[derive(Debug)]
pub(super) struct Provider {
    metadata: Metadata,
    /// Those that vouched for the connection.
    ca_pem: Option<String>,
    asked_at: DateTime<Utc>,
}

impl Provider {
    pub(super) fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    pub(super) fn keys(&self) -> &CoreJsonWebKeySet {
        self.metadata.jwks()
    }

    pub(super) fn asked_at(&self) -> DateTime<Utc> {
        self.asked_at
    }

    /// Whether it was asked by the authorities that are trusted now.
    pub(super) fn is_of(&self, client: &Client) -> bool {
        self.ca_pem == client.ca_pem
    }

    /// Whether each of its answers names it (RFC 9207).
    pub(super) fn names_itself(&self) -> bool {
        self.metadata
            .additional_metadata()
            .authorization_response_iss_parameter_supported
    }

    /// Whether it takes the client's secret in a header, as it should where it does not say.
    pub(super) fn takes_basic(&self) -> bool {
        let methods = self.metadata.token_endpoint_auth_methods_supported();
        methods.is_none_or(|methods| methods.contains(&CoreClientAuthMethod::ClientSecretBasic))
    }
}

/// Asks a provider.
///
/// # Errors
/// [`OidcError::Ask`], [`OidcError::Discovery`].
pub(super) async fn ask(
    outbound: &Outbound,
    http: outbound::Client,
    client: &Client,
    now: DateTime<Utc>,
) -> Result<Provider, OidcError> {
    let issuer = IssuerUrl::new(client.issuer.clone());
    let issuer = issuer.map_err(|error| OidcError::Discovery(error.to_string()))?;
    let call = |request: HttpRequest| call(http.clone(), request);
    let metadata = Metadata::discover_async(issuer, &call)
        .await
        .map_err(refused)?;
    let endpoints = [
        Some(metadata.authorization_endpoint().url()),
        metadata.token_endpoint().map(|uri| uri.url()),
    ];
    for endpoint in endpoints {
        let endpoint =
            endpoint.ok_or_else(|| OidcError::Discovery("it has no token endpoint".into()))?;
        check(outbound, endpoint)?;
    }
    Ok(Provider {
        metadata,
        ca_pem: client.ca_pem.clone(),
        asked_at: now,
    })
}

/// A provider may send browsers to no other kind of address than it has itself.
fn check(outbound: &Outbound, endpoint: &Url) -> Result<(), OidcError> {
    outbound.check(endpoint, false).map_err(OidcError::Ask)
}

fn refused(error: DiscoveryError<OutboundError>) -> OidcError {
    match error {
        DiscoveryError::Request(error) => OidcError::Ask(error),
        DiscoveryError::Parse(error) => {
            OidcError::Discovery(format!("{} does not fit", error.path()))
        }
        DiscoveryError::Response(status, ..) => {
            OidcError::Discovery(format!("it answers {status}"))
        }
        other => OidcError::Discovery(other.to_string()),
    }
}
