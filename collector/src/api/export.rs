//! Lists as files.

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::header,
    response::{IntoResponse as _, Response},
};
use chrono::{DateTime, Utc};
use futures_util::stream;
use serde::Deserialize;
use serde_json::json;
use sqlx::PgPool;
use utoipa::IntoParams;
use uuid::Uuid;

use crate::{
    api::{
        error::{ApiError, Problem},
        identity::Identity,
        input::Query,
        lister::{self, Filters, Listed, Lister},
        saved_query::{self, whose},
        time::Time,
        trail::{Act, Trail},
    },
    export::{self, Format, List, Meta, Workbook, WorkbookError},
    store,
};

/// Bytes of a file that waits to be fetched.
const MAX_FILE: usize = 64 << 20;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListExportQuery {
    /// The list; or else name a kept query.
    #[param(inline)]
    list: Option<List>,
    /// The identity of a kept query, one's own or one that is shared.
    query: Option<Uuid>,
    /// What is asked of the list, as its own parameters, such as `kind=package&key=openssl*`, encoded.
    #[param(max_length = 4000)]
    filters: Option<String>,
    /// `csv` when it is left out.
    #[param(inline)]
    format: Option<Format>,
}

/// Take a list away as a file: what the list itself answers who asks, with their rights, page after page.
///
/// The file says which list it is, with which filters, when it was asked for and by whom. Rights that are lost while it
/// is being written end it. That it was taken away is a record of the audit log.
#[utoipa::path(get, path = "/api/v1/export", tag = "exports", params(ListExportQuery),
    responses((status = 200, content((String = "text/csv"), (String = "application/json"),
            (String = "application/x-ndjson"),
            (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))),
        (status = 400, body = Problem, content_type = "application/problem+json",
            description = "`bad_parameter`, and what the list says"),
        (status = 404, body = Problem, content_type = "application/problem+json",
            description = "`saved_query_not_found`, and what the list says"),
        (status = 503, body = Problem, content_type = "application/problem+json",
            description = "`too_slow`")))]
