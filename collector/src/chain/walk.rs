//! Each link must give its head and follow from the one before; each seal must be the host's, under
//! a head that is here; and the last head must be the one at which the stream stands.

use std::collections::HashSet;

use rustls_pki_types::CertificateDer;
use shared::{
    chain::{Head, Sort},
    clock::from_micros,
    token::Fingerprint,
    wire::Opening,
};

use super::{Break, HostKey, Kept, KeptLink, KeptSeal, Report};

pub(super) fn walk(kept: &Kept, authority: &CertificateDer<'_>, report: &mut Report) {
    let breaks: Vec<_> = kept
        .seals
        .iter()
        .filter(|seal| seal.replaces.is_some())
        .collect();
    report.breaks = breaks.iter().map(|seal| told(seal)).collect();
    let mut way = Way {
        breaks: &breaks,
        taken: 0,
    };
    // What came before the first link that is kept is not known, and is what that link says.
    let mut before = kept
        .links
        .first()
        .map_or(kept.stand.head, |first| first.previous);
    let mut last: Option<&KeptLink> = None;
    for link in &kept.links {
        let place = || place(link);
        if link.previous != before && !way.leads(before, link.previous) {
            report.fault(
                place(),
                "does not follow from the link before it: one is missing, out of order, or added",
            );
        }
        if last.is_some_and(|last| rises_not(last, link)) {
            report.fault(
                place(),
                "its number is not above that of the link before it",
            );
        }
        if begins_early(last, link) {
            report.fault(place(), "its results begin before it was told");
        }
        if link.previous.with(link.link.hash()) != link.head {
            report.fault(
                place(),
                "its content does not give its hash: it was changed",
            );
        }
        (before, last) = (link.head, Some(link));
    }
    if kept.stand.head != before && !way.leads(before, kept.stand.head) {
        report.fault(
            format!("link {} of epoch {}", kept.stand.seq, kept.stand.epoch.0),
            "is where the stream stands, and is not the last link: the newest are missing",
        );
    }
    let freshness = kept
        .links
        .iter()
        .rev()
        .find_map(|link| match link.link.sort {
            Sort::Fresh => Some(false),
            Sort::Stale => Some(true),
            _ => None,
        });
    if freshness.is_some_and(|stale| stale != kept.stale) {
        report.fault(
            "whether the rules can be decided",
            "is not what the host said last",
        );
    }
    seals(kept, authority, report);
}

/// The breaks, which are taken in their order.
struct Way<'a> {
    breaks: &'a [&'a KeptSeal],
    taken: usize,
}

impl Way<'_> {
    /// Whether the host said that it goes on with the second instead of the first.
    fn leads(&mut self, from: Head, to: Head) -> bool {
        let (mut at, mut next) = (from, self.taken);
        while let Some(seal) = self.breaks.get(next) {
            next += 1;
            if seal.replaces == Some(at) {
                at = Head(seal.seal.head);
                if at == to {
                    self.taken = next;
                    return true;
                }
            }
        }
        false
    }
}

fn rises_not(last: &KeptLink, link: &KeptLink) -> bool {
    last.link.epoch == link.link.epoch && last.link.seq >= link.link.seq
}

/// Whether what it tells begins before both clocks said that it was told. A part of a snapshot
/// begins with the first part, whose time may be another.
fn begins_early(last: Option<&KeptLink>, link: &KeptLink) -> bool {
    let part = last.is_some_and(|last| last.link.sort == Sort::Part);
    let at = from_micros(link.link.at).unwrap_or(link.recorded_at);
    !part && link.valid_from < at.min(link.recorded_at)
}

fn seals(kept: &Kept, authority: &CertificateDer<'_>, report: &mut Report) {
    let first = kept.links.first();
    let mut heads: HashSet<Head> = kept.links.iter().map(|link| link.head).collect();
    heads.extend(first.map(|first| first.previous));
    let mut good = HashSet::new();
    for seal in &kept.seals {
        let place = || {
            format!(
                "seal under link {} of epoch {}",
                seal.seal.seq, seal.seal.epoch.0
            )
        };
        let Some(certificate) = &seal.certificate else {
            report.fault(place(), "its certificate is not there");
            continue;
        };
        let named = Fingerprint::of(certificate);
        match HostKey::vouched(certificate, authority, seal.received_at) {
            Err(error) => {
                report.fault(place(), format!("certificate {named}: {error}"));
                continue;
            }
            Ok(key) if key.host != kept.host => {
                report.fault(place(), format!("certificate {named} is another host's"));
                continue;
            }
            Ok(key) if key.verify(&seal.seal).is_none() => {
                report.fault(place(), "the signature is not the host's");
                continue;
            }
            Ok(_) => {}
        }
        let head = Head(seal.seal.head);
        good.insert(head);
        // Links of before the first that is kept have gone, and their seals may be left.
        let kept_since = first.is_none_or(|first| seal.received_at >= first.recorded_at);
        if seal.replaces.is_none() && kept_since && !heads.contains(&head) {
            report.fault(place(), "the link is not here: it was removed or changed");
        }
    }
    report.sealed = sealed(&kept.links, &good);
}

/// How many links a seal stands for: those behind which one comes in the same chain.
fn sealed(links: &[KeptLink], good: &HashSet<Head>) -> usize {
    let (mut count, mut stands) = (0, false);
    let mut after: Option<Head> = None;
    for link in links.iter().rev() {
        if after.is_some_and(|after| after != link.head) {
            stands = false;
        }
        stands |= good.contains(&link.head);
        count += usize::from(stands);
        after = Some(link.previous);
    }
    count
}

fn place(link: &KeptLink) -> String {
    format!("link {} of epoch {}", link.link.seq, link.link.epoch.0)
}

fn told(seal: &KeptSeal) -> Break {
    let because = match seal.seal.opening {
        Some(Opening::New) => "the host's memory held no chain",
        Some(Opening::Folded) => {
            "the host's outbox was full, and records were folded into a snapshot"
        }
        Some(Opening::Continues) | None => {
            "the host went on from a link that was not the last one here"
        }
    };
    Break {
        at: seal.received_at,
        because,
    }
}
