//! From a folder of content to the files of a bundle.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read as _},
    path::Path,
};

use super::MAX_FILE;
use crate::rule::load::{Problem, rule_files};

/// Folders beside the rules. What only writers of rules need is left out: their tests, and tables of
/// families.
const BESIDE: [&str; 2] = ["frameworks", "profiles"];

/// What hosts get of a folder of content, by path below it. Whether it makes sense is for
/// [`crate::rule::load::Content`] to say.
///
/// # Errors
/// What cannot be read, and why.
pub fn files_of(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>, Problem> {
    let mut paths = rule_files(folder)?;
    for beside in BESIDE.map(|name| folder.join(name)) {
        if !beside.exists() {
            continue;
        }
        let unread = |error: io::Error| problem(&beside, error.to_string());
        for entry in fs::read_dir(&beside).map_err(unread)? {
            let path = entry.map_err(unread)?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "yaml")
            {
                paths.push(path);
            }
        }
    }
    let mut files = BTreeMap::new();
    for path in paths {
        let below = path.strip_prefix(folder).ok().and_then(Path::to_str);
        let below = below.ok_or_else(|| problem(&path, "its name is no text".into()))?;
        let bytes = read(&path).map_err(|error| problem(&path, error.to_string()))?;
        if bytes.len() as u64 > MAX_FILE {
            return Err(problem(&path, format!("it has more than {MAX_FILE} bytes")));
        }
        files.insert(below.to_owned(), bytes);
    }
    Ok(files)
}

/// One byte more than may be, so that this is noticed.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?
        .take(MAX_FILE + 1)
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn problem(path: &Path, what: String) -> Problem {
    Problem {
        path: path.to_owned(),
        line: None,
        what,
    }
}
