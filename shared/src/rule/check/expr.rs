//! What users write themselves.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::cel::Expression;

/// Kinds of facts that an expression may name, in the order of the agent's probes.
pub const KINDS: [&str; 21] = [
    "os",
    "hardware",
    "package",
    "update",
    "service",
    "timer",
    "user",
    "group",
    "sudo_rule",
    "ssh_key",
    "login",
    "certificate",
    "interface",
    "address",
    "route",
    "listener",
    "firewall_rule",
    "mount",
    "kernel_module",
    "sysctl",
    "container",
];

/// Of these a host has one, whose key is the kind; `hardware` has disks beside it.
pub const SINGLE: [&str; 2] = ["os", "hardware"];

/// A question that no other check asks.
#[derive(Debug, Clone, PartialEq, Deserialize, JsonSchema)]
#[serde(try_from = "Written")]
#[schemars(with = "Written")]
pub struct Expr {
    pub cel: Expression,
}

/// A question that no other check asks, as an expression over facts in a part of the Common Expression
/// Language: it passes where it comes to true.
///
/// Names in it are kinds of facts (`openwatch-agent facts`). A kind is a list of rows, each with the
/// fields of the fact's value and with its key as `key`: `user.all(u, u.uid != 0 || u.key == "root")`.
/// `os` and `hardware` are one row each: `os.id == "debian"`.
///
/// A kind that could not be read is never a pass unless something else decides. So is a field that is not
/// there (`has(a.b)` asks for it), an overflow, a comparison of what cannot be compared: an `error`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Expr")]
struct Written {
    cel: String,
}

impl TryFrom<Written> for Expr {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let cel =
            Expression::parse(&written.cel, &KINDS).map_err(|error| format!("`cel`: {error}"))?;
        if !cel.may_be_bool() {
            return Err("`cel`: true or false is wanted: compare the value with one".into());
        }
        Ok(Self { cel })
    }
}
