//! Pages of a list: how long, where from, and the opaque text that names the next one.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};
use utoipa::ToSchema;

use crate::api::error::ApiError;

/// The longest page.
const MAX: u16 = 500;
/// The page of those who do not say.
const DEFAULT: u16 = 100;

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    /// Pass it as `cursor` for the next page; null on the last one.
    #[schema(required)]
    pub(crate) next: Option<String>,
}

/// How many rows a page may have.
///
/// # Errors
/// [`ApiError::Parameter`] outside 1 to 500.
pub(crate) fn limit(asked: Option<u16>) -> Result<usize, ApiError> {
    match asked.unwrap_or(DEFAULT) {
        limit @ 1..=MAX => Ok(limit.into()),
        limit => Err(ApiError::parameter(
            "limit",
            format!("{limit} is not 1 to {MAX}"),
        )),
    }
}

/// What the store is asked for: one row more than the page, which tells whether there is a next.
pub(crate) fn one_more(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX - 1) + 1
}

/// Cuts `rows` to the page and names the next one by the page's last row.
///
/// # Errors
/// [`ApiError::Encode`], which would be a defect.
pub(crate) fn cut<R, P: Serialize>(
    rows: &mut Vec<R>,
    limit: usize,
    position: impl Fn(&R) -> P,
) -> Result<Option<String>, ApiError> {
    if rows.len() <= limit {
        return Ok(None);
    }
    rows.truncate(limit);
    rows.last().map(|last| encode(&position(last))).transpose()
}

/// The place that a cursor names.
///
/// # Errors
/// [`ApiError::BadCursor`] when the text was not made by [`cut`] for the same list.
pub(crate) fn decode<P: DeserializeOwned>(cursor: Option<&str>) -> Result<Option<P>, ApiError> {
    let Some(cursor) = cursor.filter(|cursor| !cursor.is_empty()) else {
        return Ok(None);
    };
    URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .map(Some)
        .ok_or(ApiError::BadCursor)
}

fn encode(position: &impl Serialize) -> Result<String, ApiError> {
    let bytes = serde_json::to_vec(position).map_err(ApiError::Encode)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_names_the_last_row_of_a_page_that_is_not_the_last() {
        let mut rows = vec![1, 2, 3];
        let next = cut(&mut rows, 2, |row| *row).unwrap();
        assert_eq!(rows, [1, 2]);
        assert_eq!(decode::<i32>(next.as_deref()).unwrap(), Some(2));
        assert_eq!(cut(&mut rows, 2, |row| *row).unwrap(), None);
    }

    #[test]
    fn a_text_that_is_no_cursor_of_this_list_is_refused() {
        for text in ["x", "!", &encode(&"text").unwrap()] {
            assert!(
                matches!(decode::<i32>(Some(text)), Err(ApiError::BadCursor)),
                "{text}"
            );
        }
    }

    #[test]
    fn a_page_has_one_to_five_hundred_rows() {
        assert_eq!(limit(None).unwrap(), 100);
        assert_eq!(limit(Some(500)).unwrap(), 500);
        assert!(limit(Some(0)).is_err() && limit(Some(501)).is_err());
    }
}
