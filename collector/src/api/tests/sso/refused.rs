//! What a provider signs that is not believed.

use super::*;

#[tokio::test]
async fn a_statement_that_is_not_whole_new_and_ours_lets_nobody_in() {
    let api = Api::new().await;
    let idp = corp(&api).await;
    assert!(session(&sign_in(&api, &idp).await).is_some());
    let now = api.clock_now();
    let claims = [
        ("nonce", json!("another"), "nonce"),
        ("nonce", Value::Null, "nonce"),
        ("iss", json!("https://evil.example"), "issuer"),
        ("iss", json!(format!("{}/", idp.issuer)), "issuer"),
        ("aud", json!("another-client"), "audience"),
        ("aud", json!([CLIENT, "another-client"]), "audience"),
        ("aud", json!([]), "audience"),
        ("azp", json!("another-client"), "audience"),
        ("exp", json!(now - 61), "time"),
        ("iat", json!(now + 61), "time"),
        ("iat", json!(now - 61), "time"),
        ("nbf", json!(now + 61), "time"),
        ("nbf", json!("soon"), "time"),
        ("auth_time", json!(now + 61), "time"),
        ("sub", json!(""), "subject"),
        ("sub", json!("x".repeat(256)), "subject"),
    ];
    for (name, value, word) in claims {
        idp.say(|say| say.claims = [(name.to_owned(), value.clone())].into_iter().collect());
        assert_refused(&sign_in(&api, &idp).await, "token");
        assert_eq!(why(&api).await, word, "{name} {value}");
    }
    // Within what clocks may differ.
    for (name, value) in [
        ("exp", json!(now - 59)),
        ("iat", json!(now + 59)),
        ("iat", json!(now - 59)),
    ] {
        idp.say(|say| say.claims = [(name.to_owned(), value.clone())].into_iter().collect());
        assert!(
            session(&sign_in(&api, &idp).await).is_some(),
            "{name} {value}"
        );
    }
}

#[tokio::test]
async fn a_statement_that_the_provider_did_not_sign_lets_nobody_in() {
    let api = Api::new().await;
    let idp = corp(&api).await;
    assert!(session(&sign_in(&api, &idp).await).is_some());
    let point_as_secret = json!({"alg": "HS256", "kid": "first"});
    let cases = [
        ("another key under its name", json!({}), Signs::With(key())),
        (
            "a key that it does not publish",
            json!({"kid": "unknown"}),
            Signs::With(key()),
        ),
        ("no name of a key", json!({"kid": null}), Signs::With(key())),
        ("no signature", json!({"alg": "none"}), Signs::Nothing),
        ("no signature, said otherwise", json!({}), Signs::Nothing),
        (
            "the client's secret",
            json!({"alg": "HS256"}),
            Signs::Secret,
        ),
        ("the client's secret, named", point_as_secret, Signs::Secret),
        (
            "an algorithm that does not fit the key",
            json!({"alg": "RS256"}),
            Signs::Newest,
        ),
        (
            "an extension that must be understood",
            json!({"crit": ["exp"]}),
            Signs::Newest,
        ),
    ];
    for (case, head, signs) in cases {
        idp.say(|say| {
            say.head = head.as_object().unwrap().clone();
            say.signs = signs;
        });
        let answer = sign_in(&api, &idp).await;
        assert_eq!(session(&answer), None, "{case}");
        assert!(
            ["/sign-in?refused=token", "/sign-in?refused=provider"].contains(&location(&answer)),
            "{case}"
        );
    }
    idp.say(|say| {
        say.head.clear();
        say.signs = Signs::Newest;
        say.states = false;
    });
    assert_refused(&sign_in(&api, &idp).await, "token");
    idp.say(|say| say.states = true);
    assert!(session(&sign_in(&api, &idp).await).is_some());
}

#[tokio::test]
async fn a_new_key_of_the_provider_is_asked_for_and_an_old_one_is_forgotten() {
    let api = Api::new().await;
    let idp = corp(&api).await;
    assert!(session(&sign_in(&api, &idp).await).is_some());
    assert!(session(&sign_in(&api, &idp).await).is_some());
    idp.say(|say| assert_eq!(say.asked_for_keys, 1));
    let mut old = None;
    idp.say(|say| {
        old = Some(say.keys[0].1.clone());
        say.keys = vec![("second".into(), key())];
    });
    assert!(session(&sign_in(&api, &idp).await).is_some());
    idp.say(|say| {
        assert_eq!(say.asked_for_keys, 2);
        say.head = [("kid".to_owned(), json!("first"))].into_iter().collect();
        say.signs = Signs::With(old.unwrap());
    });
    assert_refused(&sign_in(&api, &idp).await, "token");
    assert_eq!(why(&api).await, "signature");
}

#[tokio::test]
async fn a_provider_that_says_it_is_another_is_not_asked() {
    let api = Api::new().await;
    let idp = corp(&api).await;
    let begin = "/api/v1/session/oidc/corp/begin";
    for (name, value) in [
        ("issuer", json!("https://evil.example")),
        ("token_endpoint", json!("http://127.0.0.1/token")),
        ("token_endpoint", json!("https://10.0.0.1/token")),
        ("authorization_endpoint", json!("javascript:alert(1)")),
        ("jwks_uri", json!("http://127.0.0.1/keys")),
    ] {
        idp.say(|say| say.publishes = [(name.to_owned(), value.clone())].into_iter().collect());
        let answer = ask(&api, Method::GET, begin, "").await;
        assert_refused(&answer, "provider");
    }
    idp.say(|say| say.publishes.clear());
    assert!(session(&sign_in(&api, &idp).await).is_some());
}
