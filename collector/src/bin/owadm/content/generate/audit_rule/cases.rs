//! Hosts on which a rule about audit must pass or fail, by what must be recorded.

use super::{
    super::{
        draft::{Case, Tree, text},
        yaml::{Yaml, map},
    },
    lines::{Sort, What},
};

const RULES: &str = "/etc/audit/rules.d/50-own.rules";
const BEFORE: &str = "/etc/audit/rules.d/9-own.rules";
/// Where there is nothing in the folder.
const FILE: &str = "/etc/audit/audit.rules";

/// The program must be there for the rule to be about the host.
pub(super) fn of(sorts: &[Sort], program: Option<&str>) -> Vec<Case> {
    let written = |line: fn(&Sort) -> String| sorts.iter().map(line).collect::<String>();
    let usual = written(Sort::usual);
    let tree = |files: Vec<(&str, &str)>| {
        let there = program.map(|path| (path.to_owned(), executable()));
        let files = files.into_iter().map(|(path, said)| text(path, said));
        files.chain(there).collect::<Tree>()
    };
    let pass = |name: &str, files: Vec<(&str, &str)>| Case::new(name, "pass", tree(files));
    let fail = |name: &str, files: Vec<(&str, &str)>| Case::new(name, "fail", tree(files));
    let mut cases = vec![
        pass("the folder has it", vec![(RULES, &usual)]),
        pass(
            "it is written in other words",
            vec![(RULES, &written(Sort::otherwise))],
        ),
        pass(
            "more than that is recorded",
            vec![(RULES, &written(Sort::more))],
        ),
        pass(
            "the folder is empty, and the file has it after it clears the list",
            vec![(FILE, &format!("-D\n-b 8192\n{usual}-e 2\n"))],
        ),
        pass(
            "what is left out of the trail are other messages",
            vec![
                (BEFORE, "-a always,exclude -F msgtype=CWD\n"),
                (RULES, &usual),
            ],
        ),
        pass(
            "what stands after it takes nothing away",
            vec![(RULES, &format!("{usual}{}", written(Sort::never)))],
        ),
        fail("it is a comment", vec![(RULES, &commented(&usual))]),
        fail(
            "longer names are others",
            vec![(RULES, &written(Sort::longer))],
        ),
        fail(
            "it is of fewer than are asked",
            vec![(RULES, &written(Sort::of_fewer))],
        ),
    ];
    let of_64_bits = written(Sort::of_64_bits);
    if !of_64_bits.is_empty() {
        let name = "calls of 32 bits are left out";
        cases.push(fail(name, vec![(RULES, &of_64_bits)]));
    }
    for what in lacking(sorts) {
        cases.push(fail("a part of it is missing", vec![(RULES, &what)]));
    }
    let paths = sorts.iter().filter_map(|sort| match &sort.what {
        What::Path(path, perms) => Some((path, *perms)),
        What::Calls(_) => None,
    });
    if let Some((_, perms)) = paths.clone().next() {
        let of = |letters: &str| {
            let less = usual.replace(&format!("-p {perms}"), &format!("-p {letters}"));
            less.replace(&format!("perm={perms}"), &format!("perm={letters}"))
        };
        let name = "only what is read is recorded";
        cases.push(fail(name, vec![(RULES, &of("r"))]));
        if perms == "wa" {
            let name = "new owners and rights are left out";
            cases.push(fail(name, vec![(RULES, &of("w"))]));
        }
    }
    if paths.clone().any(|(path, _)| path.ends_with('/')) {
        let alone = written(Sort::alone);
        cases.push(fail(
            "of a folder only itself is watched",
            vec![(RULES, &alone)],
        ));
    }
    let gone = usual
        .replace("-a always,exit", "-d always,exit")
        .replace("-w ", "-W ");
    cases.extend([
        fail(
            "it is taken out again",
            vec![(RULES, &format!("{usual}{gone}"))],
        ),
        fail(
            "the file clears the list after it",
            vec![(FILE, &format!("{usual}-D\n"))],
        ),
        fail(
            "the file is not used where the folder has rules",
            vec![(FILE, &usual), (RULES, "-b 8192\n")],
        ),
        fail(
            "a rule before it takes the events away",
            vec![(BEFORE, &written(Sort::never)), (RULES, &usual)],
        ),
        fail(
            "processes are kept from being watched at all",
            vec![(BEFORE, "-a task,never\n"), (RULES, &usual)],
        ),
        fail(
            "records of calls are left out of the trail",
            vec![
                (BEFORE, "-a always,exclude -F msgtype=SYSCALL\n"),
                (RULES, &usual),
            ],
        ),
        fail(
            "audit is switched off",
            vec![(RULES, &format!("{usual}-e 0\n"))],
        ),
    ]);
    if let Some((folder, old)) = program.and_then(old_folder) {
        let mut files = tree(vec![(RULES, &usual.replace(folder, old))]);
        files.push((old.to_owned(), map([("link", folder.into())])));
        cases.push(Case::new(
            "its folder is called by its old name",
            "pass",
            files,
        ));
    }
    if paths.clone().any(|(path, _)| path.starts_with("/var/run/")) {
        let other = usual.replace("/var/run/", "/run/");
        cases.push(pass(
            "a link to the folder is followed",
            vec![(RULES, &other)],
        ));
    }
    let nothing = match program {
        Some(_) => {
            cases.push(fail("there are no rules", Vec::new()));
            Case::absent(
                "the program is not there",
                "not_applicable",
                vec![text(RULES, &*usual)],
            )
        }
        None => Case::absent(
            "there are no rules",
            "fail",
            vec![text("/etc/hostname", "own\n")],
        ),
    };
    cases.push(nothing);
    cases
}

/// The rules without one of what is asked, each in turn.
fn lacking(sorts: &[Sort]) -> Vec<String> {
    let rest = |left_out: usize| {
        let others = sorts.iter().enumerate().filter(|(n, _)| *n != left_out);
        others.map(|(_, sort)| sort.usual()).collect()
    };
    match sorts.len() {
        1 => one_call_less(&sorts[0]).into_iter().collect(),
        many => (0..many).map(rest).collect(),
    }
}

fn one_call_less(sort: &Sort) -> Option<String> {
    match &sort.what {
        What::Calls(calls) if calls.len() > 1 => {
            let usual = sort.usual();
            Some(usual.replace(&calls.join(","), &calls[1..].join(",")))
        }
        _ => None,
    }
}

fn commented(lines: &str) -> String {
    lines.lines().map(|line| format!("# {line}\n")).collect()
}

/// The folder of a program, and the link to it that older names go through.
fn old_folder(program: &str) -> Option<(&str, &str)> {
    let (folder, _) = program.rsplit_once('/')?;
    let old = folder
        .strip_prefix("/usr")
        .filter(|old| ["/bin", "/sbin"].contains(old))?;
    Some((folder, old))
}

fn executable() -> Yaml {
    map([("text", "".into()), ("mode", "0755".into())])
}
