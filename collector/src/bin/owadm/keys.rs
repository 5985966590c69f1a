//! `owadm keys`: keys to sign with. No collector is asked, and none ever sees one.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, anyhow, bail};
use clap::Subcommand;
use ed25519_dalek::SigningKey;
use pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, LineEnding};
use serde_json::json;
use shared::trust::{Key, PublicKey};
use zeroize::Zeroizing;

use crate::{
    documents,
    output::{Output, printable},
    passphrase,
};

/// Longest name of a key, characters: a cell of a table.
const MAX_NAME: usize = 60;
/// Largest file of a key, bytes.
const MAX_FILE: usize = 16 << 10;

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Make a key. FILE holds it, encrypted; FILE.pub.json what others need of it
    New {
        file: PathBuf,
        /// Whose it is; the name of FILE when it is not given
        #[arg(long)]
        name: Option<String>,
        /// A file whose first line is the passphrase; asked for when it is not given
        #[arg(long, value_name = "FILE")]
        passphrase_file: Option<PathBuf>,
    },
    /// Show what a key is called
    Show {
        /// The key, or its FILE.pub.json
        file: PathBuf,
    },
}

pub(crate) fn run(command: Keys, output: &Output) -> anyhow::Result<()> {
    match command {
        Keys::New {
            file,
            name,
            passphrase_file,
        } => {
            let stem = || Some(file.file_stem()?.to_string_lossy().into_owned());
            let name = name.or_else(stem).unwrap_or_default();
            let key = make(&file, name, passphrase_file.as_deref())?;
            show(&key, output)
        }
        Keys::Show { file } => {
            let beside = public_file(&file);
            let public = if beside.exists() { beside } else { file };
            show(&read_public(&public)?, output)
        }
    }
}

/// What `FILE.pub.json` says.
///
/// # Errors
/// When it is no such file.
pub(crate) fn read_public(file: &Path) -> anyhow::Result<Key> {
    let text = documents::read_file(file, MAX_FILE)?;
    let key: Key = serde_json::from_slice(&text)
        .with_context(|| format!("{} is no public key of `owadm keys new`", file.display()))?;
    check(&key.name).with_context(|| file.display().to_string())?;
    Ok(key)
}

/// Opens a key with its passphrase.
///
/// # Errors
/// When it is none, or the passphrase another.
pub(crate) fn open(file: &Path, passphrase_file: Option<&Path>) -> anyhow::Result<SigningKey> {
    let text = Zeroizing::new(documents::read_file(file, MAX_FILE)?);
    let text = std::str::from_utf8(&text).unwrap_or_default();
    if !text.contains("BEGIN ENCRYPTED PRIVATE KEY") {
        bail!("{} is no key of `owadm keys new`", file.display());
    }
    let passphrase = passphrase::known(passphrase_file, file)?;
    // Which of the two it is cannot be told: what the passphrase opens is only then a key.
    SigningKey::from_pkcs8_encrypted_pem(text, passphrase.as_bytes())
        .map_err(|_| anyhow!("{}: another passphrase, or damaged", file.display()))
}

fn make(file: &Path, name: String, passphrase_file: Option<&Path>) -> anyhow::Result<Key> {
    check(&name)?;
    let public_file = public_file(file);
    if let Some(there) = [file, &public_file].iter().find(|path| path.exists()) {
        bail!(
            "{} is there already, and no key is written over",
            there.display()
        );
    }
    let passphrase = passphrase::new(passphrase_file)?;
    let mut secret = Zeroizing::new([0; 32]);
    getrandom::fill(secret.as_mut())?;
    let signing = SigningKey::from_bytes(&secret);
    let public = PublicKey::from(signing.verifying_key());
    // Without the public half, which older programs do not read.
    let bytes = ed25519_dalek::pkcs8::KeypairBytes {
        secret_key: *secret,
        public_key: None,
    };
    let pem = bytes
        .to_pkcs8_encrypted_pem(passphrase.as_bytes(), LineEnding::LF)
        .map_err(|error| anyhow!("encrypting the key: {error}"))?;
    let mut options = OpenOptions::new();
    let made = options.write(true).create_new(true).mode(0o600).open(file);
    let mut made = made.with_context(|| format!("making {}", file.display()))?;
    made.write_all(pem.as_bytes())
        .and_then(|()| made.sync_all())
        .with_context(|| format!("writing {}", file.display()))?;
    let key = Key { name, public };
    let text = format!("{:#}\n", json!(key));
    fs::write(&public_file, text).with_context(|| format!("writing {}", public_file.display()))?;
    Ok(key)
}

fn show(key: &Key, output: &Output) -> anyhow::Result<()> {
    let (name, id) = (&key.name, key.public.id());
    let told = format!("{id}  {}", printable(name));
    output.object(
        &json!({"name": name, "id": id, "public": key.public}),
        &told,
    )
}

fn check(name: &str) -> anyhow::Result<()> {
    let length = name.chars().count();
    if length == 0 || length > MAX_NAME || name.contains(char::is_control) {
        bail!("the name of a key is 1 to {MAX_NAME} characters that can be printed: use --name");
    }
    Ok(())
}

fn public_file(file: &Path) -> PathBuf {
    documents::beside(file, "pub.json")
}
