use shared::rule::{
    framework::Edition,
    load::{Content, Loaded},
    platform::Family,
};

use super::*;

fn rule(id: &str, subjects: &[&str], platforms: &Value) -> (String, Loaded) {
    let rule = json!({
        "id": id, "title": id, "severity": "low", "category": "access", "why": "Because.",
        "platforms": platforms, "check": {"manual": "look"}, "subjects": subjects,
    });
    let loaded = Loaded {
        rule: serde_json::from_value(rule).unwrap(),
        fixtures: None,
        path: id.into(),
        hash: String::new(),
    };
    (id.to_owned(), loaded)
}

fn on(family: &str, versions: &str) -> Value {
    json!([{"family": family, "versions": versions}])
}

fn control(id: &str, automated: bool, subjects: &[&str]) -> Control {
    Control {
        id: id.into(),
        title: None,
        levels: Vec::new(),
        automated,
        subjects: subjects.iter().map(|name| (*name).to_owned()).collect(),
        from: BTreeMap::new(),
        values: BTreeMap::new(),
    }
}

fn framework(platform: Option<(Family, &str)>) -> Framework {
    let platform = platform.map(|(family, version)| Edition {
        family,
        version: version.into(),
    });
    let controls = vec![
        control("1", true, &["everywhere"]),
        control("2", true, &["everywhere", "new_debian"]),
        control("3", true, &["rhel"]),
        control("4", false, &["everywhere"]),
        control("5", true, &[]),
    ];
    Framework {
        key: "k".into(),
        platform,
        controls,
    }
}

fn covered(platform: Option<(Family, &str)>) -> (Vec<String>, Option<f64>) {
    let rules = [
        rule("a", &["everywhere"], &json!([])),
        rule("b", &["new_debian"], &on("debian", ">=12")),
        rule("c", &["rhel"], &on("rhel", "8..9")),
    ];
    let content = Content {
        rules: rules.into(),
        ..Content::default()
    };
    let framework = framework(platform);
    let frameworks = BTreeMap::new();
    let coverage = join(&content.all_rules(), &frameworks, &framework);
    assert_eq!(coverage.automated, 4);
    assert_eq!(coverage.covered + coverage.missing.len(), 4);
    let missing = coverage.missing.iter();
    let missing = missing
        .map(|(control, open)| format!("{}: {}", control.id, open.join(" ")))
        .collect();
    (missing, percent(coverage.covered, coverage.automated))
}

#[test]
fn a_control_is_covered_when_rules_about_its_platform_decide_each_of_its_subjects() {
    let (missing, percent) = covered(Some((Family::Debian, "12")));
    assert_eq!(missing, ["3: rhel", "5: "]);
    assert_eq!(percent, Some(50.0));
    let (missing, percent) = covered(Some((Family::Debian, "11")));
    assert_eq!(missing, ["2: new_debian", "3: rhel", "5: "]);
    assert_eq!(percent, Some(25.0));
    let (missing, _) = covered(Some((Family::Rhel, "9")));
    assert_eq!(missing, ["2: new_debian", "5: "]);
    let (missing, _) = covered(Some((Family::Rhel, "10")));
    assert_eq!(missing, ["2: new_debian", "3: rhel", "5: "]);
}

#[test]
fn of_a_benchmark_for_no_platform_a_rule_about_any_counts() {
    assert_eq!(covered(None).0, ["5: "]);
}

#[test]
fn percents_are_never_rounded_up() {
    assert_eq!(percent(8499, 10_000), Some(84.9));
    assert_eq!(percent(3, 3), Some(100.0));
    assert_eq!(percent(0, 0), None);
}
