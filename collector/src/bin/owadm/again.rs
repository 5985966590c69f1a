//! When a request is sent again.

use std::time::Duration;

use reqwest::{Response, StatusCode, header::RETRY_AFTER};

/// How often one request is sent.
pub(crate) const TRIES: u32 = 10;
/// The longest that is waited between two, seconds.
const PATIENCE_S: u64 = 60;

/// How long the collector asks to wait: because there were many requests, or because it is still at this one.
pub(crate) fn wait(answer: &Response) -> Option<Duration> {
    let early = [StatusCode::TOO_MANY_REQUESTS, StatusCode::CONFLICT].contains(&answer.status());
    let said = answer.headers().get(RETRY_AFTER)?.to_str().ok()?;
    let seconds = said.parse().ok()?;
    (early && seconds <= PATIENCE_S).then(|| Duration::from_secs(seconds))
}

/// Whether the connection broke before the answer was whole: the request may or may not have been done.
pub(crate) fn is_broken(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<reqwest::Error>();
    error.is_some_and(|error| {
        let lost = error.is_request() || error.is_body() || error.is_decode();
        lost && !error.is_timeout() && !error.is_connect()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::{UnixListener, UnixStream},
    };

    use crate::client::{Client, code};

    const DONE: &str = "HTTP/1.1 201 Created\r\ncontent-length: 8\r\n\r\n{\"n\": 1}";
    const HALF: &str = "HTTP/1.1 201 Created\r\ncontent-length: 8\r\n\r\n{\"n\"";

    /// What a request says its key is.
    async fn key(stream: &mut UnixStream) -> Option<String> {
        let mut read = Vec::new();
        while !read.ends_with(b"{}") {
            assert_ne!(stream.read_buf(&mut read).await.unwrap(), 0);
        }
        let text = String::from_utf8(read).unwrap().to_lowercase();
        let key = text
            .lines()
            .find_map(|line| line.strip_prefix("idempotency-key: "));
        key.map(str::to_owned)
    }

    /// What comes of a POST when each connection is answered so and closed, and with which keys it was sent.
    async fn told(answers: &[&str]) -> (anyhow::Result<Value>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("socket");
        let listener = UnixListener::bind(&socket).unwrap();
        let client = Client::local(&socket).unwrap();
        let body = json!({});
        let serve = async {
            let mut keys = Vec::new();
            for answer in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                keys.extend(key(&mut stream).await);
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
            keys
        };
        tokio::join!(client.post("/api/v1/groups", &body), serve)
    }

    #[tokio::test]
    async fn what_a_broken_connection_lost_is_sent_again_with_its_key() {
        let (told, keys) = told(&["", HALF, DONE]).await;
        assert_eq!(told.unwrap(), json!({"n": 1}));
        assert_eq!(keys.len(), 3);
        assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    }

    #[tokio::test]
    async fn what_is_too_early_is_sent_again_and_what_is_refused_is_not() {
        let early = |status: &str| {
            let close = "connection: close\r\ncontent-length: 2";
            format!("HTTP/1.1 {status}\r\nretry-after: 0\r\n{close}\r\n\r\n{{}}")
        };
        let (many, still) = (early("429 Too Many Requests"), early("409 Conflict"));
        let (done, keys) = told(&[&many, &still, DONE]).await;
        assert_eq!((done.unwrap(), keys.len()), (json!({"n": 1}), 3));
        let problem = r#"{"code": "group_exists", "detail": "no"}"#;
        let refusal = format!(
            "HTTP/1.1 409 Conflict\r\ncontent-length: {}\r\n\r\n{problem}",
            problem.len()
        );
        let (refused, _) = told(&[&refusal]).await;
        assert_eq!(code(&refused.unwrap_err()), Some("group_exists"));
    }
}
