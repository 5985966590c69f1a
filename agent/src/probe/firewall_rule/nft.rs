//! The parser of what `nft -j list ruleset` prints (libnftables-json(5)). Pure.

use std::fmt;

use serde::{
    Deserializer as _,
    de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value as Json;

use super::ruleset::{Chain, Rule, Ruleset, Set};

/// A rule's expressions: their words, and what moves in them.
mod expression;

pub(super) const FRAMEWORK: &str = "nftables";

/// Takes in a whole ruleset, one object after the other.
///
/// # Errors
/// When it is not what nft prints, or is too large to be kept.
pub fn read(json: &[u8], rules: &mut Ruleset) -> Result<(), serde_json::Error> {
    let mut text = serde_json::Deserializer::from_slice(json);
    text.deserialize_map(Document(rules))?;
    text.end()
}

/// `{"nftables": […]}`.
struct Document<'a>(&'a mut Ruleset);

impl<'de> Visitor<'de> for Document<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a ruleset")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        let mut is_there = false;
        while let Some(key) = map.next_key::<String>()? {
            if key == "nftables" {
                is_there = true;
                map.next_value_seed(Objects(self.0))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        if is_there {
            Ok(())
        } else {
            Err(de::Error::missing_field("nftables"))
        }
    }
}

/// The list in it. Of its objects one at a time is held.
struct Objects<'a>(&'a mut Ruleset);

impl<'de> DeserializeSeed<'de> for Objects<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, list: D) -> Result<(), D::Error> {
        list.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Objects<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of tables, chains, rules and sets")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<(), S::Error> {
        let mut dormant = Vec::new();
        while let Some(object) = list.next_element::<Json>()? {
            take_in(&object, &mut dormant, self.0);
            if self.0.is_full() {
                return Err(de::Error::custom("too many chains, rules and sets"));
            }
        }
        Ok(())
    }
}

fn take_in(object: &Json, dormant: &mut Vec<(String, String)>, rules: &mut Ruleset) {
    if let Some(table) = object.get("table") {
        if words(table.get("flags")).contains(&"dormant".to_owned()) {
            dormant.push((text(table, "family"), text(table, "name")));
        }
    } else if let Some(chain) = object.get("chain") {
        let (family, table) = (text(chain, "family"), text(chain, "table"));
        let dormant = dormant.iter().any(|(f, t)| *f == family && *t == table);
        rules.chain(Chain {
            framework: FRAMEWORK,
            family,
            table,
            chain: text(chain, "name"),
            chain_type: optional(chain, "type"),
            hook: optional(chain, "hook"),
            priority: chain.get("prio").and_then(Json::as_i64),
            policy: optional(chain, "policy"),
            dormant,
            ..Chain::default()
        });
    } else if let Some(rule) = object.get("rule") {
        take_in_rule(rule, rules);
    } else if let Some(set) = object.get("set").or_else(|| object.get("map")) {
        take_in_set(set, rules);
    }
}

fn take_in_rule(object: &Json, rules: &mut Ruleset) {
    let mut expressions = object.get("expr").cloned().unwrap_or_default();
    expression::still(&mut expressions);
    let mut rule = Rule {
        framework: FRAMEWORK,
        family: text(object, "family"),
        table: text(object, "table"),
        chain: text(object, "chain"),
        ..Rule::default()
    };
    let list = expressions.as_array().map(Vec::as_slice);
    let list = list.unwrap_or_default();
    rule.opaque = list.iter().any(|expression| expression.get("xt").is_some());
    expression::describe(list, &mut rule);
    let identity = expressions.to_string();
    rules.rule(rule, &identity);
}

fn take_in_set(object: &Json, rules: &mut Ruleset) {
    let flags = words(object.get("flags"));
    let moves = ["dynamic", "timeout"];
    let moving = flags.iter().any(|flag| moves.contains(&flag.as_str()));
    let mut elements = object.get("elem").cloned().unwrap_or_default();
    expression::still(&mut elements);
    let elements = elements.as_array().map(Vec::as_slice).unwrap_or_default();
    let set = Set {
        framework: FRAMEWORK,
        family: text(object, "family"),
        table: text(object, "table"),
        set: text(object, "name"),
        element_type: words(object.get("type")).join(" . "),
        flags,
        moving,
        ..Set::default()
    };
    rules.set(set, elements.iter().map(expression::words).collect());
}

