//! The semantics of the language, by table.

use serde_json::json;

use super::*;

/// What is never decided wrongly, whatever is written.
mod laws;

/// What cannot be read, and what is said of it.
mod refused;

/// What decided an expression.
mod told;

const STEPS: u32 = 1_000_000;

fn context() -> serde_json::Value {
    json!({
        "os": {"id": "debian", "version": "12", "cores": 8, "load": 0.5, "none": null},
        "labels": ["web", "eu"],
        "user": [
            {"key": "root", "uid": 0, "shell": "/bin/bash"},
            {"key": "anna", "uid": 1000, "shell": "/bin/zsh"},
            {"key": "sync", "uid": 4, "shell": "/bin/sync"},
        ],
        "package": {"name": "a"},
    })
}

const KNOWN: [&str; 5] = ["os", "labels", "user", "package", "stale"];

/// What it comes to, as it is shown; or what is wrong.
fn came(text: &str) -> Result<String, String> {
    came_in(text, STEPS)
}

fn came_in(text: &str, steps: u32) -> Result<String, String> {
    let expression = Expression::parse(text, &KNOWN).map_err(|error| error.to_string())?;
    let context = context();
    let names = |name: &str| match context.get(name) {
        Some(value) => Ok(Value::from(value)),
        None => Err(format!("`{name}` could not be read")),
    };
    let value = expression.evaluate(&names, steps);
    value
        .map(|value| value.shown(1000))
        .map_err(|error| error.to_string())
}

#[track_caller]
fn is(table: &[(&str, &str)]) {
    for (text, wanted) in table {
        assert_eq!(came(text).as_deref(), Ok(*wanted), "{text}");
    }
}

#[track_caller]
fn is_wrong(table: &[(&str, &str)]) {
    for (text, said) in table {
        let error = came(text).expect_err(text);
        assert!(error.contains(said), "{text}: {error}");
    }
}

