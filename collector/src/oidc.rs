//! Signing in at an OpenID Connect provider: where a browser is sent, and what its coming back is worth. It
//! knows neither accounts nor tables.
//!
//! Only the authorization code flow with PKCE (S256), a nonce and a state. Only what the provider has signed
//! with a key that it publishes counts, and of algorithms only those with public keys: none, and none that is
//! keyed with the client's secret.

/// What a provider publishes of itself.
mod discovery;

/// What the signed statement must say.
mod token;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
pub use openidconnect::ClientSecret;
use openidconnect::{
    AuthType, AuthenticationFlow, AuthorizationCode, ClientId, CsrfToken, HttpRequest,
    HttpResponse, Nonce, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError,
    Scope,
    core::{CoreAuthPrompt, CoreResponseType},
};
use serde_json::{Map, Value};
use shared::clock::SharedClock;
use url::Url;

use self::{
    discovery::{Flow, Provider},
    token::TokenResponse,
};
use crate::outbound::{self, Outbound, OutboundError, Purpose};

/// How far a provider's clock may be from ours.
const SKEW: TimeDelta = TimeDelta::seconds(60);
/// How long what a provider publishes is believed. A key that it withdraws is good for so long.
const BELIEVED: TimeDelta = TimeDelta::minutes(10);
/// How long one question to a provider may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Random bytes of a state and of a nonce.
const BYTES: u32 = 32;
/// The longest answer of a provider, bytes.
const MAX_ANSWER: usize = 1 << 20;

/// How this installation is known to a provider.
#[derive(Debug, Clone)]
pub struct Client {
    pub issuer: String,
    pub id: String,
    pub secret: Option<ClientSecret>,
    pub scopes: Vec<String>,
    /// Where the provider sends browsers back to.
    pub redirect: String,
    /// The only authorities that may have signed its certificate, PEM; the system's when there is none.
    pub ca_pem: Option<String>,
}

/// A browser that is sent to a provider.
#[derive(Debug, Clone)]
pub struct Sent {
    /// Where to.
    pub url: Url,
    /// What it must bring back.
    pub state: String,
    /// What the provider must sign.
    pub nonce: String,
    /// What shows the provider that it is we who ask.
    pub verifier: String,
}

/// What is remembered of a browser that was sent.
#[derive(Debug, Clone, Copy)]
pub struct Remembered<'a> {
    pub nonce: &'a str,
    pub verifier: &'a str,
    pub begun_at: DateTime<Utc>,
    /// Whether the person had to show anew who they are.
    pub fresh: bool,
}

/// Whom a provider vouches for.
#[derive(Debug, Clone)]
pub struct Person {
    /// What the provider calls them, for ever.
    pub subject: String,
    /// When they showed there who they are, if it says so.
    pub authenticated_at: Option<DateTime<Utc>>,
    /// All that it says of them.
    pub claims: Map<String, Value>,
}

/// Why nobody was let in.
#[derive(Debug, thiserror::Error)]
pub enum OidcError {
    #[error("asking the provider")]
    Ask(#[source] OutboundError),
    #[error("what the provider publishes is not usable: {0}")]
    Discovery(String),
    #[error("the provider's answer comes from another one, or does not say from whom")]
    MixUp,
    #[error("the provider does not redeem the code: {0}")]
    Code(String),
    #[error("the provider sends no signed statement")]
    NoToken,
    #[error("{why}: {detail}")]
    Token { why: Why, detail: String },
}

/// What is wrong with a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    Nonce,
    Issuer,
    Audience,
    Time,
    Signature,
    Subject,
    Form,
}

impl Why {
    /// One word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Nonce => "nonce",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::Time => "time",
            Self::Signature => "signature",
            Self::Subject => "subject",
            Self::Form => "form",
        }
    }
}

impl std::fmt::Display for Why {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.word())
    }
}

/// Speaks to providers, and remembers for minutes what they publish. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Oidc {
    outbound: Outbound,
    clock: SharedClock,
    known: Arc<Mutex<HashMap<String, Arc<Provider>>>>,
}

impl Oidc {
    /// Reaches providers by `outbound`.
    pub fn new(outbound: Outbound, clock: SharedClock) -> Self {
        let known = Arc::default();
        Self {
            outbound,
            clock,
            known,
        }
    }

    /// Where a browser is sent. `fresh`: the person shows anew who they are, though the provider may know.
    ///
    /// # Errors
    /// [`OidcError::Ask`], [`OidcError::Discovery`].
    pub async fn begin(&self, client: &Client, fresh: bool) -> Result<Sent, OidcError> {
        let provider = self.provider(client).await?;
        let flow = flow(client, &provider)?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let code = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let mut request = flow
            .authorize_url(
                code,
                || CsrfToken::new_random_len(BYTES),
                || Nonce::new_random_len(BYTES),
            )
            .add_scopes(client.scopes.iter().cloned().map(Scope::new))
            .set_pkce_challenge(challenge);
        if fresh {
            request = request
                .add_prompt(CoreAuthPrompt::Login)
                .set_max_age(Duration::ZERO);
        }
        let (url, state, nonce) = request.url();
        Ok(Sent {
            url,
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
        })
    }

