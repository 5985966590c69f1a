//! firewalld's files: its settings and the zones that are in use or were changed here. What of it
//! is in force, the kernel's rules tell.

use roxmltree::{Document, Node, ParsingOptions};
use serde::Serialize;
use shared::wire::Stale;

use super::malformed;
use crate::{
    host::Host,
    probe::{self, fragment, sysctl::setting::shell_value},
};

const SETTINGS: &str = "/etc/firewalld/firewalld.conf";

/// The first hides the later one.
const ZONES: [&str; 2] = ["/etc/firewalld/zones", "/usr/lib/firewalld/zones"];

/// What is watched.
pub(super) const WATCHED: [&str; 3] = [SETTINGS, ZONES[0], ZONES[1]];

const MAX_FILE: u64 = 1 << 20;

/// Entries of a list that are told.
const MAX_LIST: usize = 100;

/// Longest entry that is told whole, bytes.
const MAX_TEXT: usize = 300;

/// A zone with a thousand rules has some five thousand.
const MAX_NODES: u32 = 100_000;

/// What firewalld is told as a whole. `None` where the file does not say, which leaves it as it
/// comes.
#[derive(Debug, Serialize)]
pub struct Settings {
    default_zone: String,
    backend: Option<String>,
    log_denied: Option<String>,
}

/// One zone. Lists are sorted.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Zone {
    #[serde(rename = "zone")]
    pub(super) name: String,
    file: String,
    /// Whether what has no zone of its own is in it.
    is_default: bool,
    /// What becomes of a packet that nothing lets in: `default`, `ACCEPT`, `DROP`, `%%REJECT%%`.
    target: String,
    interfaces: Vec<String>,
    /// Addresses that are in it, or the name of a set: `10.0.0.0/8`, `ipset:office`.
    sources: Vec<String>,
    services: Vec<String>,
    /// `8080/tcp`.
    ports: Vec<String>,
    source_ports: Vec<String>,
    protocols: Vec<String>,
    icmp_blocks: Vec<String>,
    /// Whether only what is in `icmp_blocks` passes, and not all else.
    icmp_block_inversion: bool,
    masquerade: bool,
    /// Whether packets pass between the interfaces of the zone.
    forward: bool,
    /// `80/tcp -> 8080 10.0.0.2`.
    forward_ports: Vec<String>,
    /// Each in the words of its elements.
    rich_rules: Vec<String>,
    /// How many entries of these lists are left out, because they are hundreds.
    left_out: u64,
}

/// All that firewalld is told.
#[derive(Debug)]
pub(super) struct Firewalld {
    pub(super) settings: Settings,
    pub(super) zones: Vec<Zone>,
}

/// Reads all of it. `None` where firewalld is not installed.
pub(super) fn read(host: &Host) -> Result<Option<Firewalld>, Stale> {
    let text = match host.read_text(SETTINGS, MAX_FILE) {
        Err(error) if error.is_absent() => return Ok(None),
        read => read?,
    };
    let default_zone = shell_value(&text, "DefaultZone").unwrap_or_else(|| "public".into());
    let mut zones = Vec::new();
    for fragment in fragment::read(host, &ZONES, ".xml")?.unwrap_or_default() {
        let is_own = fragment.path.starts_with(ZONES[0]);
        let name = fragment.name.trim_end_matches(".xml");
        if !is_own && name != default_zone {
            continue;
        }
        let mut zone = zone(&fragment.text)
            .map_err(|error| malformed(format!("{} is no zone: {error}", fragment.path)))?;
        name.clone_into(&mut zone.name);
        zone.is_default = name == default_zone;
        zone.file = fragment.path;
        zones.push(zone);
    }
    Ok(Some(Firewalld {
        settings: Settings {
            default_zone,
            backend: shell_value(&text, "FirewallBackend"),
            log_denied: shell_value(&text, "LogDenied"),
        },
        zones,
    }))
}

