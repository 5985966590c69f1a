//! What OpenSCAP says of a host beside what we say: where both decide what they know under the same
//! public name, they agree, or docs/openscap.md says why ours is right.

/// What both know, what each says, and what the page explains.
mod compare;

/// A host that lives.
mod live;

/// Trees of files, whole and with faults.
mod tree;
