//! What is told of chains, rules and sets, and the names under which it is told.

use std::{borrow::Cow, collections::BTreeMap, fmt::Write as _};

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use shared::wire::{Stale, StaleReason};

use crate::probe;

/// A node of a large cluster has some ten thousand rules.
const MAX_ROWS: usize = 100_000;

/// Rules of a chain whose order is told rule by rule; of longer ones only its hash is, because a
/// value has a bound.
const MAX_ORDER: usize = 2000;

/// Longest field of a rule that is told whole, bytes.
const MAX_TEXT: usize = 2000;

/// Elements of a set that are told; of larger ones only their number and hash are.
const MAX_ELEMENTS: usize = 500;

/// A chain: where it stands in the way of packets, and the order of its rules.
#[derive(Debug, Default, Clone, Serialize)]
pub struct Chain {
    /// Which filter holds it: `nftables`, which iptables mostly writes into too, or
    /// `iptables-legacy`.
    pub framework: &'static str,
    /// `inet`, `ip`, `ip6`, `arp`, `bridge`, `netdev`.
    pub family: String,
    pub table: String,
    pub chain: String,
    /// `filter`, `nat`, `route`. `None` of a chain that only others jump to, as of the following.
    pub chain_type: Option<String>,
    /// `input`, `forward`, `output`, `prerouting`, `postrouting`, `ingress`.
    pub hook: Option<String>,
    /// Chains of one hook are asked from the lowest on.
    pub priority: Option<i64>,
    /// What becomes of a packet that no rule decides on: `accept`, `drop`.
    pub policy: Option<String>,
    /// Whether the table is switched off.
    pub dormant: bool,
    /// How many rules it has.
    pub rules: u64,
    /// The last words of the keys of its rules, in order. `None` of a chain of thousands.
    pub order: Option<Vec<String>>,
    /// SHA-256 of the same, in hexadecimal.
    pub order_sha256: String,
}

/// One rule. Where the kernel is told a list, it is as nft writes it: `22, 8000-8100`; what is
/// excluded begins with `!`. `None`: the rule does not ask.
#[derive(Debug, Default, Clone, Serialize)]
pub struct Rule {
    /// As of a chain, or `ufw`: what is told to be, and not what is.
    pub framework: &'static str,
    pub family: String,
    /// Empty of ufw.
    pub table: String,
    /// Of ufw: `in`, `out`, `route`.
    pub chain: String,
    pub protocol: Option<String>,
    pub source: Option<String>,
    pub destination: Option<String>,
    pub in_interface: Option<String>,
    pub out_interface: Option<String>,
    pub source_ports: Option<String>,
    pub destination_ports: Option<String>,
    /// States of connection tracking: `established, related`.
    pub states: Option<String>,
    /// Whether it asks for more than the fields above tell: only then `accept` may mean less.
    pub has_other_matches: bool,
    /// Whether it has parts that could not be told at all, because they are iptables' own and it
    /// was not there to tell them.
    pub opaque: bool,
    /// `accept`, `drop`, `reject`, `jump`, `masquerade`, `log`, …; `continue`: it decides nothing.
    pub action: String,
    /// Where it jumps to.
    pub target: Option<String>,
    /// The whole rule, for people.
    pub text: String,
}

/// A set or map that rules look things up in.
#[derive(Debug, Default, Clone, Serialize)]
pub struct Set {
    pub framework: &'static str,
    pub family: String,
    pub table: String,
    pub set: String,
    /// `ipv4_addr`, `inet_service`, `ipv4_addr . inet_service`.
    pub element_type: String,
    /// `interval`, `timeout`, `dynamic`, `constant`.
    pub flags: Vec<String>,
    /// Whether its elements come and go by themselves; then none are told.
    pub moving: bool,
    /// How many elements it has. `None` of a moving set, as of the following.
    pub count: Option<u64>,
    /// Sorted. `None` also of a set of hundreds.
    pub elements: Option<Vec<String>>,
    /// SHA-256 of all of them, in hexadecimal.
    pub elements_sha256: Option<String>,
}

/// One row.
#[derive(Debug, Clone)]
pub enum Row {
    Chain(Chain),
    Rule(Rule),
    Set(Set),
}

/// What a summary tells.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) chains: u64,
    pub(super) rules: u64,
    pub(super) drops_input: bool,
}

/// All of them while they are gathered.
#[derive(Debug, Default)]
pub struct Ruleset {
    chains: BTreeMap<String, (Chain, Vec<String>)>,
    rules: BTreeMap<String, Rule>,
    sets: BTreeMap<String, Set>,
    /// How often a rule stands in a chain, by the beginning of its key.
    times: BTreeMap<String, u64>,
}

impl Ruleset {
    /// Takes in a chain. Its rules come after it.
    pub fn chain(&mut self, chain: Chain) {
        let key = stem(chain.framework, &chain.family, &chain.table, &chain.chain);
        self.chains.entry(key).or_insert((chain, Vec::new()));
    }

