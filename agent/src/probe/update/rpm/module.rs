//! Modules (`modules.yaml` of a repository): which packages belong to which stream. Pure.
//!
//! The documents are as one program writes them, so that lines and indentation tell enough; what
//! looks otherwise yields no packages, and a package that no stream names is no update.

use std::{
    collections::BTreeSet,
    io::{self, BufRead, Read as _},
};

/// The longest line that is read.
const MAX_LINE: u64 = 1 << 20;

/// Whether a release is that of a package of a module.
pub(super) fn is_modular(release: &str) -> bool {
    release.contains(".module+") || release.contains(".module_")
}

/// Calls `take` with each package, `name-epoch:version-release.architecture`, of the streams,
/// `name:stream`.
///
/// # Errors
/// When the file cannot be read.
pub fn artifacts(
    mut input: impl BufRead,
    streams: &BTreeSet<String>,
    mut take: impl FnMut(&str),
) -> io::Result<()> {
    let mut line = Vec::new();
    let (mut name, mut stream) = (String::new(), String::new());
    let (mut module, mut within) = (false, false);
    loop {
        line.clear();
        let mut bounded = input.by_ref().take(MAX_LINE);
        if bounded.read_until(b'\n', &mut line)? == 0 {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end();
        let indent = text.len() - text.trim_start().len();
        let text = text.trim_start();
        if indent == 0 {
            within = false;
            match text {
                "---" => {
                    module = false;
                    name.clear();
                    stream.clear();
                }
                // Others tell defaults, obsoletes, translations.
                "document: modulemd" => module = true,
                _ => {}
            }
        } else if indent == 2 && !text.starts_with('-') {
            within = text == "artifacts:";
            let field = match text.split_once(':') {
                Some(("name", value)) => (&mut name, value),
                Some(("stream", value)) => (&mut stream, value),
                _ => continue,
            };
            *field.0 = unquoted(field.1).to_owned();
        } else if within
            && module
            && let Some(artifact) = text.strip_prefix("- ")
            && streams.contains(&format!("{name}:{stream}"))
        {
            take(unquoted(artifact));
        }
    }
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches(['"', '\''])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::probe::live;

    fn all(text: &[u8]) -> Vec<String> {
        let streams = BTreeSet::from(["nodejs:18".to_owned()]);
        let mut found = Vec::new();
        artifacts(text, &streams, |artifact| found.push(artifact.to_owned())).unwrap();
        found
    }

    #[test]
    fn only_the_packages_of_the_stream_are_given() {
        let document = |stream: &str, version: &str| {
            format!(
                "---\ndocument: modulemd\nversion: 2\ndata:\n  name: nodejs\n  stream: {stream}\n  \
                 description: >-\n    name: not this\n  api:\n    rpms:\n    - nodejs\n  artifacts:\n    \
                 rpms:\n    - nodejs-1:{version}-1.module+el8.x86_64\n  profiles:\n    common:\n      \
                 rpms:\n      - nodejs\n...\n"
            )
        };
        let text = document("\"18\"", "18.2") + &document("20", "20.1");
        assert_eq!(all(text.as_bytes()), ["nodejs-1:18.2-1.module+el8.x86_64"]);
        let defaults = text.replace("document: modulemd\n", "document: modulemd-defaults\n");
        assert!(all(defaults.as_bytes()).is_empty());
        assert!(is_modular("1.module+el8.10.0+1") && !is_modular("1.el8"));
    }

    #[test]
    fn inputs_that_once_were_trouble_do_not_panic() {
        live::replay("modules-yaml", |bytes| {
            all(bytes);
        });
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_panic(bytes: Vec<u8>) {
            all(&bytes);
        }
    }
}
