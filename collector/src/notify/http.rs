use std::time::Duration;

use chrono::{DateTime, Utc};
use hyper::{HeaderMap, Request, StatusCode, header};
use serde_json::Value;

use super::{PATIENCE, Said, Sender, Verdict};
use crate::outbound::Purpose;

/// Of an answer as much is read.
const MAX_BYTES: usize = 4096;

/// A request.
#[derive(Debug)]
pub(super) struct Post {
    pub(super) url: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

impl Post {
    pub(super) fn json(url: &str, body: &Value) -> Self {
        Self {
            url: url.into(),
            headers: Vec::new(),
            body: body.to_string().into_bytes(),
        }
    }
}

impl Sender {
    /// Only over `https://`.
    pub(super) async fn post(&self, post: Post, ca_pem: Option<&str>) -> Said {
        let client = self.outbound.client(Purpose {
            plain: false,
            authorities: ca_pem.map(str::as_bytes),
            timeout: PATIENCE,
            max_bytes: MAX_BYTES,
        });
        let mut request = Request::post(&post.url).header(header::CONTENT_TYPE, "application/json");
        for (name, value) in &post.headers {
            request = request.header(*name, value);
        }
        let request = match request.body(post.body) {
            Ok(request) => request,
            Err(error) => return Said::nothing(&error, Verdict::Never),
        };
        let client = match client {
            Ok(client) => client,
            Err(error) => return error.into(),
        };
        match client.tell(request).await {
            Ok(answer) => {
                let status = answer.status();
                let verdict = verdict(status, answer.headers(), self.clock.now());
                let text = String::from_utf8_lossy(answer.body());
                Said::new(Some(status.as_u16()), &text, verdict)
            }
            Err(error) => error.into(),
        }
    }
}

/// What a status means: 2xx is taken; what the receiver may mend is tried again; everything else is about the
/// request, and would be answered alike each time. A redirect is not followed: it would lead where nobody said.
fn verdict(status: StatusCode, headers: &HeaderMap, now: DateTime<Utc>) -> Verdict {
    let passes = [
        StatusCode::REQUEST_TIMEOUT,
        StatusCode::TOO_EARLY,
        StatusCode::TOO_MANY_REQUESTS,
    ];
    if status.is_success() {
        Verdict::Taken
    } else if status.is_server_error() || passes.contains(&status) {
        let said = headers.get(header::RETRY_AFTER);
        let said = said.and_then(|said| said.to_str().ok());
        Verdict::Later(said.and_then(|said| retry_after(said, now)))
    } else {
        Verdict::Never
    }
}

/// Seconds, or an instant of HTTP.
fn retry_after(said: &str, now: DateTime<Utc>) -> Option<Duration> {
    if let Ok(seconds) = said.trim().parse() {
        return Some(Duration::from_secs(seconds));
    }
    let at = DateTime::parse_from_rfc2822(said).ok()?;
    (at.to_utc() - now).to_std().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_pass_is_tried_again_and_what_is_wrong_is_not() {
        let now = "2026-03-03T14:05:00Z".parse().unwrap();
        let said = |status: u16, after: &str| {
            let mut headers = HeaderMap::new();
            if !after.is_empty() {
                headers.insert(header::RETRY_AFTER, after.parse().unwrap());
            }
            verdict(StatusCode::from_u16(status).unwrap(), &headers, now)
        };
        for taken in [200, 201, 202, 204] {
            assert_eq!(said(taken, ""), Verdict::Taken);
        }
        for later in [408, 425, 429, 500, 502, 503, 504] {
            assert_eq!(said(later, ""), Verdict::Later(None), "{later}");
        }
        for never in [301, 302, 307, 400, 401, 403, 404, 410, 413, 422] {
            assert_eq!(said(never, "9"), Verdict::Never, "{never}");
        }
        let after = |seconds| Verdict::Later(Some(Duration::from_secs(seconds)));
        assert_eq!(said(429, "120"), after(120));
        assert_eq!(said(503, "Tue, 03 Mar 2026 14:06:30 GMT"), after(90));
        assert_eq!(
            said(503, "Tue, 03 Mar 2026 14:04:30 GMT"),
            Verdict::Later(None)
        );
        assert_eq!(said(503, "soon"), Verdict::Later(None));
    }
}
