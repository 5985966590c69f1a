//! The grammar: each of its constructs, what each sort of expression matches, and policies as files.

/// Commands.
mod command;

/// Both sorts of expressions.
mod expression;

/// Files of policies.
mod policy;

use super::*;

pub(super) const FOUR: Dialect = Dialect {
    edition: Edition::Four,
    regex: RegexType::Osregex,
};
pub(super) const FOUR_PCRE: Dialect = Dialect {
    edition: Edition::Four,
    regex: RegexType::Pcre2,
};
pub(super) const FIVE: Dialect = Dialect {
    edition: Edition::Five,
    regex: RegexType::Pcre2,
};

/// What a line of a check asks.
fn asks(text: &str, condition: Condition, dialect: Dialect) -> Result<Asks, String> {
    line::parse(text, condition, dialect)
}

/// The terms of a line about a file.
fn terms(text: &str, condition: Condition, dialect: Dialect) -> Terms {
    match asks(text, condition, dialect).unwrap().of {
        Subject::File {
            terms: Some(terms), ..
        } => terms,
        other => panic!("{other:?}"),
    }
}

/// What comes of terms on a text.
pub(super) fn find(what: &str, dialect: Dialect, text: &str) -> Came {
    let line = format!("f:/x -> {what}");
    terms(&line, Condition::All, dialect).find(text.lines())
}

#[test]
fn each_sort_of_line_is_taken_apart() {
    let of = |text: &str| asks(text, Condition::All, FOUR).unwrap();
    for (text, negated) in [("f:/a", false), ("not f:/a", true), ("NOT f:/a", true)] {
        assert_eq!(of(text).negated, negated, "{text}");
        let paths = vec!["/a".to_owned()];
        assert_eq!(of(text).of, Subject::File { paths, terms: None });
    }
    let Subject::File { paths, terms } = of("f:/a,/b/c, /d -> r:x").of else {
        panic!();
    };
    assert_eq!(
        (paths, terms.is_some()),
        (vec!["/a".into(), "/b/c".into(), "/d".into()], true)
    );
    assert!(matches!(of("d:/a").of, Subject::Folder { files: None, .. }));
    assert!(matches!(
        of("d:/a -> name").of,
        Subject::Folder {
            files: Some((Name::Matches(_), None)),
            ..
        }
    ));
    assert!(matches!(
        of("d:/a -> r:\\.* -> n:x(\\d+) compare > 3").of,
        Subject::Folder {
            files: Some((Name::Fits(_), Some(_))),
            ..
        }
    ));
    assert!(matches!(of("c:ls -l -> r:x").of, Subject::Command { .. }));
    assert!(matches!(of("p:sshd").of, Subject::Process(_)));
    assert_eq!(
        of("r:HKEY_LOCAL_MACHINE\\a b -> c -> 1").of,
        Subject::Registry
    );
    let five = asks("d:/a -> name", Condition::All, FIVE).unwrap().of;
    assert!(
        matches!(five, Subject::Folder { files: Some((Name::Is(name), None)), .. } if name == "name")
    );
}

#[test]
fn what_cannot_be_understood_is_told_with_the_mend() {
    for (text, expected) in [
        ("/etc/passwd", "has no `:`"),
        ("x:/a", "`x:` is nothing to look at"),
        ("!f:/a -> r:x", "write `not ` before it"),
        ("Not f:/a", "is nothing to look at"),
        ("f:", "not an absolute path"),
        ("f:etc/passwd", "not an absolute path"),
        ("d:/etc/../root", "not an absolute path"),
        ("f:$sshd -> r:x", "no variable of this name"),
        ("f:/a ->r:x", "wants a blank before and after"),
        ("f:/a -> r:", "says nothing"),
        ("f:/a -> ", "says nothing"),
        ("c:sshd -T", "says nothing of what the command must say"),
        ("c: -> r:x", "names no command"),
        ("c:sh -c \"x -> r:x", "does not end"),
        ("f:/a -> n:(\\d+)", "wants ` compare `"),
        ("f:/a -> n:(\\d+) compare 4", "is no bound"),
        ("f:/a -> n:(\\d+) compare <= four", "is no bound"),
        ("f:/a -> n:\\d+ compare <= 4", "has no group"),
        ("f:/a -> r:\\y", "`\\y` is no class"),
        ("d:/a -> r:(x", "without its `)`"),
    ] {
        let why = asks(text, Condition::All, FOUR).unwrap_err();
        assert!(why.contains(expected), "{text}: {why}");
    }
}

#[test]
fn all_terms_hold_of_the_same_line_and_a_commented_one_does_not_count() {
    let what = "!r:^# && r:PermitRootLogin && r:no";
    assert_eq!(
        find(what, FOUR, "a\nPermitRootLogin no\n"),
        Came::Yes(Some(2))
    );
    assert_eq!(find(what, FOUR, "#PermitRootLogin no\n"), Came::No(None));
    assert_eq!(find(what, FOUR, "PermitRootLogin\nno\n"), Came::No(None));
    assert_eq!(
        find("1", FOUR, "0\n1\n"),
        Came::Yes(Some(2)),
        "a whole line"
    );
    assert_eq!(find("1", FOUR, "11\n"), Came::No(None));
    assert_eq!(find("Linux", FOUR, "linux\n"), Came::Yes(Some(1)));
    assert_eq!(find("Linux", FIVE, "linux\n"), Came::No(None));
}

