//! Asks lists of the API from within it, for whoever made a request: so that what is taken away as a file, and what a
//! kept question is answered with, is what the list itself would answer them, now.

use std::collections::BTreeMap;

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::FromRequestParts,
    http::{Request, request::Parts},
    response::{IntoResponse as _, Response},
};
use serde_json::Value;
use tower::ServiceExt as _;
use url::form_urlencoded;
use uuid::Uuid;

use crate::{
    api::{
        error::ApiError,
        identity::{Doorman, Identity, Proof},
        permit::ActsAs,
        trail::Notebook,
    },
    export::List,
};

/// Items that are asked for at once.
pub(crate) const PAGE: usize = 500;
/// Bytes that a page may have.
const MAX_PAGE: usize = 256 << 20;
/// What goes on from page to page is no filter.
const PAGING: [&str; 2] = ["cursor", "limit"];

/// The routes of the API, without what surrounds them. Every request carries it.
#[derive(Debug, Clone)]
pub(crate) struct Lists(pub(crate) Router);

/// Names and values of a list's parameters.
pub(crate) type Filters = BTreeMap<String, String>;

/// What asks.
#[derive(Debug, Clone)]
pub(crate) struct Lister {
    lists: Lists,
    doorman: Doorman,
    whose: Whose,
}

/// As whom it asks.
#[derive(Debug, Clone)]
enum Whose {
    /// Whoever shows this.
    Shown(Proof),
    /// The account of a schedule.
    Schedule { account: Uuid, id: Uuid },
}

impl<S: Send + Sync> FromRequestParts<S> for Lister {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let (lists, doorman) = (parts.extensions.get::<Lists>(), parts.extensions.get());
        let (Some(lists), Some(doorman)) = (lists, doorman) else {
            return Err(ApiError::Unauthenticated);
        };
        Ok(Self {
            lists: lists.clone(),
            doorman: Doorman::clone(doorman),
            whose: Whose::Shown(Proof::of(parts)?),
        })
    }
}

/// A page of a list.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) items: Vec<Value>,
    pub(crate) next: Option<String>,
}

impl Lister {
    /// One for somebody whose export comes by itself.
    pub(crate) fn of_schedule(
        (lists, doorman): (Lists, Doorman),
        (account, id): (Uuid, Uuid),
    ) -> Self {
        Self {
            lists,
            doorman,
            whose: Whose::Schedule { account, id },
        }
    }

    /// As whom it asks, with their rights as they are now.
    ///
    /// # Errors
    /// [`ApiError::Unauthenticated`], and the database's.
    pub(crate) async fn identity(&self) -> Result<Identity, ApiError> {
        match &self.whose {
            Whose::Shown(proof) => self.doorman.identify(proof, false).await,
            Whose::Schedule { account, id } => self.doorman.of_schedule(*account, *id).await,
        }
    }

    /// What the list answers. Who asks is looked up anew each time: rights that are taken away meanwhile count.
    ///
    /// # Errors
    /// [`ApiError::Unauthenticated`], and the database's.
    pub(crate) async fn ask(
        &self,
        list: List,
        filters: &Filters,
        (cursor, limit): (Option<&str>, usize),
    ) -> Result<Response, ApiError> {
        let identity = self.identity().await?;
        let uri = asked(list, filters, cursor, limit);
        let request = Request::get(uri).body(Body::empty());
        let mut request = request.map_err(|_| ApiError::parameter("filters", "are too long"))?;
        let extensions = request.extensions_mut();
        extensions.insert(self.doorman.clone());
        extensions.insert(Notebook::default());
        extensions.insert(ActsAs(identity));
        let answer = self.lists.0.clone().oneshot(request).await;
        Ok(answer.into_response())
    }

    /// A page of it.
    ///
    /// # Errors
    /// What the list refuses, as its own answer; and what [`ask`](Self::ask) does.
    pub(crate) async fn page(
        &self,
        list: List,
        filters: &Filters,
        cursor: Option<&str>,
    ) -> Result<Result<Listed, Response>, ApiError> {
        let answer = self.ask(list, filters, (cursor, PAGE)).await?;
        if !answer.status().is_success() {
            return Ok(Err(answer));
        }
        let body = to_bytes(answer.into_body(), MAX_PAGE).await;
        let body = body.map_err(|_| ApiError::TooSlow)?;
        let mut page: Value = serde_json::from_slice(&body)?;
        let items = page["items"].take();
        let next = page["next"].as_str().map(str::to_owned);
        let items = match items {
            Value::Array(items) => items,
            _ => Vec::new(),
        };
        Ok(Ok(Listed { items, next }))
    }
}

/// Where a page of the list is.
fn asked(list: List, filters: &Filters, cursor: Option<&str>, limit: usize) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(filters);
    query.append_pair("limit", &limit.to_string());
    if let Some(cursor) = cursor {
        query.append_pair("cursor", cursor);
    }
    format!("{}?{}", list.path(), query.finish())
}

/// The filters of a text such as `kind=package&key=openssl*`.
///
/// # Errors
/// [`ApiError::Parameter`] when one stands there twice or is none.
pub(crate) fn parse(text: &str) -> Result<Filters, ApiError> {
    let mut filters = Filters::new();
    for (name, value) in form_urlencoded::parse(text.as_bytes()) {
        if filters
            .insert(name.clone().into_owned(), value.into_owned())
            .is_some()
        {
            let detail = format!("{name:?} stands there twice");
            return Err(ApiError::parameter("filters", detail));
        }
    }
    check(&filters)?;
    Ok(filters)
}

/// Whether all of them are filters. Whether the list knows them, it says itself.
///
/// # Errors
/// [`ApiError::Parameter`].
pub(crate) fn check(filters: &Filters) -> Result<(), ApiError> {
    if let Some(name) = PAGING.into_iter().find(|name| filters.contains_key(*name)) {
        let detail = format!("{name:?} is no filter");
        return Err(ApiError::parameter("filters", detail));
    }
    let all = filters.iter().flat_map(|(name, value)| [name, value]);
    let length: usize = all.clone().map(String::len).sum();
    if length > 4000 {
        return Err(ApiError::parameter("filters", "are longer than 4000 bytes"));
    }
    if all.into_iter().any(|text| text.contains('\0')) {
        return Err(ApiError::parameter("filters", "have a U+0000"));
    }
    Ok(())
}
