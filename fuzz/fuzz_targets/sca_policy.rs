//! Policies in Wazuh's grammar, and what their lines make of the text that they came from.
#![no_main]

use shared::sca::{Asks, Policy, Subject};

libfuzzer_sys::fuzz_target!(|text: &str| {
    let Some(policy) = Policy::read(text) else {
        return;
    };
    let lines = policy.checks.iter().flat_map(|check| &check.lines.lines);
    for line in lines {
        match &line.asks {
            Ok(Asks {
                of: Subject::Folder { files, .. },
                ..
            }) => {
                for (name, terms) in files {
                    let _ = name.is_of(text);
                    let _ = terms.as_ref().map(|terms| terms.find(text.lines()));
                }
            }
            Ok(Asks {
                of:
                    Subject::File {
                        terms: Some(terms), ..
                    }
                    | Subject::Process(terms),
                ..
            })
            | Ok(Asks {
                of: Subject::Command { terms, .. },
                ..
            }) => {
                let _ = terms.find(text.lines());
            }
            _ => {}
        }
    }
});
