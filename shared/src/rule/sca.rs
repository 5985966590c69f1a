//! Policies in Wazuh's grammar as rules, so that whatever decides, tells and stores rules does the same
//! for them.

use std::collections::BTreeMap;

use super::{Check, MAX_TITLE, Rule, Severity, check};
use crate::sca::Policy;

/// The folder of rules that come from policies.
pub const CATEGORY: &str = "sca";

/// What policies call a framework, and what it is called here.
const FRAMEWORKS: [(&str, &str); 25] = [
    ("cis", "cis"),
    ("cis_csc", "cis_csc"),
    ("cis_csc_v7", "cis_csc_v7"),
    ("cis_csc_v8", "cis_csc_v8"),
    ("cmmc", "cmmc"),
    ("cmmc_v2.0", "cmmc"),
    ("fedramp", "fedramp"),
    ("gdpr", "gdpr"),
    ("hipaa", "hipaa"),
    ("iso_27001", "iso_27001"),
    ("iso_27001-2013", "iso_27001"),
    ("mitre_mitigations", "mitre_mitigations"),
    ("mitre_tactics", "mitre_tactics"),
    ("mitre_techniques", "mitre_techniques"),
    ("nis2", "nis2"),
    ("nist_800_171", "nist_800_171"),
    ("nist_800_53", "nist_800_53"),
    ("nist_sp_800-53", "nist_800_53"),
    ("pci_dss", "pcidss"),
    ("pci_dss_3.2.1", "pcidss"),
    ("pci_dss_4.0", "pcidss"),
    ("pci_dss_v3.2.1", "pcidss"),
    ("pci_dss_v4.0", "pcidss"),
    ("soc_2", "tsc"),
    ("tsc", "tsc"),
];

/// Each check of a policy as a rule, in the order of the policy. The grammar knows no severity: all are
/// medium.
pub fn rules(policy: &Policy) -> Vec<Rule> {
    let of = |check: &crate::sca::Check| Rule {
        id: format!("sca-{}-{}", kebab(&policy.id), check.id),
        title: title(&check.title, check.id),
        severity: Severity::Medium,
        category: CATEGORY.to_owned(),
        why: check.why.clone(),
        platforms: Vec::new(),
        when: None,
        variables: BTreeMap::new(),
        check: Check::Sca(check::Sca {
            lines: check.lines.clone(),
            requirements: policy.requirements.clone(),
        }),
        redact: false,
        subjects: Vec::new(),
        references: references(&check.compliance),
    };
    policy.checks.iter().map(of).collect()
}

/// Lower-case words with hyphens, of whatever a policy is called.
fn kebab(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    words.join("-").to_ascii_lowercase()
}

/// One line, no longer than a title may be.
fn title(title: &str, id: u32) -> String {
    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
    if title.is_empty() {
        return format!("Check {id}");
    }
    if title.len() <= MAX_TITLE {
        return title;
    }
    let most = MAX_TITLE - '…'.len_utf8();
    let cut = &title[..title.floor_char_boundary(most)];
    let cut = cut.rsplit_once(' ').map_or(cut, |(words, _)| words);
    format!("{cut}…")
}

/// The controls of frameworks that are known; other names mean nothing to anybody here.
fn references(compliance: &[(String, Vec<String>)]) -> BTreeMap<String, Vec<String>> {
    let mut references = BTreeMap::<String, Vec<String>>::new();
    for (name, controls) in compliance {
        let known = FRAMEWORKS.iter().find(|(theirs, _)| theirs == name);
        let Some((_, ours)) = known else { continue };
        let list = references.entry((*ours).to_owned()).or_default();
        for control in controls {
            if !list.contains(control) {
                list.push(control.clone());
            }
        }
    }
    references
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_policies_become_words_with_hyphens_and_titles_are_cut_between_words() {
        assert_eq!(kebab("cis_ubuntu22-04"), "cis-ubuntu22-04");
        assert_eq!(kebab(" CIS  für RHEL_9!"), "cis-f-r-rhel-9");
        assert_eq!(title("  A\n line ", 1), "A line");
        assert_eq!(title(" ", 7), "Check 7");
        let long = title(&"wörter ".repeat(30), 1);
        assert!(
            long.len() <= MAX_TITLE && long.ends_with("wörter…"),
            "{long}"
        );
    }

    #[test]
    fn controls_are_taken_over_where_the_framework_is_known() {
        let list = |list: &[&str]| list.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        let compliance = [
            ("pci_dss_v3.2.1".to_owned(), list(&["2.2"])),
            ("pci_dss_v4.0".to_owned(), list(&["2.2", "2.2.1"])),
            ("house_rules".to_owned(), list(&["7"])),
        ];
        let expected = [("pcidss".to_owned(), list(&["2.2", "2.2.1"]))].into();
        assert_eq!(references(&compliance), expected);
    }
}
