//! The parsers of `/proc/modules` (proc_modules(5)) and of the indexes that depmod writes. Pure.

/// One module that is loaded.
#[derive(Debug, PartialEq, Eq)]
pub struct Loaded<'a> {
    pub name: &'a str,
    pub size_bytes: u64,
    /// `Live`, `Loading`, `Unloading`.
    pub state: &'a str,
    /// Letters; empty where it taints nothing.
    pub taints: &'a str,
}

/// Reads one line: `ext4 1134592 1 jbd2,mbcache, Live 0x0000000000000000 (OE)`. `None` when it is
/// no module.
pub fn loaded(line: &str) -> Option<Loaded<'_>> {
    let mut words = line.split_whitespace();
    let name = words.next()?;
    let size_bytes = words.next()?.parse().ok()?;
    // The number of users and their names.
    let state = words.nth(2)?;
    let taints = words.nth(1).unwrap_or_default();
    Some(Loaded {
        name,
        size_bytes,
        state,
        taints: taints
            .trim_start_matches('(')
            .trim_end_matches([')', '+', '-']),
    })
}

/// The name of the module in this file: `kernel/fs/fat/vfat.ko.xz` is `vfat`. `None` of a file
/// that is no module.
pub fn module_of(path: &str) -> Option<String> {
    let file = path.trim().rsplit('/').next()?;
    let (name, rest) = file.split_once(".ko")?;
    let is_module = !name.is_empty() && matches!(rest, "" | ".gz" | ".xz" | ".zst");
    is_module.then(|| name.replace('-', "_"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::probe::live;

    #[test]
    fn lines_of_the_kernel_are_modules() {
        let ext4 = loaded("ext4 1134592 1 - Live 0x0000000000000000").unwrap();
        assert_eq!(
            (ext4.name, ext4.size_bytes, ext4.taints),
            ("ext4", 1_134_592, "")
        );
        let zfs = loaded("zfs 5 6 spl,znvpair, Unloading 0x0 (POE-)").unwrap();
        assert_eq!((zfs.state, zfs.taints), ("Unloading", "POE"));
        for text in ["", "ext4", "ext4 x 1 - Live 0x0", "ext4 1 1"] {
            assert_eq!(loaded(text), None, "{text}");
        }
    }

    #[test]
    fn files_of_modules_have_the_names_of_modules() {
        for (path, name) in [
            ("kernel/fs/fat/vfat.ko", Some("vfat")),
            (
                "kernel/drivers/usb/storage/usb-storage.ko.zst",
                Some("usb_storage"),
            ),
            ("x.ko.xz", Some("x")),
            ("kernel/x.kother", None),
            (".ko", None),
            ("", None),
        ] {
            assert_eq!(module_of(path).as_deref(), name, "{path}");
        }
    }

    #[test]
    fn inputs_that_once_were_trouble_do_not_panic() {
        live::replay("proc-modules", |bytes| {
            for line in String::from_utf8_lossy(bytes).lines() {
                loaded(line);
                module_of(line);
            }
        });
    }

    proptest! {
        #[test]
        fn any_line_is_read_without_panic(line: String) {
            loaded(&line);
            module_of(&line);
        }
    }
}
