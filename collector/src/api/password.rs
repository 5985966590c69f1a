//! Passwords: argon2id, 19 MiB, two passes, one lane, as OWASP has it.
//!
//! A check costs some 20 ms of a core and 19 MiB, so no more run at once than a few; the others
//! wait, and the limit on attempts bounds how many there can be.

use std::sync::Arc;

use argon2::{Argon2, PasswordHasher as _, PasswordVerifier as _};
use tokio::sync::Semaphore;

use crate::{api::error::ApiError, metrics::Metrics};

mod breached;
mod policy;

pub use self::breached::{Breached, BreachedError};

/// Checks that run at the same time.
const AT_ONCE: usize = 4;

/// What a password is checked against when there is no such account, so that the time of the
/// answer does not tell which names exist. Should a password fit it, the answer is still no.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$b3BlbndhdGNoLW5vYm9keQ$\
                      hX2JmQ0M0bE5vYm9keUNhblNpZ25JbldpdGhUaGlzMDA";

/// Hashes and checks passwords.
#[derive(Debug, Clone)]
pub(crate) struct Passwords {
    permits: Arc<Semaphore>,
    breached: Arc<Breached>,
    metrics: Arc<Metrics>,
}

impl Passwords {
    pub(crate) fn new(breached: Arc<Breached>, metrics: Arc<Metrics>) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(AT_ONCE)),
            breached,
            metrics,
        }
    }

    /// The PHC string of a password that is chosen for the account of this name.
    ///
    /// # Errors
    /// [`ApiError::Parameter`] when it may not be chosen.
    pub(crate) async fn choose(
        &self,
        password: String,
        name: &str,
        break_glass: bool,
    ) -> Result<String, ApiError> {
        let least = if break_glass {
            policy::LEAST_BREAK_GLASS
        } else {
            policy::LEAST
        };
        let password = policy::normal(&password);
        policy::check(&password, name, least, &self.breached)
            .map_err(|unfit| ApiError::parameter("password", unfit.to_string()))?;
        self.hash(password).await
    }

    /// The PHC string of a password that was made here.
    pub(crate) async fn hash(&self, password: String) -> Result<String, ApiError> {
        self.run(move || {
            let hash = Argon2::default().hash_password(password.as_bytes());
            hash.map(|hash| hash.to_string())
        })
        .await?
        .map_err(ApiError::Hash)
    }

    /// Whether `password` is the one of `hash`; the same work when there is no hash.
    pub(crate) async fn verify(
        &self,
        password: String,
        hash: Option<String>,
    ) -> Result<bool, ApiError> {
        let checked = self
            .run(move || {
                let known = hash.is_some();
                let password = policy::normal(&password);
                let hash = hash.as_deref().unwrap_or(NOBODY);
                (
                    known,
                    Argon2::default().verify_password(password.as_bytes(), hash),
                )
            })
            .await?;
        match checked {
            (known, Ok(())) => Ok(known),
            (_, Err(argon2::password_hash::Error::PasswordInvalid)) => Ok(false),
            (_, Err(error)) => Err(ApiError::Hash(error)),
        }
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let permits = self.permits.clone();
        let permit = permits.acquire_owned().await.expect("never closed");
        self.metrics.password_hashes.inc();
        let work = move || {
            // Held by the work, not by the request: one that goes away does not stop the work.
            let _permit = permit;
            work()
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(ApiError::Task)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passwords() -> Passwords {
        Passwords::new(Arc::default(), Arc::default())
    }

    #[tokio::test]
    async fn a_password_fits_its_own_hash_and_no_other() {
        let passwords = passwords();
        let hash = passwords.hash("correct horse".into()).await.unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        let fits = |password: &str| passwords.verify(password.into(), Some(hash.clone()));
        assert!(fits("correct horse").await.unwrap());
        assert!(!fits("correct horsf").await.unwrap());
    }

    #[tokio::test]
    async fn nobody_can_sign_in_as_an_unknown_account() {
        assert!(!passwords().verify("anything".into(), None).await.unwrap());
    }

    #[tokio::test]
    async fn a_hash_that_is_none_is_an_error_and_not_a_wrong_password() {
        let checked = passwords().verify("x".into(), Some("plain".into())).await;
        assert!(matches!(checked, Err(ApiError::Hash(_))));
    }
}
