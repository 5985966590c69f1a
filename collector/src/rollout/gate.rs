//! Whether a ring does well.

use std::fmt;

use super::{Gates, Ring, Tally};

/// What can be too much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    Refused,
    Returned,
    Errors,
    Cpu,
    Swing,
}

/// What was too much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    pub gate: Gate,
    /// For people.
    pub detail: String,
}

impl fmt::Display for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl Gates {
    /// What is too much in a ring, the worst first.
    pub fn judge(&self, tally: &Tally) -> Option<Alarm> {
        self.answers(tally).or_else(|| self.trials(tally))
    }

    /// Whether enough of a ring have taken the bundle. One without hosts that could has.
    pub fn settled(&self, ring: &Ring, tally: &Tally) -> bool {
        let able = tally.able();
        let took = tally.in_force;
        tally.answered() >= self.least_hosts.min(able)
            && u64::from(took) * 100 >= u64::from(able) * u64::from(ring.took_percent)
    }

    fn answers(&self, tally: &Tally) -> Option<Alarm> {
        let (able, answered) = (tally.able(), tally.answered());
        let of = answered.max(able.min(self.least_hosts.max(able / 10)));
        let over = |count: u32, most: u8| u64::from(count) * 100 > u64::from(of) * u64::from(most);
        if over(tally.returned, self.returned_percent) {
            let detail = format!(
                "{} of {answered} hosts that answered went back to what they had; at most {} % may",
                tally.returned, self.returned_percent
            );
            let gate = Gate::Returned;
            return Some(Alarm { gate, detail });
        }
        if over(tally.refused, self.refused_percent) {
            let reasons = tally.reasons.iter();
            let reasons: Vec<_> = reasons.map(|(why, n)| format!("{why}: {n}")).collect();
            let detail = format!(
                "{} of {answered} hosts that answered refuse it ({}); at most {} % may",
                tally.refused,
                reasons.join(", "),
                self.refused_percent
            );
            let gate = Gate::Refused;
            return Some(Alarm { gate, detail });
        }
        None
    }

    /// A few trials say little of the mean.
    fn trials(&self, tally: &Tally) -> Option<Alarm> {
        let found = tally.trials;
        if found.trials == 0 || found.trials < self.least_hosts.min(tally.able()) {
            return None;
        }
        let over = |count: u64, most: u8| count * 100 > found.results * u64::from(most);
        let (results, hosts) = (found.results, found.trials);
        let errors = u64::try_from(found.errors_more).unwrap_or(0);
        if over(errors, self.errors_percent) {
            let detail = format!(
                "{errors} more of {results} results on {hosts} hosts are errors; at most {} % may be",
                self.errors_percent
            );
            let gate = Gate::Errors;
            return Some(Alarm { gate, detail });
        }
        let cpu_ms = found.cpu_ms / u64::from(hosts);
        if cpu_ms > u64::from(self.cpu_ms) {
            let detail = format!(
                "deciding every rule takes {cpu_ms} ms on the mean of {hosts} hosts; at most {} ms may \
                 it",
                self.cpu_ms
            );
            let gate = Gate::Cpu;
            return Some(Alarm { gate, detail });
        }
        if over(found.turning, self.swing_percent) {
            let detail = format!(
                "{} of {results} results on {hosts} hosts turn; at most {} % may",
                found.turning, self.swing_percent
            );
            let gate = Gate::Swing;
            return Some(Alarm { gate, detail });
        }
        None
    }
}
