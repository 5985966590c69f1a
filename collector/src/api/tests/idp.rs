//! A provider of OpenID Connect that a test makes say what it likes: HTTPS and signatures are real.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _},
};
use axum::{
    Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use shared::{
    clock::{Clock as _, ManualClock, SystemClock},
    lifecycle::Lifecycle,
};
use tempfile::TempDir;
use tokio::net::TcpListener;
use url::Url;

use crate::{
    authority::Authority,
    https::{OwnCertificate, serve_https, tls_config},
};

pub(super) const CLIENT: &str = "openwatch";
pub(super) const SECRET: &str = "a secret of + & % signs";

/// The provider.
pub(super) struct Idp {
    pub(super) issuer: String,
    pub(super) ca_pem: String,
    pub(super) script: Arc<Script>,
    lifecycle: Lifecycle,
    _files: TempDir,
}

/// What it says.
pub(super) struct Script {
    issuer: String,
    clock: Arc<ManualClock>,
    pub(super) say: Mutex<Say>,
}

/// What a test may change.
pub(super) struct Say {
    /// Of the signed statement; null takes a claim out.
    pub(super) claims: Map<String, Value>,
    /// Of its head.
    pub(super) head: Map<String, Value>,
    /// What it signs with.
    pub(super) signs: Signs,
    /// What it publishes besides the usual.
    pub(super) publishes: Map<String, Value>,
    pub(super) keys: Vec<(String, Arc<EcdsaKeyPair>)>,
    /// Whether it sends a statement at all.
    pub(super) states: bool,
    codes: HashMap<String, Code>,
    /// How often it was asked for its keys.
    pub(super) asked_for_keys: u32,
}

pub(super) enum Signs {
    /// The newest key that is published.
    Newest,
    /// Another one.
    With(Arc<EcdsaKeyPair>),
    /// The client's secret.
    Secret,
    Nothing,
}

struct Code {
    nonce: Option<String>,
    challenge: String,
    redirect: String,
}

pub(super) fn key() -> Arc<EcdsaKeyPair> {
    Arc::new(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
}

impl Idp {
    pub(super) async fn start(clock: &Arc<ManualClock>) -> Self {
        let files = tempfile::tempdir().unwrap();
        let authority = Authority::open(files.path(), SystemClock::shared()).unwrap();
        let issued = authority.issue_https(&["127.0.0.1".into()]).unwrap();
        let own = OwnCertificate::fixed(issued, SystemClock::shared(), Arc::default()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        let issuer = format!("https://{address}");
        let script = Arc::new(Script {
            issuer: issuer.clone(),
            clock: clock.clone(),
            say: Mutex::new(Say {
                claims: Map::new(),
                head: Map::new(),
                signs: Signs::Newest,
                publishes: Map::new(),
                keys: vec![("first".into(), key())],
                states: true,
                codes: HashMap::new(),
                asked_for_keys: 0,
            }),
        });
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(document))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .with_state(script.clone());
        let lifecycle = Lifecycle::default();
        let tls = tls_config(Arc::new(own)).unwrap();
        lifecycle.spawn("provider", |token| {
            serve_https(listener, tls, router, token)
        });
        Self {
            issuer,
            ca_pem: authority.certificate_pem().into(),
            script,
            lifecycle,
            _files: files,
        }
    }

    /// Nobody answers any more.
    pub(super) async fn stop(self) {
        self.lifecycle.stop(Duration::from_secs(5)).await;
    }

    /// Sets one claim of the statement.
    pub(super) fn claim(&self, name: &str, value: Value) {
        self.script
            .say
            .lock()
            .unwrap()
            .claims
            .insert(name.into(), value);
    }

    pub(super) fn say(&self, change: impl FnOnce(&mut Say)) {
        change(&mut self.script.say.lock().unwrap());
    }

    /// The person says yes to what a browser was sent with; where the browser is sent back to.
    pub(super) fn consent(&self, sent: &Url) -> String {
        assert_eq!(sent.path(), "/authorize", "{sent}");
        let asked: HashMap<_, _> = sent.query_pairs().into_owned().collect();
        assert_eq!(asked["response_type"], "code");
        assert_eq!(asked["client_id"], CLIENT);
        assert_eq!(asked["code_challenge_method"], "S256");
        assert!(asked["scope"].split(' ').any(|scope| scope == "openid"));
        let code = URL_SAFE_NO_PAD.encode(Sha256::digest(&asked["state"]));
        let mut back: Url = asked["redirect_uri"].parse().unwrap();
        back.query_pairs_mut()
            .append_pair("code", &code)
            .append_pair("state", &asked["state"]);
        let remembered = Code {
            nonce: asked.get("nonce").cloned(),
            challenge: asked["code_challenge"].clone(),
            redirect: asked["redirect_uri"].clone(),
        };
        self.say(|say| drop(say.codes.insert(code, remembered)));
        format!("{}?{}", back.path(), back.query().unwrap())
    }
}

async fn document(State(script): State<Arc<Script>>) -> Json<Value> {
    let issuer = &script.issuer;
    let mut document = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256", "HS256", "none"],
    });
    let more = script.say.lock().unwrap().publishes.clone();
    document.as_object_mut().unwrap().extend(more);
    Json(document)
}

