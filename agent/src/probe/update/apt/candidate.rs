//! Which version of a package apt would take: the one of highest priority, and of those the newest;
//! none that is older than the installed one, unless its priority is 1000 or more, and then it is
//! no update. Pure.

use std::cmp::Ordering;

use shared::version::dpkg as version;

/// The priority of what is installed.
const INSTALLED: i32 = 100;

/// Most versions of one package that are weighed. Repositories that keep all their old versions
/// have hundreds, and the newest matter.
const MAX_OFFERS: usize = 32;

/// A version that a list has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Offer {
    pub(super) version: String,
    pub(super) priority: i32,
    /// Whether a preference for this package says so: that goes before all places' priorities.
    pub(super) pinned: bool,
    /// Which repository has it.
    pub(super) origin: Option<usize>,
    pub(super) security: bool,
    /// Percent of machines.
    pub(super) phased: Option<u8>,
}

/// An installed package with what is offered for it.
#[derive(Debug, Clone)]
pub(super) struct Installed {
    pub(super) version: String,
    pub(super) architecture: String,
    pub(super) held: bool,
    /// Of the installed version.
    priority: i32,
    /// Newer versions, each once.
    offers: Vec<Offer>,
}

impl Installed {
    pub(super) fn new(version: &str, architecture: &str, held: bool) -> Self {
        Self {
            version: version.to_owned(),
            architecture: architecture.to_owned(),
            held,
            priority: INSTALLED,
            offers: Vec::new(),
        }
    }

    /// Takes a version of a list into account. Versions older than the installed one cannot be
    /// updates.
    pub(super) fn offer(&mut self, offer: Offer) {
        match version::compare(&offer.version, &self.version) {
            Ordering::Less => {}
            Ordering::Equal if offer.pinned => self.priority = offer.priority,
            Ordering::Equal => self.priority = self.priority.max(offer.priority),
            Ordering::Greater => self.add(offer),
        }
    }

    fn add(&mut self, offer: Offer) {
        let same = self
            .offers
            .iter_mut()
            .find(|known| known.version == offer.version);
        if let Some(known) = same {
            // The first place keeps the name, unless another one has more to say.
            known.security |= offer.security;
            if offer.pinned && !known.pinned
                || offer.pinned == known.pinned && offer.priority > known.priority
            {
                let security = known.security;
                *known = Offer { security, ..offer };
            }
            return;
        }
        if self.offers.len() == MAX_OFFERS {
            let oldest = (0..MAX_OFFERS).min_by(|a, b| {
                version::compare(&self.offers[*a].version, &self.offers[*b].version)
            });
            if let Some(oldest) = oldest {
                self.offers.swap_remove(oldest);
            }
        }
        self.offers.push(offer);
    }

    /// The update, if there is one, and whether something on the way to it mends a vulnerability.
    pub(super) fn candidate(&self) -> Option<(&Offer, bool)> {
        let best = self
            .offers
            .iter()
            .filter(|offer| offer.priority > 0)
            .max_by(|a, b| {
                let order = a.priority.cmp(&b.priority);
                order.then_with(|| version::compare(&a.version, &b.version))
            })?;
        // Of the same priority, the newer one, which all offers are.
        if best.priority < self.priority {
            return None;
        }
        let security = self.offers.iter().any(|offer| {
            let on_the_way = version::compare(&offer.version, &best.version).is_le();
            offer.security && offer.priority > 0 && on_the_way
        });
        Some((best, security))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(version: &str, priority: i32) -> Offer {
        Offer {
            version: version.into(),
            priority,
            pinned: false,
            origin: None,
            security: false,
            phased: None,
        }
    }

    fn candidate(offers: &[Offer]) -> Option<(String, bool)> {
        let mut installed = Installed::new("2.0", "amd64", false);
        offers
            .iter()
            .cloned()
            .for_each(|offer| installed.offer(offer));
        let (offer, security) = installed.candidate()?;
        Some((offer.version.clone(), security))
    }

    fn version(offers: &[Offer]) -> Option<String> {
        candidate(offers).map(|(version, _)| version)
    }

    #[test]
    fn the_highest_priority_wins_and_then_the_newest() {
        let (a, b, backport) = (offer("2.1", 500), offer("2.2", 500), offer("3.0", 100));
        assert_eq!(
            version(&[a.clone(), b.clone(), backport.clone()]).unwrap(),
            "2.2"
        );
        // From backports only what is installed from there is upgraded.
        assert_eq!(version(&[offer("2.0", 500), backport.clone()]), None);
        assert_eq!(
            version(&[offer("2.0", 100), backport.clone()]).unwrap(),
            "3.0"
        );
        assert_eq!(version(&[backport]).unwrap(), "3.0");
    }

    #[test]
    fn what_is_older_or_ruled_out_is_no_update() {
        assert_eq!(version(&[offer("1.9", 500), offer("1.0", 1001)]), None);
        assert_eq!(version(&[offer("2.1", -1), offer("2.2", 0)]), None);
        assert_eq!(version(&[offer("2.1", 1), offer("3", 99)]), None);
    }

    #[test]
    fn a_preference_for_a_version_goes_before_its_places() {
        let pinned = Offer {
            pinned: true,
            ..offer("2.1", -5)
        };
        assert_eq!(version(&[offer("2.1", 500), pinned.clone()]), None);
        assert_eq!(version(&[pinned, offer("2.1", 500)]), None);
    }

    #[test]
    fn a_security_fix_on_the_way_makes_the_update_one() {
        let fix = Offer {
            security: true,
            ..offer("2.1", 500)
        };
        assert_eq!(
            candidate(&[fix.clone(), offer("2.2", 500)]),
            Some(("2.2".into(), true))
        );
        let later = Offer {
            version: "9".into(),
            priority: 1,
            ..fix
        };
        assert_eq!(
            candidate(&[later, offer("2.2", 500)]),
            Some(("2.2".into(), false))
        );
    }

    #[test]
    fn of_hundreds_of_versions_the_newest_are_kept() {
        let offers: Vec<_> = (1..500).map(|n| offer(&format!("2.{n}"), 500)).collect();
        assert_eq!(version(&offers).unwrap(), "2.499");
    }
}
