//! Keys, roots, bundles and releases as those who publish meet them: the commands of docs/trust.md,
//! without any collector.

use std::{
    env, fs,
    io::{Read as _, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use shared::bundle::{Archive, Manifest};
use support::process::binary;
use tempfile::TempDir;

const PASSPHRASE: &str = "five words that nobody guesses";

/// A folder with content, that of docs/rules.md, and a passphrase.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let page = page("rules.md");
    let mut blocks = blocks(&page, "yaml");
    let rules = folder.path().join("content/rules/access");
    fs::create_dir_all(&rules).unwrap();
    let rule = rules.join("ssh-root-login-off.yaml");
    fs::write(rule, blocks.next().unwrap()).unwrap();
    let tests = rules.join("ssh-root-login-off.tests.yaml");
    fs::write(tests, blocks.next().unwrap()).unwrap();
    fs::write(folder.path().join("pass"), PASSPHRASE).unwrap();
    folder
}

fn page(name: &str) -> String {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    fs::read_to_string(docs.join(name)).unwrap()
}

/// The fenced blocks of a page in one language.
fn blocks<'p>(page: &'p str, language: &str) -> impl Iterator<Item = &'p str> {
    let fence = format!("```{language}\n");
    let after: Vec<_> = page.split(&fence).skip(1).collect();
    after
        .into_iter()
        .map(|rest| rest.split("```").next().unwrap())
}

