//! Frameworks: the controls of benchmarks, which rules decide them, and profiles made of them.

pub(crate) mod controls;
pub(crate) mod list;
pub(crate) mod profiles;
