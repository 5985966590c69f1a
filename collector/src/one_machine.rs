//! The one-machine mode, for a small site: the collector holds the keys that sign content, and brings the
//! content of its own folder to every host by itself. Whoever controls such a collector decides what hosts
//! are held to; it is off unless an administrator wants it, and the console says that it is on.

use std::{
    convert::Infallible,
    path::{Path, PathBuf},
    time::Duration,
};

use chrono::{DateTime, TimeDelta, Utc};
use ed25519_dalek::SigningKey;
use shared::{
    bundle::{Archive, File, Manifest, ManifestError, features_of, files_of},
    rule::load::{Content, Problem, Tests},
    trust::{Key, Part, PublicKey, Role, Root, RootError, Signature, Signed, Sort},
};
use tokio::{
    task::{JoinError, spawn_blocking},
    time::sleep,
};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::{
    audit::{Act, Author},
    authority::{AuthorityError, open_key},
    conductor::{CommandError, Conductor, Draft},
    publication::{self, Bringer, PublishError},
    rollout::{Gates, Members, Plan, Ring},
    store,
};

/// Who brings what nobody brought.
const ITSELF: &str = "one-machine mode";
/// How often the folder is looked at beside each start: what expires is renewed by then.
const PERIOD: Duration = Duration::from_secs(24 * 3600);
/// After which time it is asked again whether the rollout before has come to its end.
const AGAIN: Duration = Duration::from_secs(60);
/// How long a bundle is good, days.
const BUNDLE_DAYS: i64 = 90;
/// A bundle is renewed when it is good for no longer than this, days.
const RENEWAL_DAYS: i64 = 30;
/// How long a root is good, days: nobody is there to make the next.
const ROOT_DAYS: i64 = 20 * 365;

/// Signs the content of a folder.
#[derive(Debug)]
pub struct OneMachine {
    conductor: Conductor,
    root: SigningKey,
    publisher: SigningKey,
}

