//! Lines on trees and on this machine. What could not be seen is never a pass.

use std::{fs, os::unix::fs::symlink, path::Path};

use nix::sys::stat::Mode;
use shared::{
    clock::SystemClock,
    sca::{Condition, Dialect, Edition, Lines, RegexType},
};

use super::*;

const FOUR: Dialect = Dialect {
    edition: Edition::Four,
    regex: RegexType::Osregex,
};

/// What comes of a line on a host.
fn on(host: &Host, line: &str, may_run: bool) -> Answer {
    let lines = Lines::parse(Condition::All, FOUR, [(None, line.to_owned())]).unwrap();
    let asks = lines.lines[0].asks.as_ref().unwrap();
    let machine = Machine {
        host,
        text: &|path: &Path| Rc::new(host.read_text(path, 1 << 20)),
        commands: &Commands::default(),
        may_run,
    };
    ask(asks, &machine)
}

fn host(root: &Path) -> Host {
    Host::at(root, SystemClock::shared())
}

/// What comes of a command on this machine.
fn run(line: &str) -> Answer {
    on(&Host::live(SystemClock::shared()), line, true)
}

fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    root
}

/// In short: `+` and what was seen, `-` and what was seen, or the verdict and why.
fn told(answer: &Answer) -> String {
    match answer {
        Answer::Yes(seen) => format!("+ {seen}"),
        Answer::No(seen) => format!("- {seen}"),
        Answer::Open(verdict, why) => format!("{verdict}: {why}"),
    }
}

#[test]
fn files_are_there_or_not_and_a_list_needs_one() {
    let root = tree(&[("etc/a", "x\n"), ("etc/d/f", "")]);
    nix::unistd::mkfifo(&root.path().join("etc/pipe"), Mode::S_IRWXU).unwrap();
    let host = host(root.path());
    for (line, expected) in [
        ("f:/etc/a", "+ /etc/a is there"),
        ("f:/etc/b", "- /etc/b is not there"),
        ("not f:/etc/b", "+ /etc/b is not there"),
        ("f:/etc/b,/etc/a", "+ /etc/a is there"),
        ("f:/etc/a/b", "- /etc/a/b is not there"),
        ("f:/etc/d", "error: /etc/d is there, and no file"),
        ("not f:/etc/d", "error: /etc/d is there, and no file"),
        ("not f:/etc/pipe", "error: /etc/pipe is there, and no file"),
        ("d:/etc/d", "+ /etc/d is there"),
        ("d:/etc/no", "- /etc/no is not there"),
        ("not d:/etc/a", "error: /etc/a is there, and no folder"),
    ] {
        assert_eq!(told(&on(&host, line, false)), expected, "{line}");
    }
}

#[test]
fn a_line_of_a_file_fits_or_none_does_and_a_file_that_is_not_there_is_no_answer() {
    let root = tree(&[
        ("etc/sshd", "#PermitRootLogin no\nPort 22\n"),
        ("etc/other", "PermitRootLogin no\n"),
        ("etc/empty", ""),
    ]);
    nix::unistd::mkfifo(&root.path().join("etc/pipe"), Mode::S_IRWXU).unwrap();
    symlink("/etc/other", root.path().join("etc/link")).unwrap();
    let host = host(root.path());
    for (line, expected) in [
        (
            "f:/etc/sshd -> r:^PermitRootLogin\\s+no",
            "- none of the 2 lines of /etc/sshd fits",
        ),
        ("f:/etc/sshd -> !r:^# && r:Port", "+ /etc/sshd:2: Port 22"),
        ("not f:/etc/sshd -> r:^Port", "- /etc/sshd:2: Port 22"),
        (
            "f:/etc/link -> r:^Permit",
            "+ /etc/link:1: PermitRootLogin no",
        ),
        ("f:/etc/empty -> r:x", "- /etc/empty is empty"),
        ("f:/etc/no -> r:x", "not_applicable: /etc/no is not there"),
        (
            "not f:/etc/no -> r:x",
            "not_applicable: /etc/no is not there",
        ),
        (
            "f:/etc/no,/etc/sshd -> r:zzz",
            "not_applicable: /etc/no is not there",
        ),
        (
            "f:/etc/no,/etc/other -> r:Permit",
            "+ /etc/other:1: PermitRootLogin no",
        ),
        (
            "not f:/etc/pipe -> r:x",
            "error: /etc/pipe is not a regular file",
        ),
        ("not f:/etc -> r:x", "error: /etc is not a regular file"),
        (
            "f:/proc/sys/kernel/ostype -> Linux",
            "+ /proc/sys/kernel/ostype:1: Linux",
        ),
        (
            "not f:/proc/sys/net/ipv4/ip_forward -> 1",
            "not_assessable: /proc/sys/net/ipv4/ip_forward: of a tree no kernel runs",
        ),
        (
            "f:/etc/sshd -> n:Port (\\d+) compare > 1024",
            "- none of the 2 lines of /etc/sshd fits",
        ),
        (
            "not f:/etc/sshd -> n:(\\w+) 22 compare > 1024",
            "error: /etc/sshd: line 2: `Port` is no whole number to compare",
        ),
    ] {
        assert_eq!(told(&on(&host, line, false)), expected, "{line}");
    }
}

