//! Who may do what, and on which hosts. Pure: who somebody is is the API's question.
//!
//! A *permission* is one thing that can be done; each route names one. A *role* is a list of them. A
//! *binding* gives an account a role in a *scope*: the whole fleet, or the hosts of a group. What
//! follows from all bindings of an account are its *grants*.

mod explain;
mod grants;
mod permission;
mod role;

pub use self::{
    explain::{Because, Binding},
    grants::{Grants, Scope},
    permission::{Permission, Reach},
    role::Role,
};
