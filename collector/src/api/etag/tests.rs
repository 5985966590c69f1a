use axum::http::HeaderMap;

use super::*;

#[derive(Serialize)]
struct Thing {
    name: &'static str,
    hosts: u32,
    #[serde(skip)]
    secret: &'static str,
}

impl Editable for Thing {
    const SEEN: &'static [&'static str] = &["hosts"];

    fn hidden(&self) -> &[u8] {
        self.secret.as_bytes()
    }
}

fn thing(name: &'static str, hosts: u32) -> Thing {
    Thing {
        name,
        hosts,
        secret: "",
    }
}

fn asking(header: &'static str, values: &[&str]) -> Result<Precondition, ApiError> {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append(header, value.parse().unwrap());
    }
    Ok(Precondition {
        matches: Tags::of(&headers, IF_MATCH)?,
        none_match: Tags::of(&headers, IF_NONE_MATCH)?,
    })
}

fn admitted(values: &[&str], before: &Thing) -> bool {
    asking(IF_MATCH, values).unwrap().admit(before).is_ok()
}

fn is_new(values: &[&str], thing: Thing) -> bool {
    let asked = asking(IF_NONE_MATCH, values).unwrap();
    asked.show(thing).unwrap().thing.is_some()
}

#[test]
fn what_was_said_counts_for_a_change_and_all_of_it_for_an_answer() {
    let tag = ETag::of(&thing("web", 3)).unwrap().to_string();
    let secret = Thing {
        secret: "another",
        ..thing("web", 3)
    };
    for (now, same_said, same) in [
        (thing("web", 3), true, true),
        (thing("web", 4), true, false),
        (thing("db", 3), false, false),
        (secret, false, false),
    ] {
        assert_eq!(
            admitted(&[&tag], &now),
            same_said,
            "{} {}",
            now.name,
            now.hosts
        );
        assert_eq!(is_new(&[&tag], now), !same);
    }
}

#[test]
fn tags_are_read_as_the_standard_has_them() {
    let web = thing("web", 3);
    let tag = ETag::of(&web).unwrap().to_string();
    let weak = format!("W/{tag}");
    let listed = format!("\"other, and more\" , {tag}");
    for (values, fits) in [
        (&[][..], true),
        (&["*"], true),
        (&[&tag], true),
        (&[&listed], true),
        (&["\"other\"", &tag], true),
        // A weak tag is equal to none where something is changed.
        (&[&weak], false),
        (&["\"other\""], false),
        (&["\"\""], false),
    ] {
        assert_eq!(admitted(values, &web), fits, "{values:?}");
    }
    for (values, new) in [
        (&[][..], true),
        (&["*"], false),
        (&[&tag], false),
        (&[&weak], false),
        (&[&listed], false),
        (&["\"other\"", "\"another\""], true),
    ] {
        assert_eq!(is_new(values, thing("web", 3)), new, "{values:?}");
    }
    let none = asking(IF_NONE_MATCH, &["*"]).unwrap();
    assert!(none.admit(&web).is_err(), "there is one");
    // What is no tag is refused, and not taken for one that does not fit.
    let bare = tag.trim_matches('"');
    for value in ["", "other", bare, "\"a", "\"a\" \"b\"", "\"a\",", "w/\"a\""] {
        for header in [IF_MATCH, IF_NONE_MATCH] {
            let refused = asking(header, &["\"good\"", value]);
            let names =
                matches!(&refused, Err(ApiError::Parameter { name, .. }) if *name == header);
            assert!(names, "{header} {value:?}: {refused:?}");
        }
    }
}