#[test]
fn folders_are_looked_through_however_deep() {
    let root = tree(&[
        ("etc/d/10-a.conf", "one\n"),
        ("etc/d/deep/er/20-b.conf", "two\n"),
        ("etc/d/note.txt", "three\n"),
        ("etc/elsewhere.conf", "four\n"),
        ("etc/far/x.conf", "five\n"),
        ("etc/none/x", ""),
        ("etc/piped/ok.conf", "one\n"),
    ]);
    symlink("/etc/elsewhere.conf", root.path().join("etc/d/30-c.conf")).unwrap();
    symlink("/etc/far", root.path().join("etc/d/40-far.conf")).unwrap();
    symlink("/etc/nowhere", root.path().join("etc/d/50-gone.conf")).unwrap();
    nix::unistd::mkfifo(&root.path().join("etc/piped/pipe.conf"), Mode::S_IRWXU).unwrap();
    let host = host(root.path());
    for (line, expected) in [
        ("d:/etc/d -> note.txt", "+ /etc/d/note.txt is there"),
        ("d:/etc/d -> r:.conf$", "+ /etc/d/10-a.conf is there"),
        (
            "not d:/etc/d -> r:^zz",
            "+ no file of that name is in /etc/d",
        ),
        (
            "d:/etc/d -> r:.conf$ -> two",
            "+ /etc/d/deep/er/20-b.conf:1: two",
        ),
        (
            "d:/etc/d -> r:.conf$ -> three",
            "- no line of 5 files of that name in /etc/d fits",
        ),
        ("d:/etc/d -> r:.conf$ -> four", "+ /etc/d/30-c.conf:1: four"),
        (
            "d:/etc/d -> r:.conf$ -> five",
            "- no line of 5 files of that name in /etc/d fits",
        ),
        (
            "d:/etc/none,/etc/d -> r:.conf$ -> one",
            "+ /etc/d/10-a.conf:1: one",
        ),
        (
            "not d:/etc/no -> r:.conf$ -> one",
            "not_applicable: /etc/no is not there",
        ),
        (
            "not d:/etc/d/* -> r:.conf$ -> one",
            "not_applicable: /etc/d/* is not there",
        ),
        (
            "not d:/etc/piped -> r:.conf$ -> two",
            "error: /etc/piped/pipe.conf is no file",
        ),
        (
            "d:/etc/piped -> r:.conf$ -> one",
            "+ /etc/piped/ok.conf:1: one",
        ),
        (
            "not d:/etc/elsewhere.conf -> x",
            "error: /etc/elsewhere.conf is there, and no folder",
        ),
    ] {
        assert_eq!(told(&on(&host, line, false)), expected, "{line}");
    }
}

#[test]
fn of_a_tree_nothing_runs_and_nothing_is_run() {
    let root = tree(&[]);
    for line in ["c:true -> r:x", "not c:true -> r:x", "p:sshd", "not p:sshd"] {
        let answer = on(&host(root.path()), line, true);
        assert!(
            told(&answer).starts_with("not_assessable: of a tree nothing"),
            "{answer:?}"
        );
    }
}

#[test]
fn no_command_of_an_imported_rule_is_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made");
    let line = format!("not c:touch {} -> r:x", path.display());
    let live = Host::live(SystemClock::shared());
    let answer = on(&live, &line, false);
    assert!(
        told(&answer).starts_with("not_assessable: commands of imported rules"),
        "{answer:?}"
    );
    assert!(!path.exists());
    assert!(matches!(on(&live, &line, true), Answer::Yes(_)));
    assert!(path.exists(), "it is run where it may be");
}

