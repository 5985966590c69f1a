//! What the process counts about itself, for Prometheus.
//!
//! One value for each server, not for the process: tests run several servers in one.

use std::{fmt::Write as _, sync::atomic::AtomicU64};

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

/// The content type of [`Metrics::render`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Every counter and gauge of one collector.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Records of agents that were stored.
    pub records_applied: Counter,
    /// Records that had been stored before: the agent did not hear the acknowledgement.
    pub records_repeated: Counter,
    /// Transactions that stored records.
    pub batches_committed: Counter,
    /// Kinds whose digest was not what the agent said, so that they were asked for afresh.
    pub digest_mismatches: Counter,
    /// Hosts that enrolled.
    pub enrolments: Counter,
    /// Connections and enrolments that were refused.
    pub refusals: Family<Refusal, Counter>,
    /// Frames that could not be decoded, were too long, or held what does not belong there.
    pub frames_refused: Counter,
    /// Agents that are connected to this process.
    pub agents_connected: Gauge,
    /// Minutes of metrics that were stored.
    pub metric_minutes_stored: Counter,
    /// Minutes of metrics that had been stored before.
    pub metric_minutes_repeated: Counter,
    /// Minutes of metrics that are not stored, and why.
    pub metric_minutes_dropped: Family<Refusal, Counter>,
    /// Samples for the remote-write receiver, and what became of them.
    pub remote_write_samples: Family<Outcome, Counter>,
    /// Requests to the remote-write receiver that failed and were made again.
    pub remote_write_retries: Counter,
    /// Seals of hosts under their results, and what became of them.
    pub result_seals: Family<Outcome, Counter>,
    /// Hosts that were offered another bundle than before, or none any more.
    pub content_offers: Counter,
    /// What happened to rollouts.
    pub rollout_events: Family<Outcome, Counter>,
    /// Questions of hosts for content, and what became of them.
    pub content_fetches: Family<Outcome, Counter>,
    /// Bytes of content that were sent to hosts.
    pub content_bytes_sent: Counter,
    /// Changes that were not written down in the audit log, which is a defect.
    pub audit_unnoted: Counter,
    /// Refusals that were counted in the audit log and not written down one by one.
    pub audit_refusals_folded: Counter,
    /// Answers of expressions of groups, each for one host.
    pub group_answers: Counter,
    /// Of those, the ones that came to nothing.
    pub group_answers_failed: Counter,
    /// Hosts that were looked at after something was written of them.
    pub hosts_derived: Counter,
    /// Checkpoints of the audit log that were signed.
    pub audit_checkpoints: Counter,
    /// Chains of the audit log that are not what was signed.
    pub audit_broken: Gauge,
    /// Until when the certificate that is shown to browsers is good, Unix seconds.
    pub https_certificate_not_after: Gauge,
    /// Answers of the API.
    pub api_requests: Family<StatusClass, Counter>,
    /// Browsers and tools that follow the live feed.
    pub live_followers: Gauge,
    /// How often somebody signed in to an account for emergencies.
    pub break_glass_sign_ins: Counter,
    /// Passwords that were hashed or checked: some 20 ms of a core each.
    pub password_hashes: Counter,
    /// Runs of jobs, and what became of them.
    pub job_runs: Family<Outcome, Counter>,
    /// Notices for channels, and what receivers made of them.
    pub deliveries: Family<Outcome, Counter>,
    /// Jobs that run in this process.
    pub jobs_running: Gauge,
}

/// Why somebody or something was refused.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Refusal {
    /// One of a few constants, never a text from outside: each value is a time series.
    pub reason: &'static str,
}

/// What became of something.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Outcome {
    /// One of a few constants.
    pub result: &'static str,
}

