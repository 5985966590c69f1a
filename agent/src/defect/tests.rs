//! A panic ends the process, so these call their own program: each test is also the process that it
//! watches.

use std::{
    io::{Write as _, stdout},
    process::Output,
};

use super::*;

/// Says to a process that it is the one that is watched.
const WATCHED: &str = "OPENWATCH_TEST_WATCHED";

fn kind() -> Work {
    Work::Kind("os".into())
}

/// What becomes of this test's own process when it does `job`.
fn watched(test: &str, job: impl FnOnce(Defects)) -> Option<Output> {
    if env::var_os(WATCHED).is_some() {
        let known = Defects::told();
        begin_anew_after(known.clone());
        job(known);
        say("done");
        return None;
    }
    let mut this = Command::new(env::current_exe().unwrap());
    let name = format!("defect::tests::{test}");
    this.args(["--exact", &name, "--nocapture"])
        .env(WATCHED, "1");
    Some(this.output().unwrap())
}

/// Tells the process that watches.
fn say(what: &str) {
    writeln!(stdout(), "{what}").unwrap();
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn a_process_that_panics_begins_anew_and_leaves_that_alone() {
    let job = |known: Defects| {
        if let Some(why) = known.of(&kind(), SystemClock.now()) {
            say(&format!("left alone: {why}"));
            return;
        }
        // On a thread that somebody else would wait for.
        let reading = std::thread::spawn(|| during(kind(), || panic!("a secret")));
        reading.join().unwrap_err();
        say("went on");
    };
    let Some(output) = watched(
        "a_process_that_panics_begins_anew_and_leaves_that_alone",
        job,
    ) else {
        return;
    };
    let (told, log) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{told}{log}");
    assert!(
        told.contains("left alone: the agent has a defect at "),
        "{told}"
    );
    assert!(
        told.contains("defect/tests.rs") && told.contains("done"),
        "{told}"
    );
    assert!(!told.contains("went on"), "{told}");
    assert!(
        !told.contains("a secret") && log.contains("a secret"),
        "{told}{log}"
    );
}

#[test]
fn a_second_defect_is_left_alone_beside_the_first() {
    let rule = Work::Rule("sshd-x".into());
    let job = |known: Defects| {
        for work in [kind(), rule] {
            if known.of(&work, SystemClock.now()).is_none() {
                during(work, || panic!("on purpose"));
            }
        }
        say(&format!("{} defects", known.0.len()));
    };
    let Some(output) = watched("a_second_defect_is_left_alone_beside_the_first", job) else {
        return;
    };
    let told = text(&output.stdout);
    assert!(
        told.contains("2 defects") && output.status.success(),
        "{told}"
    );
}

#[test]
fn what_was_to_be_left_alone_does_not_go_round_in_a_circle() {
    let job = |_| during(kind(), || panic!("on purpose"));
    let Some(output) = watched(
        "what_was_to_be_left_alone_does_not_go_round_in_a_circle",
        job,
    ) else {
        return;
    };
    let (told, log) = (text(&output.stdout), text(&output.stderr));
    assert!(!output.status.success(), "{told}{log}");
    assert_eq!(log.matches("on purpose").count(), 2, "{log}");
}

#[test]
fn a_panic_of_unknown_work_ends_the_process() {
    let job = |_| {
        during(kind(), || ());
        panic!("on purpose")
    };
    let Some(output) = watched("a_panic_of_unknown_work_ends_the_process", job) else {
        return;
    };
    let log = text(&output.stderr);
    assert!(!output.status.success(), "{log}");
    assert_eq!(log.matches("on purpose").count(), 1, "{log}");
}

#[test]
fn what_is_left_alone_is_tried_again_a_day_later() {
    let at = DateTime::UNIX_EPOCH;
    let place = "agent/src/x.rs:1:2".to_owned();
    let work = kind();
    let defects = Defects::default().with(Defect { work, at, place });
    let why = defects.of(&kind(), at).unwrap();
    assert!(
        why.contains("agent/src/x.rs:1:2") && why.contains("1970-01-02"),
        "{why}"
    );
    assert_eq!(defects.of(&kind(), at + LEFT_ALONE), None);
    assert_eq!(defects.of(&Work::Rule("os".into()), at), None);
    // The second time takes the place of the first.
    let again = Defect {
        work: kind(),
        at: at + LEFT_ALONE,
        place: String::new(),
    };
    let defects = defects.with(again);
    assert_eq!(defects.0.len(), 1);
    assert!(defects.of(&kind(), at + LEFT_ALONE).is_some());
}

#[test]
fn work_within_work_is_what_is_done_and_then_the_outer_one_again() {
    let doing = || DOING.with_borrow(Clone::clone);
    let rule = Work::Rule("r".into());
    during(rule.clone(), || {
        during(kind(), || assert_eq!(doing(), Some(kind())));
        assert_eq!(doing(), Some(rule));
    });
    assert_eq!(doing(), None);
}