#[test]
fn numbers_are_compared_as_every_sign_says_and_what_is_none_is_no_answer() {
    for (sign, passes) in [
        ("<", [true, false, false]),
        ("<=", [true, true, false]),
        ("==", [false, true, false]),
        ("=", [false, true, false]),
        ("!=", [true, false, true]),
        (">=", [false, true, true]),
        (">", [false, false, true]),
    ] {
        for (number, pass) in [3, 4, 5].into_iter().zip(passes) {
            let what = format!("n:^tries\\s*(\\d+) compare {sign} 4");
            let came = find(&what, FOUR, &format!("tries {number}\n"));
            assert_eq!(came == Came::Yes(Some(1)), pass, "{number} {sign} 4");
        }
    }
    assert_eq!(
        find("n:x=(\\S+) compare < 0", FIVE, "x=-1\n"),
        Came::Yes(Some(1))
    );
    assert_eq!(
        find("n:x=(\\S+) compare > -1", FIVE, "x=0770;\n"),
        Came::Yes(Some(1))
    );
    for text in ["x=unlimited\n", "x=99999999999999999999\n"] {
        assert!(
            matches!(find("n:x=(\\S+) compare > 1", FIVE, text), Came::Open(_)),
            "{text}"
        );
        assert!(matches!(
            find("!n:x=(\\S+) compare > 1 && r:x", FIVE, text),
            Came::Open(_)
        ));
    }
    let came = find("n:x=(\\S+) compare > 1", FIVE, "x=none\nx=2\n");
    assert_eq!(came, Came::Yes(Some(2)), "one line that fits is enough");
    let came = find("n:x=(\\S+) compare > 1 && r:^y", FIVE, "x=none\n");
    assert_eq!(came, Came::No(None), "a term that does not hold decides");
}

/// Edition 4 asks for any line that does not match, edition 5 for none that does.
#[test]
fn a_lone_negated_term_means_what_its_edition_says() {
    let mixed = "PermitRootLogin no\nother\n";
    assert_eq!(find("!r:PermitRootLogin", FOUR, mixed), Came::Yes(Some(2)));
    assert_eq!(find("!r:PermitRootLogin", FIVE, mixed), Came::No(Some(1)));
    assert_eq!(find("!r:PermitRootLogin", FIVE, "other\n"), Came::Yes(None));
    assert_eq!(find("!r:PermitRootLogin", FIVE, ""), Came::No(None));
    let two = "!r:PermitRootLogin && r:other";
    assert_eq!(
        find(two, FIVE, mixed),
        Came::Yes(Some(2)),
        "it is not alone"
    );
}

/// `not f:/etc/passwd -> !r:^\w+:x:` asks that every line fits. Were it "not no line", one account
/// with a shadowed password would hide all that have none.
#[test]
fn one_good_line_hides_no_bad_one_behind_a_double_negation() {
    for (line, condition) in [
        ("not f:/etc/passwd -> !r:^\\w+:x:", Condition::All),
        ("f:/etc/passwd -> !r:^\\w+:x:", Condition::None),
    ] {
        for dialect in [FOUR, FIVE] {
            let terms = terms(line, condition, dialect);
            let found = terms.find(["root:x:0:0", "anna::1:1"]);
            assert_eq!(found, Came::Yes(Some(2)), "{line}");
            assert_eq!(terms.find(["root:x:0:0"]), Came::No(None), "{line}");
        }
    }
    let twice = "not f:/etc/passwd -> !r:x";
    let terms = terms(twice, Condition::None, FIVE);
    assert_eq!(terms.find(["a", "x"]), Came::No(Some(2)));
}

#[test]
fn names_of_files_are_matched_as_their_edition_does() {
    let name = |what: &str, dialect: Dialect| {
        let text = format!("d:/a -> {what}");
        match asks(&text, Condition::All, dialect).unwrap().of {
            Subject::Folder {
                files: Some((name, _)),
                ..
            } => name,
            other => panic!("{other:?}"),
        }
    };
    for (what, dialect, file, is) in [
        ("bash_history", FOUR, ".bash_history", true),
        ("^.mysql_history$", FOUR, ".mysql_history", true),
        ("^.mysql_history$", FOUR, "x.mysql_history", false),
        ("one|two$", FOUR, "not-two", true),
        ("bash_history", FIVE, ".bash_history", false),
        ("bash_history", FIVE, "bash_history", true),
        ("r:.conf$", FOUR, "aXconf", false),
        ("r:.conf$", FOUR, "a.conf", true),
        ("r:.conf$", FOUR_PCRE, "aXconf", false),
        ("r:.conf$", FIVE, "aXconf", true),
        ("!r:^# && r:.*", FIVE, "#a", false),
        ("!r:^# && r:.*", FIVE, "a", true),
        ("!r:^#", FIVE, "a", true),
        ("!r:^#", FOUR, "#", false),
    ] {
        assert_eq!(name(what, dialect).is_of(file), Ok(is), "{what} and {file}");
    }
}
