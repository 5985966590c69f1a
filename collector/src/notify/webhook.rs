use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use chrono::{DateTime, Utc};
use serde_json::json;

use super::{at, http::Post, told};
use crate::notice::Notice;

/// What a secret begins with.
const PREFIX: &str = "whsec_";

/// A request after the Standard Webhooks specification, signed with each of the secrets. `None` when one of them
/// is none.
pub(super) fn post<'a>(
    url: &str,
    notice: &Notice,
    secrets: impl Iterator<Item = &'a str>,
    now: DateTime<Utc>,
) -> Option<Post> {
    let body = json!({
        "type": format!("alert.{}", notice.phase.name()),
        "timestamp": at(notice.occurred_at),
        "data": told(notice),
    });
    let body = body.to_string();
    let (id, seconds) = (notice.id.to_string(), now.timestamp().to_string());
    let signed = format!("{id}.{seconds}.{body}");
    let signatures = secrets.map(|secret| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key(secret)?);
        let tag = hmac::sign(&key, signed.as_bytes());
        Some(format!("v1,{}", STANDARD.encode(tag)))
    });
    let signatures: Vec<_> = signatures.collect::<Option<_>>()?;
    Some(Post {
        url: url.into(),
        headers: vec![
            ("webhook-id", id),
            ("webhook-timestamp", seconds),
            ("webhook-signature", signatures.join(" ")),
        ],
        body: body.into_bytes(),
    })
}

/// Whether a text can be a webhook's secret: `whsec_` and 24 to 64 bytes in base64.
pub fn check_secret(secret: &str) -> bool {
    key(secret).is_some()
}

fn key(secret: &str) -> Option<Vec<u8>> {
    let key = STANDARD.decode(secret.strip_prefix(PREFIX)?).ok()?;
    (24..=64).contains(&key.len()).then_some(key)
}
