use super::*;

fn text(text: &str) -> Scalar {
    Scalar(text.into())
}

fn texts(all: &[&str]) -> Option<Vec<Scalar>> {
    Some(all.iter().map(|one| text(one)).collect())
}

#[track_caller]
fn admits(expect: &Expect, good: &[&str], bad: &[&str]) {
    for value in good {
        assert!(expect.admits(value), "{expect} should admit {value:?}");
    }
    for value in bad {
        assert!(!expect.admits(value), "{expect} should not admit {value:?}");
    }
}

#[test]
fn numbers_are_compared_as_numbers_and_what_is_none_meets_no_bound() {
    let at_most = Expect {
        at_most: Some(text("4")),
        ..Expect::default()
    };
    admits(
        &at_most,
        &["4", "03", "0", "-1"],
        &["5", "10", "", "four", "4m", "99999999999999999999"],
    );
    let at_least = Expect {
        at_least: Some(text("14")),
        ..Expect::default()
    };
    admits(&at_least, &["14", "15", "100"], &["9", "", "-1", "much"]);
    let is = Expect {
        is: Some(text("0")),
        ..Expect::default()
    };
    admits(&is, &["0", "00"], &["", "no", "1"]);
}

#[test]
fn zero_that_means_off_is_below_a_range() {
    let between = Expect {
        between: Some([text("1"), text("3")]),
        ..Expect::default()
    };
    admits(&between, &["1", "3"], &["0", "4", "-1", ""]);
}

#[test]
fn a_pattern_must_match_the_whole_value() {
    let matches = Expect {
        matches: Some("no|prohibit".into()),
        ..Expect::default()
    };
    admits(&matches, &["no", "prohibit"], &["nothing", "not no", ""]);
}

#[test]
fn lists_are_sets_of_their_items() {
    let only = Expect {
        only: texts(&["a", "b"]),
        ..Expect::default()
    };
    admits(&only, &["a,b", "b", "a, b"], &["a,c", "ab", "", " "]);
    let with = Expect {
        with: texts(&["a", "b"]),
        ..Expect::default()
    };
    admits(&with, &["b a c"], &["a", "ab"]);
    let without = Expect {
        without: texts(&["cbc"]),
        ..Expect::default()
    };
    admits(&without, &["aes-cbc", ""], &["x,cbc"]);
}

#[test]
fn all_that_is_said_must_hold_and_saying_nothing_is_refused() {
    let both = Expect {
        one_of: texts(&["1", "2"]),
        is_not: Some(text("2")),
        ..Expect::default()
    };
    admits(&both, &["1"], &["2", "3"]);
    assert!(Expect::default().validate().is_err());
    let bound = Expect {
        at_most: Some(text("many")),
        ..Expect::default()
    };
    assert_eq!(bound.validate().unwrap_err(), "`many` is no whole number");
    let variable = Expect {
        at_most: Some(text("$many")),
        ..Expect::default()
    };
    assert_eq!(variable.validate(), Ok(()));
}

#[test]
fn an_expression_that_would_take_much_memory_is_refused() {
    let bomb = Expect {
        matches: Some("(a{1000}){1000}".into()),
        ..Expect::default()
    };
    assert!(bomb.validate().unwrap_err().contains("size limit"));
    assert!(Pattern::anywhere("(").is_err());
}
