//! The rules, frameworks and profiles that the collector can explain. It decides none: hosts do, with the
//! content that they have.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
};

use shared::rule::{
    Rule, coverage,
    framework::{Control, Framework},
    load::{Content, Problem, Tests},
    profile::Profile,
};

/// What hosts are held to.
mod assignment;

/// Why there is no catalogue.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    #[error("{} things are wrong with it, the first: {}", .0.len(), .0[0])]
    Content(Vec<Problem>),
    #[error("{} cannot be read", .0.display())]
    Read(PathBuf, #[source] io::Error),
}

/// Rules and frameworks, joined.
#[derive(Debug, Default)]
pub struct Catalogue {
    /// By id.
    pub rules: BTreeMap<String, Entry>,
    /// By key.
    pub frameworks: BTreeMap<String, Controls>,
    /// By key.
    pub profiles: BTreeMap<String, Held>,
}

/// A rule.
#[derive(Debug)]
pub struct Entry {
    pub rule: Rule,
    /// The first 16 digits of the SHA-256 of its file.
    pub hash: String,
    /// Its file, as it is.
    pub source: String,
    /// The controls that it decides a subject of, or gives evidence for: framework, control.
    pub controls: BTreeSet<(String, String)>,
}

/// A framework, and what decides its controls.
#[derive(Debug)]
pub struct Controls {
    pub framework: Framework,
    /// Beside each control of the framework.
    pub decided: Vec<Decided>,
}

/// A profile, and its rules.
#[derive(Debug)]
pub struct Held {
    pub profile: Profile,
    /// Ids.
    pub rules: BTreeSet<String>,
}

/// What decides a control, or gives evidence for it.
#[derive(Debug)]
pub struct Decided {
    /// Ids.
    pub rules: BTreeSet<String>,
    /// Whether they decide all of it.
    pub wholly: bool,
}

impl Catalogue {
    /// Loads `folder`. Where there is none, the catalogue is empty.
    ///
    /// # Errors
    /// [`CatalogueError`].
    pub fn load(folder: &Path) -> Result<Self, CatalogueError> {
        if !folder.exists() {
            return Ok(Self::default());
        }
        let content = Content::load(folder, Tests::With).map_err(CatalogueError::Content)?;
        Self::of(content)
    }

    fn of(content: Content) -> Result<Self, CatalogueError> {
        let mut catalogue = Self::default();
        let mut of_rules: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
        for (key, profile) in &content.profiles {
            let rules = content.rules_of(profile).into_iter();
            let held = Held {
                rules: rules.map(str::to_owned).collect(),
                profile: profile.clone(),
            };
            catalogue.profiles.insert(key.clone(), held);
        }
        let rules = content.all_rules();
        for (key, framework) in &content.frameworks {
            let covered = coverage::of(&rules, &content.frameworks, framework);
            let decided = covered.iter().map(|one| Decided {
                rules: one.rules.iter().map(|&id| id.to_owned()).collect(),
                wholly: one.is_wholly(),
            });
            let decided = decided.collect();
            for one in &covered {
                for &rule in &one.rules {
                    let control = (key.clone(), one.control.id.clone());
                    of_rules.entry(rule.to_owned()).or_default().insert(control);
                }
            }
            let framework = framework.clone();
            let controls = Controls { framework, decided };
            catalogue.frameworks.insert(key.clone(), controls);
        }
        for (id, loaded) in content.rules {
            let source = fs::read_to_string(&loaded.path)
                .map_err(|error| CatalogueError::Read(loaded.path.clone(), error))?;
            let entry = Entry {
                rule: loaded.rule,
                hash: loaded.hash,
                source,
                controls: of_rules.remove(&id).unwrap_or_default(),
            };
            catalogue.rules.insert(id, entry);
        }
        Ok(catalogue)
    }

    /// The ids of the rules that decide something of a framework, or give evidence for it.
    pub fn rules_of(&self, framework: &str) -> Option<BTreeSet<&str>> {
        let controls = self.frameworks.get(framework)?;
        Some(controls.rules(|_| true))
    }
}

impl Controls {
    /// The ids of the rules that decide something of such controls, or give evidence for them.
    pub fn rules(&self, is_meant: impl Fn(&Control) -> bool) -> BTreeSet<&str> {
        let controls = self.framework.controls.iter().zip(&self.decided);
        let meant = controls.filter(|(control, _)| is_meant(control));
        let rules = meant.flat_map(|(_, by)| &by.rules);
        rules.map(String::as_str).collect()
    }
}