/// Runs a command of a shell in the folder: whether it succeeded, and all that it said.
fn run(folder: &Path, command: &str) -> (bool, String) {
    let programs = binary("owadm").parent().unwrap().to_owned();
    let path = env::var_os("PATH").unwrap_or_default();
    let path = [programs].into_iter().chain(env::split_paths(&path));
    let output = Command::new("sh")
        .args(["-c", command])
        .current_dir(folder)
        .env("PATH", env::join_paths(path).unwrap())
        .env("OWADM_SOCKET", "/nonexistent.sock")
        .env_remove("OWADM_URL")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

/// What a command says that must succeed.
fn done(folder: &Path, command: &str) -> String {
    let (succeeded, said) = run(folder, command);
    assert!(succeeded, "$ {command}\n{said}");
    said
}

/// What a command says that must fail.
fn refused(folder: &Path, command: &str) -> String {
    let (succeeded, said) = run(folder, command);
    assert!(!succeeded, "$ {command}\n{said}");
    said
}

/// A folder with keys of these names.
fn with_keys(names: &str) -> TempDir {
    let folder = folder();
    let make = "owadm keys new $name.key --passphrase-file pass";
    done(
        folder.path(),
        &format!("for name in {names}; do {make} || exit 1; done"),
    );
    folder
}

/// A folder with a root of one root key and one publisher, both of which signed nothing but that.
fn with_root() -> TempDir {
    let folder = with_keys("keeper alice");
    done(
        folder.path(),
        "owadm root new roots --root keeper.key.pub.json --publisher alice.key.pub.json \
         --created 2026-03-01 --expires 365d && \
         owadm root sign roots/1.json --key keeper.key --passphrase-file pass",
    );
    folder
}

/// Whether a text is what the page says it is, where `…` stands for anything.
fn fits(told: &str, expected: &str) -> bool {
    let mut parts = expected.split('…');
    let Some(mut rest) = told.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let mut parts: Vec<_> = parts.collect();
    let Some(last) = parts.pop() else {
        return rest.is_empty();
    };
    for part in parts {
        let Some(at) = rest.find(part) else {
            return false;
        };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[test]
fn the_commands_of_the_page_say_what_the_page_says() {
    let folder = folder();
    let page = page("trust.md");
    let mut commands = 0;
    for block in blocks(&page, "console") {
        for step in format!("\n{block}").split("\n$ ").skip(1) {
            let (command, expected) = step.split_once('\n').unwrap_or((step, ""));
            let expected = expected.trim_end();
            let is_refused = expected.lines().any(|line| line.starts_with("owadm: "));
            let (succeeded, said) = run(folder.path(), command);
            assert_eq!(succeeded, !is_refused, "$ {command}\n{said}");
            let fit = fits(said.trim_end(), expected);
            assert!(fit, "$ {command}\n{said}\nand the page says\n{expected}");
            commands += 1;
        }
    }
    assert!(commands > 40, "{commands}");
}

#[test]
fn the_same_content_is_the_same_bytes_and_without_what_only_writers_need() {
    let folder = with_root();
    let families = folder.path().join("content/families");
    fs::create_dir(&families).unwrap();
    fs::write(
        families.join("a.yaml"),
        "family: sysctl\ncategory: a\nrules: []\n",
    )
    .unwrap();
    let build = "owadm bundle build content --serial 7 --created 2026-03-02 --expires 2026-06-01 \
                 --root-chain roots -o";
    done(
        folder.path(),
        &format!("{build} one.owb && sleep 1; {build} two.owb"),
    );
    let read = |name: &str| fs::read(folder.path().join(name)).unwrap();
    assert_eq!(read("one.owb"), read("two.owb"));
    let archive = Archive::read(read("one.owb").as_slice()).unwrap();
    let paths: Vec<_> = archive.content.keys().collect();
    assert_eq!(paths, ["rules/access/ssh-root-login-off.yaml"]);
    let manifest = Manifest::read(&archive.manifest.document).unwrap();
    assert_eq!(manifest.features, ["sshd"]);
    assert_eq!((manifest.serial, archive.roots.len()), (7, 1));
}

#[test]
fn content_with_a_mistake_becomes_no_bundle() {
    let folder = with_root();
    let rule = folder
        .path()
        .join("content/rules/access/ssh-root-login-off.yaml");
    let text = fs::read_to_string(&rule).unwrap();
    fs::write(&rule, format!("{text}nonsense: 1\n")).unwrap();
    let build = "owadm bundle build content --serial 1 --expires 90d --root-chain roots -o a.owb";
    let said = refused(folder.path(), build);
    assert!(said.contains("unknown field `nonsense`"), "{said}");
    assert!(!folder.path().join("a.owb").exists());
}

#[test]
fn a_bundle_is_taken_until_it_or_its_root_expires() {
    let folder = with_root();
    done(
        folder.path(),
        "owadm bundle build content --serial 1 --created 2026-03-02 --expires 2027-06-01 \
         --root-chain roots -o a.owb && \
         owadm bundle sign a.owb --key alice.key --passphrase-file pass",
    );
    let verify = "owadm bundle verify a.owb --root roots/1.json --at";
    done(folder.path(), &format!("{verify} 2026-03-02"));
    let said = refused(folder.path(), &format!("{verify} 2027-03-01"));
    assert!(said.contains("root 1 expired at 2027-03-01"), "{said}");
    done(
        folder.path(),
        "owadm root next roots --created 2027-03-01 --expires 365d && \
         owadm root sign roots/2.json --key keeper.key --passphrase-file pass && \
         owadm bundle build content --serial 2 --created 2027-03-02 --expires 90d \
         --root-chain roots -o a.owb && \
         owadm bundle sign a.owb --key alice.key --passphrase-file pass",
    );
    done(folder.path(), &format!("{verify} 2027-03-02"));
    let said = refused(folder.path(), &format!("{verify} 2027-05-31"));
    assert!(said.contains("bundle 2 expired at 2027-05-31"), "{said}");
    let said = refused(folder.path(), &format!("{verify} 2027-02-28"));
    assert!(said.contains("set the clock"), "{said}");
}

#[test]
fn a_root_that_its_keepers_did_not_sign_is_not_packed_with_a_bundle() {
    let folder = with_root();
    done(folder.path(), "owadm root next roots --expires 365d");
    let build = "owadm bundle build content --serial 1 --expires 90d --root-chain roots -o a.owb";
    let said = refused(folder.path(), build);
    assert!(
        said.contains("0 of 1 signatures that it takes for a root"),
        "{said}"
    );
    let said = refused(folder.path(), "owadm root verify roots");
    assert!(
        said.contains("0 of 1 signatures that it takes for a root"),
        "{said}"
    );
    let sign = "owadm root sign roots/2.json --key alice.key --passphrase-file pass";
    let said = refused(folder.path(), sign);
    assert!(said.contains("is no root key of root 2"), "{said}");
}

#[test]
fn a_key_is_its_holders_alone_and_is_never_written_over() {
    let folder = with_keys("alice");
    let key = folder.path().join("alice.key");
    let mode = fs::metadata(&key).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = fs::read_to_string(&key).unwrap();
    assert!(
        text.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"),
        "{text}"
    );
    let said = refused(
        folder.path(),
        "owadm keys new alice.key --passphrase-file pass",
    );
    assert!(said.contains("is there already"), "{said}");
    assert_eq!(fs::read_to_string(&key).unwrap(), text);
    let short = "echo too short > short; owadm keys new bob.key --passphrase-file short";
    let said = refused(folder.path(), short);
    assert!(said.contains("12 characters or more"), "{said}");
    assert!(!folder.path().join("bob.key").exists());
}

#[test]
fn another_passphrase_opens_no_key_and_signs_nothing() {
    let folder = with_root();
    done(folder.path(), "owadm root next roots --expires 365d");
    let sign = "echo five words that nobody knows > other; \
                owadm root sign roots/2.json --key keeper.key --passphrase-file other";
    let said = refused(folder.path(), sign);
    assert!(
        said.contains("keeper.key: another passphrase, or damaged"),
        "{said}"
    );
    assert!(!folder.path().join("roots/2.json.sig").exists());
}

/// What is said at a terminal, up to a prompt.
fn until_prompt(terminal: &mut impl std::io::Read, prompt: &str) -> String {
    let mut said = Vec::new();
    while !said.ends_with(prompt.as_bytes()) {
        let mut byte = [0];
        let read = terminal.read(&mut byte).unwrap();
        assert!(read > 0, "{}", String::from_utf8_lossy(&said));
        said.extend(byte);
    }
    String::from_utf8(said).unwrap()
}

#[test]
fn a_passphrase_is_asked_for_at_the_terminal_and_not_shown() {
    let folder = folder();
    let owadm: PathBuf = binary("owadm");
    let command = format!("{} keys new alice.key", owadm.display());
    let mut script = Command::new("script")
        .args(["-q", "-e", "-c", &command, "/dev/null"])
        .current_dir(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut keyboard = script.stdin.take().unwrap();
    let mut screen = script.stdout.take().unwrap();
    let mut said = until_prompt(&mut screen, "Passphrase of the new key: ");
    writeln!(keyboard, "{PASSPHRASE}").unwrap();
    said += &until_prompt(&mut screen, "Again: ");
    writeln!(keyboard, "{PASSPHRASE}").unwrap();
    screen.read_to_string(&mut said).unwrap();
    assert!(script.wait().unwrap().success(), "{said}");
    assert!(!said.contains("words"), "{said}");
    let name = done(folder.path(), "owadm keys show alice.key");
    assert!(said.contains(name.trim()), "{said}: {name}");
}
