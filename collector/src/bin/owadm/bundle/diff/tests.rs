use super::*;

const RULE: &str = "\
id: one
title: One
severity: medium
category: access
why: Because.
variables:
  most: {type: integer, about: longest, default: 600, max: 3600}
check:
  all:
    - setting: {file: /etc/a, key: idle, between: [1, $most]}
    - not: {setting: {file: /etc/a, key: weak, at_least: 5}}
    - file: {paths: [/etc/a], mode_at_most: \"0640\"}
    - any: [{package: {name: a, must: present}}, {package: {name: b, must: present}}]
    - listener: {allowed: [tcp/22, tcp/25]}
    - sudo: {setting: x, with: [a, b]}
subjects: [one]
";

/// What becomes of the rule when this in it becomes that: `HOW DETAIL` each.
fn told(this: &str, that: &str) -> Vec<String> {
    assert!(RULE.contains(this), "{this}");
    let of = |text: String| Files::from([("rules/access/one.yaml".into(), text.into_bytes())]);
    let changes = changes(&of(RULE.into()), &of(RULE.replace(this, that))).unwrap();
    let told = changes
        .iter()
        .map(|one| format!("{} {}", one.how, one.detail));
    told.map(|one| one.trim().to_owned()).collect()
}

#[test]
fn a_bound_that_lets_less_through_is_stricter_and_the_other_way_round_looser() {
    for (this, that) in [
        ("default: 600", "default: 300"),
        ("between: [1, $most]", "between: [2, $most]"),
        ("\"0640\"", "\"0600\""),
        ("with: [a, b]", "with: [a, b, c]"),
        ("at_least: 5", "at_least: 4"),
        (
            "[{package: {name: a, must: present}}, {package: {name: b, must: present}}]",
            "[{package: {name: b, must: present}}]",
        ),
        ("key: idle,", "key: idle, is_not: \"7\","),
    ] {
        let how = |told: Vec<String>| told[0].split(' ').next().unwrap().to_owned();
        assert_eq!(how(told(this, that)), "stricter", "{that}");
        let of = |text: String| Files::from([("rules/access/one.yaml".into(), text.into_bytes())]);
        let back = changes(&of(RULE.replace(this, that)), &of(RULE.into())).unwrap();
        assert_eq!(back[0].how, "looser", "{that}");
    }
}

#[test]
fn what_is_stricter_is_told_with_the_values_before_and_after() {
    let told = told("default: 600", "default: 300");
    assert_eq!(told, ["stricter all.setting.between: [1,600] -> [1,300]"]);
}

#[test]
fn what_is_neither_stricter_nor_looser_for_sure_is_another_check() {
    for (this, that) in [
        ("between: [1, $most]", "between: [0, 300]"),
        ("\"0640\"", "\"0604\""),
        ("key: idle", "key: busy"),
        ("with: [a, b]", "with: [a, c]"),
        ("name: a", "name: c"),
        ("tcp/25", "tcp/80"),
    ] {
        let told = told(this, that);
        assert!(told[0].starts_with("check "), "{that}: {told:?}");
    }
}

#[test]
fn what_only_people_and_programs_read_is_told_apart() {
    for (this, that, expected) in [
        (
            "severity: medium",
            "severity: high",
            "severity medium -> high",
        ),
        (
            "subjects: [one]",
            "subjects: [one, two]",
            "mapping subjects",
        ),
        ("title: One", "title: The one", "text title"),
        ("max: 3600", "max: 900", "variables"),
        (
            "check:",
            "platforms: [{family: rhel}]\ncheck:",
            "scope platforms",
        ),
        ("check:", "redact: true\ncheck:", "evidence redact"),
    ] {
        assert_eq!(told(this, that), [expected]);
    }
}

#[test]
fn files_that_come_and_go_are_told_rules_by_their_ids() {
    let of = |paths: &[(&str, &str)]| -> Files {
        let one = |(path, text): &(&str, &str)| ((*path).to_owned(), text.as_bytes().to_vec());
        paths.iter().map(one).collect()
    };
    let old = of(&[
        ("profiles/a.yaml", "1"),
        ("profiles/b.yaml", "1"),
        ("rules/x/gone.yaml", ""),
    ]);
    let new = of(&[
        ("profiles/b.yaml", "2"),
        ("profiles/c.yaml", "1"),
        ("rules/x/new.yaml", ""),
    ]);
    let changes = changes(&old, &new).unwrap();
    let told: Vec<_> = changes
        .iter()
        .map(|one| (one.how, one.what.as_str()))
        .collect();
    let expected = [
        ("removed", "profiles/a.yaml"),
        ("changed", "profiles/b.yaml"),
        ("added", "profiles/c.yaml"),
        ("removed", "gone"),
        ("added", "new"),
    ];
    assert_eq!(told, expected);
}
