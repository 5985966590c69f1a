//! A publisher: keys, a root that names them, and bundles that they sign.

use std::{collections::BTreeMap, fs, path::Path};

use chrono::{DateTime, TimeDelta, Utc};
use ed25519_dalek::SigningKey;
use reqwest::StatusCode;
use serde_json::{Value, json};
use shared::{
    bundle::{Archive, File, Manifest},
    clock::SystemClock,
    release::Release,
    trust::{Key, Part, PublicKey, Root, Signature, Signed, Sort},
};

use crate::Api;

/// The media type of a bundle as one file.
const MEDIA_TYPE: &str = "application/vnd.openwatch.bundle";

/// Files by their paths below the folder of content.
pub type Files = BTreeMap<String, Vec<u8>>;

/// Somebody with one key, who may do everything.
#[derive(Debug)]
pub struct Publisher {
    key: SigningKey,
    /// Roots, each signed by the key of the one before and its own.
    pub roots: Vec<Signed>,
    now: DateTime<Utc>,
}

impl Default for Publisher {
    /// With a key of its own and the first root.
    fn default() -> Self {
        let now = SystemClock::shared().now() - TimeDelta::minutes(1);
        let key = new_key();
        let root = signed_root(1, &key, now, &[&key]);
        Self {
            key,
            roots: vec![root],
            now,
        }
    }
}

impl Publisher {
    /// Takes another key, which the next root names instead.
    pub fn rotate(&mut self) {
        let next = new_key();
        let version = self.roots.len() as u32 + 1;
        let root = signed_root(version, &next, self.now, &[&self.key, &next]);
        self.roots.push(root);
        self.key = next;
    }

    /// What a bundle of these files says of itself: made a minute ago, for a month.
    pub fn manifest(&self, serial: u64, files: &Files) -> Manifest {
        let files = files
            .iter()
            .map(|(path, bytes)| (path.clone(), File::of(bytes)));
        Manifest {
            format: 1,
            serial,
            created: self.now,
            expires: self.now + TimeDelta::days(30),
            minimum_agent: "0.1.0".parse().expect("a version"),
            features: Vec::new(),
            note: format!("bundle {serial}"),
            files: files.collect(),
        }
    }

    /// The bundle of these files, as one file.
    pub fn bundle(&self, serial: u64, files: &Files) -> Vec<u8> {
        self.signed(&self.manifest(serial, files), files)
    }

    /// The bundle of this manifest, signed whatever it says.
    pub fn signed(&self, manifest: &Manifest, files: &Files) -> Vec<u8> {
        let document = manifest.write().expect("a manifest");
        let archive = Archive {
            manifest: sign(document, Sort::Bundle, &[&self.key]),
            roots: self.roots.clone(),
            content: files.clone(),
        };
        let mut bytes = Vec::new();
        archive.write(&mut bytes).expect("an archive");
        bytes
    }

    /// A root, or what else is signed, as the API takes it.
    pub fn root(root: &Signed) -> Value {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("a text");
        json!({
            "document": text(root.document.clone()),
            "signatures": text(root.signatures_file()),
        })
    }

    /// The release of a version whose only program is this, as the API takes it.
    pub fn release(&self, version: &str, program: &[u8]) -> Value {
        let mut release = Release::new(version.parse().expect("a version"), self.now);
        release.add("x86_64-linux-gnu".into(), program);
        let document = release.write().expect("a release");
        Self::root(&sign(document, Sort::Release, &[&self.key]))
    }

    /// Makes the collector trust the first root.
    pub async fn introduce(&self, api: &Api) {
        let root = &self.roots[0];
        api.post("/api/v1/roots", &Self::root(root)).await;
    }
}

/// Publishes a bundle, or says with which status and problem it was refused.
///
/// # Errors
/// The status and the problem.
pub async fn publish(api: &Api, bundle: Vec<u8>) -> Result<Value, (StatusCode, Value)> {
    let answer = api.upload("/api/v1/bundles", MEDIA_TYPE, bundle).await;
    let status = answer.status();
    let body = answer.json().await.unwrap_or_default();
    if status.is_success() {
        Ok(body)
    } else {
        Err((status, body))
    }
}

/// The files of a folder of content, as bundles have them: without tests.
pub fn files(folder: &Path) -> Files {
    let mut found = Files::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).expect("below the folder");
            let name = name.to_str().expect("a path that is text").to_owned();
            if !name.ends_with(".tests.yaml") && name.ends_with(".yaml") {
                found.insert(name, fs::read(&path).expect("a file"));
            }
        }
    }
    found
}

fn new_key() -> SigningKey {
    let mut bytes = [0; 32];
    bytes[..16].copy_from_slice(uuid::Uuid::new_v4().as_bytes());
    SigningKey::from_bytes(&bytes)
}

fn signed_root(version: u32, key: &SigningKey, now: DateTime<Utc>, by: &[&SigningKey]) -> Signed {
    let public = PublicKey::from(key.verifying_key());
    let part = Part {
        threshold: 1,
        keys: [public.id()].into(),
    };
    let name = format!("publisher {version}");
    let root = Root {
        format: 1,
        version,
        created: now,
        expires: now + TimeDelta::days(365),
        keys: [(public.id(), Key { name, public })].into(),
        root: part.clone(),
        publisher: part.clone(),
        release: Some(part),
        revoked: Vec::new(),
    };
    let document = serde_json::to_vec_pretty(&root).expect("JSON");
    sign(document, Sort::Root, by)
}

fn sign(document: Vec<u8>, sort: Sort, by: &[&SigningKey]) -> Signed {
    let signatures = by.iter().map(|key| Signature::sign(key, sort, &document));
    let mut signed = Signed {
        signatures: Vec::new(),
        document: document.clone(),
    };
    signatures.for_each(|signature| signed.add(signature));
    signed
}
