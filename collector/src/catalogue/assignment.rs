//! What a host is held to, held against the collector's content.

use shared::rule::variable::{self, Values};

use super::{Catalogue, Held};

impl Catalogue {
    /// Refuses profiles that there are not, and values of variables that no rule has or one that has it
    /// does not take. What hosts have may be other content; they say so.
    ///
    /// # Errors
    /// In words, with the key, the value, what it may be, and the mend.
    pub fn admit(&self, profiles: &[String], variables: &Values) -> Result<(), String> {
        for key in profiles {
            if !self.profiles.contains_key(key) {
                let mend = if self.profiles.is_empty() {
                    "this collector has no content (`content.dir`)"
                } else {
                    "GET /api/v1/profiles lists those that there are"
                };
                return Err(format!("there is no profile `{key}`; {mend}"));
            }
        }
        let rules = || self.rules.values().map(|entry| &entry.rule);
        variables
            .iter()
            .try_for_each(|(name, value)| variable::admit(rules(), name, value))
    }

    /// The values with which a profile wants a rule decided on a host for which `set` is set; `None` where there is
    /// no such rule.
    pub fn values_in(&self, held: &Held, rule: &str, set: &Values) -> Option<Values> {
        let entry = self.rules.get(rule)?;
        let setters = [set, &held.profile.variables];
        Some(variable::resolve(&entry.rule, setters))
    }

    /// The values with which the rules of a profile are decided on a host for which `set` is set: by
    /// rule.
    pub fn values_of<'c>(
        &'c self,
        held: &'c Held,
        set: &'c Values,
    ) -> impl Iterator<Item = (&'c str, Values)> {
        let rules = held.rules.iter().filter_map(|id| self.rules.get(id));
        rules.map(move |entry| {
            let setters = [set, &held.profile.variables];
            (
                entry.rule.id.as_str(),
                variable::resolve(&entry.rule, setters),
            )
        })
    }
}
