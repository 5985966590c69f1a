//! The reference page.

use std::collections::BTreeSet;

use axum::{body::Body, http::Method};
use serde_json::{Value, json};

use super::{Api, request, send};
use crate::api::reference::page;

fn document() -> Value {
    serde_json::to_value(crate::api::openapi()).unwrap()
}

/// What stands between `open` and the next quote, each time.
fn quoted<'a>(page: &'a str, open: &str) -> BTreeSet<&'a str> {
    let parts = page.split(open).skip(1);
    parts.map(|part| part.split('"').next().unwrap()).collect()
}

#[tokio::test]
async fn anybody_reads_of_every_operation_who_may_do_it_and_how() {
    let api = Api::without_database();
    let ask = request(Method::GET, "/api/docs")
        .body(Body::empty())
        .unwrap();
    let answer = send(&api.https, ask).await;
    assert_eq!(answer.headers["content-type"], "text/html; charset=utf-8");
    let page = answer.ok();
    let (page, document) = (page.as_str().unwrap(), document());
    let ids = quoted(page, " id=\"");
    for (path, item) in document["paths"].as_object().unwrap() {
        assert!(page.contains(&format!("<code>{path}</code>")), "{path}");
        for said in item.as_object().unwrap().values() {
            let id = said["operationId"].as_str().unwrap();
            assert!(ids.contains(id), "{id}");
        }
    }
    for said in [
        "Asks the permission <code>hosts.revoke</code>.",
        "curl -X POST \\\n  &quot;$OPENWATCH/api/v1/groups&quot; \\\n  \
         -H &quot;Authorization: Bearer $TOKEN&quot; \\\n  \
         -H &#39;Content-Type: application/json&#39; \\\n  -d &#39;{&quot;name&quot;:&quot;…&quot;}&#39;",
        "<code>precedence</code></th><td>integer, -1000000 to 1000000</td>",
        "<code>items[].valid_from</code> <em>required</em>",
    ] {
        assert!(page.contains(said), "{said}");
    }
}

#[tokio::test]
async fn the_page_takes_nothing_from_elsewhere_and_every_link_on_it_leads_somewhere() {
    let page = page(&document());
    for word in ["<script", "<style", " style=", "javascript:", "http-equiv"] {
        assert!(!page.contains(word), "{word}");
    }
    let ids = quoted(&page, " id=\"");
    let links = quoted(&page, " href=\"");
    let dead = |link: &&&str| link.strip_prefix('#').is_some_and(|to| !ids.contains(to));
    let dead: Vec<_> = links.iter().filter(dead).collect();
    assert!(dead.is_empty(), "{dead:?}");
    let api = Api::without_database();
    for link in links.iter().filter(|link| link.starts_with("/api/")) {
        let ask = request(Method::GET, link).body(Body::empty()).unwrap();
        let answer = send(&api.https, ask).await;
        assert!(answer.status.is_success(), "{link}: {answer:?}");
    }
    let outside = |link: &&&str| !link.starts_with(['#', '/']);
    assert_eq!(links.iter().find(outside), None);
}

#[test]
fn what_the_document_says_is_text_on_the_page_wherever_it_stands() {
    const HOSTILE: &str = "\"'></code><script>alert(1)</script><img src=x onerror=alert(2)>";
    /// Puts it behind every text, and into every name that is not the form's own.
    fn poison(value: &mut Value) {
        match value {
            Value::String(text) if !text.starts_with("#/") => text.push_str(HOSTILE),
            Value::Array(items) => items.iter_mut().for_each(poison),
            Value::Object(fields) => {
                fields.values_mut().for_each(poison);
                for name in ["properties", "paths", "content", "responses", "headers"] {
                    let names = fields.get_mut(name).and_then(Value::as_object_mut);
                    if let Some(names) = names {
                        let old = std::mem::take(names).into_iter();
                        names.extend(old.map(|(name, value)| (name + HOSTILE, value)));
                    }
                }
            }
            _ => {}
        }
    }
    let mut document = document();
    poison(&mut document);
    document["components"]["schemas"][HOSTILE] = json!({"enum": [HOSTILE], "default": HOSTILE});
    let page = page(&document);
    assert!(page.contains("&lt;script&gt;"));
    assert!(!page.contains("<script") && !page.contains("<img"));
}
