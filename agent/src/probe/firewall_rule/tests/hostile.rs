//! Bad answers of the programs that show the packet filter.

use super::*;
use crate::probe::hostile;

/// What becomes of rules that were read.
fn facts(rules: Ruleset) -> Result<Vec<Fact>, Stale> {
    let rows = rules.rows()?;
    let rows = rows.iter();
    rows.map(|(key, row)| probe::fact("firewall_rule", key, &Value::from(row)))
        .collect()
}

#[test]
fn a_thousand_bad_rulesets_of_nft_harm_no_rule() {
    let (refused, rows) = hostile::answers("nft-json", |json| {
        let mut rules = Ruleset::default();
        kernel::take_json("nft", json, &mut rules)?;
        facts(rules)
    });
    assert!(refused > 0 && rows > 0, "{refused} refused, {rows} rows");
}

/// Words that make no sense are words all the same: nothing is refused.
#[test]
fn a_thousand_bad_outputs_of_iptables_save_harm_no_rule() {
    let (_, rows) = hostile::answers("iptables-save", |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let mut rules = Ruleset::default();
        iptables::read(&text, "iptables-legacy", "ip", &mut rules);
        for told in iptables::chains(&text, nft::FRAMEWORK, "ip") {
            rules.explain(&told);
        }
        facts(rules)
    });
    assert!(rows > 0);
}
