use shared::rule::load::{Content, Tests};

use super::*;

const POLICY: &str = r#"policy: {id: own_policy, name: Our own}
requirements:
  title: It has accounts
  condition: any
  rules: ["f:$accounts"]
variables:
  $accounts: /etc/passwd,/etc/group
checks:
  - id: 7
    title: "Everybody has a password: also 'guests', and \"others\""
    rationale: "Who has none needs none.\nIt is that simple."
    compliance:
      - pci_dss: ["8.2"]
    condition: none
    rules:
      - 'f:/etc/shadow -> r:^\w+::|\\$'
      - 'c:sh -c "getent passwd | grep -c \"::\"" -> n:^(\d+)$ compare != 0'
  - id: 8
    title: Other expressions
    regex_type: pcre2
    condition: all
    rules: ['not d:/etc/x -> r:a.b -> !r:^# && n:(\d+) compare > 3', 'p:sshd']
"#;

fn written(text: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.yml");
    fs::write(&path, text).unwrap();
    (folder, path)
}

#[test]
fn what_is_written_loads_as_what_the_policy_says() {
    let (folder, path) = written(POLICY);
    let into = folder.path().join("content");
    assert_eq!(import(std::slice::from_ref(&path), &into).unwrap(), (2, 0));
    let content = Content::load(&into, Tests::With).unwrap();
    let mut expected = rule::sca::rules(&Policy::load(&path).unwrap());
    // A rule does not know where in the policy it stood.
    for rule in &mut expected {
        let Check::Sca(check) = &mut rule.check else {
            panic!();
        };
        let lines = check.lines.lines.iter_mut();
        let required = check.requirements.iter_mut().flat_map(|of| &mut of.lines);
        lines.chain(required).for_each(|line| line.at = None);
    }
    let loaded: Vec<_> = content
        .rules
        .into_values()
        .map(|loaded| loaded.rule)
        .collect();
    assert_eq!(loaded, expected);
}

#[test]
fn again_it_replaces_its_own_files_and_no_others() {
    let (folder, path) = written(POLICY);
    let into = folder.path().join("content");
    let files = [path.clone()];
    import(&files, &into).unwrap();
    let own = into.join("rules/sca/own.yaml");
    fs::write(&own, "id: own\n").unwrap();
    let (short, _) = POLICY.split_once("  - id: 8").unwrap();
    fs::write(&path, short).unwrap();
    assert_eq!(import(&files, &into).unwrap(), (1, 1));
    assert!(own.exists() && !into.join("rules/sca/sca-own-policy-8.yaml").exists());

    let path = into.join("rules/sca/sca-own-policy-7.yaml");
    fs::write(&path, "id: mine\n").unwrap();
    let told = import(&files, &into).unwrap_err().to_string();
    assert!(told.contains("is not written over"), "{told}");
    assert_eq!(fs::read_to_string(&path).unwrap(), "id: mine\n");
}

#[test]
fn a_policy_with_a_line_that_cannot_be_understood_is_not_imported() {
    let (folder, path) = written(&POLICY.replace("r:a.b", "r:a(b"));
    let into = folder.path().join("content");
    let told = import(&[path], &into).unwrap_err().to_string();
    assert!(told.contains("own.yml:22: check 8: "), "{told}");
    assert!(!into.exists(), "nothing is written");
}
