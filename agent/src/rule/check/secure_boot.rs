//! `secure_boot`: whether the firmware checked what it started.

use shared::rule::check::{Missing, SecureBoot};

use super::{Seen, Sources};

const FIRMWARE: &str = "/sys/firmware/efi";

/// The variable of the UEFI specification: four bytes of attributes, then one that is 1.
const VARIABLE: &str = "/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";

pub(super) fn judge(asked: &SecureBoot, sources: &Sources<'_>) -> Seen {
    let told = |on: bool| if on { "on" } else { "off" };
    let expected = format!("Secure Boot {}", told(asked.enabled));
    match sources.metadata(FIRMWARE) {
        Ok(_) => {}
        Err(error) if error.is_absent() => {
            let means = asked.missing.unwrap_or(Missing::NotApplicable);
            let actual = "this machine was not started by UEFI";
            return Seen::missing(means, expected, actual).read([FIRMWARE]);
        }
        Err(error) => return Seen::unreadable(&error, expected).read([FIRMWARE]),
    }
    let on = match sources.host().read(VARIABLE, 64) {
        Ok(bytes) => bytes.len() == 5 && bytes[4] == 1,
        Err(error) if error.is_absent() => false,
        Err(error) => return Seen::unreadable(&error, expected).read([VARIABLE]),
    };
    Seen::of(on == asked.enabled, expected, told(on)).read([VARIABLE])
}

#[cfg(test)]
mod tests {
    use super::{
        super::testing::{Verdict::*, is},
        VARIABLE,
    };

    #[test]
    fn the_last_of_five_bytes_says_it() {
        let on = "{secure_boot: {enabled: true}}";
        is(Pass, on, &[(VARIABLE, "\u{6}\0\0\0\u{1}")]);
        is(Fail, on, &[(VARIABLE, "\u{6}\0\0\0\0")]);
        is(Fail, on, &[(VARIABLE, "\u{1}")]);
        is(Fail, on, &[("/sys/firmware/efi/x", "")]);
        is(NotApplicable, on, &[("/etc/passwd", "")]);
        is(
            Fail,
            "{secure_boot: {enabled: true, missing: fail}}",
            &[("/etc/passwd", "")],
        );
        is(Error, on, &[(&format!("{VARIABLE}/folder"), "")]);
    }
}
