//! Cursors: where a list goes on. One is good for whoever got it, for the list and the filters that it came
//! from, and at every collector of the installation; nobody can make one, or read another's place with it.

use axum::{extract::FromRequestParts, http::request::Parts};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};
use url::form_urlencoded;

use crate::{
    api::{
        State,
        error::ApiError,
        identity::Identity,
        page::{self, one_more},
    },
    authority::{MARK, Mac},
};

/// What the mark of a cursor is for.
const PURPOSE: &str = "openwatch-cursor/1";

/// The list that is asked for, and by whom.
#[derive(Debug)]
pub(crate) struct Pages {
    mac: Mac,
    /// All that a cursor is good for.
    bound: Vec<String>,
}

impl FromRequestParts<State> for Pages {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, ApiError> {
        let identity = Identity::from_request_parts(parts, state).await?;
        let (path, query) = (parts.uri.path(), parts.uri.query().unwrap_or_default());
        let mac = state.authority.mac().clone();
        Ok(Self::of(mac, &identity.actor(), path, query))
    }
}

impl Pages {
    fn of(mac: Mac, actor: &str, path: &str, query: &str) -> Self {
        // Where the page begins and how long it is are not what is asked for.
        let mut filters: Vec<_> = form_urlencoded::parse(query.as_bytes())
            .filter(|(name, _)| !["cursor", "offset", "limit"].contains(&name.as_ref()))
            .collect();
        filters.sort();
        let filters = filters
            .into_iter()
            .flat_map(|(name, value)| [name.into_owned(), value.into_owned()]);
        let bound = [PURPOSE, actor, path].map(str::to_owned);
        let bound = bound.into_iter().chain(filters).collect();
        Self { mac, bound }
    }

    /// The page that is asked for, and the place that it goes on from.
    ///
    /// # Errors
    /// [`ApiError::Parameter`] when `limit` is not 1 to 500; [`ApiError::BadCursor`] when the cursor is not one
    /// of this list with these filters, for who asks.
    pub(crate) fn asked<P: DeserializeOwned>(
        self,
        limit: Option<u16>,
        cursor: Option<&str>,
    ) -> Result<(Cut, Option<P>), ApiError> {
        let limit = page::limit(limit)?;
        let cursor = cursor.filter(|cursor| !cursor.is_empty());
        let after = cursor.map(|cursor| self.read(cursor).ok_or(ApiError::BadCursor));
        let after = after.transpose()?;
        Ok((Cut { pages: self, limit }, after))
    }

    fn read<P: DeserializeOwned>(&self, cursor: &str) -> Option<P> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (mark, place) = bytes.split_at_checked(MARK)?;
        let whole = self.mac.is_mark(mark, self.parts(place));
        whole.then(|| serde_json::from_slice(place).ok()).flatten()
    }

    fn write(&self, place: &impl Serialize) -> Result<String, ApiError> {
        let place = serde_json::to_vec(place).map_err(ApiError::Encode)?;
        let mark = self.mac.mark(self.parts(&place));
        Ok(URL_SAFE_NO_PAD.encode([&mark[..], &place].concat()))
    }

    fn parts<'a>(&'a self, place: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        let bound = self.bound.iter().map(String::as_bytes);
        bound.chain([place])
    }
}

/// A page to be cut from rows.
#[derive(Debug)]
pub(crate) struct Cut {
    pages: Pages,
    /// The most rows of it.
    pub(crate) limit: usize,
}

impl Cut {
    /// What the store is asked for: one row more than the page, which tells whether there is a next.
    pub(crate) fn one_more(&self) -> i64 {
        one_more(self.limit)
    }

