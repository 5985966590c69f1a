//! Tags of what can be edited (RFC 9110, 8.8.3), so that of two who looked at the same and change it, one hears
//! that the other was first.
//!
//! A tag has two halves. The first is over what people have said of the thing, and it alone counts for `If-Match`:
//! that a host came into a group, or a window opened, is nobody's edit. The second is over the whole answer, and
//! both count for `If-None-Match`: what was kept is as good as a new answer only while all of it is the same.

use std::fmt;

use axum::{
    Json,
    extract::FromRequestParts,
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::api::error::ApiError;

/// How tags are documented.
mod document;

pub(crate) use self::document::{CHANGED_MEANWHILE, tagged};

const IF_MATCH: &str = "If-Match";
const IF_NONE_MATCH: &str = "If-None-Match";
/// Bytes of a digest that are told: nobody gains by finding two states with the same tag.
const BYTES: usize = 16;

/// A thing that is edited.
pub(crate) trait Editable: Serialize {
    /// Fields of its answer that nobody says: what is counted, and what follows from the clock or from who asks.
    const SEEN: &'static [&'static str] = &[];

    /// What was said of it and is not shown.
    fn hidden(&self) -> &[u8] {
        &[]
    }
}

/// The tag of a thing as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ETag {
    said: String,
    whole: String,
}

impl ETag {
    fn of<T: Editable>(thing: &T) -> Result<Self, ApiError> {
        let mut answer = serde_json::to_value(thing)?;
        let digest = |answer: &serde_json::Value| {
            let text = serde_json::to_vec(answer)?;
            let digest = Sha256::new()
                .chain_update(thing.hidden())
                .chain_update(text);
            let digest = digest.finalize();
            let hex = digest[..BYTES].iter().map(|byte| format!("{byte:02x}"));
            Ok::<String, ApiError>(hex.collect())
        };
        let whole = digest(&answer)?;
        for field in T::SEEN {
            let seen = answer
                .as_object_mut()
                .and_then(|fields| fields.remove(*field));
            debug_assert!(seen.is_some(), "no field {field}");
        }
        let said = digest(&answer)?;
        Ok(Self { said, whole })
    }

    fn header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.to_string()).expect("hexadecimal digits")
    }
}

impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}-{}\"", self.said, self.whole)
    }
}

/// What a request makes its being done depend on.
#[derive(Debug)]
pub(crate) struct Precondition {
    matches: Option<Tags>,
    none_match: Option<Tags>,
}

/// The tags that a request names.
#[derive(Debug, PartialEq, Eq)]
enum Tags {
    Any,
    /// What stands between the quotes, and whether it is weak.
    These(Vec<(String, bool)>),
}

impl Precondition {
    /// What who reads a thing gets: nothing new when they have it as it is.
    ///
    /// # Errors
    /// [`ApiError::ChangedMeanwhile`], and when it cannot be written as JSON.
    pub(crate) fn show<T: Editable>(&self, thing: T) -> Result<Tagged<T>, ApiError> {
        let tag = ETag::of(&thing)?;
        self.check_match(&tag)?;
        Ok(match &self.none_match {
            Some(tags) if tags.have(&tag) => Tagged { tag, thing: None },
            _ => Tagged {
                tag,
                thing: Some(thing),
            },
        })
    }

    /// Whether who changes a thing may, by what it was before. Decided in the transaction that changes it, when
    /// nobody else can any more.
    ///
    /// # Errors
    /// [`ApiError::ChangedMeanwhile`], and when it cannot be written as JSON.
    pub(crate) fn admit<T: Editable>(&self, before: &T) -> Result<(), ApiError> {
        let tag = ETag::of(before)?;
        self.check_match(&tag)?;
        match &self.none_match {
            Some(tags) if tags.have(&tag) => Err(ApiError::ChangedMeanwhile),
            _ => Ok(()),
        }
    }

    fn check_match(&self, tag: &ETag) -> Result<(), ApiError> {
        match &self.matches {
            Some(tags) if !tags.fit(tag) => Err(ApiError::ChangedMeanwhile),
            _ => Ok(()),
        }
    }
}

impl Tags {
    /// Of all headers of that name.
    ///
    /// # Errors
    /// [`ApiError::Parameter`] when one is neither `*` nor a list of tags.
    fn of(headers: &HeaderMap, name: &'static str) -> Result<Option<Self>, ApiError> {
        let said = headers.get_all(name);
        let mut tags = Vec::new();
        for value in &said {
            let text = value.to_str().unwrap_or_default().trim();
            if text == "*" {
                return Ok(Some(Self::Any));
            }
            let listed = listed(text).ok_or_else(|| {
                ApiError::parameter(name, "is neither * nor tags such as \"a\", W/\"b\"")
            })?;
            tags.extend(listed);
        }
        let is_said = said.iter().next().is_some();
        Ok(is_said.then_some(Self::These(tags)))
    }

    /// Whether one of them is of what was said: by strong comparison, in which no weak one is equal to any.
    fn fit(&self, tag: &ETag) -> bool {
        let said = |named: &str| named.split('-').next() == Some(&tag.said);
        match self {
            Self::Any => true,
            Self::These(tags) => tags.iter().any(|(named, weak)| !weak && said(named)),
        }
    }

    /// Whether one of them is this one: by weak comparison.
    fn have(&self, tag: &ETag) -> bool {
        let whole = tag.to_string();
        match self {
            Self::Any => true,
            Self::These(tags) => tags
                .iter()
                .any(|(named, _)| *named == whole.trim_matches('"')),
        }
    }
}

/// The tags of one header, and whether each is weak; commas may stand between the quotes too. `None` when it is no list.
fn listed(mut text: &str) -> Option<Vec<(String, bool)>> {
    let mut tags = Vec::new();
    loop {
        let weak = text.strip_prefix("W/");
        let quoted = weak.unwrap_or(text).strip_prefix('"')?;
        let (tag, rest) = quoted.split_once('"')?;
        tags.push((tag.to_owned(), weak.is_some()));
        let rest = rest.trim_start();
        if rest.is_empty() {
            return Some(tags);
        }
        text = rest.strip_prefix(',')?.trim_start();
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Precondition {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(Self {
            matches: Tags::of(&parts.headers, IF_MATCH)?,
            none_match: Tags::of(&parts.headers, IF_NONE_MATCH)?,
        })
    }
}

/// A thing with its tag, as an answer.
#[derive(Debug)]
pub(crate) struct Tagged<T> {
    tag: ETag,
    /// `None` for who has it already.
    thing: Option<T>,
}

impl<T: Editable> Tagged<T> {
    /// What has become of a thing.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub(crate) fn new(thing: T) -> Result<Self, ApiError> {
        let tag = ETag::of(&thing)?;
        let thing = Some(thing);
        Ok(Self { tag, thing })
    }
}

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        let tag = [(header::ETAG, self.tag.header())];
        match self.thing {
            Some(thing) => (tag, Json(thing)).into_response(),
            None => (StatusCode::NOT_MODIFIED, tag).into_response(),
        }
    }
}

#[cfg(test)]
mod tests;
