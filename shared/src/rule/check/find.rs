//! Files that are looked for.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{FileType, Missing, Mode};
use crate::rule::expect::Scalar;

/// Files and folders below some folders, each of which must be so. Each that is not is an offender.
///
/// One walk serves all rules that ask about the whole host. It looks at local filesystems only:
/// none of the network, none that the kernel makes up (`proc`, `sysfs`, devices), none of
/// containers, and none twice. It follows no link. Of a tree it is all that lies on the tree's own
/// filesystem.
///
/// It is bounded in entries, in time and in depth. A walk that ends at a bound, or that was not let into a
/// folder, has not seen everything: an offender that it met is one, and without any it is no pass
/// but an `error`, or `not_assessable`.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Find {
    /// Absolute; `*` and `?` stand for letters of one name. The whole host where it is not said.
    #[serde(default = "everywhere")]
    pub within: Vec<String>,
    /// `file` or `folder`; both where it is not said. Links, pipes and devices are not looked at.
    #[serde(rename = "type")]
    pub sort: Option<FileType>,
    /// Names, with `*` and `?`; all where it is not said.
    pub names: Option<Vec<String>>,
    pub must: FindMust,
    /// Those that may be otherwise: absolute paths, with `*` and `?` that stand for letters of any
    /// number of names, so that `/srv/*` is all that is below `/srv`. `$name` is a list that the
    /// site declares.
    #[serde(default)]
    pub except: Vec<Scalar>,
    /// Where none of the folders is there: by default `pass`.
    pub missing: Option<Missing>,
}

#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FindMust {
    /// A file that everybody may write to; a folder that everybody may write to and that has no
    /// sticky bit, so that everybody may remove what others put there.
    NotBeWorldWritable,
    /// A number that no account has.
    HaveAnOwner,
    /// A number that no group has.
    HaveAGroup,
    /// But those of `except`: the declared ones.
    NotBeSetUid,
    NotBeSetGid,
    /// Of folders that are named.
    Be(Ownership),
}

/// Who owns a file, and what others may do with it.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ownership {
    /// Names of users or numbers; one of them must own it.
    pub owner: Option<Vec<Scalar>>,
    pub group: Option<Vec<Scalar>>,
    /// Octal, in quotes: no bit may be set that is not set here. The sticky bit is not looked at.
    pub mode_at_most: Option<Mode>,
    /// A file that is set-gid may be of any group: its group is what it is there for.
    #[serde(default)]
    pub any_group_if_set_gid: bool,
}

fn everywhere() -> Vec<String> {
    vec!["/".to_owned()]
}

impl Find {
    /// Whether it asks about the whole host.
    pub fn is_everywhere(&self) -> bool {
        self.within.iter().any(|folder| folder == "/")
    }

    pub(super) fn validate(&self) -> Result<(), String> {
        if self.within.is_empty() {
            return Err("`within` is empty".into());
        }
        if let FindMust::Be(be) = &self.must {
            if self.is_everywhere() {
                return Err("`must.be` wants folders in `within`, not the whole host".into());
            }
            if be.owner.is_none() && be.group.is_none() && be.mode_at_most.is_none() {
                return Err("`must.be` says nothing".into());
            }
        }
        let wrong = |scalar: &&Scalar| scalar.variable().is_none() && !scalar.0.starts_with('/');
        match self.except.iter().find(wrong) {
            Some(Scalar(path)) => Err(format!("`except`: `{path}` is not an absolute path")),
            None => Ok(()),
        }
    }
}
