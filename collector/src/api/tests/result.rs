//! Results, rules and frameworks.

use std::fs;

use serde_json::{Value, json};

use super::Api;
use crate::catalogue::Catalogue;

const RULE: &str = "\
id: root-login-off
title: SSH refuses to log root in
severity: high
category: access
why: Because.
check:
  sshd: {keyword: PermitRootLogin, is: \"no\"}
subjects: [sshd_disable_root_login]
";

const TESTS: &str = "\
cases:
  - {name: so, files: {/etc/ssh/sshd_config: \"PermitRootLogin no\"}, verdict: pass}
  - {name: not so, files: {/etc/ssh/sshd_config: \"PermitRootLogin yes\"}, verdict: fail}
  - {name: nothing, verdict: not_applicable, absent: true}
";

const CONTROLS: &str = "\
key: cis_debian12
platform: {family: debian, version: \"12\"}
controls:
  - {id: \"5.1.20\", levels: [l1_server], automated: true, subjects: [sshd_disable_root_login]}
  - {id: \"5.1.21\", automated: true, subjects: [another]}
";

/// A catalogue that no host decides alone, and one that draws on it.
const CATALOGUE: &str = "\
key: nist
controls:
  - {id: AC-6(2), title: Least, levels: [low, high], automated: false, subjects: [sshd_disable_root_login]}
  - {id: AC-7, levels: [high], automated: false, subjects: [another]}
";

const CROSSWALK: &str = "\
key: iso
controls:
  - {id: A.5.1, levels: [people], automated: false}
  - {id: A.8.2, automated: false, from: {nist: [AC-6(2), AC-7]}}
";

const PROFILE: &str = "\
key: cis-debian12-l1
title: CIS Debian 12, level 1
framework: cis_debian12
levels: [l1_server]
";

/// The profile's rules and one with a variable, which it sets.
const STRICT: &str = "\
key: strict
title: Few tries
framework: cis_debian12
levels: [l1_server]
rules: [few-tries]
variables: {tries: 2}
";

/// A rule with one variable.
fn with_variable(id: &str, name: &str, variable: &str) -> String {
    format!(
        "id: {id}\ntitle: It is so\nseverity: low\ncategory: limits\nwhy: Because.\n\
         variables:\n  {name}: {variable}\n\
         check:\n  sshd: {{keyword: MaxAuthTries, is: ${name}}}\n"
    )
}

/// What the collector of these tests knows of rules.
pub(super) fn catalogue() -> Catalogue {
    let folder = tempfile::tempdir().unwrap();
    let rules = [
        (
            "few-tries",
            "tries",
            "{type: integer, about: tries, default: 4, min: 1, max: 6}",
        ),
        (
            "short-grace",
            "seconds",
            "{type: integer, about: s, default: 60, min: 10, max: 120}",
        ),
        (
            "long-silence",
            "seconds",
            "{type: integer, about: s, default: 900, min: 60}",
        ),
        (
            "some-mode",
            "mode",
            "{type: text, about: mode, one_of: [\"1\", strict]}",
        ),
        (
            "number-mode",
            "mode",
            "{type: integer, about: mode, default: 1}",
        ),
        (
            "known-ciphers",
            "ciphers",
            "{type: list, about: ciphers, default: [aes]}",
        ),
    ];
    let rules = rules.iter().flat_map(|(id, name, variable)| {
        let path = |end: &str| format!("rules/limits/{id}{end}");
        [
            (path(".yaml"), with_variable(id, name, variable)),
            (path(".tests.yaml"), TESTS.to_owned()),
        ]
    });
    let others = [
        ("rules/access/root-login-off.yaml", RULE),
        ("rules/access/root-login-off.tests.yaml", TESTS),
        ("frameworks/cis_debian12.yaml", CONTROLS),
        ("frameworks/iso.yaml", CROSSWALK),
        ("frameworks/nist.yaml", CATALOGUE),
        ("profiles/cis-debian12-l1.yaml", PROFILE),
        ("profiles/strict.yaml", STRICT),
    ];
    let others = others.map(|(path, text)| (path.to_owned(), text.to_owned()));
    for (path, text) in rules.chain(others) {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    Catalogue::load(folder.path()).unwrap()
}

/// Two hosts and a revoked one. On `a` root could log in until 2 March.
const RESULTS: &str = "
    insert into host (id, hostname, group_name, machine, agent_version, enrolled_at, last_seen_at,
                      revoked_at)
    select ('00000000-0000-7000-8000-00000000000' || n)::uuid, name, 'default', '', '0.1.0',
           '2026-01-01Z', '2026-01-01Z', revoked
    from (values (1, 'a', null::timestamptz), (2, 'b', null), (3, 'c', '2026-03-02Z'))
        as h (n, name, revoked);
    insert into fact_kind (name) values ('result'), ('os');
    insert into fact_key (kind, key)
    select id, key from fact_kind, unnest(array['root-login-off', 'of-another-content']) as k (key)
    where name = 'result';
    insert into fact_key (kind, key) select id, 'root-login-off' from fact_kind where name = 'os';
    insert into fact_value (key_id, hash, value)
    select k.id, sha256((k.id || k.key || verdict)::bytea), jsonb_build_object(
        'verdict', verdict, 'because', 'it is ' || verdict, 'content', '0123456789abcdef',
        'truncated', false, 'evidence', jsonb_build_array(jsonb_build_object(
            'check', 'sshd', 'verdict', verdict, 'read', jsonb_build_array('/etc/ssh/sshd_config'),
            'expected', 'no', 'actual', verdict, 'offenders', jsonb_build_array(),
            'offenders_total', 0)))
    from fact_key k, unnest(array['pass', 'fail']) as verdict;
    create function came(host text, rule text, verdict text, since timestamptz, until timestamptz)
    returns void language sql as $$
        insert into host_fact (host_no, kind, key_id, value_id, valid_from, valid_to)
        select h.host_no, k.kind, k.id, v.id, since, until
        from host h, fact_kind kind join fact_key k on k.kind = kind.id
        join fact_value v on v.key_id = k.id
        where h.hostname = host and kind.name = 'result' and k.key = rule
          and v.value ->> 'verdict' = verdict
    $$;
    select came('a', 'root-login-off', 'fail', '2026-03-01Z', '2026-03-02Z'),
           came('a', 'root-login-off', 'pass', '2026-03-02Z', 'infinity'),
           came('a', 'of-another-content', 'fail', '2026-03-01Z', 'infinity'),
           came('b', 'root-login-off', 'fail', '2026-03-01Z', 'infinity'),
           came('c', 'root-login-off', 'fail', '2026-03-01Z', 'infinity');
";

const HOST: &str = "/api/v1/hosts/00000000-0000-7000-8000-000000000001";

#[tokio::test]
async fn results_of_a_host_are_told_now_and_then_and_counted() {
    let api = Api::new().await;
    api.sql(RESULTS).await;
    let results = format!("{HOST}/results");
    let now = api.get(&results).await.ok();
    assert_eq!(now["counts"], json!({"pass": 1, "fail": 1}));
    assert_eq!(
        now["items"][1],
        json!({"rule": "root-login-off", "profile": null, "title": "SSH refuses to log root in",
               "severity": "high", "status": "pass", "waived": null, "because": "it is pass",
               "valid_from": "2026-03-02T00:00:00.000000Z", "valid_to": null})
    );
    assert_eq!(now["items"][0]["title"], Value::Null, "not in this content");
    let rules = async |query: &str| api.get(&format!("{results}?{query}")).await.items("rule");
    assert_eq!(rules("status=fail").await, ["of-another-content"]);
    assert_eq!(rules("framework=cis_debian12").await, ["root-login-off"]);
    assert_eq!(rules("profile=cis-debian12-l1").await, ["root-login-off"]);
    assert_eq!(rules("severity=low").await, [""; 0]);
    let unheard = api.get(&format!("{results}?profile=unheard")).await;
    assert_eq!(unheard.problem(), (404, "profile_not_found"));
    let then = "at=2026-03-01T12:00:00Z";
    assert_eq!(
        rules(&format!("status=fail&{then}")).await,
        ["of-another-content", "root-login-off"]
    );
    assert_eq!(
        api.pages(&results, 1, "rule").await,
        ["of-another-content", "root-login-off"]
    );
}

#[tokio::test]
async fn one_result_has_its_evidence_and_what_was_before() {
    let api = Api::new().await;
    api.sql(RESULTS).await;
    let path = format!("{HOST}/results/root-login-off");
    let now = api.get(&path).await.ok();
    assert_eq!(now["result"]["status"], "pass");
    assert_eq!(now["result"]["evidence"][0]["actual"], "pass");
    assert_eq!(now["before"][0]["status"], "fail");
    assert_eq!(now["before"][0]["valid_to"], "2026-03-02T00:00:00.000000Z");
    let then = api
        .get(&format!("{path}?at=2026-03-01T12:00:00Z"))
        .await
        .ok();
    assert_eq!(then["result"]["status"], "fail");
    assert_eq!(then["before"], json!([]));
    let never = api
        .get(&format!("{path}?at=2026-02-01T12:00:00Z"))
        .await
        .ok();
    assert_eq!(never["result"], Value::Null);
    let unheard = api.get(&format!("{HOST}/results/unheard")).await;
    assert_eq!(unheard.problem(), (404, "rule_not_found"));
    let host = "/api/v1/hosts/0193a000-0000-7000-8000-000000000001/results/root-login-off";
    assert_eq!(api.get(host).await.problem(), (404, "host_not_found"));
}

/// On `a` a rule was decided with three sets of values, and again since 2 March.
const SETS: &str = "
    insert into fact_key (kind, key)
    select id, key from fact_kind,
        unnest(array['few-tries', 'few-tries@other', 'few-tries@strict']) as k (key)
    where name = 'result';
    insert into fact_value (key_id, hash, value)
    select k.id, sha256((k.id || tries)::bytea), jsonb_build_object(
        'verdict', case when tries::int > 3 then 'pass' else 'fail' end, 'because', tries,
        'content', '0', 'evidence', jsonb_build_array(),
        'values', jsonb_build_object('tries', tries::int))
    from fact_key k, unnest(array['2', '3', '4', '5']) as tries where k.key like 'few-tries%';
    create function decided(rule text, tries text, since timestamptz, until timestamptz)
    returns void language sql as $$
        insert into host_fact (host_no, kind, key_id, value_id, valid_from, valid_to)
        select h.host_no, k.kind, k.id, v.id, since, until
        from host h, fact_key k join fact_value v on v.key_id = k.id
        where h.hostname = 'a' and k.key = rule and v.value ->> 'because' = tries
    $$;
    select decided('few-tries', '5', '2026-03-01Z', '2026-03-02Z'),
           decided('few-tries@strict', '3', '2026-03-01Z', '2026-03-02Z'),
           decided('few-tries', '4', '2026-03-02Z', 'infinity'),
           decided('few-tries@other', '2', '2026-03-02Z', 'infinity');
";

#[tokio::test]
async fn of_a_profile_those_results_are_told_that_have_its_values() {
    let api = Api::new().await;
    api.sql(RESULTS).await;
    api.sql(SETS).await;
    let of = async |query: &str| {
        let page = api.get(&format!("{HOST}/results?{query}")).await.ok();
        let items = page["items"].as_array().unwrap().clone();
        let said = |item: &Value| {
            let text = |field: &str| item[field].as_str().unwrap_or("-").to_owned();
            format!("{} {} {}", text("rule"), text("profile"), text("because"))
        };
        (
            items.iter().map(said).collect::<Vec<_>>(),
            page["counts"].clone(),
        )
    };
    let (items, counts) = of("profile=strict").await;
    assert_eq!(items, ["few-tries other 2", "root-login-off - it is pass"]);
    assert_eq!(counts, json!({"fail": 1, "pass": 1}));
    let (items, _) = of("profile=strict&status=pass").await;
    assert_eq!(items, ["root-login-off - it is pass"]);
    let (items, _) = of("profile=strict&severity=low").await;
    assert_eq!(items, ["few-tries other 2"]);
    // None was decided with the values of now: the one of its name.
    let (items, _) = of("profile=strict&at=2026-03-01T12:00:00Z").await;
    assert_eq!(items[0], "few-tries strict 3");
    let paged = api
        .pages(&format!("{HOST}/results?profile=strict"), 1, "rule")
        .await;
    assert_eq!(paged, ["few-tries", "root-login-off"]);
    // What is set for the host makes the profile's values others.
    let set = json!({"compliance": {"variables": {"few-tries.tries": 4}}});
    api.put(&format!("{HOST}/settings"), set).await.ok();
    assert_eq!(of("profile=strict").await.0[0], "few-tries - 4");
    let (items, _) = of("severity=low").await;
    assert_eq!(items, ["few-tries - 4", "few-tries other 2"], "all of them");

    let one = api
        .get(&format!("{HOST}/results/few-tries@other"))
        .await
        .ok();
    assert_eq!(
        (&one["rule"], &one["profile"]),
        (&json!("few-tries"), &json!("other"))
    );
    assert_eq!(one["result"]["values"], json!({"tries": 2}));
    let none = api.get(&format!("{HOST}/results/few-tries@nobody")).await;
    assert_eq!(none.problem(), (404, "rule_not_found"));
    let fleet = api.get("/api/v1/results?rule=few-tries").await;
    assert_eq!(fleet.items("profile"), [Value::Null, json!("other")]);
    let detail = api.get("/api/v1/rules/few-tries").await.ok();
    assert_eq!(detail["hosts"], json!({"pass": 1}), "each host once");
    assert_eq!(
        detail["variables"],
        json!({"tries": {"type": "integer", "about": "tries", "default": 4, "min": 1, "max": 6,
                         "one_of": null}})
    );
}

#[tokio::test]
async fn the_fleets_results_leave_revoked_hosts_out() {
    let api = Api::new().await;
    api.sql(RESULTS).await;
    let statuses = async |query: &str| {
        let path = format!("/api/v1/results?{query}");
        let hosts = api.get(&path).await.items("host");
        let names = hosts.iter().map(|host| host["hostname"].clone());
        names.collect::<Vec<_>>()
    };
    assert_eq!(statuses("rule=root-login-off").await, ["a", "b"]);
    assert_eq!(statuses("rule=root-login-off&status=fail").await, ["b"]);
    assert_eq!(statuses("status=fail").await, ["a", "b"]);
    assert_eq!(api.pages("/api/v1/results", 1, "rule").await.len(), 3);
    let detail = api.get("/api/v1/rules/root-login-off").await.ok();
    assert_eq!(detail["hosts"], json!({"pass": 1, "fail": 1}));
    assert_eq!(
        detail["controls"],
        json!({"cis_debian12": ["5.1.20"], "iso": ["A.8.2"], "nist": ["AC-6(2)"]})
    );
    assert_eq!(detail["source"], RULE);
}

#[tokio::test]
async fn rules_and_frameworks_are_listed_and_joined() {
    let api = Api::new().await;
    let ids = async |query: &str| api.get(&format!("/api/v1/rules?{query}")).await.items("id");
    assert_eq!(
        ids("q=ROOT&severity=high&category=access").await,
        ["root-login-off"]
    );
    assert_eq!(ids("category=audit").await, [""; 0]);
    assert_eq!(ids("framework=cis_debian12").await, ["root-login-off"]);
    let listed = api.get("/api/v1/frameworks").await.ok();
    assert_eq!(
        listed["items"][0],
        json!({"key": "cis_debian12", "platform": "debian 12", "levels": ["l1_server"],
               "controls": 2, "evidenced": 1, "automated": 2, "covered": 1, "rules": 1})
    );
    let controls = "/api/v1/frameworks/cis_debian12/controls";
    assert_eq!(api.pages(controls, 1, "id").await, ["5.1.20", "5.1.21"]);
    assert_eq!(api.get(controls).await.items("covered"), [true, false]);
    let profiles = api.get("/api/v1/profiles").await.ok();
    assert_eq!(
        profiles["items"][0],
        json!({"key": "cis-debian12-l1", "title": "CIS Debian 12, level 1",
               "framework": "cis_debian12", "levels": ["l1_server"], "rules": ["root-login-off"]})
    );
    for (path, problem) in [
        ("/api/v1/rules/unheard", (404, "rule_not_found")),
        (
            "/api/v1/rules?framework=unheard",
            (404, "framework_not_found"),
        ),
        (
            "/api/v1/frameworks/unheard/controls",
            (404, "framework_not_found"),
        ),
        ("/api/v1/rules?severity=dire", (400, "bad_parameter")),
        ("/api/v1/results?status=waived", (400, "bad_parameter")),
    ] {
        assert_eq!(api.get(path).await.problem(), problem, "{path}");
    }
}

#[tokio::test]
async fn controls_that_no_host_decides_have_rules_that_give_evidence() {
    let api = Api::new().await;
    api.sql(RESULTS).await;
    let listed = api.get("/api/v1/frameworks").await.ok();
    assert_eq!(
        listed["items"][2],
        json!({"key": "nist", "platform": null, "levels": ["low", "high"], "controls": 2,
               "evidenced": 1, "automated": 0, "covered": 0, "rules": 1})
    );
    let controls = "/api/v1/frameworks/nist/controls";
    assert_eq!(
        api.get(&format!("{controls}?level=low")).await.items("id"),
        ["AC-6(2)"]
    );
    let high = format!("{controls}?level=high");
    assert_eq!(api.pages(&high, 1, "id").await, ["AC-6(2)", "AC-7"]);
    let first = api.get(controls).await.ok();
    assert_eq!(
        first["items"][0],
        json!({"id": "AC-6(2)", "title": "Least", "levels": ["low", "high"], "automated": false,
               "covered": false, "from": {}, "rules": ["root-login-off"]})
    );
    let drawn = api.get("/api/v1/frameworks/iso/controls").await.ok();
    assert_eq!(
        drawn["items"][1],
        json!({"id": "A.8.2", "title": null, "levels": [], "automated": false, "covered": false,
               "from": {"nist": ["AC-6(2)", "AC-7"]}, "rules": ["root-login-off"]})
    );

    let results = async |query: &str| api.get(&format!("{HOST}/results?{query}")).await;
    for (query, expected) in [
        ("framework=iso", 1),
        ("framework=iso&control=A.8.2", 1),
        ("framework=iso&control=A.5.1", 0),
        ("framework=iso&level=people", 0),
        ("framework=nist&level=low", 1),
        ("framework=nist&level=low&control=AC-7", 0),
    ] {
        let told = results(query).await.ok();
        let passed = told["counts"]["pass"].as_u64().unwrap_or_default();
        assert_eq!(passed, expected, "{query}: {told}");
    }
    for query in [
        "framework=nist&level=people",
        "framework=nist&control=AC-8",
        "level=low",
        "control=AC-7",
    ] {
        let told = results(query).await;
        assert_eq!(told.problem(), (400, "bad_parameter"), "{query}");
    }
    let unheard = api.get(&format!("{controls}?level=middle")).await;
    assert_eq!(unheard.problem(), (400, "bad_parameter"));
}
