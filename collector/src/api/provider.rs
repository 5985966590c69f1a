//! Identity providers: where people sign in elsewhere, and what follows from what is said of them there.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use tracing::error;
use url::Url;
use utoipa::ToSchema;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::{
    access::{Grants, Scope},
    api::{
        Origin, error::ApiError, etag::Editable, identity::Identity, input::printable, time::Time,
    },
    authority::{Authority, Vault},
    oidc::{Client, ClientSecret},
    outbound::Outbound,
    store::{
        self,
        provider::{Mapping, Provider as Row, Taken},
    },
};

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod get;
pub(crate) mod link;
pub(crate) mod list;
pub(crate) mod replace;

/// Longest title, identity of a client, value of a claim, characters.
const MAX_TEXT: usize = 200;
/// Longest secret of a client, bytes.
const MAX_SECRET: usize = 1024;
/// Longest list of authorities, bytes.
const MAX_CA: usize = 64 * 1024;
/// Most scopes that are asked for.
const MAX_SCOPES: usize = 20;
/// Most values that something follows from.
const MAX_MAPPINGS: usize = 500;

/// A provider.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Provider {
    /// In addresses; never changed.
    name: String,
    kind: Kind,
    title: String,
    enabled: bool,
    issuer: String,
    client_id: String,
    /// Whether a secret is kept. It is never shown.
    has_client_secret: bool,
    /// Where the provider must be told to send browsers back to.
    redirect_uri: String,
    scopes: Vec<String>,
    name_claim: String,
    group_claim: String,
    just_in_time: bool,
    #[schema(required)]
    ca_pem: Option<String>,
    mappings: Vec<Mapped>,
    created_at: Time,
    created_by: String,
    /// Never shown; another one is another state all the same.
    #[serde(skip)]
    sealed: Vec<u8>,
}

impl Editable for Provider {
    fn hidden(&self) -> &[u8] {
        &self.sealed
    }
}

/// How a provider is spoken to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// OpenID Connect 1.0: authorization code flow with PKCE.
    #[default]
    Oidc,
}

/// What is said of a provider.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProviderFields {
    /// In addresses: 1 to 40 small letters, digits and dashes. It is never changed.
    #[schema(min_length = 1, max_length = 40, pattern = "^[a-z0-9-]+$")]
    name: String,
    #[serde(default)]
    kind: Kind,
    /// What its button says: 1 to 200 characters.
    #[schema(min_length = 1, max_length = 200)]
    title: String,
    /// Whether people can sign in with it. Those who have are signed out when it cannot be any more.
    #[serde(default = "yes")]
    #[schema(default = true)]
    enabled: bool,
    /// Its issuer, as it says it itself: `https://…`. With another one its people are others.
    #[schema(max_length = 2000)]
    issuer: String,
    /// What it knows us by.
    #[schema(min_length = 1, max_length = 200)]
    client_id: String,
    /// Written and never shown. Left out: what there is stays. With another issuer it must be given anew.
    #[serde(default)]
    #[schema(format = Password, max_length = 1024)]
    client_secret: Option<String>,
    /// What is asked for besides `openid`.
    #[serde(default = "scopes")]
    #[schema(max_items = 20)]
    scopes: Vec<String>,
    /// The claim that names a new account.
    #[serde(default = "name_claim")]
    #[schema(default = "preferred_username", min_length = 1, max_length = 200)]
    name_claim: String,
    /// The claim that lists the groups of a person there.
    #[serde(default = "group_claim")]
    #[schema(default = "groups", min_length = 1, max_length = 200)]
    group_claim: String,
    /// Whether somebody who has no account gets one, if `mappings` give them anything.
    #[serde(default)]
    #[schema(default = false)]
    just_in_time: bool,
    /// The only authorities that may have signed its certificate, PEM. Left out: those of the system.
    #[serde(default)]
    #[schema(max_length = 65536)]
    ca_pem: Option<String>,
    /// What follows from groups there. Made anew whenever the person signs in.
    #[serde(default)]
    #[schema(max_items = 500)]
    mappings: Vec<Mapped>,
}

/// Whoever has `value` among their groups there has a role here.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Mapped {
    #[schema(min_length = 1, max_length = 200)]
    value: String,
    role: String,
    /// For the hosts of this group; null for everything.
    #[serde(default)]
    #[schema(required = false)]
    group: Option<Uuid>,
}

fn yes() -> bool {
    true
}

