//! Codes of an authenticator app: RFC 6238, six digits, 30 s, SHA-1, which is what every app knows.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use qrcodegen::{QrCode, QrCodeEcc};
use totp_rs::{Builder, TotpError};

/// What the app shows beside the account's name.
const ISSUER: &str = "OpenWatch";
/// Length of a secret, bytes: that of the hash, as RFC 4226 has it.
pub const SECRET: usize = 20;

/// An account's secret, shared with its owner's app.
#[derive(Debug)]
pub struct Totp(totp_rs::Totp);

impl Totp {
    /// The secret of the account of this name.
    ///
    /// # Errors
    /// When the secret is too short, or the name has a colon.
    pub fn new(account: &str, secret: &[u8]) -> Result<Self, TotpError> {
        let totp = Builder::new()
            .with_secret(secret)
            .with_account_name(account)
            .with_issuer(Some(ISSUER));
        totp.build().map(Self)
    }

    /// The secret as it is typed where nothing can be scanned.
    pub fn base32(&self) -> String {
        self.0.secret().to_base32()
    }

    /// What an app scans: `otpauth://totp/…`.
    ///
    /// # Errors
    /// totp-rs', for a name that [`Totp::new`] refuses.
    pub fn uri(&self) -> Result<String, TotpError> {
        self.0.to_url()
    }

    /// The step whose code this is, of the present one, the one before and the one after: clocks differ.
    /// Each is good once, which is the caller's to see to.
    pub fn step(&self, code: &str, at: DateTime<Utc>) -> Option<i64> {
        let at = u64::try_from(at.timestamp()).ok()?;
        let step = self.0.check(code, at)?;
        i64::try_from(step).ok()
    }
}

/// Whether a text can be a code of an app; anything else is taken for one on paper.
pub fn is_code(text: &str) -> bool {
    text.len() == 6 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A QR code: its width in modules, without a margin, and the dark ones as the data of an SVG path.
/// `None` when the text is too long for one.
pub fn qr(text: &str) -> Option<(u8, String)> {
    let code = QrCode::encode_text(text, QrCodeEcc::Medium).ok()?;
    let size = code.size();
    let mut path = String::new();
    for y in 0..size {
        let mut x = 0;
        while x < size {
            let run = (x..size).take_while(|x| code.get_module(*x, y)).count();
            let run = i32::try_from(run).ok()?;
            if run > 0 {
                let _ = write!(path, "M{x} {y}h{run}v1h-{run}z");
            }
            x += run.max(1);
        }
    }
    Some((u8::try_from(size).ok()?, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    #[test]
    fn codes_are_those_of_the_rfc() {
        let totp = Totp::new("alice", SECRET).unwrap();
        // RFC 6238, appendix B, the last six digits of those for SHA-1.
        for (at, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (2_000_000_000, "279037"),
        ] {
            let at = DateTime::from_timestamp(at, 0).unwrap();
            assert_eq!(totp.step(code, at), Some(at.timestamp() / 30));
            for clock in [-30, 30] {
                let clock = at + chrono::TimeDelta::seconds(clock);
                assert_eq!(totp.step(code, clock), Some(at.timestamp() / 30));
            }
            for clock in [-60, 60] {
                let clock = at + chrono::TimeDelta::seconds(clock);
                assert_eq!(totp.step(code, clock), None);
            }
            for wrong in ["", "28708", "2870822", "28708a", "+28708", " 287082"] {
                assert_eq!(totp.step(wrong, at), None, "{wrong:?}");
            }
        }
    }

    #[test]
    fn an_app_is_told_all_that_it_needs() {
        let totp = Totp::new("alice", SECRET).unwrap();
        assert_eq!(totp.base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
        let uri = totp.uri().unwrap();
        assert!(uri.starts_with("otpauth://totp/OpenWatch:alice?"), "{uri}");
        assert!(
            uri.contains("secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"),
            "{uri}"
        );
        assert!(uri.contains("issuer=OpenWatch"), "{uri}");
        assert!(Totp::new("a:b", SECRET).is_err());
        assert!(Totp::new("alice", b"short").is_err());
    }

    #[test]
    fn a_qr_code_is_drawn_run_by_run() {
        let (size, path) = qr("otpauth://totp/OpenWatch:alice?secret=A").unwrap();
        let code =
            QrCode::encode_text("otpauth://totp/OpenWatch:alice?secret=A", QrCodeEcc::Medium);
        let code = code.unwrap();
        assert_eq!(i32::from(size), code.size());
        let mut drawn = std::collections::BTreeSet::new();
        for run in path.split('M').skip(1) {
            let (x, rest) = run.split_once(' ').unwrap();
            let (y, rest) = rest.split_once('h').unwrap();
            let length: i32 = rest.split_once('v').unwrap().0.parse().unwrap();
            let (x, y): (i32, i32) = (x.parse().unwrap(), y.parse().unwrap());
            assert!((x..x + length).all(|x| drawn.insert((x, y))));
        }
        for (x, y) in (0..code.size()).flat_map(|x| (0..code.size()).map(move |y| (x, y))) {
            assert_eq!(drawn.contains(&(x, y)), code.get_module(x, y));
        }
    }
}
