use super::*;

fn matches(expression: &str, dialect: Dialect, text: &str) -> bool {
    match find(&format!("r:{expression}"), dialect, text) {
        Came::Yes(_) => true,
        Came::No(_) => false,
        Came::Open(why) => panic!("{expression}: {why}"),
    }
}

#[test]
fn classes_of_osregex_have_the_members_that_wazuh_gives_them() {
    for (class, members, others) in [
        ("\\d", "09", "aX- ,"),
        ("\\w", "azAZ09-@_", " .:/+"),
        ("\\s", " ", "\ta"),
        ("\\t", "\t", " a"),
        ("\\p", "()*+,-.:;<=>?[]!\"'#$%&|{}", "/\\^_`~@a0 "),
        ("\\D", "a -", "0"),
        ("\\W", " .:", "a-@_0"),
        ("\\S", "a\t0", " "),
        ("\\.", "a. \t0", ""),
    ] {
        for member in members.chars() {
            let text = format!("<{member}>");
            assert!(
                matches(&format!("\\<{class}>"), FOUR, &text),
                "{class} {member:?}"
            );
        }
        for other in others.chars() {
            let text = format!("<{other}>");
            assert!(
                !matches(&format!("\\<{class}>"), FOUR, &text),
                "{class} {other:?}"
            );
        }
    }
}

#[test]
fn osregex_repeats_classes_alone_and_takes_all_else_as_it_is() {
    for (expression, text, is) in [
        ("^\\s*Port\\s+22$", "  port  22", true),
        ("^\\s*Port\\s+22$", "port 222", false),
        ("a.c", "abc", false),
        ("a.c", "a.c", true),
        ("a*", "a*", true),
        ("a*", "aa", false),
        ("a+b", "a+b", true),
        ("\\d++", "1+", true),
        ("[a]", "[a]", true),
        ("[a]", "a", false),
        ("x^y", "x^y", true),
        ("x$y", "x$y", true),
        ("cost\\$", "cost$ more", true),
        ("cost\\$", "cost", false),
        ("back\\\\$", "back\\", true),
        ("back\\\\$", "back\\x", false),
        ("a|^b$|c", "xax", true),
        ("a|^b$|c", "b", true),
        ("a|^b$|c", "bb", false),
        ("\\(a\\)\\|", "(a)|", true),
        ("PASS", "pass", true),
        ("ß", "ß", true),
        ("\\.+ü", "aaü", true),
        ("a{2}", "a{2}", true),
        ("(?i)", "?i", true),
    ] {
        assert_eq!(
            matches(expression, FOUR, text),
            is,
            "{expression} and {text}"
        );
    }
}

/// An empty alternative would match everything here; Wazuh finds nothing by it.
#[test]
fn an_empty_alternative_of_osregex_matches_nothing() {
    assert!(!matches("a|", FOUR, "b"));
    assert!(!matches("|a", FOUR, "b"));
    assert!(!matches("^$|a", FOUR, "b"));
    for expression in ["^", "^$", "|", "^|$"] {
        let line = format!("f:/x -> r:{expression}");
        let why = asks(&line, Condition::All, FOUR).unwrap_err();
        assert!(why.contains("matches nothing"), "{expression}: {why}");
    }
}

#[test]
fn pcre2_is_as_in_perl_also_where_the_crate_has_more() {
    for (expression, text, is) in [
        ("^\\s*\\t*linux", "\tlinux", true),
        ("[\\w@-]+:x", "a-b@c:x", true),
        ("^[\\w@-]+:[*!+-]:", "a:!:", true),
        ("^[\\w@-]+:[*!+-]:", "a:x:", false),
        ("[[:alpha:]]+", "abc", true),
        ("[[a]", "[", true),
        ("[a&&b]", "&", true),
        ("[a&&b]", "a", true),
        ("[]x]", "]", true),
        ("[^]x]", "]", false),
        ("a{2}b", "aab", true),
        ("a{2,}b", "ab", false),
        ("a{x}", "a{x}", true),
        ("\\<a\\>", "<a>", true),
        ("\\bword\\b", "a word", true),
        ("\\bword\\b", "swordy", false),
        ("a\\hb", "a\tb", true),
        ("(?:a|b)c", "bc", true),
        ("a+?b", "aab", true),
        ("\\.conf$", "x.conf", true),
        ("\\.conf$", "xconf", false),
        ("\\w", "ü", false),
    ] {
        assert_eq!(
            matches(expression, FIVE, text),
            is,
            "{expression} and {text}"
        );
    }
    assert!(matches("loglevel", FIVE, "LogLevel INFO"));
    assert!(
        !matches("loglevel", FOUR_PCRE, "LogLevel INFO"),
        "edition 4 minds case"
    );
}

#[test]
fn what_cannot_be_matched_is_refused_and_never_means_something_else() {
    for expression in [
        "(?=a)b", "(?!a)b", "(?<=a)b", "(?<!a)b", "(a)\\1", "a++", "a*+", "a{2}+", "(?>a)", "(?R)",
        "\\p{L}", "\\p*\\d", "\\Z", "(", "[a", "a\\", "[a--b]", "*", "(?P<n>a", "\\Qa\\E",
    ] {
        let line = format!("f:/x -> r:{expression}");
        let refused = asks(&line, Condition::All, FIVE);
        assert!(refused.is_err(), "{expression} is accepted");
    }
    for expression in ["((a)b)", "(a|b)", "(a", "a)", "\\n", "\\b", "\\"] {
        let line = format!("f:/x -> r:{expression}");
        assert!(
            asks(&line, Condition::All, FOUR).is_err(),
            "{expression} is accepted"
        );
    }
}

#[test]
fn a_bomb_is_refused() {
    for expression in ["(a{1000}){1000}", "((((a{100}){100}){100}){100})"] {
        let line = format!("f:/x -> r:{expression}");
        assert!(asks(&line, Condition::All, FIVE).is_err());
    }
    let long = format!("f:/x -> r:{}", "a".repeat(20_000));
    assert!(asks(&long, Condition::All, FOUR).is_err());
    let deep = format!("f:/x -> r:{}", "(".repeat(4000));
    assert!(asks(&deep, Condition::All, FIVE).is_err());
    let many = format!("f:/x -> {}", vec!["r:a"; 500].join(" && "));
    assert!(asks(&many, Condition::All, FOUR).is_err());
}