fn scopes() -> Vec<String> {
    ["profile", "email"].map(Into::into).into()
}

fn name_claim() -> String {
    "preferred_username".into()
}

fn group_claim() -> String {
    "groups".into()
}

impl Provider {
    fn new(row: Row, mappings: Vec<Mapping>, origin: &Origin) -> Self {
        let mappings = mappings.into_iter().map(|mapping| Mapped {
            value: mapping.value,
            role: mapping.role,
            group: mapping.group.map(|(id, _)| id),
        });
        Self {
            redirect_uri: redirect_uri(origin, &row.name),
            name: row.name,
            kind: Kind::Oidc,
            title: row.title,
            enabled: row.enabled,
            issuer: row.issuer,
            client_id: row.client_id,
            has_client_secret: row.client_secret.is_some(),
            scopes: row.scopes,
            name_claim: row.name_claim,
            group_claim: row.group_claim,
            just_in_time: row.just_in_time,
            ca_pem: row.ca_pem,
            mappings: mappings.collect(),
            created_at: row.created_at.into(),
            created_by: row.created_by,
            sealed: row.client_secret.unwrap_or_default(),
        }
    }
}

/// What stands in the way of a provider's being put.
fn taken(taken: Taken, row: &Row) -> ApiError {
    match taken {
        Taken::Name => ApiError::ProviderExists(row.name.clone()),
        Taken::Issuer => ApiError::ProviderExists(row.issuer.clone()),
    }
}

impl ProviderFields {
    /// The provider, in the place of `before`.
    fn check(
        self,
        before: Option<&Row>,
        (at, by): (DateTime<Utc>, &str),
        outbound: &Outbound,
        vault: &Vault,
    ) -> Result<(Row, Vec<Mapped>), ApiError> {
        check_name(&self.name, before)?;
        check_issuer(&self.issuer, outbound)?;
        let Kind::Oidc = self.kind;
        let anew = before.is_none_or(|before| before.issuer != self.issuer);
        let kept = before.and_then(|before| before.client_secret.clone());
        let client_secret = match self.client_secret.map(Zeroizing::new) {
            Some(secret) if secret.is_empty() || secret.len() > MAX_SECRET => {
                let detail = format!("is not 1 to {MAX_SECRET} bytes");
                return Err(ApiError::parameter("client_secret", detail));
            }
            Some(secret) => Some(vault.seal(&place(&self.name), secret.as_bytes())),
            // It would be told to somebody else.
            None if anew && kept.is_some() => {
                let detail = "must be given anew with another issuer";
                return Err(ApiError::parameter("client_secret", detail));
            }
            None => kept,
        };
        if let Some(pem) = &self.ca_pem {
            check_authorities(pem)?;
        }
        let fits =
            |scope: &String| !scope.is_empty() && scope.bytes().all(|b| b.is_ascii_graphic());
        if self.scopes.len() > MAX_SCOPES || !self.scopes.iter().all(fits) {
            let detail = format!("are not up to {MAX_SCOPES} words");
            return Err(ApiError::parameter("scopes", detail));
        }
        if self.mappings.len() > MAX_MAPPINGS {
            return Err(ApiError::parameter(
                "mappings",
                format!("are more than {MAX_MAPPINGS}"),
            ));
        }
        let row = Row {
            name: self.name,
            kind: "oidc".into(),
            title: printable("title", &self.title, 1, MAX_TEXT)?,
            enabled: self.enabled,
            issuer: self.issuer,
            client_id: printable("client_id", &self.client_id, 1, MAX_TEXT)?,
            client_secret,
            scopes: self.scopes,
            name_claim: printable("name_claim", &self.name_claim, 1, MAX_TEXT)?,
            group_claim: printable("group_claim", &self.group_claim, 1, MAX_TEXT)?,
            just_in_time: self.just_in_time,
            ca_pem: self.ca_pem,
            created_at: before.map_or(at, |before| before.created_at),
            created_by: before.map_or(by, |before| &before.created_by).into(),
        };
        Ok((row, self.mappings))
    }
}

/// A name that goes into addresses.
fn check_name(name: &str, before: Option<&Row>) -> Result<(), ApiError> {
    if before.is_some_and(|before| before.name != name) {
        return Err(ApiError::parameter(
            "name",
            "is not that of the address, and is never changed",
        ));
    }
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !(1..=40).contains(&name.len()) || !name.chars().all(fits) {
        let detail = "is not 1 to 40 small letters, digits and -";
        return Err(ApiError::parameter("name", detail));
    }
    Ok(())
}

