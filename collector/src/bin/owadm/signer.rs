//! Who signs: a key in a file, or a program that has one, such as that of a security token.
//!
//! The program gets the statement on standard input: the sort of the document, a zero byte, the
//! document. It prints the Ed25519 signature of exactly these bytes, 64 of them, in Base64. It is
//! started as it is named, in parts at blanks, without a shell.

use std::{
    io::Write as _,
    path::PathBuf,
    process::{Command, Stdio},
};

use anyhow::{Context as _, bail};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use clap::{ArgGroup, Args};
use ed25519_dalek::SigningKey;
use shared::trust::{PublicKey, Signature, Sort};

use crate::keys;

/// With what to sign.
#[derive(Debug, Args)]
#[command(group(ArgGroup::new("by").required(true).args(["key", "signer"])))]
pub(crate) struct With {
    /// The key to sign with
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// A file whose first line is the key's passphrase; asked for when it is not given
    #[arg(long, value_name = "FILE", requires = "key")]
    passphrase_file: Option<PathBuf>,
    /// A program that signs: the statement on its standard input, 64 bytes in Base64 on its output
    #[arg(long, value_name = "COMMAND", requires = "signer_key")]
    signer: Option<String>,
    /// The FILE.pub.json of the program's key
    #[arg(long, value_name = "FILE", requires = "signer")]
    signer_key: Option<PathBuf>,
}

/// Somebody who can sign.
pub(crate) struct Signer {
    pub(crate) public: PublicKey,
    by: By,
}

enum By {
    Key(SigningKey),
    Program(String),
}

impl With {
    /// Opens the key, or looks up what the program's is.
    pub(crate) fn open(&self) -> anyhow::Result<Signer> {
        if let Some(file) = &self.key {
            let key = keys::open(file, self.passphrase_file.as_deref())?;
            let public = PublicKey::from(key.verifying_key());
            let by = By::Key(key);
            return Ok(Signer { public, by });
        }
        let program = self.signer.clone().context("neither --key nor --signer")?;
        let file = self.signer_key.as_ref().context("no --signer-key")?;
        let public = keys::read_public(file)?.public;
        let by = By::Program(program);
        Ok(Signer { public, by })
    }
}

impl Signer {
    /// Signs a document.
    pub(crate) fn sign(&self, sort: Sort, document: &[u8]) -> anyhow::Result<Signature> {
        let program = match &self.by {
            By::Key(key) => return Ok(Signature::sign(key, sort, document)),
            By::Program(program) => program,
        };
        let printed = run(program, &sort.statement(document))
            .with_context(|| format!("signing with `{program}`"))?;
        let bytes = BASE64.decode(printed.trim()).ok();
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
        let Some(bytes) = bytes else {
            bail!("`{program}` printed no signature: 64 bytes in Base64");
        };
        Signature::by(self.public, sort, document, bytes)
            .with_context(|| format!("`{program}` signed something else, or with another key"))
    }
}

/// What a program prints when it is given this.
fn run(program: &str, input: &[u8]) -> anyhow::Result<String> {
    let mut words = program.split_whitespace();
    let mut child = Command::new(words.next().context("no program is named")?)
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("starting it")?;
    let mut stdin = child.stdin.take().context("no pipe to it")?;
    // The statement can be longer than a pipe holds, and a program may print before it has read all.
    let written = std::thread::scope(|scope| {
        let writer = scope.spawn(move || stdin.write_all(input));
        let output = child.wait_with_output();
        (writer.join(), output)
    });
    let output = written.1?;
    if !output.status.success() {
        bail!("it failed: {}", output.status);
    }
    String::from_utf8(output.stdout).context("it printed no text")
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _, path::Path};

    use super::*;

    const DOCUMENT: &[u8] = b"a document";

    /// A program that keeps what it is given in `asked` and prints what lies in `answer`.
    fn program(folder: &Path, answer: &str) -> Signer {
        let at = |name: &str| folder.join(name).display().to_string();
        let (asked, given, file) = (at("asked"), at("answer"), at("program"));
        fs::write(&given, answer).unwrap();
        fs::write(&file, format!("#!/bin/sh\ncat > $1\ncat {given}\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        Signer {
            public: PublicKey::from(key().verifying_key()),
            by: By::Program(format!("{file} {asked}")),
        }
    }

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[1; 32])
    }

    fn signature(sort: Sort) -> String {
        BASE64.encode(Signature::sign(&key(), sort, DOCUMENT).signature)
    }

    #[test]
    fn a_program_is_given_the_statement_and_its_signature_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        let signer = program(folder.path(), &format!("{}\n", signature(Sort::Bundle)));
        let signed = signer.sign(Sort::Bundle, DOCUMENT).unwrap();
        assert_eq!(signed, Signature::sign(&key(), Sort::Bundle, DOCUMENT));
        let asked = fs::read(folder.path().join("asked")).unwrap();
        assert_eq!(asked, b"openwatch bundle v1\0a document");
    }

    #[test]
    fn what_a_program_signed_otherwise_is_refused() {
        for (answer, expected) in [
            (signature(Sort::Root), "signed something else"),
            ("nonsense".to_owned(), "printed no signature"),
            (String::new(), "printed no signature"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let signer = program(folder.path(), &answer);
            let told = signer.sign(Sort::Bundle, DOCUMENT).unwrap_err().to_string();
            assert!(told.contains(expected), "{told}");
        }
        let signer = Signer {
            public: PublicKey::from(key().verifying_key()),
            by: By::Program("false".into()),
        };
        let told = format!("{:#}", signer.sign(Sort::Bundle, DOCUMENT).unwrap_err());
        assert!(told.contains("it failed"), "{told}");
    }
}