    /// Takes in a rule. `identity` is all that makes it this rule.
    pub fn rule(&mut self, mut rule: Rule, identity: &str) {
        rule.bound();
        let chain = rule.stem();
        let word = self.place(&chain, rule, identity);
        if let Some((_, order)) = self.chains.get_mut(&chain) {
            order.push(word);
        }
    }

    /// Puts a rule under a word that its chain has not yet.
    fn place(&mut self, chain: &str, rule: Rule, identity: &str) -> String {
        let hash = hexadecimal(&Sha256::digest(identity.as_bytes())[..6]);
        let times = self.times.entry(format!("{chain} {hash}")).or_default();
        *times += 1;
        // Of equal rules each is asked.
        let word = match *times {
            1 => hash,
            times => format!("{hash}:{times}"),
        };
        self.rules.insert(format!("{chain} {word}"), rule);
        word
    }

    /// Whether any rule of this family has parts that could not be told.
    pub(super) fn is_opaque(&self, family: &str) -> bool {
        let mut rules = self.rules.values();
        rules.any(|rule| rule.opaque && rule.family == family)
    }

    /// Takes in the rules of one chain once more, in order, from somebody who can tell the opaque
    /// ones. Only those are taken, and only where the number of rules is the same: what tells them
    /// leaves out parts of rules that are not its own.
    pub(super) fn explain(&mut self, told: &[Rule]) {
        let Some(chain) = told.first().map(Rule::stem) else {
            return;
        };
        let Some((_, order)) = self.chains.get(&chain) else {
            return;
        };
        if order.len() != told.len() {
            return;
        }
        let mut order = order.clone();
        for (word, told) in order.iter_mut().zip(told) {
            let key = format!("{chain} {word}");
            if self.rules.get(&key).is_some_and(|rule| rule.opaque) {
                self.rules.remove(&key);
                let identity = format!("{word} {}", told.text);
                let mut told = told.clone();
                told.bound();
                *word = self.place(&chain, told, &identity);
            }
        }
        if let Some((_, known)) = self.chains.get_mut(&chain) {
            *known = order;
        }
    }

    /// Takes in a set with all its elements.
    pub fn set(&mut self, mut set: Set, mut elements: Vec<String>) {
        if !set.moving {
            elements.sort();
            set.count = Some(elements.len() as u64);
            set.elements_sha256 = Some(hash_of(&elements));
            let length: usize = elements.iter().map(String::len).sum();
            let few = elements.len() <= MAX_ELEMENTS && length <= MAX_ELEMENTS * 50;
            set.elements = few.then_some(elements);
        }
        let key = format!("{} @", stem(set.framework, &set.family, &set.table, ""));
        self.sets.insert(key + &set.set, set);
    }

    pub(super) fn is_full(&self) -> bool {
        self.rules.len() + self.chains.len() + self.sets.len() > MAX_ROWS
    }

    pub(super) fn summary(&self) -> Counts {
        let mut chains = self.chains.values().map(|(chain, _)| chain);
        let drops = |c: &Chain| {
            let is_input = c.hook.as_deref() == Some("input");
            is_input && !c.dormant && c.policy.as_deref() == Some("drop")
        };
        Counts {
            chains: self.chains.len() as u64,
            rules: self.rules.len() as u64,
            drops_input: chains.any(drops),
        }
    }

    /// All rows by key.
    pub(super) fn rows(self) -> Result<BTreeMap<String, Row>, Stale> {
        if self.is_full() {
            return Err(too_large());
        }
        let chains = self.chains.into_iter().map(|(key, (mut chain, order))| {
            chain.rules = order.len() as u64;
            chain.order_sha256 = hash_of(&order);
            chain.order = (order.len() <= MAX_ORDER).then_some(order);
            (key, Row::Chain(chain))
        });
        let rules = self
            .rules
            .into_iter()
            .map(|(key, rule)| (key, Row::Rule(rule)));
        let sets = self.sets.into_iter().map(|(key, set)| (key, Row::Set(set)));
        Ok(chains.chain(rules).chain(sets).collect())
    }
}

impl Rule {
    /// Cuts what can be as long as a list of addresses. What was cut asks for more than is told.
    fn bound(&mut self) {
        let fields = [
            &mut self.protocol,
            &mut self.source,
            &mut self.destination,
            &mut self.in_interface,
            &mut self.out_interface,
            &mut self.source_ports,
            &mut self.destination_ports,
            &mut self.states,
            &mut self.target,
        ];
        for field in fields.into_iter().flatten() {
            if let Cow::Owned(cut) = probe::clipped(field, MAX_TEXT) {
                *field = cut;
                self.has_other_matches = true;
            }
        }
        self.action = probe::clipped(&self.action, MAX_TEXT).into_owned();
        self.text = probe::clipped(&self.text, MAX_TEXT).into_owned();
    }

    /// Beginning of its key: its chain's.
    fn stem(&self) -> String {
        stem(self.framework, &self.family, &self.table, &self.chain)
    }
}

pub(super) fn too_large() -> Stale {
    Stale {
        reason: StaleReason::TooLarge,
        detail: format!("more than {MAX_ROWS} chains, rules and sets"),
    }
}