/// The text of this name; empty where there is none.
fn text(object: &Json, name: &str) -> String {
    optional(object, name).unwrap_or_default()
}

fn optional(object: &Json, name: &str) -> Option<String> {
    object.get(name).and_then(Json::as_str).map(str::to_owned)
}

/// One word or a list of them: older versions print a list of one as the word.
fn words(value: Option<&Json>) -> Vec<String> {
    match value {
        Some(Json::String(word)) => vec![word.clone()],
        Some(Json::Array(words)) => words
            .iter()
            .filter_map(|word| word.as_str().map(str::to_owned))
            .collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::probe::{firewall_rule::ruleset::Row, live};

    fn rows(json: &Json) -> BTreeMap<String, Row> {
        let mut rules = Ruleset::default();
        read(json.to_string().as_bytes(), &mut rules).unwrap();
        rules.rows().unwrap()
    }

    /// The only rule made of these expressions.
    fn rule(expressions: Json) -> Rule {
        let rows = rows(&json!({"nftables": [
            {"rule": {"family": "ip", "table": "t", "chain": "c", "handle": 4, "comment": "hunter2",
                "expr": expressions}}]}));
        assert!(!format!("{rows:?}").contains("hunter2"));
        match rows.into_values().next() {
            Some(Row::Rule(rule)) => rule,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_rule_is_told_by_field_and_in_nfts_words() {
        let matches =
            |left: Json, right: Json| json!({"match": {"op": "==", "left": left, "right": right}});
        let payload = |protocol: &str, field: &str| json!({"payload": {"protocol": protocol, "field": field}});
        let found = rule(json!([
            matches(json!({"meta": {"key": "iifname"}}), json!("eth0")),
            {"match": {"op": "in", "left": {"ct": {"key": "state"}}, "right": ["established", "related"]}},
            {"match": {"op": "!=", "left": payload("ip", "saddr"), "right": {"prefix": {"addr": "10.0.0.0", "len": 8}}}},
            matches(payload("tcp", "dport"), json!({"set": [22, {"range": [80, 90]}]})),
            {"counter": {"packets": 7, "bytes": 9}},
            {"accept": null}
        ]));
        assert_eq!(found.in_interface.as_deref(), Some("eth0"));
        assert_eq!(found.states.as_deref(), Some("established, related"));
        assert_eq!(found.source.as_deref(), Some("!10.0.0.0/8"));
        assert_eq!(found.protocol.as_deref(), Some("tcp"));
        assert_eq!(found.destination_ports.as_deref(), Some("22, 80-90"));
        assert_eq!(
            (found.action.as_str(), found.has_other_matches),
            ("accept", false)
        );
        let text = "iifname eth0 ct state established, related ip saddr != 10.0.0.0/8 \
                    tcp dport { 22, 80-90 } counter accept";
        assert_eq!(found.text, text);
    }

    #[test]
    fn what_the_fields_cannot_tell_is_said_to_be_there() {
        for (expressions, action) in [
            (
                json!([{"limit": {"rate": 3, "per": "minute"}}, {"accept": null}]),
                "accept",
            ),
            (
                json!([{"xt": {"type": "match", "name": "owner"}}, {"drop": null}]),
                "drop",
            ),
            (json!([{"xt": null}, {"drop": null}]), "drop"),
            (
                json!([{"match": {"op": "==", "left": {"meta": {"key": "skuid"}}, "right": 0}}, {"drop": null}]),
                "drop",
            ),
            (
                json!([{"match": {"op": "==", "left": {"&": [{"payload": {"protocol": "tcp", "field": "dport"}}, 1]}, "right": 0}}]),
                "continue",
            ),
            (
                json!([{"vmap": {"key": {"meta": {"key": "l4proto"}}, "data": "@x"}}]),
                "vmap",
            ),
        ] {
            let found = rule(expressions);
            assert!(found.has_other_matches, "{}", found.text);
            assert_eq!(found.action, action);
        }
    }

    #[test]
    fn actions_and_their_targets() {
        for (expressions, action, target) in [
            (json!([{"jump": {"target": "x"}}]), "jump", Some("x")),
            (json!([{"goto": {"target": "y"}}]), "goto", Some("y")),
            (
                json!([{"log": {"prefix": "p "}}, {"reject": {"type": "tcp reset"}}]),
                "reject",
                None,
            ),
            (json!([{"log": null}]), "log", None),
            (json!([{"counter": null}]), "continue", None),
            (json!([{"masquerade": null}]), "masquerade", None),
            (
                json!([{"dnat": {"addr": "10.0.0.2", "port": 80}}]),
                "dnat",
                None,
            ),
        ] {
            let found = rule(expressions);
            assert_eq!(
                (found.action.as_str(), found.target.as_deref()),
                (action, target)
            );
            assert!(!found.has_other_matches);
        }
    }

    #[test]
    fn counters_and_handles_change_no_key() {
        let with = |packets: u64, handle: u64| {
            let keys = rows(
                &json!({"nftables": [{"rule": {"family": "ip", "table": "t", "chain": "c",
                "handle": handle, "expr": [{"counter": {"packets": packets, "bytes": 1}},
                {"quota": {"val": 5, "used": packets}}, {"accept": null}]}}]}),
            );
            keys.into_keys().collect::<Vec<_>>()
        };
        assert_eq!(with(1, 2), with(3, 4));
    }

    #[test]
    fn sets_have_their_elements_unless_these_go_by_themselves() {
        let rows = rows(&json!({"nftables": [
            {"set": {"family": "inet", "name": "own", "table": "t", "type": "ipv4_addr", "flags": "interval",
                "elem": [{"prefix": {"addr": "10.0.0.0", "len": 8}}, "1.2.3.4",
                    {"elem": {"val": "5.6.7.8", "comment": "hunter2", "counter": {"packets": 1, "bytes": 2}}}]}},
            {"set": {"family": "inet", "name": "seen", "table": "t", "type": ["ipv4_addr", "inet_service"],
                "flags": ["timeout"], "elem": [{"elem": {"val": "9.9.9.9", "expires": 5}}]}},
            {"table": {"family": "ip", "name": "off", "handle": 1, "flags": "dormant"}},
            {"chain": {"family": "ip", "table": "off", "name": "c", "hook": "input", "prio": -150, "policy": "drop"}}
        ]}));
        let Row::Set(own) = &rows["nftables:inet t @own"] else {
            panic!()
        };
        assert_eq!(
            own.elements.as_ref().unwrap()[..],
            ["1.2.3.4", "10.0.0.0/8", "5.6.7.8"]
        );
        let Row::Set(seen) = &rows["nftables:inet t @seen"] else {
            panic!()
        };
        assert_eq!((seen.moving, seen.count), (true, None));
        assert_eq!(seen.element_type, "ipv4_addr . inet_service");
        let Row::Chain(chain) = &rows["nftables:ip off c"] else {
            panic!()
        };
        assert_eq!((chain.dormant, chain.priority), (true, Some(-150)));
        assert!(!format!("{rows:?}").contains("hunter2"));
    }

    #[test]
    fn what_is_no_ruleset_is_refused() {
        for text in [
            "",
            "[]",
            "{}",
            "{\"nftables\": 1}",
            "{\"nftables\": []} x",
            "{\"nftables\": [",
        ] {
            assert!(
                read(text.as_bytes(), &mut Ruleset::default()).is_err(),
                "{text}"
            );
        }
    }

    #[test]
    fn inputs_that_once_were_trouble_do_not_panic() {
        live::replay("nft-json", |bytes| {
            let mut rules = Ruleset::default();
            let _ = read(bytes, &mut rules);
            let _ = rules.rows();
        });
    }

    /// JSON of the shapes that nft uses, in places where it does not use them.
    fn shapes() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<i64>().prop_map(Json::from),
            "[a-z@é{}]{0,6}".prop_map(Json::from)
        ];
        let names = prop::sample::select(vec![
            "rule", "set", "elem", "val", "expr", "match", "left", "right", "payload", "meta",
            "ct", "key", "field", "protocol", "prefix", "range", "jump", "target", "xt", "counter",
            "flags",
        ]);
        leaf.prop_recursive(6, 40, 4, move |inner| {
            let name = names.clone().prop_map(str::to_owned);
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
                prop::collection::btree_map(name, inner, 0..4)
                    .prop_map(|map| Json::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
            let _ = read(&bytes, &mut Ruleset::default());
        }

        #[test]
        fn any_shape_is_read_without_panic(object in shapes()) {
            let rule = json!({"rule": {"expr": [object.clone()]}});
            let list = json!({"nftables": [object.clone(), rule, {"set": {"elem": [object]}}]});
            let mut rules = Ruleset::default();
            read(list.to_string().as_bytes(), &mut rules).unwrap();
            rules.rows().unwrap();
        }
    }
}
