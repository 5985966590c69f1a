//! Two groups with a host each, and what there is to be known of them: one inside a scope, one outside.

use axum::http::StatusCode;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::Operation;
use crate::{
    access::Permission,
    api::tests::{Api, start},
};

/// What all tests here share, and how a host comes to be.
const GROUND: &str = "
    insert into account (id, name, password_hash, created_at)
    values ('00000000-0000-7000-8000-0000000000aa', 'walker', null, '2026-01-01Z');
    insert into role_binding (id, account_id, role, created_at, created_by)
    select gen_random_uuid(), id, 'admin', '2026-01-01Z', 'test' from account;
    insert into fact_kind (name) values ('package'), ('result');
    create function host(who text, host_id uuid) returns void language sql as $$
        insert into host (id, hostname, os_name, group_name, machine, agent_version, enrolled_at,
                          last_seen_at, quarantine)
        values (host_id, who || '-1', who || ' OS', who, '', '0.1.0', '2026-01-01Z', '2026-01-01Z',
                who || ' was cloned');
        insert into fact_kind (name) values (who || '_kind');
        insert into host_kind (host_no, kind, digest, row_count, reported_at)
        select host_no, k.id, '', 1, '2026-03-01Z' from host, fact_kind k
        where hostname = who || '-1' and k.name in ('package', who || '_kind');
        insert into fact_key (kind, key)
        select id, 'shared' from fact_kind where fact_kind.name = 'package'
        union select id, who || '-package' from fact_kind where fact_kind.name = 'package'
        union select id, 'root-login-off' from fact_kind where fact_kind.name = 'result'
        on conflict do nothing;
        insert into fact_value (key_id, hash, value)
        select id, sha256((who || id)::bytea), jsonb_build_object(
            'color', who, 'verdict', 'fail', 'because', who, 'content', '0', 'evidence', '[]'::jsonb)
        from fact_key where key <> (case who when 'web' then 'zebra' else 'web' end) || '-package';
        insert into host_fact (host_no, kind, key_id, value_id, valid_from, valid_to)
        select h.host_no, k.kind, k.id, v.id, '2026-03-01Z', 'infinity'
        from host h, fact_key k join fact_value v on v.key_id = k.id
        where h.hostname = who || '-1' and v.value ->> 'color' = who;
        insert into change (host_no, kind, key_id, after_id, occurred_at, recorded_at)
        select host_no, f.kind, f.key_id, f.value_id, '2026-03-01Z', '2026-03-01Z'
        from host_fact f join host h using (host_no) where h.hostname = who || '-1';
        insert into liveness (host_no, state, detail, valid_from, valid_to, maintenance)
        select host_no, 'online', who, '2026-03-01Z', 'infinity', false
        from host where hostname = who || '-1';
        insert into host_run (host_no, boot_id, skew_ms, measured_at, session)
        select host_no, who, 60000, '2026-03-01Z', gen_random_uuid()
        from host where hostname = who || '-1';
        insert into posture_lens (sort, key) values ('all', '') on conflict do nothing;
        insert into posture (host_no, lens, valid_from, valid_to, passed, failed, error, not_assessable,
            not_applicable, manual, weight_passed, weight_failed, failed_critical, failed_high)
        select host_no, l.id, '2026-03-01Z', 'infinity', 1, 1, 0, 0, 0, 0, 1, 1, 0, 0
        from host, posture_lens l where hostname = who || '-1';
        insert into event (host_no, code, severity, subject, text, occurred_at, recorded_at, maintenance)
        select host_no, 'port.opened', 3, who, who || ' listens', '2026-03-01Z', '2026-03-01Z', false
        from host where hostname = who || '-1';
        insert into drift (id, sort, direction, kind, code, subject, title, severity, many, first_at, last_at,
            level, unexplained)
        values (gen_random_uuid(), 'fact', 'neutral', 'package', 'package.installed', who, who || ' is there', 1,
                10, '2026-03-01Z', '2026-03-01Z', 0, true);
        insert into drift_change (drift_no, host_no, change_id, key, after_id, text, fall, level, rule_changed,
            occurred_at, recorded_at)
        select d.no, c.host_no, c.id, who, c.after_id, who || ' is there', 0, 0, false, '2026-03-01Z', '2026-03-01Z'
        from drift d, change c join host h on h.host_no = c.host_no
        where d.subject = who and h.hostname = who || '-1';
        insert into baseline (id, name, host_no, at, note, created_by, created_at, pinned_by, pinned_at)
        select gen_random_uuid(), who, host_no, '2026-02-01Z', '', 'test', '2026-03-01Z', 'test', '2026-03-01Z'
        from host where hostname = who || '-1';
        insert into alert (id, rule_no, key, severity, title, state, opened_at, changed_at)
        select gen_random_uuid(), no, who, 3, who || ' fails', 'active', '2026-03-01Z', '2026-03-01Z'
        from alert_rule where name = 'High findings';
        insert into alert_subject (alert_no, host_no, item, text, since)
        select a.no, h.host_no, who, who, '2026-03-01Z' from alert a, host h
        where a.key = who and h.hostname = who || '-1';
        insert into waiver (id, scope, scope_id, scope_name, host_no, rule, rules, reason, compensating_control,
            risk_acceptance, evidence, days, state, requested_at, requester, requested_by)
        select gen_random_uuid(), 'host', host_id, who || '-1', host_no, 'root-login-off', array['root-login-off'],
            who || ' may, for now', '', '', '', 30, 'requested', '2026-03-01Z', gen_random_uuid(), who
        from host where hostname = who || '-1';
        insert into host_content (host_no, takes, reported_at)
        select host_no, true, '2026-03-01Z' from host where hostname = who || '-1';
    $$;
