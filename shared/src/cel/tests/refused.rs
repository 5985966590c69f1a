//! What cannot be read, and what is said of it.

use super::*;

#[test]
fn what_is_wrong_is_told_with_its_place_and_what_would_be_right() {
    is_wrong(&[
        (
            "usr.all(u, true)",
            "there is no `usr`; there are: os, labels, user",
        ),
        ("true &&\n  usr == 1", "(line 2, column 3)"),
        ("'é' == x", "(line 1, column 8)"),
        (
            "user.any(u, true)",
            "there is no function `any` that is called on a value",
        ),
        ("len(user)", "there is no function `len`"),
        (
            "startsWith('a', 'b')",
            "there is no function `startsWith` that is called so",
        ),
        ("'a'.int()", "there is no function `int`"),
        (
            "size(1, 2)",
            "`size` takes 1 with what it is called on, not 2",
        ),
        (
            "'a'.contains()",
            "`contains` takes 2 with what it is called on, not 1",
        ),
        ("user.all(u)", "a name and one expression are wanted"),
        ("user.all(u, true, true)", "a name and one expression"),
        ("user.map(u, true, 1, 2)", "a name and one expression"),
        (
            "user.all(1, true)",
            "a name for one of them is wanted here, not a number",
        ),
        ("user.all(true, true)", "a name for one of them"),
        ("has(os)", "`has` wants a field"),
        ("[1].all(x, true) && x == 1", "there is no `x`"),
        ("os.id = 'a'", "write `==` for `=`"),
        ("true & false", "write `&&` for `&`"),
        ("'a'.matches('(')", "no regular expression"),
        ("'a'.matches('(a{1000}){1000}')", "no regular expression"),
        ("1 +", "a value is wanted here, not the end"),
        ("(1", "`)` is wanted here, not the end"),
        ("1 2", "an operator or the end is wanted here, not a number"),
        ("true ? 1", "`:` is wanted here"),
        ("[1 2]", "`]` is wanted here"),
        ("{'a' 1}", "`:` is wanted here"),
        ("os.", "the name of a field"),
        ("in", "not `in`"),
        ("", "a value is wanted here, not the end"),
        ("'abc", "a text without its end"),
        ("'a\nb'", "a text ends on its line"),
        (r"'\d'", "this backslash stands for nothing"),
        (r"'\ud800'", "no letter has this number"),
        (r"'\x4'", "this backslash"),
        ("b'a'", "bytes are not known here"),
        ("12a", "a number that goes on as a word"),
        ("0x", "no number"),
        ("99999999999999999999", "no number"),
        ("1e999", "no number"),
        ("9223372036854775808", "an int is at most"),
        ("a{b: 1}", "there is no `a`"),
        ("os{b: 1}", "an operator or the end"),
        ("#", "`#` is not known here"),
    ]);
}

#[test]
fn what_is_too_long_or_too_deep_is_refused() {
    is_wrong(&[
        (&"a".repeat(MAX_TEXT + 1), "longer than 4096 bytes"),
        (&"(".repeat(2000), "nested more than 32 deep"),
        (&"[".repeat(2000), "nested more than 32 deep"),
        (&"!".repeat(2000), "a value is wanted"),
        (
            &format!("{}true", "!".repeat(2000)),
            "more than 80 operators",
        ),
        (
            &format!("1{}", " + 1".repeat(500)),
            "more than 80 operators",
        ),
        (&format!("os{}", ".a".repeat(500)), "more than 80 operators"),
        (&"true ? true : ".repeat(200), "nested more than 32 deep"),
    ]);
    let row = |sign: &str, one: &str| [one; 33].join(sign);
    is(&[
        (&row(" || ", "false"), "false"),
        (&row(" && ", "true"), "true"),
        (&row(" + ", "1"), "33"),
        (&["true"; 600].join("&&"), "true"),
        (&format!("{}1{}", "(".repeat(31), ")".repeat(31)), "1"),
    ]);
}

#[test]
fn what_can_never_be_true_or_false_is_seen_without_values() {
    for (text, may) in [
        ("1 + 1", false),
        ("'a'", false),
        ("user.map(u, u.key)", false),
        ("true ? 1 : 'a'", false),
        ("size(user)", false),
        ("null", false),
        ("true ? 1 : os.id", true),
        ("os.id", true),
        ("user.exists(u, true)", true),
        ("'a'.matches('a')", true),
        ("!os.id", true),
    ] {
        let expression = Expression::parse(text, &KNOWN).unwrap();
        assert_eq!(expression.may_be_bool(), may, "{text}");
    }
}
