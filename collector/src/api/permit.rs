//! What each route asks of who comes, and the check of it. Nothing is open by default: a route without one of
//! these answers nobody (`tests::guard` walks them all), and the document says what each asks.

use axum::{
    extract::{FromRequestParts, Request},
    http::{HeaderMap, request::Parts},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};
use utoipa::openapi::{extensions::Extensions, path::Operation};
use utoipa_axum::router::UtoipaMethodRouter;

use crate::{
    access::{Permission, Scope},
    api::{
        State, answers,
        api_token::reuse,
        error::ApiError,
        idempotency::{self, once},
        identity::{Doorman, How, Identity, PROVED, Proof, Within},
        limit::{self, Tally, strangers},
        trail::{Notebook, Trail, insist},
    },
};

/// Where the document says what an operation asks: a permission's code or one of [`Need`]'s words.
pub(crate) const EXTENSION: &str = "x-openwatch-permission";
/// A request that no person made, such as a page that looks again by itself: it keeps no session alive.
const BACKGROUND: &str = "x-openwatch-background";

/// For whom a part of the collector itself asks a route. A request from outside cannot carry it.
#[derive(Debug, Clone)]
pub(crate) struct ActsAs(pub(crate) Identity);

/// What a route asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    Permission(Permission),
    /// Any account: it is about oneself.
    SignedIn,
    /// To be on the collector's machine.
    Local,
}

impl Need {
    fn word(self) -> &'static str {
        match self {
            Self::Permission(permission) => permission.code(),
            Self::SignedIn => "signed-in",
            Self::Local => "local",
        }
    }
}

/// Routes for those who have this permission.
pub(crate) fn may(
    permission: Permission,
    routes: UtoipaMethodRouter<State>,
) -> UtoipaMethodRouter<State> {
    guarded(Need::Permission(permission), true, routes)
}

/// The same for an answer that lasts: to hold it open is not to use the session.
pub(crate) fn may_follow(
    permission: Permission,
    routes: UtoipaMethodRouter<State>,
) -> UtoipaMethodRouter<State> {
    guarded(Need::Permission(permission), false, routes)
}

/// Routes about oneself.
pub(crate) fn signed_in(routes: UtoipaMethodRouter<State>) -> UtoipaMethodRouter<State> {
    guarded(Need::SignedIn, true, routes)
}

/// Routes for the collector's machine alone.
pub(crate) fn local(routes: UtoipaMethodRouter<State>) -> UtoipaMethodRouter<State> {
    guarded(Need::Local, true, routes)
}

/// Routes for anybody.
pub(crate) fn anyone(
    (schemas, mut paths, methods): UtoipaMethodRouter<State>,
) -> UtoipaMethodRouter<State> {
    for (path, changes, operation) in operations(&mut paths) {
        say(operation, "anonymous");
        answers::anonymous(operation, changes);
        if path.starts_with("/api/") {
            limit::document(operation);
        }
    }
    let methods = methods.route_layer(from_fn(insist));
    (schemas, paths, methods.route_layer(from_fn(strangers)))
}

fn guarded(
    need: Need,
    uses: bool,
    (schemas, mut paths, methods): UtoipaMethodRouter<State>,
) -> UtoipaMethodRouter<State> {
    for (_, _, operation) in operations(&mut paths) {
        say(operation, need.word());
        answers::guarded(operation);
        limit::document(operation);
    }
    let posts = paths
        .paths
        .values_mut()
        .filter_map(|item| item.post.as_mut());
    posts.for_each(idempotency::document);
    let check = from_fn(move |request, next| guard(need, uses, request, next));
    // The last layer sees a request first.
    let methods = methods
        .route_layer(from_fn(insist))
        .route_layer(from_fn(once))
        .route_layer(check);
    (schemas, paths, methods)
}

/// Every operation with its path, and whether it changes something, as its method says.
fn operations(
    paths: &mut utoipa::openapi::Paths,
) -> impl Iterator<Item = (&str, bool, &mut Operation)> {
    paths.paths.iter_mut().flat_map(|(path, item)| {
        let methods = [
            (false, &mut item.get),
            (true, &mut item.post),
            (true, &mut item.put),
            (true, &mut item.patch),
            (true, &mut item.delete),
        ];
        let methods = methods.into_iter();
        methods.filter_map(move |(changes, operation)| {
            Some((path.as_str(), changes, operation.as_mut()?))
        })
    })
}

