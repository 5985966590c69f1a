//! A descriptor is handed to tokio, to hear when it is ready: unsafe, because tokio cannot see that it
//! stays open.

use std::{
    io,
    os::fd::{AsFd, OwnedFd},
};

use tokio::io::{Interest, unix::AsyncFd};

/// Hears when `of` is ready for `interest`. The descriptor is duplicated, so that what tokio holds
/// is open for as long as tokio holds it.
///
/// # Errors
/// No descriptor is left, or it is of a sort that cannot be waited for.
#[expect(
    unsafe_code,
    reason = "tokio cannot see that the descriptor stays open"
)]
pub(super) fn ready(of: &impl AsFd, interest: Interest) -> io::Result<AsyncFd<OwnedFd>> {
    let held = of.as_fd().try_clone_to_owned()?;
    // SAFETY: an `OwnedFd` is open until it is dropped, is always the same one, and nobody else
    // has this one.
    unsafe { AsyncFd::register_with_interest(held, interest) }.map_err(io::Error::from)
}
