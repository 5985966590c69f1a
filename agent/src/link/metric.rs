//! Metrics within a session: one message under way at a time, sent again when its acknowledgement
//! does not come, because the collector was too busy to keep it.

use std::time::Duration;

use shared::{
    metric::Encoder,
    wire::{METRICS_SINCE, Metrics},
};
use tokio::time::Instant;

use crate::metric::{Lane, Released};

/// How long an acknowledgement may take. The collector drops what it has no room for, and a minute
/// later it has.
const PATIENCE: Duration = Duration::from_secs(60);

/// What of the lane is under way in one session.
#[derive(Debug)]
pub(super) struct Outgoing {
    /// `None`: the collector does not know metrics.
    encoder: Option<Encoder>,
    under_way: Option<UnderWay>,
}

#[derive(Debug)]
struct UnderWay {
    number: u64,
    sent: Released,
    until: Instant,
}

impl Outgoing {
    /// For a session in which version `protocol` is spoken.
    pub(super) fn new(protocol: u16) -> Self {
        Self {
            encoder: (protocol >= METRICS_SINCE).then(Encoder::default),
            under_way: None,
        }
    }

    /// Until when the acknowledgement is waited for; `None` when nothing is under way.
    pub(super) fn patience(&self) -> Option<Instant> {
        self.under_way.as_ref().map(|under_way| under_way.until)
    }

    /// What to send now, if anything.
    pub(super) fn next(&mut self, lane: &Lane, now: Instant) -> Option<Metrics> {
        let encoder = self.encoder.as_mut()?;
        if self.under_way.as_ref().is_some_and(|sent| now < sent.until) {
            return None;
        }
        let sent = lane.next()?;
        let minutes = sent.minutes.iter().map(AsRef::as_ref);
        let message = encoder.message(minutes, sent.dropped);
        self.under_way = Some(UnderWay {
            number: message.number,
            sent,
            until: now + PATIENCE,
        });
        Some(message)
    }

    /// The collector has kept message `number`. One that was given up meanwhile is kept with the
    /// message that repeats it.
    pub(super) fn acknowledged(&mut self, number: u64, lane: &Lane) {
        if let Some(done) = self.under_way.take_if(|sent| sent.number == number) {
            lane.acknowledge(&done.sent);
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::metric::{Minute, Reading};

    use super::*;

    fn lane() -> Lane {
        let lane = Lane::new(10);
        add(&lane, 1);
        lane
    }

    fn add(lane: &Lane, at: i64) {
        let rows = vec![("a".into(), Reading::steady(1.0))];
        lane.push(Minute { at, rows });
        lane.release();
    }

    #[test]
    fn a_collector_that_does_not_know_metrics_is_sent_none() {
        let now = Instant::now();
        assert!(Outgoing::new(1).next(&lane(), now).is_none());
        assert!(Outgoing::new(2).next(&lane(), now).is_some());
    }

    #[test]
    fn one_message_is_under_way_and_is_sent_again_when_it_is_not_acknowledged() {
        let (lane, now) = (lane(), Instant::now());
        let mut outgoing = Outgoing::new(2);
        let first = outgoing.next(&lane, now).unwrap();
        assert_eq!((first.number, &first.minutes[..]), (1, &[1][..]));
        add(&lane, 2);
        assert!(outgoing.next(&lane, now).is_none(), "one at a time");

        let again = outgoing.next(&lane, now + PATIENCE).unwrap();
        assert_eq!((again.number, &again.minutes[..]), (2, &[1, 2][..]));
        assert!(again.names.is_empty(), "the session knows the name");
        outgoing.acknowledged(1, &lane);
        assert!(outgoing.patience().is_some(), "too late for the first");
        outgoing.acknowledged(2, &lane);
        assert!(outgoing.patience().is_none() && lane.next().is_none());
    }
}
