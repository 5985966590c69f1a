use std::{fs, path::Path};

use super::*;

const POLICY: &str = r#"
policy:
  id: "own_policy"
  file: "own.yml"
  name: "Our own"
  description: "A few checks."
  references:
    - https://example.org/
requirements:
  title: "There are accounts"
  description: "Or nothing is asked."
  condition: any
  rules:
    - 'f:$accounts'
variables:
  $accounts: /etc/passwd,/etc/group
  $accounts_too: /etc/shadow
checks:
  - id: 7
    title: "Accounts have shadowed passwords"
    description: "What is shown here."
    rationale: "Hashes that all may read are guessed."
    remediation: "pwconv"
    compliance:
      - pci_dss: ["8.2"]
      - cis: [5.1]
    condition: none
    rules:
      - 'f:$accounts_too -> r:^\w+:$'
      - 'c:getent $accounts passwd -> r:^\w+::'
  - id: 8
    title: "In the other sort of expression"
    regex_type: pcre2
    condition: any required
    rules:
      - 'f:/etc/passwd -> r:^[a-z]+:'
"#;

fn wrong(text: &str) -> (Option<u64>, String) {
    let wrong = Policy::parse(text).unwrap_err();
    (wrong.line, wrong.what)
}

#[test]
fn a_policy_of_edition_4_is_taken_apart() {
    let policy = Policy::parse(POLICY).unwrap();
    assert_eq!(policy.id, "own_policy");
    assert_eq!(policy.broken(), Vec::<String>::new());
    let [first, second] = policy.checks.as_slice() else {
        panic!("{policy:#?}");
    };
    assert_eq!(
        (first.id, first.why.as_str()),
        (7, "Hashes that all may read are guessed.")
    );
    assert_eq!(second.why, "In the other sort of expression");
    let expected = [
        ("pci_dss".into(), vec!["8.2".into()]),
        ("cis".into(), vec!["5.1".into()]),
    ];
    assert_eq!(first.compliance, expected);
    assert_eq!(
        (first.lines.condition, first.lines.dialect),
        (Condition::None, FOUR)
    );
    assert_eq!(
        (second.lines.condition, second.lines.dialect),
        (Condition::Any, FOUR_PCRE)
    );
    let requirements = policy.requirements.unwrap();
    let Ok(Asks {
        of: Subject::File { paths, .. },
        ..
    }) = &requirements.lines[0].asks
    else {
        panic!("{requirements:#?}");
    };
    assert_eq!(paths, &["/etc/passwd", "/etc/group"]);
    let texts: Vec<_> = first
        .lines
        .lines
        .iter()
        .map(|line| line.text.as_str())
        .collect();
    let expected = [
        "f:/etc/shadow -> r:^\\w+:$",
        "c:getent /etc/passwd,/etc/group passwd -> r:^\\w+::",
    ];
    assert_eq!(
        texts, expected,
        "the longest name, and none in the expression"
    );
    assert_eq!(first.lines.lines[0].at, Some(29));
}

#[test]
fn checks_with_a_name_are_edition_5_and_its_expressions_are_perls() {
    let text = POLICY
        .replace("    title:", "    name:")
        .replace("\n  title:", "\n  name:");
    let policy = Policy::parse(&text).unwrap();
    assert_eq!(policy.checks[0].lines.dialect, FIVE);
    assert_eq!(policy.checks[0].title, "Accounts have shadowed passwords");
    let maps = text.replace(
        "      - pci_dss: [\"8.2\"]\n      - cis: [5.1]\n",
        "      pci_dss: [\"8.2\"]\n",
    );
    let policy = Policy::parse(&maps).unwrap();
    assert_eq!(
        policy.checks[0].compliance,
        [("pci_dss".into(), vec!["8.2".into()])]
    );
}

#[test]
fn the_policy_says_which_expressions_unless_a_check_does() {
    let text = POLICY.replace(
        "  name: \"Our own\"",
        "  name: \"Our own\"\n  regex_type: pcre2",
    );
    let policy = Policy::parse(&text).unwrap();
    assert_eq!(policy.checks[0].lines.dialect, FOUR_PCRE);
    assert_eq!(policy.requirements.unwrap().dialect, FOUR_PCRE);
}

