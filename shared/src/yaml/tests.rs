use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

use super::*;

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Thing {
    name: String,
    port: Option<u16>,
    #[serde(default)]
    parts: Vec<Part>,
    #[serde(default)]
    of: BTreeMap<u32, Sort>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Part {
    Bolt,
    Nut(Spanned<String>),
    Both { left: bool, right: f64 },
    Pair(i8, i8),
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Sort {
    Good,
    Bad,
}

fn told(text: &str) -> String {
    let error = from_str::<Thing>(text).unwrap_err();
    format!("{}: {error}", error.line.unwrap_or_default())
}

#[test]
fn a_text_is_read_as_its_type() {
    let text = "\
# a comment
name: 12        # text, whatever it looks like
port: 0x1F
parts:
  - bolt
  - nut: 'a ''b'''
  - both: {left: true, right: -1.5e1}
  - pair: [-1, 2]
of: {7: good, 8: bad}
";
    let nut = Spanned {
        line: 6,
        value: "a 'b'".into(),
    };
    let expected = Thing {
        name: "12".into(),
        port: Some(31),
        parts: vec![
            Part::Bolt,
            Part::Nut(nut),
            Part::Both {
                left: true,
                right: -15.0,
            },
            Part::Pair(-1, 2),
        ],
        of: BTreeMap::from([(7, Sort::Good), (8, Sort::Bad)]),
    };
    assert_eq!(from_str(text), Ok(expected));
    let bare: Thing = from_str("{name: x, port: ~}").unwrap();
    assert_eq!((bare.port, bare.parts.len()), (None, 0));
}

/// The core schema of YAML 1.2, and what older ones made of a word.
#[test]
fn a_plain_scalar_is_what_the_core_schema_says() {
    for (text, value) in [
        ("", json!(null)),
        ("~", json!(null)),
        ("null", json!(null)),
        ("true", json!(true)),
        ("False", json!(false)),
        ("0", json!(0)),
        ("-7", json!(-7)),
        ("0o17", json!(15)),
        ("0x1f", json!(31)),
        ("0x+1", json!("0x+1")),
        ("1.5", json!(1.5)),
        ("1e3", json!(1000.0)),
        ("inf", json!("inf")),
        ("nan", json!("nan")),
        ("1.2.3", json!("1.2.3")),
        ("12:30", json!("12:30")),
        ("18446744073709551615", json!(u64::MAX)),
        ("'1'", json!("1")),
        ("\"~\"", json!("~")),
        ("!!str 1", json!("1")),
        ("|\n  two\n  lines\n", json!("two\nlines\n")),
        (">-\n  one\n  line\n", json!("one line")),
        ("[&a 1, *a, &b [2], *b]", json!([1, 1, [2], [2]])),
    ] {
        assert_eq!(from_str::<Value>(text), Ok(value), "{text}");
    }
}

#[test]
fn an_error_names_the_line_and_the_keys() {
    for (text, expected) in [
        (
            "name: x\nport: high",
            "2: `port`: invalid type: string \"high\", expected u16",
        ),
        ("name: x\nport: 70000", "2: `port`: invalid value"),
        ("name: x\nprot: 1", "2: unknown field `prot`"),
        ("port: 1\n", "1: missing field `name`"),
        ("name: x\nname: y", "2: `name` is there twice"),
        (
            "name: [x]",
            "1: `name`: invalid type: sequence, expected a string",
        ),
        ("name: ~", "1: `name`: invalid type: unit value"),
        (
            "name: x\nparts:\n  - bolt\n  - screw",
            "4: `parts`: unknown variant `screw`",
        ),
        (
            "name: x\nparts:\n  - both:\n      left: true\n      right: far",
            "5: `parts.both.right`: invalid type: string \"far\"",
        ),
        (
            "name: x\nparts: [{bolt: 1}]",
            "2: `parts.bolt`: it takes no value",
        ),
        ("name: x\nparts: [nut]", "2: `parts.nut`: it wants a value"),
        (
            "name: x\nparts: [{nut: a, bolt: ~}]",
            "2: `parts`: one key, not `nut`, `bolt`",
        ),
        (
            "name: x\nparts: [[bolt]]",
            "2: `parts`: a name or one key, not a list",
        ),
        ("name: !secret x", "1: the tag `!secret` is not known"),
        ("? [a]\n: b", "1: a key is a list or a map"),
        ("name: x\n---\nname: y", "2: a second document begins"),
        ("name: &a [*a]", "1: an alias within what it stands for"),
        ("name: *b", "1: "),
        ("name: \"x", "1: "),
        (
            "name: no\nport: off",
            "2: `port`: `off` without quotes is text to one reader",
        ),
        ("- bolt", "1: keys and values, not a list"),
        ("x", "1: keys and values, not `x`"),
        (
            "name: x\nparts: {a: b}",
            "2: `parts`: a list, not keys and values",
        ),
        ("name: x\nparts: ~", "2: `parts`: a list, not nothing"),
    ] {
        assert!(told(text).starts_with(expected), "{text}: {}", told(text));
    }
}

#[test]
fn what_grows_is_refused_within_bounds() {
    let deep = "[".repeat(node::MAX_DEPTH + 2) + &"]".repeat(node::MAX_DEPTH + 2);
    assert!(
        from_str::<Value>(&deep)
            .unwrap_err()
            .to_string()
            .contains("nested deeper")
    );
    let just = "[".repeat(node::MAX_DEPTH) + &"]".repeat(node::MAX_DEPTH);
    assert!(from_str::<Value>(&just).is_ok());
    let laughs = (1..12).fold("a0: &a0 [x]\n".to_owned(), |text, level| {
        let again = vec![format!("*a{}", level - 1); 9].join(", ");
        text + &format!("a{level}: &a{level} [{again}]\n")
    });
    assert!(
        from_str::<Value>(&laughs)
            .unwrap_err()
            .to_string()
            .contains("more than")
    );
    let wide: String = (0..40_000).map(|key| format!("k{key}: 1\n")).collect();
    assert!(from_str::<Value>(&wide).is_ok());
}

/// The seeds of the fuzz target `yaml`.
#[test]
fn what_is_found_in_the_corpus_does_no_harm() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/fuzz/yaml");
    let mut rules = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let rule = from_str::<crate::rule::Rule>(&text);
        let is_good = path
            .file_name()
            .unwrap()
            .to_string_lossy()
            .starts_with("good-");
        assert_eq!(rule.is_ok(), is_good, "{}: {rule:?}", path.display());
        let _ = from_str::<Value>(&text);
        rules += usize::from(is_good);
    }
    assert!(rules >= 3, "{rules}");
}

