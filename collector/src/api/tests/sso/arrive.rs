//! Coming back.

use super::*;

#[tokio::test]
async fn a_person_signs_in_and_is_sent_on_to_the_page_that_was_asked_for() {
    let api = Api::new().await;
    let idp = corp(&api).await;
    let ways = ask(&api, Method::GET, "/api/v1/session/providers", "")
        .await
        .ok();
    assert_eq!(
        ways["items"],
        json!([{"name": "corp", "title": "Corporate sign-in", "kind": "oidc"}])
    );
    let sent = begin(&api, "?to=/hosts%3Fq%3Dweb", None).await;
    let asked: std::collections::HashMap<_, _> = sent.url.query_pairs().into_owned().collect();
    assert_eq!(
        asked["redirect_uri"],
        "https://collector.example:8443/api/v1/session/oidc/corp/callback"
    );
    assert!(
        !asked.contains_key("prompt") && !asked.contains_key("max_age"),
        "{asked:?}"
    );
    let answer = back(&api, &idp.consent(&sent.url), &sent.cookie).await;
    assert_eq!(location(&answer), "/hosts?q=web");
    let session = session(&answer).unwrap();
    let who = who(&api, &session).await;
    assert_eq!(
        (&who["name"], &who["how"]),
        (&json!("alice"), &json!("oidc:corp"))
    );
    assert_eq!(
        ask(&api, Method::GET, "/api/v1/hosts", &session)
            .await
            .status,
        200
    );
    let refused = ask(&api, Method::GET, "/api/v1/identity-providers", &session).await;
    assert_eq!(refused.problem(), (403, "forbidden"));
    // The same person is the same account, whatever else is said of them.
    idp.claim("preferred_username", json!("bob"));
    let again = super::session(&sign_in(&api, &idp).await).unwrap();
    assert_eq!(super::who(&api, &again).await["name"], "alice");
    assert_eq!(count(&api, "account").await, 1);
    assert_eq!(count(&api, "sign_in").await, 0);
}

#[tokio::test]
async fn a_browser_comes_back_once_and_only_the_one_that_was_sent() {
    let api = Api::new().await;
    let idp = corp(&api).await;
    let sent = begin(&api, "", None).await;
    let other = begin(&api, "", None).await;
    let path = idp.consent(&sent.url);
    for cookie in ["", "openwatch_sign_in=", &other.cookie] {
        assert_refused(&back(&api, &path, cookie).await, "state");
    }
    for state in [
        "",
        "?code=a",
        "?state=a&code=a",
        &format!("?state={}&code=a", "A".repeat(43)),
    ] {
        let path = format!("/api/v1/session/oidc/corp/callback{state}");
        assert_refused(&back(&api, &path, &sent.cookie).await, "state");
    }
    // Those who tried have taken nothing from the one that was sent.
    assert!(session(&back(&api, &path, &sent.cookie).await).is_some());
    assert_refused(&back(&api, &path, &sent.cookie).await, "state");
    assert_eq!(count(&api, "session").await, 1);
}

#[tokio::test]
async fn a_browser_that_stays_away_for_long_begins_anew() {
    let api = Api::new().await;
    let idp = corp(&api).await;
    let sent = begin(&api, "", None).await;
    api.clock.advance(TimeDelta::minutes(10));
    assert_refused(
        &back(&api, &idp.consent(&sent.url), &sent.cookie).await,
        "late",
    );
    let forgotten = begin(&api, "", None).await;
    api.clock.advance(TimeDelta::minutes(10));
    begin(&api, "", None).await;
    assert_eq!(count(&api, "sign_in").await, 1, "{}", forgotten.url);
}

