//! How the C library gives memory out and takes it back.

#[cfg(target_env = "gnu")]
use nix::libc;

/// Up to this a block may stay with the process when it is free, bytes: glibc's first setting.
#[cfg(target_env = "gnu")]
const KEPT: libc::c_int = 128 * 1024;

/// Gives memory out from one place, and gives back to the system what is free. By itself glibc has
/// a place for each thread, and keeps in each what the largest reading there took: on a crowded
/// host that is more than the agent's ceiling. Called before there is another thread.
///
/// Another C library has nothing to set.
#[cfg_attr(
    target_env = "gnu",
    expect(unsafe_code, reason = "a function of the C library")
)]
pub(super) fn settle() {
    #[cfg(target_env = "gnu")]
    for (setting, value) in [
        (libc::M_ARENA_MAX, 1),
        (libc::M_MMAP_THRESHOLD, KEPT),
        (libc::M_TRIM_THRESHOLD, KEPT),
    ] {
        // SAFETY: mallopt(3) takes two numbers and keeps them; one that it does not know it refuses.
        unsafe { libc::mallopt(setting, value) };
    }
}
