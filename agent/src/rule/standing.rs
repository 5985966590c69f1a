//! What each rule asked when it was decided, so that of a change exactly the rules concerned are
//! decided again.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::source::Reads;
use crate::host::{
    Host,
    trace::{Paths, Stamp},
};

/// Ids of rules.
pub type Ids = BTreeSet<String>;

/// Where files are not files: their times say nothing, and no event tells of them.
const KERNEL: [&str; 3] = ["/proc", "/sys", "/dev"];

/// What may have changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changed {
    /// Kinds of facts that did.
    pub kinds: BTreeSet<&'static str>,
    /// Whether paths may have.
    pub paths: bool,
    /// Whether what nobody tells of is due to be asked again.
    pub unheard: bool,
}

/// What every rule asked.
#[derive(Debug, Default)]
pub struct Standing {
    rules: BTreeMap<String, Asked>,
    /// As each path was just before it was read.
    stamps: BTreeMap<Arc<Path>, Stamp>,
}

/// What one rule asked: [`Reads`], in as little memory as it can be.
#[derive(Debug)]
struct Asked {
    /// Each held once, as a key of the stamps.
    paths: Box<[Arc<Path>]>,
    kinds: Box<[&'static str]>,
    unheard: bool,
}

impl Standing {
    /// Rules of which something that they asked may be otherwise: a path, or one of what `changed`.
    pub fn concerned(&self, host: &Host, changed: &Changed) -> Ids {
        let moved = self.stamps.iter().filter(|_| changed.paths);
        let moved = moved.filter(|(path, stamp)| host.stamp(path) != **stamp);
        let moved = moved.map(|(path, _)| path.clone()).collect();
        let told = |asked: &Asked| {
            let mut kinds = asked.kinds.iter();
            changed.unheard && asked.unheard || kinds.any(|kind| changed.kinds.contains(kind))
        };
        let concerned = self.rules.iter();
        concerned
            .filter(|(_, asked)| told(asked) || asked.is_about(&moved))
            .map(|(id, _)| id.clone())
            .collect()
    }

    /// Takes what the rules asked that were decided just now, and how the paths were before. Returns
    /// others that asked about a path that was seen to have changed on the way.
    pub fn settle(
        &mut self,
        decided: BTreeMap<String, Reads>,
        stamps: BTreeMap<Arc<Path>, Stamp>,
    ) -> Ids {
        let mut moved = Paths::new();
        for (path, stamp) in stamps {
            if is_of_kernel(&path) {
                continue;
            }
            match self.stamps.get_mut(&path) {
                Some(known) if *known == stamp => {}
                Some(known) => {
                    *known = stamp;
                    moved.insert(path);
                }
                None => {
                    self.stamps.insert(path, stamp);
                }
            }
        }
        let others = self.rules.iter();
        let others = others.filter(|(id, _)| !decided.contains_key(*id));
        let others = others.filter(|(_, asked)| asked.is_about(&moved));
        let again = others.map(|(id, _)| id.clone()).collect();
        for (id, reads) in decided {
            let known = |path: &Arc<Path>| self.stamps.get_key_value(path);
            let paths = reads.paths.iter().filter_map(known);
            let asked = Asked {
                paths: paths.map(|(path, _)| path.clone()).collect(),
                kinds: reads.kinds.into_iter().collect(),
                unheard: reads.unheard || reads.paths.iter().any(|path| is_of_kernel(path)),
            };
            self.rules.insert(id, asked);
        }
        again
    }

    /// Forgets the rules that are not among these, and what only they asked.
    pub fn keep(&mut self, ids: &Ids) {
        self.rules.retain(|id, _| ids.contains(id));
        let asked: BTreeSet<&Arc<Path>> =
            self.rules.values().flat_map(|asked| &asked.paths).collect();
        self.stamps.retain(|path, _| asked.contains(path));
    }

    /// Whether a rule asked about a kind of facts.
    pub fn asks(&self, kind: &str) -> bool {
        self.rules.values().any(|asked| asked.kinds.contains(&kind))
    }

