//! Pages of a list, and how long they are; `cursor` tells where from.

use serde::Serialize;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_one_to_five_hundred_rows() {
        assert_eq!(limit(None).unwrap(), 100);
        assert_eq!(limit(Some(500)).unwrap(), 500);
        assert!(limit(Some(0)).is_err() && limit(Some(501)).is_err());
    }
}
