use shared::wire::SetVariable;
use tempfile::TempDir;

use super::*;

fn assignment(profile: &str, value: &str) -> Assignment {
    Assignment {
        profiles: vec![profile.into()],
        variables: vec![SetVariable {
            name: "tries".into(),
            value: value.into(),
        }],
    }
}

fn open(folder: &TempDir, accepts: bool) -> Assigner {
    Assigner::open(StateDir::at(folder.path()), accepts)
}

#[test]
fn an_assignment_is_in_force_and_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let assigner = open(&folder, true);
    let mut watch = assigner.watch();
    assert_eq!(**watch.borrow_and_update(), Wanted::default());
    let given = assignment("cis", "3");
    assigner.take(&given);
    assert!(watch.has_changed().unwrap());
    let again = open(&folder, true);
    for assigner in [&assigner, &again] {
        let said = assigner.said().borrow().clone();
        assert_eq!(said.version, Some(given.version().unwrap()));
        assert_eq!(said.refused, None);
        let wanted = assigner.watch().borrow().clone();
        assert_eq!(wanted.profiles, ["cis"]);
        assert_eq!(wanted.variables["tries"].to_string(), "3");
    }
    watch.mark_unchanged();
    assigner.take(&given);
    assert!(
        !watch.has_changed().unwrap(),
        "nothing new, nobody is woken"
    );
}

#[test]
fn what_the_content_does_not_have_is_said_of_what_is_in_force_alone() {
    let folder = tempfile::tempdir().unwrap();
    let assigner = open(&folder, true);
    assigner.take(&assignment("cis", "3"));
    let wanted = assigner.watch().borrow().clone();
    let unknown = Unknown {
        profiles: vec!["cis".into()],
        variables: vec!["tries".into()],
    };
    assigner.held(&wanted, &unknown);
    let said = assigner.said().borrow().clone();
    assert_eq!(said.unknown_profiles, ["cis"]);
    assert_eq!(said.unknown_variables, ["tries"]);
    assigner.take(&assignment("stig", "3"));
    assert_eq!(assigner.said().borrow().unknown_profiles, [""; 0]);
    assigner.held(&wanted, &unknown);
    assert_eq!(
        assigner.said().borrow().unknown_profiles,
        [""; 0],
        "too late"
    );
}

#[test]
fn what_makes_no_sense_changes_nothing_and_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let assigner = open(&folder, true);
    let good = assignment("cis", "3");
    assigner.take(&good);
    let before = assigner.watch().borrow().clone();
    for (bad, told) in [
        (
            assignment("../../../etc/passwd", "3"),
            "not the key of a profile",
        ),
        (assignment("cis", "{}"), "`tries` is set to what is not"),
    ] {
        assigner.take(&bad);
        let said = assigner.said().borrow().clone();
        assert_eq!(said.version, Some(good.version().unwrap()));
        assert!(said.refused.unwrap().contains(told));
        assert_eq!(*assigner.watch().borrow(), before);
    }
    assigner.take(&good);
    assert_eq!(assigner.said().borrow().refused, None, "it was mended");
}

#[test]
fn a_host_that_accepts_none_says_so_and_forgets_what_it_had() {
    let folder = tempfile::tempdir().unwrap();
    open(&folder, true).take(&assignment("cis", "3"));
    let assigner = open(&folder, false);
    assert_eq!(**assigner.watch().borrow(), Wanted::default());
    assigner.take(&assignment("cis", "3"));
    let said = assigner.said().borrow().clone();
    assert_eq!(said.version, None);
    assert!(said.refused.unwrap().contains("control.accept_settings"));
}

#[test]
fn what_cannot_be_kept_is_not_in_force() {
    let folder = tempfile::tempdir().unwrap();
    let assigner = open(&folder, true);
    std::fs::create_dir(folder.path().join(format!("{FILE}.new"))).unwrap();
    assigner.take(&assignment("cis", "3"));
    let said = assigner.said().borrow().clone();
    assert_eq!(said.version, None);
    assert!(said.refused.unwrap().contains(FILE));
    assert_eq!(**assigner.watch().borrow(), Wanted::default());
}

#[test]
fn a_damaged_file_is_as_none() {
    let folder = tempfile::tempdir().unwrap();
    open(&folder, true).take(&assignment("cis", "3"));
    let path = folder.path().join(FILE);
    let whole = std::fs::read_to_string(&path).unwrap();
    for text in ["", "{", "[]", &whole.replace("cis", "../cis")] {
        std::fs::write(&path, text).unwrap();
        let assigner = open(&folder, true);
        assert_eq!(**assigner.watch().borrow(), Wanted::default(), "{text}");
    }
}