    /// The paths that are asked about.
    pub fn paths(&self) -> impl Iterator<Item = PathBuf> + '_ {
        self.stamps.keys().map(|path| path.to_path_buf())
    }
}

impl Asked {
    fn is_about(&self, moved: &Paths) -> bool {
        !moved.is_empty() && self.paths.iter().any(|path| moved.contains(path))
    }
}

fn is_of_kernel(path: &Path) -> bool {
    KERNEL.iter().any(|folder| path.starts_with(folder))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use shared::clock::SystemClock;

    use super::*;

    fn path(text: &str) -> Arc<Path> {
        Path::new(text).into()
    }

    fn reads(paths: &[&str]) -> Reads {
        Reads {
            paths: paths.iter().map(|text| path(text)).collect(),
            ..Reads::default()
        }
    }

    fn ids(names: &[&str]) -> Ids {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    /// A tree with the files `a` and `b`, and a rule about each, and one about the packages, one
    /// about the kernel.
    fn standing() -> (tempfile::TempDir, Host, Standing) {
        let tree = tempfile::tempdir().unwrap();
        for name in ["a", "b"] {
            fs::write(tree.path().join(name), "1").unwrap();
        }
        let host = Host::at(tree.path(), SystemClock::shared());
        let mut standing = Standing::default();
        let stamps = ["/a", "/b", "/proc/cmdline"].map(|text| {
            let path = path(text);
            let stamp = host.stamp(&path);
            (path, stamp)
        });
        let packages = Reads {
            kinds: ["package"].into(),
            ..Reads::default()
        };
        let decided = [
            ("of-a", reads(&["/a"])),
            ("of-b", reads(&["/b"])),
            ("of-packages", packages),
            ("of-the-kernel", reads(&["/proc/cmdline"])),
        ];
        let decided = decided.map(|(id, reads)| (id.to_owned(), reads));
        assert_eq!(standing.settle(decided.into(), stamps.into()), Ids::new());
        (tree, host, standing)
    }

    #[test]
    fn a_change_concerns_exactly_the_rules_that_asked_about_it() {
        let (tree, host, standing) = standing();
        let paths = Changed {
            paths: true,
            ..Changed::default()
        };
        assert_eq!(standing.concerned(&host, &paths), Ids::new());
        fs::write(tree.path().join("b"), "22").unwrap();
        assert_eq!(standing.concerned(&host, &paths), ids(&["of-b"]));
        fs::remove_file(tree.path().join("a")).unwrap();
        assert_eq!(standing.concerned(&host, &paths), ids(&["of-a", "of-b"]));
    }

    #[test]
    fn kinds_and_what_nobody_tells_of_concern_those_that_asked_them() {
        let (_tree, host, standing) = standing();
        let packages = Changed {
            kinds: ["package", "user"].into(),
            ..Changed::default()
        };
        assert_eq!(standing.concerned(&host, &packages), ids(&["of-packages"]));
        let unheard = Changed {
            unheard: true,
            ..Changed::default()
        };
        assert_eq!(standing.concerned(&host, &unheard), ids(&["of-the-kernel"]));
        assert_eq!(standing.paths().count(), 2, "the kernel's are not watched");
    }

    #[test]
    fn a_path_that_changed_while_another_rule_was_decided_concerns_all_who_asked() {
        let (tree, host, mut standing) = standing();
        fs::write(tree.path().join("b"), "22").unwrap();
        let stamps = [(path("/b"), host.stamp(Path::new("/b")))].into();
        let decided = [("of-a".to_owned(), reads(&["/a", "/b"]))].into();
        assert_eq!(standing.settle(decided, stamps), ids(&["of-b"]));
        let paths = Changed {
            paths: true,
            ..Changed::default()
        };
        assert_eq!(
            standing.concerned(&host, &paths),
            Ids::new(),
            "it was told once"
        );
    }

    #[test]
    fn what_no_rule_asks_any_more_is_forgotten() {
        let (_tree, _, mut standing) = standing();
        standing.keep(&ids(&["of-a"]));
        assert_eq!(standing.paths().collect::<Vec<_>>(), [PathBuf::from("/a")]);
    }
}
