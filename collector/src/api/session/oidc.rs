//! Signing in at an OpenID Connect provider: a browser is sent there, and comes back.
//!
//! The browser that comes back must be the one that was sent: a cookie says so, which goes along when another
//! site sends a browser here (`SameSite=Lax`), for these addresses alone and for ten minutes. The session's own
//! cookie is `Strict`. It is set in the answer that sends the browser on into the console; the console's page
//! asks for nothing with a cookie itself, and what it then asks for comes from this site.

use axum::{
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use chrono::TimeDelta;
use tracing::debug;
use url::Url;

use crate::{
    api::{Origin, error::ApiError, identity},
    oidc::OidcError,
};

pub(crate) mod begin;
pub(crate) mod callback;
mod person;

/// The cookie of a browser that was sent.
const COOKIE: &str = "openwatch_sign_in";
/// The addresses that it goes along to.
const PLACE: &str = "/api/v1/session/oidc";
/// How long a browser may stay away.
const AWAY: TimeDelta = TimeDelta::minutes(10);

/// Why a browser is sent back to where one signs in. The page says it in words; whoever administers finds more
/// in the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    /// It was not sent by us, has been here already, or is another browser.
    State,
    /// It was away for too long.
    Late,
    /// Another provider answers than was asked.
    MixUp,
    /// The person or the provider said no.
    Denied,
    /// There is no such provider any more.
    Gone,
    /// The provider cannot be reached, or what it says is of no use.
    Provider,
    /// What the provider signed is not believed.
    Token,
    /// No account is known for the person.
    Unknown,
    /// The person's name there is none for an account, or is somebody else's.
    Name,
    /// Nothing follows from the person's groups.
    NoAccess,
    /// The account is locked.
    Locked,
}

impl Refusal {
    fn code(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Late => "late",
            Self::MixUp => "mix_up",
            Self::Denied => "denied",
            Self::Gone => "gone",
            Self::Provider => "provider",
            Self::Token => "token",
            Self::Unknown => "unknown",
            Self::Name => "name",
            Self::NoAccess => "no_access",
            Self::Locked => "locked",
        }
    }
}

/// Why a sign-in ends.
#[derive(Debug)]
enum Stop {
    /// With the word for the audit log.
    Refused(Refusal, String),
    Failed(ApiError),
}

impl From<Refusal> for Stop {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal, refusal.code().into())
    }
}

impl From<ApiError> for Stop {
    fn from(error: ApiError) -> Self {
        Self::Failed(error)
    }
}

impl From<sqlx::Error> for Stop {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl From<serde_json::Error> for Stop {
    fn from(error: serde_json::Error) -> Self {
        Self::Failed(ApiError::Encode(error))
    }
}

impl From<OidcError> for Stop {
    fn from(error: OidcError) -> Self {
        let refusal = match &error {
            OidcError::MixUp => Refusal::MixUp,
            OidcError::NoToken | OidcError::Token { .. } => Refusal::Token,
            OidcError::Ask(_) | OidcError::Discovery(_) | OidcError::Code(_) => Refusal::Provider,
        };
        let why = match &error {
            OidcError::Token { why, .. } => why.word(),
            _ => refusal.code(),
        };
        let error = &error as &dyn std::error::Error;
        debug!(error, "a provider's answer is not good");
        Self::Refused(refusal, why.into())
    }
}

/// Sends a browser back to where one signs in.
fn refused(jar: CookieJar, refusal: Refusal) -> Response {
    let to = format!("/sign-in?refused={}", refusal.code());
    // That anybody can make a browser ask, with a link: it takes nothing from a sign-in under way.
    let jar = match refusal {
        Refusal::State => jar,
        _ => jar.remove(cookie(String::new())),
    };
    sent(jar, &to)
}

/// Sends a browser on.
fn sent(jar: CookieJar, to: &str) -> Response {
    (StatusCode::SEE_OTHER, jar, [(header::LOCATION, to)]).into_response()
}

fn cookie(secret: String) -> Cookie<'static> {
    Cookie::build((COOKIE, secret))
        .http_only(true)
        .secure(true)
        .same_site(SameSite::Lax)
        .path(PLACE)
        .max_age(::time::Duration::seconds(AWAY.num_seconds()))
        .build()
}

/// The hash of the cookie of a browser that was sent, if there is one that could be ours.
fn browser(headers: &HeaderMap) -> Option<[u8; 32]> {
    let jar = CookieJar::from_headers(headers);
    jar.get(COOKIE)
        .and_then(|cookie| identity::hash(cookie.value()))
}

/// A page of the console, whatever was asked for: nobody is sent to another site from here.
fn inside(origin: &Origin, asked: Option<&str>) -> String {
    let page = || {
        let base = Url::parse(&origin.to_string()).ok()?;
        let url = base.join(asked?).ok()?;
        let here =
            url.origin() == base.origin() && url.username().is_empty() && url.password().is_none();
        let page = here && !url.path().starts_with("/api/") && !url.path().starts_with("//");
        let query = url
            .query()
            .map(|query| format!("?{query}"))
            .unwrap_or_default();
        page.then(|| format!("{}{query}", url.path()))
    };
    page().unwrap_or_else(|| "/".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_to_another_site() {
        let origin = Origin("https://console.example:8443".into());
        for (asked, page) in [
            ("/hosts?q=web", "/hosts?q=web"),
            ("https://console.example:8443/rollouts", "/rollouts"),
            ("/a/../hosts", "/hosts"),
            ("https://evil.example/", "/"),
            ("//evil.example/", "/"),
            ("/\\evil.example/", "/"),
            ("\\\\evil.example", "/"),
            ("/..//evil.example", "/"),
            ("https:evil.example", "/evil.example"),
            ("javascript:alert(1)", "/"),
            ("https://console.example:8443@evil.example/", "/"),
            ("https://console.example/", "/"),
            ("/api/v1/session", "/"),
            ("/hosts\r\nSet-Cookie: a=b", "/hostsSet-Cookie:%20a=b"),
            ("", "/"),
        ] {
            assert_eq!(inside(&origin, Some(asked)), page, "{asked}");
        }
        assert_eq!(inside(&origin, None), "/");
    }
}
