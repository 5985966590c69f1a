//! The document that the console's types are made from.

use std::{env, fs, path::Path};

#[test]
fn the_document_in_docs_is_the_one_of_the_routes() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    let mut text = serde_json::to_string_pretty(&crate::api::openapi()).unwrap();
    text.push('\n');
    if env::var_os("OPENWATCH_WRITE_OPENAPI").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == text,
        "docs/openapi.json is out of date: run the test again with OPENWATCH_WRITE_OPENAPI=1"
    );
}