    /// Cuts `rows` to the page and names the next one by the page's last row.
    ///
    /// # Errors
    /// [`ApiError::Encode`], which would be a defect.
    pub(crate) fn cut<R, P: Serialize>(
        &self,
        rows: &mut Vec<R>,
        place: impl Fn(&R) -> P,
    ) -> Result<Option<String>, ApiError> {
        if rows.len() <= self.limit {
            return Ok(None);
        }
        rows.truncate(self.limit);
        let last = rows.last().map(place);
        last.map(|last| self.pages.write(&last)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const QUERY: &str = "kind=package&limit=2&at=2026-03-03T14:05:00Z";

    fn pages(actor: &str, path: &str, query: &str) -> Pages {
        Pages::of(Mac::new(&[1; 32]), actor, path, query)
    }

    fn hosts(query: &str) -> Pages {
        pages("account:a", "/api/v1/hosts", query)
    }

    /// Where a page goes on that is asked for with a cursor.
    fn place(pages: Pages, cursor: &str) -> Result<Option<i32>, ApiError> {
        pages.asked(None, Some(cursor)).map(|(_, after)| after)
    }

    #[test]
    fn a_cursor_names_the_last_row_of_a_page_that_is_not_the_last() {
        let (page, after) = hosts(QUERY).asked::<i32>(Some(2), Some("")).unwrap();
        assert_eq!((after, page.one_more()), (None, 3));
        let mut rows = vec![1, 2, 3];
        let next = page.cut(&mut rows, |row| *row).unwrap().unwrap();
        assert_eq!(rows, [1, 2]);
        assert_eq!(page.cut(&mut rows, |row| *row).unwrap(), None);
        assert_eq!(place(hosts(QUERY), &next).unwrap(), Some(2));
        // The order of the parameters, the page's length and the cursor itself are not what is asked for.
        let same = format!("at=2026-03-03T14%3A05%3A00Z&cursor={next}&limit=9&kind=package");
        assert_eq!(place(hosts(&same), &next).unwrap(), Some(2));
    }

    #[test]
    fn it_is_good_for_its_list_its_filters_and_whoever_got_it() {
        let next = hosts(QUERY).write(&2).unwrap();
        for other in [
            hosts("kind=package"),
            hosts("kind=package&at=2026-03-03T14:05:01Z"),
            hosts(&format!("{QUERY}&q=web")),
            hosts(&format!("{QUERY}&kind=package")),
            pages("account:b", "/api/v1/hosts", QUERY),
            pages("token:a", "/api/v1/hosts", QUERY),
            pages("account:a", "/api/v1/facts", QUERY),
            Pages::of(Mac::new(&[2; 32]), "account:a", "/api/v1/hosts", QUERY),
        ] {
            let named = format!("{other:?}");
            let refused = place(other, &next);
            assert!(matches!(refused, Err(ApiError::BadCursor)), "{named}");
        }
    }

    proptest! {
        #[test]
        fn one_with_any_byte_changed_is_refused(at in any::<prop::sample::Index>(), by in 1..=255_u8) {
            let next = hosts(QUERY).write(&123_456).unwrap();
            let mut bytes = URL_SAFE_NO_PAD.decode(&next).unwrap();
            bytes[at.index(next.len() * 3 / 4)] ^= by;
            let changed = URL_SAFE_NO_PAD.encode(bytes);
            let refused = matches!(place(hosts(QUERY), &changed), Err(ApiError::BadCursor));
            prop_assert!(refused);
        }

        #[test]
        fn one_with_any_letter_changed_is_refused(at in any::<prop::sample::Index>(), by in any::<char>()) {
            let next = hosts(QUERY).write(&123_456).unwrap();
            let mut letters: Vec<_> = next.chars().collect();
            let at = at.index(letters.len());
            prop_assume!(letters[at] != by);
            letters[at] = by;
            let changed: String = letters.into_iter().collect();
            let refused = matches!(place(hosts(QUERY), &changed), Err(ApiError::BadCursor));
            prop_assert!(refused);
        }

        #[test]
        fn no_text_is_one(text in ".+") {
            let refused = matches!(place(hosts(QUERY), &text), Err(ApiError::BadCursor));
            prop_assert!(refused);
        }
    }
}
