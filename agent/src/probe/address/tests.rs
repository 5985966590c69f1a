use serde_json::Value as Json;

use super::*;
use crate::probe::{hostile, live, netlink::Answer};

#[test]
fn the_live_machine_has_what_ip_addr_lists() {
    let ours = || {
        let facts = live::facts(&Addresses);
        facts
            .iter()
            .map(|(_, value)| {
                let fields = [
                    "interface",
                    "family",
                    "ip",
                    "prefix",
                    "scope",
                    "broadcast",
                    "peer",
                ];
                let fields: Vec<_> = fields.map(|name| value[name].to_string()).into();
                format!("{} {}", fields.join(" "), value["permanent"])
            })
            .collect()
    };
    live::agree(ours, || {
        let listed = live::tool("ip", &["-j", "addr"])?;
        let listed: Json = serde_json::from_str(&listed).unwrap();
        let mut rows = Vec::new();
        for link in listed.as_array().unwrap() {
            for address in link["addr_info"].as_array().unwrap() {
                // With a peer, ip prints the peer as "address".
                let fields = [
                    "family",
                    "local",
                    "prefixlen",
                    "scope",
                    "broadcast",
                    "address",
                ];
                let fields: Vec<_> = fields.map(|name| address[name].to_string()).into();
                let permanent = address["dynamic"] != true;
                rows.push(format!(
                    "{} {} {permanent}",
                    link["ifname"],
                    fields.join(" ")
                ));
            }
        }
        Some(rows)
    });
}

#[test]
fn a_tree_has_no_addresses_to_ask_for() {
    let root = tempfile::tempdir().unwrap();
    let host = Host::at(root.path(), shared::clock::SystemClock::shared());
    let stale = Addresses.read(&host).unwrap_err();
    assert_eq!(stale.detail, "needs the running machine");
}

#[test]
fn a_point_to_point_link_has_its_own_address_and_its_peers() {
    let header = [2, 32, 0, 0, 7, 0, 0, 0];
    let attributes: [(u16, &[u8]); 3] = [
        (IFA_ADDRESS, &[198, 51, 100, 2]),
        (IFA_LOCAL, &[198, 51, 100, 1]),
        (IFA_FLAGS, &IFA_F_PERMANENT.to_ne_bytes()),
    ];
    let value = value(&Row::of(&header, &attributes), "ppp0").unwrap();
    assert_eq!(value.ip, IpAddr::from([198, 51, 100, 1]));
    assert_eq!(value.peer, Some(IpAddr::from([198, 51, 100, 2])));
    assert!(value.permanent && !value.secondary);
}

#[test]
fn a_thousand_bad_answers_of_the_kernel_harm_no_address() {
    let names = (0..8).map(|index| (index, format!("eth{index}"))).collect();
    let (refused, rows) = hostile::answers("netlink", |bytes| {
        let mut answer = Answer::new("addresses", HEADER);
        answer.take(bytes)?;
        facts(&answer.rows().unwrap_or_default(), &names)
    });
    assert!(refused > 0 && rows > 0, "{refused} refused, {rows} rows");
}