fn check_issuer(issuer: &str, outbound: &Outbound) -> Result<(), ApiError> {
    let wrong = |detail: String| ApiError::parameter("issuer", detail);
    let url: Url = issuer.parse().map_err(|_| wrong("is no address".into()))?;
    outbound
        .check(&url, false)
        .map_err(|error| wrong(error.to_string()))?;
    if issuer.len() > 2000 || url.query().is_some() || url.fragment().is_some() {
        return Err(wrong(
            "is an address without query and fragment, of up to 2000 bytes".into(),
        ));
    }
    Ok(())
}

pub(crate) fn check_authorities(pem: &str) -> Result<(), ApiError> {
    let fits = pem.len() <= MAX_CA
        && reqwest::Certificate::from_pem_bundle(pem.as_bytes())
            .is_ok_and(|found| !found.is_empty());
    if fits {
        Ok(())
    } else {
        Err(ApiError::parameter(
            "ca_pem",
            "holds no certificates in PEM, or is longer than 64 KiB",
        ))
    }
}

/// What the tables keep of mappings. Nobody gives by one what they have not: whoever could, could give it to
/// themselves.
async fn check_mappings(
    tx: &mut PgConnection,
    identity: &Identity,
    said: Vec<Mapped>,
) -> Result<Vec<Mapping>, ApiError> {
    let mut mappings = Vec::with_capacity(said.len());
    for Mapped { value, role, group } in said {
        let value = printable("value", &value, 1, MAX_TEXT)?;
        let mut number = None;
        if let Some(id) = group {
            let found = store::group::find(tx, id, None).await?;
            let (found, _) = found.ok_or_else(|| ApiError::GroupNotFound(id.to_string()))?;
            number = Some((id, found));
        }
        let permissions = store::role::permissions(tx, &role).await?;
        let unknown = || ApiError::parameter("role", format!("there is no role {role:?}"));
        let scope = number.map_or(Scope::All, |(_, number)| {
            Scope::Groups(BTreeSet::from([number]))
        });
        let mut given = Grants::default();
        given.add(&permissions.ok_or_else(unknown)?, &scope);
        if let Some(more) = identity.grants.lacks(&given) {
            return Err(ApiError::BeyondOwnRights(more));
        }
        mappings.push(Mapping {
            value,
            role,
            group: number,
        });
    }
    Ok(mappings)
}

/// The provider of that name, with what follows from groups there.
///
/// # Errors
/// [`ApiError::ProviderNotFound`], and the database's.
async fn find(db: &mut PgConnection, name: &str) -> Result<(Row, Vec<Mapping>), ApiError> {
    let row = store::provider::find(db, name).await?;
    let row = row.ok_or_else(|| ApiError::ProviderNotFound(name.into()))?;
    let mappings = store::provider::mappings(db, name).await?;
    Ok((row, mappings))
}

/// How we are known to a provider.
///
/// # Errors
/// [`ApiError::Sealed`] when its secret was sealed with another key.
pub(crate) fn client(
    row: &Row,
    origin: &Origin,
    authority: &Authority,
) -> Result<Client, ApiError> {
    let secret = match &row.client_secret {
        Some(sealed) => {
            let secret = authority.vault().unseal(&place(&row.name), sealed);
            let secret = secret.and_then(|secret| String::from_utf8(secret.to_vec()).ok());
            let secret = secret.ok_or_else(|| {
                error!(
                    provider.name = row.name,
                    "its secret was sealed with another keys/vault.key"
                );
                ApiError::Sealed
            })?;
            Some(ClientSecret::new(secret))
        }
        None => None,
    };
    Ok(Client {
        issuer: row.issuer.clone(),
        id: row.client_id.clone(),
        secret,
        scopes: row.scopes.clone(),
        redirect: redirect_uri(origin, &row.name),
        ca_pem: row.ca_pem.clone(),
    })
}

/// What a session is said to have begun by that began at this provider.
pub(crate) fn method(name: &str) -> String {
    format!("oidc:{name}")
}

fn redirect_uri(origin: &Origin, name: &str) -> String {
    format!("{origin}/api/v1/session/oidc/{name}/callback")
}

/// What a provider's secret is sealed for.
fn place(name: &str) -> String {
    format!("provider:{name}")
}
