//! Which account a person of a provider is, and what follows from their groups there.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use sqlx::{PgConnection, PgPool};
use tracing::info;

use super::{Refusal, Stop};
use crate::{
    access::Grants,
    api::{
        error::ApiError,
        trail::{Act, Trail},
    },
    oidc::Person,
    store::{
        self,
        account::Account,
        provider::{Mapping, Provider, link},
    },
};

/// Longest name of an account.
const MAX_NAME: usize = 64;
/// Longest name of a person, characters.
const MAX_DISPLAY_NAME: usize = 200;

/// The account of a person, which has by then what follows from their groups.
///
/// A person is known by issuer and subject. Neither a name nor an e-mail address that the provider tells finds
/// an account: who has them there need not be who has them here.
///
/// # Errors
/// Why there is none, and the database's.
pub(super) async fn account(
    db: &PgPool,
    now: DateTime<Utc>,
    provider: &Provider,
    person: &Person,
    trail: &Trail,
) -> Result<Account, Stop> {
    let mut tx = db.begin().await?;
    let groups = groups(person, &provider.group_claim);
    let mappings = store::provider::mappings(&mut tx, &provider.name).await?;
    let given: Vec<&Mapping> = mappings
        .iter()
        .filter(|mapping| groups.contains(mapping.value.as_str()))
        .collect();
    let known = link::account(&mut tx, &provider.issuer, &person.subject, now).await?;
    let account = match known {
        Some(account) if account.disabled_at.is_some() || account.break_glass => {
            return Err(Refusal::Locked.into());
        }
        Some(account) => account,
        None if !provider.just_in_time => return Err(Refusal::Unknown.into()),
        None if given.is_empty() => return Err(Refusal::NoAccess.into()),
        None => enrol(&mut tx, now, provider, person, trail).await?,
    };
    bind(&mut tx, now, provider, &account, &given, trail).await?;
    let nothing = store::access::grants(&mut tx, account.id).await? == Grants::default();
    // Also when nobody is let in: what does not follow any more is taken away.
    tx.commit().await?;
    if nothing {
        Err(Refusal::NoAccess.into())
    } else {
        Ok(account)
    }
}

/// Makes an account for somebody who has none.
async fn enrol(
    tx: &mut PgConnection,
    now: DateTime<Utc>,
    provider: &Provider,
    person: &Person,
    trail: &Trail,
) -> Result<Account, Stop> {
    let name = person
        .claims
        .get(&provider.name_claim)
        .and_then(Value::as_str);
    let name = name.filter(|name| fits(name)).ok_or(Refusal::Name)?;
    let called = person
        .claims
        .get("name")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let called: String = called
        .chars()
        .filter(|c| !c.is_control())
        .take(MAX_DISPLAY_NAME)
        .collect();
    let account = link::enrol(tx, name, &called, now)
        .await?
        .ok_or(Refusal::Name)?;
    let of = (provider.name.as_str(), provider.issuer.as_str());
    let by = format!("oidc:{}", provider.name);
    link::create(tx, of, &person.subject, account.id, &by, now).await?;
    let trail = trail.clone().of(name, Some(account.id), &by);
    let act = Act::change("account.create").on("account", account.id, name);
    let after =
        json!({"provider": provider.name, "issuer": provider.issuer, "subject": person.subject});
    trail.note(tx, act.after(&after)?).await?;
    info!(
        account.name = name,
        provider.name = provider.name,
        "account made"
    );
    Ok(account)
}

/// Has the account hold what is given, and writes it down if that is something else than before.
async fn bind(
    tx: &mut PgConnection,
    now: DateTime<Utc>,
    provider: &Provider,
    account: &Account,
    given: &[&Mapping],
    trail: &Trail,
) -> Result<(), ApiError> {
    let before = link::bound(tx, account.id, &provider.name).await?;
    link::bind(tx, account.id, &provider.name, given, now).await?;
    let after = link::bound(tx, account.id, &provider.name).await?;
    if before == after {
        return Ok(());
    }
    let told = |bound: &[(String, Option<i32>)]| {
        let bound = bound
            .iter()
            .map(|(role, group)| json!({"role": role, "group_no": group}));
        json!({"provider": provider.name, "roles": bound.collect::<Vec<_>>()})
    };
    let trail = trail.clone().of(
        &account.name,
        Some(account.id),
        &format!("oidc:{}", provider.name),
    );
    let act = Act::change("binding.follow").on("account", account.id, &account.name);
    trail
        .note(tx, act.before(&told(&before))?.after(&told(&after))?)
        .await
}

fn fits(name: &str) -> bool {
    let sound = |c: char| c.is_ascii_alphanumeric() || ".-_@".contains(c);
    (1..=MAX_NAME).contains(&name.len()) && name.chars().all(sound)
}

/// The groups of a person: a list of texts, or one text.
fn groups<'a>(person: &'a Person, claim: &str) -> BTreeSet<&'a str> {
    match person.claims.get(claim) {
        Some(Value::Array(groups)) => groups.iter().filter_map(Value::as_str).collect(),
        Some(Value::String(group)) => BTreeSet::from([group.as_str()]),
        _ => BTreeSet::new(),
    }
}