async fn keys(State(script): State<Arc<Script>>) -> Json<Value> {
    let mut say = script.say.lock().unwrap();
    say.asked_for_keys += 1;
    let keys = say.keys.iter().map(|(kid, key)| {
        let point = key.public_key().as_ref();
        json!({
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": kid,
            "x": URL_SAFE_NO_PAD.encode(&point[1..33]), "y": URL_SAFE_NO_PAD.encode(&point[33..]),
        })
    });
    Json(json!({"keys": keys.collect::<Vec<_>>()}))
}

/// As RFC 6749, 7636 and OpenID Connect Core ask of one: a code is good once, for who it was made for.
async fn token(State(script): State<Arc<Script>>, headers: HeaderMap, body: String) -> Response {
    let asked = url::form_urlencoded::parse(body.as_bytes()).into_owned();
    let asked: HashMap<String, String> = asked.collect();
    let refused =
        |error: &str| (StatusCode::BAD_REQUEST, Json(json!({"error": error}))).into_response();
    let mut encoded = url::form_urlencoded::Serializer::new(String::new());
    let encoded = encoded.append_key_only(SECRET).finish();
    let login = format!("Basic {}", STANDARD.encode(format!("{CLIENT}:{encoded}")));
    if headers
        .get("authorization")
        .is_none_or(|said| said.as_bytes() != login.as_bytes())
    {
        return refused("invalid_client");
    }
    let mut say = script.say.lock().unwrap();
    let Some(code) = say.codes.remove(&asked["code"]) else {
        return refused("invalid_grant");
    };
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(&asked["code_verifier"]));
    if challenge != code.challenge || asked["redirect_uri"] != code.redirect {
        return refused("invalid_grant");
    }
    let mut answer = json!({"access_token": "opaque", "token_type": "Bearer"});
    if say.states {
        let now = script.clock.now();
        answer["id_token"] = statement(&say, &script.issuer, code.nonce, now).into();
    }
    Json(answer).into_response()
}

fn statement(say: &Say, issuer: &str, nonce: Option<String>, now: DateTime<Utc>) -> String {
    let (kid, newest) = say.keys.last().unwrap();
    let mut claims = json!({
        "iss": issuer, "aud": CLIENT, "sub": "person-1", "nonce": nonce,
        "iat": now.timestamp(), "exp": now.timestamp() + 300, "auth_time": now.timestamp(),
        "preferred_username": "alice", "name": "Alice", "groups": ["staff"],
    });
    change(claims.as_object_mut().unwrap(), &say.claims);
    let mut head = json!({"typ": "JWT", "alg": "ES256", "kid": kid});
    change(head.as_object_mut().unwrap(), &say.head);
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", part(&head), part(&claims));
    let with = |key: &EcdsaKeyPair| {
        let signature = key.sign(&SystemRandom::new(), text.as_bytes()).unwrap();
        signature.as_ref().to_vec()
    };
    let signature = match &say.signs {
        Signs::Newest => with(newest),
        Signs::With(other) => with(other),
        Signs::Secret => {
            let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
            hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
        }
        Signs::Nothing => Vec::new(),
    };
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
}

fn change(what: &mut Map<String, Value>, by: &Map<String, Value>) {
    for (name, value) in by {
        if value.is_null() {
            what.remove(name);
        } else {
            what.insert(name.clone(), value.clone());
        }
    }
}