    /// Whether an answer says that it comes from the provider that was asked (RFC 9207).
    ///
    /// # Errors
    /// [`OidcError::MixUp`] when it says another, or nothing though the provider always does.
    pub async fn check_issuer(&self, client: &Client, said: Option<&str>) -> Result<(), OidcError> {
        match said {
            Some(said) if said == client.issuer => Ok(()),
            Some(_) => Err(OidcError::MixUp),
            None if self.provider(client).await?.names_itself() => Err(OidcError::MixUp),
            None => Ok(()),
        }
    }

    /// Redeems the code that a browser has brought back, and checks what the provider then signs.
    ///
    /// # Errors
    /// [`OidcError`].
    pub async fn finish(
        &self,
        client: &Client,
        sent: Remembered<'_>,
        code: &str,
    ) -> Result<Person, OidcError> {
        let provider = self.provider(client).await?;
        let answer = self.redeem(client, &provider, sent, code).await?;
        let statement = token::statement(&answer)?;
        let now = self.clock.now();
        match token::check(statement, client, provider.keys(), sent, now) {
            // It may have a new key since we asked.
            Err(token::Refusal::UnknownKey(_)) => {
                let provider = self.ask(client).await?;
                let person = token::check(statement, client, provider.keys(), sent, now);
                Ok(person?)
            }
            person => Ok(person?),
        }
    }

    async fn redeem(
        &self,
        client: &Client,
        provider: &Provider,
        sent: Remembered<'_>,
        code: &str,
    ) -> Result<TokenResponse, OidcError> {
        let http = self.http(client)?;
        let flow = flow(client, provider)?;
        let request = flow
            .exchange_code(AuthorizationCode::new(code.into()))
            .map_err(|error| OidcError::Discovery(error.to_string()))?
            .set_pkce_verifier(PkceCodeVerifier::new(sent.verifier.into()));
        let call = |request: HttpRequest| call(http.clone(), request);
        request
            .request_async(&call)
            .await
            .map_err(|error| match error {
                RequestTokenError::ServerResponse(said) => {
                    OidcError::Code(said.error().to_string())
                }
                RequestTokenError::Request(error) => OidcError::Ask(error),
                // What it sent is not repeated: it may hold tokens.
                RequestTokenError::Parse(error, _) => OidcError::Code(error.path().to_string()),
                RequestTokenError::Other(error) => OidcError::Code(error),
            })
    }

    /// What the provider publishes, as of minutes ago at most.
    async fn provider(&self, client: &Client) -> Result<Arc<Provider>, OidcError> {
        let now = self.clock.now();
        let known = self
            .known
            .lock()
            .expect("no panic while held")
            .get(&client.issuer)
            .cloned();
        match known {
            Some(known) if known.is_of(client) && known.asked_at() + BELIEVED > now => Ok(known),
            _ => self.ask(client).await,
        }
    }

    async fn ask(&self, client: &Client) -> Result<Arc<Provider>, OidcError> {
        let http = self.http(client)?;
        let provider = discovery::ask(&self.outbound, http, client, self.clock.now()).await?;
        let provider = Arc::new(provider);
        let mut known = self.known.lock().expect("no panic while held");
        known.insert(client.issuer.clone(), provider.clone());
        Ok(provider)
    }

    fn http(&self, client: &Client) -> Result<outbound::Client, OidcError> {
        let purpose = Purpose {
            plain: false,
            authorities: client.ca_pem.as_deref().map(str::as_bytes),
            timeout: TIMEOUT,
            max_bytes: MAX_ANSWER,
        };
        self.outbound.client(purpose).map_err(OidcError::Ask)
    }
}

async fn call(http: outbound::Client, request: HttpRequest) -> Result<HttpResponse, OutboundError> {
    http.call(request).await
}

fn flow(client: &Client, provider: &Provider) -> Result<Flow, OidcError> {
    let redirect = RedirectUrl::new(client.redirect.clone());
    let redirect = redirect.map_err(|error| OidcError::Discovery(error.to_string()))?;
    let basic = provider.takes_basic();
    let flow = Flow::from_provider_metadata(
        provider.metadata().clone(),
        ClientId::new(client.id.clone()),
        client.secret.clone(),
    );
    Ok(flow.set_redirect_uri(redirect).set_auth_type(if basic {
        AuthType::BasicAuth
    } else {
        AuthType::RequestBody
    }))
}
