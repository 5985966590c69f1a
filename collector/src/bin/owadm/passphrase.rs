//! Passphrases and other secrets: from the first line of a file, or from a terminal that does not show them.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Write as _},
    path::Path,
};

use anyhow::{Context as _, bail};
use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use crate::target::read_secret;

/// Shortest passphrase of a new key, characters. Whoever has the file can try as many as he likes.
const SHORTEST: usize = 12;
/// What names a passphrase where there is no terminal.
const FILE: &str = "--passphrase-file";

/// The passphrase of a key that there is.
pub(crate) fn known(file: Option<&Path>, of: &Path) -> anyhow::Result<Zeroizing<String>> {
    match file {
        Some(file) => read_secret(file),
        None => ask(&format!("Passphrase of {}", of.display()), FILE),
    }
}

/// The passphrase of a new key; at a terminal it is asked for twice.
pub(crate) fn new(file: Option<&Path>) -> anyhow::Result<Zeroizing<String>> {
    let passphrase = match file {
        Some(file) => read_secret(file)?,
        None => {
            let first = ask("Passphrase of the new key", FILE)?;
            if *ask("Again", FILE)? != *first {
                bail!("that was another passphrase; nothing was made");
            }
            first
        }
    };
    if passphrase.chars().count() < SHORTEST {
        bail!("a passphrase has {SHORTEST} characters or more: take some words");
    }
    Ok(passphrase)
}

/// What is typed at the terminal, which does not show it.
///
/// # Errors
/// When there is no terminal; then it is given with the flag `instead`.
pub(crate) fn ask(prompt: &str, instead: &str) -> anyhow::Result<Zeroizing<String>> {
    let terminal = File::options().read(true).write(true).open("/dev/tty");
    let terminal = terminal.with_context(|| {
        format!("there is no terminal to ask at ({prompt}): give it with {instead}")
    })?;
    let mut line = Zeroizing::new(String::new());
    // Before the prompt: what is typed early is thrown away, and shown by nobody.
    let silent = Silent::new(&terminal)?;
    write!(&terminal, "{prompt}: ")?;
    let read = BufReader::new(&terminal).read_line(&mut line);
    drop(silent);
    writeln!(&terminal)?;
    read.context("reading the passphrase")?;
    Ok(Zeroizing::new(line.trim_end_matches('\n').to_owned()))
}

/// A terminal that does not show what is typed, until this is dropped.
struct Silent<'a> {
    terminal: &'a File,
    before: Termios,
}

impl<'a> Silent<'a> {
    fn new(terminal: &'a File) -> nix::Result<Self> {
        let before = tcgetattr(terminal)?;
        let mut silent = before.clone();
        silent.local_flags.remove(LocalFlags::ECHO);
        tcsetattr(terminal, SetArg::TCSAFLUSH, &silent)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Silent<'_> {
    fn drop(&mut self) {
        // A terminal that went away shows nothing any more.
        let _ = tcsetattr(self.terminal, SetArg::TCSAFLUSH, &self.before);
    }
}