";

/// Everything that a refused operation could have changed.
const KEPT: &str = "
    select concat(
        (select json_agg(t order by host_no) from host t),
        (select json_agg(t order by group_no) from host_group t),
        (select json_agg(t order by host_no, group_no) from host_group_member t),
        (select json_agg(t order by host_no) from host_settings t),
        (select json_agg(t order by group_no) from group_settings t),
        (select json_agg(t order by id) from maintenance t),
        (select json_agg(t order by id) from enrollment_token t),
        (select json_agg(t order by no) from alert t),
        (select json_agg(t order by id) from silence t),
        (select json_agg(t order by no) from waiver t),
        (select json_agg(t order by id) from waiver_history t),
        (select json_agg(t order by id) from baseline t),
        (select json_agg(t order by drift_no, host_no, change_id) from drift_change t),
        (select json_agg(t order by host_no, valid_from) from liveness t))
";

/// A group with one host, and what is said of both.
#[derive(Debug, Clone)]
pub(super) struct Thing {
    pub(super) name: String,
    host: Uuid,
    group: Uuid,
    window: Uuid,
    token: Uuid,
    alert: Uuid,
    silence: Uuid,
    waiver: Uuid,
    drift: Uuid,
    baseline: Uuid,
}

impl Thing {
    /// One that nobody has heard of.
    pub(super) fn nowhere() -> Self {
        let id = |n: u128| Uuid::from_u128(0x0193_a000_0000_7000_8000_0000_0000_0000 + n);
        Self {
            name: "nowhere".into(),
            host: id(1),
            group: id(2),
            window: id(3),
            token: id(4),
            alert: id(5),
            silence: id(6),
            waiver: id(7),
            drift: id(8),
            baseline: id(9),
        }
    }

