//! Settings of programs, as the programs themselves would take them.

use schemars::JsonSchema;
use serde::Deserialize;

use super::Missing;
use crate::rule::expect::{Scalar, comparing};

comparing! {
    /// A key in files of settings, as the program that reads them would take it.
    ///
    /// Read are `file` and then the fragments of `drop_ins`, in the order of their names whatever
    /// folder they are in; a fragment hides those of its name in the folders after its own. Of
    /// several lines the last counts, or the first where `holds` says that. Lines that begin with
    /// `#` or `;` say nothing, a longer key is another key. What else a line may hold, and what of it
    /// is the value, `form` says: programs differ in quotes, comments and blanks.
    ///
    /// Where no line says anything, `default` is compared, as the program itself would take it;
    /// without one, `missing` says what that means, by default `fail`.
    pub struct Setting {
        /// The file that is read first.
        pub file: String,
        /// Folders of fragments `*.conf`, the one that hides the others first; they are read after the
        /// file, sorted by their names.
        pub drop_ins: Option<Vec<String>>,
        /// The program reads the file after its fragments.
        #[serde(default)]
        pub file_is_last: bool,
        pub form: Form,
        /// Of `ini`, the section.
        pub section: Option<String>,
        pub key: String,
        /// Which of several lines holds; `last` where it is not said.
        pub holds: Option<Holds>,
        /// What the program does when no line says anything.
        pub default: Option<Scalar>,
        /// Where it has no default: by default `fail`.
        pub missing: Option<Missing>,
    }
}

/// How a line says a key and a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// `key = value` or `key value`; a key alone has the value `yes`. What follows a `#` is a comment.
    Equals,
    /// `key = value`, the value up to the end of the line, with all marks that are in it.
    Assigned,
    /// `key=value` as a shell has it: no blanks about the sign, quotes are not part of the value.
    Shell,
    /// `key = value` with a blank on either side, and nothing else on the line, as the programs of
    /// audit have it. A line that is otherwise stops them, so it fails. Capitals in the key say nothing.
    Spaced,
    /// `key value`, the value up to the end of the line, with all marks that are in it.
    Words,
    /// `key=value` below `[section]`, the value up to the end of the line.
    Ini,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Holds {
    First,
    Last,
}

comparing! {
    /// A setting of the SSH server, as it is in force: includes followed, the first line wins, and a
    /// `Match` block that says otherwise is an offender.
    ///
    /// Read are `/etc/ssh/sshd_config` and all that it includes. Where no line says anything, the
    /// server's own default is compared; a keyword whose default differs between versions has none
    /// and fails. Times are compared as seconds, values without regard to capitals. Where there is
    /// no sshd_config the check is `not_applicable`.
    pub struct Sshd {
        pub keyword: String,
    }
}
