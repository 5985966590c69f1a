use proptest::prelude::*;
use serde_json::{Value as Json, json};
use shared::clock::SystemClock;

use super::*;
use crate::probe::{self, live};

#[test]
fn the_live_machine_has_what_getent_lists() {
    let ours = || {
        let facts = live::facts(&Groups);
        facts
            .iter()
            .map(|(fact, value)| {
                let members = value["members"].as_array().unwrap();
                let members: Vec<_> = members.iter().filter_map(Json::as_str).collect();
                let name = fact.key.split(':').next().unwrap();
                format!("{name}:{}:{}", value["gid"], members.join(","))
            })
            .collect()
    };
    live::agree(ours, || {
        let listed = live::tool("getent", &["-s", "files", "group"])?;
        let sorted = |line: &str| {
            let fields: Vec<_> = line.split(':').collect();
            let mut members: Vec<_> = fields[3].split(',').collect();
            members.sort_unstable();
            format!("{}:{}:{}", fields[0], fields[2], members.join(","))
        };
        Some(listed.lines().map(sorted).collect())
    });
}

#[test]
fn a_debian_tree_has_its_groups_with_sorted_members() {
    let host = Host::at(live::recorded("debian-12"), SystemClock::shared());
    let facts = Groups.read(&host).unwrap();
    let rows: Vec<_> = facts
        .iter()
        .map(|fact| {
            (
                fact.key.as_str(),
                serde_json::from_str::<Json>(&fact.value).unwrap(),
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            (
                "root",
                json!({"gid": 0, "members": [], "members_left_out": 0})
            ),
            (
                "sudo",
                json!({"gid": 27, "members": ["alice", "bob", "web"], "members_left_out": 0})
            ),
            (
                "web",
                json!({"gid": 1000, "members": [], "members_left_out": 0})
            ),
            (
                "sudo:2",
                json!({"gid": 28, "members": ["mallory"], "members_left_out": 0})
            ),
        ]
    );
}

#[test]
fn a_group_with_more_members_than_a_fact_holds_says_how_many_are_left_out() {
    let names: Vec<_> = (0..20_000).map(|n| format!("u{n:05}")).collect();
    let text = format!("all:x:5:{}", names.join(","));
    let value = value(&line(text.as_bytes()).unwrap());
    assert_eq!(value.members.len() + value.members_left_out, 20_000);
    assert!(value.members.len() > 1000);
    probe::fact("group", "all", &value).unwrap();
}

#[test]
fn inputs_that_once_were_trouble_do_not_panic() {
    live::replay("group", |bytes| {
        bytes
            .split(|byte| *byte == b'\n')
            .filter_map(line)
            .for_each(|group| {
                value(&group);
            });
    });
}

proptest! {
    #[test]
    fn any_line_is_read_without_panic(bytes: Vec<u8>) {
        line(&bytes).map(|group| value(&group));
    }

    #[test]
    fn members_are_sorted_and_each_is_there_once(names in prop::collection::vec("[a-c]{0,2}", 0..9)) {
        let text = format!("g:x:1:{}", names.join(","));
        let members = value(&line(text.as_bytes()).unwrap()).members;
        prop_assert!(members.is_sorted_by(|a, b| a < b));
        prop_assert!(names.iter().all(|name| name.is_empty() || members.contains(name)));
    }
}
