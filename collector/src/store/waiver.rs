//! Rows of `waiver` and `waiver_history`.

/// What is waived of results and of how hosts stand.
pub mod overlay;

/// What the API asks.
pub mod read;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::waiver::{Standing, State};

/// Whom a waiver is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    Host,
    Group,
    Fleet,
}

impl Scope {
    /// Its name in the table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Group => "group",
            Self::Fleet => "fleet",
        }
    }

    fn named(name: &str) -> Self {
        match name {
            "host" => Self::Host,
            "group" => Self::Group,
            _ => Self::Fleet,
        }
    }
}

/// Whom a waiver is for, by what it is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whom {
    pub scope: Scope,
    /// `None` for the fleet.
    pub id: Option<Uuid>,
    /// Empty for the fleet.
    pub name: String,
    /// Of a host that there is.
    pub host_no: Option<i32>,
    /// Of a group that there is.
    pub group_no: Option<i32>,
}

/// What is waived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    Rule(String),
    Control { framework: String, control: String },
}

impl Subject {
    fn parts(&self) -> (Option<&str>, Option<&str>, Option<&str>) {
        match self {
            Self::Rule(rule) => (Some(rule), None, None),
            Self::Control { framework, control } => (None, Some(framework), Some(control)),
        }
    }

    /// For people: the rule, or the framework and its control.
    pub fn name(&self) -> String {
        match self {
            Self::Rule(rule) => rule.clone(),
            Self::Control { framework, control } => format!("{framework}/{control}"),
        }
    }
}

/// Why somebody asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grounds {
    pub reason: String,
    pub compensating_control: String,
    pub risk_acceptance: String,
    pub evidence: String,
}

/// A waiver.
#[derive(Debug, Clone)]
pub struct Waiver {
    /// 0 for one that is yet to be added.
    pub no: i32,
    pub id: Uuid,
    pub whom: Whom,
    pub subject: Subject,
    /// The rules that are meant.
    pub rules: Vec<String>,
    pub grounds: Grounds,
    /// The one that it goes on with, and its number.
    pub continues: Option<(i32, Uuid)>,
    pub standing: Standing,
    pub requested_at: DateTime<Utc>,
    pub requested_by: String,
    pub approved_by: Option<String>,
}

/// The waivers that count at `at`, by their numbers.
///
/// # Errors
/// sqlx's.
pub async fn in_force(db: &mut PgConnection, at: DateTime<Utc>) -> sqlx::Result<Vec<i32>> {
    sqlx::query_scalar!(
        "select no from waiver where approved_at <= $1 and expires_at > $1 and ended_at > $1 order by no",
        at,
    )
    .fetch_all(db)
    .await
}

/// Lets nobody else change waivers until the transaction ends.
///
/// # Errors
/// sqlx's.
pub async fn hold(db: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query!("select pg_advisory_xact_lock(hashtext('openwatch waivers'))")
        .execute(db)
        .await
        .map(drop)
}

/// The host of that identity, if it is one of the groups `within`; `None` there for any.
///
/// # Errors
/// sqlx's.
pub async fn host(
    db: &mut PgConnection,
    id: Uuid,
    within: Option<&[i32]>,
) -> sqlx::Result<Option<Whom>> {
    let row = sqlx::query!(
        "select host_no, hostname from host
         where id = $1 and ($2::int[] is null or host_no in (
             select host_no from host_in_group where group_no = any($2)))",
        id,
        within,
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| Whom {
        scope: Scope::Host,
        id: Some(id),
        name: row.hostname,
        host_no: Some(row.host_no),
        group_no: None,
    }))
}