#[tokio::test]
async fn what_another_provider_answers_does_not_count() {
    let api = Api::new().await;
    let idp = corp(&api).await;
    let evil = Idp::start(&api.clock).await;
    let fields = with(&evil, json!({"name": "evil", "title": "Evil"}));
    api.post("/api/v1/identity-providers", fields).await.ok();

    // A redirect URI of its own for each: the code that is meant for one never goes to the other.
    let sent = begin(&api, "", None).await;
    let path = idp.consent(&sent.url).replace("/corp/", "/evil/");
    assert_refused(&back(&api, &path, &sent.cookie).await, "mix_up");
    assert_eq!(why(&api).await, "mix_up");
    // It says itself who it is.
    for iss in [&evil.issuer, "https://127.0.0.1", ""] {
        let sent = begin(&api, "", None).await;
        let path = format!("{}&iss={iss}", idp.consent(&sent.url));
        assert_refused(&back(&api, &path, &sent.cookie).await, "mix_up");
    }
    let sent = begin(&api, "", None).await;
    let path = format!("{}&iss={}", idp.consent(&sent.url), idp.issuer);
    assert!(session(&back(&api, &path, &sent.cookie).await).is_some());
    // Once it says that it always does, it must.
    let always = (
        "authorization_response_iss_parameter_supported".into(),
        json!(true),
    );
    idp.say(|say| say.publishes.extend([always]));
    api.clock.advance(TimeDelta::minutes(10));
    assert_refused(&sign_in(&api, &idp).await, "mix_up");
}

#[tokio::test]
async fn a_provider_that_says_no_or_nothing_lets_nobody_in() {
    let api = Api::new().await;
    let idp = corp(&api).await;
    let sent = begin(&api, "", None).await;
    let path = format!("{}&error=access_denied", idp.consent(&sent.url));
    assert_refused(&back(&api, &path, &sent.cookie).await, "denied");
    // A code that it does not know, and one that it gave to somebody else.
    let sent = begin(&api, "", None).await;
    let path = idp.consent(&sent.url).replace("code=", "code=x");
    assert_refused(&back(&api, &path, &sent.cookie).await, "provider");
    let (mine, other) = (begin(&api, "", None).await, begin(&api, "", None).await);
    let (path, stolen) = (idp.consent(&mine.url), idp.consent(&other.url));
    let code = |path: &str| {
        path.split("code=")
            .nth(1)
            .unwrap()
            .split('&')
            .next()
            .unwrap()
            .to_owned()
    };
    let path = path.replace(&code(&path), &code(&stolen));
    assert_refused(&back(&api, &path, &mine.cookie).await, "provider");
    assert_eq!(count(&api, "session").await, 0);

    idp.stop().await;
    api.clock.advance(TimeDelta::minutes(10));
    let path = "/api/v1/session/oidc/corp/begin";
    assert_refused(&ask(&api, Method::GET, path, "").await, "provider");
    let unknown = ask(&api, Method::GET, "/api/v1/session/oidc/nobody/begin", "").await;
    assert_eq!(unknown.problem(), (404, "provider_not_found"));
}

#[tokio::test]
async fn what_is_dangerous_needs_a_person_who_was_asked_just_now() {
    let api = Api::new().await;
    let idp = corp(&api).await;
    idp.claim("groups", json!(["chiefs"]));
    let dangerous = "/api/v1/identity-providers/nobody";
    let tries = async |cookie: &str| {
        let answer = ask(&api, Method::DELETE, dangerous, cookie).await;
        answer.problem().1.to_owned()
    };
    // Known to the provider since long, and at a time that it does not tell.
    for since in [json!(api.clock_now() - 900), Value::Null] {
        idp.claim("auth_time", since);
        let session = session(&sign_in(&api, &idp).await).unwrap();
        assert_eq!(tries(&session).await, "proof_needed");
    }
    let before = session(&sign_in(&api, &idp).await).unwrap();
    let again = async || {
        let sent = begin(&api, "?prove=true", Some(&before)).await;
        let asked: std::collections::HashMap<_, _> = sent.url.query_pairs().into_owned().collect();
        assert_eq!(
            (asked["prompt"].as_str(), asked["max_age"].as_str()),
            ("login", "0")
        );
        back(&api, &idp.consent(&sent.url), &sent.cookie).await
    };
    for (since, word) in [
        (Value::Null, "time"),
        (json!(api.clock_now() - 900), "time"),
    ] {
        idp.claim("auth_time", since);
        assert_refused(&again().await, "token");
        assert_eq!(why(&api).await, word);
    }
    idp.claim("auth_time", json!(api.clock_now()));
    let after = session(&again().await).unwrap();
    assert_eq!(tries(&after).await, "provider_not_found");
    // The session before has ended: nobody is left signed in behind the new one.
    let gone = ask(&api, Method::GET, "/api/v1/session", &before).await;
    assert_eq!(gone.problem(), (401, "unauthenticated"));
}