#[test]
fn literals() {
    is(&[
        ("42", "42"),
        ("42u", "42"),
        ("0x1F", "31"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("9223372036854775807", "9223372036854775807"),
        ("1.5", "1.5"),
        (".5", "0.5"),
        ("1e3", "1000.0"),
        ("1.5e-1", "0.15"),
        ("true", "true"),
        ("null", "null"),
        (r#""a\tb""#, r#""a\tb""#),
        (r"'\x41\u00e9\U0001F600\101\''", "\"Aé😀A'\""),
        (r"'\303\277' == '\u00c3\u00bf'", "true"),
        (r#"r"\d\\" == "\\d\\\\""#, "true"),
        ("'''x''x'''", "\"x''x\""),
        ("\"\"\"a\nb\"\"\" == 'a\\nb'", "true"),
        ("[1, 'a', [true],]", "[1, \"a\", [true]]"),
        ("{'a': 1, 2: 'b'}", "{\"a\": 1, 2: \"b\"}"),
        ("// nothing but this\n1 // and this", "1"),
    ]);
}

#[test]
fn operators_bind_as_strongly_as_the_definition_says() {
    is(&[
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("10 - 3 - 2", "5"),
        ("20 / 3 / 2", "3"),
        ("-7 / 2", "-3"),
        ("-7 % 3", "-1"),
        ("7 % -3", "1"),
        ("--3", "3"),
        ("-(2) * 3", "-6"),
        ("1 + 2 == 3 && 2 < 3", "true"),
        ("false && true || true", "true"),
        ("true || false && false", "true"),
        ("!false && false", "false"),
        ("!!true", "true"),
        ("true ? 1 : false ? 2 : 3", "1"),
        ("false ? 1 : false ? 2 : 3", "3"),
        ("false || true ? 'a' : 'b'", "\"a\""),
        ("'b' in ['a', 'b'] == true", "true"),
        ("-os.cores", "-8"),
        ("[1, 2][1] + 1", "3"),
        ("(1 < 2) == true", "true"),
    ]);
}

#[test]
fn numbers_are_compared_whatever_their_sort_and_nothing_overflows() {
    is(&[
        ("1 == 1.0", "true"),
        ("1 < 1.5 && 2 > 1.5", "true"),
        ("-1 > -1.5 && -2 < -1.5", "true"),
        ("9223372036854775807 < 9223372036854775808.0", "true"),
        ("9007199254740993 == 9007199254740992.0", "false"),
        ("0.1 + 0.2 > 0.3", "true"),
        ("1.0 / 0.0 > 1.0", "true"),
        ("0.0 / 0.0 == 0.0 / 0.0", "false"),
        ("0.0 / 0.0 < 1.0 || 0.0 / 0.0 >= 1.0", "false"),
        ("'a' < 'b' && 'ab' > 'a'", "true"),
        ("false < true", "true"),
    ]);
    is_wrong(&[
        ("9223372036854775807 + 1", "too large"),
        ("-9223372036854775808 - 1", "too large"),
        ("-9223372036854775808 / -1", "too large"),
        ("-9223372036854775808 % -1", "too large"),
        ("--9223372036854775808", "too large"),
        ("9223372036854775807 * 2", "too large"),
        ("1 / 0", "division by zero"),
        ("1 % 0", "division by zero"),
        ("1 + 1.0", "`+` is not known of a int and a double"),
        ("1 < 'a'", "`<` is not known of a int and a string"),
        ("[1] < [2]", "`<` is not known"),
        ("null < null", "`<` is not known"),
        ("1.5 % 1.0", "`%` is not known"),
        ("'a' - 'b'", "`-` is not known"),
        ("-'a'", "`-` of a string"),
    ]);
}

#[test]
fn values_of_different_sorts_are_not_equal() {
    is(&[
        ("1 == '1'", "false"),
        ("null == false", "false"),
        ("null == null", "true"),
        ("[1, 2.0] == [1.0, 2]", "true"),
        ("[1] == [1, 2]", "false"),
        ("[1, 2] == [1, 3]", "false"),
        ("{'a': 1, 'b': [2]} == {'b': [2], 'a': 1}", "true"),
        ("{'a': 1} == {'a': 2}", "false"),
        ("{'a': 1} == {'b': 1}", "false"),
        ("[1] != {}", "true"),
        ("'a' + 'b' == 'ab' && [1] + [2] == [1, 2]", "true"),
        ("1 in [2, 1.0] && !('1' in [1])", "true"),
        ("'a' in {'a': 1} && !('b' in {'a': 1})", "true"),
        ("os.none == null", "true"),
    ]);
    is_wrong(&[("1 in 2", "`in` is not known"), ("'a' in 'abc'", "`in`")]);
}

#[test]
fn what_decides_is_not_held_up_by_what_is_wrong() {
    let wrong = "1 / 0 > 0";
    for (text, wanted) in [
        ("WRONG || true", Some("true")),
        ("true || WRONG", Some("true")),
        ("WRONG && false", Some("false")),
        ("false && WRONG", Some("false")),
        ("WRONG || false", None),
        ("false || WRONG", None),
        ("WRONG && true", None),
        ("true && WRONG", None),
        ("1 || true", Some("true")),
        ("'a' && false", Some("false")),
        ("1 && true", None),
        ("stale || true", Some("true")),
        ("stale.a == 1 && false", Some("false")),
        ("stale == 1", None),
        ("true ? 1 : WRONG", Some("1")),
        ("WRONG ? 1 : 1", None),
        ("[1, 0, 2].exists(x, 2 / x == 2)", Some("true")),
        ("[0, 1].exists(x, 2 / x == 2)", Some("true")),
        ("[0, 1].exists(x, 2 / x == 3)", None),
        ("[0, 1].all(x, 2 / x == 3)", Some("false")),
        ("[0, 1].all(x, 2 / x == 2)", None),
        ("[0, 1].exists_one(x, 2 / x == 2)", None),
        ("[0, 1].filter(x, 2 / x == 2)", None),
        ("[0, 1].map(x, 2 / x)", None),
    ] {
        let text = text.replace("WRONG", wrong);
        assert_eq!(came(&text).ok().as_deref(), wanted, "{text}");
    }
}

#[test]
fn fields_items_and_keys_are_there_or_it_is_said_which_are() {
    is(&[
        ("os.id", "\"debian\""),
        ("os['id']", "\"debian\""),
        ("labels[1]", "\"eu\""),
        ("has(os.id) && has(os.none) && !has(os.other)", "true"),
        ("{'a': {'b': 3}}.a.b", "3"),
        ("{1: 'x', true: 'y'}[true]", "\"y\""),
        ("{1: 'x'}[1.0]", "\"x\""),
        ("package.name", "\"a\""),
        ("{'in': 1}.in", "1"),
    ]);
    is_wrong(&[
        ("os.vers", "there is no field `vers`; there are: cores, id"),
        ("os['vers']", "there is no key \"vers\""),
        ("labels[2]", "no item 2 in a list of 2"),
        ("labels[-1]", "no item -1"),
        ("labels['a']", "`[]` is not known of a list and a string"),
        ("os.id.more", "a string has no field `more`"),
        ("has(os.id.more)", "a string has no fields"),
        ("stale.id", "`stale` could not be read"),
        ("{'a': 1, 'a': 2}", "the key \"a\" twice"),
        ("{1.5: 1}", "a double cannot be a key"),
    ]);
}

#[test]
fn macros_go_through_lists_and_through_keys() {
    is(&[
        ("user.all(u, u.uid >= 0)", "true"),
        ("[].all(x, false) && ![].exists(x, true)", "true"),
        ("user.exists(u, u.key == 'anna' && u.uid == 1000)", "true"),
        ("user.exists_one(u, u.uid == 0)", "true"),
        ("user.exists_one(u, u.uid < 1000)", "false"),
        (
            "user.filter(u, u.uid < 1000).map(u, u.key)",
            "[\"root\", \"sync\"]",
        ),
        ("user.map(u, u.uid > 3, u.key)", "[\"anna\", \"sync\"]"),
        ("{'a': 1, 'b': 2}.all(k, k in ['a', 'b'])", "true"),
        ("{'a': 1}.map(k, k)", "[\"a\"]"),
        ("[1, 2].map(x, [3].map(x, x + 1))", "[[4], [4]]"),
        ("[1, 2].exists(x, [2, 3].exists(y, x == y))", "true"),
        ("[1].exists(os, os == 1)", "true"),
    ]);
    is_wrong(&[
        ("os.cores.all(x, true)", "a list or a map is wanted"),
        ("[1].all(x, x)", "true or false is wanted here, not a int"),
        ("[1].filter(x, null)", "not a null"),
    ]);
}

#[test]
fn functions() {
    is(&[
        ("size('aé😀') + 'a'.size()", "4"),
        ("size([1, 2]) + size({'a': 1})", "3"),
        ("'abc'.startsWith('ab') && 'abc'.endsWith('bc')", "true"),
        ("'abc'.contains('b') && 'abc'.contains('')", "true"),
        ("'abc'.matches('b') && !'abc'.matches('^b')", "true"),
        ("matches('a1', r'^[a-z]\\d$')", "true"),
        ("'a'.matches(os.id + '|a')", "true"),
        ("int('42') + int(3.9) + int(-3.9)", "42"),
        ("double('1.5') + double(1)", "2.5"),
        (
            "string(1) + string(true) + string(1.5) + string('a')",
            "\"1true1.5a\"",
        ),
        ("'DEBian'.lowerAscii()", "\"debian\""),
    ]);
    is_wrong(&[
        ("int('4x')", "is no int"),
        ("int(1e19)", "is no int"),
        ("int(9223372036854775808.0)", "is no int"),
        ("int(0.0 / 0.0)", "is no int"),
        ("int(true)", "`int` is not known of a bool"),
        ("double('x')", "is no double"),
        ("size(1)", "`size` is not known of a int"),
        ("string([])", "`string` is not known of a list"),
        ("'a'.startsWith(1)", "`startsWith` is not known of a int"),
        ("os.cores.contains('a')", "`contains` is not known of a int"),
        ("'a'.matches(os.id + '(')", "no regular expression"),
    ]);
}

#[test]
fn a_row_has_its_key_as_a_field_unless_it_has_one() {
    let rows = [json!({"uid": 0}), json!({"key": "own"}), json!(7)];
    for (text, wanted) in [
        ("r[0].key + r[1].key", "\"rootown\""),
        ("r[0].map(k, k)", "[\"key\", \"uid\"]"),
        ("size(r[0]) + size(r[1])", "3"),
        ("has(r[0].key)", "true"),
        ("r[0] == {'key': 'root', 'uid': 0}", "true"),
        ("r[2]", "7"),
    ] {
        let expression = Expression::parse(text, &["r"]).unwrap();
        let names = |_: &str| {
            let keys = ["root", "other", "number"];
            Ok(Value::list(
                keys.iter()
                    .zip(&rows)
                    .map(|(key, row)| Value::row(key, row)),
            ))
        };
        let value = expression.evaluate(&names, STEPS).unwrap();
        assert_eq!(value.shown(100), wanted, "{text}");
    }
}

#[test]
fn what_costs_too_much_ends_whatever_would_have_decided() {
    let many = "[1,2,3,4,5,6,7,8,9]";
    let deep = format!(
        "{many}.all(a, {many}.all(b, {many}.all(c, {many}.all(d, {many}.all(e, {many}.all(f, true)))))) || true"
    );
    is_wrong(&[(&deep, "more steps than it may")]);
    let error = came_in("user.exists(u, u.uid == 5) || true", 10).unwrap_err();
    assert!(error.contains("more steps"), "{error}");
    let doubled = (0..14).fold("'xxxxxxxxxxxxxxxx'".to_owned(), |text, n| {
        format!("[{text}].map(x{n}, x{n} + x{n})[0]")
    });
    is_wrong(&[(&doubled, "a text of more than 65536 bytes")]);
}

#[test]
fn what_is_found_in_the_corpus_does_no_harm() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/fuzz/cel");
    let mut read = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let bytes = std::fs::read(&path).unwrap();
        let parsed = Expression::parse(&String::from_utf8_lossy(&bytes), &KNOWN);
        assert!(
            !name.starts_with("good-") || parsed.is_ok(),
            "{name}: {parsed:?}"
        );
        assert!(!name.starts_with("bad-") || parsed.is_err(), "{name}");
        if let Ok(expression) = parsed {
            let context = context();
            let names = |name: &str| match name {
                "labels" => Ok(Value::from(&context["labels"])),
                "package" => Err("not read".to_owned()),
                _ => Ok(Value::row("own", &context["os"])),
            };
            let _ = expression.evaluate(&names, 100_000);
            let _ = expression.why(&names, 100_000);
        }
        read += 1;
    }
    assert!(read >= 12, "{read}");
}
