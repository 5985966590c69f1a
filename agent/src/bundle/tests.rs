use std::{collections::BTreeMap, fs, path::Path, sync::Arc, time::Duration};

use chrono::TimeDelta;
use ed25519_dalek::SigningKey;
use shared::{
    bundle::{Archive, File, Hash, Manifest},
    clock::{ManualClock, SystemClock},
    trust::{Key, Part, PublicKey, Root, Signature, Signed, Sort},
    wire::{ContentRefusal, OfferStage},
};
use tempfile::TempDir;

use super::*;
use crate::{
    comply::trial::{Limits, Verdicts},
    host::Host,
    rule::sets::Wanted,
};

/// The process dies at each step.
mod crash;

/// What is refused, and leaves everything as it is.
mod refused;

/// What is in force, and what becomes of it.
mod stands;

/// A host, and a publisher of bundles for it.
pub(crate) struct Site {
    pub(crate) folder: TempDir,
    pub(crate) clock: Arc<ManualClock>,
    key: SigningKey,
    pub(crate) offers: bool,
}

/// A bundle as it was published.
#[derive(Clone)]
pub(crate) struct Made {
    pub(crate) offer: Offer,
    pub(crate) manifest: Signed,
    pub(crate) content: BTreeMap<String, Vec<u8>>,
}

pub(crate) fn at(days: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000 + days)
}

pub(crate) fn key(n: u8) -> SigningKey {
    SigningKey::from_bytes(&[n; 32])
}

pub(crate) fn signed(sort: Sort, document: Vec<u8>, keys: &[&SigningKey]) -> Signed {
    let sign = |key: &&SigningKey| Signature::sign(key, sort, &document);
    Signed {
        signatures: keys.iter().map(sign).collect(),
        document,
    }
}

/// A root of one key, which may do everything.
pub(crate) fn root(version: u32, key: &SigningKey) -> Root {
    let public = PublicKey::from(key.verifying_key());
    let part = Part {
        threshold: 1,
        keys: [public.id()].into(),
    };
    let name = "anna".into();
    Root {
        format: 1,
        version,
        created: at(-100),
        expires: at(1000),
        keys: [(public.id(), Key { name, public })].into(),
        root: part.clone(),
        publisher: part,
        release: None,
        revoked: Vec::new(),
    }
}

/// A rule that passes where `path` is a file.
pub(crate) fn rule(id: &str, path: &str) -> (String, Vec<u8>) {
    let text = format!(
        "id: {id}\ntitle: So it is\nseverity: low\ncategory: system\nwhy: Because.\n\
         check: {{file: {{paths: [{path}]}}}}\n"
    );
    (format!("rules/system/{id}.yaml"), text.into())
}