/// Why the content of the folder is not published.
#[derive(Debug, thiserror::Error)]
pub enum OneMachineError {
    #[error("{} things are wrong with it, the first: {}", .0.len(), .0[0])]
    Content(Vec<Problem>),
    #[error(
        "the fleet's root names other publishers: switch `content.one_machine` off, and have them publish"
    )]
    OtherPublishers,
    #[error("the root that was made is none")]
    Root(#[from] RootError),
    #[error("its manifest")]
    Manifest(#[from] ManifestError),
    #[error("publishing it")]
    Publish(#[from] PublishError),
    #[error("this build has no version: {0}")]
    Version(String),
    #[error("packing it")]
    Pack(#[from] std::io::Error),
    #[error("packing it in a thread of its own")]
    Task(#[from] JoinError),
    #[error("rolling it out")]
    Rollout(#[from] CommandError),
    #[error("using the database")]
    Database(#[from] sqlx::Error),
}

impl OneMachine {
    /// With its keys in the folder `keys`, made when they are not there.
    ///
    /// # Errors
    /// When they cannot be read or made.
    pub fn open(keys: &Path, conductor: Conductor) -> Result<Self, AuthorityError> {
        Ok(Self {
            conductor,
            root: open_key(&keys.join("content-root.key"))?,
            publisher: open_key(&keys.join("content-publisher.key"))?,
        })
    }

    /// Publishes what is in `folder` and rolls it out, now and whenever that is due, until the token is
    /// cancelled.
    pub async fn run(self, folder: PathBuf, token: CancellationToken) {
        let rounds = async {
            loop {
                let pause = match self.publish(&folder).await {
                    Ok(Some(serial)) => {
                        info!(serial, "content was signed here and goes out");
                        PERIOD
                    }
                    Ok(None) => PERIOD,
                    // It is published, and waits for its turn.
                    Err(OneMachineError::Rollout(CommandError::Active(_))) => AGAIN,
                    Err(error) => {
                        let error = &error as &dyn std::error::Error;
                        warn!(error, folder = %folder.display(), "content is not published");
                        PERIOD
                    }
                };
                sleep(pause).await;
            }
        };
        // What is cut off half way has changed nothing, or is gone on with after the next start.
        let _: Option<Infallible> = token.run_until_cancelled(rounds).await;
    }

    /// Publishes what is in `folder` and begins to roll it out; nothing, when that is what went out last
    /// and it is good for long enough. Returns the serial.
    ///
    /// # Errors
    /// [`OneMachineError`]. What was published stays, and is rolled out by the next that is.
    pub async fn publish(&self, folder: &Path) -> Result<Option<u64>, OneMachineError> {
        let now = self.conductor.clock.now();
        let by = Bringer {
            name: ITSELF,
            at: now,
        };
        let db = &self.conductor.db;
        let roots = self.trusted(by).await?;
        let from = folder.to_owned();
        let read = spawn_blocking(move || {
            let loaded = Content::load(&from, Tests::With)?;
            let files = files_of(&from).map_err(|problem| vec![problem])?;
            Ok((features_of(&loaded), files))
        });
        let (features, content) = read.await?.map_err(OneMachineError::Content)?;
        let files = content.iter();
        let files = files.map(|(path, bytes)| (path.clone(), File::of(bytes)));
        let files = files.collect();
        let last = store::bundle::last(&mut *db.acquire().await?).await?;
        let last = last
            .map(|last| Manifest::read(&last.document))
            .transpose()?;
        let serial = match &last {
            Some(last) => {
                let lasts = now < last.expires - TimeDelta::days(RENEWAL_DAYS);
                if last.files == files && lasts {
                    return self.roll_out(last.serial).await;
                }
                last.serial + 1
            }
            None => 1,
        };
        let version = env!("CARGO_PKG_VERSION").parse();
        let document = Manifest {
            format: 1,
            serial,
            created: now,
            expires: now + TimeDelta::days(BUNDLE_DAYS),
            minimum_agent: version.map_err(OneMachineError::Version)?,
            features: features.into_iter().map(str::to_owned).collect(),
            note: "signed by the collector".into(),
            files,
        }
        .write()?;
        let archive = Archive {
            manifest: signed(document, Sort::Bundle, &self.publisher),
            roots,
            content,
        };
        let packed = spawn_blocking(move || {
            let mut bytes = Vec::new();
            archive.write(&mut bytes).map(|()| bytes)
        });
        let mut tx = db.begin().await?;
        publication::publish(&mut tx, packed.await??, by).await?;
        let act = Act::change("bundle.publish").on("bundle", serial, &format!("bundle {serial}"));
        store::audit::note(&mut tx, &Author::itself(ITSELF), act, now).await?;
        tx.commit().await?;
        self.roll_out(serial).await
    }

    /// Begins to roll a bundle out, unless that was begun before.
    async fn roll_out(&self, serial: u64) -> Result<Option<u64>, OneMachineError> {
        let mut db = self.conductor.db.acquire().await?;
        if store::rollout::highest(&mut db).await? >= serial {
            return Ok(None);
        }
        let draft = Draft {
            serial,
            plan: everybody(),
            what_if: false,
        };
        self.conductor.begin(draft, &Author::itself(ITSELF)).await?;
        Ok(Some(serial))
    }

    /// The roots of the fleet, the first of which is made when there is none.
    async fn trusted(&self, by: Bringer<'_>) -> Result<Vec<Signed>, OneMachineError> {
        let db = &self.conductor.db;
        let known = store::bundle::root::after(&mut *db.acquire().await?, 0).await?;
        let mut roots = Vec::new();
        for root in known {
            let signed = Signed::read(root.document, &root.signatures);
            roots.push(signed.map_err(PublishError::Signed)?);
        }
        if roots.is_empty() {
            let root = self.first_root(by.at);
            let mut tx = db.begin().await?;
            publication::add_root(&mut tx, &root, by).await?;
            let act = Act::change("root.add").on("root", 1, "root 1");
            store::audit::note(&mut tx, &Author::itself(ITSELF), act, by.at).await?;
            tx.commit().await?;
            roots.push(root);
        }
        let publisher = PublicKey::from(self.publisher.verifying_key()).id();
        let newest = roots.last().map(|root| Root::pinned(&root.document));
        let is_ours = |root: Root| {
            let part = root.part(Role::Publisher);
            part.is_some_and(|part| part.threshold == 1 && part.keys.contains(&publisher))
        };
        if newest.transpose()?.is_some_and(is_ours) {
            Ok(roots)
        } else {
            Err(OneMachineError::OtherPublishers)
        }
    }

    fn first_root(&self, now: DateTime<Utc>) -> Signed {
        let key = |name: &str, key: &SigningKey| {
            let public = PublicKey::from(key.verifying_key());
            let name = name.to_owned();
            (public.id(), Key { name, public })
        };
        let keeper = key("collector, root", &self.root);
        let publisher = key("collector, publisher", &self.publisher);
        let part = |id| Part {
            threshold: 1,
            keys: [id].into(),
        };
        let root = Root {
            format: 1,
            version: 1,
            created: now,
            expires: now + TimeDelta::days(ROOT_DAYS),
            root: part(keeper.0),
            publisher: part(publisher.0),
            keys: [keeper, publisher].into(),
            release: None,
            revoked: Vec::new(),
        };
        let mut document =
            serde_json::to_vec_pretty(&root).expect("the keys of its maps are texts");
        document.push(b'\n');
        signed(document, Sort::Root, &self.root)
    }
}

fn signed(document: Vec<u8>, sort: Sort, key: &SigningKey) -> Signed {
    let signatures = vec![Signature::sign(key, sort, &document)];
    Signed {
        document,
        signatures,
    }
}

/// One ring: what is wrong with content of one's own is seen on one's own hosts.
fn everybody() -> Plan {
    Plan {
        rings: vec![Ring {
            name: "all".into(),
            hosts: Members::Percent(100),
            soak_s: 0,
            took_percent: 90,
        }],
        gates: Gates::default(),
    }
}

#[cfg(test)]
mod tests;
