//! The parser of what `iptables-save` and `ip6tables-save` print. Pure.

use std::collections::BTreeMap;

use super::ruleset::{Chain, Rule, Ruleset};

/// Extensions whose questions have a field.
const TOLD: [&str; 8] = [
    "tcp",
    "udp",
    "sctp",
    "dccp",
    "multiport",
    "conntrack",
    "state",
    "comment",
];

/// Takes in a whole output. What is no table, chain or rule is skipped.
pub fn read(text: &str, framework: &'static str, family: &str, rules: &mut Ruleset) {
    let mut table = String::new();
    for line in text.lines() {
        if rules.is_full() {
            return;
        }
        if let Some(name) = line.strip_prefix('*') {
            name.trim().clone_into(&mut table);
        } else if let Some(rest) = line.strip_prefix(':') {
            rules.chain(chain(rest, framework, family, &table));
        } else if let Some(rest) = line.strip_prefix("-A ") {
            let rule = appended(rest, framework, family, &table);
            let identity = rule.text.clone();
            rules.rule(rule, &identity);
        }
    }
}

/// The rules of each chain of an output, in order.
pub(super) fn chains(text: &str, framework: &'static str, family: &str) -> Vec<Vec<Rule>> {
    let mut table = "";
    let mut chains = BTreeMap::<(&str, String), Vec<Rule>>::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix('*') {
            table = name.trim();
        } else if let Some(rest) = line.strip_prefix("-A ") {
            let rule = appended(rest, framework, family, table);
            let chain = (table, rule.chain.clone());
            chains.entry(chain).or_default().push(rule);
        }
    }
    chains.into_values().collect()
}

fn appended(text: &str, framework: &'static str, family: &str, table: &str) -> Rule {
    let words = without_comments(words(text));
    rule(&words, framework, family, table)
}

/// `INPUT DROP [3:180]`; a chain of one's own has `-` for a policy.
fn chain(text: &str, framework: &'static str, family: &str, table: &str) -> Chain {
    let mut words = text.split_whitespace();
    let name = words.next().unwrap_or_default();
    let policy = words.next().filter(|policy| *policy != "-");
    Chain {
        framework,
        family: family.to_owned(),
        table: table.to_owned(),
        chain: name.to_owned(),
        hook: policy.map(|_| name.to_ascii_lowercase()),
        policy: policy.map(str::to_ascii_lowercase),
        ..Chain::default()
    }
}

/// Splits a line as a shell would: what is quoted is one word, a backslash takes the next letter.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = None::<String>;
    let mut quoted = false;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            '\\' => word.get_or_insert_default().extend(letters.next()),
            ' ' if !quoted => words.extend(word.take()),
            other => word.get_or_insert_default().push(other),
        }
    }
    words.extend(word);
    words
}

/// Leaves out `-m comment --comment TEXT`.
fn without_comments(words: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::with_capacity(words.len());
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        if word == "--comment" {
            words.next();
            if kept.last().is_some_and(|last| last == "comment") {
                kept.truncate(kept.len().saturating_sub(2));
            }
        } else {
            kept.push(word);
        }
    }
    kept
}

/// `words` begin with the chain.
fn rule(words: &[String], framework: &'static str, family: &str, table: &str) -> Rule {
    let (chain, rest) = match words {
        [chain, rest @ ..] => (chain.as_str(), rest),
        [] => ("", words),
    };
    let mut rule = Rule {
        framework,
        family: family.to_owned(),
        table: table.to_owned(),
        chain: chain.to_owned(),
        action: "continue".into(),
        text: rest.join(" "),
        ..Rule::default()
    };
    let mut words = rest.iter().map(String::as_str);
    let mut not = "";
    while let Some(option) = words.next() {
        if option == "!" {
            not = "!";
            continue;
        }
        if !option.starts_with('-') {
            // The value of an option that has no field.
            continue;
        }
        let field = match option {
            "-j" | "-g" => {
                let target = words.next().unwrap_or_default();
                decide(&mut rule, option, target);
                // What follows is how the target does it.
                return rule;
            }
            "-m" => {
                let extension = words.next().unwrap_or_default();
                rule.has_other_matches |= !TOLD.contains(&extension);
                continue;
            }
            "-p" => &mut rule.protocol,
            "-s" => &mut rule.source,
            "-d" => &mut rule.destination,
            "-i" => &mut rule.in_interface,
            "-o" => &mut rule.out_interface,
            "--sport" | "--sports" => &mut rule.source_ports,
            "--dport" | "--dports" => &mut rule.destination_ports,
            "--ctstate" | "--state" => &mut rule.states,
            _ => {
                rule.has_other_matches = true;
                not = "";
                continue;
            }
        };
        let value = words.next().unwrap_or_default();
        let asked = format!("{not}{}", plain(option, value));
        not = "";
        if field.is_some() {
            rule.has_other_matches = true;
        } else {
            *field = Some(asked);
        }
    }
    rule
}

/// A value in nft's spelling: ranges with a dash, lists with a space, states in small letters.
fn plain(option: &str, value: &str) -> String {
    let parts = value.split(',');
    let part = |part: &str| match option {
        "--sport" | "--sports" | "--dport" | "--dports" => part.replace(':', "-"),
        "--ctstate" | "--state" => part.to_ascii_lowercase(),
        _ => part.to_owned(),
    };
    parts.map(part).collect::<Vec<_>>().join(", ")
}

