//! Five hundred hosts with packages, results and a past, and who asks about them.

use anyhow::Context as _;
use serde_json::json;
use sqlx::PgPool;
use support::Api;

pub(super) const HOSTS: i32 = 500;

/// A host's packages are those of all but for one in ten; it has a result of each rule, and some changes.
const FLEET: &str = r#"
    insert into host (id, hostname, os_name, group_name, machine, agent_version, enrolled_at, last_seen_at, labels)
    select ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'host-' || n,
        'Debian GNU/Linux 12', '', '', '0.1.0', now() - n * interval '1 minute', now(),
        jsonb_build_object('role', 'r' || n % 5)
    from generate_series(1, 500) as n;
    insert into fact_kind (name) values ('package'), ('result') on conflict do nothing;
    insert into fact_key (kind, key)
    select id, 'package-' || n || ':amd64' from fact_kind, generate_series(1, 300) as n where name = 'package';
    insert into fact_key (kind, key)
    select id, rule from fact_kind, rule where name = 'result';
    insert into fact_value (key_id, hash, value)
    select k.id, sha256(convert_to(k.id || ' ' || n, 'UTF8')), case f.name
        when 'package' then jsonb_build_object('version', '1.' || n, 'arch', 'amd64', 'status', 'installed')
        else jsonb_build_object('verdict', (array['pass', 'pass', 'pass', 'fail'])[n + 1],
            'because', 'it is so', 'content', '0', 'evidence', jsonb_build_array(repeat('e', 80))) end
    from fact_key k join fact_kind f on f.id = k.kind, generate_series(0, 3) as n;
    insert into host_fact (host_no, kind, key_id, value_id, valid_from, valid_to)
    select h.host_no, k.kind, k.id, v.id, now() - interval '1 hour', 'infinity'
    from host h cross join fact_key k
    join fact_value v on v.hash = sha256(convert_to(k.id || ' ' || case
        when (h.host_no + k.id) % 10 = 0 then h.host_no % 4 else 0 end, 'UTF8'));
    insert into host_fact (host_no, kind, key_id, value_id, valid_from, valid_to)
    select h.host_no, k.kind, k.id, v.id, now() - interval '2 hours', now() - interval '1 hour'
    from host h cross join fact_key k
    join fact_value v on v.hash = sha256(convert_to(k.id || ' 3', 'UTF8'))
    where k.id % 10 = 0;
    insert into change (host_no, kind, key_id, before_id, after_id, occurred_at, recorded_at)
    select p.host_no, p.kind, p.key_id, p.value_id, f.value_id, f.valid_from, f.valid_from
    from host_fact p join host_fact f using (host_no, kind, key_id)
    where p.valid_to <> 'infinity' and f.valid_to = 'infinity' and p.value_id <> f.value_id;
    insert into host_kind (host_no, kind, digest, row_count, reported_at)
    select h.host_no, f.id, '', 300, now() from host h, fact_kind f where name in ('package', 'result');
    insert into liveness (host_no, state, detail, valid_from, valid_to, maintenance)
    select host_no, 'online', '', now() - interval '1 day', 'infinity', false from host;
    insert into account (id, name, created_at, created_by) values (gen_random_uuid(), 'bench', now(), 'bench');
    insert into role_binding (id, account_id, role, created_at, created_by)
    select gen_random_uuid(), id, 'admin', now(), 'bench' from account where name = 'bench';
    analyze"#;

/// Tokens that give everything, of secrets of 32 bytes.
const TOKENS: &str = "
    with secret as (
        select n, sha256(convert_to('secret ' || n, 'UTF8')) as bytes from generate_series(1, 50) as n
    ), made as (
        insert into api_token
            (id, hash, account_id, name, permissions, created_at, used_at, expires_at)
        select gen_random_uuid(), sha256(bytes), a.id, 'bench ' || n, $1, now(), now(), now() + interval '1 day'
        from secret, account a where a.name = 'bench'
    )
    select 'owt_' || rtrim(translate(encode(bytes, 'base64'), '+/', '-_'), '=') from secret order by n";

/// The fleet, and who asks about it.
pub(super) struct Fleet {
    pub(super) tokens: Vec<String>,
    host: String,
    rule: String,
    group: String,
}

impl Fleet {
    /// Puts it into the tables, and what people make through the API.
    ///
    /// # Errors
    /// The database's and the API's.
    pub(super) async fn settle(db: &PgPool, api: &Api) -> anyhow::Result<Self> {
        let rules = api.all("/api/v1/rules").await;
        let rules = rules.iter().filter_map(|rule| rule["id"].as_str());
        let rules: Vec<String> = rules.map(str::to_owned).collect();
        let mut connection = db.acquire().await?;
        sqlx::raw_sql("create temporary table rule (rule text)")
            .execute(&mut *connection)
            .await?;
        sqlx::query("insert into rule select unnest($1::text[])")
            .bind(&rules)
            .execute(&mut *connection)
            .await?;
        sqlx::raw_sql(FLEET).execute(&mut *connection).await?;
        let permissions = api.all("/api/v1/permissions").await;
        let codes = permissions.iter().filter_map(|one| one["code"].as_str());
        let codes: Vec<&str> = codes.collect();
        let tokens = sqlx::query_scalar(TOKENS).bind(codes);
        let tokens = tokens.fetch_all(&mut *connection).await?;
        let mut group = String::new();
        for role in 0..5 {
            let role = format!("r{role}");
            let made = json!({"name": role, "match": {"role": role}});
            let made = api.post("/api/v1/groups", &made).await;
            group = made["id"].as_str().context("no group")?.into();
            let window = json!({"group": group, "reason": "patches"});
            api.post("/api/v1/maintenance", &window).await;
        }
        Ok(Self {
            tokens,
            host: "00000000-0000-7000-8000-0000000000fa".into(),
            rule: rules.first().context("no rules")?.clone(),
            group,
        })
    }

    /// What the console and programs ask most.
    pub(super) fn routes(&self) -> Vec<String> {
        let Self {
            host, rule, group, ..
        } = self;
        let host = format!("/api/v1/hosts/{host}");
        [
            "/api/v1/session".into(),
            "/api/v1/info".into(),
            "/api/v1/hosts?limit=200".into(),
            "/api/v1/hosts?q=host-2&limit=10".into(),
            "/api/v1/hosts?sort=-last_seen_at&limit=200".into(),
            "/api/v1/hosts?label=role=r1&limit=200".into(),
            host.clone(),
            format!("{host}/kinds"),
            format!("{host}/facts?kind=package&limit=500"),
            format!("{host}/changes?limit=50"),
            format!("{host}/liveness"),
            format!("{host}/results?limit=500"),
            format!("{host}/results/{rule}"),
            format!("{host}/settings/effective"),
            "/api/v1/facts?kind=package&key=package-7:amd64".into(),
            format!("/api/v1/results?rule={rule}&status=fail"),
            "/api/v1/rules?limit=100".into(),
            "/api/v1/groups".into(),
            format!("/api/v1/groups/{group}/members?limit=500"),
            "/api/v1/maintenance".into(),
        ]
        .into()
    }

    /// A route as people write it.
    pub(super) fn nameless(&self, route: &str) -> String {
        let named = [
            (&self.host, "{id}"),
            (&self.group, "{id}"),
            (&self.rule, "{rule}"),
        ];
        let named = named.into_iter();
        named.fold(route.to_owned(), |route, (is, called)| {
            route.replace(is.as_str(), called)
        })
    }
}
