//! One module for each sort of question. Each is a function of what is asked and the sources, and
//! says what it read, what must be, and what is.

pub(super) mod accounts;
pub(super) mod apparmor;
pub(super) mod audit_rule;
pub(super) mod crypto_policy;
pub(super) mod expr;
pub(super) mod file;
pub(super) mod find;
pub(super) mod fips;
pub(super) mod firewall;
pub(super) mod kernel_argument;
pub(super) mod kernel_module;
pub(super) mod lines;
pub(super) mod listener;
pub(super) mod mount;
pub(super) mod mounts;
pub(super) mod package;
pub(super) mod pam;
pub(super) mod sca;
pub(super) mod secure_boot;
pub(super) mod selinux;
pub(super) mod set;
pub(super) mod setting;
pub(super) mod sshd;
pub(super) mod sudo;
pub(super) mod sysctl;
pub(super) mod target;
pub(super) mod unit;

/// Small trees for the tests of checks.
#[cfg(test)]
pub(super) mod testing;

use shared::rule::{
    Check,
    check::{AccountMust, Accounts},
    expect::Expect,
    result::Verdict,
    variable::Values,
};

use super::{seen::Seen, source::Sources};

/// What comes of a check that holds no others.
pub(super) fn judge(asked: &Check, values: &Values, sources: &Sources<'_>) -> Seen {
    let expect = match asked.expect().map(|expect| expect.bind(values)).transpose() {
        Ok(expect) => expect.unwrap_or_default(),
        Err(why) => return Seen::verdict(Verdict::Error, "a value", why),
    };
    judge_with(asked, &expect, values, sources)
}

fn judge_with(asked: &Check, expect: &Expect, values: &Values, sources: &Sources<'_>) -> Seen {
    match asked {
        Check::File(asked) => file::judge(asked, values, sources),
        Check::Lines(asked) => lines::judge(asked, expect, sources),
        Check::Setting(asked) => setting::judge(asked, expect, sources),
        Check::Sshd(asked) => sshd::judge(asked, expect, sources),
        Check::Sysctl(asked) => sysctl::judge(asked, expect, sources),
        Check::Package(asked) => package::judge(asked, sources),
        Check::Service(asked) => unit::judge(asked, ".service", sources),
        Check::Socket(asked) => unit::judge(asked, ".socket", sources),
        Check::Timer(asked) => unit::judge(asked, ".timer", sources),
        Check::Mount(asked) => mount::judge(asked, sources),
        Check::Mounts(asked) => mounts::judge(asked, sources),
        Check::KernelModule(asked) => kernel_module::judge(asked, sources),
        Check::Accounts(asked) => match asked {
            Accounts {
                must: AccountMust::Age(age),
                of,
            } => accounts::judge_age(*of, age.field, expect, sources),
            asked => accounts::judge(asked, values, sources),
        },
        Check::AuditRule(asked) => audit_rule::judge(asked, values, sources),
        Check::KernelArgument(asked) => kernel_argument::judge(asked, expect, sources),
        Check::Pam(asked) => pam::judge(asked, expect, sources),
        Check::Sudo(asked) => sudo::judge(asked, expect, sources),
        Check::Apparmor(asked) => apparmor::judge(asked, sources),
        Check::Selinux(asked) => selinux::judge(asked, sources),
        Check::Fips(asked) => fips::judge(asked, sources),
        Check::CryptoPolicy(asked) => crypto_policy::judge(asked, expect, sources),
        Check::SecureBoot(asked) => secure_boot::judge(asked, sources),
        Check::Firewall(asked) => firewall::judge(asked, sources),
        Check::Target(asked) => target::judge(asked, sources),
        Check::Find(asked) => find::judge(asked, values, sources),
        Check::Listener(asked) => listener::judge(asked, values, sources),
        Check::Set(asked) => set::judge(asked, values, sources),
        Check::Expr(asked) => expr::judge(asked, sources),
        Check::All(_)
        | Check::Any(_)
        | Check::Not(_)
        | Check::AtLeast(_)
        | Check::Manual(_)
        | Check::Sca(_) => {
            unreachable!("the tree takes these apart")
        }
    }
}