    async fn plant(api: &Api, name: &str, digit: u128) -> Self {
        let host = Uuid::from_u128(0x7000_8000_0000_0000_0000 + digit);
        sqlx::query("select host($1, $2)")
            .bind(name)
            .bind(host)
            .execute(&api.db)
            .await
            .unwrap();
        let alert = sqlx::query_scalar("select id from alert where key = $1");
        let alert = alert.bind(name).fetch_one(&api.db).await.unwrap();
        let waiver = sqlx::query_scalar("select id from waiver where requested_by = $1");
        let waiver = waiver.bind(name).fetch_one(&api.db).await.unwrap();
        let drift = sqlx::query_scalar("select id from drift where subject = $1");
        let drift = drift.bind(name).fetch_one(&api.db).await.unwrap();
        let baseline = sqlx::query_scalar("select id from baseline where name = $1");
        let baseline = baseline.bind(name).fetch_one(&api.db).await.unwrap();
        let id = |made: Value| made["id"].as_str().unwrap().parse().unwrap();
        let group = json!({"name": name, "description": format!("all {name}")});
        let group: Uuid = id(api.post("/api/v1/groups", group).await.ok());
        let members = format!("/api/v1/groups/{group}/members");
        let named = api.post(&members, json!({"add": [host]})).await;
        assert_eq!(named.status, StatusCode::NO_CONTENT);
        let labels = format!("/api/v1/hosts/{host}/labels");
        let labelled = api.put(&labels, json!({"team": name})).await;
        assert_eq!(labelled.status, StatusCode::NO_CONTENT);
        let window = json!({"group": group, "reason": format!("{name} moves")});
        let window = id(api.post("/api/v1/maintenance", window).await.ok());
        let silence = json!({"group": group, "reason": format!("{name} is known"),
                             "to": "2026-04-01T00:00:00Z"});
        let silence = id(api.post("/api/v1/silences", silence).await.ok());
        let token = json!({"name": format!("{name} machines"), "group": name});
        let token = id(api.post("/api/v1/enrollment-tokens", token).await.ok());
        Self {
            name: name.into(),
            host,
            group,
            window,
            token,
            alert,
            silence,
            waiver,
            drift,
            baseline,
        }
    }

    /// A path of the document that names this thing. What names no thing of a host's is something that is
    /// there, or nothing.
    pub(super) fn fill(&self, path: &str) -> String {
        let id = if path.contains("/hosts/{id}") {
            self.host.to_string()
        } else if path.contains("/groups/{id}") {
            self.group.to_string()
        } else if path.contains("/maintenance/{id}") {
            self.window.to_string()
        } else if path.contains("/enrollment-tokens/{id}") {
            self.token.to_string()
        } else if path.contains("/alerts/{id}") {
            self.alert.to_string()
        } else if path.contains("/silences/{id}") {
            self.silence.to_string()
        } else if path.contains("/waivers/{id}") {
            self.waiver.to_string()
        } else if path.contains("/baselines/{id}") {
            self.baseline.to_string()
        } else if path.contains("/v1/drift/{id}") {
            self.drift.to_string()
        } else if path.contains("/v1/rules/{id}") {
            "root-login-off".into()
        } else {
            Uuid::from_u128(9).to_string()
        };
        let filled = path
            .replace("{id}", &id)
            .replace("{rule}", "root-login-off");
        let mut parts = filled.split('{');
        let mut path = parts.next().unwrap().to_owned();
        for part in parts {
            path.push('7');
            path.push_str(part.split_once('}').unwrap().1);
        }
        path
    }

    /// What to send to a writing operation about hosts, so that it is about this thing.
    pub(super) fn body(&self, said: &Value) -> Option<Value> {
        if said["requestBody"].is_null() {
            return None;
        }
        Some(match said["operationId"].as_str().unwrap() {
            "set_host_labels" => json!({"team": "web"}),
            "change_group_members" => json!({"add": [self.host]}),
            "set_group_settings" | "set_host_settings" => json!({"reconcile_s": 600}),
            "create_maintenance" | "replace_maintenance" => {
                json!({"host": self.host, "reason": "now"})
            }
            "retire_host" => json!({"reason": "sold"}),
            "archive_host" | "forget_host" => json!({"hostname": "sold-1"}),
            "create_silence" => {
                json!({"host": self.host, "reason": "now", "to": "2026-04-02T00:00:00Z"})
            }
            "acknowledge_alert" | "wake_alert" | "dismiss_alert" | "reopen_drift" => json!({}),
            "create_baseline" => json!({"name": "first", "host": self.host}),
            "acknowledge_drift" => json!({"note": "known"}),
            "snooze_alert" => json!({"until": "2026-03-04T00:00:00Z"}),
            "request_waiver" => json!({
                "host": self.host, "rule": "few-tries", "days": 30,
                "reason": "it is to be replaced next month",
            }),
            "renew_waiver" => json!({"days": 30, "reason": "it is replaced a month later"}),
            "comment_waiver" => json!({"text": "why"}),
            "approve_waiver" | "reject_waiver" | "withdraw_waiver" | "revoke_waiver" => json!({}),
            "assign_alert" => json!({"account": "walker"}),
            "create_token" => json!({"name": "more", "group": self.name}),
            other => panic!("say what to send to {other}"),
        })
    }

