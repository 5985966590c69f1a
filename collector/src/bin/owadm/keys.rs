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
use pkcs8::{
    DecodePrivateKey as _, EncodePrivateKey as _, LineEnding, PrivateKeyInfoRef,
    pkcs5::{pbes2, scrypt},
};
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
/// The first line of a key says this.
const LABEL: &str = "ENCRYPTED PRIVATE KEY";
/// The cost of scrypt: 128 MiB and half a second for each passphrase that somebody tries.
const LOG_N: u8 = 17;
const R: u32 = 8;

#[derive(Debug, Subcommand)]
pub(crate) enum Keys {
    /// Make a key. FILE holds it, encrypted; FILE.pub.json what others need of it
    New {
        /// Where to write it
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
    if !text.contains(LABEL) {
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
    let pem = encrypt(&signing, &passphrase).context("encrypting the key")?;
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

/// The file of a key: PKCS#8, encrypted by PBES2 with scrypt and AES-256.
fn encrypt(key: &SigningKey, passphrase: &str) -> anyhow::Result<Zeroizing<String>> {
    let (mut salt, mut start) = ([0; 16], [0; 16]);
    getrandom::fill(&mut salt)?;
    getrandom::fill(&mut start)?;
    let cost = scrypt::Params::new(LOG_N, R, 1)?;
    let how = pbes2::Parameters::generate_scrypt_aes256cbc(cost, &salt, start)
        .map_err(|error| anyhow!("{error}"))?;
    let der = key.to_pkcs8_der()?;
    let info = PrivateKeyInfoRef::try_from(der.as_bytes())?;
    let encrypted = info.encrypt_with_params(how, passphrase)?;
    Ok(encrypted.to_pem(LABEL, LineEnding::LF)?)
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
