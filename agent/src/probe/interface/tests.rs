use serde_json::Value as Json;

use super::*;
use crate::probe::{hostile, live, netlink::Answer};

#[test]
fn the_live_machine_has_what_ip_link_lists() {
    let ours = || {
        let facts = live::facts(&Interfaces);
        facts
            .iter()
            .map(|(fact, value)| {
                // ip gives a name to every type, and we only to those that a rule may name.
                let link_type = match value["link_type"].as_str().unwrap() {
                    named @ ("ether" | "loopback" | "none") => named.to_owned(),
                    _ => String::new(),
                };
                let fields = ["ifindex", "mac", "mtu", "up", "operstate", "kind", "master"];
                let fields: Vec<_> = fields.map(|name| value[name].to_string()).into();
                format!("{} {link_type} {}", fact.key, fields.join(" "))
            })
            .collect()
    };
    live::agree(ours, || {
        let listed = live::tool("ip", &["-d", "-j", "link"])?;
        let listed: Json = serde_json::from_str(&listed).unwrap();
        let rows = listed.as_array().unwrap().iter().map(|link| {
            let link_type = match link["link_type"].as_str().unwrap() {
                named @ ("ether" | "loopback" | "none") => named,
                _ => "",
            };
            let flags = link["flags"].as_array().unwrap();
            let up = flags.iter().any(|flag| flag == "UP");
            let state = link["operstate"].as_str().unwrap().to_lowercase();
            format!(
                "{} {link_type} {} {} {} {up} \"{state}\" {} {}",
                link["ifname"].as_str().unwrap(),
                link["ifindex"],
                link["address"],
                link["mtu"],
                link["linkinfo"]["info_kind"],
                link["master"],
            )
        });
        Some(rows.collect())
    });
}

#[test]
fn two_passes_are_equal() {
    assert_eq!(live::facts(&Interfaces), live::facts(&Interfaces));
}

#[test]
fn a_thousand_bad_answers_of_the_kernel_harm_no_interface() {
    let (refused, rows) = hostile::answers("netlink", |bytes| {
        let mut answer = Answer::new("interfaces", HEADER);
        answer.take(bytes)?;
        facts(&answer.rows().unwrap_or_default())
    });
    assert!(refused > 0 && rows > 0, "{refused} refused, {rows} rows");
}