/// Reads the file of a zone (firewalld.zone(5)).
///
/// # Errors
/// When it is not XML. A document type is refused: it could make a small file a large one.
pub fn zone(text: &str) -> Result<Zone, roxmltree::Error> {
    let options = ParsingOptions {
        allow_dtd: false,
        nodes_limit: MAX_NODES,
        ..ParsingOptions::default()
    };
    let document = Document::parse_with_options(text, options)?;
    let root = document.root_element();
    let target = root.attribute("target").unwrap_or("default");
    let mut zone = Zone {
        target: target.to_owned(),
        ..Zone::default()
    };
    for node in root.children().filter(Node::is_element) {
        let value = |name: &str| node.attribute(name).unwrap_or_default().to_owned();
        let port = || format!("{}/{}", value("port"), value("protocol"));
        match node.tag_name().name() {
            "interface" => zone.interfaces.push(value("name")),
            "source" => zone.sources.push(source(&node)),
            "service" => zone.services.push(value("name")),
            "port" => zone.ports.push(port()),
            "source-port" => zone.source_ports.push(port()),
            "protocol" => zone.protocols.push(value("value")),
            "icmp-block" => zone.icmp_blocks.push(value("name")),
            "icmp-block-inversion" => zone.icmp_block_inversion = true,
            "masquerade" => zone.masquerade = true,
            "forward" => zone.forward = true,
            "forward-port" => {
                let to = format!("{} -> {} {}", port(), value("to-port"), value("to-addr"));
                zone.forward_ports.push(to.trim_end().to_owned());
            }
            "rule" => zone.rich_rules.push(in_words(&node)),
            _ => {}
        }
    }
    for list in [
        &mut zone.interfaces,
        &mut zone.sources,
        &mut zone.services,
        &mut zone.ports,
        &mut zone.source_ports,
        &mut zone.protocols,
        &mut zone.icmp_blocks,
        &mut zone.forward_ports,
        &mut zone.rich_rules,
    ] {
        list.sort();
        zone.left_out += list.len().saturating_sub(MAX_LIST) as u64;
        list.truncate(MAX_LIST);
        for text in list {
            *text = probe::clipped(text, MAX_TEXT).into_owned();
        }
    }
    Ok(zone)
}

fn source(node: &Node<'_, '_>) -> String {
    let named = |name: &str| Some(format!("{name}:{}", node.attribute(name)?));
    let address = node.attribute("address").map(str::to_owned);
    let found = address.or_else(|| named("ipset")).or_else(|| named("mac"));
    found.unwrap_or_default()
}

/// `rule family=ipv4 source address=10.0.0.0/8 service name=ssh accept`.
fn in_words(rule: &Node<'_, '_>) -> String {
    let mut words = Vec::new();
    for node in rule.descendants().filter(Node::is_element) {
        words.push(node.tag_name().name().to_owned());
        let attributes = node.attributes();
        words.extend(attributes.map(|a| format!("{}={}", a.name(), a.value())));
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::probe::live;

    #[test]
    fn a_zone_has_what_its_file_lets_in() {
        let text = r#"<?xml version="1.0" encoding="utf-8"?>
<zone target="DROP">
  <short>Public</short>
  <interface name="eth1"/><interface name="eth0"/>
  <source address="10.0.0.0/8"/><source ipset="office"/>
  <service name="ssh"/><port port="8080-8090" protocol="tcp"/>
  <forward-port port="80" protocol="tcp" to-port="8080"/>
  <rule family="ipv4"><source address="10.1.0.0/16"/><service name="http"/><log prefix="x"><limit value="1/m"/></log><accept/></rule>
  <masquerade/>
</zone>"#;
        let zone = zone(text).unwrap();
        assert_eq!(zone.left_out, 0);
        assert_eq!(zone.interfaces, ["eth0", "eth1"]);
        assert_eq!(zone.sources, ["10.0.0.0/8", "ipset:office"]);
        assert_eq!(zone.forward_ports, ["80/tcp -> 8080"]);
        assert_eq!(
            zone.rich_rules,
            [
                "rule family=ipv4 source address=10.1.0.0/16 service name=http log prefix=x limit value=1/m accept"
            ]
        );
        assert!(zone.masquerade && !zone.forward);
        assert_eq!(zone.target, "DROP");
    }

    #[test]
    fn a_zone_of_thousands_says_how_many_are_left_out() {
        let ports: String = (0..1000)
            .map(|n| format!("<port port=\"{n}\" protocol=\"tcp\"/>"))
            .collect();
        let zone = zone(&format!("<zone>{ports}</zone>")).unwrap();
        assert_eq!((zone.ports.len(), zone.left_out), (100, 900));
    }

    #[test]
    fn a_document_that_grows_is_refused() {
        let text = "<!DOCTYPE z [<!ENTITY a \"aaaa\">]><zone><service name=\"&a;\"/></zone>";
        assert!(zone(text).is_err());
        assert!(zone("<zone").is_err());
    }

    #[test]
    fn inputs_that_once_were_trouble_do_not_panic() {
        live::replay("firewalld-zone", |bytes| {
            let _ = zone(&String::from_utf8_lossy(bytes));
        });
    }

    proptest! {
        #[test]
        fn any_file_is_read_without_panic(text in "(<zone>|<rule |/>|</rule>|[<>a=\"é ])*") {
            let _ = zone(&text);
        }
    }
}