/// Another that is open for the same, `but` for one: requested, or approved and not expired.
///
/// # Errors
/// sqlx's.
pub async fn open(
    db: &mut PgConnection,
    whom: &Whom,
    subject: &Subject,
    but: Option<i32>,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Uuid>> {
    let (rule, framework, control) = subject.parts();
    sqlx::query_scalar!(
        "select id from waiver
         where scope = $1 and scope_id is not distinct from $2 and rule is not distinct from $3
             and framework is not distinct from $4 and control is not distinct from $5
             and (state = 'requested' or state = 'approved' and expires_at > $7)
             and ($6::int is null or no <> $6)
         order by no limit 1",
        whom.scope.name(),
        whom.id,
        rule,
        framework,
        control,
        but,
        now,
    )
    .fetch_optional(db)
    .await
}

/// Adds a waiver, and returns its number.
///
/// # Errors
/// sqlx's.
pub async fn insert(db: &mut PgConnection, waiver: &Waiver) -> sqlx::Result<i32> {
    let (rule, framework, control) = waiver.subject.parts();
    sqlx::query_scalar!(
        "insert into waiver (id, scope, scope_id, scope_name, host_no, group_no, rule, framework, control, rules,
             reason, compensating_control, risk_acceptance, evidence, days, continues, state, requested_at,
             requester, requested_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
         returning no",
        waiver.id,
        waiver.whom.scope.name(),
        waiver.whom.id,
        waiver.whom.name,
        waiver.whom.host_no,
        waiver.whom.group_no,
        rule,
        framework,
        control,
        &waiver.rules,
        waiver.grounds.reason,
        waiver.grounds.compensating_control,
        waiver.grounds.risk_acceptance,
        waiver.grounds.evidence,
        waiver.standing.days,
        waiver.continues.map(|(no, _)| no),
        waiver.standing.left.name(),
        waiver.requested_at,
        waiver.standing.requester,
        waiver.requested_by,
    )
    .fetch_one(db)
    .await
}

/// Writes how a waiver stands; `approver` is who approved it, where that is what was done.
///
/// # Errors
/// sqlx's.
pub async fn put(
    db: &mut PgConnection,
    no: i32,
    standing: &Standing,
    approver: Option<(Uuid, &str)>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "update waiver set state = $2, approved_at = $3, expires_at = $4,
             ended_at = coalesce($5, 'infinity'::timestamptz), approver = coalesce($6, approver),
             approved_by = coalesce($7, approved_by)
         where no = $1",
        no,
        standing.left.name(),
        standing.approved_at,
        standing.expires_at,
        standing.ended_at,
        approver.map(|(id, _)| id),
        approver.map(|(_, name)| name),
    )
    .execute(db)
    .await
    .map(drop)
}

/// Writes down what was done to a waiver, or said of it.
///
/// # Errors
/// sqlx's.
pub async fn note(
    db: &mut PgConnection,
    no: i32,
    what: &str,
    who: &str,
    detail: &str,
    now: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into waiver_history (waiver_no, at, what, who, detail) values ($1, $2, $3, $4, $5)",
        no,
        now,
        what,
        who,
        detail,
    )
    .execute(db)
    .await
    .map(drop)
}

/// A waiver as it is kept.
struct Row {
    no: i32,
    id: Uuid,
    scope: String,
    scope_id: Option<Uuid>,
    scope_name: String,
    host_no: Option<i32>,
    group_no: Option<i32>,
    rule: Option<String>,
    framework: Option<String>,
    control: Option<String>,
    rules: Vec<String>,
    reason: String,
    compensating_control: String,
    risk_acceptance: String,
    evidence: String,
    days: i32,
    continues: Option<i32>,
    continues_id: Option<Uuid>,
    state: String,
    requested_at: DateTime<Utc>,
    requester: Uuid,
    requested_by: String,
    approved_at: Option<DateTime<Utc>>,
    expires_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
    approved_by: Option<String>,
}

impl From<Row> for Waiver {
    fn from(row: Row) -> Self {
        Self {
            no: row.no,
            id: row.id,
            whom: Whom {
                scope: Scope::named(&row.scope),
                id: row.scope_id,
                name: row.scope_name,
                host_no: row.host_no,
                group_no: row.group_no,
            },
            subject: match (row.rule, row.framework, row.control) {
                (None, Some(framework), Some(control)) => Subject::Control { framework, control },
                (rule, ..) => Subject::Rule(rule.unwrap_or_default()),
            },
            rules: row.rules,
            grounds: Grounds {
                reason: row.reason,
                compensating_control: row.compensating_control,
                risk_acceptance: row.risk_acceptance,
                evidence: row.evidence,
            },
            continues: row.continues.zip(row.continues_id),
            standing: Standing {
                left: State::named(&row.state).unwrap_or(State::Requested),
                requester: row.requester,
                days: row.days,
                approved_at: row.approved_at,
                expires_at: row.expires_at,
                ended_at: row.ended_at,
            },
            requested_at: row.requested_at,
            requested_by: row.requested_by,
            approved_by: row.approved_by,
        }
    }
}
