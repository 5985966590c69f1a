use proptest::prelude::*;

use super::*;

fn meta(list: List) -> Meta {
    Meta {
        list,
        filters: [("q".to_owned(), "=1\r\n2".to_owned())].into(),
        at: "2026-03-03T14:05:00.000000Z".into(),
        by: "alice".into(),
        query: None,
    }
}

#[test]
fn each_list_is_found_by_its_name_and_has_columns_of_its_own() {
    for list in List::ALL {
        assert_eq!(List::named(list.name()), Some(list));
        let names: std::collections::BTreeSet<_> =
            list.columns().iter().map(|(name, _)| name).collect();
        assert_eq!(names.len(), list.columns().len(), "{list:?}");
    }
    assert_eq!(List::named("sessions"), None);
}

#[test]
fn a_table_says_first_what_it_is_each_in_a_line() {
    let head = head(Format::Csv, &meta(List::Facts)).unwrap();
    let lines: Vec<&str> = head.split("\r\n").collect();
    assert_eq!(
        lines,
        [
            "# list: facts",
            "# at: 2026-03-03T14:05:00.000000Z",
            "# by: alice",
            "# filter q: =1  2",
            "host,hostname,key,value,valid_from",
            ""
        ]
    );
}

#[test]
fn json_is_json_with_any_number_of_items() {
    for count in 0..3 {
        let items: Vec<Value> = (0..count).map(|n| json!({ "n": n })).collect();
        let of = |format| {
            let mut text = head(format, &meta(List::Hosts)).unwrap();
            for (place, one) in items.iter().enumerate() {
                text += &item(format, List::Hosts, one, place == 0);
            }
            text + tail(format)
        };
        let whole: Value = serde_json::from_str(&of(Format::Json)).unwrap();
        assert_eq!(whole["items"], json!(items));
        assert_eq!(whole["meta"]["by"], "alice");
        let lines = of(Format::Ndjson);
        let lines: Vec<Value> = lines
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(lines[0]["meta"]["list"], "hosts");
        assert_eq!(lines[1..], items);
    }
}

#[test]
fn what_a_spreadsheet_would_run_is_a_text() {
    for (text, cell) in [
        ("=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\""),
        ("+1-1", "\"'+1-1\""),
        ("@SUM(A1)", "\"'@SUM(A1)\""),
        ("-x", "\"'-x\""),
        ("\t=1", "\"'\t=1\""),
        ("-12.5", "\"-12.5\""),
        ("a=b", "\"a=b\""),
        ("say \"x\"", "\"say \"\"x\"\"\""),
    ] {
        assert_eq!(csv_cell(text), cell);
    }
}

proptest! {
    #[test]
    fn a_cell_is_one_cell_and_never_begins_as_a_formula(text in any::<String>()) {
        let cell = csv_cell(&text);
        let inner = cell.strip_prefix('"').and_then(|cell| cell.strip_suffix('"')).unwrap();
        prop_assert!(!inner.replace("\"\"", "").contains('"'));
        let read = inner.replace("\"\"", "\"");
        prop_assert!(!is_formula(&read));
        let marked = ["'", &text].concat();
        prop_assert!(read == text || read == marked);
    }
}