proptest! {
    #[test]
    fn no_text_ends_the_program(text in "[\\PC\n\t]{0,200}") {
        let _ = from_str::<Value>(&text);
        let _ = from_str::<Thing>(&text);
    }

    /// JSON is YAML.
    #[test]
    fn json_is_read_as_itself(keys in prop::collection::btree_map("[a-z]{1,8}", ("\\PC{0,20}", any::<i64>(), any::<bool>()), 0..6)) {
        let value = json!(keys);
        prop_assert_eq!(from_str::<Value>(&value.to_string()), Ok(value));
    }
}

#[test]
fn the_documents_of_a_text_know_their_lines() {
    let text = "# one\nname: a\n---\n---\n# two\nname: b\nmore: [1\n]\n---\nname: [c]\n";
    let found = documents(text).unwrap();
    let lines: Vec<_> = found.iter().map(Document::line).collect();
    assert_eq!(lines, [2, 6, 10]);
    let read = |at: usize| found[at].read::<BTreeMap<String, serde_json::Value>>();
    assert_eq!(read(1).unwrap()["name"], "b");
    let error = found[2].read::<BTreeMap<String, String>>().unwrap_err();
    assert_eq!(error.line, Some(10));
    assert!(documents("").unwrap().is_empty());
    assert_eq!(documents("a: 1\n---\nb: [\n").unwrap_err().line, Some(3));
}