    /// `text` about this thing, which was about another.
    pub(super) fn instead_of(&self, other: &Self, text: &str) -> String {
        let pairs = [
            (other.host.to_string(), self.host.to_string()),
            (other.group.to_string(), self.group.to_string()),
            (other.window.to_string(), self.window.to_string()),
            (other.token.to_string(), self.token.to_string()),
            (other.alert.to_string(), self.alert.to_string()),
            (other.silence.to_string(), self.silence.to_string()),
            (other.waiver.to_string(), self.waiver.to_string()),
            (other.drift.to_string(), self.drift.to_string()),
            (other.baseline.to_string(), self.baseline.to_string()),
            (other.name.clone(), self.name.clone()),
        ];
        let text = text.to_owned();
        pairs
            .iter()
            .fold(text, |text, (from, to)| text.replace(from, to))
    }
}

/// A fleet, and somebody who may do everything to one group of it.
#[derive(Debug)]
pub(in crate::api::tests) struct World {
    pub(super) inside: Thing,
    pub(super) outside: Vec<Thing>,
}

impl World {
    /// With nothing outside yet.
    pub(in crate::api::tests) async fn plant() -> (Api, Self) {
        let api = Api::new().await;
        api.sql(GROUND).await;
        let kinds = json!({"kinds": {"zebra_kind": {"enabled": true}}});
        api.put("/api/v1/settings", kinds).await.ok();
        let inside = Thing::plant(&api, "web", 1).await;
        let outside = Vec::new();
        (api, Self { inside, outside })
    }

    /// A group with a host, and a window of the host's besides the group's.
    pub(super) async fn plant_outside(&mut self, api: &Api) {
        let zebra = Thing::plant(api, "zebra", 2).await;
        let window = json!({"host": zebra.host, "reason": "zebra-1 moves"});
        let window = api.post("/api/v1/maintenance", window).await.ok();
        let window = window["id"].as_str().unwrap().parse().unwrap();
        let silence = json!({"host": zebra.host, "reason": "zebra-1 is known",
                             "to": "2026-04-01T00:00:00Z"});
        let silence = api.post("/api/v1/silences", silence).await.ok();
        let silence = silence["id"].as_str().unwrap().parse().unwrap();
        let other = Thing {
            window,
            silence,
            ..zebra.clone()
        };
        self.outside = vec![zebra, other];
    }

    /// All that is kept of hosts and groups.
    pub(super) async fn kept(&self, api: &Api) -> String {
        sqlx::query_scalar(KEPT).fetch_one(&api.db).await.unwrap()
    }

    /// An API token of somebody who may do everything.
    pub(super) async fn token(
        &self,
        api: &Api,
        permissions: &[Permission],
        group: Option<Uuid>,
    ) -> String {
        let secret: [u8; 32] = Sha256::digest(Uuid::new_v4()).into();
        let codes: Vec<_> = permissions.iter().map(|one| one.code()).collect();
        sqlx::query(
            "insert into api_token
                 (id, hash, account_id, name, permissions, groups, created_at, used_at, expires_at)
             select gen_random_uuid(), $1, a.id, 'walk', $2,
                 (select array[group_no] from host_group g where g.id = $3), $4, $4,
                 $4 + interval '1 day'
             from account a where name = 'walker'",
        )
        .bind(&Sha256::digest(secret)[..])
        .bind(codes)
        .bind(group)
        .bind(start())
        .execute(&api.db)
        .await
        .unwrap();
        format!("owt_{}", URL_SAFE_NO_PAD.encode(secret))
    }

    /// Every permission, for what is inside.
    pub(super) async fn scoped(&self, api: &Api) -> String {
        self.token(api, Permission::ALL, Some(self.inside.group))
            .await
    }

