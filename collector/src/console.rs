//! The console's files, which are compiled in.
//!
//! Vite names what is under `/assets/` by its content, so that it may be kept for ever; everything
//! else is asked for again each time and answered with 304 when it has not changed. A path that is
//! no file is a page of the console, which its own router knows.

use std::borrow::Cow;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use rust_embed::RustEmbed;

/// What Vite has built. Debug builds read the folder at run time.
#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/web/dist"]
#[allow_missing = true]
struct Dist;

const NOT_BUILT: &str = "<!doctype html><meta charset=\"utf-8\"><title>OpenWatch</title>\
    <p>The console is not built. Run <code>npm ci &amp;&amp; npm run build</code> in \
    <code>collector/web</code> and build the collector again.</p>";

/// A file of the console.
struct File {
    bytes: Cow<'static, [u8]>,
    hash: [u8; 32],
    content_type: String,
}

fn embedded(path: &str) -> Option<File> {
    let file = Dist::get(path)?;
    Some(File {
        hash: file.metadata.sha256_hash(),
        content_type: file.metadata.mimetype().to_owned(),
        bytes: file.data,
    })
}

/// Answers every path that is not the API's.
pub(crate) async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    if method != Method::GET && method != Method::HEAD {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    answer(uri.path().trim_start_matches('/'), &headers, embedded)
}

fn answer(path: &str, headers: &HeaderMap, get: impl Fn(&str) -> Option<File>) -> Response {
    if let Some(file) = find(path, headers, &get) {
        return file;
    }
    // A file that is gone is not a page: the browser would take HTML for a script.
    if path.starts_with("assets/") {
        return StatusCode::NOT_FOUND.into_response();
    }
    find("index.html", headers, &get).unwrap_or_else(|| {
        let html = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
        (StatusCode::NOT_FOUND, html, NOT_BUILT).into_response()
    })
}

/// The file at `path`, in the best encoding that the browser takes and Vite has made.
fn find(path: &str, headers: &HeaderMap, get: impl Fn(&str) -> Option<File>) -> Option<Response> {
    let plain = get(path)?;
    let content_type = HeaderValue::from_str(&plain.content_type).ok()?;
    let (encoding, file) = [("br", "br"), ("gzip", "gz")]
        .into_iter()
        .filter(|(encoding, _)| accepts(headers, encoding))
        .find_map(|(encoding, suffix)| Some((Some(encoding), get(&format!("{path}.{suffix}"))?)))
        .unwrap_or((None, plain));
    let tag: String = file.hash[..16]
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let tag = HeaderValue::from_str(&format!("\"{tag}\"")).ok()?;
    let mut response = if headers.get(header::IF_NONE_MATCH) == Some(&tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Response::new(Body::from(file.bytes.into_owned()))
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

#[cfg(test)]
mod tests {
    use super::*;

    fn built(path: &str) -> Option<File> {
        let content_type = match path {
            "index.html" => "text/html",
            "assets/app-1.js" | "assets/app-1.js.br" | "assets/app-1.js.gz" => "text/javascript",
            "favicon.svg" => "image/svg+xml",
            _ => return None,
        };
        let mut hash = [0; 32];
        hash[0] = u8::try_from(path.len()).unwrap();
        let bytes = Cow::Owned(path.as_bytes().to_vec());
        Some(File {
            bytes,
            hash,
            content_type: content_type.into(),
        })
    }

    async fn ask(path: &str, headers: &[(header::HeaderName, &str)]) -> (u16, HeaderMap, String) {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.clone(), value.parse().unwrap()));
        let response = answer(path, &headers.collect(), built);
        let (head, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 1 << 16).await.unwrap();
        (
            head.status.as_u16(),
            head.headers,
            String::from_utf8(bytes.to_vec()).unwrap(),
        )
    }

    #[tokio::test]
    async fn the_best_encoding_that_the_browser_takes_is_sent() {
        let path = "assets/app-1.js";
        for (accepted, sent) in [
            ("gzip, deflate, br", "assets/app-1.js.br"),
            ("gzip", "assets/app-1.js.gz"),
            ("br;q=0, GZIP;q=0.5", "assets/app-1.js.gz"),
            ("zstd", path),
        ] {
            let (_, headers, body) = ask(path, &[(header::ACCEPT_ENCODING, accepted)]).await;
            assert_eq!(body, sent, "{accepted}");
            assert_eq!(
                headers[header::CONTENT_TYPE],
                "text/javascript",
                "{accepted}"
            );
            assert_eq!(
                headers.contains_key(header::CONTENT_ENCODING),
                sent != path,
                "{accepted}"
            );
            assert!(
                headers[header::CACHE_CONTROL]
                    .to_str()
                    .unwrap()
                    .contains("immutable")
            );
        }
    }

    #[tokio::test]
    async fn a_page_is_the_index_and_a_file_that_is_gone_is_not() {
        for path in ["", "hosts", "hosts/1/facts", "apiary"] {
            let (status, headers, body) = ask(path, &[]).await;
            assert_eq!((status, body.as_str()), (200, "index.html"), "{path}");
            assert_eq!(headers[header::CACHE_CONTROL], "no-cache");
        }
        assert_eq!(ask("assets/app-0.js", &[]).await.0, 404);
        assert_eq!(ask("favicon.svg", &[]).await.2, "favicon.svg");
    }

    #[tokio::test]
    async fn what_the_browser_has_is_not_sent_again() {
        let (_, headers, _) = ask("", &[]).await;
        let tag = headers[header::ETAG].to_str().unwrap();
        let (status, headers, body) = ask("", &[(header::IF_NONE_MATCH, tag)]).await;
        assert_eq!((status, body.as_str()), (304, ""));
        assert_eq!(headers[header::ETAG], tag);
    }

    #[tokio::test]
    async fn a_console_that_is_not_built_says_how_to_build_it() {
        let (head, body) = answer("", &HeaderMap::new(), |_| None).into_parts();
        assert_eq!(head.status, 404);
        let bytes = axum::body::to_bytes(body, 1 << 16).await.unwrap();
        assert!(String::from_utf8_lossy(&bytes).contains("npm run build"));
    }
}