#[test]
fn commands_run_as_words_and_what_only_a_shell_understands_in_one() {
    for (line, expected) in [
        ("c:echo one two -> one two", "+ `echo one two`:1: one two"),
        (
            "c:echo \"one  two\" $HOME -> r:x",
            "- none of the 1 lines of `echo \"one  two\" $HOME` fits",
        ),
        ("c:echo '$HOME|x' -> $HOME|x", "+ `echo $HOME|x`:1: $HOME|x"),
        (
            "c:printf 'a\\nb\\n' | wc -l -> n:(\\d+) compare == 2",
            "+ `printf 'a\\nb\\n' | wc -l`:1: 2",
        ),
        (
            "c:sh -c \"echo out; echo err >&2; exit 3\" -> err",
            "+ `sh -c \"echo out; echo err >&2; exit 3\"`:2: err",
        ),
        (
            "c:no-such-program-7 -x -> r:x",
            "not_applicable: `no-such-program-7 -x`: the program is not there",
        ),
        (
            "not c:no-such-program-7 -> r:x",
            "not_applicable: `no-such-program-7`: the program is not there",
        ),
        ("c:cat -> r:x", "- `cat` is empty"),
    ] {
        assert_eq!(told(&run(line)), expected, "{line}");
    }
}

/// Each of these passes with an engine that takes whatever was said for all there is to say.
#[test]
fn what_a_command_did_not_say_is_not_taken_for_an_answer() {
    for (line, verdict, why) in [
        (
            "not c:sh -c \"no-such-7 list | cat\" -> r:open",
            Verdict::NotApplicable,
            "a program in it is not there",
        ),
        (
            "not c:sh -c \"no-such-7 list & true\" -> r:open",
            Verdict::NotApplicable,
            "a program in it",
        ),
        (
            "not c:sh -c \"no-such-7\" -> r:open",
            Verdict::NotApplicable,
            "a program in it",
        ),
        (
            "not c:sh -c \"echo x: Permission denied; exit 1\" -> r:open",
            Verdict::NotAssessable,
            "Permission denied",
        ),
        (
            "c:sh -c \"echo x: Operation not permitted; exit 1\" -> !r:open",
            Verdict::NotAssessable,
            "not permitted",
        ),
        (
            "not c:sh -c \"kill -9 $$\" -> r:open",
            Verdict::Error,
            "ended by a signal",
        ),
        (
            "not c:yes -> r:open",
            Verdict::Error,
            "more than 1048576 bytes",
        ),
        (
            "not c:sleep 100 -> r:open",
            Verdict::Error,
            "did not end within 10 s",
        ),
    ] {
        match run(line) {
            Answer::Open(is, told) => {
                assert_eq!(is, verdict, "{line}: {told}");
                assert!(told.contains(why), "{line}: {told}");
            }
            other => panic!("{line}: {other:?}"),
        }
    }
    let found = run("c:sh -c \"echo open; no-such-7\" -> r:open");
    assert!(
        matches!(found, Answer::Yes(_)),
        "what was found is there: {found:?}"
    );
}

#[test]
fn a_command_is_run_once_for_all_who_ask() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("count");
    let line = format!("c:echo x >> {p}; cat {p} -> r:^x", p = path.display());
    let lines = Lines::parse(Condition::All, FOUR, [(None, line.clone()), (None, line)]).unwrap();
    let live = Host::live(SystemClock::shared());
    let machine = Machine {
        host: &live,
        text: &|path: &Path| Rc::new(live.read_text(path, 1 << 20)),
        commands: &Commands::default(),
        may_run: true,
    };
    for line in &lines.lines {
        let answer = ask(line.asks.as_ref().unwrap(), &machine);
        assert!(matches!(answer, Answer::Yes(_)), "{answer:?}");
    }
    assert_eq!(fs::read_to_string(path).unwrap(), "x\n");
}

#[test]
fn programs_run_by_the_name_that_is_kept_of_them() {
    let folder = tempfile::tempdir().unwrap();
    // Longer than what the kernel keeps.
    let long = folder.path().join("a-program-with-a-long-name");
    fs::copy(fs::canonicalize("/bin/sleep").unwrap(), &long).unwrap();
    let mut child = std::process::Command::new(&long)
        .arg("100")
        .spawn()
        .unwrap();
    let whole = run("p:a-program-with-a-long-name");
    let part = run("p:r:^a-program-with");
    let other = run("not p:a-program-with-another-name");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(matches!(whole, Answer::Yes(_)), "{whole:?}");
    assert!(matches!(part, Answer::Yes(_)), "{part:?}");
    assert!(matches!(other, Answer::Yes(_)), "{other:?}");
    let none = run("p:no-such-program-7");
    assert!(matches!(none, Answer::No(_)), "{none:?}");
}

#[test]
fn the_registry_is_another_systems() {
    let answer = run("not r:HKEY_LOCAL_MACHINE\\x");
    assert!(
        told(&answer).starts_with("not_applicable: the registry"),
        "{answer:?}"
    );
}
