//! What a handler writes into the audit log: who and from where is known, what it does it says. A handler that
//! changes something and writes nothing is a defect, which is found here.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex},
};

use axum::{
    extract::{FromRequestParts, MatchedPath, Request},
    http::{Method, request::Parts},
    middleware::Next,
    response::Response,
};
use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use tracing::error;
use uuid::Uuid;

pub(crate) use crate::audit::Act;
use crate::{
    api::{
        error::ApiError,
        identity::{Connection, Doorman, Identity},
    },
    audit::{Author, Noted},
    metrics::Metrics,
    store,
};

/// The identifier of a request. The shell adds it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RequestId(pub(crate) Uuid);

/// Operations other than GET that change nothing: they show something, or ask a question. What somebody has looked at
/// is noted for themselves alone, as is when they were last seen.
const SILENT: [(&str, &str); 6] = [
    ("POST", "/api/v1/groups/preview"),
    ("POST", "/api/v1/session/passkey/begin"),
    ("POST", "/api/v1/session/proof/passkey/begin"),
    ("POST", "/api/v1/account/passkeys/begin"),
    ("POST", "/api/v1/notifications/read"),
    ("POST", "/api/v1/notifications/{id}/read"),
];

/// What becomes known of a request while it is answered. The shell adds it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Notebook {
    noted: Noted,
    who: Arc<Mutex<Option<Who>>>,
}

/// Who somebody is, or calls themselves.
#[derive(Debug, Clone)]
pub(crate) struct Who {
    pub(crate) name: String,
    pub(crate) account: Option<Uuid>,
    pub(crate) how: String,
}

impl Notebook {
    /// Somebody has shown who they are.
    pub(crate) fn is(&self, identity: &Identity) {
        self.write(Who {
            name: identity.name.clone(),
            account: identity.account,
            how: identity.how.describe(),
        });
    }

    /// Something of the request is written down.
    #[cfg(test)]
    pub(crate) fn note(&self) {
        self.noted.set();
    }

    fn write(&self, who: Who) {
        *self.who.lock().expect("no panic while held") = Some(who);
    }

    /// Who it is, as far as that is known.
    pub(crate) fn who(&self) -> Option<Who> {
        self.who.lock().expect("no panic while held").clone()
    }

    /// Whether anything of the request was written down.
    pub(crate) fn is_noted(&self) -> bool {
        self.noted.is_set()
    }
}

/// Who asks, from where, and under which identifier.
#[derive(Debug, Clone)]
pub(crate) struct Trail {
    author: Author,
    notebook: Notebook,
    clock: shared::clock::SharedClock,
}

impl<S: Send + Sync> FromRequestParts<S> for Trail {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let extensions = &parts.extensions;
        let identity = extensions.get::<Identity>();
        let doorman = extensions
            .get::<Doorman>()
            .ok_or(ApiError::Unauthenticated)?;
        let notebook = extensions.get::<Notebook>().cloned().unwrap_or_default();
        let author = Author {
            name: identity.map_or_else(String::new, |identity| identity.name.clone()),
            account: identity.and_then(|identity| identity.account),
            how: identity.map_or_else(|| "nobody".into(), |identity| identity.how.describe()),
            address: address(extensions),
            request: extensions.get::<RequestId>().map(|id| id.0),
            noted: notebook.noted.clone(),
        };
        Ok(Self {
            author,
            notebook,
            clock: doorman.clock.clone(),
        })
    }
}

/// Where a request came from; `None` on the local socket.
pub(crate) fn address(extensions: &axum::http::Extensions) -> Option<IpAddr> {
    extensions
        .get::<Connection>()
        .and_then(|connection| connection.peer)
}

impl Trail {
    /// The same for somebody who shows only now who they are.
    pub(crate) fn of(mut self, name: &str, account: Option<Uuid>, how: &str) -> Self {
        let author = &mut self.author;
        (author.name, author.account, author.how) = (name.into(), account, how.into());
        self
    }

    /// What somebody calls themselves who has not shown yet that it is so: a refusal is written down under that
    /// name. What cannot be a name is not taken, because people type passwords there.
    pub(crate) fn claims(&self, name: &str) {
        let could_be = (1..=64).contains(&name.len())
            && name
                .bytes()
                .all(|c| c.is_ascii_alphanumeric() || b".-_@".contains(&c));
        if could_be {
            self.notebook.write(Who {
                name: name.into(),
                account: None,
                how: "nobody".into(),
            });
        }
    }

    /// Where the request came from.
    pub(crate) fn address(&self) -> Option<IpAddr> {
        self.author.address
    }

    /// Now, by the collector's clock.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Who asks, for those who write down themselves what they do.
    pub(crate) fn author(&self) -> &Author {
        &self.author
    }

    /// Writes down what is done, in the transaction that does it, as the last of it.
    ///
    /// # Errors
    /// The database's: then it must not be done.
    pub(crate) async fn note(&self, tx: &mut PgConnection, act: Act) -> Result<(), ApiError> {
        Ok(store::audit::note(tx, &self.author, act, self.now()).await?)
    }
}

/// Finds handlers that have changed something and written nothing. They are wrapped in it directly, so that an
/// answer that is given again, and changes nothing, is not seen.
///
/// # Panics
/// In a build with debug assertions, where tests see it.
pub(crate) async fn insist(request: Request, next: Next) -> Response {
    let notebook = request.extensions().get::<Notebook>().cloned();
    let metrics = request.extensions().get::<Arc<Metrics>>().cloned();
    let method = request.method().clone();
    let path = request.extensions().get::<MatchedPath>().cloned();
    let response = next.run(request).await;
    let path = path.as_ref().map_or("", MatchedPath::as_str);
    let status = response.status();
    let refused = status.is_client_error() || status.is_server_error();
    let noted = notebook.is_some_and(|notebook| notebook.is_noted());
    if refused || noted || !changes(&method, path) {
        return response;
    }
    error!(%method, path, "a change was not written down: this is a defect");
    if let Some(metrics) = metrics {
        metrics.audit_unnoted.inc();
    }
    if cfg!(debug_assertions) {
        panic!("{method} {path} changed something and wrote nothing down");
    }
    response
}

fn changes(method: &Method, path: &str) -> bool {
    let reads = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    let operation = (method.as_str(), path);
    !reads && !SILENT.contains(&operation)
}
