//! The kernel: its settings, its modules, its command line.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Missing, Presence};
use crate::rule::expect::comparing;

comparing! {
    /// A setting of the kernel. It must hold now and after the next boot.
    ///
    /// Read are `/proc/sys` and the files of sysctl.d(5) in the order in which systemd applies them.
    /// A value that no file sets is gone with the next boot, and fails even if it is right now. A
    /// setting that this kernel does not have is `not_applicable`. Of a tree the files alone decide.
    pub struct Sysctl {
        pub name: String,
        /// Which of the two is asked; both where it is not said.
        pub when: Option<When>,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum When {
    Running,
    Configured,
}

/// A module of the kernel that must not be used: neither loaded, nor loadable.
///
/// Read are `/proc/modules`, the modules of the running kernel and the files of modprobe.d(5). It
/// passes where the kernel has no such module, or where modprobe is told to run a program that does
/// nothing in its place (`install NAME /bin/false`). `blacklist` alone does not pass: it keeps out
/// what a device asks for, and not what is asked for by name.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KernelModule {
    /// With `_` or `-`: they mean the same.
    pub name: String,
}

comparing! {
    /// A word of the kernel's command line.
    ///
    /// Read are `/proc/cmdline`, which the running kernel was started with, and what the next boot
    /// uses: every entry of `/boot/loader/entries` with `$kernelopts` from grubenv, every line
    /// `linux` of a `grub.cfg`, every section of `/etc/zipl.conf` that starts a kernel, and
    /// `/etc/default/grub` and `/etc/kernel/cmdline`, from which the next
    /// update writes them afresh. Each entry that is not as it must be is an offender, rescue entries too: whoever can
    /// choose an entry can choose that one.
    ///
    /// Words are whole: `audit=1` is not met by `audit_backlog_limit=8192`. `-` and `_` in a name
    /// are the same to the kernel, and of a word that stands several times the last counts. What
    /// comes after `--` is not the kernel's.
    ///
    /// A word without `=` has no value; `must` asks for it, or that it is not there. With
    /// comparators the word must be there with a value that they admit.
    ///
    /// Of a tree nothing runs, and its files alone decide. Where nothing is there that boots, as in
    /// a container, what runs decides and the evidence says so; where there is no running kernel to
    /// ask either, `missing` says what that means, by default `not_applicable`.
    pub struct KernelArgument {
        /// Without `=`.
        pub name: String,
        /// `present` or `absent`, whatever the value. Not beside comparators.
        pub must: Option<Presence>,
        /// Which of the two is asked; both where it is not said.
        pub when: Option<When>,
        pub missing: Option<Missing>,
    }
}

/// Whether the kernel is in FIPS mode: `/proc/sys/crypto/fips_enabled` is `1`.
///
/// A kernel without that file cannot be, and fails where it must be. What the next boot will be is a
/// word of its command line: `kernel_argument: {name: fips, is: 1}`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fips {
    pub enabled: bool,
}

/// Whether the firmware started this machine with Secure Boot, by its variable in
/// `/sys/firmware/efi/efivars`.
///
/// A machine that was started without UEFI has no such thing: by default `not_applicable`. One with
/// UEFI and without the variable was started without it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecureBoot {
    pub enabled: bool,
    /// Where there is no UEFI.
    pub missing: Option<Missing>,
}