/// The class of a status code.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct StatusClass {
    /// `2xx` to `5xx`.
    pub class: &'static str,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("openwatch"),
            records_applied: Counter::default(),
            records_repeated: Counter::default(),
            batches_committed: Counter::default(),
            digest_mismatches: Counter::default(),
            enrolments: Counter::default(),
            refusals: Family::default(),
            frames_refused: Counter::default(),
            metric_minutes_stored: Counter::default(),
            metric_minutes_repeated: Counter::default(),
            metric_minutes_dropped: Family::default(),
            remote_write_samples: Family::default(),
            remote_write_retries: Counter::default(),
            result_seals: Family::default(),
            content_fetches: Family::default(),
            content_bytes_sent: Counter::default(),
            agents_connected: Gauge::default(),
            content_offers: Counter::default(),
            rollout_events: Family::default(),
            audit_unnoted: Counter::default(),
            audit_refusals_folded: Counter::default(),
            group_answers: Counter::default(),
            group_answers_failed: Counter::default(),
            hosts_derived: Counter::default(),
            audit_checkpoints: Counter::default(),
            audit_broken: Gauge::default(),
            https_certificate_not_after: Gauge::default(),
            api_requests: Family::default(),
            live_followers: Gauge::default(),
            break_glass_sign_ins: Counter::default(),
            password_hashes: Counter::default(),
            job_runs: Family::default(),
            deliveries: Family::default(),
            jobs_running: Gauge::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let registry = &mut self.registry;
        let counters: [(&str, &str, &Counter<u64, AtomicU64>); 17] = [
            (
                "records_applied",
                "Records of agents that were stored",
                &self.records_applied,
            ),
            (
                "records_repeated",
                "Records that had been stored before",
                &self.records_repeated,
            ),
            (
                "batches_committed",
                "Transactions that stored records",
                &self.batches_committed,
            ),
            (
                "digest_mismatches",
                "Kinds that were asked for afresh",
                &self.digest_mismatches,
            ),
            ("enrolments", "Hosts that enrolled", &self.enrolments),
            (
                "frames_refused",
                "Frames that were malformed, too long or out of place",
                &self.frames_refused,
            ),
            (
                "metric_minutes_stored",
                "Minutes of hosts' metrics that were stored",
                &self.metric_minutes_stored,
            ),
            (
                "metric_minutes_repeated",
                "Minutes of hosts' metrics that had been stored before",
                &self.metric_minutes_repeated,
            ),
            (
                "content_offers",
                "Hosts that were offered another bundle, or none any more",
                &self.content_offers,
            ),
            (
                "group_answers",
                "Answers of expressions of groups, each for one host",
                &self.group_answers,
            ),
            (
                "group_answers_failed",
                "Answers of expressions of groups that came to nothing",
                &self.group_answers_failed,
            ),
            (
                "hosts_derived",
                "Hosts that were looked at after something was written of them",
                &self.hosts_derived,
            ),
            (
                "remote_write_retries",
                "Requests to the remote-write receiver that failed and were made again",
                &self.remote_write_retries,
            ),
            (
                "audit_checkpoints",
                "Checkpoints of the audit log that were signed",
                &self.audit_checkpoints,
            ),
            (
                "audit_unnoted",
                "Changes that were not written down, which is a defect",
                &self.audit_unnoted,
            ),
            (
                "audit_refusals_folded",
                "Refusals that were counted and not written down one by one",
                &self.audit_refusals_folded,
            ),
            (
                "content_bytes_sent",
                "Bytes of content that were sent to hosts",
                &self.content_bytes_sent,
            ),
        ];
        for (name, help, counter) in counters {
            registry.register(name, help, counter.clone());
        }
        registry.register(
            "refusals",
            "Agents that were refused",
            self.refusals.clone(),
        );
        registry.register(
            "metric_minutes_dropped",
            "Minutes of hosts' metrics that were not stored",
            self.metric_minutes_dropped.clone(),
        );
        registry.register(
            "remote_write_samples",
            "Samples for the remote-write receiver",
            self.remote_write_samples.clone(),
        );
        registry.register(
            "result_seals",
            "Seals of hosts under their results",
            self.result_seals.clone(),
        );
        registry.register(
            "rollout_events",
            "What happened to rollouts",
            self.rollout_events.clone(),
        );
        registry.register(
            "content_fetches",
            "Questions of hosts for content",
            self.content_fetches.clone(),
        );
        registry.register(
            "api_requests",
            "Answers of the API",
            self.api_requests.clone(),
        );
        registry.register(
            "break_glass_sign_ins",
            "Sign-ins to an account for emergencies",
            self.break_glass_sign_ins.clone(),
        );
        registry.register(
            "password_hashes",
            "Passwords that were hashed or checked",
            self.password_hashes.clone(),
        );
        registry.register("job_runs", "Runs of jobs", self.job_runs.clone());
        registry.register(
            "deliveries",
            "Attempts to deliver a notice",
            self.deliveries.clone(),
        );
        let running = self.jobs_running.clone();
        registry.register("jobs_running", "Jobs that run", running);
        let connected = self.agents_connected.clone();
        registry.register("agents_connected", "Agents that are connected", connected);
        let broken = self.audit_broken.clone();
        registry.register(
            "audit_broken",
            "Chains of the audit log that are not what was signed",
            broken,
        );
        let until = self.https_certificate_not_after.clone();
        registry.register(
            "https_certificate_not_after_timestamp_seconds",
            "Until when the certificate that is shown to browsers is good",
            until,
        );
        let followers = self.live_followers.clone();
        registry.register("live_followers", "Followers of the live feed", followers);
    }

    /// Counts a refusal.
    pub fn refused(&self, reason: &'static str) {
        self.refusals.get_or_create(&Refusal { reason }).inc();
    }

    /// Counts minutes of metrics that are not stored.
    pub fn minutes_dropped(&self, reason: &'static str, minutes: u64) {
        if minutes > 0 {
            let dropped = &self.metric_minutes_dropped;
            dropped.get_or_create(&Refusal { reason }).inc_by(minutes);
        }
    }

    /// Counts samples for the remote-write receiver.
    pub fn remote_samples(&self, result: &'static str, samples: u64) {
        let counter = self.remote_write_samples.get_or_create(&Outcome { result });
        counter.inc_by(samples);
    }

    /// Counts a seal under results.
    pub fn sealed(&self, result: &'static str) {
        self.result_seals.get_or_create(&Outcome { result }).inc();
    }

    /// Counts what happened to a rollout: one of a few words.
    pub fn rollout_event(&self, result: &'static str) {
        self.rollout_events.get_or_create(&Outcome { result }).inc();
    }

    /// Counts a question of a host for content.
    pub fn fetched(&self, result: &'static str) {
        self.content_fetches
            .get_or_create(&Outcome { result })
            .inc();
    }

    /// Counts a run of a job: one of a few words.
    pub fn job_ended(&self, result: &'static str) {
        self.job_runs.get_or_create(&Outcome { result }).inc();
    }

    /// Counts an attempt to deliver a notice: one of a few words.
    pub fn delivery(&self, result: &'static str) {
        self.deliveries.get_or_create(&Outcome { result }).inc();
    }

    /// All values, in the OpenMetrics text format, which Prometheus reads.
    pub fn render(&self) -> String {
        let mut text = String::new();
        if encode(&mut text, &self.registry).is_err() {
            // A `String` takes whatever is written to it; say so rather than nothing.
            text.clear();
            let _ = writeln!(text, "# the metrics could not be written\n# EOF");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_is_rendered_with_its_labels() {
        let metrics = Metrics::default();
        metrics.records_applied.inc_by(3);
        metrics.refused("revoked");
        metrics.agents_connected.set(2);
        let text = metrics.render();
        for line in [
            "openwatch_records_applied_total 3",
            "openwatch_refusals_total{reason=\"revoked\"} 1",
            "openwatch_agents_connected 2",
        ] {
            assert!(
                text.lines().any(|have| have == line),
                "{line} not in:\n{text}"
            );
        }
    }

    #[test]
    fn two_servers_in_one_process_count_for_themselves() {
        let (one, other) = (Metrics::default(), Metrics::default());
        one.enrolments.inc();
        assert_eq!(other.enrolments.get(), 0);
    }
}