impl Site {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("host/etc")).unwrap();
        fs::write(folder.path().join("host/etc/hostname"), "here\n").unwrap();
        Self {
            folder,
            clock: ManualClock::at(at(0)),
            key: key(1),
            offers: true,
        }
    }

    /// One that trusts its publisher by a file.
    pub(crate) fn pinned() -> Self {
        let site = Self::new();
        let root = serde_json::to_vec(&root(1, &site.key)).unwrap();
        fs::write(site.folder.path().join("root.json"), root).unwrap();
        site
    }

    /// The same host, to be dealt with otherwise.
    fn copy(&self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(self.folder.path(), folder.path());
        Self {
            folder,
            clock: self.clock.clone(),
            key: self.key.clone(),
            offers: self.offers,
        }
    }

    pub(crate) fn policy(&self) -> Policy {
        Policy {
            root: self.folder.path().join("root.json"),
            offers: self.offers,
            installed: self.folder.path().join("installed"),
        }
    }

    pub(crate) fn state(&self) -> StateDir {
        StateDir::at(self.folder.path().join("state"))
    }

    fn disk(&self) -> Disk {
        Disk::at(self.state().path().join(FOLDER))
    }

    pub(crate) fn open(&self) -> Bundles {
        Bundles::on(self.disk(), self.policy(), self.clock.clone())
    }

    pub(crate) fn ground(&self) -> Ground {
        Ground {
            host: Host::at(self.folder.path().join("host"), SystemClock::shared()),
            wanted: Arc::new(Wanted::default()),
            known: Verdicts::new(),
            limits: Limits {
                cpu: Duration::from_secs(20),
                errors: 0,
                errors_percent: 0,
            },
        }
    }

    pub(crate) fn manifest(&self, serial: u64, content: &BTreeMap<String, Vec<u8>>) -> Manifest {
        let file = |(path, bytes): (&String, &Vec<u8>)| {
            let (sha256, size) = (Hash::of(bytes), bytes.len() as u64);
            (path.clone(), File { sha256, size })
        };
        Manifest {
            format: 1,
            serial,
            created: at(0),
            expires: at(30),
            minimum_agent: "0.1.0".parse().unwrap(),
            features: vec!["file".into()],
            note: String::new(),
            files: content.iter().map(file).collect(),
        }
    }

    /// A bundle with a rule that all have, and one of its own, which passes.
    pub(crate) fn bundle(&self, serial: u64) -> Made {
        let own = format!("of-{serial}");
        let content = [rule("of-all", "/etc/hostname"), rule(&own, "/etc/hostname")].into();
        self.bundle_of(self.manifest(serial, &content), content)
    }

    pub(crate) fn bundle_of(&self, manifest: Manifest, content: BTreeMap<String, Vec<u8>>) -> Made {
        let document = manifest.write().unwrap();
        let mut order = [0; 16];
        order[..8].copy_from_slice(&manifest.serial.to_le_bytes());
        Made {
            offer: Offer {
                serial: manifest.serial,
                manifest: Hash::of(&document).0,
                root: 1,
                trial: false,
                order,
            },
            manifest: signed(Sort::Bundle, document, &[&self.key]),
            content,
        }
    }

    pub(crate) fn archive(&self, made: &Made) -> Archive {
        let document = serde_json::to_vec(&root(1, &self.key)).unwrap();
        Archive {
            manifest: made.manifest.clone(),
            roots: vec![signed(Sort::Root, document, &[&self.key])],
            content: made.content.clone(),
        }
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&to).unwrap();
            copy(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

impl Made {
    /// The same offered once more.
    pub(crate) fn again(&self) -> Self {
        let mut again = self.clone();
        again.offer.order[15] += 1;
        again
    }
}

/// Fetches what is offered as the link does, up to where it is complete.
pub(crate) fn fetch(bundles: &Bundles, made: &Made) -> Result<(), Refused> {
    let signatures = made.manifest.signatures_file();
    let document = &made.manifest.document;
    let missing = bundles.manifest(&made.offer, document, &signatures)?;
    for (hash, size) in missing {
        let file = made.content.values().find(|file| Hash::of(file).0 == hash);
        let file = file.unwrap();
        assert_eq!(file.len() as u64, size);
        bundles.file(hash, file)?;
    }
    bundles.complete(&made.offer);
    Ok(())
}

/// What comes of an offer in the end.
pub(crate) fn take(site: &Site, bundles: &Bundles, made: &Made) -> Result<OfferStage, Refused> {
    let Consider::Need { .. } = bundles.consider(&made.offer) else {
        let told = bundles.state().offer.unwrap();
        return match told.stage {
            OfferStage::Refused(why) => Err(Refused::new(why, told.detail)),
            stage => Ok(stage),
        };
    };
    let fetched = fetch(bundles, made);
    fetched.inspect_err(|refused| bundles.refused(&made.offer, refused))?;
    bundles
        .take(&made.offer, &site.ground())
        .map(|(stage, _)| stage)
}

/// The serial in force, whose content must be what was published.
pub(crate) fn in_force(site: &Site, bundles: &Bundles) -> Option<u64> {
    let serial = bundles.state().in_force.map(|now| now.serial);
    let content = bundles.content().borrow().clone();
    let seen = |path: &String| fs::read(content.join(path)).ok();
    match serial {
        None => assert_eq!(content, site.policy().installed),
        Some(serial) => {
            let made = site.bundle(serial);
            for (path, bytes) in &made.content {
                assert_eq!(seen(path).as_ref(), Some(bytes), "{path} of {serial}");
            }
        }
    }
    serial
}
