//! What is sent: `prometheus.WriteRequest`, as far as it is needed. The numbers of the fields are the
//! protocol's (https://prometheus.io/docs/specs/prw/remote_write_spec/).

use prost::Message;
use shared::{
    id::HostId,
    metric::{MINUTE_S, Minute, Name},
};

#[derive(Clone, PartialEq, Message)]
pub(super) struct WriteRequest {
    #[prost(message, repeated, tag = "1")]
    pub(super) series: Vec<TimeSeries>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct TimeSeries {
    /// Sorted by name.
    #[prost(message, repeated, tag = "1")]
    pub(super) labels: Vec<Label>,
    #[prost(message, repeated, tag = "2")]
    pub(super) samples: Vec<Sample>,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Label {
    #[prost(string, tag = "1")]
    pub(super) name: String,
    #[prost(string, tag = "2")]
    pub(super) value: String,
}

#[derive(Clone, PartialEq, Message)]
pub(super) struct Sample {
    #[prost(double, tag = "1")]
    pub(super) value: f64,
    /// Milliseconds since the Unix epoch.
    #[prost(int64, tag = "2")]
    pub(super) timestamp: i64,
}

/// A minute as samples: the mean of each series, at the end of the minute, when it was known.
pub(super) fn samples<'a>(
    host: HostId,
    hostname: &'a str,
    minute: &'a Minute<std::sync::Arc<str>>,
) -> impl Iterator<Item = TimeSeries> + 'a {
    let timestamp = (minute.at + 1).saturating_mul(MINUTE_S * 1000);
    let id = host.to_string();
    minute.rows.iter().filter_map(move |(name, reading)| {
        let sample = Sample {
            value: reading.mean.into(),
            timestamp,
        };
        Some(TimeSeries {
            labels: labels(name, hostname, &id)?,
            samples: vec![sample],
        })
    })
}

fn labels(name: &str, hostname: &str, id: &str) -> Option<Vec<Label>> {
    let name = Name::parse(name)?;
    let family = format!("openwatch_{}", name.family.replace('.', "_"));
    let own = [
        ("__name__", family.as_str()),
        ("host", hostname),
        ("host_id", id),
    ];
    // A host that calls a label so would make the whole request one that is refused.
    let theirs = name
        .labels
        .iter()
        .filter(|(label, _)| !["host", "host_id"].contains(label));
    let labels = own.into_iter().chain(theirs.copied());
    let mut labels: Vec<_> = labels
        .map(|(name, value)| Label {
            name: name.to_owned(),
            value: value.to_owned(),
        })
        .collect();
    labels.sort_by(|one, other| one.name.cmp(&other.name));
    Some(labels)
}

#[cfg(test)]
mod tests {
    use shared::metric::Reading;

    use super::*;

    #[test]
    fn a_minute_becomes_its_means_at_its_end_with_sorted_labels() {
        let reading = Reading {
            min: 0.0,
            mean: 2.5,
            max: 9.0,
            last: 1.0,
        };
        let minute = Minute {
            at: 10,
            rows: vec![
                ("cpu.user".into(), reading),
                ("disk.read_bytes{device=sda,host=x}".into(), reading),
            ],
        };
        let host = "00000000-0000-7000-8000-000000000001".parse().unwrap();
        let series: Vec<_> = samples(host, "web-1", &minute).collect();
        let labels = |series: &TimeSeries| {
            let labels = series.labels.iter();
            labels
                .map(|label| format!("{}={}", label.name, label.value))
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(
            labels(&series[0]),
            "__name__=openwatch_cpu_user host=web-1 host_id=00000000-0000-7000-8000-000000000001"
        );
        assert_eq!(
            labels(&series[1]),
            "__name__=openwatch_disk_read_bytes device=sda host=web-1 \
             host_id=00000000-0000-7000-8000-000000000001"
        );
        let sample = Sample {
            value: 2.5,
            timestamp: 11 * 60_000,
        };
        assert_eq!(series[1].samples, [sample]);
    }
}