fn stem(framework: &str, family: &str, table: &str, chain: &str) -> String {
    let words = [family, table, chain]
        .into_iter()
        .filter(|word| !word.is_empty());
    format!("{framework}:{}", words.collect::<Vec<_>>().join(" "))
}

fn hash_of(words: &[String]) -> String {
    let mut hash = Sha256::new();
    for word in words {
        hash.update((word.len() as u64).to_le_bytes());
        hash.update(word.as_bytes());
    }
    hexadecimal(&hash.finalize())
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(rules: &[&str]) -> BTreeMap<String, Row> {
        let mut set = Ruleset::default();
        set.chain(Chain {
            framework: "nftables",
            family: "ip".into(),
            table: "t".into(),
            chain: "c".into(),
            ..Chain::default()
        });
        for text in rules {
            let rule = Rule {
                framework: "nftables",
                family: "ip".into(),
                table: "t".into(),
                chain: "c".into(),
                ..Rule::default()
            };
            set.rule(rule, text);
        }
        set.rows().unwrap()
    }

    #[test]
    fn another_rule_before_it_changes_the_order_and_no_other_rule() {
        let (before, after) = (made(&["a", "b", "b"]), made(&["new", "a", "b", "b"]));
        assert_eq!((before.len(), after.len()), (4, 5));
        for (key, row) in &before {
            match (row, &after[key]) {
                (Row::Chain(one), Row::Chain(other)) => {
                    assert_ne!(one.order_sha256, other.order_sha256);
                    assert_eq!(
                        one.order.as_ref().unwrap()[..],
                        other.order.as_ref().unwrap()[1..]
                    );
                }
                (one, other) => assert!(matches!((one, other), (Row::Rule(_), Row::Rule(_)))),
            }
        }
    }

    #[test]
    fn the_same_rules_in_another_order_are_another_chain() {
        let order = |rules: &[&str]| match &made(rules)["nftables:ip t c"] {
            Row::Chain(chain) => chain.order_sha256.clone(),
            other => panic!("{other:?}"),
        };
        assert_ne!(order(&["a", "b"]), order(&["b", "a"]));
    }

    #[test]
    fn a_rule_that_lists_thousands_is_cut_and_says_that_it_asks_for_more() {
        let mut set = Ruleset::default();
        let source = Some("10.0.0.1, ".repeat(10_000));
        let text = "ip saddr".repeat(10_000);
        let rule = Rule {
            source,
            text,
            ..Rule::default()
        };
        set.rule(rule, "x");
        let Some(Row::Rule(rule)) = set.rows().unwrap().into_values().next() else {
            panic!("a rule");
        };
        assert!(rule.has_other_matches);
        assert!(serde_json::to_string(&rule).unwrap().len() < 10_000);
    }

    #[test]
    fn tens_of_thousands_of_equal_rules_are_as_many_rows() {
        assert_eq!(made(&["a"; 50_000]).len(), 50_001);
    }

    /// Two rules of which the second could not be told, told once more so often.
    fn explained(times: usize) -> Vec<(String, bool)> {
        let rule = |text: &str, opaque: bool| Rule {
            framework: "nftables",
            family: "ip".into(),
            text: text.into(),
            opaque,
            ..Rule::default()
        };
        let mut set = Ruleset::default();
        let framework = "nftables";
        let family = "ip".into();
        set.chain(Chain {
            framework,
            family,
            ..Chain::default()
        });
        set.rule(rule("plain", false), "plain");
        set.rule(rule("xt", true), "xt");
        assert!(set.is_opaque("ip") && !set.is_opaque("ip6"));
        set.explain(&vec![rule("told", false); times]);
        let rows = set.rows().unwrap();
        let Row::Chain(chain) = &rows["nftables:ip"] else {
            panic!("a chain");
        };
        let words = chain.order.as_ref().unwrap().iter();
        let rules = words.map(|word| match &rows[&format!("nftables:ip {word}")] {
            Row::Rule(rule) => (rule.text.clone(), rule.opaque),
            other => panic!("{other:?}"),
        });
        rules.collect()
    }

    #[test]
    fn only_what_could_not_be_told_is_told_by_another_and_only_where_both_see_as_many() {
        let plain = ("plain".to_owned(), false);
        assert_eq!(explained(2), [plain.clone(), ("told".into(), false)]);
        assert_eq!(explained(1), [plain.clone(), ("xt".into(), true)]);
        assert_eq!(explained(3), [plain, ("xt".into(), true)]);
    }

    #[test]
    fn a_chain_of_thousands_has_a_hash_and_no_list() {
        let names: Vec<_> = (0..=MAX_ORDER).map(|n| n.to_string()).collect();
        let names: Vec<_> = names.iter().map(String::as_str).collect();
        let Row::Chain(chain) = &made(&names)["nftables:ip t c"] else {
            panic!("a chain");
        };
        assert_eq!(
            (chain.rules, chain.order.is_none()),
            (MAX_ORDER as u64 + 1, true)
        );
    }
}
