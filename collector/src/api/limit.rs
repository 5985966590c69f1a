//! How often somebody may ask: who has shown who they are for their account or token, everybody else for their
//! address. Kept in memory, by each collector for itself.
//!
//! Each has a bucket that holds `burst` requests and fills with `per_minute`. An address is counted before the
//! database is asked anything, so that whoever shows what is not good costs it nothing; what was found good a
//! short while ago is not counted for the address, so that nobody is shut out by others who share it.

use std::{net::IpAddr, num::NonZeroU32, sync::Arc, time::Duration};

use axum::{
    extract::{MatchedPath, Request},
    http::{Extensions, HeaderValue},
    middleware::Next,
    response::{IntoResponse, Response},
};
use governor::{
    Quota, RateLimiter,
    clock::Clock,
    middleware::StateInformationMiddleware,
    state::{InMemoryState, NotKeyed},
};
use moka::{policy::EvictionPolicy, sync::Cache};
use tokio::time::Instant;
use utoipa::openapi::path::Operation;

use crate::api::{
    attempt::network,
    document::may_answer,
    error::ApiError,
    identity::{Identity, LocalAdministrator, Proof},
    trail,
};

/// The answer to those who ask too often, as the document calls it.
pub(crate) const RATE_LIMITED: &str = "RateLimited";
/// Accounts, tokens and addresses of which it is known how often they asked, and proofs that were good. What
/// was not asked for the longest makes room, and begins anew.
const REMEMBERED: u64 = 10_000;
/// For so long what was found good is not counted for its address.
const GOOD: Duration = Duration::from_secs(3600);

/// How often one may ask.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// 0: as often as one likes.
    pub per_minute: u32,
    /// So many at once, 1 or more.
    pub burst: u32,
}

/// How often everybody has asked. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Limits(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    identity: Option<Policy>,
    address: Option<Policy>,
    /// Proofs that were found good.
    good: Cache<[u8; 32], ()>,
}

impl Limits {
    /// Nobody has asked yet.
    pub fn new(identity: Rate, address: Rate) -> Self {
        Self(Arc::new(Inner {
            identity: Policy::new("identity", identity),
            address: Policy::new("address", address),
            good: Cache::builder()
                .max_capacity(REMEMBERED)
                .time_to_live(GOOD)
                .build(),
        }))
    }
}

type Bucket = RateLimiter<NotKeyed, InMemoryState, Monotonic, StateInformationMiddleware>;

/// A limit, and the bucket of each to whom it applies.
#[derive(Debug)]
struct Policy {
    name: &'static str,
    quota: Quota,
    clock: Monotonic,
    buckets: Cache<String, Arc<Bucket>>,
}

impl Policy {
    fn new(name: &'static str, rate: Rate) -> Option<Self> {
        let burst = NonZeroU32::new(rate.burst).unwrap_or(NonZeroU32::MIN);
        Some(Self {
            name,
            quota: Quota::per_minute(NonZeroU32::new(rate.per_minute)?).allow_burst(burst),
            clock: Monotonic(Instant::now()),
            buckets: Cache::builder()
                .max_capacity(REMEMBERED)
                .eviction_policy(EvictionPolicy::lru())
                .build(),
        })
    }

    /// Counts one request.
    fn take(&self, whose: &str) -> Share {
        let bucket = self.buckets.get_with_by_ref(whose, || {
            let bucket = RateLimiter::direct_with_clock(self.quota, self.clock.clone());
            Arc::new(bucket.with_middleware::<StateInformationMiddleware>())
        });
        let (left, wait) = match bucket.check() {
            Ok(state) => (state.remaining_burst_capacity(), None),
            Err(until) => (0, Some(until.wait_time_from(self.clock.now()))),
        };
        let gone = self.quota.burst_size().get() - left - u32::from(wait.is_some());
        Share {
            policy: self.name,
            quota: self.quota,
            left,
            full: wait.unwrap_or_default() + self.quota.replenish_interval() * gone,
            wait,
        }
    }
}

/// What a request has left of its bucket.
#[derive(Debug, Clone, Copy)]
struct Share {
    policy: &'static str,
    quota: Quota,
    left: u32,
    /// Until the bucket is full again.
    full: Duration,
    /// Until there is a place for the next one, when there was none for this.
    wait: Option<Duration>,
}

impl Share {
    /// The two headers of the draft on RateLimit header fields: the bucket, and what is left of it.
    fn headers(&self) -> [(&'static str, String); 2] {
        let (name, burst) = (self.policy, self.quota.burst_size());
        let window = seconds(self.quota.burst_size_replenished_in());
        let (left, full) = (self.left, seconds(self.full));
        [
            (
                "ratelimit-policy",
                format!("\"{name}\";q={burst};w={window}"),
            ),
            ("ratelimit", format!("\"{name}\";r={left};t={full}")),
        ]
    }
}

/// Whole seconds: whoever waits so long is not too early.
fn seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

/// For what one request counts.
#[derive(Debug)]
pub(crate) struct Tally {
    /// `None` when nothing counts: on the local socket.
    limits: Option<Limits>,
    address: Option<IpAddr>,
    shares: Vec<Share>,
}

impl Tally {
    pub(crate) fn of(extensions: &Extensions) -> Self {
        let local = extensions.get::<LocalAdministrator>().is_some();
        let limits = extensions.get::<Limits>().filter(|_| !local);
        Self {
            limits: limits.cloned(),
            address: trail::address(extensions),
            shares: Vec::new(),
        }
    }