    pub(super) async fn everywhere(&self, api: &Api) -> String {
        self.token(api, Permission::ALL, None).await
    }

    pub(super) async fn all_but(&self, api: &Api, permission: Permission) -> String {
        let others = Permission::ALL.iter().copied();
        let others: Vec<_> = others.filter(|other| *other != permission).collect();
        self.token(api, &others, None).await
    }

    /// Every way to name something outside in a request to this operation; none for one that names nothing.
    pub(super) fn asked_of(
        &self,
        operation: &Operation,
        outside: &Thing,
    ) -> Vec<(String, Option<Value>)> {
        let (here, there) = (
            self.inside.fill(&operation.path),
            outside.fill(&operation.path),
        );
        let mine = self.inside.body(&operation.said);
        let theirs = outside.body(&operation.said);
        let mut asked = Vec::new();
        if there != here {
            asked.push((there.clone(), mine.clone()));
        }
        if theirs != mine {
            asked.push((here, theirs));
        }
        asked
    }

    /// In which ways to ask, as queries: as little as it takes, and with each parameter what would find
    /// something outside.
    pub(super) fn queries(&self, operation: &Operation) -> Vec<String> {
        let parameters = operation.said["parameters"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let of_query = parameters.iter().filter(|one| one["in"] == "query");
        let (mut base, mut queries) = (Vec::new(), Vec::new());
        for parameter in of_query {
            let key = parameter["name"].as_str().unwrap();
            let known = values(key, &parameter["schema"]);
            let must = known.is_some() || !operation.is_about_hosts();
            assert!(must, "say what to ask of {} with {key}", operation.name());
            let values = known.unwrap_or_default();
            let pairs = values.iter().map(|value| format!("{key}={value}"));
            if parameter["required"] == true {
                base.extend(pairs.clone().take(1));
            }
            queries.extend(pairs);
        }
        let base = base.join("&");
        let mut all: Vec<_> = queries
            .iter()
            .map(|query| format!("{base}&{query}"))
            .collect();
        if operation.path.ends_with("/facts") && operation.is_about_hosts() {
            all.extend(["zebra", "web"].map(|name| format!("{base}&value.color={name}")));
        }
        all.insert(0, base);
        all
    }
}

/// What to ask with a parameter; `None` when nobody has said.
fn values(name: &str, schema: &Value) -> Option<Vec<String>> {
    let alternatives = schema["oneOf"].as_array().into_iter().flatten();
    let mut schemas = std::iter::once(schema).chain(alternatives);
    if let Some(choices) = schemas.find_map(|schema| schema["enum"].as_array()) {
        let choices = choices.iter().filter_map(Value::as_str);
        return Some(choices.map(str::to_owned).collect());
    }
    let values: &[&str] = match name {
        "q" => &[
            "zebra",
            "zebra-1",
            "web",
            "00000000-0000-7000-8000-000000000002",
        ],
        "host" => &[
            "00000000-0000-7000-8000-000000000001",
            "00000000-0000-7000-8000-000000000002",
        ],
        "group" => &["zebra", "web"],
        "os" => &["zebra"],
        "label" => &["team=zebra", "team=web"],
        "kind" => &["package", "zebra_kind", "result"],
        "key" => &["shared", "zebra*", "*"],
        "rule" => &["root-login-off"],
        "framework" => &["cis_debian12"],
        "profile" => &["cis-debian12-l1"],
        "level" | "control" | "category" => &["zebra"],
        "account" | "actor" => &["walker"],
        "name" => &["*"],
        "code" => &["port.opened", "port.*"],
        "step" => &["60"],
        "version_below" => &["9"],
        "offset" => &["0", "1"],
        "at" | "since" => &["2026-03-02T00:00:00Z"],
        "from" => &["2026-02-01T00:00:00Z"],
        "expires_before" => &["2026-05-01T00:00:00Z"],
        "until" | "to" => &["2026-03-03T14:00:00Z"],
        "ended" => &["true"],
        "limit" => &["1", "2"],
        "cursor" => &[""],
        _ => return None,
    };
    Some(values.iter().map(|value| (*value).to_owned()).collect())
}