pub(crate) async fn export_list(
    (identity, trail, lister): (Identity, Trail, Lister),
    State(db): State<PgPool>,
    Query(query): Query<ListExportQuery>,
) -> Result<Response, ApiError> {
    let format = query.format.unwrap_or_default();
    let (list, filters, name) = asked(&db, &identity, query).await?;
    // What the list refuses, it refuses before anything is written down or begun.
    let first = match lister.page(list, &filters, None).await? {
        Ok(first) => first,
        Err(refusal) => return Ok(refusal),
    };
    let now = trail.now();
    let at = serde_json::to_value(Time(now))?;
    let meta = Meta {
        list,
        filters: filters.clone(),
        at: at.as_str().unwrap_or_default().to_owned(),
        by: identity.name.clone(),
        query: name,
    };
    let mut tx = db.begin().await?;
    let act = Act::change("export.take").on("list", list.name(), list.name());
    let taken = json!({"format": format, "filters": filters, "query": meta.query});
    trail.note(&mut tx, act.after(&taken)?).await?;
    tx.commit().await?;

    let (kind, _) = format.media_type();
    let disposition = format!("attachment; filename=\"{}\"", file_name(list, format, now));
    let headers = [
        (header::CONTENT_TYPE, kind.to_owned()),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    let taking = Taking::new(lister, filters, (format, meta), first)?;
    let body = match format {
        Format::Xlsx => Body::from_stream(stream::once(async {
            let (file, _) = taking.workbook().await?;
            Ok::<Bytes, ApiError>(file)
        })),
        Format::Csv | Format::Json | Format::Ndjson => {
            Body::from_stream(stream::try_unfold(taking, Taking::step))
        }
    };
    Ok((headers, body).into_response())
}

fn file_name(list: List, format: Format, now: DateTime<Utc>) -> String {
    let (_, ending) = format.media_type();
    format!("{}-{}.{ending}", list.name(), now.format("%Y%m%dT%H%M%SZ"))
}

/// A file that was made.
pub(crate) struct Whole {
    pub(crate) name: String,
    pub(crate) body: Vec<u8>,
    pub(crate) items: i64,
}

/// A list as a whole file, or what the list refuses.
///
/// # Errors
/// [`ApiError::TooLarge`] beyond 64 MiB, and what asking does.
pub(crate) async fn whole(
    lister: Lister,
    filters: Filters,
    (format, meta, now): (Format, Meta, DateTime<Utc>),
) -> Result<Result<Whole, Response>, ApiError> {
    let list = meta.list;
    let first = match lister.page(list, &filters, None).await? {
        Ok(first) => first,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let mut taking = Taking::new(lister, filters, (format, meta), first)?;
    let (mut body, mut items) = (Vec::new(), 0);
    if format == Format::Xlsx {
        let (file, all) = taking.workbook().await?;
        (body, items) = (file.to_vec(), all);
    } else {
        while let Some((piece, rest)) = taking.step().await? {
            body.extend_from_slice(&piece);
            taking = rest;
            items = taking.items;
            if body.len() > MAX_FILE {
                return Err(ApiError::TooLarge);
            }
        }
    }
    if body.len() > MAX_FILE {
        return Err(ApiError::TooLarge);
    }
    let name = file_name(list, format, now);
    Ok(Ok(Whole { name, body, items }))
}

/// Which list is asked for, and what of it.
async fn asked(
    db: &PgPool,
    identity: &Identity,
    query: ListExportQuery,
) -> Result<(List, Filters, Option<String>), ApiError> {
    match (query.list, query.query) {
        (Some(list), None) => {
            let filters = lister::parse(query.filters.as_deref().unwrap_or_default())?;
            Ok((list, filters, None))
        }
        (None, Some(id)) => {
            if query.filters.is_some() {
                let detail = "a kept query has its own";
                return Err(ApiError::parameter("filters", detail));
            }
            let account = whose(identity)?;
            let found = store::saved_query::find(&mut *db.acquire().await?, account, id).await?;
            let found = found.ok_or_else(|| ApiError::SavedQueryNotFound(id.to_string()))?;
            let list = saved_query::list(&found)?;
            Ok((list, found.filters, Some(found.name)))
        }
        _ => Err(ApiError::parameter(
            "list",
            "name a list, or else a kept query",
        )),
    }
}

/// A file that is being written.
struct Taking {
    lister: Lister,
    filters: Filters,
    format: Format,
    meta: Meta,
    /// What stands before the first item, until it is written.
    begins: Option<String>,
    /// So many are written.
    items: i64,
    /// The page that comes next; `None` behind the last one.
    page: Option<Listed>,
}

impl Taking {
    fn new(
        lister: Lister,
        filters: Filters,
        (format, meta): (Format, Meta),
        first: Listed,
    ) -> Result<Self, ApiError> {
        Ok(Self {
            lister,
            filters,
            format,
            begins: Some(export::head(format, &meta)?),
            items: 0,
            page: Some(first),
            meta,
        })
    }

    /// The next piece. An answer that fails half way is cut off, which its reader sees.
    async fn step(mut self) -> Result<Option<(Bytes, Self)>, ApiError> {
        let Some(page) = self.page.take() else {
            return Ok(None);
        };
        let mut text = self.begins.take().unwrap_or_default();
        for item in &page.items {
            text += &export::item(self.format, self.meta.list, item, self.items == 0);
            self.items += 1;
        }
        match self.following(page.next).await? {
            Some(next) => self.page = Some(next),
            None => text += export::tail(self.format),
        }
        Ok(Some((text.into(), self)))
    }

    async fn following(&self, next: Option<String>) -> Result<Option<Listed>, ApiError> {
        let Some(next) = next else {
            return Ok(None);
        };
        let page = self
            .lister
            .page(self.meta.list, &self.filters, Some(&next))
            .await?;
        let page = page.map_err(|refusal| ApiError::Refused(refusal.status()))?;
        Ok(Some(page))
    }

    /// The whole of a workbook, and how many are in it.
    async fn workbook(mut self) -> Result<(Bytes, i64), ApiError> {
        let wrong = |error: WorkbookError| ApiError::Workbook(error);
        let mut book = Workbook::new(self.meta.clone()).map_err(wrong)?;
        while let Some(page) = self.page.take() {
            for item in &page.items {
                book.add(item).map_err(wrong)?;
                self.items += 1;
            }
            self.page = self.following(page.next).await?;
        }
        let file = tokio::task::spawn_blocking(move || book.finish()).await;
        let file = file.map_err(ApiError::Task)?.map_err(wrong)?;
        Ok((file.into(), self.items))
    }
}
