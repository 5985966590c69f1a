//! What rules ask, read once for an evaluation: the facts of the probes, and files.

use std::{
    any::{Any, TypeId},
    cell::RefCell,
    collections::BTreeMap,
    fs::Metadata,
    path::{Path, PathBuf},
    rc::Rc,
};

use serde_json::Value;
use shared::{rule::platform::Release, wire::Stale};

use crate::{
    host::{Host, HostError},
    probe::{self, sshd},
};

/// Largest file that a rule reads, bytes: settings are pages, `/etc/passwd` of a large site megabytes.
const MAX_FILE: u64 = 8 << 20;

/// One fact.
#[derive(Debug)]
pub struct Row {
    pub key: String,
    pub value: Value,
}

/// The rows of a kind, or why there are none.
pub(super) type Rows = Rc<Result<Vec<Row>, Stale>>;

type Text = Rc<Result<String, HostError>>;

/// The sources of one evaluation.
pub struct Sources<'h> {
    host: &'h Host,
    rows: RefCell<BTreeMap<&'static str, Rows>>,
    texts: RefCell<BTreeMap<PathBuf, Text>>,
    sshd: RefCell<Option<Rc<Result<sshd::Settings, Stale>>>>,
    /// What several checks of one sort share, by its type.
    others: RefCell<BTreeMap<TypeId, Rc<dyn Any>>>,
    /// Whether commands of policies are run.
    may_run: bool,
}

impl std::fmt::Debug for Sources<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sources")
            .field("host", self.host)
            .finish_non_exhaustive()
    }
}

impl<'h> Sources<'h> {
    /// Nothing is read yet.
    pub fn of(host: &'h Host) -> Self {
        Self {
            host,
            rows: RefCell::default(),
            texts: RefCell::default(),
            sshd: RefCell::default(),
            others: RefCell::default(),
            may_run: false,
        }
    }

    /// Commands of policies are run: whoever asked for this evaluation named the policy.
    #[must_use]
    pub fn running_commands(mut self) -> Self {
        self.may_run = true;
        self
    }

    pub(super) fn may_run(&self) -> bool {
        self.may_run
    }

    pub(super) fn host(&self) -> &'h Host {
        self.host
    }

    /// The facts of `kind`, which must be one that a probe reads.
    pub(super) fn rows(&self, kind: &'static str) -> Rows {
        if let Some(rows) = self.rows.borrow().get(kind) {
            return rows.clone();
        }
        let probe = probe::all().iter().find(|probe| probe.kind() == kind);
        let probe = probe.expect("a kind that is read");
        let seen = probe::observe(*probe, self.host).seen;
        let rows = seen.map(|facts| {
            let row = |fact: shared::fact::Fact| Row {
                value: serde_json::from_str(&fact.value).expect("a fact's value is JSON"),
                key: fact.key,
            };
            facts.into_iter().map(row).collect()
        });
        let rows = Rc::new(rows);
        self.rows.borrow_mut().insert(kind, rows.clone());
        rows
    }

    /// The whole of a file.
    pub(super) fn text(&self, path: impl AsRef<Path>) -> Text {
        let path = path.as_ref();
        if let Some(text) = self.texts.borrow().get(path) {
            return text.clone();
        }
        let text = Rc::new(self.host.read_text(path, MAX_FILE));
        self.texts.borrow_mut().insert(path.into(), text.clone());
        text
    }

    /// What a path leads to.
    pub(super) fn metadata(&self, path: impl AsRef<Path>) -> Result<Metadata, HostError> {
        self.host.metadata(path)
    }

    /// The paths that fit a pattern; a path without wildcards is its own only one, there or not.
    pub(super) fn paths(&self, pattern: &str) -> Result<Vec<PathBuf>, HostError> {
        probe::pattern::paths(self.host, Path::new(pattern))
    }

    /// What `read` gives, asked once for each type.
    pub(super) fn once<T: 'static>(&self, read: impl FnOnce() -> T) -> Rc<T> {
        let known = self.others.borrow().get(&TypeId::of::<T>()).cloned();
        if let Some(Ok(known)) = known.map(|known| known.downcast::<T>()) {
            return known;
        }
        let read = Rc::new(read());
        let mut others = self.others.borrow_mut();
        others.insert(TypeId::of::<T>(), read.clone());
        read
    }

    /// The settings of the SSH server.
    pub(super) fn sshd(&self) -> Rc<Result<sshd::Settings, Stale>> {
        let mut known = self.sshd.borrow_mut();
        let read = || Rc::new(sshd::Settings::read(self.host));
        known.get_or_insert_with(read).clone()
    }

    /// Which distribution it is; empty names where nothing tells.
    pub(super) fn release(&self) -> Release {
        let rows = self.rows("os");
        let value = rows.as_ref().as_ref().ok().and_then(|rows| rows.first());
        let text = |name: &str| {
            let text = value.and_then(|row| row.value[name].as_str());
            text.unwrap_or_default().to_owned()
        };
        Release {
            id: text("id"),
            version: text("version"),
        }
    }
}