    /// Counts a request for its address that shows nothing by which its sender is known.
    ///
    /// # Errors
    /// [`ApiError::RateLimited`].
    pub(crate) fn stranger(&mut self) -> Result<(), ApiError> {
        let Some(limits) = self.limits.clone() else {
            return Ok(());
        };
        match (&limits.0.address, self.address) {
            (Some(policy), Some(address)) => self.add(policy.take(&network(address).to_string())),
            _ => Ok(()),
        }
    }

    /// What a request shows, before it is looked up.
    ///
    /// # Errors
    /// [`ApiError::RateLimited`], and why it shows nothing.
    pub(crate) fn shows(&mut self, shown: Result<Proof, ApiError>) -> Result<Proof, ApiError> {
        let secret = shown.as_ref().ok().and_then(Proof::hash);
        let good = match (&self.limits, secret) {
            (Some(limits), Some(hash)) => limits.0.good.contains_key(hash),
            _ => false,
        };
        if !good {
            self.stranger()?;
        }
        shown
    }

    /// Counts a request for who was found to have sent it.
    ///
    /// # Errors
    /// [`ApiError::RateLimited`].
    pub(crate) fn found(
        &mut self,
        proof: &Proof,
        found: &Result<Identity, ApiError>,
    ) -> Result<(), ApiError> {
        let (Some(limits), Some(hash)) = (self.limits.clone(), proof.hash()) else {
            return Ok(());
        };
        match found {
            Ok(identity) => {
                limits.0.good.insert(*hash, ());
                match &limits.0.identity {
                    Some(policy) => self.add(policy.take(&identity.actor())),
                    None => Ok(()),
                }
            }
            Err(ApiError::Unauthenticated) => {
                limits.0.good.invalidate(hash);
                Ok(())
            }
            Err(_) => Ok(()),
        }
    }

    fn add(&mut self, share: Share) -> Result<(), ApiError> {
        self.shares.push(share);
        match share.wait {
            None => Ok(()),
            Some(wait) => Err(ApiError::RateLimited {
                retry_after_s: seconds(wait),
            }),
        }
    }

    /// The answer, with what is left.
    pub(crate) fn tell(self, mut answer: Response) -> Response {
        for (name, value) in self.shares.iter().flat_map(Share::headers) {
            let value = HeaderValue::try_from(value).expect("digits and a word");
            answer.headers_mut().append(name, value);
        }
        answer
    }
}

/// Around routes for anybody: those of the API count for the address. How the collector is, others ask for
/// all who share an address.
pub(crate) async fn strangers(request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>();
    if !path.is_some_and(|path| path.as_str().starts_with("/api/")) {
        return next.run(request).await;
    }
    let mut tally = Tally::of(request.extensions());
    let answer = match tally.stranger() {
        Ok(()) => next.run(request).await,
        Err(refusal) => refusal.into_response(),
    };
    tally.tell(answer)
}

/// Says of an operation that it can be asked too often.
pub(crate) fn document(operation: &mut Operation) {
    may_answer(operation, "429", RATE_LIMITED, "`rate_limited`");
}

/// A clock that nobody sets.
#[derive(Debug, Clone)]
struct Monotonic(Instant);

impl Clock for Monotonic {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(per_minute: u32, burst: u32) -> Policy {
        Policy::new("address", Rate { per_minute, burst }).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_bucket_is_emptied_one_by_one_and_fills_again() {
        let policy = policy(6, 3);
        let left: Vec<_> = (0..3).map(|_| policy.take("a").left).collect();
        assert_eq!(left, [2, 1, 0]);
        tokio::time::advance(Duration::from_millis(500)).await;
        let refused = policy.take("a");
        assert_eq!(refused.wait, Some(Duration::from_millis(9_500)));
        assert_eq!(
            seconds(refused.full),
            30,
            "9.5 s, and 10 s for each of two more"
        );
        assert!(policy.take("b").wait.is_none());
        tokio::time::advance(Duration::from_millis(9_500)).await;
        assert!(policy.take("a").wait.is_none());
        assert!(policy.take("a").wait.is_some());
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(policy.take("a").left, 2);
    }

    #[tokio::test(start_paused = true)]
    async fn the_headers_say_what_is_so() {
        let share = policy(6, 3).take("a");
        let [policy, left] = share.headers();
        assert_eq!(policy.1, "\"address\";q=3;w=30");
        assert_eq!(left.1, "\"address\";r=2;t=10");
    }

    #[test]
    fn no_more_are_remembered_than_fit() {
        let policy = policy(1, 1);
        for n in 0..REMEMBERED * 2 {
            policy.take(&n.to_string());
        }
        policy.buckets.run_pending_tasks();
        assert!(policy.buckets.entry_count() <= REMEMBERED);
    }

    #[test]
    fn zero_is_no_limit() {
        let rate = Rate {
            per_minute: 0,
            burst: 1,
        };
        assert!(Policy::new("address", rate).is_none());
    }
}