#[test]
fn each_error_has_its_line() {
    for (from, to, line, expected) in [
        (
            "condition: none",
            "condition: some",
            27,
            "there are `all`, `any` and `none`",
        ),
        (
            "    condition: none",
            "    conditoin: none",
            27,
            "conditoin",
        ),
        ("regex_type: pcre2", "regex_type: perl", 33, "perl"),
        ("id: 8", "id: 7", 31, "check 7 is there twice"),
        ("id: 8", "id: 0", 31, "wants an `id` above 0"),
        (
            "- id: 8\n    title",
            "- id: 8\n    name",
            31,
            "some checks have a `title`",
        ),
        ("  $accounts_too", "  accounts_too", 17, "begins with `$`"),
        (
            "title: \"In the",
            "description: \"In the",
            31,
            "either a `title` or a `name`",
        ),
        (
            "- 'f:/etc/passwd -> r:^[a-z]+:'",
            "- f: /etc/passwd",
            36,
            "",
        ),
        ("    - 'f:$accounts'\n", "    []\n", 12, ""),
    ] {
        let text = POLICY.replacen(from, to, 1);
        assert_ne!(text, POLICY, "{from}");
        let (at, what) = wrong(&text);
        assert!(what.contains(expected), "{to}: {what}");
        assert_eq!(at, Some(line), "{to}: {what}");
    }
    assert!(Policy::read("").is_none());
    assert!(Policy::read("checks: []\npolicy: {id: a, name: b}").is_none());
}

#[test]
fn a_line_that_is_broken_is_told_with_its_place_and_hides_no_other() {
    let text = POLICY.replace("r:^[a-z]+:", "r:^[a-z+:");
    let policy = Policy::parse(&text).unwrap();
    let broken = policy.broken();
    assert_eq!(broken.len(), 1, "{broken:?}");
    assert!(
        broken[0].starts_with("36: check 8: `f:/etc/passwd -> r:^[a-z+:`: "),
        "{broken:?}"
    );
    assert!(policy.checks[0].lines.broken().next().is_none());
}

#[test]
fn a_file_that_cannot_be_read_is_told_with_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.yml");
    let told = |path: &Path| Policy::load(path).unwrap_err();
    assert!(told(&path).contains("own.yml: cannot be read"));
    assert!(told(folder.path()).contains("is no file"));
    fs::write(&path, "policy:\n  id: [a").unwrap();
    assert!(told(&path).contains("own.yml:"), "{}", told(&path));
    fs::write(&path, POLICY).unwrap();
    assert!(Policy::load(&path).is_ok());
    fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_len(64 << 20)
        .unwrap();
    assert!(told(&path).contains("larger than"));
}

#[test]
fn variables_that_name_each_other_do_not_grow() {
    let bomb: String = (0..30)
        .map(|n| format!("  $v{n}: /$v{}$v{}\n", n + 1, n + 1))
        .collect();
    let text = POLICY.replace("variables:\n", &format!("variables:\n{bomb}"));
    let text = text.replace("f:$accounts_too", "f:$v0");
    let policy = Policy::parse(&text).unwrap();
    assert_eq!(
        policy.checks[0].lines.lines[0].text,
        "f:/$v1$v1 -> r:^\\w+:$"
    );
    let long = text.replace("/$v1$v1", &"/a".repeat(10_000));
    assert!(wrong(&long).1.contains("longer than"));
}

#[test]
fn deep_and_endless_files_are_refused() {
    let deep = format!("policy: {}1{}", "[".repeat(5000), "]".repeat(5000));
    assert!(Policy::read(&deep).is_none());
    let mut bomb = "a0: &a0 x\n".to_owned();
    for n in 1..40 {
        bomb += &format!("a{n}: &a{n} [*a{}, *a{}]\n", n - 1, n - 1);
    }
    assert!(Policy::read(&bomb).is_none());
}

/// The seeds of the fuzz target (`fuzz/`), and what it found.
#[test]
fn past_inputs_are_read_or_refused() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/fuzz/sca_policy");
    let (mut good, mut bad) = (0, 0);
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
        let policy = Policy::read(&text);
        let name = path.file_name().unwrap().to_string_lossy();
        good += usize::from(name.starts_with("good-"));
        bad += usize::from(name.starts_with("bad-"));
        assert!(
            !name.starts_with("good-") || policy.is_some(),
            "{name} is refused"
        );
        assert!(
            !name.starts_with("bad-") || policy.is_none(),
            "{name} is accepted"
        );
        for check in policy.iter().flat_map(|policy| &policy.checks) {
            exercise(&check.lines, &text);
        }
    }
    assert!(good > 0 && bad > 0);
}

/// Asks each line's terms of a text, as an agent does.
fn exercise(lines: &Lines, text: &str) {
    for line in &lines.lines {
        match &line.asks {
            Ok(Asks {
                of: Subject::File {
                    terms: Some(terms), ..
                },
                ..
            })
            | Ok(Asks {
                of: Subject::Command { terms, .. },
                ..
            })
            | Ok(Asks {
                of: Subject::Process(terms),
                ..
            }) => {
                let _ = terms.find(text.lines());
            }
            _ => {}
        }
    }
}
