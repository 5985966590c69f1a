//! Whether members of a list fit a user or a host. Pure.

use std::collections::BTreeSet;

use crate::probe::sudo_rule::entry::{Member, What};

/// Whether something fits, where it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    Yes,
    No,
    Unknown,
}

/// Of a list the last member that fits decides.
pub(super) fn fits(members: &[Member], fit: impl Fn(&str) -> Fit) -> Fit {
    let mut answer = Fit::No;
    for member in members.iter().rev() {
        let found = match &member.what {
            What::All => Fit::Yes,
            What::Alias(text) | What::Name(text) | What::Command(text) => fit(text),
        };
        match (found, member.negated) {
            (Fit::No, _) => {}
            (Fit::Unknown, _) => answer = Fit::Unknown,
            (Fit::Yes, true) => return answer,
            (Fit::Yes, false) => return if answer == Fit::No { Fit::Yes } else { answer },
        }
    }
    answer
}

/// `+netgroup`, and `%:group` of a plug-in: nothing here knows who is in them.
pub(super) fn is_foreign(text: &str) -> bool {
    text.starts_with('+') || text.starts_with("%:")
}

pub(super) fn user_fits(text: &str, texts: &BTreeSet<String>) -> Fit {
    if is_foreign(text) {
        Fit::Unknown
    } else if texts.contains(text) {
        Fit::Yes
    } else {
        Fit::No
    }
}

/// Names are compared up to the first dot, unless the rule's has one too. Patterns and networks
/// are not known to fit or not.
pub(super) fn host_fits(text: &str, host: Option<&str>) -> Fit {
    let open = text.starts_with('+')
        || text.contains(['*', '?', '[', ':', '/'])
        || text.parse::<std::net::IpAddr>().is_ok();
    let (Some(host), false) = (host, open) else {
        return Fit::Unknown;
    };
    let short = host.split('.').next().unwrap_or_default();
    let same = [host, short]
        .iter()
        .any(|name| name.eq_ignore_ascii_case(text));
    if same { Fit::Yes } else { Fit::No }
}
