//! The console's files, which are compiled in.
//!
//! Vite names what is under `/assets/` by its content, so that it may be kept for ever; everything
//! else is asked for again each time and answered with 304 when it has not changed. A path that is
//! no file is a page of the console, which its own router knows.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use rust_embed::{EmbeddedFile, RustEmbed};

/// What Vite has built. Debug builds read the folder at run time.
#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/web/dist"]
#[allow_missing = true]
struct Dist;

const NOT_BUILT: &str = "<!doctype html><meta charset=\"utf-8\"><title>OpenWatch</title>\
    <p>The console is not built. Run <code>npm ci &amp;&amp; npm run build</code> in \
    <code>collector/web</code> and build the collector again.</p>";

/// Answers every path that is not the API's.
pub(crate) async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let path = uri.path().trim_start_matches('/');
    if let Some(file) = find(path, &headers, Dist::get) {
        return file;
    }
    // A file that is gone is not a page: the browser would take HTML for a script.
    if path.starts_with("assets/") {
        return StatusCode::NOT_FOUND.into_response();
    }
    let page = find("index.html", &headers, Dist::get);
    page.unwrap_or_else(|| {
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        (
            StatusCode::NOT_FOUND,
            [(header::CONTENT_TYPE, html)],
            NOT_BUILT,
        )
            .into_response()
    })
}

/// The file at `path`, in the best encoding that the browser takes and Vite has made.
fn find(
    path: &str,
    headers: &HeaderMap,
    get: impl Fn(&str) -> Option<EmbeddedFile>,
) -> Option<Response> {
    let encoded = ["br", "gzip"]
        .into_iter()
        .filter(|name| accepts(headers, name));
    let encoded = encoded.filter_map(|name| {
        let suffix = if name == "br" { "br" } else { "gz" };
        Some((name, get(&format!("{path}.{suffix}"))?))
    });
    let plain = get(path)?;
    let content_type = HeaderValue::from_str(plain.metadata.mimetype()).ok()?;
    let (encoding, file) = encoded
        .map(|(name, file)| (Some(name), file))
        .next()
        .unwrap_or((None, plain));

    let tag: String = file.metadata.sha256_hash()[..16]
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    let tag = HeaderValue::from_str(&format!("\"{tag}\"")).ok()?;
    let unchanged = headers.get(header::IF_NONE_MATCH) == Some(&tag);
    let mut response = if unchanged {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Response::new(Body::from(file.data.into_owned()))
    };
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, content_type);
    out.insert(header::ETAG, tag);
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = encoding {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    let keep = if path.starts_with("assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    Some(response)
}

/// Whether `Accept-Encoding` names `encoding` and does not refuse it.
fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    let offered = headers
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok());
    offered.unwrap_or_default().split(',').any(|offer| {
        let (name, quality) = offer.split_once(';').unwrap_or((offer, ""));
        let quality = quality
            .trim()
            .strip_prefix("q=")
            .and_then(|q| q.parse::<f32>().ok());
        name.trim().eq_ignore_ascii_case(encoding) && quality.is_none_or(|q| q > 0.0)
    })
}
