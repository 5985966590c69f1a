//! The order of versions, as the managers of packages have it. Pure.

use std::cmp::Ordering;

/// Versions of Debian's packages.
pub mod dpkg;

/// Versions of rpm's packages.
pub mod rpm;

/// How two versions of a package that `manager` installed lie to each other: `dpkg` or `rpm`, as facts of kind
/// `package` name them. `None` for other managers.
pub fn compare(manager: &str, a: &str, b: &str) -> Option<Ordering> {
    match manager {
        "dpkg" => Some(dpkg::compare(a, b)),
        "rpm" => Some(rpm::Evr::parse(a).compare(&rpm::Evr::parse(b))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    #[test]
    fn each_manager_orders_as_it_does() {
        let order = |manager, a, b| compare(manager, a, b);
        assert_eq!(order("dpkg", "1.0~rc1", "1.0"), Some(Ordering::Less));
        assert_eq!(order("dpkg", "3.0.9-1", "3.0.11-1"), Some(Ordering::Less));
        assert_eq!(order("rpm", "1:1.0-1", "9.0-1"), Some(Ordering::Greater));
        assert_eq!(
            order("rpm", "3.0.7-16.el9", "3.0.7-9.el9"),
            Some(Ordering::Greater)
        );
        assert_eq!(order("apk", "1", "2"), None);
    }

    #[test]
    fn inputs_that_once_were_trouble_do_not_panic() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/fuzz/version");
        let mut inputs = 0;
        for entry in fs::read_dir(folder).unwrap() {
            let bytes = fs::read(entry.unwrap().path()).unwrap();
            let text = String::from_utf8_lossy(&bytes);
            let (a, b) = text.split_once('\n').unwrap_or((&text, &text));
            for manager in ["dpkg", "rpm"] {
                let order = compare(manager, a, b).unwrap();
                assert_eq!(compare(manager, b, a), Some(order.reverse()));
                assert_eq!(compare(manager, a, a), Some(Ordering::Equal));
            }
            inputs += 1;
        }
        assert!(inputs > 0);
    }
}
