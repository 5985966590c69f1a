//! `fips`: whether the kernel is in FIPS mode.

use shared::rule::{check::Fips, result::Verdict};

use super::{Seen, Sources};

const FILE: &str = "/proc/sys/crypto/fips_enabled";

pub(super) fn judge(asked: &Fips, sources: &Sources<'_>) -> Seen {
    let told = |on: bool| if on { "on" } else { "off" };
    let expected = format!("FIPS mode {}", told(asked.enabled));
    let on = match sources.text(FILE).as_ref() {
        Ok(text) => text.trim() == "1",
        Err(error) if error.is_absent() && !sources.host().is_live() => {
            let why = "whether it is on can be asked of the running machine alone";
            return Seen::verdict(Verdict::NotAssessable, expected, why).read([FILE]);
        }
        Err(error) if error.is_absent() => false,
        Err(error) => return Seen::unreadable(error, expected).read([FILE]),
    };
    Seen::of(on == asked.enabled, expected, told(on)).read([FILE])
}

#[cfg(test)]
mod tests {
    use super::{
        super::testing::{Verdict::*, is},
        FILE,
    };

    #[test]
    fn the_kernel_says_whether_it_is_on() {
        let on = "{fips: {enabled: true}}";
        is(Pass, on, &[(FILE, "1\n")]);
        is(Fail, on, &[(FILE, "0\n")]);
        is(Fail, on, &[(FILE, "11\n")]);
        is(Pass, "{fips: {enabled: false}}", &[(FILE, "0\n")]);
        is(NotAssessable, on, &[("/etc/passwd", "")]);
        is(Error, on, &[("/proc/sys/crypto/fips_enabled/folder", "")]);
    }
}
