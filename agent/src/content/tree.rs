//! Small hosts as folders. Root writes them, so nothing is written through a link: links are made
//! when all else is there.

use std::{
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    fs::{self, DirBuilder, File, Permissions},
    io::{self, Write as _},
    os::unix::fs::{self as unix, DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use shared::rule::fixture::{Entry, Node};

/// A folder of this process alone, in which trees are made; it goes when it is dropped.
#[derive(Debug)]
pub struct Scratch {
    folder: PathBuf,
    trees: Cell<usize>,
}

/// A small host; it goes when it is dropped.
#[derive(Debug)]
pub(super) struct Tree {
    root: PathBuf,
    folders: BTreeSet<PathBuf>,
}

/// A small host that could not be made.
#[derive(Debug, thiserror::Error)]
#[error("{path} of a test cannot be made: {source}")]
pub struct TreeError {
    /// On the small host.
    path: PathBuf,
    source: io::Error,
}

impl Scratch {
    /// Makes the folder where temporary files belong.
    ///
    /// # Errors
    /// As the system has them.
    pub fn new() -> io::Result<Self> {
        let random = getrandom::u64().map_err(|error| io::Error::other(error.to_string()))?;
        let folder = std::env::temp_dir().join(format!("openwatch-content-{random:016x}"));
        // A folder that is there already is another's: this fails then.
        DirBuilder::new().mode(0o700).create(&folder)?;
        Ok(Self {
            folder,
            trees: Cell::new(0),
        })
    }

    /// Makes a host of these files.
    pub(super) fn tree(&self, entries: &BTreeMap<&str, &Entry>) -> Result<Tree, TreeError> {
        self.trees.set(self.trees.get() + 1);
        let root = self.folder.join(self.trees.get().to_string());
        let mut tree = Tree {
            root,
            folders: BTreeSet::new(),
        };
        tree.fill(entries)?;
        Ok(tree)
    }
}

impl Tree {
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    fn fill(&mut self, entries: &BTreeMap<&str, &Entry>) -> Result<(), TreeError> {
        let failed = |path: &str| {
            let path = PathBuf::from(path);
            move |source| TreeError { path, source }
        };
        self.folder(&self.root.clone()).map_err(failed("/"))?;
        for (path, entry) in entries {
            let made = match entry {
                Entry::Text(text) => self.file(path, text, &Node::default()),
                Entry::Node(node) if node.folder => self.folder(&self.at(path)),
                Entry::Node(node) if node.link.is_none() => {
                    self.file(path, node.text.as_deref().unwrap_or_default(), node)
                }
                Entry::Node(_) => Ok(()),
            };
            made.map_err(failed(path))?;
        }
        for (path, entry) in entries {
            if let Entry::Node(node @ Node { link: Some(to), .. }) = entry {
                self.link(path, to, node).map_err(failed(path))?;
            }
        }
        // What lies in a folder first: into one that is closed, only root could write.
        for (path, entry) in entries.iter().rev() {
            if let Entry::Node(node) = entry
                && node.folder
            {
                finish(&self.at(path), node, 0o755).map_err(failed(path))?;
            }
        }
        Ok(())
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    /// Makes a folder and those above it, whatever the mask of this process.
    fn folder(&mut self, path: &Path) -> io::Result<()> {
        if self.folders.contains(path) {
            return Ok(());
        }
        if path != self.root
            && let Some(above) = path.parent()
        {
            self.folder(above)?;
        }
        fs::create_dir(path)?;
        self.folders.insert(path.to_owned());
        fs::set_permissions(path, Permissions::from_mode(0o755))
    }

    fn above(&mut self, path: &Path) -> io::Result<()> {
        path.parent().map_or(Ok(()), |above| self.folder(above))
    }

    fn file(&mut self, path: &str, text: &str, node: &Node) -> io::Result<()> {
        let path = self.at(path);
        self.above(&path)?;
        let mut options = File::options();
        let mut file = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        file.write_all(text.as_bytes())?;
        finish(&path, node, 0o644)
    }

    fn link(&mut self, path: &str, to: &str, node: &Node) -> io::Result<()> {
        let path = self.at(path);
        self.above(&path)?;
        unix::symlink(to, &path)?;
        if node.uid.is_some() || node.gid.is_some() {
            unix::lchown(&path, node.uid, node.gid)?;
        }
        Ok(())
    }
}

/// Gives what was made its owner, and its mode after that: a change of owner takes bits away.
fn finish(path: &Path, node: &Node, mode: u32) -> io::Result<()> {
    if node.uid.is_some() || node.gid.is_some() {
        unix::chown(path, node.uid, node.gid)?;
    }
    let mode = node.mode.map_or(mode, |mode| mode.0);
    fs::set_permissions(path, Permissions::from_mode(mode))
}

impl Drop for Tree {
    /// Opens its folders first: one who is not root could not empty a closed one.
    fn drop(&mut self) {
        for folder in &self.folders {
            let _ = fs::set_permissions(folder, Permissions::from_mode(0o700));
        }
        // What cannot be removed stays in the folder of temporary files, which others clear.
        let _ = fs::remove_dir_all(&self.root);
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}
