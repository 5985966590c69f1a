//! What rules ask, read once for an evaluation: the facts of the probes, and files; and, where it is
//! followed, who asked what.

use std::{
    any::{Any, TypeId},
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    fs::Metadata,
    path::{Path, PathBuf},
    rc::Rc,
};

use serde_json::Value;
use shared::{fact::Fact, rule::platform::Release, wire::Stale};

use crate::{
    host::{
        Host, HostError,
        trace::{Paths, Trace},
    },
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

impl Row {
    pub(super) fn of(fact: Fact) -> Self {
        Self {
            value: serde_json::from_str(&fact.value).expect("a fact's value is JSON"),
            key: fact.key,
        }
    }
}

/// The rows of a kind, or why there are none.
pub(super) type Rows = Rc<Result<Vec<Row>, Stale>>;

type Text = Rc<Result<String, HostError>>;

/// What a rule asked: what has to be looked at again when one of these changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reads {
    pub paths: Paths,
    /// Kinds of facts.
    pub kinds: BTreeSet<&'static str>,
    /// Whether the kernel or a program was asked something of which no event tells.
    pub unheard: bool,
}

impl Reads {
    /// What was asked here or there.
    pub fn join(&mut self, other: Self) {
        self.paths.extend(other.paths);
        self.kinds.extend(other.kinds);
        self.unheard |= other.unheard;
    }
}

/// What several checks share, and what was asked for it.
type Shared = (Rc<dyn Any>, Reads);

/// The sources of one evaluation.
pub struct Sources<'h> {
    host: &'h Host,
    /// Takes down the paths that are asked of the host.
    trace: Option<Trace>,
    /// What was asked since it was last taken, beside paths.
    reads: RefCell<Reads>,
    rows: RefCell<BTreeMap<&'static str, Rows>>,
    texts: RefCell<BTreeMap<PathBuf, Text>>,
    /// What several checks of one sort share, by its type.
    others: RefCell<BTreeMap<TypeId, Shared>>,
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
    /// Nothing is read yet, and nobody asks who asked.
    pub fn of(host: &'h Host) -> Self {
        Self {
            host,
            trace: None,
            reads: RefCell::default(),
            rows: RefCell::default(),
            texts: RefCell::default(),
            others: RefCell::default(),
            may_run: false,
        }
    }

    /// Nothing is read yet. `trace` is the host's own.
    pub fn followed(host: &'h Host, trace: Trace) -> Self {
        Self {
            trace: Some(trace),
            ..Self::of(host)
        }
    }

    /// What was asked since this was last called.
    pub fn take_reads(&self) -> Reads {
        let mut reads = self.reads.take();
        if let Some(trace) = &self.trace {
            reads.paths = trace.take();
        }
        reads
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

    /// Whoever asks this asks the kernel or a program, of whose changes no event tells.
    pub(super) fn unheard(&self) {
        self.reads.borrow_mut().unheard = true;
    }

    /// What `walk` asks is looked at again only when everything is: it is more than can be watched.
    pub(super) fn walked<T>(&self, walk: impl FnOnce() -> T) -> T {
        match &self.trace {
            Some(trace) => trace.paused(walk),
            None => walk(),
        }
    }

    fn add(&self, more: &Reads) {
        let mut reads = self.reads.borrow_mut();
        reads.kinds.extend(&more.kinds);
        reads.unheard |= more.unheard;
        if let Some(trace) = &self.trace {
            trace.add(&more.paths);
        }
    }

    /// What `read` gives, and what it asked.
    fn noting<T>(&self, read: impl FnOnce() -> T) -> (T, Reads) {
        let before = self.take_reads();
        let value = read();
        let asked = self.take_reads();
        self.add(&before);
        (value, asked)
    }

    /// The facts of `kind`, which must be one that a probe reads.
    pub(super) fn rows(&self, kind: &'static str) -> Rows {
        self.reads.borrow_mut().kinds.insert(kind);
        if let Some(rows) = self.rows.borrow().get(kind) {
            return rows.clone();
        }
        let probe = probe::all().iter().find(|probe| probe.kind() == kind);
        let probe = probe.expect("a kind that is read");
        // What the probe asks is the kind's to follow.
        let seen = self.walked(|| probe::observe(*probe, self.host).seen);
        let rows = seen.map(|facts| facts.into_iter().map(Row::of).collect());
        let rows = Rc::new(rows);
        self.rows.borrow_mut().insert(kind, rows.clone());
        rows
    }

    /// The whole of a file.
    pub(super) fn text(&self, path: impl AsRef<Path>) -> Text {
        let path = path.as_ref();
        if let Some(text) = self.texts.borrow().get(path) {
            let text = text.clone();
            self.host.note(path);
            return text;
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
        let (value, asked) = known.unwrap_or_else(|| {
            let (value, asked) = self.noting(|| Rc::new(read()) as Rc<dyn Any>);
            let mut others = self.others.borrow_mut();
            others.insert(TypeId::of::<T>(), (value.clone(), asked.clone()));
            (value, asked)
        });
        self.add(&asked);
        value.downcast().expect("it is kept under its own type")
    }

    /// The settings of the SSH server.
    pub(super) fn sshd(&self) -> Rc<Result<sshd::Settings, Stale>> {
        self.once(|| sshd::Settings::read(self.host))
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
