//! The XML of a repository: its index (`repomd.xml`), its packages (`primary.xml`) and its
//! advisories (`updateinfo.xml`). Streaming: one element is in memory at a time. Pure.

use std::io::{self, BufRead};

use shared::version::rpm::Evr;

/// Events of XML, within bounds.
mod xml;

use xml::{Event, Xml};

/// The longest text that is kept of an element, bytes: names, versions, vendors.
const MAX_TEXT: usize = 4096;

/// What an index says.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Index {
    /// When the repository was made, seconds since the Unix epoch, by its custom. `None` where its
    /// revision is something else.
    pub revision: Option<i64>,
    /// The file of packages.
    pub primary: String,
    /// The file of advisories.
    pub advisories: Option<String>,
    /// The file of modules.
    pub modules: Option<String>,
}

/// One package of a repository, or of an advisory.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Package {
    pub name: String,
    pub architecture: String,
    pub evr: Evr,
    /// Empty of those of an advisory.
    pub vendor: String,
}

/// What was published of a mended fault.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Advisory {
    /// `RHSA-2024:1234`, `SUSE-2024-5678`.
    pub id: String,
    /// Whether the fault was a vulnerability.
    pub security: bool,
}

/// Why XML could not be read.
#[derive(Debug, thiserror::Error)]
pub enum MetadataError {
    #[error("cannot be read: {0}")]
    Read(#[source] io::Error),
    #[error("is no XML: {0}")]
    Xml(String),
    #[error("has elements within elements without end")]
    Depth,
    #[error("has an element without end")]
    Item,
    #[error("ends in the middle")]
    Short,
    #[error("names no file of packages in XML")]
    NoPackages,
}

/// Reads an index.
///
/// # Errors
/// [`MetadataError`].
pub fn index(input: impl BufRead) -> Result<Index, MetadataError> {
    let mut index = Index::default();
    let mut kind = String::new();
    let mut xml = Xml::new(input);
    while let Some(event) = xml.next()? {
        match event {
            Event::Start(element) if element.name() == "data" => {
                kind = element.attribute("type").unwrap_or_default();
            }
            Event::Start(element) if element.name() == "location" => {
                let Some(file) = element.attribute("href") else {
                    continue;
                };
                match kind.as_str() {
                    "primary" => index.primary = file,
                    "updateinfo" => index.advisories = Some(file),
                    "modules" => index.modules = Some(file),
                    _ => {}
                }
            }
            Event::End {
                name: "revision",
                text,
            } => index.revision = text.trim().parse().ok(),
            _ => {}
        }
    }
    if index.primary.is_empty() {
        return Err(MetadataError::NoPackages);
    }
    Ok(index)
}

/// Calls `take` with each package.
///
/// # Errors
/// [`MetadataError`].
pub fn packages(input: impl BufRead, mut take: impl FnMut(&Package)) -> Result<(), MetadataError> {
    let mut package = Package::default();
    let mut xml = Xml::new(input);
    while let Some(event) = xml.next()? {
        match event {
            Event::Start(element) => match element.name() {
                "package" => package = Package::default(),
                "version" => package.evr = evr(&element),
                _ => {}
            },
            Event::End { name, text } => match name {
                "name" => text.clone_into(&mut package.name),
                "arch" => text.clone_into(&mut package.architecture),
                "vendor" => text.clone_into(&mut package.vendor),
                "package" if package.architecture != "src" => take(&package),
                _ => {}
            },
        }
    }
    Ok(())
}

/// Calls `take` with each version of a package that an advisory names.
///
/// # Errors
/// [`MetadataError`].
pub fn advisories(
    input: impl BufRead,
    mut take: impl FnMut(&Advisory, &Package),
) -> Result<(), MetadataError> {
    let mut advisory = Advisory::default();
    let mut xml = Xml::new(input);
    while let Some(event) = xml.next()? {
        match event {
            Event::Start(element) => match element.name() {
                "update" => {
                    let kind = element.attribute("type").unwrap_or_default();
                    advisory = Advisory {
                        id: String::new(),
                        security: kind == "security",
                    };
                }
                "package" => {
                    let said = |name| element.attribute(name).unwrap_or_default();
                    let package = Package {
                        name: said("name"),
                        architecture: said("arch"),
                        evr: Evr {
                            epoch: said("epoch").parse().unwrap_or(0),
                            version: said("version"),
                            release: said("release"),
                        },
                        vendor: String::new(),
                    };
                    take(&advisory, &package);
                }
                _ => {}
            },
            Event::End { name: "id", text } if advisory.id.is_empty() => {
                text.clone_into(&mut advisory.id);
            }
            Event::End { .. } => {}
        }
    }
    Ok(())
}

fn evr(element: &xml::Element<'_>) -> Evr {
    let said = |name| element.attribute(name).unwrap_or_default();
    Evr {
        epoch: said("epoch").parse().unwrap_or(0),
        version: said("ver"),
        release: said("rel"),
    }
}

#[cfg(test)]
mod tests;
