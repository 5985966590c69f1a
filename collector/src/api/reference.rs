//! The reference page: the OpenAPI document as one page of HTML, made here, so that it can be read where nothing
//! can be fetched from elsewhere. It works without a script, and says nothing that the document does not say.

use std::{fmt::Write as _, sync::LazyLock};

use axum::{
    http::header,
    response::{Html, IntoResponse},
};
use serde_json::Value;

mod example;
mod html;
mod operation;
mod schema;

use self::html::{Prose, Text};

static PAGE: LazyLock<String> = LazyLock::new(|| {
    // A document that cannot be encoded would have failed the test that keeps docs/openapi.json.
    let document = serde_json::to_value(crate::api::openapi()).unwrap_or_default();
    page(&document)
});
const STYLE: &str = include_str!("reference/style.css");

/// Show the reference: this document as a page for people.
#[utoipa::path(get, path = "/api/docs", tag = "collector", security(()),
    responses((status = 200, description = "A page", body = String, content_type = "text/html")))]
pub(crate) async fn get_reference() -> Html<&'static str> {
    Html(PAGE.as_str())
}

/// Show how the reference looks.
#[utoipa::path(get, path = "/api/docs/style.css", tag = "collector", security(()),
    responses((status = 200, description = "A style sheet", body = String,
        content_type = "text/css")))]
pub(crate) async fn get_reference_style() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], STYLE)
}

/// One operation of the document.
#[derive(Debug, Clone, Copy)]
struct Operation<'a> {
    method: &'a str,
    path: &'a str,
    said: &'a Value,
}

impl<'a> Operation<'a> {
    /// All of a document, by path.
    fn all(document: &'a Value) -> Vec<Self> {
        let paths = document["paths"].as_object().into_iter().flatten();
        let each = paths.flat_map(|(path, item)| {
            let methods = item.as_object().into_iter().flatten();
            methods.map(move |(method, said)| Self { method, path, said })
        });
        each.collect()
    }

    /// What it is called, and what its place on the page is called.
    fn id(&self) -> &'a str {
        text(&self.said["operationId"])
    }

    fn area(&self) -> &'a str {
        text(&self.said["tags"][0])
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The whole page.
pub(super) fn page(document: &Value) -> String {
    let mut operations = Operation::all(document);
    // In the order of the path within an area.
    operations.sort_by_key(Operation::area);
    let areas: Vec<_> = operations
        .chunk_by(|one, next| one.area() == next.area())
        .collect();
    let mut page = String::new();
    write(&mut page, document, &areas).expect("a text takes everything");
    page
}

fn write(page: &mut String, document: &Value, areas: &[&[Operation<'_>]]) -> std::fmt::Result {
    page.push_str(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>OpenWatch API</title><link rel=\"icon\" href=\"/favicon.svg\">\
         <link rel=\"stylesheet\" href=\"/api/docs/style.css\"></head><body>\
         <a class=\"skip\" href=\"#reference\">To the reference</a>",
    );
    page.push_str(
        "<nav aria-label=\"Operations\"><p class=\"brand\"><a href=\"/\">OpenWatch</a> API</p>",
    );
    for operations in areas {
        let area = operations[0].area();
        let (name, place) = (Text(area), Text(&place(area)).to_string());
        write!(page, "<h2><a href=\"#{place}\">{name}</a></h2><ul>")?;
        for operation in *operations {
            let (id, method, path) = (operation.id(), operation.method, operation.path);
            let path = path.strip_prefix("/api/v1").unwrap_or(path);
            let (id, method, path) = (Text(id), Text(method), Text(path));
            write!(
                page,
                "<li><a href=\"#{id}\"><b class=\"method\">{method}</b> {path}</a></li>"
            )?;
        }
        page.push_str("</ul>");
    }
    page.push_str(
        "<h2><a href=\"#schemas\">schemas</a></h2></nav><main id=\"reference\" tabindex=\"-1\">",
    );
    write!(
        page,
        "<h1>OpenWatch API</h1>{}",
        Prose(text(&document["info"]["description"]))
    )?;
    page.push_str(
        "<p>Made from the <a href=\"/api/v1/openapi.json\">OpenAPI document</a> of this collector. \
         In the examples <code>$OPENWATCH</code> is where the console is, such as \
         <code>https://localhost:8443</code>, and <code>$TOKEN</code> an API token. Refusals have the form \
         <a href=\"#schema-Problem\">Problem</a>; what they mean stands with each answer.</p>",
    );
    for operations in areas {
        let area = operations[0].area();
        let (name, place) = (Text(area), Text(&place(area)).to_string());
        write!(
            page,
            "<section aria-labelledby=\"{place}\"><h2 id=\"{place}\">{name}</h2>"
        )?;
        for operation in *operations {
            operation::write(page, document, *operation)?;
        }
        page.push_str("</section>");
    }
    page.push_str("<section aria-labelledby=\"schemas\"><h2 id=\"schemas\">schemas</h2>");
    for (name, schema) in document["components"]["schemas"]
        .as_object()
        .into_iter()
        .flatten()
    {
        schema::write(page, document, name, schema)?;
    }
    page.push_str("</section></main></body></html>\n");
    Ok(())
}

/// What the place of an area on the page is called.
fn place(area: &str) -> String {
    format!("area-{}", area.replace(' ', "-"))
}