fn say(operation: &mut Operation, word: &str) {
    let extensions = operation.extensions.get_or_insert(Extensions::default());
    extensions.insert(EXTENSION.into(), word.into());
}

async fn guard(need: Need, uses: bool, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let mut tally = Tally::of(&parts.extensions);
    let answer = match admit(need, uses, &mut parts, &mut tally).await {
        Ok((identity, scope)) => {
            parts.extensions.insert(identity);
            parts.extensions.insert(Within(scope));
            next.run(Request::from_parts(parts, body)).await
        }
        Err(refusal) => refusal.into_response(),
    };
    tally.tell(answer)
}

/// Whether who comes may pass, and for which hosts.
async fn admit(
    need: Need,
    uses: bool,
    parts: &mut Parts,
    tally: &mut Tally,
) -> Result<(Identity, Scope), ApiError> {
    if let Some(ActsAs(identity)) = parts.extensions.get::<ActsAs>().cloned() {
        let scope = permitted(need, &identity, doorman(parts)?)?;
        return Ok((identity, scope));
    }
    let (doorman, proof) = (doorman(parts)?.clone(), tally.shows(Proof::of(parts))?);
    let used = uses && !parts.headers.contains_key(BACKGROUND);
    let found = doorman.identify(&proof, used).await;
    if let (Ok(identity), Some(notebook)) = (&found, parts.extensions.get::<Notebook>()) {
        notebook.is(identity);
    }
    tally.found(&proof, &found)?;
    let identity = match (found, &proof) {
        (Err(ApiError::Unauthenticated), Proof::Token(hash)) => {
            let trail = Trail::from_request_parts(parts, &()).await?;
            reuse::refuse(&doorman, trail, hash).await?;
            return Err(ApiError::Unauthenticated);
        }
        (identity, _) => identity?,
    };
    let scope = permitted(need, &identity, &doorman)?;
    Ok((identity, scope))
}

fn permitted(need: Need, identity: &Identity, doorman: &Doorman) -> Result<Scope, ApiError> {
    match need {
        Need::SignedIn => Ok(Scope::Groups([].into())),
        Need::Local if matches!(identity.how, How::Socket) => Ok(Scope::All),
        Need::Local => Err(ApiError::LocalOnly),
        Need::Permission(permission) => {
            let scope = identity.grants.scope(permission);
            let scope = scope.ok_or(ApiError::Forbidden(permission))?;
            identity.settled()?;
            if let How::Session { proved_at, .. } = identity.how
                && permission.needs_proof()
                && proved_at + PROVED <= doorman.clock.now()
            {
                return Err(ApiError::ProofNeeded);
            }
            Ok(scope.clone())
        }
    }
}

fn doorman(parts: &Parts) -> Result<&Doorman, ApiError> {
    // Every router has one; without it nobody is let in.
    parts.extensions.get().ok_or(ApiError::Unauthenticated)
}

/// Who is let in now, to be asked again while an answer lasts.
#[derive(Debug, Clone)]
pub(crate) struct Standing {
    doorman: Doorman,
    proof: Proof,
    need: Permission,
}

impl Standing {
    /// Who it is now, and the hosts that it still holds for; `None` when it does not any more, and when the
    /// database cannot be asked.
    pub(crate) async fn still(&self) -> Option<(Identity, Within)> {
        let identity = self.doorman.identify(&self.proof, false).await.ok()?;
        let scope = permitted(Need::Permission(self.need), &identity, &self.doorman).ok()?;
        Some((identity, Within(scope)))
    }
}

/// [`Standing`] of the live feed.
#[derive(Debug, Clone)]
pub(crate) struct Follower(pub(crate) Standing);

impl<S: Send + Sync> FromRequestParts<S> for Follower {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(Self(Standing {
            doorman: doorman(parts)?.clone(),
            proof: Proof::of(parts)?,
            need: Permission::HostsRead,
        }))
    }
}

/// Whether a request shows a token, which no browser adds by itself.
pub(crate) fn shows_token(headers: &HeaderMap) -> bool {
    headers.contains_key(axum::http::header::AUTHORIZATION)
}