/// Targets of iptables have capitals; what has not, or is no target of its own, is a chain.
fn decide(rule: &mut Rule, option: &str, target: &str) {
    const OWN: [&str; 20] = [
        "ACCEPT",
        "DROP",
        "REJECT",
        "RETURN",
        "LOG",
        "NFLOG",
        "QUEUE",
        "NFQUEUE",
        "MASQUERADE",
        "SNAT",
        "DNAT",
        "REDIRECT",
        "NETMAP",
        "MARK",
        "CONNMARK",
        "CT",
        "TPROXY",
        "TCPMSS",
        "NOTRACK",
        "CHECKSUM",
    ];
    if option == "-j" && OWN.contains(&target) {
        rule.action = target.to_ascii_lowercase();
    } else {
        rule.action = if option == "-g" { "goto" } else { "jump" }.into();
        rule.target = Some(target.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::probe::{firewall_rule::ruleset::Row, live};

    const TEXT: &str = r#"# Generated by iptables-save v1.8.9 on Sun Nov 22 02:13:11 2026
*filter
:INPUT DROP [12:3456]
:f2b-sshd - [0:0]
-A INPUT -i lo -j ACCEPT
-A INPUT ! -s 10.0.0.0/8 -p tcp -m multiport --dports 22,8000:8100 -m conntrack --ctstate NEW,RELATED -m comment --comment "hunter2 \"x\" -j DROP" -j ACCEPT
-A INPUT -p tcp -m limit --limit 3/min -j f2b-sshd
-A f2b-sshd -g other
-A INPUT -p icmp -m icmp --icmp-type 8
COMMIT
*nat
:POSTROUTING ACCEPT [0:0]
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE --to-ports 1024-31000
COMMIT
"#;

    fn read_all(text: &str) -> Vec<Row> {
        let mut rules = Ruleset::default();
        read(text, "iptables-legacy", "ip", &mut rules);
        rules.rows().unwrap().into_values().collect()
    }

    fn rules(text: &str) -> Vec<Rule> {
        let rows = read_all(text).into_iter();
        let rules = rows.filter_map(|row| match row {
            Row::Rule(rule) => Some(rule),
            _ => None,
        });
        rules.collect()
    }

    #[test]
    fn rules_are_told_by_field_and_comments_not_at_all() {
        let rules = rules(TEXT);
        let with = |action: &str| {
            rules
                .iter()
                .find(|rule| rule.text.contains(action))
                .unwrap()
        };
        let ports = with("--dports");
        assert_eq!(ports.source.as_deref(), Some("!10.0.0.0/8"));
        assert_eq!(ports.destination_ports.as_deref(), Some("22, 8000-8100"));
        assert_eq!(ports.states.as_deref(), Some("new, related"));
        assert_eq!(
            (ports.action.as_str(), ports.has_other_matches),
            ("accept", false)
        );
        let jump = with("--limit");
        assert_eq!(
            (jump.action.as_str(), jump.target.as_deref()),
            ("jump", Some("f2b-sshd"))
        );
        assert!(jump.has_other_matches);
        assert_eq!(with("-g other").action, "goto");
        assert_eq!(with("icmp-type").action, "continue");
        assert!(with("icmp-type").has_other_matches);
        let nat = with("MASQUERADE");
        assert_eq!(nat.out_interface.as_deref(), Some("!docker0"));
        assert_eq!(
            (nat.action.as_str(), nat.has_other_matches),
            ("masquerade", false)
        );
        assert!(!format!("{rules:?}").contains("hunter2"));
    }

    #[test]
    fn chains_have_policies_and_no_counters() {
        let rows = read_all(TEXT);
        let mut chains = rows.iter().filter_map(|row| match row {
            Row::Chain(chain) => Some(chain),
            _ => None,
        });
        let input = chains.find(|chain| chain.chain == "INPUT").unwrap();
        assert_eq!(input.policy.as_deref(), Some("drop"));
        assert_eq!((input.hook.as_deref(), input.rules), (Some("input"), 4));
        let own = chains.find(|chain| chain.chain == "f2b-sshd").unwrap();
        assert_eq!((&own.policy, &own.hook), (&None, &None));
        let later = TEXT
            .replace("[12:3456]", "[99:9999]")
            .replace("Nov 22", "Nov 23");
        assert_eq!(format!("{:?}", read_all(&later)), format!("{rows:?}"));
    }

    #[test]
    fn the_rules_of_a_chain_come_in_order() {
        let chains = chains(TEXT, "nftables", "ip");
        let counts = chains
            .iter()
            .map(|rules| (rules[0].table.as_str(), rules.len()));
        let counts: Vec<_> = counts.collect();
        assert_eq!(counts, [("filter", 4), ("filter", 1), ("nat", 1)]);
        assert_eq!(chains[0][0].in_interface.as_deref(), Some("lo"));
    }

    #[test]
    fn inputs_that_once_were_trouble_do_not_panic() {
        live::replay("iptables-save", |bytes| {
            read_all(&String::from_utf8_lossy(bytes));
        });
    }

    proptest! {
        #[test]
        fn any_output_is_read_without_panic(text: String) {
            read_all(&text);
        }

        #[test]
        fn any_rule_is_read_without_panic(text in "-A ?([!\"\\\\é ]|-[jgmspdio]|--comment|--dport|x)*") {
            read_all(&text);
        }
    }
}
